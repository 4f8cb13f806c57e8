import { type KeyedHeap, createKeyedHeap } from './heap.ts'

/** `low` is for work that nobody waits for, such as the reconciles after a start; `high` is for everything else. */
export type Priority = 'high' | 'low'

/** Where the queue puts a key among the others of its priority. */
export type QueuePlacement = {
  /** The fairness key: flows take turns, however many keys each of them has. */
  readonly flow: string
  /** Within a flow the lowest rank goes first; keys without a rank follow in order of arrival. */
  readonly rank?: number | undefined
}

/** Keys that are ready to be processed, at two priorities; each key once. */
export type PriorityQueue = {
  /** Adds a key at a time on the monotonic clock. A key that waits already keeps its place, but may move up to `high`. */
  push: (key: string, priority: Priority, now: number) => void
  /** Takes the next key of a flow that `canStart` admits. */
  pop: (canStart: (flow: string, priority: Priority) => boolean) => QueueItem | undefined
  size: (priority: Priority) => number
}

export type QueueItem = {
  readonly key: string
  readonly flow: string
  readonly priority: Priority
  /** On the clock of {@link PriorityQueue.push}. */
  readonly addedAt: number
}

/** One in this many keys is taken from `low` while `high` is busy, so that no key waits for ever. */
const LOW_PRIORITY_INTERVAL = 8

/** Creates an empty queue; `placementOf` is called once, when a key is added. */
export function createPriorityQueue(placementOf: (key: string) => QueuePlacement): PriorityQueue {
  const levels = { high: createLevel(), low: createLevel() }
  let popped = 0

  return {
    push: (key, priority, now) => {
      if (levels.high.has(key) || levels[priority].has(key)) return
      levels.low.remove(key)
      levels[priority].push(key, placementOf(key), now)
    },
    pop: (canStart) => {
      const lowIsDue = popped % LOW_PRIORITY_INTERVAL === LOW_PRIORITY_INTERVAL - 1
      for (const priority of lowIsDue ? (['low', 'high'] as const) : (['high', 'low'] as const)) {
        const item = levels[priority].pop((flow) => canStart(flow, priority))
        if (!item) continue
        popped++
        return { ...item, priority }
      }
      return undefined
    },
    size: (priority) => levels[priority].size(),
  }
}

type Flow = { readonly ranked: KeyedHeap; readonly unranked: Set<string> }

/** The keys of one priority. */
type Level = {
  push: (key: string, placement: QueuePlacement, now: number) => void
  has: (key: string) => boolean
  remove: (key: string) => void
  pop: (canStart: (flow: string) => boolean) => Omit<QueueItem, 'priority'> | undefined
  size: () => number
}

function createLevel(): Level {
  /** In order of arrival. */
  const keys = new Map<string, { readonly flow: string; readonly addedAt: number }>()
  /** In order of their turns. */
  const flows = new Map<string, Flow>()

  function remove(key: string): void {
    const name = keys.get(key)?.flow
    const flow = name === undefined ? undefined : flows.get(name)
    if (name === undefined || !flow) return
    keys.delete(key)
    flow.ranked.remove(key)
    flow.unranked.delete(key)
    if (flow.ranked.size() + flow.unranked.size === 0) flows.delete(name)
  }

  return {
    remove,
    push: (key, { flow: name, rank }, now) => {
      keys.set(key, { flow: name, addedAt: now })
      const flow = flows.get(name) ?? { ranked: createKeyedHeap(), unranked: new Set() }
      flows.set(name, flow)
      if (rank === undefined) flow.unranked.add(key)
      else flow.ranked.put(key, rank)
    },
    has: (key) => keys.has(key),
    pop: (canStart) => {
      for (const [name, flow] of flows) {
        if (!canStart(name)) continue
        const key = flow.ranked.firstKey() ?? firstOf(flow.unranked)
        if (key === undefined) continue
        const addedAt = keys.get(key)?.addedAt ?? 0
        remove(key)
        // The flow had its turn and goes to the end, unless that was its last key.
        if (flows.delete(name)) flows.set(name, flow)
        return { key, flow: name, addedAt }
      }
      return undefined
    },
    size: () => keys.size,
  }
}

function firstOf<T>(values: Iterable<T>): T | undefined {
  const [first] = values
  return first
}
