import { FINALIZER, ORDER_AGAIN, RELEASE_BRAKE } from '../api/names.ts'
import type { DigiCertOrder, OrderSpec } from '../api/order.ts'
import type { Policy } from '../api/account.ts'
import { rulesOf } from '../api/products.ts'
import { FORMER_REASONS, type Reason } from '../api/reasons.ts'
import type { OrderStatus } from '../api/status.ts'
import { type BrakeSources, brakeFact } from '../order/brake.ts'
import { differencesOf } from '../order/differences.ts'
import { deliveryOf } from '../order/delivery.ts'
import { forbidden } from '../order/effective.ts'
import { isProven } from '../order/messages.ts'
import type {
  AccountFact,
  Failure,
  FoundRemote,
  KnownIntent,
  Observation,
  Remote,
  ValidationFact,
} from '../order/observation.ts'
import { purchaseFaults } from '../order/purchasable.ts'
import { renewsBy } from '../order/reissue.ts'
import * as schedule from '../order/schedule.ts'
import { askedAtOf, isDateReached, planOf } from '../order/standing.ts'
import {
  ADOPTION_FORBIDDEN,
  adoptionDeniedBy,
  deniedBy,
  sentRequest,
  subjectOf,
  subjectOfPayload,
} from '../order/subject.ts'
import type { Session } from './accounts.ts'
import { askedOf, checkRequestOf } from './asked.ts'
import { dateOf } from './dates.ts'
import { orderFact, storedKey } from './facts.ts'
import type { Gathered } from './gather.ts'
import type { Evidence } from './holders.ts'
import { clockAhead } from './clocks.ts'
import { areOutputsStale } from './outputs.ts'
import type { Recollection } from './memory.ts'
import { nextOf, reissueFact } from './reissue-facts.ts'
import { repairFact } from './repairs.ts'
import { claimOf } from './questions.ts'
import { isTokenMethod } from './validation.ts'
import { validityFact } from './validity.ts'

const accountFact = (
  gathered: Gathered,
  status: OrderStatus,
  { next, stored, now }: Pick<Observation, 'next' | 'stored'> & { now: Date },
): AccountFact => {
  const { account, order } = gathered
  if (account.kind !== 'ready') return account
  const { policy, uniqueAlternativeOrderIds } = account.session.account.spec
  const aheadMs = clockAhead(status, { next, stored, now, aheadMs: account.session.client.aheadMs() })
  return {
    kind: 'ready',
    uniqueIds: uniqueAlternativeOrderIds && gathered.idsAreKept ? 'yes' : 'no',
    forbids: gathered.namespaceForbidden ?? forbidden(order.spec, policy, now),
    ...sentFacts(gathered, status, { policy, now }),
    ordersLeft: gathered.left.orders,
    nameChangesLeft: gathered.left.nameChanges,
    limitEnds: schedule.nextMidnight(now),
    ...(aheadMs === undefined ? {} : { aheadMs }),
  }
}

/** Why the guard rails forbid what was sent without an answer: that, and not the spec of today, is sent again. */
const sentFacts = (
  { namespaceForbidden, order: { spec } }: Gathered,
  { intent }: OrderStatus,
  { policy, now }: { policy: Policy; now: Date },
): { forbidsSent?: string } => {
  if (intent?.sentAt === undefined) return {}
  const payload = sentRequest(intent)
  const subject = payload ? subjectOfPayload(spec.product, payload) : subjectOf(spec)
  const denied = namespaceForbidden ?? deniedBy(subject, policy, now)
  return denied === undefined ? {} : { forbidsSent: denied }
}

const intentFact = ({ intent }: OrderStatus, hash: string): KnownIntent | undefined => {
  if (!intent) return undefined
  const { request, ...rest } = intent
  return {
    ...rest,
    recordedAt: new Date(intent.recordedAt),
    sentAt: dateOf(intent.sentAt),
    payload: intent.payloadHash === hash ? 'same' : 'changed',
    isKept: request === undefined ? 'no' : 'yes',
  }
}

/** A failure of this pass is none that a person asked to have looked at again. */
const THIS_PASS = 1000

type FailureContext = { session: Session | undefined; asked: Date | undefined; moment: Moment }

/** What was refused under another access to the account (a new key) may be tried again at once. */
const isOfOtherAccess = (reason: Reason, lastAt: Date, { session, moment }: FailureContext): boolean => {
  if (!session || !['OrderRefused', 'ReissueRefused'].includes(reason)) return false
  // By the clock alone, a refusal after that was set back would be older than the access for ever.
  return lastAt < session.since && moment.memory.refusedUnder !== session.hash
}

/**
 * Whether a failure is no reason to wait any more: the account has another key since, a person asked for a look, or it is
 * noted for a time to come, which would put off what may be tried again for as long as the clock was wrong.
 */
const isOutdated = (reason: Reason, lastAt: Date, context: FailureContext): boolean => {
  const { asked, moment } = context
  if (schedule.isAhead(lastAt, moment.now) || isOfOtherAccess(reason, lastAt, context)) return true
  return asked !== undefined && lastAt.getTime() + THIS_PASS < asked.getTime()
}

const failureFact = ({ failures }: OrderStatus, context: FailureContext): Failure | undefined => {
  if (!failures) return undefined
  const { count, code, message } = failures
  const noted = failures.reason ?? 'CertCentralUnavailable'
  const reason = FORMER_REASONS[noted] ?? (noted as Reason)
  const failedAt = new Date(failures.lastAt)
  const lastAt = schedule.passed(failedAt, context.moment.now) ?? schedule.LONG_AGO
  const retryAt = isOutdated(reason, failedAt, context) ? lastAt : schedule.retryAt(reason, lastAt, count)
  return { reason, count, code, message, lastAt, retryAt }
}

/** What is known to wait only since a time to come is checked slowly: when it began to, nobody knows. */
const nextCheck = (since: Date, checkedAt: Date | undefined, now: Date): Date => {
  const [began, checked] = [schedule.passed(since, now), schedule.passed(checkedAt, now)]
  if (began) return schedule.nextDcvCheck(began, checked)
  return checked ? schedule.nextDcvCheck(schedule.LONG_AGO, checked) : now
}

/** Whether a person asked for a check that was not made yet. */
const isCheckAsked = (gathered: Gathered, status: OrderStatus, { checkedFor }: Recollection): boolean =>
  isLookAsked(gathered, status) && checkedFor !== checkRequestOf(gathered.order)

const validationFact = (gathered: Gathered, status: OrderStatus, { now, memory }: Moment): ValidationFact => {
  const entries = status.validation ?? []
  const since = dateOf(status.validationSince)
  const open = entries.filter((entry) => isTokenMethod(entry.method) && !isProven(entry.status))
  const checkedAt = dateOf(
    open
      .flatMap((entry) => entry.checkedAt ?? [])
      .toSorted()
      .at(-1),
  )
  const isWaited = since !== undefined && open.length > 0
  return {
    ...{ entries, since, checkedAt },
    nextCheckAt: isWaited ? nextCheck(since, checkedAt, now) : undefined,
    isRequested: isWaited && isCheckAsked(gathered, status, memory),
    organization: status.organizationValidation?.filter((entry) => !isProven(entry.status)),
  }
}

const SETTLED = ['issued', 'rejected', 'canceled', 'revoked', 'expired']

const nextLook = (
  { order }: OrderStatus,
  { metadata: { uid: seed = '' } }: DigiCertOrder,
  { now, memory: { lookedAt, quickLooks } }: Moment,
): Date => {
  if (schedule.isAhead(lookedAt, now)) return now
  if (order && SETTLED.includes(order.status)) return schedule.dailyLook(seed, lookedAt)
  return schedule.quickLook(lookedAt, quickLooks) ?? schedule.waitingLook(seed, lookedAt)
}

export type Moment = {
  now: Date
  unknownOutcomeTimeoutMs: number
  remote: Remote
  memory: Recollection
  /** What this pass asked of the namespace. */
  namespace?: Observation['namespace']
}

const nextSearch = (
  sentAt: Date | undefined,
  { now, memory: { searchedAt = sentAt ?? now, searches } }: Moment,
): Date => (schedule.isAhead(searchedAt, now) ? now : schedule.nextSearch(searchedAt, searches))

/** What is marked with a time to come was sent before it was first looked for. */
const settled = (sentAt: Date, { now, memory, unknownOutcomeTimeoutMs }: Moment): Date =>
  schedule.later(
    schedule.passed(sentAt, now) ?? schedule.passed(memory.searchedSince, now) ?? now,
    unknownOutcomeTimeoutMs,
  )

/** The times that rules compare with now. A failed call puts the next one off. */
const times = (gathered: Gathered, status: OrderStatus, moment: Moment) => {
  const { now, remote } = moment
  const sentAt = dateOf(status.intent?.sentAt)
  const failedUntil = remote.kind === 'unavailable' ? remote.retryAt : undefined
  const isAsked = remote.kind === 'unasked' && isLookAsked(gathered, status)
  return {
    nextLookAt: failedUntil ?? (isAsked ? now : nextLook(status, gathered.order, moment)),
    nextSearchAt: failedUntil ?? nextSearch(sentAt, moment),
    settledAt: sentAt && settled(sentAt, moment),
  }
}

const endedFact = (deletion: OrderStatus['deletion'], intent: OrderStatus['intent']): Observation['ended'] => {
  if (deletion === undefined) return 'no'
  const isFormer = intent?.purpose === 'Renewal' && deletion.orderId === intent.renewalOf
  return isFormer ? 'former' : 'yes'
}

/** Where the Secret of the order itself names what is asked for, the Secrets of others, which anyone may write, do not count. */
const evidenceFor = ({ stored }: Gathered, orderId: number): Evidence =>
  stored?.orderId === orderId ? 'status' : 'status or Secret'

/**
 * The order that is to be taken over. Where the account does not let orders be taken over, the Secret may still prove that
 * this one is ours.
 */
const adoptionFact = (gathered: Gathered, status: OrderStatus, now: Date): Observation['adopt'] => {
  const { holderOf } = gathered
  const { adoptOrderId: orderId } = gathered.order.spec
  if (orderId === undefined) return undefined
  const isAllowed = adoptionIsAllowed(gathered)
  if (!isAllowed && claimOf(gathered, status, now)?.orderId === orderId) return undefined
  return { orderId, takenBy: holderOf({ orderId }, evidenceFor(gathered, orderId)), allowed: isAllowed ? 'yes' : 'no' }
}

const adoptionIsAllowed = ({ account }: Gathered): boolean =>
  account.kind !== 'ready' || account.session.account.spec.policy.adoption !== 'Forbidden'

/** An order that was found, and what keeps it from being taken over. */
const foundFact = (gathered: Gathered, remote: Remote): Remote => {
  if (remote.kind !== 'found') return remote
  const { holderOf } = gathered
  const { orderId, alternativeOrderId, renewalOf, names = [] } = remote.order
  const isOwn = remote.by !== 'adoption' && remote.by !== 'link'
  if (isOwn) return { ...remote, takenBy: holderOf({ orderId }, 'status') }
  const held = { orderId, alternativeOrderId, renewalOf, sent: alternativeOrderId === undefined ? names[0] : undefined }
  const takenBy = holderOf(held, evidenceFor(gathered, orderId))
  return { ...remote, takenBy, denied: deniedBecause(gathered, remote) }
}

/** Why the account does not let an order of another buyer be taken over. */
const deniedBecause = (gathered: Gathered, { order, by }: FoundRemote): string | undefined => {
  const {
    account,
    order: { spec },
  } = gathered
  if (account.kind !== 'ready') return undefined
  if (by === 'adoption' && !adoptionIsAllowed(gathered)) return ADOPTION_FORBIDDEN
  const { validation } = rulesOf(spec.product)
  const subject = {
    // Another product than that of the spec is a mismatch.
    product: spec.product,
    names: order.asked?.dnsNames ?? [],
    organizationId: order.organizationId,
    unsaid: [
      ...((order.names ?? []).length === 0 && validation !== 'ds' ? (['names'] as const) : []),
      ...(order.organizationId === undefined && validation !== 'dv' ? (['organization'] as const) : []),
    ],
  }
  return adoptionDeniedBy(subject, account.session.account.spec.policy)
}

/** Another resource that has the order of this one: a status that was restored elsewhere names it twice. */
const sharedWith = ({ holderOf }: Gathered, { order, intent }: OrderStatus): string | undefined => {
  const ids = [order?.id, intent?.renewalOf].flatMap((id) => id ?? [])
  return ids.map((orderId) => holderOf({ orderId }, 'status')).find((holder) => holder !== undefined)
}

/** What the spec says besides what to buy. */
const wishesOf = (
  gathered: Gathered,
  status: OrderStatus,
  now: Date,
): Pick<
  Observation,
  'suspended' | 'finalizer' | 'deletionPolicy' | 'revokeAdopted' | 'sharedWith' | 'ended' | 'adopt'
> => {
  const { order } = gathered
  const { deletion, intent } = status
  const { spec, metadata } = order
  return {
    suspended: spec.suspend === true ? 'yes' : 'no',
    finalizer: metadata.finalizers?.includes(FINALIZER) === true ? 'yes' : 'no',
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
    ended: endedFact(deletion, intent),
    revokeAdopted: spec.revokeAdopted === true ? 'yes' : 'no',
    adopt: adoptionFact(gathered, status, now),
    sharedWith: sharedWith(gathered, status),
  }
}

/** Whether a person, or Flux, asked for a look since the last one. */
export const isLookAsked = ({ order }: Gathered, status: OrderStatus): boolean => {
  const { check, reconcile } = askedOf(order)
  return (
    (check !== undefined && check !== status.lastHandledCheckRequestedAt) ||
    (reconcile !== undefined && reconcile !== status.lastHandledReconcileAt)
  )
}

/** Whether the key is that of the order in the Secret which a person gave up: its key may be why. */
const isGivenUpKey = ({ order: { metadata }, key, stored }: Gathered, { order, intent }: OrderStatus): boolean =>
  !order &&
  intent?.sentAt === undefined &&
  stored?.orderId !== undefined &&
  stored.fingerprint === key.fingerprint &&
  metadata.annotations?.[ORDER_AGAIN] === String(stored.orderId)

const keyFacts = (gathered: Gathered, status: OrderStatus): Pick<Observation, 'key' | 'csrProblem'> => {
  const { order, keyIsLeft, key, givenCsr } = gathered
  const isFit = key.state !== 'fits' || !isGivenUpKey(gathered, status) || order.spec.csrSecretRef !== undefined
  const state = isFit ? key.state : 'misfits'
  return {
    key: keyIsLeft ? 'orphaned' : state,
    csrProblem: givenCsr?.kind === 'bad' ? givenCsr.problem : undefined,
  }
}

/** What stands in the Secret beside a good pair is judged by what the spec says of it. */
const outputsFact = (gathered: Gathered, stored: Observation['stored']): Observation['outputs'] => {
  const { order, passwords, problems, targetSecret } = gathered
  const key = stored && problems.length === 0 ? storedKey(targetSecret, deliveryOf(order.spec)) : undefined
  const isStale = key && targetSecret && areOutputsStale(targetSecret, order.spec, passwords, key)
  return { stale: isStale === true ? 'yes' : 'no', problem: passwords.problem }
}

/** How long what CertCentral did not give of the plan before is left alone, in milliseconds. */
const FORMER_AGAIN = 10 * 60_000

const wasAdopted = ({ adoptOrderId }: OrderSpec, intent: OrderStatus['intent'], orderId: number): boolean =>
  intent?.renewalOfAdopted === true || adoptOrderId === orderId

/** The certificate of the plan that ends, while the one that follows is not there. */
const formerFact = (
  { formerKeys, order: { spec } }: Gathered,
  { intent, certificate, order }: OrderStatus,
  { now, memory: { formerTriedAt } }: Moment,
): Observation['former'] => {
  const orderId = intent?.purpose === 'Renewal' ? intent.renewalOf : undefined
  if (orderId === undefined || orderId === order?.id || certificate?.id === undefined) return undefined
  const triedAt = schedule.passed(formerTriedAt, now)
  const tryAt = triedAt ? schedule.later(triedAt, FORMER_AGAIN) : now
  return {
    ...{ orderId, certificateId: certificate.id, notAfter: new Date(certificate.notAfter) },
    tryAt: formerKeys.length > 0 ? tryAt : undefined,
    ...(wasAdopted(spec, intent, orderId) ? { adopted: 'yes' } : {}),
  }
}

/** A renewal of what another resource holds would keep that from being renewed. */
const renewalFaults = ({ renewal }: OrderSpec, holderOf: Gathered['holderOf']): string[] => {
  const { ofOrderId: orderId, ofThumbprint: thumbprint } = renewal ?? {}
  const byId = orderId === undefined ? undefined : holderOf({ orderId }, 'status or Secret')
  const byPrint = thumbprint === undefined ? undefined : holderOf({ thumbprint }, 'status or Secret')
  const fault = (field: string, holder: string | undefined): string[] =>
    holder === undefined
      ? []
      : [`renewal.${field} names an order that ${holder} has, which renews it: take the field out to buy a new order`]
  return [...fault('ofOrderId', byId), ...fault('ofThumbprint', byPrint)]
}

type Told = Pick<BrakeSources, 'remote' | 'now'>

/** The plan, what follows it, and what the brake says of the steps that may come. */
const planFacts = (
  { order: { spec, metadata }, holderOf }: Gathered,
  status: OrderStatus,
  { remote, now }: Told,
): Pick<Observation, 'plan' | 'renew' | 'brake' | 'purchaseFaults'> => {
  const known = orderFact(status, spec)
  const order = known && remote.kind === 'order' ? { ...known, ...remote.order } : known
  const plan = planOf(spec, status)
  const renews = renewsBy(spec)
  const { annotations } = metadata
  const releases = [annotations?.[RELEASE_BRAKE], annotations?.[ORDER_AGAIN]]
  return {
    plan,
    renew: renews === 'Renew' && isDateReached(spec, status, now) ? 'DateReached' : renews,
    brake: brakeFact({ status, order, remote, plan, releases, now }),
    purchaseFaults: [...purchaseFaults(spec, now), ...renewalFaults(spec, holderOf)],
  }
}

/** A pair in the Secret that is neither what the Secret says of itself nor what the status says is that of another client. */
const storedIn = ({ stored }: Gathered, { certificate }: OrderStatus): Observation['stored'] => {
  const isReplaced = stored?.harmed !== undefined && certificate !== undefined
  return isReplaced && certificate.serialNumber !== stored.facts.serialNumber ? { ...stored, replaced: 'yes' } : stored
}

const wasIssued = (status: OrderStatus): boolean => status.certificate !== undefined || (status.revision ?? 0) > 0

/** Reduces what was gathered, the status and CertCentral's answer to the facts that rules look at. */
export const observe = (gathered: Gathered, status: OrderStatus, moment: Moment): Observation => {
  const { order, target, account } = gathered
  const { metadata } = order
  const stored = storedIn(gathered, status)
  const next = nextOf(gathered, status, { stored, now: moment.now })
  const asked = isLookAsked(gathered, status) ? moment.now : undefined
  const session = account.kind === 'ready' ? account.session : undefined
  const failure = failureFact(status, { session, asked, moment })
  const intent = intentFact(status, gathered.payloadHash)
  return {
    deleting: metadata.deletionTimestamp === undefined ? 'no' : 'yes',
    delivery: deliveryOf(order.spec),
    ...wishesOf(gathered, status, moment.now),
    deletingSince: moment.memory.deletingSince,
    namespace: moment.namespace ?? 'unasked',
    problems: gathered.problems,
    differences: differencesOf(order.spec, status, stored, moment.now),
    account: accountFact(gathered, status, { next, stored, now: moment.now }),
    target,
    ...keyFacts(gathered, status),
    outputs: outputsFact(gathered, stored),
    repair: repairFact(gathered, status, moment),
    former: formerFact(gathered, status, moment),
    intent,
    order: orderFact(status, order.spec),
    remote: foundFact(gathered, moment.remote),
    stored,
    everIssued: stored || wasIssued(status) ? 'yes' : 'no',
    validation: validationFact(gathered, status, moment),
    askedAt: dateOf(askedAtOf(status)),
    validity: validityFact(gathered, status, { next, now: moment.now, asked }),
    failure,
    orderAgain: metadata.annotations?.[ORDER_AGAIN],
    reissue: reissueFact(gathered, status, { stored, next, failure, intent, now: moment.now }),
    next,
    ...planFacts(gathered, status, { remote: moment.remote, now: moment.now }),
    ...times(gathered, status, moment),
  }
}
