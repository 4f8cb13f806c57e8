import type { Clock } from './clock.ts'
import { type KeyedHeap, createKeyedHeap } from './heap.ts'
import type { Priority } from './priority-queue.ts'

/** Keys to be added later. Of several times for one key the earliest wins. */
export type DelayingQueue = {
  /**
   * Adds the key when the wall clock shows the date, or when as much time has passed as the date was ahead: a clock that
   * is set back must not postpone what was scheduled before. Throws a RangeError for an invalid date, which would never
   * come.
   */
  addAt: (key: string, date: Date, priority: Priority) => void
  /** Adds the key after that many milliseconds on the monotonic clock. */
  addAfter: (key: string, ms: number, priority: Priority) => void
  remove: (key: string) => void
  clear: () => void
  size: () => number
}

/**
 * The clock is read at least this often: Node.js fires a timer of more than 24.8 days at once, and a timer does not
 * notice that the wall clock was corrected.
 */
const MAX_TIMER_MS = 30_000

/** Keys and when they are due, in milliseconds on one clock. */
type Schedule = { readonly keys: KeyedHeap; readonly now: () => number }

/** Creates an empty queue that calls `add` with each key that is due. */
export function createDelayingQueue(clock: Clock, add: (key: string, priority: Priority) => void): DelayingQueue {
  const byWallClock: Schedule = { keys: createKeyedHeap(), now: clock.now }
  const byMonotonicClock: Schedule = { keys: createKeyedHeap(), now: clock.monotonic }
  const both = [byWallClock, byMonotonicClock] as const
  const priorities = new Map<string, Priority>()
  let cancelTimer = (): void => undefined

  function setTimer(): void {
    cancelTimer()
    const ms = Math.min(...both.map(untilNextMs))
    cancelTimer = ms === Infinity ? () => undefined : clock.after(Math.min(ms, MAX_TIMER_MS), addDueKeys)
  }

  function addDueKeys(): void {
    const due = new Set(both.flatMap(({ keys, now }) => keys.popUntil(now())))
    for (const key of due) {
      for (const { keys } of both) keys.remove(key)
      const priority = priorities.get(key) ?? 'high'
      priorities.delete(key)
      add(key, priority)
    }
    setTimer()
  }

  function schedule(key: string, ms: number, schedules: readonly Schedule[], priority: Priority): void {
    if (priorities.get(key) !== 'high') priorities.set(key, priority)
    if (Math.min(...both.map((one) => remainingMs(one, key))) <= ms) return
    for (const { keys } of both) keys.remove(key)
    for (const { keys, now } of schedules) keys.put(key, now() + ms)
    setTimer()
  }

  return {
    addAt: (key, date, priority) => {
      const at = date.getTime()
      if (Number.isNaN(at)) throw new RangeError(`invalid date for ${key}`)
      schedule(key, at - clock.now(), both, priority)
    },
    addAfter: (key, ms, priority) => schedule(key, ms, [byMonotonicClock], priority),
    remove: (key) => {
      for (const { keys } of both) keys.remove(key)
      priorities.delete(key)
    },
    clear: () => {
      cancelTimer()
      for (const key of priorities.keys()) {
        for (const { keys } of both) keys.remove(key)
      }
      priorities.clear()
    },
    size: () => priorities.size,
  }
}

function remainingMs({ keys, now }: Schedule, key: string): number {
  const at = keys.rankOf(key)
  return at === undefined ? Infinity : at - now()
}

function untilNextMs({ keys, now }: Schedule): number {
  const at = keys.firstRank()
  return at === undefined ? Infinity : Math.max(0, at - now())
}
