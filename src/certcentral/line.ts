import type { Priority } from './budget.ts'
import type { Clock } from './clock.ts'
import { calledOff, throttled } from './errors.ts'
import type { Limits } from './limits.ts'

/** The calls that wait for their turn: foreground before background, in order of arrival within each. */
export type Line = {
  /** Settles when the turn came, the wait took too long, the signal ended it, or the line was sent away. */
  join: (priority: Priority, signal: AbortSignal | undefined) => Promise<void>
  sendAway: (error: () => Error) => void
  length: () => number
}

type Waiter = { priority: Priority; go: () => void; refuse: (error: Error) => void }
type Queues = Record<Priority, Set<Waiter>>

const USED_UP = 'the budget of the API key is used up for now'

const firstOf = ({ foreground, background }: Queues): Waiter | undefined => {
  const [first] = foreground.size > 0 ? foreground : background
  return first
}

/** Serves whoever is first as long as the limits allow it, then sets one timer for the next. */
const createServing = (queues: Queues, limits: Limits, clock: Clock): (() => void) => {
  let cancelTimer = (): void => undefined
  const serve = (): void => {
    cancelTimer()
    for (let first = firstOf(queues); first !== undefined; first = firstOf(queues)) {
      const now = clock.now()
      const waitMs = limits.readyAt(first.priority) - now
      if (waitMs > 0) {
        cancelTimer = clock.after(Math.ceil(waitMs), serve)
        return
      }
      limits.take(first.priority, now)
      first.go()
    }
  }
  return serve
}

/** A line before those limits, in which nobody waits longer than `maxWaitMs`. */
export const createLine = (limits: Limits, clock: Clock, maxWaitMs: number): Line => {
  const queues: Queues = { foreground: new Set(), background: new Set() }
  const serve = createServing(queues, limits, clock)
  const join: Line['join'] = (priority, signal) =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        queues[priority].delete(waiter)
        cancelPatience()
        signal?.removeEventListener('abort', onAbort)
      }
      const refuse = (error: Error): void => {
        leave()
        reject(error)
      }
      const go = (): void => {
        leave()
        resolve()
      }
      const waiter: Waiter = { priority, go, refuse }
      const onAbort = (): void => refuse(calledOff('budget', 'unsent'))
      const onImpatience = (): void => refuse(throttled(USED_UP, new Date(limits.readyAt(priority))))
      const cancelPatience = clock.after(maxWaitMs, onImpatience)
      signal?.addEventListener('abort', onAbort)
      queues[priority].add(waiter)
      serve()
    })
  return {
    join,
    sendAway: (error) => {
      for (const waiter of [...queues.foreground, ...queues.background]) waiter.refuse(error())
    },
    length: () => queues.foreground.size + queues.background.size,
  }
}
