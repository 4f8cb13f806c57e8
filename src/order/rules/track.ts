import type { Rule } from '../decide.ts'
import { type Decision, act, look, stalled, wait } from '../decision.ts'
import type { KnownOrder, Observation } from '../observation.ts'
import { SLOW_LOOK, earliest, later } from '../schedule.ts'
import { foreignSecret } from './gate.ts'
import { wantedAnew } from './issue.ts'
import { renewal } from './renewal.ts'
import { csrIsForeign, isIssued, isOver, isStored } from './words.ts'

/** The newest that is known of the order: what CertCentral said in this pass, over what the status holds. */
export const current = (o: Observation, known: KnownOrder): KnownOrder =>
  o.remote.kind === 'order' ? { ...known, ...o.remote.order } : known

/** Makes a rule that speaks of the order once it is known. */
const ofOrder =
  (rule: (o: Observation, order: KnownOrder, now: Date) => Decision | undefined): Rule =>
  (o, now) =>
    o.order ? rule(o, current(o, o.order), now) : undefined

/** The newest certificate, good and stored, stays as it is when a look after it fails; anything else waits. */
const isSettled = ({ order, stored }: Observation, now: Date): boolean =>
  order !== undefined && isIssued(order) && isStored(stored, order) && stored.notAfter > now

export const callFailed: Rule = (o, now) => {
  if (o.remote.kind === 'searching') return wait('LookingUp', o.remote.retryAt)
  if (isSettled(o, now)) return undefined
  if (o.remote.kind === 'unavailable')
    return wait(o.remote.throttled === 'yes' ? 'Throttled' : 'CertCentralUnavailable', o.remote.retryAt)
  return o.remote.kind === 'refused' ? stalled('AccountNotReady', later(now, SLOW_LOOK)) : undefined
}

export const orderIsNotVisible: Rule = (o, now) =>
  o.order && o.remote.kind === 'absent' ? stalled('OrderNotVisible', later(now, SLOW_LOOK)) : undefined

/** What a person published is checked at once where the annotation says so, before anything else is asked. */
export const checkIsRequested: Rule = (o) =>
  o.order && o.validation.isRequested && o.remote.kind === 'unasked' && OPEN.includes(o.order.status)
    ? act('CheckingValidation', { kind: 'CheckValidation', orderId: o.order.orderId })
    : undefined

/** A look that is due comes before any waiting on what was known before. */
export const lookIsDue: Rule = (o, now) =>
  o.order && o.remote.kind === 'unasked' && o.nextLookAt <= now ? look('LookingUp', 'orderId') : undefined

const OPEN: readonly string[] = ['pending', 'reissue_pending']

const OVER_REASONS: Readonly<Record<string, 'OrderRejected' | 'OrderCanceled' | 'OrderRevoked' | 'OrderExpired'>> = {
  rejected: 'OrderRejected',
  canceled: 'OrderCanceled',
  revoked: 'OrderRevoked',
  expired: 'OrderExpired',
}

/** An order that ended is reported; no timer places a new one. */
export const orderIsOver: Rule = (o, now) => {
  if (!o.order) return undefined
  const order = current(o, o.order)
  if (!isOver(order)) return undefined
  if (wantedAnew(o, order, 'no'))
    return act('RecordingIntent', { kind: 'RecordIntent', purchase: o.order.purchase + 1 })
  if (order.status === 'expired' && o.renew === 'Renew') return renewal(o, o.order.purchase + 1, now)
  return stalled(OVER_REASONS[order.status] ?? 'UnknownStatus', later(now, SLOW_LOOK))
}

/** What keeps another CSR from being made or handed in just now. */
const csrIsRefused = ({ csrProblem, failure, nextLookAt }: Observation, now: Date): Decision | undefined => {
  if (csrProblem !== undefined) return stalled('CSRNotUsable', nextLookAt)
  const refused = failure?.reason === 'SecretWriteDenied' && failure.retryAt > now
  return refused ? stalled('SecretWriteDenied', failure.retryAt) : undefined
}

/** What is issued for a key that nobody has can be issued once more for another one, at no cost. */
const isReissuable = ({ reissue }: Observation, { status }: KnownOrder): boolean =>
  status === 'issued' && reissue.allowed === 'yes'

/** An order without a key of ours gets a new one: nothing else could ever use what is issued. */
export const keyIsLost = ofOrder((o, order, now) => {
  if (o.key === 'foreign') return o.stored === undefined ? foreignSecret(now) : undefined
  const lost = o.key === 'absent' && o.stored === undefined
  if (!lost && !csrIsForeign(o, order)) return undefined
  const refused = lost ? csrIsRefused(o, now) : undefined
  if (refused) return refused
  if (csrIsForeign(o, { ...order, csr: 'other' })) return act('SendingCSR', { kind: 'SendCSR', orderId: order.orderId })
  if (!lost) return undefined
  return isReissuable(o, order) ? act('CreatingKey', { kind: 'CreateKey' }) : stalled('PrivateKeyMissing', o.nextLookAt)
})

export const approvalIsOpen = ofOrder((o, order) =>
  order.status === 'needs_approval' ? wait('AwaitingApproval', o.nextLookAt) : undefined,
)

export const validationIsOpen = ofOrder((o, order, now) => {
  if (order.status !== 'pending') return undefined
  if (!o.validation.since) return act('AskingValidation', { kind: 'AskValidation', orderId: order.orderId })
  const { nextCheckAt } = o.validation
  if (nextCheckAt && nextCheckAt <= now)
    return act('CheckingValidation', { kind: 'CheckValidation', orderId: order.orderId })
  return wait('AwaitingValidation', earliest(o.nextLookAt, nextCheckAt))
})

/** Acts only on a fresh word, so that an order which stays in it is asked after once per look and not in a loop. */
export const csrIsWanted = ofOrder((o, order) => {
  if (order.status !== 'needs_csr') return undefined
  // A token makes its own key; whatever CertCentral wants here, a person has to hand it in.
  if (o.delivery === 'hardware') return wait('AwaitingPickup', o.nextLookAt)
  return o.remote.kind === 'order'
    ? act('SendingCSR', { kind: 'SendCSR', orderId: order.orderId })
    : wait('SendingCSR', o.nextLookAt)
})

const WAITING: Readonly<Record<string, 'Processing' | 'AwaitingPickup'>> = {
  processing: 'Processing',
  waiting_pickup: 'AwaitingPickup',
}

export const othersAreWorking = ofOrder((o, order) => {
  if (isIssued(order)) return undefined
  return wait(WAITING[order.status] ?? 'UnknownStatus', o.nextLookAt)
})
