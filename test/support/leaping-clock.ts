import type { Clock } from '../../src/kube/clock.ts'

/** The clock of this machine, which can be moved ahead: what is due in between is called at once. */
export type LeapingClock = Clock & { readonly leap: (ms: number) => void }

type Timer = { readonly at: number; readonly callback: () => void; handle: NodeJS.Timeout }

const LONGEST = 2_000_000_000

export function createLeapingClock(): LeapingClock {
  let offset = 0
  const timers = new Set<Timer>()
  const monotonic = () => performance.now() + offset
  const arm = (timer: Timer): void => {
    timer.handle = setTimeout(
      () => {
        timers.delete(timer)
        timer.callback()
      },
      Math.min(LONGEST, Math.max(0, timer.at - monotonic())),
    )
  }
  return {
    now: () => Date.now() + offset,
    monotonic,
    after: (ms, callback) => {
      const timer: Timer = { at: monotonic() + ms, callback, handle: setTimeout(() => undefined, 0) }
      timers.add(timer)
      arm(timer)
      return () => {
        clearTimeout(timer.handle)
        timers.delete(timer)
      }
    },
    leap: (ms) => {
      offset += ms
      for (const timer of timers) {
        clearTimeout(timer.handle)
        arm(timer)
      }
    },
  }
}
