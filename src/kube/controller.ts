import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { type Clock, systemClock } from './clock.ts'
import { isFailure } from './errors.ts'
import type { Priority, Workqueue } from './workqueue.ts'
import type { Log } from '../telemetry/log.ts'

/** When to look at a key again, unless something happens to it before. A bare date is nothing that anybody waits for. */
export type Next = 'never' | 'now' | Date | { readonly at: Date; readonly priority: Priority }

/** How a pass ended; `conflict` is a write that somebody else's came before. */
export type PassResult = 'succeeded' | 'conflict' | 'failed'

/** Told of each pass that ended; for metrics. Must not throw. */
export type WorkObserver = (key: string, result: PassResult, durationMs: number) => void

export type WorkerOptions = {
  readonly queue: Workqueue
  /** How many keys are worked on at the same time. */
  readonly count: number
  /** Rejecting means: again, after a back-off. The signal says that work must stop at once. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Next>
  readonly log: Log
  readonly observer?: WorkObserver
  /** Runs each pass; for traces. It resolves with what the pass resolves with. */
  readonly within?: (key: string, pass: () => Promise<PassResult>) => Promise<PassResult>
  readonly clock?: Clock
}

export type Workers = {
  /**
   * Takes no more keys and waits for the work under way, for so many milliseconds at most; then its signal is aborted.
   * Resolves with whether all of it ended by itself.
   */
  stop: (limitMs: number) => Promise<'drained' | 'abandoned'>
  /** Takes no more keys and aborts the signal of the work under way, in this very tick: leadership was lost. */
  abort: () => void
}

/** Works on the queue until it is stopped. */
export function runWorkers(options: WorkerOptions): Workers {
  const { queue, count, clock = systemClock } = options
  const halt = new AbortController()
  for (let worker = 0; worker < count; worker++) void work({ ...options, clock }, halt.signal)
  return {
    stop: async (limitMs) => {
      queue.shutDown()
      const outcome = await firstOf(queue.drained(), limitMs, clock)
      if (outcome === 'abandoned') halt.abort()
      return outcome
    },
    abort: () => {
      queue.shutDown()
      halt.abort()
    },
  }
}

function firstOf(drained: Promise<void>, limitMs: number, clock: Clock): Promise<'drained' | 'abandoned'> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve('abandoned'))
    void drained.then(() => {
      cancel()
      resolve('drained')
    })
  })
}

type Worker = WorkerOptions & { readonly clock: Clock }

async function work(worker: Worker, signal: AbortSignal): Promise<void> {
  const { queue } = worker
  for (let key = await queue.get(signal); key !== undefined; key = await queue.get(signal)) {
    await pass(worker, key, signal)
    queue.done(key)
    // A pass that finds all in caches waits for nothing: thousands of them, as after a start, would let nobody be heard.
    await turnOfTheLoop()
  }
}

async function pass(worker: Worker, key: string, signal: AbortSignal): Promise<void> {
  const startedAt = worker.clock.monotonic()
  const within = worker.within ?? plainly
  const result = await within(key, () => attempt(worker, key, signal))
  worker.observer?.(key, result, worker.clock.monotonic() - startedAt)
}

function plainly(_key: string, run: () => Promise<PassResult>): Promise<PassResult> {
  return run()
}

async function attempt(worker: Worker, key: string, signal: AbortSignal): Promise<PassResult> {
  const { queue, reconcile, log } = worker
  try {
    schedule(queue, key, await reconcile(key, signal))
    return 'succeeded'
  } catch (error) {
    if (!signal.aborted) report(log, key, error)
    queue.addRateLimited(key)
    return isFailure(error, 'conflict') ? 'conflict' : 'failed'
  }
}

// A look that was planned is 'low': what a person has just changed goes first.
function schedule(queue: Workqueue, key: string, next: Next): void {
  if (next instanceof Date) queue.addAt(key, next, 'low')
  else if (next === 'now') queue.add(key)
  else if (next !== 'never') queue.addAt(key, next.at, next.priority)
  queue.forget(key)
}

function report(log: Log, key: string, error: unknown): void {
  const fields = { key, error: error instanceof Error ? error.message : 'unknown cause' }
  if (isFailure(error, 'conflict')) log.debug('A pass met a newer version of an object and will be repeated', fields)
  else log.warn('A pass failed and will be repeated', fields)
}
