import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { calledOff, throttled } from './errors.ts'
import { createLimits } from './limits.ts'
import type { Turn } from './line.ts'
import { createLine } from './line.ts'
import { pauseMs } from './retry.ts'

/** Foreground calls are those that somebody waits for; background calls give way to them. */
export type Priority = 'foreground' | 'background'

export type BudgetState = {
  /** Set while CertCentral has asked for a pause. */
  pausedUntil?: Date
  /** Calls that wait for their turn. */
  waiting: number
  /** Foreground calls that could be made at this moment. */
  available: number
}

/** What has added up since the start, in milliseconds. */
export type BudgetTotals = {
  /** That calls waited for their turn. */
  waitedMs: number
  /** Of pause that CertCentral asked for. */
  pausedMs: number
}

/** What the calls of one API key may still spend; one for all clients and orders that use the key. */
export type Budget = {
  /**
   * Waits for the turn of one call. Fails with an unsent `throttled` error and its `retryAt` while the key is paused, or
   * when the turn does not come within the longest wait; with an unsent `timeout` when the signal ends it. Whoever has
   * a turn must end it.
   */
  take: (priority: Priority, signal?: AbortSignal) => Promise<Turn>
  /** Throws as {@link Budget.take} does while the key is paused. */
  refuseWhilePaused: () => void
  /** Stops all calls after a 429, until `retryAt` or by the schedule of `pauseMs`; gives the end of the pause. */
  pause: (retryAt?: Date) => Date
  /** Notes an answer that was not a 429: the next pause is a short one again. */
  noteAnswer: () => void
  /** Another sustained rate from now on. */
  setRate: (requestsPerSecond: number) => void
  /** Calls of that priority that could be made at this moment. */
  room: (priority: Priority) => number
  /** Whether it is as a new one: no call counts or waits, and no pause is left. */
  isFull: () => boolean
  state: () => BudgetState
  totals: () => BudgetTotals
}

export type BudgetOptions = {
  /** Sustained rate; 3 by default, under the stricter of the documented limits. */
  requestsPerSecond?: number
  /** Longest wait for a turn in ms; 30,000 by default, so that one busy account does not hold every worker. */
  maxWaitMs?: number
  clock?: Clock
  /** Source of jitter, from 0 up to 1. */
  random?: () => number
}

const SHORTEST_PAUSE_MS = 1000
/** A server that asks for more than an hour is asked again after an hour. */
const LONGEST_PAUSE_MS = 3_600_000

type Pause = {
  error: () => Error
  active: () => boolean
  until: () => Date
  begin: (retryAt: Date | undefined) => void
  /** All pauses together, in milliseconds. */
  totalMs: () => number
  noteAnswer: () => void
}

const createPause = (clock: Clock, random: () => number): Pause => {
  let until = Number.NEGATIVE_INFINITY
  let strikes = 0
  let total = 0
  const extend = (end: number): void => {
    total += Math.max(0, end - Math.max(until, clock.now()))
    until = end
  }
  const active = (): boolean => clock.now() < until
  const asked = (retryAt: Date): number =>
    Math.min(Math.max(retryAt.getTime(), clock.now() + SHORTEST_PAUSE_MS), clock.now() + LONGEST_PAUSE_MS)
  return {
    active,
    until: () => new Date(until),
    totalMs: () => total,
    error: () => throttled('CertCentral asked for a pause (429)', new Date(until)),
    begin: (retryAt) => {
      if (active()) {
        // Calls that were in flight together are refused together: one strike, and only a longer wish counts.
        if (retryAt !== undefined) extend(Math.max(until, asked(retryAt)))
        return
      }
      extend(retryAt === undefined ? clock.now() + pauseMs(strikes, random) : asked(retryAt))
      strikes += 1
    },
    noteAnswer: () => {
      if (!active()) strikes = 0
    },
  }
}

/** The budget of one API key (docs/certcentral.md#rate-limits). */
export const createBudget = (options: BudgetOptions = {}): Budget => {
  const { requestsPerSecond = 3, maxWaitMs = 30_000, clock = systemClock, random = Math.random } = options
  const limits = createLimits(requestsPerSecond)
  const line = createLine(limits, clock, maxWaitMs)
  const pause = createPause(clock, random)
  const refuseWhilePaused = (): void => {
    if (pause.active()) throw pause.error()
  }
  let waitedMs = 0
  const room = (priority: Priority): number => (pause.active() ? 0 : limits.available(priority, clock.now()))
  return {
    room,
    setRate: limits.setRate,
    take: async (priority, signal) => {
      if (signal?.aborted === true) throw calledOff('budget', 'unsent')
      refuseWhilePaused()
      const since = clock.now()
      try {
        return await line.join(priority, signal)
      } finally {
        waitedMs += clock.now() - since
      }
    },
    refuseWhilePaused,
    pause: (retryAt) => {
      pause.begin(retryAt)
      line.sendAway(pause.error)
      return pause.until()
    },
    noteAnswer: pause.noteAnswer,
    isFull: () => !pause.active() && line.length() === 0 && limits.isFull(clock.now()),
    state: () => ({
      ...(pause.active() ? { pausedUntil: pause.until() } : {}),
      waiting: line.length(),
      available: room('foreground'),
    }),
    totals: () => ({ waitedMs, pausedMs: pause.totalMs() }),
  }
}
