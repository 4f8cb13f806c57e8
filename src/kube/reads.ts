import { callJson } from './call.ts'
import type { Caller, JsonCall } from './call.ts'
import { KubeError, isFailure } from './error.ts'
import { collectionPath, objectPath, withQuery } from './paths.ts'
import type { Query } from './paths.ts'
import { apiVersionOf } from './resource.ts'
import type { KubeObject, ObjectName, Resource } from './resource.ts'
import type { CallLimit, KubeClient, ListOptions, Page, WatchOptions } from './verbs.ts'
import { watchEvents } from './watch.ts'

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
