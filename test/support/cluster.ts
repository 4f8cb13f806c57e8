import { randomBytes } from 'node:crypto'
import { parseAllDocuments } from 'yaml'
import type { DigiCertOrder } from '../../src/api/order.ts'
import { apiServer, ApiServerError, type Resource, type Send } from './api-server.ts'
import { type Paths, type Reference, resourcePaths } from './resource-path.ts'
import { waitFor } from './wait-for.ts'

/** A Secret with its data decoded. */
export type SecretContent = {
  readonly type: string
  readonly metadata: Resource['metadata']
  readonly data: Readonly<Record<string, Buffer>>
}

/** What an Event says, as `kubectl get events` would show it. */
export type EventLine = {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
}

/** A cluster as the tests see it: with the rights of an admin, and as raw JSON. */
export type Cluster = {
  /** Creates a namespace that no other test uses. */
  readonly newNamespace: (labels?: Record<string, string>) => Promise<string>
  /** Deletes a namespace without waiting until it is empty. */
  readonly deleteNamespace: (name: string) => Promise<void>
  /** Applies objects, or YAML with one or several, by server-side apply as the user `test`; gives what is stored. */
  readonly apply: (what: string | object, namespace?: string) => Promise<Resource[]>
  readonly get: (reference: Reference) => Promise<Resource | undefined>
  readonly list: (kind: Omit<Reference, 'name'>) => Promise<Resource[]>
  /** Sends a JSON merge patch; `subresource` is `status` or `scale`. */
  readonly patch: (reference: Reference, patch: object, subresource?: string) => Promise<Resource>
  /** Deletes an object; one that does not exist is fine. */
  readonly remove: (reference: Reference) => Promise<void>
  readonly order: (namespace: string, name: string) => Promise<DigiCertOrder | undefined>
  readonly secret: (namespace: string, name: string) => Promise<SecretContent | undefined>
  /** Events about the object of that name, oldest first, from both Event APIs. */
  readonly events: (namespace: string, about: string) => Promise<EventLine[]>
  /**
   * Waits until an order is as wanted, and gives it.
   * @throws Error that holds the order's last conditions.
   */
  readonly waitForOrder: (
    namespace: string,
    name: string,
    isWanted: (order: DigiCertOrder) => boolean,
    limitMs?: number,
  ) => Promise<DigiCertOrder>
  /** Any other call, for what the functions above do not cover. */
  readonly send: Send
}

/** The cluster of a kubeconfig; without one that of `KUBECONFIG`, which the global set-up sets. */
export function openCluster(kubeconfig: string | undefined = process.env['KUBECONFIG']): Cluster {
  if (kubeconfig === undefined) throw new Error('no KUBECONFIG: run this by npm run apiserver')
  const send = apiServer(kubeconfig)
  const paths = resourcePaths(send)
  const get = getter(send, paths)
  const order = async (namespace: string, name: string) =>
    (await get({ kind: 'DigiCertOrder', namespace, name })) as DigiCertOrder | undefined
  return {
    send,
    get,
    order,
    newNamespace: (labels) => newNamespace(send, labels ?? {}),
    deleteNamespace: (name) => remover(send, paths)({ kind: 'Namespace', name }),
    apply: applier(send, paths),
    list: async (kind) => ((await send({ method: 'GET', path: await paths(kind) })) as { items: Resource[] }).items,
    patch: patcher(send, paths),
    remove: remover(send, paths),
    secret: async (namespace, name) => decoded(await get({ kind: 'Secret', namespace, name })),
    events: (namespace, about) => eventsAbout(send, namespace, about),
    waitForOrder: (namespace, name, isWanted, limitMs = 20_000) =>
      waitForOrder(() => order(namespace, name), isWanted, { what: `${namespace}/${name}`, limitMs }),
  }
}

async function newNamespace(send: Send, labels: Record<string, string>): Promise<string> {
  const name = `t-${randomBytes(5).toString('hex')}`
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
  await send({ method: 'POST', path: '/api/v1/namespaces', body })
  return name
}

const getter =
  (send: Send, paths: Paths): Cluster['get'] =>
  async (reference) => {
    try {
      return (await send({ method: 'GET', path: `${await paths(reference)}/${reference.name}` })) as Resource
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

const remover =
  (send: Send, paths: Paths): Cluster['remove'] =>
  async (reference) => {
    try {
      await send({ method: 'DELETE', path: `${await paths(reference)}/${reference.name}` })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

const patcher =
  (send: Send, paths: Paths): Cluster['patch'] =>
  async (reference, body, subresource) => {
    const suffix = subresource === undefined ? '' : `/${subresource}`
    const path = `${await paths(reference)}/${reference.name}${suffix}`
    return (await send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' })) as Resource
  }

const applier =
  (send: Send, paths: Paths): Cluster['apply'] =>
  async (what, namespace) => {
    const stored: Resource[] = []
    for (const document of documentsOf(what)) stored.push(await applyOne(send, paths, inNamespace(document, namespace)))
    return stored
  }

async function applyOne(send: Send, paths: Paths, body: Resource): Promise<Resource> {
  const { apiVersion, kind, metadata } = body
  if (apiVersion === undefined || kind === undefined) throw new Error(`${metadata.name} lacks apiVersion or kind`)
  const collection = await paths({ apiVersion, kind, namespace: metadata.namespace })
  const path = `${collection}/${metadata.name}?fieldManager=test&force=true`
  return (await send({ method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml' })) as Resource
}

function documentsOf(what: string | object): Resource[] {
  if (typeof what !== 'string') return (Array.isArray(what) ? what : [what]) as Resource[]
  const documents = parseAllDocuments(what).map((document) => document.toJS() as Resource | null)
  return documents.filter((document) => document !== null)
}

const inNamespace = (document: Resource, namespace: string | undefined): Resource =>
  namespace === undefined || document.metadata.namespace !== undefined
    ? document
    : { ...document, metadata: { ...document.metadata, namespace } }

const isNotFound = (error: unknown): boolean => error instanceof ApiServerError && error.status === 404

function decoded(secret: Resource | undefined): SecretContent | undefined {
  if (secret === undefined) return undefined
  const { type, data } = secret as unknown as { type: string; data?: Record<string, string> }
  const entries = Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const)
  return { type, metadata: secret.metadata, data: Object.fromEntries(entries) }
}

type CoreEvent = {
  type: string
  reason: string
  message?: string
  count?: number
  series?: { count: number }
  involvedObject: { name: string }
  metadata: { creationTimestamp: string }
}

async function eventsAbout(send: Send, namespace: string, about: string): Promise<EventLine[]> {
  const path = `/api/v1/namespaces/${namespace}/events`
  const { items } = (await send({ method: 'GET', path })) as { items: CoreEvent[] }
  return items
    .filter(({ involvedObject }) => involvedObject.name === about)
    .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))
    .map(({ type, reason, message, count, series }) => ({
      type,
      reason,
      message: message ?? '',
      count: series?.count ?? count ?? 1,
    }))
}

async function waitForOrder(
  look: () => Promise<DigiCertOrder | undefined>,
  isWanted: (order: DigiCertOrder) => boolean,
  { what, limitMs }: { what: string; limitMs: number },
): Promise<DigiCertOrder> {
  let last: DigiCertOrder | undefined
  const condition = async () => {
    last = await look()
    return last !== undefined && isWanted(last) && last
  }
  try {
    return await waitFor(condition, { what: `wanted state of order ${what}`, limitMs })
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; last seen: ${JSON.stringify(last?.status ?? 'nothing')}`, { cause })
  }
}

/** Whether a condition of an order has that status, and that reason where one is given. */
export function hasCondition(order: DigiCertOrder, type: string, status: string, reason?: string): boolean {
  const conditions = order.status?.conditions ?? []
  return conditions.some(
    (condition) =>
      condition.type === type && condition.status === status && (reason === undefined || condition.reason === reason),
  )
}

/** Whether an order is Ready for the spec that it has now. */
export function isReady(order: DigiCertOrder): boolean {
  return order.status?.observedGeneration === order.metadata.generation && hasCondition(order, 'Ready', 'True')
}
