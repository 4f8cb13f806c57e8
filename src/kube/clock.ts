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
