/** Time as an argument, so that tests can control it. */
export type Clock = {
  /** Wall time in milliseconds since 1970; it may jump. */
  now: () => number
  /** Milliseconds since an arbitrary start; never goes back, whatever happens to the wall clock. */
  monotonic: () => number
  /** Calls back once, after that many milliseconds. Returns a function that cancels it. */
  after: (ms: number, callback: () => void) => () => void
}

/** The clock of this machine. Its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after that many milliseconds, or at once when the signal is aborted; never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const cancel = clock.after(ms, finish)
    signal.addEventListener('abort', finish)
    function finish(): void {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
  })
}

/** A promise that is resolved from outside, once. */
export type Deferred = {
  resolve: () => void
  isResolved: () => boolean
  /** Rejects with the signal's reason when the signal is aborted first. */
  whenResolved: (signal?: AbortSignal) => Promise<void>
}

export function createDeferred(): Deferred {
  let isResolved = false
  let settle = (): void => undefined
  const promise = new Promise<void>((resolve) => (settle = resolve))
  return {
    resolve: () => {
      isResolved = true
      settle()
    },
    isResolved: () => isResolved,
    whenResolved: (signal) => (signal ? rejectOnAbort(signal, promise) : promise),
  }
}

function rejectOnAbort(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    void promise.then(resolve).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A pause that doubles with each failure in a row, with jitter, up to a limit. */
export type Backoff = {
  /** The next pause in milliseconds. */
  next: () => number
  reset: () => void
}

/** `random` returns 0 ≤ x < 1. */
export type BackoffOptions = { readonly baseMs: number; readonly maxMs: number; readonly random: () => number }

export function createBackoff(options: BackoffOptions): Backoff {
  let failures = 0
  return {
    next: () => backoffMs(options, failures++),
    reset: () => (failures = 0),
  }
}

/**
 * The pause after that many earlier failures, in milliseconds: between half of the doubled base and the whole of it.
 * The jitter keeps clients that failed together from retrying together.
 */
export function backoffMs({ baseMs, maxMs, random }: BackoffOptions, failures: number): number {
  const limitMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40))
  return limitMs * (0.5 + 0.5 * random())
}
