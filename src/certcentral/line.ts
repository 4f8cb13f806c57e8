import type { Priority } from './budget.ts'
import type { Clock } from './clock.ts'
import { calledOff, throttled } from './errors.ts'
import type { Limits } from './limits.ts'
import type { RollingWindow } from './rolling-window.ts'

/** The turn of one call, which must be ended: by the end of the call, or because it was not made. */
export type Turn = {
  /** How long it was waited for, in ms. */
  readonly waitedMs: number
  end: (how: 'made' | 'unmade') => void
}

/** The calls that wait for their turn: foreground before background, in order of arrival within each. */
export type Line = {
  /** Settles when the turn came, the wait took too long, the signal ended it, or the line was sent away. */
  join: (priority: Priority, signal: AbortSignal | undefined) => Promise<Turn>
  sendAway: (error: () => Error) => void
  length: () => number
}

type Waiter = { priority: Priority; since: number; go: (turn: Turn) => void; refuse: (error: Error) => void }
type Queues = Record<Priority, Set<Waiter>>

const USED_UP = 'the budget of the API key is used up for now'

/** Who waited in vain comes back after that at the latest: the long window has moved on by then. */
const LONGEST_RETURN_MS = 300_000

const firstOf = ({ foreground, background }: Queues): Waiter | undefined => {
  const [first] = foreground.size > 0 ? foreground : background
  return first
}

/** A turn ends once, whoever says so again. */
const turnOf = (waitedMs: number, end: RollingWindow['end'], clock: Clock, serve: () => void): Turn => {
  let ended = false
  return {
    waitedMs,
    end: (how) => {
      if (ended) return
      ended = true
      end(how === 'made' ? clock.now() : how)
      serve()
    },
  }
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
        // Without a time it is the end of a call under way that is waited for.
        if (Number.isFinite(waitMs)) cancelTimer = clock.after(Math.ceil(waitMs), serve)
        return
      }
      first.go(turnOf(now - first.since, limits.begin(first.priority, now), clock, serve))
    }
  }
  return serve
}

/** A line before those limits, in which nobody waits longer than `maxWaitMs`. */
export const createLine = (limits: Limits, clock: Clock, maxWaitMs: number): Line => {
  const queues: Queues = { foreground: new Set(), background: new Set() }
  const serve = createServing(queues, limits, clock)
  const comeBackAt = (priority: Priority): Date =>
    new Date(Math.min(limits.readyAt(priority), clock.now() + LONGEST_RETURN_MS))
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
      const go = (turn: Turn): void => {
        leave()
        resolve(turn)
      }
      const waiter: Waiter = { priority, since: clock.now(), go, refuse }
      const onAbort = (): void => refuse(calledOff('budget', 'unsent'))
      const onImpatience = (): void => refuse(throttled(USED_UP, comeBackAt(priority)))
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
