import { LRUCache } from 'lru-cache'
import { type KubeObject, compareVersions, keyOf } from './types.ts'

/** A change that whoever looks at the store has not been told of yet. */
export type Change<T> = {
  readonly type: 'added' | 'updated' | 'deleted'
  readonly object: T
  /** What was told before: of an update the older object. */
  readonly previous?: T
}

/** The objects of one kind as last seen, by key and by index. Never goes back to an older version of an object. */
export type Store<T extends KubeObject> = {
  get: (key: string) => T | undefined
  list: () => T[]
  by: (index: string, value: string) => T[]
  readonly size: () => number
  /** What the server said; answers what is new. */
  observe: (object: T) => Change<T>[]
  /** That the server deleted it; answers what is new. */
  observeDeletion: (object: T) => Change<T>[]
  /** The whole world as of that version; answers what is new. */
  replace: (objects: readonly T[], version: string) => Change<T>[]
  /** What we wrote ourselves: readable at once, and still news when the server tells of it. */
  note: (object: T) => void
  /** Forgets which versions were seen, for a server whose versions have gone back. */
  forgetVersions: () => void
}

type Entry<T> = {
  readonly object: T
  readonly version: string | undefined
  /** The last object that observers were told of; undefined when none was. */
  readonly told: T | undefined
}

/** UIDs of deleted objects that are remembered, so that a late answer to a write of ours cannot bring one back. */
const TOMBSTONES = 4096

type State<T extends KubeObject> = {
  readonly entries: Map<string, Entry<T>>
  readonly indexes: Indexes<T>
  /** UIDs and the versions of their deletions, the oldest first. */
  readonly deleted: Map<string, string | undefined>
}

export function createStore<T extends KubeObject>(indexers: Indexers<T> = {}): Store<T> {
  const state: State<T> = { entries: new Map(), indexes: createIndexes(indexers), deleted: new Map() }
  const { entries, indexes } = state
  return {
    get: (key) => entries.get(key)?.object,
    list: () => [...entries.values()].map((entry) => entry.object),
    by: (index, value) => indexes.keys(index, value).flatMap((key) => entries.get(key)?.object ?? []),
    size: () => entries.size,
    observe: (object) => observe(state, object),
    observeDeletion: (object) => observeDeletion(state, object),
    replace: (objects, version) => [
      ...dropMissing(state, objects, version),
      ...objects.flatMap((object) => observe(state, object)),
    ],
    note: (object) => note(state, object),
    forgetVersions: () => forgetVersions(state),
  }
}

function observe<T extends KubeObject>(state: State<T>, object: T): Change<T>[] {
  const key = keyOf(object)
  const held = state.entries.get(key)
  if (isBuried(state, object)) return []
  if (!held) return tell(state, object, undefined)
  const age = compareVersions(object.metadata.resourceVersion, held.version)
  if (age < 0) return []
  if (age > 0) return tell(state, object, held.told)
  return held.told === held.object ? [] : tell(state, held.object, held.told)
}

function observeDeletion<T extends KubeObject>(state: State<T>, object: T): Change<T>[] {
  bury(state, object.metadata)
  const key = keyOf(object)
  const held = state.entries.get(key)
  if (!held) return []
  if (isSame(held.object, object)) return drop(state, key, held)
  if (held.told === undefined || !isSame(held.told, object)) return []
  // We have noted a successor of our own making, of which nobody was told yet.
  put(state, key, { ...held, told: undefined })
  return [{ type: 'deleted', object: held.told }]
}

function note<T extends KubeObject>(state: State<T>, object: T): void {
  const key = keyOf(object)
  const held = state.entries.get(key)
  const version = object.metadata.resourceVersion
  if (isBuried(state, object) || (held && compareVersions(version, held.version) <= 0)) return
  put(state, key, { object, version, told: held?.told })
}

// What is newer than the list was written after it was made, so its absence from the list says nothing. And nothing
// is buried here: a list may come from a server that lags behind, and what it lacks may exist.
function dropMissing<T extends KubeObject>(state: State<T>, objects: readonly T[], version: string): Change<T>[] {
  const present = new Set(objects.map(keyOf))
  const missing = [...state.entries].filter(
    ([key, entry]) => !present.has(key) && compareVersions(entry.version, version) <= 0,
  )
  return missing.flatMap(([key, entry]) => drop(state, key, entry))
}

function forgetVersions<T extends KubeObject>({ entries, deleted }: State<T>): void {
  deleted.clear()
  for (const [key, entry] of entries) entries.set(key, { ...entry, version: undefined })
}

/** Holds the object, and answers what is news to those who were told of another or of none. */
function tell<T extends KubeObject>(state: State<T>, object: T, told: T | undefined): Change<T>[] {
  put(state, keyOf(object), { object, version: object.metadata.resourceVersion, told: object })
  if (told === undefined) return [{ type: 'added', object }]
  if (isSame(told, object)) return [{ type: 'updated', object, previous: told }]
  return [
    { type: 'deleted', object: told },
    { type: 'added', object },
  ]
}

function put<T extends KubeObject>({ entries, indexes }: State<T>, key: string, entry: Entry<T>): void {
  entries.set(key, entry)
  indexes.put(key, entry.object)
}

function drop<T extends KubeObject>(state: State<T>, key: string, { told }: Entry<T>): Change<T>[] {
  state.entries.delete(key)
  state.indexes.remove(key)
  return told === undefined ? [] : [{ type: 'deleted', object: told }]
}

function bury<T extends KubeObject>({ deleted }: State<T>, { uid, resourceVersion }: T['metadata']): void {
  if (uid === undefined) return
  deleted.set(uid, resourceVersion)
  const [oldest] = deleted.keys()
  if (deleted.size > TOMBSTONES && oldest !== undefined) deleted.delete(oldest)
}

// A watch by label says of an object that lost its label that it is deleted; with the label back it is a later version.
function isBuried<T extends KubeObject>({ deleted }: State<T>, { metadata: { uid, resourceVersion } }: T): boolean {
  return uid !== undefined && deleted.has(uid) && compareVersions(resourceVersion, deleted.get(uid)) <= 0
}

function isSame<T extends KubeObject>(a: T, b: T): boolean {
  return a.metadata.uid === b.metadata.uid
}

/** Named functions that answer under which values an object is to be found. */
export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** Which keys have a value, for each named index. */
export type Indexes<T> = {
  put: (key: string, object: T) => void
  remove: (key: string) => void
  /** Throws for an index that was never declared: a misspelt name would look like an empty one. */
  keys: (index: string, value: string) => string[]
}

export function createIndexes<T>(indexers: Indexers<T>): Indexes<T> {
  const indexes = Object.entries(indexers).map(([name, valuesOf]) => [name, createIndex(valuesOf)] as const)
  const byName = new Map(indexes)
  return {
    put: (key, object) => indexes.forEach(([, index]) => index.put(key, object)),
    remove: (key) => indexes.forEach(([, index]) => index.remove(key)),
    keys: (name, value) => {
      const index = byName.get(name)
      if (!index) throw new Error(`no index is named ${name}`)
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

/** Longer texts are somebody's own, as a rule. */
const LONGEST = 100
/** Far more than the words, names and dates that objects of a cluster share. */
const MOST = 8192

/**
 * Makes objects share the texts that they have in common: namespaces, words of conditions, dates, issuers. JSON makes a
 * copy of each for each object, and at ten thousand objects those are a fourth of a cache. The object is changed in place,
 * and says what it said.
 */
export function createIntern(): <T>(value: T) => T {
  const texts = new LRUCache<string, string>({ max: MOST })
  const share = (text: string): string => {
    if (text.length > LONGEST) return text
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, text)
    return text
  }
  const intern = (value: unknown): unknown => {
    if (typeof value === 'string') return share(value)
    if (typeof value !== 'object' || value === null) return value
    for (const [key, child] of Object.entries(value)) {
      // Objects stay the same ones; a text may become another copy of itself.
      if (typeof child === 'string') (value as Record<string, unknown>)[key] = share(child)
      else intern(child)
    }
    return value
  }
  return <T>(value: T): T => intern(value) as T
}
