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
