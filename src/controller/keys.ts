import type { KeyObject } from 'node:crypto'
import { ANNOTATIONS, ORDER_AGAIN, keySecretName } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import { isFailure } from '../kube/client.ts'
import { wireNames } from '../order/names.ts'
import type { Outcome } from '../order/outcome.ts'
import { createCsr } from '../pki/csr.ts'
import { generateKey, keyFits, readKey } from '../pki/keys.ts'
import { type Secret, type SecretStore, refusedByCluster, ownerOf, textOf } from './secrets.ts'

type Store = Pick<SecretStore, 'createKey' | 'inherit' | 'read' | 'remove'>

/** The CSR of an order, signed anew each time: only its key is the same. */
export const csrFor = (order: DigiCertOrder, key: KeyObject): Promise<string> => {
  const [first = '', ...others] = wireNames(order.spec.commonName, order.spec.dnsNames)
  return createCsr(key, [first, ...others])
}

const isOwnedBy = (secret: Secret, { metadata }: DigiCertOrder): boolean =>
  secret.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) ?? false

/**
 * Whether a key Secret must first be made this resource's own: it is left from one of the same name that was deleted,
 * and the garbage collector would take it, and the key with it, in a moment.
 */
export const isOrphaned = (order: DigiCertOrder, secret: Secret | undefined): secret is Secret =>
  secret !== undefined && ownerOf(secret) === order.metadata.name && !isOwnedBy(secret, order)

const taken = async (store: Store, order: DigiCertOrder, name: string): Promise<Outcome> => {
  const secret = await store.read(order.metadata.namespace ?? '', name)
  if (secret && ownerOf(secret) !== order.metadata.name)
    return {
      kind: 'refused',
      reason: 'SecretRefused',
      code: 'Secret',
      message: `Secret ${name} exists and is not ours; delete it`,
    }
  return { kind: 'done' }
}

/**
 * The key of the target Secret that a deleted resource of this name left: kept again, it lets that Secret be rebuilt. Not
 * where a person gave up the order it belongs to, since its key may be why.
 */
const leftKey = async (store: Store, { metadata, spec }: DigiCertOrder): Promise<KeyObject | undefined> => {
  const secret = await store.read(metadata.namespace ?? '', spec.secretName)
  if (!secret || ownerOf(secret) !== metadata.name || isGivenUp(secret, metadata)) return undefined
  const key = readKey(textOf(secret, 'tls.key') ?? '')
  return key && keyFits(key, spec.privateKey) ? key : undefined
}

const isGivenUp = (secret: Secret, { annotations }: DigiCertOrder['metadata']): boolean => {
  const orderId = secret.metadata.annotations?.[ANNOTATIONS.orderId]
  return orderId === undefined || orderId === annotations?.[ORDER_AGAIN]
}

/**
 * Makes a key and stores it under a name that follows from the order: where an earlier try got through without our
 * knowing, the name is taken and the key that is there wins.
 */
export const createKey = async (store: Store, order: DigiCertOrder, purchase: number): Promise<Outcome> => {
  const name = keySecretName(order.metadata.name, purchase)
  const key = (await leftKey(store, order)) ?? (await generateKey(order.spec.privateKey))
  try {
    await store.createKey(order, name, key)
    return { kind: 'done' }
  } catch (error) {
    if (isFailure(error, 'already-exists')) return taken(store, order, name)
    return refusedByCluster(error)
  }
}

/** The key in a key Secret; throws where there is none, which a decision should have seen. */
export const keyOfSecret = (secret: Secret | undefined): KeyObject => {
  const key = readKey(textOf(secret, 'tls.key') ?? '')
  if (!key) throw new Error('the private key is gone since it was looked at')
  return key
}
