import type { Rule } from '../decide.ts'
import { type Action, type Decision, act, look, stalled, wait } from '../decision.ts'
import type { KnownOrder, Observation } from '../observation.ts'
import { SLOW_LOOK, later } from '../schedule.ts'
import { current } from './track.ts'
import { isIssued } from './words.ts'

const PENDING = ['needs_approval', 'pending', 'needs_csr', 'processing', 'waiting_pickup']

type Ending = Extract<Action, { kind: 'EndOrder' }>

/** How to take back what was issued; `undefined` where that was asked for before. */
const revocationOf = ({ deletionPolicy, stored }: Observation, order: KnownOrder): Ending | undefined => {
  const { orderId } = order
  if (order.requests?.some(({ type }) => type === 'revoke')) return undefined
  if (deletionPolicy === 'RevokeOrder') return { kind: 'EndOrder', orderId, how: 'revoke-order' }
  const certificateId = order.certificateId ?? stored?.facts.id
  return certificateId === undefined
    ? undefined
    : { kind: 'EndOrder', orderId, how: 'revoke-certificate', certificateId }
}

/** What was taken over, and not bought for this resource, is ended only where the spec says so. */
const isSpared = ({ revokeAdopted }: Observation, { adopted }: Pick<KnownOrder, 'adopted'>): boolean =>
  adopted === 'yes' && revokeAdopted === 'no'

/** What the policy has to do about an order in this state; `undefined` where there is nothing, or nothing any more. */
export const endingOf = (o: Observation, order: KnownOrder): Ending | undefined => {
  const { orderId, status } = order
  if (o.deletionPolicy === 'Retain' || isSpared(o, order)) return undefined
  if (PENDING.includes(status)) return { kind: 'EndOrder', orderId, how: 'cancel' }
  const isRevocable = isIssued(order) && o.deletionPolicy !== 'CancelPending'
  return isRevocable ? revocationOf(o, order) : undefined
}

/** What is taken back of the plan before, whose certificate is in use while its renewal waits. */
export const formerEnding = (o: Observation): Ending | undefined => {
  const { former, deletionPolicy, ended } = o
  if (!former || ended !== 'no' || isSpared(o, former)) return undefined
  const { orderId, certificateId } = former
  if (deletionPolicy === 'RevokeOrder') return { kind: 'EndOrder', orderId, how: 'revoke-order' }
  return deletionPolicy === 'RevokeCertificate'
    ? { kind: 'EndOrder', orderId, how: 'revoke-certificate', certificateId }
    : undefined
}

const letGo: Decision = act('Deleting', { kind: 'RemoveFinalizer' })

/** CertCentral does not answer, or says no: a person can set the policy to Retain, and the object goes at once. */
const blocked = ({ remote, failure, account }: Observation, now: Date): Decision | undefined => {
  if (remote.kind === 'searching') return wait('Deleting', remote.retryAt)
  if (remote.kind === 'unavailable') return wait('Deleting', remote.retryAt)
  if (remote.kind === 'refused' || account.kind !== 'ready') return stalled('DeletionBlocked', later(now, SLOW_LOOK))
  const isRefused = failure?.reason === 'DeletionBlocked' && failure.retryAt > now
  return isRefused ? stalled('DeletionBlocked', failure.retryAt) : undefined
}

/** What was sent without an answer may be an order; it is looked for before the object is let go. */
const unknownOrder = (o: Observation, now: Date): Decision => {
  if (!o.intent?.sentAt) return letGo
  const stopped = blocked(o, now)
  if (stopped) return stopped
  if (o.remote.kind === 'unasked') return look('LookingUp', 'intent')
  // CertCentral may show an order a moment late; one that nobody ends would be paid for and forgotten.
  if (o.remote.kind === 'absent' && o.settledAt && o.settledAt > now) return wait('Deleting', o.nextSearchAt)
  if (o.remote.kind !== 'found') return letGo
  const ending = endingOf(o, { ...o.remote.order, purchase: 1 })
  return ending ? act('Deleting', ending) : letGo
}

const knownOrder = (o: Observation, known: KnownOrder, now: Date): Decision => {
  const stopped = blocked(o, now)
  if (stopped) return stopped
  // What is done cannot be undone, so it is done on a fresh word.
  if (o.remote.kind === 'unasked') return look('LookingUp', 'orderId')
  const ending = o.remote.kind === 'order' ? endingOf(o, current(o, known)) : undefined
  return ending ? act('Deleting', ending) : letGo
}

/** A resource that is going: what its policy says is done first, and nothing else. */
export const beingDeleted: Rule = (o, now) => {
  if (o.deleting === 'no') return undefined
  if (o.finalizer === 'no') return wait('Deleting', later(now, SLOW_LOOK))
  if (o.deletionPolicy === 'Retain' || o.ended === 'yes') return letGo
  const former = formerEnding(o)
  if (former) return blocked(o, now) ?? act('Deleting', former)
  return o.order ? knownOrder(o, o.order, now) : unknownOrder(o, now)
}

/** A policy that has something to do is made sure of before anything is bought; one that has not lets the object be. */
export const finalizerIsWrong: Rule = (o) => {
  const wanted = o.deletionPolicy === 'Retain' ? 'no' : 'yes'
  if (o.finalizer === wanted) return undefined
  return act('Deleting', { kind: wanted === 'yes' ? 'AddFinalizer' : 'RemoveFinalizer' })
}
