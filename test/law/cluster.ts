import type { OrderSpec } from '../../src/api/order.ts'
import type { OrderStatus } from '../../src/api/status.ts'
import type { KeyFact } from '../../src/controller/facts.ts'
import type { Gathered } from '../../src/controller/gather.ts'
import { NO_PASSWORDS } from '../../src/controller/outputs.ts'
import type { Action } from '../../src/order/decision.ts'
import { wireNames } from '../../src/order/names.ts'
import type { Asked, Stored } from '../../src/order/observation.ts'
import type { Outcome } from '../../src/order/outcome.ts'
import { reissueNames } from '../../src/order/reissue.ts'
import type { Certificate } from './certcentral.ts'
import type { Life } from './life.ts'
import { ANY_PRIVATE_KEY, type PoolKey, keyOf } from './keys.ts'

/** A key as a Secret keeps it. */
type Key = PoolKey & { readonly algorithm: string }

/** The key Secrets of a resource, by the number of the purchase. */
export type Keys = Map<number, { current: Key; next: Key | undefined }>

const factOf = (key: Key | undefined, algorithm: string): KeyFact =>
  key
    ? {
        state: key.algorithm === algorithm ? 'fits' : 'misfits',
        ...{ key: ANY_PRIVATE_KEY, fingerprint: key.fingerprint, csr: key.csr },
      }
    : { state: 'absent', key: undefined, fingerprint: undefined }

export const idOf = (purchase: number): string => `dcolawn${purchase}`

const FORMER_PURCHASES = 3

const formerKeysOf = ({ keys }: Life, { intent }: OrderStatus): Gathered['formerKeys'] => {
  if (intent?.purpose !== 'Renewal') return []
  const numbers = Array.from({ length: FORMER_PURCHASES }, (_, back) => intent.purchase - 1 - back)
  return numbers.flatMap((number) => {
    const key = keys.get(number)?.current
    return key ? { key: ANY_PRIVATE_KEY, fingerprint: key.fingerprint } : []
  })
}

type Known = { spec: OrderSpec; asked: Asked | undefined; wanted: readonly string[]; reissued: Gathered['names'] }

const known = new WeakMap<Life, Known>()

/** Names change rarely, and are asked for in each step. */
const namesFor = (life: Life, asked: Asked | undefined): Known => {
  const { spec } = life.order
  const before = known.get(life)
  if (before?.spec === spec && before.asked === asked) return before
  const wanted = wireNames(spec.commonName, spec.dnsNames)
  const found = { spec, asked, wanted, reissued: reissueNames(spec, asked, 'no') }
  known.set(life, found)
  return found
}

/** No policy limits a play: the law of money has to hold without one. */
const UNLIMITED = { orders: 100_000, nameChanges: 100_000 }

/** What `controller/gather.ts` would read, from memory. */
export const gatherFor = (life: Life, status: OrderStatus): Gathered => {
  const { order, reading, session, keys, stored } = life
  const { spec } = order
  const purchase = status.order?.purchase ?? status.intent?.purchase ?? 1
  const kept = keys.get(purchase)
  const names = namesFor(life, status.order?.asked)
  const missingNames = stored ? names.wanted.filter((name) => !stored.certificate.names.includes(name)) : []
  return {
    ...{ order, problems: [], namespaceForbidden: undefined, left: UNLIMITED, purchase },
    account: { kind: 'ready', name: session.name, session },
    alternativeOrderIdOf: idOf,
    ...{ payloadHash: reading.payloadHash, traits: reading.traits },
    names: names.reissued,
    ...{ keySecret: undefined, keyIsLeft: false },
    key: factOf(kept?.current, spec.privateKey.algorithm),
    nextKey: factOf(kept?.next, spec.privateKey.algorithm),
    formerKeys: formerKeysOf(life, status),
    ...{
      holderOf: () => undefined,
      ignored: [],
      givenCsr: undefined,
      passwords: NO_PASSWORDS,
      targetSecret: undefined,
    },
    target: { kind: stored ? 'ours' : 'free' },
    idsAreKept: session.account.spec.uniqueAlternativeOrderIds,
    stored: stored && { ...stored.fact, missingNames },
  }
}

const DONE: Outcome = { kind: 'done' }

/** Keys are numbered over all purchases, so that no two in use at a time are the same one of the pool. */
const newKey = (life: Life): Key => {
  life.made += 1
  return { ...keyOf(life.made), algorithm: life.order.spec.privateKey.algorithm }
}

/** The key of the Secret, where a renewal keeps it: as `newKey` and `leftKey` of the controller do. */
const leftKey = ({ order: { spec }, stored, keys }: Life, { intent }: OrderStatus): Key | undefined => {
  const isKept = spec.privateKey.rotationPolicy === 'Never' || spec.renewal?.byDigiCert === true
  if ((intent?.purpose === 'Renewal' && !isKept) || !stored) return undefined
  const all = [...keys.values()].flatMap(({ current, next }) => [current, ...(next ? [next] : [])])
  const left = all.find(({ fingerprint }) => fingerprint === stored.fact.fingerprint)
  return left?.algorithm === spec.privateKey.algorithm ? left : undefined
}

export const factsOf = ({ id, notBefore, notAfter, names }: Certificate): Stored['facts'] => ({
  id,
  serialNumber: id.toString(16),
  sha1Thumbprint: id.toString(16),
  sha256Fingerprint: id.toString(16),
  notBefore: new Date(notBefore).toISOString(),
  notAfter: new Date(notAfter).toISOString(),
  dnsNames: [...names],
  issuer: 'CN=the law',
})

type Storing = Extract<Action, { kind: 'StoreCertificate' }>

/** As `controller/deliver.ts`, without looking into anything: a certificate fits where it is of a key that is kept. */
const store = (life: Life, { key, nextKey, formerKeys }: Gathered, { orderId, certificateId }: Storing): Outcome => {
  const certificate = life.ledger.certificate(certificateId)
  if (!certificate) throw new Error(`certificate ${certificateId} is fetched before there is one`)
  const keys = [nextKey, key, ...formerKeys].flatMap(({ fingerprint }) => fingerprint ?? [])
  const fingerprint = keys.find((one) => fingerprintOf(certificate) === one)
  if (fingerprint === undefined) {
    life.ledger.doubt()
    return { kind: 'refused', reason: 'BadCertificate', code: 'foreign-key', message: 'made with another key' }
  }
  return { kind: 'stored', certificate: keep(life, certificate, fingerprint), orderId }
}

/** Puts a certificate into the Secret. */
export const keep = (life: Life, certificate: Certificate, fingerprint: string): Stored['facts'] => {
  const facts = factsOf(certificate)
  const { orderId } = certificate
  const [notBefore, notAfter] = [new Date(certificate.notBefore), new Date(certificate.notAfter)]
  const fact = { orderId, facts, notBefore, notAfter, missingNames: [], fingerprint }
  life.stored = { fact, certificate, at: life.now }
  life.story.storings.push({ at: life.now, certificate })
  return facts
}

const fingerprints = new Map<string, string>()

const fingerprintOf = ({ csr }: Certificate): string | undefined => {
  if (fingerprints.size === 0) for (const { csr: text, fingerprint } of ALL_KEYS) fingerprints.set(text, fingerprint)
  return fingerprints.get(csr)
}

const ALL_KEYS = Array.from({ length: 100 }, (_, number) => keyOf(number))

/** Carries out what only changes the cluster; `undefined` where the controller has to. */
export const changeKeys = (
  life: Life,
  gathered: Gathered,
  status: OrderStatus,
  action: Action,
): Outcome | undefined => {
  const { keys } = life
  const { purchase } = gathered
  const kept = keys.get(purchase)
  switch (action.kind) {
    case 'CreateKey':
    case 'ReplaceKey':
      keys.set(purchase, { current: leftKey(life, status) ?? newKey(life), next: undefined })
      return DONE
    case 'CreateNextKey':
      if (kept) kept.next = newKey(life)
      return DONE
    case 'PromoteKey':
      if (kept?.next) Object.assign(kept, { current: kept.next, next: undefined })
      return DONE
    case 'AddFinalizer':
    case 'RemoveFinalizer':
      return DONE
    case 'StoreCertificate':
      return store(life, gathered, action)
    case 'InheritKey':
    case 'SendCSR':
    case 'EndOrder':
    case 'RewriteSecret':
      throw new Error(`a play has no ${action.kind}`)
    default:
      return undefined
  }
}
