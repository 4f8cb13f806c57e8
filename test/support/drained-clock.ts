import { createHeap } from '../../src/kube/heap.ts'

type Timer = { readonly at: number; readonly work: () => void; cancelled: boolean }

/** A clock for a whole world in one process: it stands still until everything that was begun waits for it. */
export type DrainedClock = {
  readonly now: () => number
  readonly monotonic: () => number
  readonly after: (ms: number, work: () => void) => () => void
  /** Moves on by that much, from timer to timer. */
  readonly advance: (ms: number) => Promise<void>
}

export function createDrainedClock(start: number): DrainedClock {
  let now = start
  const timers = createHeap<Timer>(({ at }) => at)
  const next = (until: number): Timer | undefined => {
    const first = timers.peek()
    return first && first.at <= until ? timers.pop() : undefined
  }
  return {
    now: () => now,
    monotonic: () => now,
    after: (ms, work) => {
      const timer = { at: now + Math.max(0, ms), work, cancelled: false }
      timers.push(timer)
      return () => {
        timer.cancelled = true
      }
    },
    advance: async (ms) => {
      const until = now + ms
      await drained()
      for (let timer = next(until); timer; timer = next(until)) {
        if (timer.cancelled) continue
        now = timer.at
        timer.work()
        await drained()
      }
      now = until
    },
  }
}

/** Comes after every promise that can be settled without a timer. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
