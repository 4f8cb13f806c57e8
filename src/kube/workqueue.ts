import { type Clock, backoffMs, createLatch, systemClock } from './clock.ts'
import { type Place, type Priority, type Taken, createLanes } from './priority-queue.ts'
import { createPlan } from './delaying-queue.ts'

export type { Place, Priority } from './priority-queue.ts'

/** Counts for metrics, and ages in milliseconds; 0 where there is nothing. */
export type QueueSnapshot = {
  readonly high: number
  readonly low: number
  readonly processing: number
  readonly delayed: number
  /** Keys whose last pass failed. */
  readonly failing: number
  readonly oldestWaitMs: number
  readonly longestRunningMs: number
}

/**
 * Keys to be worked on, with the semantics of client-go's queue: a key waits once however often it is added, is worked
 * on by one worker at a time, and comes back when it was added meanwhile.
 * Taking a key drops what was planned for it: whoever works on it sees everything, and plans anew.
 */
export type Workqueue = {
  add: (key: string, priority?: Priority) => void
  /**
   * Adds it then, by the wall clock, and not later where that is set back; of several times the earliest wins. Throws a
   * RangeError for an invalid date.
   */
  addAt: (key: string, date: Date, priority?: Priority) => void
  /** Adds it after so many milliseconds, whatever the wall clock does; of several times the earliest wins. */
  addAfter: (key: string, ms: number, priority?: Priority) => void
  /** Adds it after a pause that doubles with each call until `forget`. */
  addRateLimited: (key: string, priority?: Priority) => void
  /** Ends the back-off of the key. */
  forget: (key: string) => void
  /** Resolves with the next key, or with undefined once the queue is shut down or the signal aborted. */
  get: (signal?: AbortSignal) => Promise<string | undefined>
  /** Must follow each key got, when the work on it has ended. */
  done: (key: string) => void
  /** Hands out nothing and takes in nothing from now on. */
  shutDown: () => void
  /** Resolves once the queue is shut down and nothing is being worked on. */
  drained: () => Promise<void>
  /** Keys that are ready. */
  length: () => number
  snapshot: () => QueueSnapshot
}

/** Told of what happens to keys; for metrics. Must not throw. */
export type QueueObserver = {
  readonly added: () => void
  /** A worker has a key that waited for so long. */
  readonly taken: (waitedMs: number) => void
  /** A key is put back after a failure. */
  readonly retried: () => void
}

export type WorkqueueOptions = {
  readonly clock?: Clock
  readonly observer?: QueueObserver
  readonly random?: () => number
  /** Pauses of {@link Workqueue.addRateLimited}: 200 milliseconds, doubling to 5 minutes. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number }
  /** Where a key stands; by default all keys have one share, in which each waits its turn. */
  readonly placeOf?: (key: string) => Place
  readonly gates?: Gates
}

/** What shares of keys need, and what there may be too little of. Keys behind a closed gate wait, and hold no worker. */
export type Gates = {
  /** The gate of a share. */
  readonly of: (share: string) => string
  /** Whether one more key may be worked on, where so many of that priority and gate are. Asked anew at each change. */
  readonly admits: (gate: string, priority: Priority, held: number) => boolean
}

type Running = Pick<Taken, 'share' | 'priority'> & { readonly since: number }

type State = {
  readonly clock: Clock
  readonly lanes: ReturnType<typeof createLanes>
  readonly gates: Gates | undefined
  readonly observer: QueueObserver | undefined
  /** Keys being worked on, and since when. */
  readonly processing: Map<string, Running>
  /** Keys that were added while being worked on. */
  readonly dirty: Map<string, Priority>
  readonly waiting: Set<(taken: Taken | undefined) => void>
  readonly drained: ReturnType<typeof createLatch>
  closed: boolean
}

export function createWorkqueue(options: WorkqueueOptions = {}): Workqueue {
  const { clock = systemClock, random = Math.random } = options
  const backoff = { baseMs: 200, maxMs: 300_000, ...options.backoff, random }
  const state = createState(clock, options)
  const failures = new Map<string, number>()
  const plan = createPlan(clock, (key, priority) => add(state, key, priority))
  const take = ({ key, share, priority, arrivedAt }: Taken): void => {
    plan.remove(key)
    const since = clock.monotonic()
    state.processing.set(key, { share, priority, since })
    state.observer?.taken(since - arrivedAt)
  }
  const addAfter = (key: string, ms: number, priority: Priority = 'high'): void => {
    if (!state.closed) plan.after(key, ms, priority)
  }
  return {
    addAfter,
    add: (key, priority = 'high') => add(state, key, priority),
    addAt: (key, date, priority = 'high') => {
      if (!state.closed) plan.at(key, date, priority)
    },
    addRateLimited: (key, priority) => {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      state.observer?.retried()
      addAfter(key, backoffMs(backoff, count), priority)
    },
    forget: (key) => failures.delete(key),
    get: (signal) => get(state, take, signal),
    done: (key) => done(state, key),
    shutDown: () => {
      plan.clear()
      shutDown(state)
    },
    drained: () => state.drained.opened(),
    length: () => state.lanes.size('high') + state.lanes.size('low'),
    snapshot: () => ({ ...snapshotOf(state), delayed: plan.size(), failing: failures.size }),
  }
}

function createState(clock: Clock, { placeOf = () => ({ share: '' }), gates, observer }: WorkqueueOptions): State {
  return {
    clock,
    gates,
    observer,
    lanes: createLanes(placeOf),
    processing: new Map(),
    dirty: new Map(),
    waiting: new Set(),
    drained: createLatch(),
    closed: false,
  }
}

function add(state: State, key: string, priority: Priority): void {
  if (state.closed) return
  if (state.processing.has(key)) {
    if (state.dirty.get(key) !== 'high') state.dirty.set(key, priority)
    return
  }
  state.observer?.added()
  state.lanes.push(key, priority, state.clock.monotonic())
  handOut(state)
}

function handOut(state: State): void {
  for (const waiter of state.waiting) {
    const taken = state.lanes.shift(admission(state))
    if (!taken) return
    state.waiting.delete(waiter)
    waiter(taken)
  }
}

/** What is behind one gate may hold that many workers for each that is idle, so that some are left when it is stuck. */
const HELD_FOR_EACH_IDLE = 3

/** Who may be handed out now. Thousands of shares may be behind one gate, which is asked once. */
function admission({ gates, processing, waiting }: State): (share: string, priority: Priority) => boolean {
  if (!gates) return () => true
  const answers = new Map<string, boolean>()
  const ask = (gate: string, priority: Priority): boolean => {
    const held = [...processing.values()].filter((running) => gates.of(running.share) === gate)
    if (held.length >= HELD_FOR_EACH_IDLE * waiting.size) return false
    return gates.admits(gate, priority, held.filter((running) => running.priority === priority).length)
  }
  return (share, priority) => {
    const gate = gates.of(share)
    const name = `${priority} ${gate}`
    const answer = answers.get(name) ?? ask(gate, priority)
    answers.set(name, answer)
    return answer
  }
}

function get(state: State, take: (taken: Taken) => void, signal: AbortSignal | undefined): Promise<string | undefined> {
  if (state.closed || signal?.aborted) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const giveUp = (): void => {
      state.waiting.delete(waiter)
      waiter(undefined)
    }
    const waiter = (given: Taken | undefined): void => {
      signal?.removeEventListener('abort', giveUp)
      // Marked here and not when the promise is looked at: until then the key could be handed out a second time.
      if (given) take(given)
      resolve(given?.key)
    }
    state.waiting.add(waiter)
    signal?.addEventListener('abort', giveUp)
    handOut(state)
  })
}

function done(state: State, key: string): void {
  state.processing.delete(key)
  const priority = state.dirty.get(key)
  state.dirty.delete(key)
  if (priority !== undefined) add(state, key, priority)
  handOut(state)
  if (state.closed && state.processing.size === 0) state.drained.open()
}

function shutDown(state: State): void {
  state.closed = true
  for (const waiter of state.waiting) waiter(undefined)
  state.waiting.clear()
  if (state.processing.size === 0) state.drained.open()
}

function snapshotOf({ lanes, processing, clock }: State): Omit<QueueSnapshot, 'delayed' | 'failing'> {
  const now = clock.monotonic()
  const [running] = processing.values()
  return {
    high: lanes.size('high'),
    low: lanes.size('low'),
    processing: processing.size,
    oldestWaitMs: now - (lanes.oldest() ?? now),
    longestRunningMs: now - (running?.since ?? now),
  }
}
