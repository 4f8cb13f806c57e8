import { type Decision, act, stalled, wait } from '../decision.ts'
import type { Rule } from '../decide.ts'
import type { Observation } from '../observation.ts'
import { repairHeldUntil } from '../repair.ts'
import { later } from '../schedule.ts'
import { isIssued } from './words.ts'

/** How often it is looked whether a guard rail still forbids a renewal, in milliseconds. */
const FORBIDDEN_LOOK = 10 * 60_000

/**
 * The next plan, as a purchase of its own. What forbids it is reported before anything is forgotten of the plan that there
 * is: its certificate stays as it is.
 */
export const renewal = ({ account }: Observation, purchase: number, now: Date): Decision => {
  if (account.kind === 'ready' && account.forbids !== undefined)
    return stalled('DeniedByPolicy', later(now, FORBIDDEN_LOOK))
  if (account.kind === 'ready' && account.ordersLeft <= 0) return wait('OrderLimitReached', account.limitEnds)
  return act('RecordingIntent', { kind: 'RecordIntent', purchase, purpose: 'Renewal' })
}

/** DigiCert renewed the order, as the spec asks: the order that followed is taken over. */
export const renewedByDigiCert: Rule = ({ order, remote, renew }) => {
  if (!order || renew !== 'DigiCert' || remote.kind !== 'order' || remote.order.renewedBy === undefined)
    return undefined
  return act('RecordingIntent', { kind: 'RecordIntent', purchase: order.purchase + 1, purpose: 'Renewal' })
}

/** The certificate of the plan before, where it is good and may be put back now. */
const formerOf = (o: Observation, now: Date): Observation['former'] => {
  const { former, repair } = o
  if (!former?.tryAt || former.tryAt > now || former.notAfter <= now) return undefined
  return former.certificateId === repair.certificateId && repairHeldUntil(o, now) ? undefined : former
}

/**
 * Until a renewal is issued, the Secret is that of the plan before: where it is deleted or damaged, the operator restores it. What
 * keeps that from being done is no reason to hold up the renewal.
 */
export const formerIsMissing: Rule = (o, now) => {
  const { stored, order, remote } = o
  const former = formerOf(o, now)
  if (!former || (stored && !stored.harmed)) return undefined
  if (remote.kind !== 'unasked' || (order && isIssued(order))) return undefined
  const { orderId, certificateId } = former
  return act('StoringCertificate', { kind: 'StoreCertificate', orderId, certificateId })
}
