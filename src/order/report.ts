import type { EventReason, Reason } from '../api/reasons.ts'
import type { Condition } from '../api/shapes.ts'
import type { OrderStatus } from '../api/status.ts'
import type { Decision } from './decision.ts'
import { type About, messageOf, onDeletion } from './messages.ts'
import type { Observation, Stored } from './observation.ts'
import { isFoughtOver } from './repair.ts'
import { UNSEEN, clipped, withOrder, without } from './progress.ts'
import { current } from './rules/track.ts'
import { isIssued } from './rules/words.ts'
import { arrivalOf } from './standing.ts'

/** An Event, which is emitted once: the reason is that of the condition. */
export type Announcement = { type: 'Normal' | 'Warning'; reason: Reason | EventReason; message: string }

export type Told = { status: OrderStatus; announce: Announcement[] }

const transition = (before: Condition | undefined, status: Condition['status'], now: Date): string =>
  before?.status === status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`

/** Whether the Secret still holds the certificate of an order that was over and that a person gave up for a new one. */
const isGivenUp = ({ stored, order, orderAgain }: Observation): boolean =>
  stored?.orderId !== undefined && stored.orderId !== order?.orderId && orderAgain === String(stored.orderId)

/** What is on a token is good as long as its order. */
const isGoodOnHardware = (o: Observation, now: Date): boolean => {
  if (o.delivery !== 'hardware' || !o.order) return false
  const order = current(o, o.order)
  return isIssued(order) && (order.validUntil === undefined || order.validUntil > now)
}

/** A pair of an order that is not taken over is good, and nobody here keeps it so. */
const isOfAnother = ({ order, stored }: Observation, { reason }: Decision): boolean =>
  !order && stored !== undefined && reason === 'AdoptionRefused'

/** Whether the Secret holds the pair that the operator wrote, and it has not expired. */
const isGood = ({ stored }: Observation, now: Date): boolean =>
  stored !== undefined && stored.notAfter > now && stored.replaced === undefined

const readyStatus = (o: Observation, decision: Decision, now: Date): 'True' | 'False' => {
  if (isOfAnother(o, decision)) return 'False'
  if (isGoodOnHardware(o, now)) return 'True'
  const revoked = o.order !== undefined && current(o, o.order).status === 'revoked'
  return isGood(o, now) && !revoked && !isGivenUp(o) ? 'True' : 'False'
}

/** The longest message of a condition that the CRD takes. */
const LONGEST_MESSAGE = 32_000

type Verdict = Decision['verdict']

const ISSUING: Readonly<Record<Verdict, 'True' | 'False'>> = {
  look: 'True',
  act: 'True',
  wait: 'True',
  stalled: 'False',
  ready: 'False',
  held: 'False',
}

/** Why Ready is false: a fight that took the pair away, also while its order waits for something else. */
const unreadyReason = (o: Observation, { verdict, reason }: Decision): Reason => {
  const isTaken = o.repair.certificateId !== undefined && (o.stored === undefined || o.stored.replaced !== undefined)
  return verdict === 'wait' && isFoughtOver(o) && isTaken ? 'SecretModifiedByOthers' : reason
}

/** Conditions by ADR 0005: Ready is about the Secret, Issuing about the work, Stalled about people. */
const conditionsOf = (o: Observation, decision: Decision, now: Date, about: About) => {
  const ready = readyStatus(o, decision, now)
  const said = (reason: Reason) => ({ reason, message: clipped(messageOf(reason, o, about), LONGEST_MESSAGE) })
  const { message } = said(decision.reason)
  const wanted = [
    { type: 'Ready', status: ready, ...said(ready === 'True' ? 'Issued' : unreadyReason(o, decision)) },
    { type: 'Issuing', status: ISSUING[decision.verdict], reason: decision.reason, message },
  ]
  const isStalled = decision.verdict === 'stalled' && ready === 'False'
  return isStalled
    ? [...wanted, { type: 'Stalled', status: 'True' as const, reason: decision.reason, message }]
    : wanted
}

const conditionIn = (status: OrderStatus | undefined, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

/** Reasons that warn a person though the Secret is good. */
const WARNINGS: readonly Reason[] = [
  'ReissueDue',
  'NameRemovalBlocked',
  'KeystorePasswordMissing',
  'SecretWriteDenied',
  'ValidationLapsing',
  'OrderNotReadable',
  'OrderNotVisible',
  'NameChangeLimitReached',
  'SecretModifiedByOthers',
]

/** Whether a pass ends in something that a person may have to do something about. */
export const isWorthSaying = ({ verdict, reason }: Decision): boolean =>
  verdict === 'wait' || verdict === 'stalled' || WARNINGS.includes(reason)

const announcement = ({ before, isReminderDue }: Subject, decision: Decision, message: string): Announcement[] => {
  const isKnown = conditionIn(before, 'Issuing')?.reason === decision.reason
  if (isKnown && !(isReminderDue === true && isWorthSaying(decision))) return []
  if (decision.verdict === 'look' || decision.verdict === 'act') return []
  const warn = decision.verdict === 'stalled' || WARNINGS.includes(decision.reason)
  return [{ type: warn ? 'Warning' : 'Normal', reason: decision.reason, message }]
}

/** A fight is announced as well where the order waits for something else. */
const fightAnnounced = (before: OrderStatus | undefined, o: Observation, decision: Decision, about: About) => {
  const reason = unreadyReason(o, decision)
  const isNew = reason !== decision.reason && conditionIn(before, 'Ready')?.reason !== reason
  return isNew ? [{ type: 'Warning' as const, reason, message: messageOf(reason, o, about) }] : []
}

const nextOf = (o: Observation, decision: Decision): OrderStatus['next'] =>
  decision.verdict === 'ready' && o.next ? { ...o.next, at: `${o.next.at.toISOString().slice(0, 19)}Z` } : undefined

/**
 * The id of the certificate in the Secret. An annotation of the Secret, which others may write, says it; it is believed where
 * the status had it, or CertCentral gives that certificate to the order.
 */
const idOf = ({ facts }: Stored, { certificate, order }: OrderStatus): number | undefined => {
  if (certificate?.id !== undefined && certificate.serialNumber === facts.serialNumber) return certificate.id
  return facts.id !== undefined && facts.id === order?.certificateId ? facts.id : undefined
}

/** The status names the certificate that the Secret holds whatever else is going on; one that was wiped has it again. */
const withStored = (status: OrderStatus, o: Observation, { decision, now }: { decision: Decision; now: Date }) => {
  const { stored } = o
  if (!stored || stored.harmed !== undefined || isOfAnother(o, decision)) return status
  const arrived = arrivalOf(status, stored.facts.serialNumber, now)
  const certificate = { ...stored.facts, ...(arrived ? { storedTime: arrived.toISOString() } : {}) }
  const id = idOf(stored, status)
  if (id === undefined) delete certificate.id
  return { ...status, certificate: id === undefined ? certificate : { ...certificate, id } }
}

/** The order is settled once its certificate is stored: what was written down before buying it has served. */
const settle = (status: OrderStatus, { verdict }: Decision): OrderStatus => {
  if (verdict !== 'ready') return status
  return UNSEEN.includes(status.failures?.reason) ? without(status, 'intent') : without(status, 'intent', 'failures')
}

/** Said once per edit of the spec. */
const ignoredFields = ({ before, generation, about }: Subject): Announcement[] =>
  before?.observedGeneration === generation
    ? []
    : (about.ignored ?? []).map((message) => ({ type: 'Warning', reason: 'FieldIgnored', message }))

/** The CRD holds to somewhat more. */
const LONGEST_DIFFERENCE = 2000

/** Said once of each. */
const newDifferences = ({ differences = [] }: OrderStatus, { before }: Subject): Announcement[] =>
  differences
    .filter((one) => before?.differences?.includes(one) !== true)
    .map((message) => ({ type: 'Warning', reason: 'IssuedOtherwise', message }))

/** What was ordered stays as it was, whatever the account's defaults become. */
const effectiveOf = (seen: OrderStatus, { before, about }: Subject): OrderStatus['effective'] => {
  const isKnown = seen.order !== undefined && before?.order?.id === seen.order.id
  return isKnown ? (seen.effective ?? about.effective) : about.effective
}

/** What became of an organization that was given by details: the next order of the same details names it. */
const organizationOf = ({ order, organization }: OrderStatus, effective: OrderStatus['effective']) => {
  const { id, name } = effective?.organization ?? {}
  return id === undefined && name !== undefined && order?.organizationId !== undefined
    ? { id: order.organizationId, name }
    : organization
}

/** What people asked for by annotation and was done, or cannot be: there is no order yet, or the spec forbids reissues. */
const handledOf = (o: Observation, { asked = {} }: About): OrderStatus => {
  const { check, reconcile, reissue } = asked
  const isIdle = reissue !== undefined && (o.order === undefined || o.reissue.allowed === 'no')
  return {
    // While CertCentral does not answer, nothing that was asked for was done.
    ...(check === undefined || o.remote.kind === 'unavailable' ? {} : { lastHandledCheckRequestedAt: check }),
    ...(reconcile === undefined ? {} : { lastHandledReconcileAt: reconcile }),
    ...(isIdle ? { lastHandledReissueRequestedAt: reissue } : {}),
  }
}

const announced = (o: Observation): Pick<OrderStatus, 'onDeletion'> => {
  const sentence = onDeletion(o)
  return sentence === undefined ? {} : { onDeletion: sentence }
}

const seenParts = (seen: OrderStatus, subject: Subject): OrderStatus => {
  const effective = effectiveOf(seen, subject)
  const organization = organizationOf(seen, effective)
  return { ...(effective ? { effective } : {}), ...(organization ? { organization } : {}) }
}

export type Subject = {
  /** The status as it was read, for what changed. */
  before: OrderStatus | undefined
  generation: number
  about: About
  /** Whether what is still so was last said a day ago. */
  isReminderDue?: boolean
}

/** The whole status at the end of a pass, and what is worth an Event. */
export const report = (
  draft: OrderStatus,
  o: Observation,
  decision: Decision,
  subject: Subject & { now: Date },
): Told => {
  const { before, generation, about, now } = subject
  const seen = o.order && o.remote.kind === 'order' ? withOrder(draft, o.remote.order, o.order.purchase) : draft
  const conditions = conditionsOf(o, decision, now, about).map((condition) => ({
    ...condition,
    observedGeneration: generation,
    lastTransitionTime: transition(conditionIn(before, condition.type), condition.status, now),
  }))
  const next = nextOf(o, decision)
  const status: OrderStatus = {
    ...without(
      withStored(settle(seen, decision), o, { decision, now }),
      'next',
      'effective',
      'onDeletion',
      'differences',
    ),
    ...seenParts(seen, subject),
    ...handledOf(o, about),
    ...announced(o),
    ...(o.differences.length > 0 ? { differences: o.differences.map((one) => clipped(one, LONGEST_DIFFERENCE)) } : {}),
    observedGeneration: generation,
    conditions,
    ...(next ? { next } : {}),
  }
  const told = announcement(subject, decision, messageOf(decision.reason, o, about))
  return {
    status,
    announce: [
      ...told,
      ...fightAnnounced(before, o, decision, about),
      ...ignoredFields(subject),
      ...newDifferences(status, subject),
    ],
  }
}
