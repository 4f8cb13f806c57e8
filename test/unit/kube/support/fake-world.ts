import { randomUUID } from 'node:crypto'
import type { KubeObject } from '../../../../src/kube/types.ts'
import type { Seen } from './fake-api.ts'

export type Stored = KubeObject & Record<string, unknown>

export type WorldEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly collection: string
  readonly object: Stored
  readonly version: bigint
}

/** The objects of a fake API server, by collection path, with one version counter for all of them. */
export type World = {
  put: (collection: string, object: Stored) => Stored
  delete: (collection: string, name: string) => void
  get: (collection: string, name: string) => Stored | undefined
  bookmark: (collection: string) => void
  version: () => bigint
  /** Sets the counter, as a restored database does. */
  setVersion: (version: bigint) => void
  /** Forgets all events so far: watches from before get 410. */
  compact: () => void
  oldest: () => bigint
  eventsSince: (version: bigint) => WorldEvent[]
  onEvent: (listener: (event: WorldEvent) => void) => void
  isCollection: (seen: Seen) => boolean
  answer: (seen: Seen) => [number, unknown]
}

export function createWorld(): World {
  const collections = new Map<string, Map<string, Stored>>()
  const listeners: ((event: WorldEvent) => void)[] = []
  let events: WorldEvent[] = []
  let version = 100n
  let oldest = 0n

  const of = (collection: string): Map<string, Stored> => {
    const found = collections.get(collection) ?? new Map<string, Stored>()
    collections.set(collection, found)
    return found
  }

  function emit(type: WorldEvent['type'], collection: string, object: Stored): void {
    const event = { type, collection, object, version }
    if (type !== 'BOOKMARK') events.push(event)
    for (const listener of listeners) listener(event)
  }

  function put(collection: string, object: Stored): Stored {
    const held = of(collection).get(object.metadata.name)
    const resourceVersion = String(++version)
    const uid = object.metadata.uid ?? held?.metadata.uid ?? randomUUID()
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion } }
    of(collection).set(object.metadata.name, stored)
    emit(held ? 'MODIFIED' : 'ADDED', collection, stored)
    return stored
  }

  function remove(collection: string, name: string): Stored | undefined {
    const held = of(collection).get(name)
    if (!held) return undefined
    of(collection).delete(name)
    const object = { ...held, metadata: { ...held.metadata, resourceVersion: String(++version) } }
    emit('DELETED', collection, object)
    return object
  }

  function list(collection: string, query: URLSearchParams): [number, unknown] {
    const all = [...of(collection).values()].map((item) => ({ ...item, kind: undefined, apiVersion: undefined }))
    const limit = Number(query.get('limit') ?? all.length)
    const from = Number(query.get('continue') ?? 0)
    const next = from + limit < all.length ? String(from + limit) : ''
    const metadata = { resourceVersion: String(version), continue: next }
    return [200, { kind: 'List', apiVersion: 'v1', metadata, items: all.slice(from, from + limit) }]
  }

  function create(collection: string, body: Stored): [number, unknown] {
    if (of(collection).has(body.metadata.name))
      return [409, status(409, 'AlreadyExists', `${body.metadata.name} exists`)]
    return [201, put(collection, body)]
  }

  function change(seen: Seen, held: Stored, collection: string): [number, unknown] {
    const body = JSON.parse(seen.body) as Stored
    const { resourceVersion } = seen.method === 'PUT' ? body.metadata : held.metadata
    if (resourceVersion !== held.metadata.resourceVersion) return [409, status(409, 'Conflict', 'it has been modified')]
    return [200, put(collection, seen.method === 'PUT' ? body : merged(held, body))]
  }

  function erase(seen: Seen, held: Stored, collection: string): [number, unknown] {
    const { preconditions } = JSON.parse(seen.body || '{}') as { preconditions?: { uid?: string } }
    if (preconditions?.uid !== undefined && preconditions.uid !== held.metadata.uid) {
      return [409, status(409, 'Conflict', 'UID in precondition is another one')]
    }
    return [200, remove(collection, held.metadata.name)]
  }

  return {
    put,
    delete: remove,
    get: (collection, name) => of(collection).get(name),
    bookmark: (collection) =>
      emit('BOOKMARK', collection, { metadata: { resourceVersion: String(version) } } as unknown as Stored),
    version: () => version,
    setVersion: (value) => {
      version = value
      events = []
    },
    compact: () => {
      events = []
      oldest = ++version
    },
    oldest: () => oldest,
    eventsSince: (since) => events.filter((event) => event.version > since),
    onEvent: (listener) => listeners.push(listener),
    isCollection: (seen) => split(seen.path).name === undefined,
    answer: (seen) => {
      const { collection, name } = split(seen.path)
      if (seen.path === '/version') return [200, { gitVersion: 'v1.99.0' }]
      if (name === undefined) {
        return seen.method === 'POST'
          ? create(collection, JSON.parse(seen.body) as Stored)
          : list(collection, seen.query)
      }
      const held = of(collection).get(name)
      const applies = seen.headers['content-type'] === 'application/apply-patch+yaml'
      if (!held && applies) return create(collection, JSON.parse(seen.body) as Stored)
      if (!held) return [404, status(404, 'NotFound', `${name} not found`)]
      if (seen.method === 'GET') return [200, held]
      return seen.method === 'DELETE' ? erase(seen, held, collection) : change(seen, held, collection)
    },
  }
}

/** `/apis/g/v/namespaces/n/things/name/status` is object `name` of collection `/apis/g/v/namespaces/n/things`. */
function split(path: string): { collection: string; name: string | undefined } {
  const parts = path.split('/')
  const root = parts[1] === 'api' ? 3 : 4
  const plural = parts[root] === 'namespaces' && parts.length > root + 2 ? root + 2 : root
  return { collection: parts.slice(0, plural + 1).join('/'), name: parts[plural + 1] }
}

function merged(target: Stored, patch: Stored): Stored {
  const result: Record<string, unknown> = { ...target }
  for (const [name, value] of Object.entries(patch)) {
    const held = result[name]
    const nested = typeof value === 'object' && value !== null && typeof held === 'object' && held !== null
    if (value === null) Reflect.deleteProperty(result, name)
    else result[name] = nested && !Array.isArray(value) ? merged(held as Stored, value as Stored) : value
  }
  return result as Stored
}

/** A Status object as the API server refuses with. */
export function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }
}
