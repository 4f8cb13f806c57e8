import type { Rule } from '../decide.ts'
import { type Action, type Decision, act, look, wait } from '../decision.ts'
import type { FoundRemote, KnownOrder, Observation } from '../observation.ts'
import { SLOW_LOOK, earliest, later } from '../schedule.ts'
import { current } from './track.ts'
import { isIssued } from './words.ts'

const PENDING = ['needs_approval', 'pending', 'needs_csr', 'processing', 'waiting_pickup']

type Ending = Extract<Action, { kind: 'EndOrder' }>

/** How to take back what was issued. */
const revocationOf = ({ deletionPolicy }: Observation, { orderId }: KnownOrder): Ending => ({
  kind: 'EndOrder',
  orderId,
  how: deletionPolicy === 'RevokeOrder' ? 'revoke-order' : 'revoke-certificate',
})

/** Why the deletion policy leaves an order as it is, as the end of a sentence; `undefined` where it does not. */
export const sparedFor = (
  { revokeAdopted, sharedWith }: Observation,
  { adopted }: Pick<KnownOrder, 'adopted'>,
): string | undefined => {
  if (sharedWith !== undefined) return `${sharedWith} has it as well`
  return adopted === 'yes' && revokeAdopted === 'no' ? 'it was taken over and spec.revokeAdopted is not set' : undefined
}

const isSpared = (o: Observation, order: Pick<KnownOrder, 'adopted'>): boolean => sparedFor(o, order) !== undefined

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
  const { orderId } = former
  if (deletionPolicy === 'RevokeOrder') return { kind: 'EndOrder', orderId, how: 'revoke-order' }
  return deletionPolicy === 'RevokeCertificate' ? { kind: 'EndOrder', orderId, how: 'revoke-certificate' } : undefined
}

const letGo: Decision = act('Deleting', { kind: 'RemoveFinalizer' })

type Stop = Extract<Decision, { verdict: 'wait' | 'stalled' }>

/** How long an object waits for CertCentral when its namespace is being deleted, in milliseconds. */
const PATIENCE = 25_000
/** The same while only the turn of its calls is waited for: CertCentral counts calls by windows of five minutes. */
const PATIENCE_THROTTLED = 10 * 60_000
/** How soon an object that waits sees that its namespace is being deleted too, in milliseconds. */
const NAMESPACE_LOOK = 30_000
/** The same where each look costs a call to CertCentral. */
const NAMESPACE_LOOK_WITH_CALL = 5 * 60_000

/** Until when the order of an object whose namespace is being deleted is tried to be ended. */
const triedUntil = ({ deletingSince, remote }: Observation, now: Date): Date =>
  later(
    deletingSince ?? now,
    remote.kind === 'unavailable' && remote.throttled === 'yes' ? PATIENCE_THROTTLED : PATIENCE,
  )

/** Whether the policy has something to do by what is known, which is not done when the object goes now. */
const leavesAny = (o: Observation): boolean => {
  if (formerEnding(o)) return true
  return o.order ? endingOf(o, current(o, o.order)) !== undefined : o.intent?.sentAt !== undefined
}

/** When an object that is held up looks again, at the latest: its namespace may be deleted at any time. */
const lookAgainAt = ({ remote }: Observation, { until }: Stop, now: Date): Date => {
  if (remote.kind === 'unasked') return earliest(until, later(now, NAMESPACE_LOOK))
  const isSlow = remote.kind === 'refused' || remote.kind === 'several'
  return isSlow ? earliest(until, later(now, NAMESPACE_LOOK_WITH_CALL)) : until
}

/**
 * What to do where a deletion does not go on. An object whose namespace stays waits, as a person can resolve the cause or set
 * the policy to Retain. One whose namespace is being deleted goes after a while, as it would hold up all the rest; without
 * its account at once, as nothing can be made there any more.
 */
const heldUp = (o: Observation, stop: Stop, now: Date): Decision => {
  if (o.namespace === 'unasked') return look('Deleting', 'namespace')
  if (o.namespace === 'stays') return { ...stop, until: lookAgainAt(o, stop, now) }
  const end = triedUntil(o, now)
  if (end > now && o.account.kind !== 'missing') return wait('Deleting', earliest(stop.until, end))
  return leavesAny(o) ? act('Deleting', { kind: 'LeaveOrder' }) : letGo
}

/** CertCentral does not answer, or says no: a person can set the policy to Retain, and the object goes at once. */
const stopOf = ({ remote, failure, account }: Observation, now: Date): Stop | undefined => {
  if (remote.kind === 'searching' || remote.kind === 'unavailable')
    return { verdict: 'wait', reason: 'Deleting', until: remote.retryAt }
  if (remote.kind === 'refused' || remote.kind === 'several' || account.kind !== 'ready')
    return { verdict: 'stalled', reason: 'DeletionBlocked', until: later(now, SLOW_LOOK) }
  const isRefused = failure?.reason === 'DeletionBlocked' && failure.retryAt > now
  return isRefused ? { verdict: 'stalled', reason: 'DeletionBlocked', until: failure.retryAt } : undefined
}

const blocked = (o: Observation, now: Date): Decision | undefined => {
  const stop = stopOf(o, now)
  return stop && heldUp(o, stop, now)
}

/** What another resource has is not ended, and what was found elsewhere counts as taken over. */
const endingOfFound = (o: Observation, { order, by, takenBy }: FoundRemote): Ending | undefined => {
  if (takenBy !== undefined) return undefined
  const isElsewhere = by !== undefined && by !== 'key'
  return endingOf(o, { ...order, purchase: 1, ...(isElsewhere ? { adopted: 'yes' } : {}) })
}

/** What was sent without an answer may be an order; it is looked for before the object is let go. */
const unknownOrder = (o: Observation, now: Date): Decision => {
  if (!o.intent?.sentAt) return letGo
  const stopped = blocked(o, now)
  if (stopped) return stopped
  if (o.remote.kind === 'unasked') return look('LookingUp', 'intent')
  // CertCentral may show an order a moment late; one that nobody ends would be paid for and forgotten.
  if (o.remote.kind === 'absent' && o.settledAt && o.settledAt > now)
    return heldUp(o, { verdict: 'wait', reason: 'Deleting', until: o.nextSearchAt }, now)
  const ending = o.remote.kind === 'found' ? endingOfFound(o, o.remote) : undefined
  return ending ? act('Deleting', ending) : letGo
}

const knownOrder = (o: Observation, known: KnownOrder, now: Date): Decision => {
  const stopped = blocked(o, now)
  if (stopped) return stopped
  // What is done cannot be undone, so it is done on a fresh word.
  if (o.remote.kind === 'unasked') return look('LookingUp', 'orderId')
  const ending = endingOf(o, current(o, known))
  if (!ending) return letGo
  // What CertCentral does not show cannot be ended, and may be there all the same.
  return act('Deleting', o.remote.kind === 'order' ? ending : { kind: 'LeaveOrder' })
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
