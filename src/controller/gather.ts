import { keySecretName } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { OrderStatus } from '../api/status.ts'
import { documentsAlternativeId } from '../api/products.ts'
import { deliveryOf } from '../order/delivery.ts'
import { forbidden, mayNotBeShortened } from '../order/effective.ts'
import { alternativeOrderId } from '../order/intent.ts'
import type { Stored, TargetFact } from '../order/observation.ts'
import { type Names, reissueNames } from '../order/reissue.ts'
import type { Claim } from './ledger.ts'
import { hostOf } from './account-access.ts'
import type { AccountState, Session } from './accounts.ts'
import { FOREIGN_KEY, type KeyFact, formerKey, keyFact, nextKeyFact, storedFact, targetFact } from './facts.ts'
import { digest } from './digest.ts'
import { type Evidence, type Held, type Holders, holderFor } from './holders.ts'
import { type GivenCsr, readGivenCsr } from './given-csr.ts'
import type { Left } from './ledger.ts'
import { type GivenPasswords, NO_PASSWORDS, readPasswords } from './outputs.ts'
import { type Owner, ownershipOfKey } from './ownership.ts'
import type { Secret, SecretStore } from './secrets.ts'
import { readSpec } from './spec-reading.ts'

/** What an observation is made from: everything that had to be read. */
export type Gathered = {
  /** The order with its defaults, and those of the account; as it is stored where it breaks a rule. */
  order: DigiCertOrder
  problems: readonly string[]
  /** Fields of the spec that have no effect, as sentences. */
  ignored: readonly string[]
  account: AccountState
  /** Why the namespace may not use the account. */
  namespaceForbidden: string | undefined
  /** What the account's policy leaves for today. */
  left: Left
  purchase: number
  /** Our own id for a purchase of this order. */
  alternativeOrderIdOf: (purchase: number) => string
  payloadHash: string
  /** Fingerprint of what only another certificate can change, besides names and key. */
  traits: string
  /** The names that a reissue would ask for. */
  names: Names
  /** The key Secret, where it is one of this order. */
  keySecret: Secret | undefined
  /** Whether it was left by a resource of the same name, and is to be inherited. */
  keyIsLeft: boolean
  key: KeyFact
  nextKey: KeyFact
  /** Keys of the orders before the renewal that is under way, the newest first. */
  formerKeys: readonly FormerKey[]
  /** Names another DigiCertOrder that holds an order of CertCentral, for the owner of this one. */
  holderOf: (held: Held, evidence: Evidence) => string | undefined
  /** The CSR that the spec names, where it is of account now. */
  givenCsr: GivenCsr | undefined
  passwords: GivenPasswords
  target: TargetFact
  targetSecret: Secret | undefined
  /** Whether a second order of our own id is refused for certain, as far as product and account go. */
  idsAreKept: boolean
  /** What the target Secret holds, where it is ours and whole. */
  stored: Stored | undefined
}

export type Sources = {
  secrets: Pick<SecretStore, 'read'>
  accountOf: (order: DigiCertOrder) => Promise<AccountState>
  left: (accountKey: string, namespace: string) => Left
  /** Whether a purchase was counted today already. */
  isReserved: (accountKey: string, claim: Claim) => boolean
  /** Why orders of a namespace may not use an account. */
  namespaceForbidden: (session: Session, namespace: string) => Promise<string | undefined>
  /** Orders of the namespace that name the Secret. */
  rivals: (namespace: string, secretName: string) => readonly DigiCertOrder[]
  holders: Holders
  /** Whether the account was seen to keep alternative order ids. */
  keepsIds: (accountKey: string) => boolean
  /** Notes each Secret that was read for a CSR or a password, by key and version; without a version where there is none. */
  noteGiven: (key: string, resourceVersion: string | undefined) => void
  clusterId: string
  now: () => Date
}

const purchaseOf = ({ order, intent }: OrderStatus): number => order?.purchase ?? intent?.purchase ?? 1

/** A guard rail that does not bind what was bought before it was put up binds the names that are added since. */
const isForbidden = (
  { spec }: DigiCertOrder,
  session: Session | undefined,
  { byNamespace, now }: { byNamespace: string | undefined; now: Date },
): 'yes' | 'no' =>
  session && (byNamespace ?? forbidden(spec, session.account.spec.policy, now)) !== undefined ? 'yes' : 'no'

/** What the policy leaves. A reservation of its own, from before a crash or a lost answer, is still there for a purchase. */
const leftFor = (
  { metadata: { namespace = '', name } }: DigiCertOrder,
  purchase: number,
  session: Session | undefined,
  { left, isReserved }: Sources,
): Left => {
  if (!session) return { orders: 0, nameChanges: 0 }
  const rest = left(session.key, namespace)
  return isReserved(session.key, { kind: 'order', namespace, name, purchase })
    ? { ...rest, orders: Math.max(1, rest.orders) }
    : rest
}

type Keys = Pick<Gathered, 'keySecret' | 'keyIsLeft' | 'key' | 'nextKey'>

/** Whether a key Secret belongs to the order. One from another cluster does where the certificate in use is of its key. */
const isKeyOf = (read: Secret, owner: Owner, certified: () => string | undefined): boolean => {
  const ownership = ownershipOfKey(read, owner)
  if (ownership !== 'elsewhere') return ownership !== 'foreign'
  const { fingerprint } = keyFact(read, owner.order.spec)
  return fingerprint !== undefined && fingerprint === certified()
}

/** The keys that are kept. `certified` gives the fingerprint of the public key in the target Secret. */
const keysOf = (
  owner: Owner,
  read: Secret | undefined,
  { certified, givenCsr }: { certified: () => string | undefined; givenCsr: GivenCsr | undefined },
): Keys => {
  const { spec } = owner.order
  if (read && !isKeyOf(read, owner, certified))
    return { keySecret: undefined, keyIsLeft: false, key: FOREIGN_KEY, nextKey: nextKeyFact(undefined, spec) }
  return {
    keySecret: read,
    keyIsLeft: read !== undefined && ownershipOfKey(read, owner) !== 'own',
    key: keyFact(read, spec, givenCsr),
    nextKey: nextKeyFact(read, spec),
  }
}

/** The Secrets of an order; what comes on hardware has none. */
const secretsOf = async ({ metadata, spec }: DigiCertOrder, purchase: number, { secrets, rivals }: Sources) => {
  const { namespace = '', name } = metadata
  const { secretName } = spec
  if (deliveryOf(spec) === 'hardware' || secretName === undefined)
    return { keyRead: undefined, targetSecret: undefined, rivals: [] }
  const [keyRead, targetSecret] = await Promise.all([
    secrets.read(namespace, keySecretName(name, purchase)),
    secrets.read(namespace, secretName),
  ])
  return { keyRead, targetSecret, rivals: rivals(namespace, secretName) }
}

type FormerKey = NonNullable<ReturnType<typeof formerKey>>

/** A renewal that came to nothing has a number as well, so the order before it may be some numbers back. */
const FORMER_PURCHASES = 3

/** Numbers of the purchases that the renewal under way may follow, the newest first. */
export const formerPurchases = ({ intent }: OrderStatus): number[] =>
  intent?.purpose === 'Renewal'
    ? Array.from({ length: FORMER_PURCHASES }, (_, back) => intent.purchase - 1 - back).filter((number) => number > 0)
    : []

/** What the certificate may be of that is good until the renewal is there. */
const formerKeysOf = async (
  order: DigiCertOrder,
  status: OrderStatus,
  { secrets, clusterId }: Sources,
): Promise<FormerKey[]> => {
  const { metadata, spec } = order
  const read = formerPurchases(status).map((number) =>
    secrets.read(metadata.namespace ?? '', keySecretName(metadata.name, number)),
  )
  const owned = (await Promise.all(read)).filter(
    (secret) => secret && ['own', 'left'].includes(ownershipOfKey(secret, { order, clusterId })),
  )
  return owned.flatMap((secret) => formerKey(secret, deliveryOf(spec)) ?? [])
}

/** Reads of Secrets that people write and that are not watched. */
const noting = ({ secrets, noteGiven }: Sources): Pick<SecretStore, 'read'> => ({
  read: async (namespace, name) => {
    const secret = await secrets.read(namespace, name)
    noteGiven(`${namespace}/${name}`, secret?.metadata.resourceVersion)
    return secret
  },
})

/** Reads what a decision needs, from caches where they know it. Changes nothing, and asks CertCentral nothing. */
export const gather = async (read: DigiCertOrder, status: OrderStatus, sources: Sources): Promise<Gathered> => {
  const account = await sources.accountOf(read)
  const { spec, ...reading } = readSpec(read.spec, account)
  const { problems } = reading
  const order = { ...read, spec }
  const { namespace = '', name } = order.metadata
  const purchase = purchaseOf(status)
  const { keyRead, targetSecret, rivals } = await secretsOf(order, purchase, sources)
  const given = noting(sources)
  const givenCsr = problems.length === 0 ? await readGivenCsr(given, order) : undefined
  const session = account.kind === 'ready' ? account.session : undefined
  const namespaceForbidden = session && (await sources.namespaceForbidden(session, namespace))
  const target = targetFact(order, targetSecret, rivals)
  const { clusterId } = sources
  const certified = () => storedFact(targetSecret, target, order.spec)?.fingerprint
  const keys = keysOf({ order, clusterId }, keyRead, { certified, givenCsr })
  const formerKeys = await formerKeysOf(order, status, sources)
  const kept = [keys.key, keys.nextKey, ...formerKeys].flatMap(({ fingerprint }) => fingerprint ?? [])
  const left = leftFor(order, purchase, session, sources)
  const stored = storedFact(targetSecret, target, order.spec, kept)
  return {
    ...{ order, account, ...reading },
    ignored: [...reading.ignored, ...(problems.length > 0 ? [] : mayNotBeShortened(spec, sources.now()))],
    namespaceForbidden,
    left,
    purchase,
    alternativeOrderIdOf: (number) => alternativeOrderId(digest, { clusterId, namespace, name, purchase: number }),
    names: reissueNames(
      order.spec,
      status.order?.asked,
      left.nameChanges <= 0
        ? 'yes'
        : isForbidden(order, session, { byNamespace: namespaceForbidden, now: sources.now() }),
    ),
    ...keys,
    ...{ formerKeys, givenCsr },
    passwords: problems.length === 0 ? await readPasswords(given, order) : NO_PASSWORDS,
    holderOf: (held, evidence) => session && holderFor(order, sources.holders(hostOf(session.account), held, evidence)),
    idsAreKept: session !== undefined && documentsAlternativeId(spec.product) && sources.keepsIds(session.key),
    target,
    targetSecret,
    stored,
  }
}
