import { LRUCache } from 'lru-cache'
import { type KubeObject, compareVersions, keyOf } from './types.ts'

/** A change that has not been delivered to the event handler yet. */
export type Change<T> = {
  readonly type: 'added' | 'updated' | 'deleted'
  readonly object: T
  /** For an update, the object that was delivered before. */
  readonly previous?: T
}

/** The objects of one kind as last seen, by key and by index. Never replaces an object by an older version of it. */
export type Store<T extends KubeObject> = {
  get: (key: string) => T | undefined
  list: () => T[]
  byIndex: (index: string, value: string) => T[]
  /** Stores an object from the server; returns the changes to deliver. */
  upsert: (object: T) => Change<T>[]
  /** Deletes an object that the server deleted; returns the changes to deliver. */
  delete: (object: T) => Change<T>[]
  /** Stores a complete list of that resource version; returns the changes to deliver. */
  replace: (objects: readonly T[], version: string) => Change<T>[]
  /** Stores what this process wrote: readable at once, and delivered when the watch brings it. */
  upsertLocal: (object: T) => void
  /** Forgets which versions were seen, because the database of the server was restored. */
  forgetVersions: () => void
}

type Entry<T> = {
  readonly object: T
  readonly version: string | undefined
  /** The last object that was delivered; undefined when none was. */
  readonly delivered: T | undefined
}

/** UIDs of deleted objects to remember, so that the late response to a write cannot bring one back. */
const MAX_TOMBSTONES = 4096

type State<T extends KubeObject> = {
  readonly entries: Map<string, Entry<T>>
  readonly indexes: Indexes<T>
  /** UIDs of deleted objects and the versions of their deletions, the oldest first. */
  readonly tombstones: Map<string, string | undefined>
}

export function createStore<T extends KubeObject>(indexers: Indexers<T> = {}): Store<T> {
  const state: State<T> = { entries: new Map(), indexes: createIndexes(indexers), tombstones: new Map() }
  const { entries, indexes } = state
  return {
    get: (key) => entries.get(key)?.object,
    list: () => [...entries.values()].map((entry) => entry.object),
    byIndex: (index, value) => indexes.keys(index, value).flatMap((key) => entries.get(key)?.object ?? []),
    upsert: (object) => upsert(state, object),
    delete: (object) => deleteObject(state, object),
    replace: (objects, version) => [
      ...dropMissing(state, objects, version),
      ...objects.flatMap((object) => upsert(state, object)),
    ],
    upsertLocal: (object) => upsertLocal(state, object),
    forgetVersions: () => forgetVersions(state),
  }
}

function upsert<T extends KubeObject>(state: State<T>, object: T): Change<T>[] {
  const key = keyOf(object)
  const current = state.entries.get(key)
  if (isTombstoned(state, object)) return []
  if (!current) return deliver(state, object, undefined)
  const age = compareVersions(object.metadata.resourceVersion, current.version)
  if (age < 0) return []
  if (age > 0) return deliver(state, object, current.delivered)
  return current.delivered === current.object ? [] : deliver(state, current.object, current.delivered)
}

function deleteObject<T extends KubeObject>(state: State<T>, object: T): Change<T>[] {
  addTombstone(state, object.metadata)
  const key = keyOf(object)
  const current = state.entries.get(key)
  if (!current) return []
  if (hasSameUid(current.object, object)) return drop(state, key, current)
  if (current.delivered === undefined || !hasSameUid(current.delivered, object)) return []
  // The store has a successor that this process wrote and that was not delivered yet.
  put(state, key, { ...current, delivered: undefined })
  return [{ type: 'deleted', object: current.delivered }]
}

function upsertLocal<T extends KubeObject>(state: State<T>, object: T): void {
  const key = keyOf(object)
  const current = state.entries.get(key)
  const version = object.metadata.resourceVersion
  if (isTombstoned(state, object) || (current && compareVersions(version, current.version) <= 0)) return
  put(state, key, { object, version, delivered: current?.delivered })
}

// An object newer than the list was written after the list was made, so that its absence means nothing. There are no
// tombstones either: the list may come from a server that lags behind, and a missing object may exist.
function dropMissing<T extends KubeObject>(state: State<T>, objects: readonly T[], version: string): Change<T>[] {
  const present = new Set(objects.map(keyOf))
  const missing = [...state.entries].filter(
    ([key, entry]) => !present.has(key) && compareVersions(entry.version, version) <= 0,
  )
  return missing.flatMap(([key, entry]) => drop(state, key, entry))
}

function forgetVersions<T extends KubeObject>({ entries, tombstones }: State<T>): void {
  tombstones.clear()
  for (const [key, entry] of entries) entries.set(key, { ...entry, version: undefined })
}

/** Stores the object; returns the changes since the object that was delivered before. */
function deliver<T extends KubeObject>(state: State<T>, object: T, previous: T | undefined): Change<T>[] {
  put(state, keyOf(object), { object, version: object.metadata.resourceVersion, delivered: object })
  if (previous === undefined) return [{ type: 'added', object }]
  if (hasSameUid(previous, object)) return [{ type: 'updated', object, previous }]
  return [
    { type: 'deleted', object: previous },
    { type: 'added', object },
  ]
}

function put<T extends KubeObject>({ entries, indexes }: State<T>, key: string, entry: Entry<T>): void {
  entries.set(key, entry)
  indexes.put(key, entry.object)
}

function drop<T extends KubeObject>(state: State<T>, key: string, { delivered }: Entry<T>): Change<T>[] {
  state.entries.delete(key)
  state.indexes.remove(key)
  return delivered === undefined ? [] : [{ type: 'deleted', object: delivered }]
}

function addTombstone<T extends KubeObject>({ tombstones }: State<T>, { uid, resourceVersion }: T['metadata']): void {
  if (uid === undefined) return
  tombstones.set(uid, resourceVersion)
  const [oldest] = tombstones.keys()
  if (tombstones.size > MAX_TOMBSTONES && oldest !== undefined) tombstones.delete(oldest)
}

// A watch by label sends DELETED for an object that lost its label. With the label back it has a later version.
function isTombstoned<T extends KubeObject>(
  { tombstones }: State<T>,
  { metadata: { uid, resourceVersion } }: T,
): boolean {
  return uid !== undefined && tombstones.has(uid) && compareVersions(resourceVersion, tombstones.get(uid)) <= 0
}

function hasSameUid<T extends KubeObject>(a: T, b: T): boolean {
  return a.metadata.uid === b.metadata.uid
}

/** Index functions by name: each returns the values under which an object is found. */
export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>

type Indexes<T> = {
  put: (key: string, object: T) => void
  remove: (key: string) => void
  /** Throws for an unknown index: a misspelt name must not look like an empty result. */
  keys: (index: string, value: string) => string[]
}

function createIndexes<T>(indexers: Indexers<T>): Indexes<T> {
  const indexes = Object.entries(indexers).map(([name, valuesOf]) => [name, createIndex(valuesOf)] as const)
  const byName = new Map(indexes)
  return {
    put: (key, object) => indexes.forEach(([, index]) => index.put(key, object)),
    remove: (key) => indexes.forEach(([, index]) => index.remove(key)),
    keys: (name, value) => {
      const index = byName.get(name)
      if (!index) throw new Error(`unknown index ${name}`)
      return index.keys(value)
    },
  }
}

type Index<T> = {
  put: (key: string, object: T) => void
  remove: (key: string) => void
  keys: (value: string) => string[]
}

function createIndex<T>(valuesOf: (object: T) => readonly string[]): Index<T> {
  const keysByValue = new Map<string, Set<string>>()
  const valuesByKey = new Map<string, readonly string[]>()

  function remove(key: string): void {
    for (const value of valuesByKey.get(key) ?? []) {
      const keys = keysByValue.get(value)
      keys?.delete(key)
      if (keys?.size === 0) keysByValue.delete(value)
    }
    valuesByKey.delete(key)
  }

  function add(key: string, value: string): void {
    const keys = keysByValue.get(value) ?? new Set()
    keysByValue.set(value, keys.add(key))
  }

  return {
    remove,
    put: (key, object) => {
      remove(key)
      const values = valuesOf(object)
      if (values.length === 0) return
      valuesByKey.set(key, values)
      for (const value of values) add(key, value)
    },
    keys: (value) => [...(keysByValue.get(value) ?? [])],
  }
}

/** In characters; longer texts are rarely the same in two objects. */
const MAX_SHARED_LENGTH = 100
/** Far more than the different names, reasons and dates that objects of a cluster share. */
const MAX_SHARED_TEXTS = 8192

/**
 * Creates a function that makes objects share equal texts, such as namespaces, reasons of conditions, dates and issuers.
 * JSON.parse makes a copy for each object; at ten thousand objects the copies are a quarter of a cache. Changes the
 * object in place; its content stays the same.
 */
export function createInterner(): <T>(value: T) => T {
  const texts = new LRUCache<string, string>({ max: MAX_SHARED_TEXTS })
  const share = (text: string): string => {
    if (text.length > MAX_SHARED_LENGTH) return text
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, text)
    return text
  }
  const intern = (value: unknown): unknown => {
    if (typeof value === 'string') return share(value)
    if (typeof value !== 'object' || value === null) return value
    for (const [key, child] of Object.entries(value)) {
      // Only texts are replaced, by equal ones; objects keep their identity.
      if (typeof child === 'string') (value as Record<string, unknown>)[key] = share(child)
      else intern(child)
    }
    return value
  }
  return <T>(value: T): T => intern(value) as T
}
