import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { calledOff, throttled } from './errors.ts'
import { createLimits, type Limits, type Priority, type RollingWindow } from './rate-windows.ts'

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

/** The turn of one call, which must be ended: by the end of the call, or because it was not made. */
export type Turn = {
  /** How long it was waited for, in ms. */
  readonly waitedMs: number
  end: (how: 'made' | 'unmade') => void
}

/** The calls that wait for their turn: foreground before background, in order of arrival within each. */
export type Line = {
  /** Settles when the turn came, the wait took too long, the signal ended it, or the line was sent away. */
  join: (priority: Priority, signal: AbortSignal | undefined) => Promise<Turn>
  sendAway: (error: () => Error) => void
  length: () => number
}

type Waiter = { priority: Priority; since: number; go: (turn: Turn) => void; refuse: (error: Error) => void }
type Queues = Record<Priority, Set<Waiter>>

const USED_UP = 'the budget of the API key is used up for now'

/** Who waited in vain comes back after that at the latest: the long window has moved on by then. */
const LONGEST_RETURN_MS = 300_000

const firstOf = ({ foreground, background }: Queues): Waiter | undefined => {
  const [first] = foreground.size > 0 ? foreground : background
  return first
}

/** A turn ends once, whoever says so again. */
const turnOf = (waitedMs: number, end: RollingWindow['end'], clock: Clock, serve: () => void): Turn => {
  let ended = false
  return {
    waitedMs,
    end: (how) => {
      if (ended) return
      ended = true
      end(how === 'made' ? clock.now() : how)
      serve()
    },
  }
}

/** Serves whoever is first as long as the limits allow it, then sets one timer for the next. */
const createServing = (queues: Queues, limits: Limits, clock: Clock): (() => void) => {
  let cancelTimer = (): void => undefined
  const serve = (): void => {
    cancelTimer()
    for (let first = firstOf(queues); first !== undefined; first = firstOf(queues)) {
      const now = clock.now()
      const waitMs = limits.readyAt(first.priority) - now
      if (waitMs > 0) {
        // Without a time it is the end of a call under way that is waited for.
        if (Number.isFinite(waitMs)) cancelTimer = clock.after(Math.ceil(waitMs), serve)
        return
      }
      first.go(turnOf(now - first.since, limits.begin(first.priority, now), clock, serve))
    }
  }
  return serve
}

/** A line before those limits, in which nobody waits longer than `maxWaitMs`. */
export const createLine = (limits: Limits, clock: Clock, maxWaitMs: number): Line => {
  const queues: Queues = { foreground: new Set(), background: new Set() }
  const serve = createServing(queues, limits, clock)
  const comeBackAt = (priority: Priority): Date =>
    new Date(Math.min(limits.readyAt(priority), clock.now() + LONGEST_RETURN_MS))
  const join: Line['join'] = (priority, signal) =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        queues[priority].delete(waiter)
        cancelPatience()
        signal?.removeEventListener('abort', onAbort)
      }
      const refuse = (error: Error): void => {
        leave()
        reject(error)
      }
      const go = (turn: Turn): void => {
        leave()
        resolve(turn)
      }
      const waiter: Waiter = { priority, since: clock.now(), go, refuse }
      const onAbort = (): void => refuse(calledOff('budget', 'unsent'))
      const onImpatience = (): void => refuse(throttled(USED_UP, comeBackAt(priority)))
      const cancelPatience = clock.after(maxWaitMs, onImpatience)
      signal?.addEventListener('abort', onAbort)
      queues[priority].add(waiter)
      serve()
    })
  return {
    join,
    sendAway: (error) => {
      for (const waiter of [...queues.foreground, ...queues.background]) waiter.refuse(error())
    },
    length: () => queues.foreground.size + queues.background.size,
  }
}

const SECOND = 1000
const MINUTE = 60 * SECOND

const FIRST_PAUSE = 5 * SECOND
const LONGEST_PAUSE = 3 * MINUTE
const PAUSE_JITTER = 0.2

/**
 * How long all calls of a key rest after the nth 429 in a row, counted from 0: 5 s, 10 s, 20 s and so on to 3 minutes,
 * in ms (docs/certcentral.md#rate-limits). Up to a fifth of jitter is added, never taken away.
 */
export const pauseMs = (strike: number, random: () => number): number =>
  Math.min(FIRST_PAUSE * 2 ** strike, LONGEST_PAUSE / (1 + PAUSE_JITTER)) * (1 + PAUSE_JITTER * random())

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
