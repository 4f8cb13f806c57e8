import type { Clock } from '../../../../src/kube/clock.ts'

type Timer = { readonly due: number; readonly order: number; readonly callback: () => void }

/** A clock that stands still until it is moved; its timers run on the monotonic side. */
export type MovableClock = Clock & {
  /** Moves both clocks and calls the timers that come due, in order. */
  advance: (ms: number) => void
  /** Corrects the wall clock only. */
  setWall: (ms: number) => void
  /** Milliseconds to each timer that is set, the nearest first. */
  timers: () => number[]
}

export function movableClock(start = Date.UTC(2026, 10, 24)): MovableClock {
  let monotonic = 1000
  let offset = start - monotonic
  let order = 0
  const timers = new Set<Timer>()

  function nextDue(until: number): Timer | undefined {
    return [...timers]
      .filter((timer) => timer.due <= until)
      .sort((a, b) => a.due - b.due || a.order - b.order)
      .at(0)
  }

  return {
    now: () => monotonic + offset,
    monotonic: () => monotonic,
    after: (ms, callback) => {
      const timer = { due: monotonic + ms, order: order++, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: (ms) => {
      const until = monotonic + ms
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        monotonic = Math.max(monotonic, timer.due)
        timers.delete(timer)
        timer.callback()
      }
      monotonic = until
    },
    setWall: (ms) => (offset = ms - monotonic),
    timers: () => [...timers].map((timer) => timer.due - monotonic).sort((a, b) => a - b),
  }
}
