/** Time as an argument, so that tests can move it. */
export type Clock = {
  /** Wall time in milliseconds since 1970; it may jump. */
  now: () => number
  /** Milliseconds since an arbitrary start; never goes back, whatever happens to the wall clock. */
  monotonic: () => number
  /** Calls back once, after that many milliseconds; the answer cancels it. */
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

/** Resolves after that many milliseconds, or at once when the signal is aborted; it never rejects. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
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

/** Something that happens once, and can be waited for. */
export type Latch = {
  open: () => void
  isOpen: () => boolean
  /** Resolves once it is open; rejects with the signal's reason when that is aborted before. */
  opened: (signal?: AbortSignal) => Promise<void>
}

export function createLatch(): Latch {
  let open = false
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return {
    open: () => {
      open = true
      release()
    },
    isOpen: () => open,
    opened: (signal) => (signal ? abandonOn(signal, released) : released),
  }
}

function abandonOn(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(asError(signal.reason))
    if (signal.aborted) abandon()
    signal.addEventListener('abort', abandon)
    void promise.then(resolve).finally(() => signal.removeEventListener('abort', abandon))
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted')
}

/** Pauses that double, with jitter, up to a limit. */
export type Backoff = {
  /** The next pause in milliseconds. */
  next: () => number
  reset: () => void
}

/** Limits of a back-off; `random` answers 0 ≤ x < 1. */
export type BackoffOptions = { readonly baseMs: number; readonly maxMs: number; readonly random: () => number }

/** A doubling pause for one thing that fails in a row. */
export function createBackoff(options: BackoffOptions): Backoff {
  let failures = 0
  return {
    next: () => backoffMs(options, failures++),
    reset: () => (failures = 0),
  }
}

/**
 * The pause after so many earlier failures: between half of the doubled base and the whole of it.
 * Spreading it keeps clients of one server, which all failed together, from coming back together.
 */
export function backoffMs({ baseMs, maxMs, random }: BackoffOptions, failures: number): number {
  const whole = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40))
  return whole * (0.5 + 0.5 * random())
}
