import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { type Clock, systemClock } from './clock.ts'
import { errorMessage, isFailure } from './errors.ts'
import type { Log } from '../telemetry/log.ts'
import type { Priority, Workqueue } from './workqueue.ts'

/**
 * When to reconcile a key again if no event comes before: `never`, `now`, or at a date. A date without a priority means
 * `low`, because nobody waits for it.
 */
export type ReconcileResult = 'never' | 'now' | Date | { readonly at: Date; readonly priority: Priority }

/** How a reconcile ended; `conflict` is a write that lost against a newer version of the object. */
export type ReconcileOutcome = 'succeeded' | 'conflict' | 'failed'

/** Called after each reconcile, for metrics. Must not throw. */
export type ReconcileObserver = (key: string, outcome: ReconcileOutcome, durationMs: number) => void

export type ControllerOptions = {
  readonly queue: Workqueue
  readonly maxConcurrentReconciles: number
  /** A rejection requeues the key after a back-off. The signal is aborted when the work must stop at once. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>
  readonly log: Log
  readonly observer?: ReconcileObserver
  /** Runs each reconcile, for traces. Must resolve with what `run` resolves with. */
  readonly wrap?: (key: string, run: () => Promise<ReconcileOutcome>) => Promise<ReconcileOutcome>
  readonly clock?: Clock
}

/** Workers that process one queue. */
export type Controller = {
  /**
   * Takes no more keys and waits for the reconciles that run, at most for that many milliseconds; then aborts their
   * signal. Resolves with `drained` if all of them ended in time.
   */
  stop: (limitMs: number) => Promise<'drained' | 'abandoned'>
  /** Takes no more keys and aborts the signal of the reconciles that run, in this tick: leadership was lost. */
  abort: () => void
}

/** Processes the queue until it is stopped. */
export function startController(options: ControllerOptions): Controller {
  const { queue, maxConcurrentReconciles, clock = systemClock } = options
  const halt = new AbortController()
  for (let worker = 0; worker < maxConcurrentReconciles; worker++) void runWorker({ ...options, clock }, halt.signal)
  return {
    stop: async (limitMs) => {
      queue.shutDown()
      const outcome = await waitForDrain(queue.drained(), limitMs, clock)
      if (outcome === 'abandoned') halt.abort()
      return outcome
    },
    abort: () => {
      queue.shutDown()
      halt.abort()
    },
  }
}

function waitForDrain(drained: Promise<void>, limitMs: number, clock: Clock): Promise<'drained' | 'abandoned'> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve('abandoned'))
    void drained.then(() => {
      cancel()
      resolve('drained')
    })
  })
}

type Worker = ControllerOptions & { readonly clock: Clock }

async function runWorker(worker: Worker, signal: AbortSignal): Promise<void> {
  const { queue } = worker
  for (let key = await queue.get(signal); key !== undefined; key = await queue.get(signal)) {
    await processKey(worker, key, signal)
    queue.done(key)
    // A reconcile that reads only caches never waits for I/O; thousands of them, as after a start, would block timers
    // and sockets.
    await yieldToEventLoop()
  }
}

async function processKey(worker: Worker, key: string, signal: AbortSignal): Promise<void> {
  const startedAt = worker.clock.monotonic()
  const run = (): Promise<ReconcileOutcome> => reconcileKey(worker, key, signal)
  const outcome = await (worker.wrap ? worker.wrap(key, run) : run())
  worker.observer?.(key, outcome, worker.clock.monotonic() - startedAt)
}

async function reconcileKey(worker: Worker, key: string, signal: AbortSignal): Promise<ReconcileOutcome> {
  const { queue, reconcile, log } = worker
  try {
    requeue(queue, key, await reconcile(key, signal))
    return 'succeeded'
  } catch (error) {
    if (!signal.aborted) logFailure(log, key, error)
    queue.addRateLimited(key)
    return isFailure(error, 'conflict') ? 'conflict' : 'failed'
  }
}

// A scheduled reconcile is `low`, so that a change of a user goes first.
function requeue(queue: Workqueue, key: string, result: ReconcileResult): void {
  if (result instanceof Date) queue.addAt(key, result, 'low')
  else if (result === 'now') queue.add(key)
  else if (result !== 'never') queue.addAt(key, result.at, result.priority)
  queue.forget(key)
}

function logFailure(log: Log, key: string, error: unknown): void {
  const fields = { key, error: errorMessage(error) }
  if (isFailure(error, 'conflict')) log.debug('Reconcile conflict, requeued', fields)
  else log.warn('Reconcile failed, requeued', fields)
}
