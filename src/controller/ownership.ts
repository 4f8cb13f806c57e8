import { ANNOTATIONS, KEY_SECRET_TYPE, MANAGED, MANAGED_LABEL } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { KubeObject } from '../kube/client.ts'

/** What of a Secret says whose it is. */
type Secret = KubeObject & { type?: string }

/** Which DigiCertOrder of its namespace a Secret says it belongs to. */
export const ownerOf = (secret: Secret): string | undefined => secret.metadata.annotations?.[ANNOTATIONS.owner]

/** What tells one DigiCertOrder from all others, those of the same name that were deleted and those of other clusters included. */
export type Owner = { order: DigiCertOrder; clusterId: string }

/**
 * Whose a key Secret is.
 *
 * - `own`: it belongs to this very DigiCertOrder.
 * - `left`: to one of the same name in this cluster that was deleted; this one inherits it.
 * - `elsewhere`: to one of the same namespace and name in another cluster.
 * - `foreign`: to nobody that the operator knows. It is never read, written or removed.
 */
export type KeyOwnership = 'own' | 'left' | 'elsewhere' | 'foreign'

const isReferredTo = (secret: Secret, { order: { metadata } }: Owner): boolean =>
  secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false

/** Whether a Secret keeps keys of some DigiCertOrder of that name, and is not just called so. */
export const isKeySecretOf = ({ metadata }: Pick<DigiCertOrder, 'metadata'>, secret: Secret): boolean =>
  secret.type === KEY_SECRET_TYPE && ownerOf(secret) === metadata.name

/**
 * Whose a Secret is that has the name of an order's key Secret: tenants choose names, so a name alone proves nothing. A
 * Secret without a cluster id is from a version that wrote none, and one that refers to the order by its UID may have lost its
 * annotations; the next write adds them.
 */
export const ownershipOfKey = (secret: Secret, owner: Owner): KeyOwnership => {
  const isStripped = secret.type === KEY_SECRET_TYPE && ownerOf(secret) === undefined
  if (!isKeySecretOf(owner.order, secret) && !isStripped) return 'foreign'
  if (isReferredTo(secret, owner)) return 'own'
  if (isStripped) return 'foreign'
  const cluster = secret.metadata.annotations?.[ANNOTATIONS.clusterId]
  return cluster === undefined || cluster === owner.clusterId ? 'left' : 'elsewhere'
}

const TARGET_TYPES: readonly (string | undefined)[] = ['kubernetes.io/tls', 'Opaque']

/**
 * Whether a Secret that has the name of a target Secret was written by the operator, for whichever order. Where one of
 * its two marks was taken away, the other one is enough.
 */
export const isTarget = (secret: Secret): boolean =>
  TARGET_TYPES.includes(secret.type) &&
  (ownerOf(secret) !== undefined || secret.metadata.labels?.[MANAGED_LABEL] === MANAGED)
