import { type KeyObject, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ANNOTATIONS, MANAGED, MANAGED_LABEL } from '../api/names.ts'
import type { DigiCertOrder, OrderSpec } from '../api/order.ts'
import type { CertificateFacts, OrderStatus } from '../api/status.ts'
import { wireNames } from '../order/names.ts'
import { type Delivery, deliveryOf } from '../order/delivery.ts'
import type { KnownOrder, Observation, Stored, TargetFact } from '../order/observation.ts'
import { planEndOf } from '../order/plan.ts'
import { describe, missingFrom, readPair } from '../pki/bundle.ts'
import { csrKey } from '../pki/csr.ts'
import { keyFits, publicFingerprint, readKey } from '../pki/keys.ts'
import type { GivenCsr } from './given-csr.ts'
import { isTarget, ownerOf } from './ownership.ts'
import { type Secret, textOf } from './secrets.ts'

/** What is kept for an order: its private key, or the public one and the CSR where the former is elsewhere. */
export type KeyFact = {
  state: Observation['key']
  key: KeyObject | undefined
  fingerprint: string | undefined
  csr?: string
}

/** More than are worked on at a time. */
const MOST_DIGESTS = 256

/**
 * Parsing is the dear part of a pass, and a Secret from the cache is the same object until it changes. Of those that rest
 * nothing is kept: keys and certificates take more memory than the Secrets that they were read from.
 */
const once = <T>(digest: (secret: Secret) => T): ((secret: Secret) => T) => {
  const digests = new LRUCache<Secret, { value: T }>({ max: MOST_DIGESTS })
  return (secret) => {
    const known = digests.get(secret) ?? { value: digest(secret) }
    digests.set(secret, known)
    return known.value
  }
}

type ReadKey = { key: KeyObject; fingerprint: string } | undefined

const readKeyText = (text: string | undefined): ReadKey => {
  const key = readKey(text ?? '')
  return key && { key, fingerprint: publicFingerprint(key) }
}

const keyIn = once((secret): ReadKey => readKeyText(textOf(secret, 'tls.key')))

const csrIn = once((secret): (NonNullable<ReadKey> & { csr: string }) | undefined => {
  const csr = textOf(secret, 'tls.csr') ?? ''
  const key = csrKey(csr)
  return key && { key, fingerprint: publicFingerprint(key), csr }
})

const NO_KEY = { key: undefined, fingerprint: undefined }

/** Of a Secret that has the name of the key Secret and is another's. */
export const FOREIGN_KEY: KeyFact = { state: 'foreign', ...NO_KEY }

const csrFact = (secret: Secret, given: GivenCsr | undefined): KeyFact => {
  const kept = csrIn(secret)
  if (!kept) return { state: 'misfits', ...NO_KEY }
  const isOther = given?.kind === 'good' && publicFingerprint(given.publicKey) !== kept.fingerprint
  return { state: isOther ? 'misfits' : 'fits', ...kept }
}

/** What a key Secret of the order holds, held against the spec. One that holds no key counts as a misfit: it is to be replaced. */
export const keyFact = (secret: Secret | undefined, spec: OrderSpec, given?: GivenCsr): KeyFact => {
  const delivery = deliveryOf(spec)
  if (delivery === 'hardware') return { state: 'fits', ...NO_KEY }
  if (!secret) return { state: 'absent', ...NO_KEY }
  if (delivery === 'certificate') return csrFact(secret, given)
  const read = keyIn(secret)
  if (!read) return { state: 'misfits', ...NO_KEY }
  return { state: keyFits(read.key, spec.privateKey) ? 'fits' : 'misfits', ...read }
}

const nextKeyIn = once((secret): ReadKey => readKeyText(textOf(secret, 'next.key')))

/** The key, or that of the CSR, that a key Secret of an earlier purchase keeps. */
export const formerKey = (secret: Secret | undefined, delivery: Delivery): NonNullable<ReadKey> | undefined => {
  if (!secret || delivery === 'hardware') return undefined
  return delivery === 'pair' ? keyIn(secret) : csrIn(secret)
}

/** The key of a reissue that is under way, held against the spec; one that is made for a CSR is that of the given one. */
export const nextKeyFact = (secret: Secret | undefined, spec: OrderSpec): KeyFact => {
  if (!secret || deliveryOf(spec) === 'hardware') return { state: 'absent', ...NO_KEY }
  if (deliveryOf(spec) === 'certificate') {
    const csr = textOf(secret, 'next.csr')
    const key = csr === undefined ? undefined : csrKey(csr)
    return key && csr !== undefined
      ? { state: 'fits', key, fingerprint: publicFingerprint(key), csr }
      : { state: 'absent', ...NO_KEY }
  }
  if (textOf(secret, 'next.key') === undefined) return { state: 'absent', ...NO_KEY }
  const read = nextKeyIn(secret)
  if (!read) return { state: 'misfits', ...NO_KEY }
  return { state: keyFits(read.key, spec.privateKey) ? 'fits' : 'misfits', ...read }
}

type Pair = {
  orderId: number | undefined
  facts: CertificateFacts
  missing: (names: readonly string[]) => string[]
  isHarmed: boolean
  fingerprint: string
}

export const idIn = (secret: Secret, annotation: string): number | undefined => {
  const value = Number(secret.metadata.annotations?.[annotation])
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/** Whether a Secret with a whole pair lacks what was written with it: our label, its own certificate, the end of its chain. */
const isHarmed = (secret: Secret, serialNumber: string, isChained: (pem: string) => boolean): boolean => {
  const { labels, annotations } = secret.metadata
  const [chain = '', top = ''] = [textOf(secret, 'tls.crt'), textOf(secret, 'ca.crt')]
  // The topmost certificate is an intermediate, and stands in both, where DigiCert sent no root.
  const ends = top.startsWith('-----BEGIN CERTIFICATE-----') && (chain.endsWith(top) || isChained(`${chain}${top}`))
  const noted = annotations?.[ANNOTATIONS.serialNumber] ?? serialNumber
  return labels?.[MANAGED_LABEL] !== MANAGED || noted !== serialNumber || !ends
}

/** The public key of the certificate in a Secret, where its private half is elsewhere. */
export const certifiedKey = (secret: Secret | undefined): KeyObject | undefined => {
  try {
    return new X509Certificate(textOf(secret, 'tls.crt') ?? '').publicKey
  } catch {
    return undefined
  }
}

const privateKeyIn = once((secret) => readKey(textOf(secret, 'tls.key') ?? ''))

/** The key of what the Secret holds: the private one, or the public one where the other half is elsewhere. */
export const storedKey = (secret: Secret | undefined, delivery: Delivery): KeyObject | undefined => {
  if (!secret || delivery === 'hardware') return undefined
  return delivery === 'pair' ? privateKeyIn(secret) : certifiedKey(secret)
}

const pairWith = (secret: Secret, key: KeyObject | undefined): Pair | undefined => {
  const leaf = key && readPair(textOf(secret, 'tls.crt') ?? '', key)
  if (!leaf) return undefined
  const id = idIn(secret, ANNOTATIONS.certificateId)
  const facts = { ...(id === undefined ? {} : { id }), ...describe(leaf) }
  return {
    orderId: idIn(secret, ANNOTATIONS.orderId),
    facts,
    missing: missingFrom(leaf),
    isHarmed: isHarmed(secret, facts.serialNumber, (pem) => readPair(pem, key) !== undefined),
    fingerprint: publicFingerprint(key),
  }
}

const PAIRS: Readonly<Record<Exclude<Delivery, 'hardware'>, (secret: Secret) => Pair | undefined>> = {
  pair: once((secret) => pairWith(secret, storedKey(secret, 'pair'))),
  certificate: once((secret) => pairWith(secret, storedKey(secret, 'certificate'))),
}

/** What is stored without its private key must be for a CSR that is kept, where there is one. */
const isForeign = (pair: Pair, delivery: Delivery, kept: readonly string[]): boolean =>
  delivery === 'certificate' && kept.length > 0 && !kept.includes(pair.fingerprint)

/** The pair, or the certificate alone, in the target Secret, where it is ours and whole. */
export const storedFact = (
  secret: Secret | undefined,
  target: TargetFact,
  spec: OrderSpec,
  kept: readonly string[] = [],
): Stored | undefined => {
  const delivery = deliveryOf(spec)
  if (!secret || target.kind !== 'ours' || delivery === 'hardware') return undefined
  const pair = PAIRS[delivery](secret)
  if (pair && isForeign(pair, delivery, kept)) return undefined
  return (
    pair && {
      orderId: pair.orderId,
      facts: pair.facts,
      notBefore: new Date(pair.facts.notBefore),
      notAfter: new Date(pair.facts.notAfter),
      fingerprint: pair.fingerprint,
      missingNames: pair.missing(wireNames(spec.commonName, spec.dnsNames)),
      ...(pair.isHarmed || target.unsigned ? { harmed: 'yes' } : {}),
    }
  )
}

/**
 * Of two orders that name a Secret, the one that has it keeps it, or it would lose a good pair by an edit of the other one;
 * else the older one does. Times of creation are whole seconds.
 */
const goesBefore = (a: DigiCertOrder, b: DigiCertOrder, owner: string | undefined): boolean => {
  const names = [a.metadata.name, b.metadata.name]
  if (owner !== undefined && names.includes(owner)) return owner === a.metadata.name
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return left === right ? a.metadata.name < b.metadata.name : left < right
}

/** Another order that names the same Secret, goes before this one and is not going away. */
const rivalBefore = (
  order: DigiCertOrder,
  rivals: readonly DigiCertOrder[],
  owner: string | undefined,
): DigiCertOrder | undefined =>
  rivals.find(
    (rival) =>
      rival.metadata.uid !== order.metadata.uid &&
      rival.metadata.deletionTimestamp === undefined &&
      goesBefore(rival, order, owner),
  )

/** Whose the target Secret is. One that names an order which no longer claims it may be taken over. */
export const targetFact = (
  order: DigiCertOrder,
  secret: Secret | undefined,
  rivals: readonly DigiCertOrder[],
): TargetFact => {
  const rival = rivalBefore(order, rivals, secret && ownerOf(secret))
  if (rival) return { kind: 'contested', by: rival.metadata.name }
  if (!secret) return { kind: 'free' }
  if (!isTarget(secret)) return { kind: 'foreign' }
  return ownerOf(secret) === order.metadata.name ? { kind: 'ours' } : { kind: 'ours', unsigned: 'yes' }
}

/** The order as the status holds it; a look of this pass says more. */
export const orderFact = ({ order }: OrderStatus, { adoptOrderId }: OrderSpec): KnownOrder | undefined =>
  order && {
    orderId: order.id,
    status: order.status,
    purchase: order.purchase,
    requests: order.requests ?? [],
    ...(order.certificateId === undefined ? {} : { certificateId: order.certificateId }),
    ...(order.asked === undefined ? {} : { asked: order.asked }),
    ...(order.autoReissue === undefined ? {} : { autoReissue: order.autoReissue ? 'on' : 'off' }),
    ...(order.switched === undefined
      ? {}
      : { switched: { count: order.switched.count, at: new Date(order.switched.at) } }),
    ...(order.adopted === true || order.id === adoptOrderId ? { adopted: 'yes' } : {}),
    ...(order.validUntil === undefined ? {} : { validUntil: planEndOf(order.validUntil) }),
  }
