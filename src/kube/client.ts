import { homedir } from 'node:os'
import { type Surroundings, createCredentialSource, loadKubeConfig } from './auth.ts'
import { type Clock, systemClock } from './clock.ts'
import { KubeError, isFailure } from './errors.ts'
import { type Caller, type JsonCall, type WriteObserver, callJson } from './request.ts'
import { type RequestObserver, createTransport } from './transport.ts'
import {
  type CallLimit,
  type KubeClient,
  type KubeObject,
  type ListOptions,
  type ObjectName,
  type Page,
  type RemoveOptions,
  type Resource,
  type WatchOptions,
  type WriteOptions,
  apiVersionOf,
} from './types.ts'
import { watchEvents } from './watch.ts'

export { KubeError, type KubeFailure, isFailure, isNamespaceTerminating } from './errors.ts'
export type { WriteObserver, WriteRecord } from './request.ts'
export { apiVersionOf, compareVersions, keyOf, nameOf } from './types.ts'
export type {
  KubeClient,
  KubeObject,
  ListOptions,
  Meta,
  ObjectName,
  OwnerReference,
  Page,
  RemoveOptions,
  Resource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './types.ts'

export type KubeConnection = KubeClient & {
  /** Closes the connections; calls and watches under way fail. */
  close: () => Promise<void>
}

export type ConnectOptions = {
  /** Path of a kubeconfig; else `KUBECONFIG`, the pod's service account, `~/.kube/config`. */
  readonly kubeconfig?: string | undefined
  /** Default deadline of a call; 30 seconds. */
  readonly requestTimeoutMs?: number | undefined
  readonly userAgent: string
  readonly observer?: RequestObserver
  readonly onWrite?: WriteObserver
  readonly surroundings?: Surroundings
  readonly clock?: Clock
  readonly random?: () => number
}

/** Reads the kubeconfig, and throws when there is none; the server is not contacted yet. */
export function connect(options: ConnectOptions): KubeConnection {
  const surroundings = options.surroundings ?? { env: process.env, home: homedir() }
  const clock = options.clock ?? systemClock
  const source = createCredentialSource(() => loadKubeConfig(options.kubeconfig, surroundings), clock)
  const timeoutMs = options.requestTimeoutMs ?? 30_000
  // The deadline of a call covers its body; a watch has none, its reader has a watchdog.
  const open = (headersTimeout: number) =>
    createTransport(source, options.userAgent, { connections: 64, headersTimeout, bodyTimeout: 0 }, options.observer)
  const [calls, watches] = [open(0), open(timeoutMs)]
  const caller = { transport: calls, clock, random: options.random ?? Math.random, timeoutMs, onWrite: options.onWrite }
  return {
    ...createReads(caller),
    ...createWrites(caller),
    ...createWatches({ ...caller, transport: watches }),
    close: async () => {
      await Promise.all([calls.close(), watches.close()])
    },
  }
}

/** The calls that change nothing. */
export function createReads(caller: Caller): Pick<KubeClient, 'get' | 'getMetadata' | 'list' | 'version'> {
  return {
    get: <T extends KubeObject>(resource: Resource, object: ObjectName & CallLimit) => get<T>(caller, resource, object),
    getMetadata: (resource, object) => get(caller, resource, object, FROM_CACHE),
    list: <T extends KubeObject>(resource: Resource, options: ListOptions = {}) => list<T>(caller, resource, options),
    version: async () => {
      const body = (await callJson(caller, readOf('get version', '', '/version'))) as { gitVersion?: string }
      return body.gitVersion ?? 'unknown'
    },
  }
}

/** Watches, which want a transport of their own: they hold a connection each. */
export function createWatches(caller: Caller): Pick<KubeClient, 'watch'> {
  return {
    watch: <T extends KubeObject>(resource: Resource, { namespace, signal, ...query }: WatchOptions) => {
      const path = withQuery(collectionPath(resource, namespace), { watch: 1, allowWatchBookmarks: 'true', ...query })
      const label = `watch ${resource.plural}${namespace === undefined ? '' : ` in ${namespace}`}`
      return watchEvents<T>(caller, readOf(label, resource.plural, path), signal)
    },
  }
}

function readOf(label: string, resource: string, path: string): JsonCall {
  return { method: 'GET', path, label, resource, writes: false }
}

/** How an object is asked for. */
type Asking = { readonly query?: Query; readonly accept?: string }

/** Any version that the API server has at hand, without spec, status and data. */
const FROM_CACHE: Asking = {
  query: { resourceVersion: '0' },
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}

async function get<T extends KubeObject>(
  caller: Caller,
  resource: Resource,
  { timeoutMs, ...object }: ObjectName & CallLimit,
  { query = {}, accept }: Asking = {},
): Promise<T | undefined> {
  const path = withQuery(objectPath(resource, object), query)
  const read = readOf(`get ${resource.plural} ${object.name}`, resource.plural, path)
  try {
    return (await callJson(caller, { ...read, accept, timeoutMs })) as T
  } catch (error) {
    if (isFailure(error, 'not-found')) return undefined
    throw error
  }
}

async function list<T extends KubeObject>(
  caller: Caller,
  resource: Resource,
  { namespace, timeoutMs, ...query }: ListOptions,
): Promise<Page<T>> {
  const path = withQuery(collectionPath(resource, namespace), query)
  const read = readOf(`list ${resource.plural}`, resource.plural, path)
  return pageOf<T>(resource, read.label, await callJson(caller, { ...read, timeoutMs }))
}

type ListBody<T> = { items?: T[] | null; metadata?: { resourceVersion?: string; continue?: string } }

function pageOf<T extends KubeObject>(resource: Resource, label: string, body: unknown): Page<T> {
  const { items, metadata } = body as ListBody<T>
  const resourceVersion = metadata?.resourceVersion
  if (resourceVersion === undefined) throw new KubeError('unknown', `${label}: unknown: an answer that is not a list`)
  const next = metadata?.continue
  // Items of a list have neither field; objects of a watch have both. One form for both is easier to live with.
  const form = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const page = { items: (items ?? []).map((item) => ({ ...form, ...item })), resourceVersion }
  return next === undefined || next === '' ? page : { ...page, continue: next }
}

type Writes = Pick<KubeClient, 'create' | 'replace' | 'apply' | 'merge' | 'remove'>

/** The calls that change something. */
export function createWrites(caller: Caller): Writes {
  const send = async <T>(call: JsonCall): Promise<T> => (await callJson(caller, call)) as T
  return {
    create: (resource, object, options = {}) => {
      const path = collectionPath(resource, object.metadata.namespace)
      return send(writeOf('POST', { resource, name: object.metadata, path, options, body: typed(resource, object) }))
    },
    replace: (resource, object, options = {}) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      return send(writeOf('PUT', { resource, name: object.metadata, path, options, body: typed(resource, object) }))
    },
    apply: (resource, object, options) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      const write = { resource, name: object.metadata, path, options, body: typed(resource, object) }
      return send(writeOf('PATCH', write, 'application/apply-patch+yaml'))
    },
    merge: (resource, name, patch, options = {}) => {
      const path = objectPath(resource, name, options.subresource)
      return send(writeOf('PATCH', { resource, name, path, options, body: patch }, 'application/merge-patch+json'))
    },
    remove: (resource, name, options = {}) => remove(caller, resource, name, options),
  }
}

type Write = {
  readonly resource: Resource
  readonly name: ObjectName
  readonly path: string
  readonly options: WriteOptions & { readonly force?: 'force' | undefined }
  readonly body: object
}

function writeOf(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  write: Write,
  contentType = 'application/json',
): JsonCall {
  const { resource, name, options } = write
  const force = options.force === undefined ? undefined : 'true'
  const query = { fieldManager: options.fieldManager, force, dryRun: options.dryRun }
  return {
    method,
    path: withQuery(write.path, query),
    body: JSON.stringify(write.body),
    contentType,
    label: `${words[method]} ${resource.plural} ${name.name}`,
    resource: resource.plural,
    writes: true,
    timeoutMs: options.timeoutMs,
  }
}

const words = { POST: 'create', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' } as const

function typed<T extends KubeObject>(resource: Resource, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

async function remove(caller: Caller, resource: Resource, name: ObjectName, options: RemoveOptions): Promise<void> {
  const { uid, propagation, timeoutMs } = options
  const body = {
    ...(uid !== undefined && { preconditions: { uid } }),
    ...(propagation !== undefined && { propagationPolicy: propagation }),
  }
  const write = { resource, name, path: objectPath(resource, name), options: { timeoutMs }, body }
  try {
    await callJson(caller, writeOf('DELETE', write))
  } catch (error) {
    if (isFailure(error, 'not-found')) return
    if (!isFailure(error, 'conflict') || uid === undefined || !(await isGone(caller, resource, { ...name, uid }))) {
      throw error
    }
  }
}

// The server says conflict when another object has the name; only its UID tells that from any other conflict.
async function isGone(caller: Caller, resource: Resource, { uid, ...name }: ObjectName & { uid: string }) {
  const found = await createReads(caller).get<KubeObject>(resource, name)
  return found?.metadata.uid !== uid
}

/** Query parameters of a call; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** Path of all objects of a kind, in one namespace or in all of them. */
export function collectionPath({ group, version, plural }: Resource, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

/** Path of one object, or of a subresource of it. */
export function objectPath(resource: Resource, { namespace, name }: ObjectName, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

/** Adds the query to a path. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
