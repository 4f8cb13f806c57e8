import type { KeyObject } from 'node:crypto'
import { ANNOTATIONS, API_VERSION, FIELD_MANAGER, KEY_SECRET_TYPE, MANAGED, MANAGED_LABEL } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { CertificateFacts } from '../api/status.ts'
import { type KubeClient, type KubeObject, KubeError, type Resource, isFailure } from '../kube/client.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Bundle } from '../pki/bundle.ts'
import { exportKey } from '../pki/keys.ts'
import { type Owner, isTarget, ownershipOfKey } from './ownership.ts'
import type { SelfWriteTracker } from './own-writes.ts'

export type Secret = KubeObject & { type?: string; data?: Record<string, string> }

export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }

/** The part of an informer that reading needs. */
type Cache = { get: (key: string) => Secret | undefined; applyLocalWrite: (secret: Secret) => void }

/** Secrets, read from the cache of those that carry our label, and from the API server where that knows nothing. */
export type SecretStore = {
  read: (namespace: string, name: string) => Promise<Secret | undefined>
  /** The Secret as the API server has it, with what the cache leaves out. */
  readLive: (namespace: string, name: string) => Promise<Secret | undefined>
  /** What the cache knows. */
  peek: (namespace: string, name: string) => Secret | undefined
  /** @throws KubeError; `already-exists` where the name is taken */
  createKey: (order: DigiCertOrder, name: string, kept: Kept, more?: Data) => Promise<Secret>
  /** Makes a key Secret, left by a resource of the same name that is gone, belong to this one. */
  inherit: (order: DigiCertOrder, secret: Secret) => Promise<Secret>
  /** Changes the data of a key Secret as a compare-and-swap on the version that was read. */
  change: (
    order: DigiCertOrder,
    secret: Secret,
    to: (data: Readonly<Record<string, string>>) => Record<string, string>,
  ) => Promise<Outcome>
  /** Removes a key Secret. */
  remove: (order: DigiCertOrder, secret: Secret) => Promise<void>
  /** Tries the target Secret without storing it: quota, policy, permissions and a namespace that is going show up. */
  rehearse: (order: DigiCertOrder, target: 'free' | 'ours') => Promise<void>
  /**
   * Key and chain in one write, by server-side apply. `over` is the Secret that was read, where there was one: another one
   * in its place, or one that appeared since, is a `conflict`.
   */
  applyTarget: (order: DigiCertOrder, pair: Pair, over: Secret | undefined) => Promise<Secret>
}

/** A private key, or the CSR of one that is elsewhere. */
export type Kept = { key: KeyObject } | { csr: string }

/** Further entries of a Secret, in base64. */
type Data = Readonly<Record<string, string>>

export type Pair = {
  key: KeyObject
  bundle: Pick<Bundle, 'certificate' | 'ca'>
  facts: CertificateFacts
  /** `undefined` where the Secret does not say, and stays silent. */
  orderId: number | undefined
  outputs: Outputs
}

/** Labels, annotations and further entries of a Secret, beside key and certificate. Data in base64. */
export type Outputs = Record<'labels' | 'annotations' | 'data', Readonly<Record<string, string>>>

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/**
 * The text of one entry of a Secret. Tenants choose the name of the entry, and `constructor` is one that a Secret may
 * have: only what is the Secret's own counts.
 */
export const textOf = (secret: Secret | undefined, key: string): string | undefined => {
  const { data = {} } = secret ?? {}
  const value = Object.hasOwn(data, key) ? data[key] : undefined
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8')
}

const ownerReference = ({ metadata }: DigiCertOrder) => ({
  apiVersion: API_VERSION,
  kind: 'DigiCertOrder',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: false,
})

/** What a Secret says of the DigiCertOrder that it belongs to. */
const marksOf = (order: DigiCertOrder, clusterId: string): Record<string, string> => ({
  [ANNOTATIONS.owner]: order.metadata.name,
  [ANNOTATIONS.clusterId]: clusterId,
})

type KeySecret = { kept: Kept; more?: Data | undefined; clusterId: string }

const keySecret = (order: DigiCertOrder, name: string, { kept, more = {}, clusterId }: KeySecret): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: KEY_SECRET_TYPE,
  metadata: {
    name,
    namespace: order.metadata.namespace ?? '',
    labels: { [MANAGED_LABEL]: MANAGED },
    annotations: marksOf(order, clusterId),
    ownerReferences: [ownerReference(order)],
  },
  data: {
    ...more,
    ...('csr' in kept
      ? { 'tls.csr': base64(kept.csr) }
      : { 'tls.key': base64(exportKey(kept.key, order.spec.privateKey.encoding)) }),
  },
})

const targetSecret = (order: DigiCertOrder, { labels, annotations, data }: Outputs, clusterId: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  // Only a private key makes it a Secret for TLS; the API server would refuse one without.
  type: order.spec.csrSecretRef ? 'Opaque' : 'kubernetes.io/tls',
  metadata: {
    name: order.spec.secretName ?? '',
    namespace: order.metadata.namespace ?? '',
    labels: { ...labels, [MANAGED_LABEL]: MANAGED },
    annotations: { ...annotations, ...marksOf(order, clusterId) },
  },
  data,
})

const targetName = ({ metadata: { namespace }, spec: { secretName = '' } }: DigiCertOrder) => ({
  namespace,
  name: secretName,
})

/** Entries of other names would be merged without a conflict into a Secret of type Opaque that anyone made meanwhile. */
const refuseForeign = async (kube: Pick<KubeClient, 'get'>, order: DigiCertOrder): Promise<void> => {
  const there = order.spec.csrSecretRef ? await kube.get<Secret>(SECRETS, targetName(order)) : undefined
  if (there && !isTarget(there)) throw new KubeError('conflict', `Secret ${there.metadata.name} exists by now`)
}

const pairData = (order: DigiCertOrder, { key, bundle }: Pair): Record<string, string> => ({
  'tls.crt': base64(bundle.certificate),
  ...(order.spec.csrSecretRef ? {} : { 'tls.key': base64(exportKey(key, order.spec.privateKey.encoding)) }),
  'ca.crt': base64(bundle.ca),
})

const pairAnnotations = ({ facts, orderId }: Pair): Record<string, string> => ({
  ...(orderId === undefined ? {} : { [ANNOTATIONS.orderId]: String(orderId) }),
  ...(facts.id === undefined ? {} : { [ANNOTATIONS.certificateId]: String(facts.id) }),
  [ANNOTATIONS.serialNumber]: facts.serialNumber,
  [ANNOTATIONS.notAfter]: facts.notAfter,
})

// A Secret that is ours may have been edited by others: what the operator owns is then taken back. One that did not
// exist a moment ago is not forced: whoever made it meanwhile keeps it, and the order stalls.
const forcing = (target: 'free' | 'ours') => (target === 'ours' ? ({ force: 'force' } as const) : {})

const outputsWith = (order: DigiCertOrder, pair: Pair): Outputs => {
  const { labels, annotations, data } = pair.outputs
  return {
    labels,
    annotations: { ...annotations, ...pairAnnotations(pair) },
    data: { ...data, ...pairData(order, pair) },
  }
}

/** The Secret to write in place of the one that was read; the API server refuses it where another one has taken the name. */
const targetOver = (over: Secret | undefined, secret: Secret): Secret => {
  if (!over) return secret
  if (!isTarget(over)) throw new Error(`Secret ${over.metadata.name} was not written by the operator`)
  const { uid } = over.metadata
  return uid === undefined ? secret : { ...secret, metadata: { ...secret.metadata, uid } }
}

/** Metadata of a key Secret with the marks that an earlier version did not write. */
const stampedKey = (secret: Secret, owner: Owner): Secret['metadata'] => {
  const { metadata } = secret
  const { order, clusterId } = owner
  if (ownershipOfKey(secret, owner) === 'foreign')
    throw new Error(`Secret ${metadata.name} is not a key Secret of DigiCertOrder ${order.metadata.name}`)
  return { ...metadata, annotations: { ...metadata.annotations, ...marksOf(order, clusterId) } }
}

export type SecretStoreOptions = {
  kube: KubeClient
  /** Absent where Secrets are not watched. */
  cache: Cache | undefined
  own: Pick<SelfWriteTracker, 'note'>
  clusterId: string
}

/**
 * Reads and writes Secrets. Whatever was decided, no Secret but a key Secret of the order is written or removed as one.
 */
export const createSecretStore = ({ kube, cache, own, clusterId }: SecretStoreOptions): SecretStore => {
  const noted = (secret: Secret): Secret => {
    own.note(secret)
    if (secret.metadata.labels?.[MANAGED_LABEL] === MANAGED) cache?.applyLocalWrite(secret)
    return secret
  }
  const stamped = (order: DigiCertOrder, secret: Secret) => stampedKey(secret, { order, clusterId })
  return {
    peek: (namespace, name) => cache?.get(`${namespace}/${name}`),
    read: async (namespace, name) =>
      cache?.get(`${namespace}/${name}`) ?? (await kube.get<Secret>(SECRETS, { namespace, name })),
    readLive: (namespace, name) => kube.get<Secret>(SECRETS, { namespace, name }),
    createKey: async (order, name, kept, more) => {
      const secret = keySecret(order, name, { kept, more, clusterId })
      return noted(await kube.create(SECRETS, secret, { fieldManager: FIELD_MANAGER }))
    },
    inherit: async (order, secret) => {
      const metadata = { ...stamped(order, secret), ownerReferences: [ownerReference(order)] }
      return noted(await kube.replace(SECRETS, { ...secret, metadata }, { fieldManager: FIELD_MANAGER }))
    },
    change: async (order, secret, to) => {
      const metadata = stamped(order, secret)
      try {
        const changed = { ...secret, apiVersion: 'v1', kind: 'Secret', metadata, data: to(secret.data ?? {}) }
        noted(await kube.replace(SECRETS, changed, { fieldManager: FIELD_MANAGER }))
        return { kind: 'done' }
      } catch (error) {
        if (isFailure(error, 'conflict', 'not-found')) return { kind: 'conflict' }
        return refusedByCluster(error)
      }
    },
    remove: (order, secret) => {
      const { uid } = stamped(order, secret)
      return kube.delete(SECRETS, secret.metadata, uid === undefined ? {} : { uid })
    },
    rehearse: async (order, target) => {
      const { labels = {}, annotations = {} } = order.spec.secretTemplate ?? {}
      const data = { 'tls.crt': '', ...(order.spec.csrSecretRef ? {} : { 'tls.key': '' }) }
      const empty = targetSecret(order, { labels, annotations, data }, clusterId)
      await kube.apply(SECRETS, empty, { fieldManager: FIELD_MANAGER, dryRun: 'All', ...forcing(target) })
    },
    applyTarget: async (order, pair, over) => {
      if (!over) await refuseForeign(kube, order)
      const secret = targetOver(over, targetSecret(order, outputsWith(order, pair), clusterId))
      const options = { fieldManager: FIELD_MANAGER, ...forcing(over ? 'ours' : 'free') }
      return noted(await kube.apply(SECRETS, secret, options))
    },
  }
}

/** Whether the cluster said no for a reason that a person can mend, rather than failing to answer. */
export const isClusterRefusal = (error: unknown): error is Error =>
  isFailure(error, 'forbidden', 'invalid', 'not-found', 'already-exists')

/** The outcome of a write that the cluster refused. Anything else that went wrong rises. */
export const refusedByCluster = (error: unknown): Extract<Outcome, { kind: 'refused' }> => {
  if (!isClusterRefusal(error)) throw error
  return { kind: 'refused', reason: 'SecretWriteDenied', code: 'Secret', message: error.message }
}
