/** The simulated time: the time that is passed in, plus an offset that the control API moves. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now: () => number
  /** Moves the clock by this many milliseconds. */
  advance: (milliseconds: number) => void
  /** Sets the clock to this time; it goes on running from there. */
  set: (time: number) => void
  /** Runs a piece of work as if it were that time, so that what was due in a leap happens on its own day. */
  at: (time: number, work: () => void) => void
}

/** A clock over a source of real time. */
export function createClock(realNow: () => number): Clock {
  let offset = 0
  let pinned: number | undefined
  return {
    now: () => pinned ?? realNow() + offset,
    advance: (milliseconds) => {
      offset += milliseconds
    },
    set: (time) => {
      offset = time - realNow()
    },
    at: (time, work) => {
      const before = pinned
      pinned = time
      try {
        work()
      } finally {
        pinned = before
      }
    },
  }
}
