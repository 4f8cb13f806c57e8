import { type Clock, type Deferred, backoffMs, createDeferred, systemClock } from './clock.ts'
import { createDelayingQueue } from './delaying-queue.ts'
import {
  type Priority,
  type PriorityQueue,
  type QueueItem,
  type QueuePlacement,
  createPriorityQueue,
} from './priority-queue.ts'

export type { Priority, QueuePlacement } from './priority-queue.ts'

/** Numbers of keys, for metrics. */
export type QueueSnapshot = {
  /** Keys that wait for a worker, by priority. */
  readonly high: number
  readonly low: number
  /** Keys that a worker processes. */
  readonly processing: number
  /** Keys that are scheduled for later. */
  readonly delayed: number
  /** For how long the oldest key has been processed, in milliseconds; 0 when there is none. */
  readonly longestRunningMs: number
}

/**
 * Keys to be processed, with the semantics of client-go's queue: a key waits once however often it is added, is processed
 * by one worker at a time, and is queued again when it was added meanwhile.
 * `get` drops what was scheduled for the key: its reconcile reads the current state, and schedules the next one.
 */
export type Workqueue = {
  /** Adds the key, `high` unless given. */
  add: (key: string, priority?: Priority) => void
  /**
   * Adds the key at that time of the wall clock, and not later when that clock is set back; of several times the
   * earliest wins. Throws a RangeError for an invalid date.
   */
  addAt: (key: string, date: Date, priority?: Priority) => void
  /** Adds the key after that many milliseconds on the monotonic clock; of several times the earliest wins. */
  addAfter: (key: string, ms: number, priority?: Priority) => void
  /** Adds the key after a back-off that doubles with each call until `forget`. */
  addRateLimited: (key: string, priority?: Priority) => void
  /** Resets the back-off of the key. */
  forget: (key: string) => void
  /** Resolves with the next key, or with undefined when the queue is shut down or the signal is aborted. */
  get: (signal?: AbortSignal) => Promise<string | undefined>
  /** Must be called once for each key from `get`, when it is processed. */
  done: (key: string) => void
  /** Stops: from now on `add` does nothing and `get` resolves with undefined. */
  shutDown: () => void
  /** Resolves when the queue is shut down and no key is being processed. */
  drained: () => Promise<void>
  snapshot: () => QueueSnapshot
}

/** Callbacks for metrics. They must not throw. */
export type QueueObserver = {
  readonly added: () => void
  /** A worker took a key that waited for that many milliseconds. */
  readonly taken: (waitedMs: number) => void
  /** A key was added again after a failure. */
  readonly retried: () => void
}

export type WorkqueueOptions = {
  readonly clock?: Clock
  readonly observer?: QueueObserver
  readonly random?: () => number
  /** Back-off of {@link Workqueue.addRateLimited}: 200 milliseconds, doubling to 5 minutes. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number }
  /** Where a key waits; by default all keys are one flow, in order of arrival. */
  readonly placementOf?: (key: string) => QueuePlacement
  readonly admission?: Admission
}

/** Holds keys back while what they need is scarce. They wait in the queue, where they occupy no worker. */
export type Admission = {
  /** What a flow needs, such as an API key; many flows may need the same. */
  readonly groupOf: (flow: string) => string
  /** Whether one more key may start, while `inFlight` keys of that group and priority are processed. */
  readonly canStart: (group: string, priority: Priority, inFlight: number) => boolean
}

type RunningItem = Pick<QueueItem, 'flow' | 'priority'> & { readonly startedAt: number }

type State = {
  readonly clock: Clock
  readonly ready: PriorityQueue
  readonly admission: Admission | undefined
  readonly observer: QueueObserver | undefined
  readonly processing: Map<string, RunningItem>
  /** Keys that were added while they were processed. */
  readonly dirty: Map<string, Priority>
  /** Workers that wait in `get`. */
  readonly idleWorkers: Set<(item: QueueItem | undefined) => void>
  readonly drained: Deferred
  isShutDown: boolean
}

/** Creates an empty queue. */
export function createWorkqueue(options: WorkqueueOptions = {}): Workqueue {
  const { clock = systemClock, random = Math.random } = options
  const backoff = { baseMs: 200, maxMs: 300_000, ...options.backoff, random }
  const state = createState(clock, options)
  const failures = new Map<string, number>()
  const delayed = createDelayingQueue(clock, (key, priority) => add(state, key, priority))
  const start = ({ key, flow, priority, addedAt }: QueueItem): void => {
    delayed.remove(key)
    const startedAt = clock.monotonic()
    state.processing.set(key, { flow, priority, startedAt })
    state.observer?.taken(startedAt - addedAt)
  }
  const addAfter = (key: string, ms: number, priority: Priority = 'high'): void => {
    if (!state.isShutDown) delayed.addAfter(key, ms, priority)
  }
  return {
    addAfter,
    add: (key, priority = 'high') => add(state, key, priority),
    addAt: (key, date, priority = 'high') => {
      if (!state.isShutDown) delayed.addAt(key, date, priority)
    },
    addRateLimited: (key, priority) => {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      state.observer?.retried()
      addAfter(key, backoffMs(backoff, count), priority)
    },
    forget: (key) => failures.delete(key),
    get: (signal) => get(state, start, signal),
    done: (key) => done(state, key),
    shutDown: () => {
      delayed.clear()
      shutDown(state)
    },
    drained: () => state.drained.whenResolved(),
    snapshot: () => ({ ...takeSnapshot(state), delayed: delayed.size() }),
  }
}

function createState(clock: Clock, options: WorkqueueOptions): State {
  const { placementOf = () => ({ flow: '' }), admission, observer } = options
  return {
    clock,
    admission,
    observer,
    ready: createPriorityQueue(placementOf),
    processing: new Map(),
    dirty: new Map(),
    idleWorkers: new Set(),
    drained: createDeferred(),
    isShutDown: false,
  }
}

function add(state: State, key: string, priority: Priority): void {
  if (state.isShutDown) return
  if (state.processing.has(key)) {
    if (state.dirty.get(key) !== 'high') state.dirty.set(key, priority)
    return
  }
  state.observer?.added()
  state.ready.push(key, priority, state.clock.monotonic())
  dispatch(state)
}

/** Gives keys that are ready to workers that wait. */
function dispatch(state: State): void {
  for (const worker of state.idleWorkers) {
    const item = state.ready.pop(createAdmissionCheck(state))
    if (!item) return
    state.idleWorkers.delete(worker)
    worker(item)
  }
}

/** A group may occupy that many workers for each idle one, so that a group that is stuck never occupies all of them. */
const MAX_IN_FLIGHT_PER_IDLE_WORKER = 3

/** Says which flows may start a key now. Thousands of flows may be in one group, so each group is asked once. */
function createAdmissionCheck({ admission, processing, idleWorkers }: State) {
  if (!admission) return () => true
  const answers = new Map<string, boolean>()
  const canStart = (group: string, priority: Priority): boolean => {
    const inFlight = [...processing.values()].filter(({ flow }) => admission.groupOf(flow) === group)
    if (inFlight.length >= MAX_IN_FLIGHT_PER_IDLE_WORKER * idleWorkers.size) return false
    return admission.canStart(group, priority, inFlight.filter((item) => item.priority === priority).length)
  }
  return (flow: string, priority: Priority): boolean => {
    const group = admission.groupOf(flow)
    const name = `${priority} ${group}`
    const answer = answers.get(name) ?? canStart(group, priority)
    answers.set(name, answer)
    return answer
  }
}

function get(state: State, start: (item: QueueItem) => void, signal?: AbortSignal): Promise<string | undefined> {
  if (state.isShutDown || signal?.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const giveUp = (): void => {
      state.idleWorkers.delete(worker)
      worker(undefined)
    }
    const worker = (item: QueueItem | undefined): void => {
      signal?.removeEventListener('abort', giveUp)
      // Starts here and not when the promise is awaited: until then a second worker could get the same key.
      if (item) start(item)
      resolve(item?.key)
    }
    state.idleWorkers.add(worker)
    signal?.addEventListener('abort', giveUp)
    dispatch(state)
  })
}

function done(state: State, key: string): void {
  state.processing.delete(key)
  const priority = state.dirty.get(key)
  state.dirty.delete(key)
  if (priority !== undefined) add(state, key, priority)
  dispatch(state)
  if (state.isShutDown && state.processing.size === 0) state.drained.resolve()
}

function shutDown(state: State): void {
  state.isShutDown = true
  for (const worker of state.idleWorkers) worker(undefined)
  state.idleWorkers.clear()
  if (state.processing.size === 0) state.drained.resolve()
}

function takeSnapshot({ ready, processing, clock }: State): Omit<QueueSnapshot, 'delayed'> {
  const now = clock.monotonic()
  const [oldest] = processing.values()
  return {
    high: ready.size('high'),
    low: ready.size('low'),
    processing: processing.size,
    longestRunningMs: now - (oldest?.startedAt ?? now),
  }
}
