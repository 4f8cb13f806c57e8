import type { KeyObject } from 'node:crypto'
import { ANNOTATIONS, API_VERSION, FIELD_MANAGER, KEY_SECRET_TYPE, MANAGED, MANAGED_LABEL } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { CertificateFacts } from '../api/status.ts'
import { type KubeClient, type KubeObject, type Resource, isFailure } from '../kube/client.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Bundle } from '../pki/bundle.ts'
import { exportKey } from '../pki/keys.ts'
import type { OwnWrites } from './own-writes.ts'

export type Secret = KubeObject & { type?: string; data?: Record<string, string> }

export const SECRETS: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }

/** The part of an informer that reading needs. */
type Cache = { get: (key: string) => Secret | undefined; noteWritten: (secret: Secret) => void }

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
  change: (secret: Secret, to: (data: Readonly<Record<string, string>>) => Record<string, string>) => Promise<Outcome>
  remove: (secret: Secret) => Promise<void>
  /** Tries the target Secret without storing it: quota, policy, permissions and a namespace that is going show up. */
  rehearse: (order: DigiCertOrder, target: 'free' | 'ours') => Promise<void>
  /** Key and chain in one write, by server-side apply. A Secret that became somebody else's meanwhile is a `conflict`. */
  applyTarget: (order: DigiCertOrder, pair: Pair, target: 'free' | 'ours') => Promise<Secret>
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

/** Which DigiCertOrder a Secret says it belongs to. */
export const ownerOf = (secret: Secret): string | undefined => secret.metadata.annotations?.[ANNOTATIONS.owner]

const ownerReference = ({ metadata }: DigiCertOrder) => ({
  apiVersion: API_VERSION,
  kind: 'DigiCertOrder',
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: false,
})

const keySecret = (order: DigiCertOrder, name: string, kept: Kept, more: Data = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: KEY_SECRET_TYPE,
  metadata: {
    name,
    namespace: order.metadata.namespace ?? '',
    labels: { [MANAGED_LABEL]: MANAGED },
    annotations: { [ANNOTATIONS.owner]: order.metadata.name },
    ownerReferences: [ownerReference(order)],
  },
  data: {
    ...more,
    ...('csr' in kept
      ? { 'tls.csr': base64(kept.csr) }
      : { 'tls.key': base64(exportKey(kept.key, order.spec.privateKey.encoding)) }),
  },
})

const targetSecret = (order: DigiCertOrder, { labels, annotations, data }: Outputs): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  // Only a private key makes it a Secret for TLS; the API server would refuse one without.
  type: order.spec.csrSecretRef ? 'Opaque' : 'kubernetes.io/tls',
  metadata: {
    name: order.spec.secretName ?? '',
    namespace: order.metadata.namespace ?? '',
    labels: { ...labels, [MANAGED_LABEL]: MANAGED },
    annotations: { ...annotations, [ANNOTATIONS.owner]: order.metadata.name },
  },
  data,
})

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

export const createSecretStore = (
  kube: KubeClient,
  cache: Cache | undefined,
  own: Pick<OwnWrites, 'note'>,
): SecretStore => {
  const noted = (secret: Secret): Secret => {
    own.note(secret)
    if (secret.metadata.labels?.[MANAGED_LABEL] === MANAGED) cache?.noteWritten(secret)
    return secret
  }
  return {
    peek: (namespace, name) => cache?.get(`${namespace}/${name}`),
    read: async (namespace, name) =>
      cache?.get(`${namespace}/${name}`) ?? (await kube.get<Secret>(SECRETS, { namespace, name })),
    readLive: (namespace, name) => kube.get<Secret>(SECRETS, { namespace, name }),
    createKey: async (order, name, kept, more) =>
      noted(await kube.create(SECRETS, keySecret(order, name, kept, more), { fieldManager: FIELD_MANAGER })),
    inherit: async (order, secret) => {
      const metadata = { ...secret.metadata, ownerReferences: [ownerReference(order)] }
      return noted(await kube.replace(SECRETS, { ...secret, metadata }, { fieldManager: FIELD_MANAGER }))
    },
    change: async (secret, to) => {
      try {
        const changed = { ...secret, apiVersion: 'v1', kind: 'Secret', data: to(secret.data ?? {}) }
        noted(await kube.replace(SECRETS, changed, { fieldManager: FIELD_MANAGER }))
        return { kind: 'done' }
      } catch (error) {
        if (isFailure(error, 'conflict', 'not-found')) return { kind: 'conflict' }
        return refusedByCluster(error)
      }
    },
    remove: (secret) =>
      kube.remove(SECRETS, secret.metadata, secret.metadata.uid === undefined ? {} : { uid: secret.metadata.uid }),
    rehearse: async (order, target) => {
      const { labels = {}, annotations = {} } = order.spec.secretTemplate ?? {}
      const data = { 'tls.crt': '', ...(order.spec.csrSecretRef ? {} : { 'tls.key': '' }) }
      const empty = targetSecret(order, { labels, annotations, data })
      await kube.apply(SECRETS, empty, { fieldManager: FIELD_MANAGER, dryRun: 'All', ...forcing(target) })
    },
    applyTarget: async (order, pair, target) => {
      const { labels, annotations, data } = pair.outputs
      const secret = targetSecret(order, {
        labels,
        annotations: { ...annotations, ...pairAnnotations(pair) },
        data: { ...data, ...pairData(order, pair) },
      })
      return noted(await kube.apply(SECRETS, secret, { fieldManager: FIELD_MANAGER, ...forcing(target) }))
    },
  }
}

/** Whether the cluster said no for a reason that a person can mend, rather than failing to answer. */
export const isClusterRefusal = (error: unknown): error is Error =>
  isFailure(error, 'forbidden', 'invalid', 'not-found', 'already-exists')

/** The outcome of a write that the cluster refused. Anything else that went wrong rises. */
export const refusedByCluster = (error: unknown): Extract<Outcome, { kind: 'refused' }> => {
  if (!isClusterRefusal(error)) throw error
  return { kind: 'refused', reason: 'SecretRefused', code: 'Secret', message: error.message }
}
