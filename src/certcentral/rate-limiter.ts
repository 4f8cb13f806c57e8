import { type Clock, systemClock } from './clock.ts'
import { aborted, throttled } from './errors.ts'
import { type Priority, type RateWindows, type RollingWindow, createRateWindows } from './rate-windows.ts'

export type RateLimiterState = {
  /** Set during a pause that CertCentral asked for. */
  pausedUntil?: Date
  /** Calls that wait for a slot. */
  waiting: number
  /** High-priority calls that could be made now. */
  available: number
}

/** Sums since the start. */
export type RateLimiterTotals = {
  /** How long calls have waited for a slot. */
  waitedMs: number
  /** How long CertCentral has asked for pauses. */
  pausedMs: number
}

/** The right to make one call. Its owner must release it. */
export type Slot = {
  /** How long the caller waited for it. */
  readonly waitedMs: number
  /** `used` where the call was made, at its end. Only the first release counts. */
  release: (as: 'used' | 'unused') => void
}

/** Limits the calls of one API key; all clients and orders that use the key share it. */
export type RateLimiter = {
  /**
   * Waits for a slot. Fails with an unsent `throttled` error and its `retryAt` during a pause, or when no slot is free
   * within the longest wait; with an unsent `timeout` when the signal is aborted.
   */
  acquire: (priority: Priority, signal?: AbortSignal) => Promise<Slot>
  /** Throws the error of {@link RateLimiter.acquire} during a pause. */
  throwIfPaused: () => void
  /** Stops all calls after a 429, until `retryAt` or as long as `pauseMs` says. Returns the end of the pause. */
  pause: (retryAt?: Date) => Date
  /** Records a response other than 429: the next pause is a short one again. */
  noteAnswer: () => void
  /** Changes the sustained rate. */
  setRate: (requestsPerSecond: number) => void
  /** Calls of that priority that could be made now. */
  available: (priority: Priority) => number
  /** Whether it is like a new one: no call counts or waits, and there is no pause. */
  isIdle: () => boolean
  state: () => RateLimiterState
  totals: () => RateLimiterTotals
}

export type RateLimiterOptions = {
  /** Sustained rate; 3 by default, below the stricter of the documented limits. */
  requestsPerSecond?: number
  /** Longest wait for a slot; 30,000 by default, so that one busy account does not hold every worker. */
  maxWaitMs?: number
  clock?: Clock
  /** Source of jitter, from 0 up to 1. */
  random?: () => number
}

/** Calls that wait for a slot: high priority before low, in order of arrival within each. */
type RequestQueue = {
  /** Settles when a slot is free, the wait took too long, the signal was aborted or `rejectAll` was called. */
  acquire: (priority: Priority, signal: AbortSignal | undefined) => Promise<Slot>
  rejectAll: (createError: () => Error) => void
  length: () => number
}

type Waiter = { priority: Priority; since: number; resolve: (slot: Slot) => void; reject: (error: Error) => void }
type Waiters = Record<Priority, Set<Waiter>>

/** Latest `retryAt` of a call that got no slot in time: the long window has moved on by then. */
const MAX_RETRY_DELAY_MS = 300_000

const firstOf = ({ high, low }: Waiters): Waiter | undefined => {
  const [first] = high.size > 0 ? high : low
  return first
}

const createSlot = (waitedMs: number, end: RollingWindow['end'], clock: Clock, dispatch: () => void): Slot => {
  let isReleased = false
  return {
    waitedMs,
    release: (as) => {
      if (isReleased) return
      isReleased = true
      end(as === 'used' ? clock.now() : as)
      dispatch()
    },
  }
}

/** Gives slots to the first waiters as long as the windows allow it, then sets one timer for the next waiter. */
const createDispatcher = (waiters: Waiters, windows: RateWindows, clock: Clock): (() => void) => {
  let cancelTimer = (): void => undefined
  const dispatch = (): void => {
    cancelTimer()
    for (let first = firstOf(waiters); first !== undefined; first = firstOf(waiters)) {
      const now = clock.now()
      const waitMs = windows.readyAt(first.priority) - now
      if (waitMs > 0) {
        // Infinity means that it waits for the end of a running call, which dispatches again.
        if (Number.isFinite(waitMs)) cancelTimer = clock.after(Math.ceil(waitMs), dispatch)
        return
      }
      first.resolve(createSlot(now - first.since, windows.begin(first.priority, now), clock, dispatch))
    }
  }
  return dispatch
}

const createRequestQueue = (windows: RateWindows, clock: Clock, maxWaitMs: number): RequestQueue => {
  const waiters: Waiters = { high: new Set(), low: new Set() }
  const dispatch = createDispatcher(waiters, windows, clock)
  const retryAt = (priority: Priority): Date =>
    new Date(Math.min(windows.readyAt(priority), clock.now() + MAX_RETRY_DELAY_MS))
  const acquire: RequestQueue['acquire'] = (priority, signal) =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        waiters[priority].delete(waiter)
        cancelTimer()
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        priority,
        since: clock.now(),
        resolve: (slot) => {
          leave()
          resolve(slot)
        },
        reject: (error) => {
          leave()
          reject(error)
        },
      }
      const onAbort = (): void => waiter.reject(aborted('unsent'))
      const onTimeout = (): void => waiter.reject(throttled('rate limit of this API key reached', retryAt(priority)))
      const cancelTimer = clock.after(maxWaitMs, onTimeout)
      signal?.addEventListener('abort', onAbort)
      waiters[priority].add(waiter)
      dispatch()
    })
  return {
    acquire,
    rejectAll: (createError) => {
      for (const waiter of [...waiters.high, ...waiters.low]) waiter.reject(createError())
    },
    length: () => waiters.high.size + waiters.low.size,
  }
}

const FIRST_PAUSE_MS = 5000
const MAX_BACKOFF_MS = 180_000
const PAUSE_JITTER = 0.2

/**
 * How long all calls of a key pause after the nth 429 in a row, counted from 0: 5 s, 10 s, 20 s and so on to 3 minutes,
 * in ms (docs/certcentral.md#rate-limits). Up to a fifth of jitter is added, never subtracted.
 */
export const pauseMs = (strike: number, random: () => number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** strike, MAX_BACKOFF_MS / (1 + PAUSE_JITTER)) * (1 + PAUSE_JITTER * random())

const MIN_PAUSE_MS = 1000
/** A pause of more than an hour is cut to an hour. */
const MAX_PAUSE_MS = 3_600_000

type Pause = {
  isActive: () => boolean
  until: () => Date
  error: () => Error
  begin: (retryAt: Date | undefined) => void
  noteAnswer: () => void
  /** The length of all pauses together. */
  totalMs: () => number
}

const createPause = (clock: Clock, random: () => number): Pause => {
  let until = Number.NEGATIVE_INFINITY
  let strikes = 0
  let totalMs = 0
  const extendTo = (end: number): void => {
    totalMs += Math.max(0, end - Math.max(until, clock.now()))
    until = end
  }
  const isActive = (): boolean => clock.now() < until
  const bounded = (retryAt: Date): number =>
    Math.min(Math.max(retryAt.getTime(), clock.now() + MIN_PAUSE_MS), clock.now() + MAX_PAUSE_MS)
  return {
    isActive,
    until: () => new Date(until),
    totalMs: () => totalMs,
    error: () => throttled('CertCentral asked for a pause (429)', new Date(until)),
    begin: (retryAt) => {
      if (isActive()) {
        // Calls that ran at the same time are refused together: that is one strike, and only a later `retryAt` counts.
        if (retryAt !== undefined) extendTo(Math.max(until, bounded(retryAt)))
        return
      }
      extendTo(retryAt === undefined ? clock.now() + pauseMs(strikes, random) : bounded(retryAt))
      strikes += 1
    },
    noteAnswer: () => {
      if (!isActive()) strikes = 0
    },
  }
}

/** Creates the rate limiter of one API key (docs/certcentral.md#rate-limits). */
export const createRateLimiter = (options: RateLimiterOptions = {}): RateLimiter => {
  const { requestsPerSecond = 3, maxWaitMs = 30_000, clock = systemClock, random = Math.random } = options
  const windows = createRateWindows(requestsPerSecond)
  const queue = createRequestQueue(windows, clock, maxWaitMs)
  const pause = createPause(clock, random)
  const throwIfPaused = (): void => {
    if (pause.isActive()) throw pause.error()
  }
  let waitedMs = 0
  const available = (priority: Priority): number => (pause.isActive() ? 0 : windows.available(priority, clock.now()))
  return {
    available,
    setRate: windows.setRate,
    acquire: async (priority, signal) => {
      if (signal?.aborted === true) throw aborted('unsent')
      throwIfPaused()
      const since = clock.now()
      try {
        return await queue.acquire(priority, signal)
      } finally {
        waitedMs += clock.now() - since
      }
    },
    throwIfPaused,
    pause: (retryAt) => {
      pause.begin(retryAt)
      queue.rejectAll(pause.error)
      return pause.until()
    },
    noteAnswer: pause.noteAnswer,
    isIdle: () => !pause.isActive() && queue.length() === 0 && windows.isIdle(clock.now()),
    state: () => ({
      ...(pause.isActive() ? { pausedUntil: pause.until() } : {}),
      waiting: queue.length(),
      available: available('high'),
    }),
    totals: () => ({ waitedMs, pausedMs: pause.totalMs() }),
  }
}
