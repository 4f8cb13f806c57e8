import { createHash } from 'node:crypto'
import { ORDER_AGAIN, keySecretName } from '../api/names.ts'
import { type DigiCertOrder, checkSpec } from '../api/order.ts'
import type { OrderStatus } from '../api/status.ts'
import { deliveryOf } from '../order/delivery.ts'
import { effectiveSpec, forbidden, missing } from '../order/effective.ts'
import { alternativeOrderId, payloadHash } from '../order/intent.ts'
import type {
  AccountFact,
  Failure,
  KnownIntent,
  KnownOrder,
  Observation,
  Remote,
  TargetFact,
  ValidationFact,
} from '../order/observation.ts'
import { orderPayload } from '../order/payload.ts'
import * as schedule from '../order/schedule.ts'
import type { Reason } from '../api/reasons.ts'
import type { AccountState, Session } from './accounts.ts'
import { type KeyFact, keyFact, storedFact, targetFact } from './facts.ts'
import { type GivenCsr, readGivenCsr } from './given-csr.ts'
import { isOrphaned } from './keys.ts'
import type { Recollection } from './memory.ts'
import type { Secret, SecretStore } from './secrets.ts'
import { isTokenMethod } from './validation.ts'
import { isProven } from '../order/messages.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What an observation is made from: everything that had to be read. */
export type Gathered = {
  /** The order with its defaults, and those of the account; as it is stored where it breaks a rule. */
  order: DigiCertOrder
  problems: readonly string[]
  account: AccountState
  /** Why the namespace may not use the account. */
  namespaceForbidden: string | undefined
  ordersToday: number
  purchase: number
  /** Our own id for a purchase of this order. */
  alternativeOrderIdOf: (purchase: number) => string
  payloadHash: string
  keySecret: Secret | undefined
  key: KeyFact
  /** The CSR that the spec names, where it is of account now. */
  givenCsr: GivenCsr | undefined
  target: TargetFact
  targetSecret: Secret | undefined
}

export type Sources = {
  secrets: Pick<SecretStore, 'read'>
  accountOf: (order: DigiCertOrder) => Promise<AccountState>
  ordersToday: (accountKey: string) => number
  /** Why orders of a namespace may not use an account. */
  namespaceForbidden: (session: Session, namespace: string) => Promise<string | undefined>
  /** Orders of the namespace that name the Secret. */
  rivals: (namespace: string, secretName: string) => readonly DigiCertOrder[]
  clusterId: string
}

const purchaseOf = ({ order, intent }: OrderStatus): number => order?.purchase ?? intent?.purchase ?? 1

const checked = (
  order: DigiCertOrder,
  account: AccountState,
): { order: DigiCertOrder; problems: readonly string[] } => {
  const result = checkSpec(order.spec)
  if (!result.ok) return { order, problems: result.problems }
  const defaults = account.kind === 'ready' ? account.session.account.spec.defaults : undefined
  const spec = effectiveSpec(result.spec, defaults)
  return { order: { ...order, spec }, problems: account.kind === 'ready' ? missing(spec) : [] }
}

/** The Secrets of an order; what comes on hardware has none. */
const secretsOf = async ({ metadata, spec }: DigiCertOrder, purchase: number, { secrets, rivals }: Sources) => {
  const { namespace = '', name } = metadata
  const { secretName } = spec
  if (deliveryOf(spec) === 'hardware' || secretName === undefined)
    return { keySecret: undefined, targetSecret: undefined, rivals: [] }
  const [keySecret, targetSecret] = await Promise.all([
    secrets.read(namespace, keySecretName(name, purchase)),
    secrets.read(namespace, secretName),
  ])
  return { keySecret, targetSecret, rivals: rivals(namespace, secretName) }
}

/** Reads what a decision needs, from caches where they know it. Changes nothing, and asks CertCentral nothing. */
export const gather = async (read: DigiCertOrder, status: OrderStatus, sources: Sources): Promise<Gathered> => {
  const account = await sources.accountOf(read)
  const { order, problems } = checked(read, account)
  const { namespace = '', name } = order.metadata
  const purchase = purchaseOf(status)
  const { keySecret, targetSecret, rivals } = await secretsOf(order, purchase, sources)
  const isWanted = status.order === undefined || keySecret === undefined
  const givenCsr = isWanted && problems.length === 0 ? await readGivenCsr(sources.secrets, order) : undefined
  const session = account.kind === 'ready' ? account.session : undefined
  return {
    order,
    problems,
    account,
    namespaceForbidden: session && (await sources.namespaceForbidden(session, namespace)),
    ordersToday: session ? sources.ordersToday(session.key) : 0,
    purchase,
    alternativeOrderIdOf: (number) =>
      alternativeOrderId(digest, { clusterId: sources.clusterId, namespace, name, purchase: number }),
    payloadHash: problems.length > 0 ? '' : payloadHash(digest, orderPayload(order.spec)),
    keySecret,
    key: keyFact(keySecret, order.spec, givenCsr),
    givenCsr,
    target: targetFact(order, targetSecret, rivals),
    targetSecret,
  }
}

const accountFact = (gathered: Gathered, now: Date): AccountFact => {
  const { account, order } = gathered
  if (account.kind !== 'ready') return account
  const { policy, uniqueAlternativeOrderIds } = account.session.account.spec
  return {
    kind: 'ready',
    uniqueIds: uniqueAlternativeOrderIds ? 'yes' : 'no',
    forbids: gathered.namespaceForbidden ?? forbidden(order.spec, policy),
    ordersLeft: policy.maxOrdersPerDay - gathered.ordersToday,
    limitEnds: schedule.nextMidnight(now),
  }
}

const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text))

const intentFact = ({ intent }: OrderStatus, hash: string): KnownIntent | undefined =>
  intent && {
    ...intent,
    recordedAt: new Date(intent.recordedAt),
    sentAt: dateOf(intent.sentAt),
    payload: intent.payloadHash === hash ? 'same' : 'changed',
  }

const orderFact = ({ order }: OrderStatus): KnownOrder | undefined =>
  order && {
    orderId: order.id,
    status: order.status,
    purchase: order.purchase,
    requests: order.requests ?? [],
    ...(order.certificateId === undefined ? {} : { certificateId: order.certificateId }),
  }

/** What was refused under another access to the account (a new key) may be tried again at once. */
const failureFact = ({ failures }: OrderStatus, session: Session | undefined): Failure | undefined => {
  if (!failures) return undefined
  const { count, code, message } = failures
  const reason = (failures.reason ?? 'CertCentralUnavailable') as Reason
  const lastAt = new Date(failures.lastAt)
  const outdated = reason === 'OrderRefused' && session !== undefined && lastAt < session.since
  return { reason, count, code, message, lastAt, retryAt: outdated ? lastAt : schedule.retryAt(reason, lastAt, count) }
}

const validationFact = (status: OrderStatus): ValidationFact => {
  const entries = status.validation ?? []
  const since = dateOf(status.validationSince)
  const open = entries.filter((entry) => isTokenMethod(entry.method) && !isProven(entry.status))
  const checkedAt = dateOf(
    open
      .flatMap((entry) => entry.checkedAt ?? [])
      .toSorted()
      .at(-1),
  )
  const nextCheckAt = since && open.length > 0 ? schedule.nextDcvCheck(since, checkedAt) : undefined
  return { entries, since, checkedAt, nextCheckAt }
}

const SETTLED = ['issued', 'rejected', 'canceled', 'revoked', 'expired']

const nextLook = ({ order }: OrderStatus, seed: string, { lookedAt, quickLooks }: Recollection): Date => {
  if (order && SETTLED.includes(order.status)) return schedule.dailyLook(seed, lookedAt)
  return schedule.quickLook(lookedAt, quickLooks) ?? schedule.waitingLook(seed, lookedAt)
}

export type Moment = { now: Date; settleTimeMs: number; remote: Remote; memory: Recollection }

/** The times that rules compare with now. A failed call puts the next one off. */
const times = (gathered: Gathered, status: OrderStatus, { now, remote, memory, settleTimeMs }: Moment) => {
  const seed = gathered.order.metadata.uid ?? ''
  const sentAt = dateOf(status.intent?.sentAt)
  const failedUntil = remote.kind === 'unavailable' ? remote.retryAt : undefined
  return {
    nextLookAt: failedUntil ?? nextLook(status, seed, memory),
    nextSearchAt: failedUntil ?? schedule.nextSearch(memory.searchedAt ?? sentAt ?? now, memory.searches),
    settledAt: sentAt && schedule.later(sentAt, settleTimeMs),
  }
}

const keyFacts = ({ order, keySecret, key, givenCsr }: Gathered): Pick<Observation, 'key' | 'csrProblem'> => ({
  key: isOrphaned(order, keySecret) ? 'orphaned' : key.state,
  csrProblem: givenCsr?.kind === 'bad' ? givenCsr.problem : undefined,
})

const wasIssued = (status: OrderStatus): boolean => status.certificate !== undefined || (status.revision ?? 0) > 0

/** Reduces what was gathered, the status and CertCentral's answer to the facts that rules look at. */
export const observe = (gathered: Gathered, status: OrderStatus, moment: Moment): Observation => {
  const { order, target, targetSecret, account } = gathered
  const { metadata } = order
  const stored = storedFact(targetSecret, target, order.spec, gathered.key.fingerprint)
  return {
    deleting: metadata.deletionTimestamp === undefined ? 'no' : 'yes',
    delivery: deliveryOf(order.spec),
    problems: gathered.problems,
    account: accountFact(gathered, moment.now),
    target,
    ...keyFacts(gathered),
    intent: intentFact(status, gathered.payloadHash),
    order: orderFact(status),
    remote: moment.remote,
    stored,
    everIssued: stored || wasIssued(status) ? 'yes' : 'no',
    validation: validationFact(status),
    failure: failureFact(status, account.kind === 'ready' ? account.session : undefined),
    orderAgain: metadata.annotations?.[ORDER_AGAIN],
    reissueAt: stored && schedule.reissueAt(stored.notBefore, stored.notAfter, metadata.uid ?? ''),
    ...times(gathered, status, moment),
  }
}
