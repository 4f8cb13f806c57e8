import { type Clock, createDeferred, systemClock } from './clock.ts'
import { errorMessage } from './errors.ts'
import { withoutManagedFields } from './managed-fields.ts'
import { type ReflectorSink, runReflector } from './reflector.ts'
import { type Change, type Indexers, createInterner, createStore } from './store.ts'
import type { KubeClient, KubeObject, Resource } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** A change for the event handler; `initial` is true for objects of the first list. */
export type InformerChange<T> = Change<T> & { readonly initial: boolean }

/** The objects of one kind. Keys are `namespace/name`, or `name` for cluster-scoped kinds. */
export type Cache<T extends KubeObject> = {
  get: (key: string) => T | undefined
  list: () => T[]
  /** The objects that an index has under that value; throws for an unknown index. */
  byIndex: (index: string, value: string) => T[]
  /** Whether the first list was read. */
  hasSynced: () => boolean
  /** Resolves when the first list was read; rejects when the signal is aborted before. */
  whenSynced: (signal?: AbortSignal) => Promise<void>
  /**
   * Makes an object that this process just wrote readable at once. Ignored when the cache has a newer version, or when
   * that UID was deleted. The event handler is called later, when the watch brings the change.
   */
  applyLocalWrite: (object: T) => void
  /** Time of the last response or event of the server, in milliseconds on the monotonic clock; -Infinity before the first. */
  lastContactAt: () => number
  /** Whether the server was silent for longer than that. A healthy one sends a bookmark each minute. */
  isStale: (afterMs: number) => boolean
}

export type Informer<T extends KubeObject> = Cache<T> & {
  /** Lists and watches until the signal is aborted; no handler is called after that. May be called once. */
  start: (signal: AbortSignal) => void
}

export type InformerOptions<T extends KubeObject> = {
  readonly client: Pick<KubeClient, 'list' | 'watch'>
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  /** Reduces an object before the cache stores it; metadata must stay. By default it drops `managedFields`. */
  readonly transform?: (object: T) => T
  readonly indexes?: Indexers<T>
  /** The event handler. Errors that it throws are logged. */
  readonly onChange: (change: InformerChange<T>) => void
  readonly log: Log
  readonly clock?: Clock
  readonly random?: () => number
  /** Silence after which the watch is replaced; 90 seconds. */
  readonly idleTimeoutMs?: number
}

/** Creates a cache of one kind that follows the API server, through restarts and failures of the server. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { clock = systemClock, random = Math.random, namespace } = options
  const { transform: reduce = withoutManagedFields } = options
  const intern = createInterner()
  const transform = (object: T): T => intern(reduce(object))
  const store = createStore<T>(options.indexes)
  const synced = createDeferred()
  const notify = createNotifier(options, synced.isResolved)
  let started = false
  let contactAt = -Infinity

  const sink: ReflectorSink<T> = {
    contact: () => (contactAt = clock.monotonic()),
    event: (type, object) => notify(type === 'DELETED' ? store.delete(object) : store.upsert(transform(object))),
    replace: (objects, version) => {
      notify(store.replace(objects.map(transform), version))
      synced.resolve()
    },
    versionsReset: store.forgetVersions,
  }

  return {
    get: store.get,
    list: store.list,
    byIndex: store.byIndex,
    hasSynced: synced.isResolved,
    whenSynced: synced.whenResolved,
    applyLocalWrite: (object) => {
      if (namespace === undefined || object.metadata.namespace === namespace) store.upsertLocal(transform(object))
    },
    lastContactAt: () => contactAt,
    isStale: (afterMs) => clock.monotonic() - contactAt > afterMs,
    start: (signal) => {
      if (started) throw new Error('an informer can be started once')
      started = true
      void runReflector({ idleTimeoutMs: 90_000, ...options, sink, clock, random }, signal)
    },
  }
}

function createNotifier<T extends KubeObject>(
  { onChange, log, resource }: InformerOptions<T>,
  isSynced: () => boolean,
): (changes: readonly Change<T>[]) => void {
  return (changes) => {
    const initial = !isSynced()
    for (const change of changes) {
      try {
        onChange({ ...change, initial })
      } catch (error) {
        log.error('Event handler failed', { resource: resource.plural, error: errorMessage(error) })
      }
    }
  }
}

/** Makes several informers of one kind, one for each watched namespace, look like one. */
export function combineInformers<T extends KubeObject>(informers: readonly Informer<T>[]): Informer<T> {
  return {
    start: (signal) => informers.forEach((informer) => informer.start(signal)),
    get: (key) => informers.map((informer) => informer.get(key)).find((found) => found !== undefined),
    list: () => informers.flatMap((informer) => informer.list()),
    byIndex: (index, value) => informers.flatMap((informer) => informer.byIndex(index, value)),
    hasSynced: () => informers.every((informer) => informer.hasSynced()),
    whenSynced: async (signal) => {
      await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
    },
    applyLocalWrite: (object) => informers.forEach((informer) => informer.applyLocalWrite(object)),
    lastContactAt: () => Math.min(...informers.map((informer) => informer.lastContactAt())),
    isStale: (afterMs) => informers.some((informer) => informer.isStale(afterMs)),
  }
}
