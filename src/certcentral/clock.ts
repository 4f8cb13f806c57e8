/** Where the client takes time from, so that a test can move it. */
export type Clock = {
  /** Milliseconds since the epoch. Never steps back. */
  now: () => number
  /** Runs the work once, that many milliseconds from now; calling the answer calls it off. */
  after: (ms: number, work: () => void) => () => void
}

/**
 * Real time. It is counted from the start of the process and not read from the wall clock, because a wall clock that is
 * set back would close the budget's windows for as long as it was set back.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms)
    return () => {
      clearTimeout(timer)
    }
  },
}
