import type { Reason } from '../../api/reasons.ts'
import type { Rule } from '../decide.ts'
import { type Decision, act, look, stalled, wait } from '../decision.ts'
import type { FoundOrder, FoundRemote, KnownIntent, Observation, RemoteOrder } from '../observation.ts'
import { SLOW_LOOK, later } from '../schedule.ts'
import { foundFault } from './adoption.ts'
import { foreignSecret } from './gate.ts'
import { renewal } from './renewal.ts'
import { csrIsForeign, isOver } from './words.ts'

/** Makes a rule that speaks only while no order is known. */
const beforeOrder =
  (rule: Rule): Rule =>
  (o, now) =>
    o.order ? undefined : rule(o, now)

/** Labels of namespaces are not watched, so what a guard rail forbids is looked at this often, in milliseconds. */
const NAMESPACE_LOOK = 60_000

/** A Secret with a CSR or a password does not carry our label and is not watched; it is looked at this often, in milliseconds. */
const GIVEN_LOOK = 30_000

/** How often it is looked whether DigiCert has renewed an order, in milliseconds. */
const RENEWAL_LOOK = 60 * 60_000

/** Guard rails bind what is bought, not what was bought before they were put up. */
export const accountForbids = beforeOrder((o, now) =>
  o.account.kind === 'ready' && o.account.forbids !== undefined && !o.intent?.sentAt
    ? stalled('DeniedByPolicy', later(now, NAMESPACE_LOOK))
    : undefined,
)

/** What was sent keeps the CSR that was kept with it; before that, the one of the spec must be good. */
export const csrIsUnusable = beforeOrder((o, now) =>
  o.csrProblem !== undefined && !o.intent?.sentAt ? stalled('CSRNotUsable', later(now, GIVEN_LOOK)) : undefined,
)

/** Only a first certificate waits for the password of its keystores: one that renews another must not come too late. */
export const keystoresAreUnusable = beforeOrder((o, now) => {
  if (o.outputs.problem === undefined || o.intent?.sentAt || o.everIssued === 'yes') return undefined
  return stalled('KeystorePasswordMissing', later(now, GIVEN_LOOK))
})

/** A key that a resource of this name left behind may be that of an order which waits at CertCentral. */
export const keyIsOrphaned: Rule = (o) =>
  o.key === 'orphaned' ? act('CreatingKey', { kind: 'InheritKey' }) : undefined

/** The key has no place to be kept in. What was sent may be an order all the same, which is looked for. */
export const keyIsForeign = beforeOrder((o, now) =>
  o.key === 'foreign' && !o.intent?.sentAt ? foreignSecret(now) : undefined,
)

/** The cluster refused a Secret a moment ago, perhaps the one of the key: the operator reports that, and does not try in a loop. */
const keyRefused: Rule = ({ failure }, now) =>
  failure?.reason === 'SecretWriteDenied' && failure.retryAt > now
    ? stalled('SecretWriteDenied', failure.retryAt)
    : undefined

export const keyIsMissing = beforeOrder((o, now) => {
  const kept = o.key === 'misfits' && o.intent?.sentAt !== undefined
  if (kept || (o.key !== 'absent' && o.key !== 'misfits')) return undefined
  return keyRefused(o, now) ?? act('CreatingKey', { kind: o.key === 'absent' ? 'CreateKey' : 'ReplaceKey' })
})

export const intentIsMissing = beforeOrder((o) => {
  if (!o.intent) return act('RecordingIntent', { kind: 'RecordIntent', purchase: 1 })
  const stale = !o.intent.sentAt && o.intent.payload === 'changed'
  return stale ? act('RecordingIntent', { kind: 'RecordIntent', purchase: o.intent.purchase }) : undefined
})

const REFUSALS: readonly Reason[] = ['OrderRefused', 'SecretWriteDenied', 'CardNotUsable']

/** What CertCentral or the cluster refused is not sent again before its time, unless the spec was edited. */
export const refusedBefore = beforeOrder((o, now) => {
  const { failure, intent } = o
  if (!failure || !intent || intent.sentAt || failure.retryAt <= now) return undefined
  return REFUSALS.includes(failure.reason) ? stalled(failure.reason, failure.retryAt) : undefined
})

/** Before anything is sent, and after anything was sent without an answer, CertCentral is asked for our own id. */
export const outcomeIsUnasked = beforeOrder((o, now) => {
  if (o.remote.kind !== 'unasked') return undefined
  if (o.intent?.sentAt && o.nextSearchAt > now) return unknownOutcome(o, o.intent, now)
  return look('LookingUp', 'intent')
})

/** What a person writes into the annotation order-again to give an order of unknown outcome up. */
export const givingUp = ({ alternativeOrderId, sends }: { alternativeOrderId: string; sends?: number | undefined }) =>
  (sends ?? 1) > 1 ? `${alternativeOrderId}-${String(sends)}` : alternativeOrderId

/** The server refuses a second order of the same id, or a person answered for it. */
const mayBeSentAgain = (o: Observation, intent: KnownIntent): boolean =>
  (o.account.kind === 'ready' && o.account.uniqueIds === 'yes') || o.orderAgain === givingUp(intent)

/** What keeps a request of unknown outcome from being sent again though a person answers for it: it must be the same one. */
const maySendTheSame = ({ account }: Observation, intent: KnownIntent, now: Date): Decision | undefined => {
  if (account.kind === 'ready' && account.forbidsSent !== undefined)
    return stalled('DeniedByPolicy', later(now, NAMESPACE_LOOK))
  return intent.isKept === 'no' && intent.payload === 'changed'
    ? stalled('OutcomeUnknown', later(now, SLOW_LOOK))
    : undefined
}

/** Every POST counts against the day's limit, one that is sent again as well. */
const placing = ({ account }: Observation): Decision =>
  account.kind === 'ready' && account.ordersLeft <= 0
    ? wait('OrderLimitReached', account.limitEnds)
    : act('Ordering', { kind: 'PlaceOrder' })

/** The order was sent and CertCentral does not show it: wait, and let nothing but proof or a person end it. */
const unknownOutcome = (o: Observation, intent: KnownIntent, now: Date): Decision => {
  if (!o.settledAt || o.settledAt > now) return wait('OutcomeUnknown', o.nextSearchAt)
  if (!mayBeSentAgain(o, intent)) return stalled('OutcomeUnknown', o.nextSearchAt)
  if (o.remote.kind !== 'absent') return look('LookingUp', 'intent')
  return maySendTheSame(o, intent, now) ?? placing(o)
}

export const severalOrdersFound = beforeOrder((o) =>
  o.remote.kind === 'several' ? stalled('DuplicateOrders', o.nextLookAt) : undefined,
)

/** Whether a person asked for a new order in place of one that is over. ADR 0009. */
export const wantedAnew = (o: Observation, over: RemoteOrder, asked: 'since' | 'no'): boolean => {
  if (o.orderAgain === String(over.orderId)) return true
  const issued = o.everIssued === 'yes' || over.serialNumber !== undefined
  const free = over.status === 'rejected' || (over.status === 'canceled' && !issued)
  return free && (asked === 'since' || o.intent?.payload === 'changed')
}

const foundOver = (o: Observation, found: FoundOrder, purchase: number, now: Date): Decision => {
  const asked = found.older === 'than-resource' ? 'since' : 'no'
  if (found.status === 'expired' && o.renew === 'Renew') return renewal(o, purchase + 1, now)
  return wantedAnew(o, found, asked)
    ? act('RecordingIntent', { kind: 'RecordIntent', purchase: purchase + 1 })
    : act('Adopting', { kind: 'AdoptOrder', orderId: found.orderId })
}

/** Whether the order that the Secret names, or the last renewal of it, is not what the spec asks for. */
const isNoneOfSecret = ({ order, by }: FoundRemote): boolean =>
  (by === 'secret' || by === 'link') && (isOver(order) || order.mismatches.length > 0)

/** An order of our own id is ours: taken over where it is what the spec asks for. */
export const orderFound = beforeOrder((o, now) => {
  if (o.remote.kind === 'claimed') return stalled('AdoptionRefused', later(now, SLOW_LOOK))
  if (o.remote.kind !== 'found' || !o.intent) return undefined
  const { order, purchase = o.intent.purchase } = o.remote
  if (foundFault(o) !== undefined || isNoneOfSecret(o.remote)) return stalled('AdoptionRefused', later(now, SLOW_LOOK))
  if (isOver(order)) return foundOver(o, order, purchase, now)
  if (order.mismatches.length > 0) return stalled('OrderMismatch', later(now, SLOW_LOOK))
  if (csrIsForeign(o, order)) return act('SendingCSR', { kind: 'SendCSR', orderId: order.orderId })
  return act('Adopting', { kind: 'AdoptOrder', orderId: order.orderId })
})

/** A renewal beside one that another client placed would be the second purchase for one certificate. */
export const renewedElsewhere = beforeOrder((o, now) =>
  o.remote.kind === 'renewed' ? stalled('RenewedElsewhere', later(now, SLOW_LOOK)) : undefined,
)

export const orderNotFound = beforeOrder((o, now) => {
  if (o.remote.kind !== 'absent' || !o.intent) return undefined
  if (o.key === 'foreign') return foreignSecret(now)
  if (o.intent.sentAt) return unknownOutcome(o, o.intent, now)
  if (o.purchaseFaults.length > 0 && o.intent.purpose !== 'Renewal')
    return stalled('InvalidSpec', later(now, SLOW_LOOK))
  // Who renews was changed to DigiCert since this was written down: a renewal beside that one would be the second.
  const isDigiCerts = o.intent.purpose === 'Renewal' && o.renew === 'DigiCert'
  return isDigiCerts ? wait('AwaitingRenewal', later(now, RENEWAL_LOOK)) : placing(o)
})
