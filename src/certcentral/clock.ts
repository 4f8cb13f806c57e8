/** Where the client takes time from, so that tests can control it. */
export type Clock = {
  /** Milliseconds since the epoch. Never steps back. */
  now: () => number
  /** Calls back once, after that many milliseconds. Returns a function that cancels it. */
  after: (ms: number, callback: () => void) => () => void
}

/**
 * Real time, counted from the start of the process. The wall clock will not do: setting it back would close the windows of
 * the rate limiter for as long.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}
