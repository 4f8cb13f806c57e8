import { type Clock, createLatch, systemClock } from './clock.ts'
import { type Mirror, reflect } from './reflector.ts'
import { type Change, type Indexers, createIntern, createStore } from './store.ts'
import type { KubeClient, KubeObject, Resource } from './types.ts'
import type { Log } from '../telemetry/log.ts'

/** A change to tell of; `initial` marks those of the first list. */
export type InformerChange<T> = Change<T> & { readonly initial: boolean }

/** What readers of a cache need. Keys are `namespace/name`, or `name` for cluster-scoped kinds. */
export type Cache<T extends KubeObject> = {
  get: (key: string) => T | undefined
  list: () => T[]
  /** The objects that the named index files under that value; throws for an index that does not exist. */
  by: (index: string, value: string) => T[]
  size: () => number
  /** Has the first list been taken in? */
  synced: () => boolean
  /** Resolves with the first list; rejects when the signal is aborted before. */
  whenSynced: (signal?: AbortSignal) => Promise<void>
  /**
   * Makes what we just wrote readable at once, as an older watch event may still be on its way. Ignored when the cache
   * is newer or that UID is known to be deleted. The change is told when the server tells of it, as any other.
   */
  noteWritten: (object: T) => void
  /** When the server was last heard, on the monotonic clock, in milliseconds; minus infinity before. */
  lastContactAt: () => number
  /** Was the server silent for longer than that? A healthy one sends a bookmark each minute. */
  stale: (afterMs: number) => boolean
}

export type Informer<T extends KubeObject> = Cache<T> & {
  /** Lists and watches until the signal is aborted; nothing is told after that. May be called once. */
  start: (signal: AbortSignal) => void
}

export type InformerOptions<T extends KubeObject> = {
  readonly client: Pick<KubeClient, 'list' | 'watch'>
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  /** Reduces an object before it is kept; metadata must stay. Default: drops `managedFields`. */
  readonly transform?: (object: T) => T
  readonly indexes?: Indexers<T>
  /** What it throws is logged, and otherwise ignored. */
  readonly onChange: (change: InformerChange<T>) => void
  readonly log: Log
  readonly clock?: Clock
  readonly random?: () => number
  /** Silence after which a watch is opened anew; 90 seconds. */
  readonly idleMs?: number
}

/** A cache of one kind that follows the API server through whatever happens to either. */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { clock = systemClock, random = Math.random, namespace } = options
  const { transform: reduce = withoutManagedFields } = options
  const intern = createIntern()
  const transform = (object: T): T => intern(reduce(object))
  const store = createStore<T>(options.indexes)
  const firstList = createLatch()
  const tell = createTeller(options, firstList.isOpen)
  let started = false
  let contactAt = -Infinity

  const mirror: Mirror<T> = {
    contact: () => (contactAt = clock.monotonic()),
    event: (type, object) =>
      tell(type === 'DELETED' ? store.observeDeletion(object) : store.observe(transform(object))),
    replace: (objects, version) => {
      tell(store.replace(objects.map(transform), version))
      firstList.open()
    },
    restored: store.forgetVersions,
  }

  return {
    get: store.get,
    list: store.list,
    by: store.by,
    size: store.size,
    synced: firstList.isOpen,
    whenSynced: firstList.opened,
    noteWritten: (object) => {
      if (namespace === undefined || object.metadata.namespace === namespace) store.note(transform(object))
    },
    lastContactAt: () => contactAt,
    stale: (afterMs) => clock.monotonic() - contactAt > afterMs,
    start: (signal) => {
      if (started) throw new Error('an informer can be started once')
      started = true
      void reflect({ idleMs: 90_000, ...options, mirror, clock, random }, signal)
    },
  }
}

function createTeller<T extends KubeObject>(
  { onChange, log, resource }: InformerOptions<T>,
  isSynced: () => boolean,
): (changes: readonly Change<T>[]) => void {
  return (changes) => {
    const initial = !isSynced()
    for (const change of changes) {
      try {
        onChange({ ...change, initial })
      } catch (error) {
        log.error('A change handler failed', { resource: resource.plural, error: messageOf(error) })
      }
    }
  }
}

/** Drops the bookkeeping of server-side apply, which is often larger than the rest and of no use to readers. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata as KubeObject['metadata'] & { managedFields?: unknown }
  return managedFields === undefined ? object : { ...object, metadata }
}

/** What kubectl notes for itself: the whole object once more, which no status write can change. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Drops that as well. Only for kinds whose metadata is never written back: it would be gone for kubectl, too. */
export function withoutBookkeeping<T extends KubeObject>(object: T): T {
  const bare = withoutManagedFields(object)
  const { [LAST_APPLIED]: noted, ...annotations } = bare.metadata.annotations ?? {}
  return noted === undefined ? bare : { ...bare, metadata: { ...bare.metadata, annotations } }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown cause'
}

/** Several informers of one kind, one for each watched namespace, started and read as one. */
export function manyInformers<T extends KubeObject>(informers: readonly Informer<T>[]): Informer<T> {
  return {
    start: (signal) => informers.forEach((informer) => informer.start(signal)),
    get: (key) => informers.map((informer) => informer.get(key)).find((found) => found !== undefined),
    list: () => informers.flatMap((informer) => informer.list()),
    by: (index, value) => informers.flatMap((informer) => informer.by(index, value)),
    size: () => informers.reduce((sum, informer) => sum + informer.size(), 0),
    synced: () => informers.every((informer) => informer.synced()),
    whenSynced: async (signal) => {
      await Promise.all(informers.map((informer) => informer.whenSynced(signal)))
    },
    noteWritten: (object) => informers.forEach((informer) => informer.noteWritten(object)),
    lastContactAt: () => Math.min(...informers.map((informer) => informer.lastContactAt())),
    stale: (afterMs) => informers.some((informer) => informer.stale(afterMs)),
  }
}
