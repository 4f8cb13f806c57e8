/** A binary heap: `pop` takes the entry of the lowest rank. */
export type Heap<T> = {
  push: (entry: T) => void
  peek: () => T | undefined
  pop: () => T | undefined
  /** Drops the entries that `keeps` rejects. */
  filter: (keeps: (entry: T) => boolean) => void
  size: () => number
}

export function createHeap<T>(rank: (entry: T) => number): Heap<T> {
  let tree: T[] = []
  return {
    push: (entry) => {
      tree.push(entry)
      siftUp(tree, rank)
    },
    peek: () => tree[0],
    pop: () => {
      const top = tree[0]
      swap(tree, 0, tree.length - 1)
      tree.pop()
      siftDown(tree, rank, 0)
      return top
    },
    filter: (keeps) => {
      tree = tree.filter(keeps)
      for (let index = tree.length >> 1; index >= 0; index--) siftDown(tree, rank, index)
    },
    size: () => tree.length,
  }
}

type Rank<T> = (entry: T) => number

/** Moves the last entry up until its parent has a lower rank. */
function siftUp<T>(tree: T[], rank: Rank<T>): void {
  for (let index = tree.length - 1; index > 0;) {
    const parent = (index - 1) >> 1
    if (rankAt(tree, rank, parent) <= rankAt(tree, rank, index)) return
    swap(tree, index, parent)
    index = parent
  }
}

/** Moves an entry down until its children have higher ranks. */
function siftDown<T>(tree: T[], rank: Rank<T>, from: number): void {
  for (let index = from; ;) {
    const left = 2 * index + 1
    const least = rankAt(tree, rank, left + 1) < rankAt(tree, rank, left) ? left + 1 : left
    if (rankAt(tree, rank, least) >= rankAt(tree, rank, index)) return
    swap(tree, index, least)
    index = least
  }
}

/** The rank of a child that does not exist is infinite. */
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

/** Keys in order of a number, such as the time when each is due; each key once. */
export type KeyedHeap = {
  /** Adds the key, or moves it to another rank. */
  put: (key: string, rank: number) => void
  rankOf: (key: string) => number | undefined
  remove: (key: string) => void
  /** Takes out all keys up to that rank, the lowest first. */
  popUntil: (rank: number) => string[]
  firstKey: () => string | undefined
  firstRank: () => number | undefined
  size: () => number
}

type RankedKey = { readonly key: string; readonly rank: number }

export function createKeyedHeap(): KeyedHeap {
  const ranks = new Map<string, number>()
  const heap = createHeap<RankedKey>((entry) => entry.rank)
  const isCurrent = ({ key, rank }: RankedKey): boolean => ranks.get(key) === rank

  // Moved and removed keys leave their old entry in the heap; it is dropped when it reaches the top.
  function first(): RankedKey | undefined {
    for (let top = heap.peek(); top; top = heap.peek()) {
      if (isCurrent(top)) return top
      heap.pop()
    }
    return undefined
  }

  function popUntil(rank: number): string[] {
    const keys: string[] = []
    for (let top = first(); top && top.rank <= rank; top = first()) {
      heap.pop()
      ranks.delete(top.key)
      keys.push(top.key)
    }
    return keys
  }

  return {
    popUntil,
    put: (key, rank) => {
      if (ranks.get(key) === rank) return
      ranks.set(key, rank)
      heap.push({ key, rank })
      if (heap.size() > 64 && heap.size() > 4 * ranks.size) heap.filter(isCurrent)
    },
    rankOf: (key) => ranks.get(key),
    remove: (key) => ranks.delete(key),
    firstKey: () => first()?.key,
    firstRank: () => first()?.rank,
    size: () => ranks.size,
  }
}
