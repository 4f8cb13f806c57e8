import type { Clock } from './clock.ts'
import { type Timetable, createTimetable } from './heap.ts'
import type { Priority } from './priority-queue.ts'

/** Keys to be added later. Of several times for one key the earliest wins. */
export type Plan = {
  /**
   * When the wall clock shows the date, or when as much time has passed as it was ahead: a clock that was set back must
   * not put off what was planned before. Throws a RangeError for an invalid date, which would never come.
   */
  at: (key: string, date: Date, priority: Priority) => void
  /** By the monotonic clock. */
  after: (key: string, ms: number, priority: Priority) => void
  remove: (key: string) => void
  clear: () => void
  size: () => number
}

/**
 * The clock is read again at least this often: a timer of more than 24.8 days fires at once, and one that was set by
 * the wall clock does not notice when that is corrected.
 */
const LONGEST_TIMER_MS = 30_000

type Book = { readonly times: Timetable; readonly now: () => number }

export function createPlan(clock: Clock, add: (key: string, priority: Priority) => void): Plan {
  const wall: Book = { times: createTimetable(), now: clock.now }
  const steady: Book = { times: createTimetable(), now: clock.monotonic }
  const priorities = new Map<string, Priority>()
  let cancel = (): void => undefined

  function arm(): void {
    cancel()
    const ms = Math.min(untilNext(wall), untilNext(steady))
    cancel = ms === Infinity ? () => undefined : clock.after(Math.min(ms, LONGEST_TIMER_MS), fire)
  }

  function fire(): void {
    const due = new Set([wall, steady].flatMap((book) => book.times.takeDue(book.now())))
    for (const key of due) {
      for (const { times } of [wall, steady]) times.remove(key)
      const priority = priorities.get(key) ?? 'high'
      priorities.delete(key)
      add(key, priority)
    }
    arm()
  }

  function put(key: string, ms: number, books: readonly Book[], priority: Priority): void {
    if (priorities.get(key) !== 'high') priorities.set(key, priority)
    if (Math.min(remaining(wall, key), remaining(steady, key)) <= ms) return
    for (const { times } of [wall, steady]) times.remove(key)
    for (const { times, now } of books) times.put(key, now() + ms)
    arm()
  }

  return {
    at: (key, date, priority) => {
      const at = date.getTime()
      if (Number.isNaN(at)) throw new RangeError(`an invalid date was planned for ${key}`)
      put(key, at - clock.now(), [wall, steady], priority)
    },
    after: (key, ms, priority) => put(key, ms, [steady], priority),
    remove: (key) => {
      wall.times.remove(key)
      steady.times.remove(key)
      priorities.delete(key)
    },
    clear: () => {
      cancel()
      for (const key of priorities.keys()) {
        wall.times.remove(key)
        steady.times.remove(key)
      }
      priorities.clear()
    },
    size: () => priorities.size,
  }
}

function remaining({ times, now }: Book, key: string): number {
  const at = times.at(key)
  return at === undefined ? Infinity : at - now()
}

function untilNext({ times, now }: Book): number {
  const at = times.next()
  return at === undefined ? Infinity : Math.max(0, at - now())
}
