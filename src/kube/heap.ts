/** A binary heap: the entry of the least rank comes out first. */
export type Heap<T> = {
  push: (entry: T) => void
  peek: () => T | undefined
  pop: () => T | undefined
  /** Drops the entries that do not pass. */
  keep: (passes: (entry: T) => boolean) => void
  size: () => number
}

export function createHeap<T>(rank: (entry: T) => number): Heap<T> {
  let tree: T[] = []
  return {
    push: (entry) => {
      tree.push(entry)
      rise(tree, rank)
    },
    peek: () => tree[0],
    pop: () => {
      const top = tree[0]
      swap(tree, 0, tree.length - 1)
      tree.pop()
      sink(tree, rank, 0)
      return top
    },
    keep: (passes) => {
      tree = tree.filter(passes)
      for (let index = tree.length >> 1; index >= 0; index--) sink(tree, rank, index)
    },
    size: () => tree.length,
  }
}

type Rank<T> = (entry: T) => number

/** Moves the last entry up to where it belongs. */
function rise<T>(tree: T[], rank: Rank<T>): void {
  for (let index = tree.length - 1; index > 0;) {
    const parent = (index - 1) >> 1
    if (rankAt(tree, rank, parent) <= rankAt(tree, rank, index)) return
    swap(tree, index, parent)
    index = parent
  }
}

/** Moves an entry down to where it belongs. */
function sink<T>(tree: T[], rank: Rank<T>, from: number): void {
  for (let index = from; ;) {
    const left = 2 * index + 1
    const least = rankAt(tree, rank, left + 1) < rankAt(tree, rank, left) ? left + 1 : left
    if (rankAt(tree, rank, least) >= rankAt(tree, rank, index)) return
    swap(tree, index, least)
    index = least
  }
}

/** Beyond the end, everything is greater. */
function rankAt<T>(tree: readonly T[], rank: Rank<T>, index: number): number {
  const entry = tree[index]
  return entry === undefined ? Infinity : rank(entry)
}

function swap(tree: unknown[], a: number, b: number): void {
  const [left, right] = [tree[a], tree[b]]
  if (left === undefined || right === undefined) return
  tree[a] = right
  tree[b] = left
}

/** Keys that are due at a time; each key once. */
export type Timetable = {
  put: (key: string, at: number) => void
  /** When the key is due, or undefined. */
  at: (key: string) => number | undefined
  remove: (key: string) => void
  /** Takes out all keys that are due by then, the earliest first. */
  takeDue: (now: number) => string[]
  /** The key that is due first, or undefined. */
  first: () => string | undefined
  /** When the next key is due, or undefined. */
  next: () => number | undefined
  size: () => number
}

export function createTimetable(): Timetable {
  const times = new Map<string, number>()
  const heap = createHeap<{ key: string; at: number }>((entry) => entry.at)

  // Moved and removed keys leave their old entry in the heap, where it is dropped when it comes up.
  function earliest(): { key: string; at: number } | undefined {
    for (let top = heap.peek(); top; top = heap.peek()) {
      if (times.get(top.key) === top.at) return top
      heap.pop()
    }
    return undefined
  }

  function takeDue(now: number): string[] {
    const due: string[] = []
    for (let top = earliest(); top && top.at <= now; top = earliest()) {
      heap.pop()
      times.delete(top.key)
      due.push(top.key)
    }
    return due
  }

  return {
    takeDue,
    put: (key, at) => {
      if (times.get(key) === at) return
      times.set(key, at)
      heap.push({ key, at })
      if (heap.size() > 64 && heap.size() > 4 * times.size) heap.keep((entry) => times.get(entry.key) === entry.at)
    },
    at: (key) => times.get(key),
    remove: (key) => times.delete(key),
    first: () => earliest()?.key,
    next: () => earliest()?.at,
    size: () => times.size,
  }
}
