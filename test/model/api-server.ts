import { isDeepStrictEqual } from 'node:util'
import { type KubeClient, KubeError, type KubeObject, type Resource, type WriteOptions } from '../../src/kube/client.ts'
import type { Point } from './faults.ts'

type Body = KubeObject & { spec?: unknown; status?: unknown; data?: unknown; type?: string }

/** Passes a call on, or lets a fault strike. */
export type Gate = <T>(point: Point, effect: () => T) => Promise<T>

export type Guards = {
  /** Whether a PUT compares resource versions; `blind` is a broken API server, to show what the lock is good for. */
  lock: 'on' | 'blind'
  /** Whether the mark that an order was sent is stored; `lost` drops it on the way. */
  sentMark: 'kept' | 'lost'
}

export type Write = { key: string; object: Body }

/** An API server in memory: resource versions, compare-and-swap, status subresource, dry run and apply. */
export type ApiServer = {
  /** A client whose every write passes the gate; reads are not disturbed. */
  client: (gate: Gate) => KubeClient
  /** What people and other programs do, past all gates. */
  edit: (key: string, change: (object: Body) => Body) => void
  add: (plural: string, object: Body) => void
  drop: (key: string) => void
  get: (key: string) => Body | undefined
  list: (plural: string) => Body[]
  /** All objects as they were before their latest version, as a cache that lags behind sees them. */
  lagging: (plural: string) => Body[]
  /** Every version ever stored, in order. */
  writes: readonly Write[]
  version: () => string
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const keyOf = (plural: string, { namespace = '', name }: { namespace?: string | undefined; name: string }): string =>
  `${plural}/${namespace}/${name}`

const bare = ({ metadata, ...rest }: Body): unknown => ({ ...rest, metadata: { ...metadata, resourceVersion: '' } })

/** Who made an object; server-side apply by anybody else conflicts unless it is forced. */
const MANAGER = 'model/manager'

const merged = (live: Body, applied: Body): Body => ({
  ...live,
  ...applied,
  metadata: {
    ...live.metadata,
    labels: { ...live.metadata.labels, ...applied.metadata.labels },
    annotations: { ...live.metadata.annotations, ...applied.metadata.annotations },
  },
})

const ALL_GUARDS: Guards = { lock: 'on', sentMark: 'kept' }

type MarkedStatus = { order?: unknown; intent?: { sentAt?: string } }

/** A status as it is stored where the mark is lost. An order that is known is no guard, and stays. */
const unmarked = (status: unknown): unknown => {
  const marked = copy(status) as MarkedStatus | undefined
  if (!marked?.order) delete marked?.intent?.sentAt
  return marked
}

export const createApiServer = (now: () => Date, guards: Guards = ALL_GUARDS): ApiServer => {
  const objects = new Map<string, Body>()
  const before = new Map<string, Body | undefined>()
  const writes: Write[] = []
  let version = 1000
  let uids = 0

  const store = (key: string, object: Body): Body => {
    const live = objects.get(key)
    if (live && isDeepStrictEqual(bare(copy(object)), bare(live))) return copy(live)
    version += 1
    const stored = copy({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } })
    before.set(key, live)
    objects.set(key, stored)
    writes.push({ key, object: stored })
    return copy(stored)
  }

  const born = (object: Body, manager: string | undefined): Body => {
    uids += 1
    const { metadata } = object
    return {
      ...object,
      metadata: {
        ...metadata,
        uid: `uid-${String(uids)}`,
        generation: 1,
        creationTimestamp: now().toISOString(),
        annotations: { ...metadata.annotations, ...(manager === undefined ? {} : { [MANAGER]: manager }) },
      },
    }
  }

  const create = (key: string, object: Body, { fieldManager }: WriteOptions): Body => {
    if (objects.has(key)) throw new KubeError('already-exists', `${key} exists`, { code: 409 })
    return store(key, born(object, fieldManager))
  }

  const liveOf = (key: string): Body => {
    const live = objects.get(key)
    if (!live) throw new KubeError('not-found', `${key} does not exist`, { code: 404 })
    return live
  }

  const replace = (key: string, object: Body, { subresource }: WriteOptions): Body => {
    const live = liveOf(key)
    const { resourceVersion } = object.metadata
    const outdated = resourceVersion !== live.metadata.resourceVersion
    if (outdated && guards.lock === 'on') throw new KubeError('conflict', `${key} has changed`, { code: 409 })
    if (subresource !== 'status') return store(key, object)
    const status = guards.sentMark === 'kept' ? object.status : unmarked(object.status)
    return store(key, { ...live, status })
  }

  type ApplyOptions = WriteOptions & { force?: 'force' | undefined }
  const apply = (key: string, object: Body, { fieldManager, force, dryRun }: ApplyOptions): Body => {
    const live = objects.get(key)
    const foreign = live && live.metadata.annotations?.[MANAGER] !== fieldManager
    if (foreign && force === undefined) throw new KubeError('conflict', `${key} has other owners`, { code: 409 })
    const result = live ? merged(live, object) : born(object, fieldManager)
    return dryRun ? copy(result) : store(key, result)
  }

  const edit = (key: string, change: (object: Body) => Body): void => {
    const live = objects.get(key)
    if (live) store(key, change(copy(live)))
  }

  const touch = (key: string) => () =>
    edit(key, (object) => {
      const annotations = { ...object.metadata.annotations, touched: String(version) }
      return { ...object, metadata: { ...object.metadata, annotations } }
    })

  const client = (gate: Gate): KubeClient => {
    const point = (verb: string, { plural }: Resource, key: string): Point => {
      const name = `${verb} ${plural}`
      return objects.has(key) && verb === 'replace' ? { side: 'kube', name, touch: touch(key) } : { side: 'kube', name }
    }
    // The caller names the type of what it sends, and gets the same back: a body is what both have in common.
    const out = (effect: () => Body) => effect as () => never
    const unused = () => Promise.reject(new Error('the model does not have this call'))
    return {
      get: <T>(resource: Resource, name: { namespace?: string | undefined; name: string }) => {
        const live = objects.get(keyOf(resource.plural, name))
        return Promise.resolve(live && (copy(live) as unknown as T))
      },
      create: (resource, object, options = {}) => {
        const key = keyOf(resource.plural, object.metadata)
        return gate(
          point('create', resource, key),
          out(() => create(key, object, options)),
        )
      },
      replace: (resource, object, options = {}) => {
        const key = keyOf(resource.plural, object.metadata)
        return gate(
          point('replace', resource, key),
          out(() => replace(key, object, options)),
        )
      },
      apply: (resource, object, options) => {
        const key = keyOf(resource.plural, object.metadata)
        return gate(
          point(options.dryRun ? 'rehearse' : 'apply', resource, key),
          out(() => apply(key, object, options)),
        )
      },
      delete: (resource, name) => {
        const key = keyOf(resource.plural, name)
        return gate(point('remove', resource, key), () => void objects.delete(key))
      },
      getMetadata: unused,
      mergePatch: unused,
      list: unused,
      watch: () => {
        throw new Error('the model does not have this call')
      },
    }
  }

  const under = (plural: string): [string, Body][] => [...objects].filter(([key]) => key.startsWith(`${plural}/`))
  return {
    client,
    edit,
    add: (plural, object) => void store(keyOf(plural, object.metadata), born(object, undefined)),
    drop: (key) => void objects.delete(key),
    get: (key) => objects.get(key),
    list: (plural) => under(plural).map(([, object]) => object),
    lagging: (plural) => under(plural).flatMap(([key, live]) => before.get(key) ?? (plural === 'secrets' ? [] : live)),
    writes,
    version: () => String(version),
  }
}
