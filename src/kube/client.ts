import { homedir } from 'node:os'
import { type Environment, createCredentialSource, loadKubeConfig } from './auth.ts'
import { type Clock, systemClock } from './clock.ts'
import { KubeError, isFailure } from './errors.ts'
import { type JsonRequest, type RequestContext, type WriteObserver, requestJson } from './request.ts'
import { type RequestObserver, createTransport } from './transport.ts'
import {
  type CallOptions,
  type DeleteOptions,
  type KubeClient,
  type KubeObject,
  type ListOptions,
  type ObjectName,
  type Page,
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
  ObjectMeta,
  ObjectName,
  OwnerReference,
  Page,
  DeleteOptions,
  Resource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './types.ts'

export type KubeConnection = KubeClient & {
  /** Closes the connections; running calls and watches fail. */
  close: () => Promise<void>
}

export type ConnectOptions = {
  /** Path of a kubeconfig. By default the first of `KUBECONFIG`, the pod's service account, `~/.kube/config`. */
  readonly kubeconfig?: string | undefined
  /** Deadline of a call; 30 seconds. */
  readonly requestTimeoutMs?: number | undefined
  readonly userAgent: string
  readonly observer?: RequestObserver
  readonly onWrite?: WriteObserver
  readonly environment?: Environment
  readonly clock?: Clock
  readonly random?: () => number
}

/** Creates a client from a kubeconfig; throws when there is none. Does not contact the server. */
export function connect(options: ConnectOptions): KubeConnection {
  const environment = options.environment ?? { env: process.env, home: homedir() }
  const clock = options.clock ?? systemClock
  const source = createCredentialSource(() => loadKubeConfig(options.kubeconfig, environment), clock)
  const timeoutMs = options.requestTimeoutMs ?? 30_000
  // The deadline of a call covers its body. A watch has no deadline: its reflector notices silence.
  const open = (headersTimeout: number) =>
    createTransport(source, options.userAgent, { connections: 64, headersTimeout, bodyTimeout: 0 }, options.observer)
  const [calls, watches] = [open(0), open(timeoutMs)]
  const context = {
    transport: calls,
    clock,
    random: options.random ?? Math.random,
    timeoutMs,
    onWrite: options.onWrite,
  }
  return {
    ...createReads(context),
    ...createWrites(context),
    ...createWatches({ ...context, transport: watches }),
    close: async () => {
      await Promise.all([calls.close(), watches.close()])
    },
  }
}

function createReads(context: RequestContext): Pick<KubeClient, 'get' | 'getMetadata' | 'list'> {
  return {
    get: <T extends KubeObject>(resource: Resource, object: ObjectName & CallOptions) =>
      get<T>(context, resource, object),
    getMetadata: (resource, object) => get(context, resource, object, METADATA_FROM_CACHE),
    list: <T extends KubeObject>(resource: Resource, options: ListOptions = {}) => list<T>(context, resource, options),
  }
}

/** Watches need a transport of their own, because each of them occupies a connection. */
function createWatches(context: RequestContext): Pick<KubeClient, 'watch'> {
  return {
    watch: <T extends KubeObject>(resource: Resource, { namespace, signal, ...query }: WatchOptions) => {
      const path = withQuery(collectionPath(resource, namespace), { watch: 1, allowWatchBookmarks: 'true', ...query })
      const label = `watch ${resource.plural}${namespace === undefined ? '' : ` in ${namespace}`}`
      return watchEvents<T>(context, readRequest(label, resource.plural, path), signal)
    },
  }
}

function readRequest(label: string, resource: string, path: string): JsonRequest {
  return { method: 'GET', path, label, resource, writes: false }
}

type GetOptions = { readonly query?: QueryParameters; readonly accept?: string }

/** Resource version 0 means any version that the API server has in its cache. */
const METADATA_FROM_CACHE: GetOptions = {
  query: { resourceVersion: '0' },
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
}

async function get<T extends KubeObject>(
  context: RequestContext,
  resource: Resource,
  { timeoutMs, ...object }: ObjectName & CallOptions,
  { query = {}, accept }: GetOptions = {},
): Promise<T | undefined> {
  const path = withQuery(objectPath(resource, object), query)
  const read = readRequest(`get ${resource.plural} ${object.name}`, resource.plural, path)
  try {
    return (await requestJson(context, { ...read, accept, timeoutMs })) as T
  } catch (error) {
    if (isFailure(error, 'not-found')) return undefined
    throw error
  }
}

async function list<T extends KubeObject>(
  context: RequestContext,
  resource: Resource,
  { namespace, timeoutMs, ...query }: ListOptions,
): Promise<Page<T>> {
  const path = withQuery(collectionPath(resource, namespace), query)
  const read = readRequest(`list ${resource.plural}`, resource.plural, path)
  return toPage<T>(resource, read.label, await requestJson(context, { ...read, timeoutMs }))
}

type ListBody<T> = { items?: T[] | null; metadata?: { resourceVersion?: string; continue?: string } }

function toPage<T extends KubeObject>(resource: Resource, label: string, body: unknown): Page<T> {
  const { items, metadata } = body as ListBody<T>
  const resourceVersion = metadata?.resourceVersion
  if (resourceVersion === undefined) throw new KubeError('unknown', `${label}: unknown: response is not a list`)
  const next = metadata?.continue
  // Items of a list lack these two fields; objects of a watch have them.
  const typeMeta = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const page = { items: (items ?? []).map((item) => ({ ...typeMeta, ...item })), resourceVersion }
  return next === undefined || next === '' ? page : { ...page, continue: next }
}

type Writes = Pick<KubeClient, 'create' | 'replace' | 'apply' | 'mergePatch' | 'delete'>

function createWrites(context: RequestContext): Writes {
  const sendJson = async <T>(request: JsonRequest): Promise<T> => (await requestJson(context, request)) as T
  return {
    create: (resource, object, options = {}) => {
      const path = collectionPath(resource, object.metadata.namespace)
      return sendJson(
        writeRequest('POST', { resource, name: object.metadata, path, options, body: withTypeMeta(resource, object) }),
      )
    },
    replace: (resource, object, options = {}) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      return sendJson(
        writeRequest('PUT', { resource, name: object.metadata, path, options, body: withTypeMeta(resource, object) }),
      )
    },
    apply: (resource, object, options) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      const write = { resource, name: object.metadata, path, options, body: withTypeMeta(resource, object) }
      return sendJson(writeRequest('PATCH', write, 'application/apply-patch+yaml'))
    },
    mergePatch: (resource, name, patch, options = {}) => {
      const path = objectPath(resource, name, options.subresource)
      return sendJson(
        writeRequest('PATCH', { resource, name, path, options, body: patch }, 'application/merge-patch+json'),
      )
    },
    delete: (resource, name, options = {}) => deleteObject(context, resource, name, options),
  }
}

type WriteArgs = {
  readonly resource: Resource
  readonly name: ObjectName
  readonly path: string
  readonly options: WriteOptions & { readonly force?: 'force' | undefined }
  readonly body: object
}

function writeRequest(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  write: WriteArgs,
  contentType = 'application/json',
): JsonRequest {
  const { resource, name, options } = write
  const force = options.force === undefined ? undefined : 'true'
  const query = { fieldManager: options.fieldManager, force, dryRun: options.dryRun }
  return {
    method,
    path: withQuery(write.path, query),
    body: JSON.stringify(write.body),
    contentType,
    label: `${VERBS[method]} ${resource.plural} ${name.name}`,
    resource: resource.plural,
    writes: true,
    timeoutMs: options.timeoutMs,
  }
}

const VERBS = { POST: 'create', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' } as const

function withTypeMeta<T extends KubeObject>(resource: Resource, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

async function deleteObject(
  context: RequestContext,
  resource: Resource,
  name: ObjectName,
  options: DeleteOptions,
): Promise<void> {
  const { uid, timeoutMs } = options
  const body = uid === undefined ? {} : { preconditions: { uid } }
  const write = { resource, name, path: objectPath(resource, name), options: { timeoutMs }, body }
  try {
    await requestJson(context, writeRequest('DELETE', write))
  } catch (error) {
    if (isFailure(error, 'not-found')) return
    if (!isFailure(error, 'conflict') || uid === undefined || !(await isGone(context, resource, { ...name, uid }))) {
      throw error
    }
  }
}

// A conflict may also mean that another object has the name, which only its UID shows.
async function isGone(context: RequestContext, resource: Resource, { uid, ...name }: ObjectName & { uid: string }) {
  const found = await createReads(context).get<KubeObject>(resource, name)
  return found?.metadata.uid !== uid
}

/** Undefined parameters are left out. */
type QueryParameters = Readonly<Record<string, string | number | undefined>>

/** Path of all objects of a kind, in one namespace or in all. */
function collectionPath({ group, version, plural }: Resource, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

/** Path of one object, or of one of its subresources. */
function objectPath(resource: Resource, { namespace, name }: ObjectName, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

function withQuery(path: string, query: QueryParameters): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
