import type { KeyObject } from 'node:crypto'
import { ANNOTATIONS, ORDER_AGAIN, keySecretName } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import { isFailure } from '../kube/client.ts'
import { wireNames } from '../order/names.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Delivery } from '../order/delivery.ts'
import { createCsr, csrKey } from '../pki/csr.ts'
import { exportKey, generateKey, keyFits, readKey } from '../pki/keys.ts'
import { type Chain, withChain } from './chains.ts'
import { certifiedKey } from './facts.ts'
import type { GivenCsr } from './given-csr.ts'
import { type Secret, type SecretStore, refusedByCluster, textOf } from './secrets.ts'

type Store = Pick<SecretStore, 'createKey'>

/** What is kept of an order's key: the private one, or the CSR that was made elsewhere. */
export type Kept = { key?: KeyObject | undefined; csr?: string | undefined }

/** The CSR of an order: the one that is kept, or one of our own, signed anew each time with the same key. */
export const csrFor = async (
  { spec }: DigiCertOrder,
  { key, csr }: Kept,
  names: readonly string[] = wireNames(spec.commonName, spec.dnsNames),
): Promise<string | undefined> => {
  if (csr !== undefined || !key) return csr
  return createCsr(key, names, names[0] ?? spec.documentSigning?.subject.name)
}

/**
 * The key of a target Secret that is ours, left by a resource that was deleted, or renamed, or lived in another cluster:
 * kept again, it lets that Secret be rebuilt, and proves that its order is ours. Not where a person gave up that order, since
 * its key may be why.
 */
const leftKey = (secret: Secret | undefined, { metadata, spec }: DigiCertOrder): KeyObject | undefined => {
  if (!secret || isGivenUp(secret, metadata)) return undefined
  const key = readKey(textOf(secret, 'tls.key') ?? '')
  return key && keyFits(key, spec.privateKey) ? key : undefined
}

const isGivenUp = (secret: Secret, { annotations }: DigiCertOrder['metadata']): boolean => {
  const orderId = secret.metadata.annotations?.[ANNOTATIONS.orderId]
  return orderId === undefined || orderId === annotations?.[ORDER_AGAIN]
}

/** Where a key may come from; `left` is the target Secret, where its key may be kept. */
type Origins = { given: GivenCsr | undefined; left: Secret | undefined }

/** What a key may be made from, and the chain of the present certificate, which is kept beside it. */
type Making = Partial<Origins> & { chain?: Chain | undefined }

/** The CSR that was handed in, the key that was left, or a new one, which no order can have been placed with. */
const keyToKeep = async (order: DigiCertOrder, { given, left }: Origins) => {
  if (given?.kind === 'good') return { csr: given.pem }
  const old = leftKey(left, order)
  if (old) return { key: old }
  return { key: await generateKey(order.spec.privateKey), isNew: true as const }
}

type Made = { outcome: Outcome; kept?: Kept }

/**
 * Makes a key, or takes one that there is, and stores it under a name that follows from the order. Where the name is taken,
 * by an earlier try without our knowing or by another owner, the outcome is a conflict: the next look tells which.
 */
export const makeKey = async (
  store: Store,
  order: DigiCertOrder,
  purchase: number,
  { given, left, chain }: Making = {},
): Promise<Made> => {
  const name = keySecretName(order.metadata.name, purchase)
  const kept = await keyToKeep(order, { given, left })
  try {
    await store.createKey(order, name, kept, withChain({}, 'isNew' in kept ? undefined : chain))
    return { outcome: 'isNew' in kept ? { kind: 'done', keyIsNew: true } : { kind: 'done' }, kept }
  } catch (error) {
    if (isFailure(error, 'already-exists')) return { outcome: { kind: 'conflict' } }
    return { outcome: refusedByCluster(error) }
  }
}

/**
 * Makes the key of a reissue, or takes the CSR that was made elsewhere, and keeps it beside the present one. Whoever came
 * first wins: the write is a compare-and-swap on the key Secret.
 */
export const createNextKey = async (
  store: Pick<SecretStore, 'change'>,
  order: DigiCertOrder,
  secret: Secret,
  { given, chain }: Omit<Making, 'left'> = {},
): Promise<Outcome> => {
  const { privateKey } = order.spec
  const next =
    given?.kind === 'good'
      ? { 'next.csr': given.pem }
      : { 'next.key': exportKey(await generateKey(privateKey), privateKey.encoding) }
  return store.change(order, secret, (data) => ({ ...withChain(data, chain), ...encoded(next) }))
}

/** The key of a reissue takes the place of the one before it, and the chain of its certificate that of the one before. */
export const promoteKey = (
  store: Pick<SecretStore, 'change'>,
  order: DigiCertOrder,
  secret: Secret,
  chain?: Chain,
): Promise<Outcome> =>
  store.change(order, secret, (data) => {
    const { 'next.key': key, 'next.csr': csr, ...rest } = data
    return {
      ...withChain(rest, chain),
      ...(key === undefined ? {} : { 'tls.key': key }),
      ...(csr === undefined ? {} : { 'tls.csr': csr }),
    }
  })

const encoded = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'utf8').toString('base64')]))

/** The key in a Secret, or in the CSR that it keeps; throws where there is none, which a decision should have seen. */
export const keptIn = (secret: Secret | undefined, delivery: Delivery): { key: KeyObject; csr?: string } => {
  if (delivery === 'certificate') {
    const csr = textOf(secret, 'tls.csr')
    const key = csr === undefined ? certifiedKey(secret) : csrKey(csr)
    if (key) return csr === undefined ? { key } : { key, csr }
  }
  const key = delivery === 'pair' ? readKey(textOf(secret, 'tls.key') ?? '') : undefined
  if (!key) throw new Error('the key is gone since it was looked at')
  return { key }
}
