import type { Rule } from '../decide.ts'
import { type Decision, act, look, ready, stalled, wait } from '../decision.ts'
import type { KnownIntent, KnownOrder, Observation, RemoteOrder } from '../observation.ts'
import { SLOW_LOOK, earliest, later } from '../schedule.ts'
import { foreignSecret } from './gate.ts'
import { renewal } from './renewal.ts'
import { current } from './track.ts'
import { dueLater } from './upkeep.ts'
import { isOpen } from './words.ts'

/** How long CertCentral may take to show that a switch was thrown, in milliseconds. */
const SWITCH_LAG = 60 * 60_000
/** How long a switch that had no effect is left alone: DigiCert ignores it where the account has no Multi-year Plans. */
const SWITCH_IGNORED = 23 * 60 * 60_000

/** Whether the switch was thrown so lately that it is not thrown again yet. */
const isSwitched = ({ failure, order }: Observation, now: Date): boolean => {
  const { switched } = order ?? {}
  if (failure?.reason === 'SwitchingAutoReissue' && later(failure.lastAt, SWITCH_LAG) > now) return true
  return switched !== undefined && later(switched.at, switched.count > 1 ? SWITCH_IGNORED : SWITCH_LAG) > now
}

/** The Secret holds the certificate of the next key, so that one is the key that is kept from now on. */
export const nextKeyIsInUse: Rule = (o) =>
  o.order && o.reissue.nextKey === 'in-use' ? act('Reissuing', { kind: 'PromoteKey' }) : undefined

/** The key Secret was deleted; while the Secret still holds it, it is kept again. */
export const keyIsUnkept: Rule = ({ order, stored, key, delivery, csrProblem, failure }, now) => {
  if (!order || !stored || key !== 'absent' || delivery === 'hardware') return undefined
  if (delivery === 'certificate' && csrProblem !== undefined) return undefined
  const refused = failure?.reason === 'SecretWriteDenied' && failure.retryAt > now
  return refused ? undefined : act('CreatingKey', { kind: 'CreateKey' })
}

/**
 * DigiCert and the operator must never both reissue. Judged by a fresh word only, not more than once an hour, and once a day
 * where that has no effect.
 */
export const autoReissueIsWrong: Rule = (o, now) => {
  const { autoReissue: wanted } = o.reissue
  if (!o.order || o.remote.kind !== 'order' || wanted === undefined) return undefined
  const { status, autoReissue } = o.remote.order
  if (status !== 'issued' || autoReissue === undefined || autoReissue === wanted) return undefined
  return isSwitched(o, now)
    ? undefined
    : act('SwitchingAutoReissue', { kind: 'SwitchAutoReissue', orderId: o.order.orderId, to: wanted })
}

const record = (o: Observation): Decision =>
  act('RecordingIntent', { kind: 'RecordIntent', purchase: o.order?.purchase ?? 1, purpose: 'Reissue' })

/** What an open reissue waits for, as an order does: people, then proof of control. */
const pending = (o: Observation, order: KnownOrder, now: Date): Decision => {
  const open = order.requests?.some((request) => (request.type ?? 'reissue') === 'reissue' && isOpen(request))
  if (open) return wait('AwaitingApproval', o.nextLookAt)
  if (!o.validation.since) return act('AskingValidation', { kind: 'AskValidation', orderId: order.orderId })
  const { nextCheckAt } = o.validation
  if (nextCheckAt && nextCheckAt <= now)
    return act('CheckingValidation', { kind: 'CheckValidation', orderId: order.orderId })
  return wait('AwaitingValidation', earliest(o.nextLookAt, nextCheckAt))
}

/** The refusal of a reissue, or of the Secret that it would be for, waits out its time; the old pair stays. */
const refusal = ({ failure }: Observation, now: Date): Decision | undefined => {
  if (!failure || failure.retryAt <= now) return undefined
  return failure.reason === 'ReissueRefused' || failure.reason === 'SecretWriteDenied'
    ? stalled(failure.reason, failure.retryAt)
    : undefined
}

const place = (orderId: number): Decision => act('Reissuing', { kind: 'PlaceReissue', orderId })

/** When it is looked for next; a moment later where that is due and CertCentral was asked something else just now. */
const nextSearch = ({ nextSearchAt }: Observation, now: Date): Date =>
  nextSearchAt > now ? nextSearchAt : later(now, 1000)

type Found = Extract<Observation['remote'], { kind: 'reissues' }>

/** How long the operator waits for a reissue that it did not request before it looks again, in milliseconds. */
const OTHERS_LOOK = 15 * 60_000

/** Whether what was found is the very certificate that is to be followed: a key that stays marks more than one reissue. */
const isFollowed = ({ stored, reissue: { intent } }: Observation, { ours }: Found): boolean =>
  stored !== undefined && stored.facts.id === ours?.certificateId && stored.facts.serialNumber === intent?.supersedes

/** What there is of ours, and how it stands; `undefined` where the order has to show it. */
const oursStands = (o: Observation, found: Found, now: Date): Decision | undefined => {
  const { order, ours } = found
  if (ours === undefined || isFollowed(o, found)) return undefined
  // Some lists call a certificate that was issued `approved`; one that is on its way makes its order pending.
  const isIssued = ours.status === 'approved' && order.status === 'issued'
  switch (isIssued ? 'issued' : ours.status) {
    case 'issued':
      return ours.certificateId === undefined
        ? wait('Reissuing', nextSearch(o, now))
        : act('StoringCertificate', {
            kind: 'StoreCertificate',
            orderId: order.orderId,
            certificateId: ours.certificateId,
          })
    case 'rejected':
      return o.reissue.intent?.sentAt ? stalled('ReissueRejected', later(now, SLOW_LOOK)) : undefined
    default:
      return order.status === 'reissue_pending' ? undefined : wait('Reissuing', nextSearch(o, now))
  }
}

/** The key that was to be certified is gone, or is not what the spec wants any more. */
const lacksKey = ({ reissue: { key, nextKey } }: Observation): boolean => key === 'next' && nextKey !== 'fits'

/** There is none of ours: it is asked for, unless it was a moment ago. It costs nothing, and CertCentral just said so. */
const noneStands = (o: Observation, { order }: Found, now: Date): Decision => {
  const isSettling = o.reissue.intent?.sentAt && (!o.settledAt || o.settledAt > now)
  if (isSettling) return wait('Reissuing', nextSearch(o, now))
  if (order.status !== 'issued') return wait('Reissuing', later(now, OTHERS_LOOK))
  return lacksKey(o) ? record(o) : place(order.orderId)
}

/** The list of reissues has been read, and shows whether one of them is the operator's. */
const whatWasFound = (o: Observation, now: Date): Decision => {
  const { remote } = o
  if (remote.kind === 'unasked') return look('LookingUp', 'reissues')
  // CertCentral was asked something else in this pass.
  if (remote.kind !== 'reissues') return wait('Reissuing', later(now, 1000))
  const { order, ours } = remote
  const stands = oursStands(o, remote, now)
  if (stands) return stands
  if (order.status !== 'reissue_pending') return noneStands(o, remote, now)
  const isOurs = ours !== undefined || o.reissue.intent?.sentAt !== undefined
  return isOurs ? pending(o, withPurchase(o, order), now) : wait('Reissuing', later(now, OTHERS_LOOK))
}

const withPurchase = ({ order: known }: Observation, order: RemoteOrder): KnownOrder => ({
  ...known,
  ...order,
  purchase: known?.purchase ?? 1,
})

/** Before anything is sent: words and key that fit the spec of today. */
const prepared = (o: Observation, intent: KnownIntent, now: Date): Decision | undefined => {
  if (intent.payload === 'changed') return record(o)
  const refused = refusal(o, now)
  if (refused) return refused
  if (o.key === 'foreign') return foreignSecret(now)
  return lacksKey(o) ? act('CreatingKey', { kind: 'CreateNextKey' }) : undefined
}

/** Whether the certificate that was asked for, or another one since, took the place of the old one. */
const isDone = ({ stored }: Observation, { supersedes }: KnownIntent): boolean =>
  stored !== undefined && stored.facts.serialNumber !== (supersedes ?? '')

/** A call that failed leaves a reissue where it is, and the old pair in its place. */
const callFailed = ({ remote, nextLookAt }: Observation): Decision | undefined => {
  if (remote.kind === 'unavailable')
    return wait(remote.throttled === 'yes' ? 'Throttled' : 'CertCentralUnavailable', remote.retryAt)
  return remote.kind === 'refused' ? stalled('AccountNotReady', nextLookAt) : undefined
}

/** A rejected reissue is asked for again in other words, or because a person says so. */
const isAskedAnew = ({ reissue, remote }: Observation): boolean =>
  (reissue.intent?.payload === 'changed' || reissue.cause === 'request') &&
  remote.kind === 'reissues' &&
  remote.order.status === 'issued' &&
  remote.ours?.status === 'rejected'

/** It was asked for: how it stands is in what CertCentral said last, or in the list of reissues. */
const followed = (o: Observation, known: KnownOrder, now: Date): Decision => {
  if (isAskedAnew(o)) return record(o)
  const order = current(o, known)
  if (order.status === 'reissue_pending') return pending(o, order, now)
  if (o.remote.kind === 'reissues') return whatWasFound(o, now)
  if (o.nextSearchAt <= now && o.remote.kind === 'unasked') return look('LookingUp', 'reissues')
  return wait('Reissuing', nextSearch(o, now))
}

export const reissueIsRunning: Rule = (o, now) => {
  const { intent, allowed } = o.reissue
  if (!o.order || !intent || isDone(o, intent)) return undefined
  if (!intent.sentAt && allowed === 'no') return undefined
  const failed = callFailed(o)
  if (failed) return failed
  return intent.sentAt ? followed(o, o.order, now) : (prepared(o, intent, now) ?? whatWasFound(o, now))
}

/** A reissue by DigiCert, or in the console, waits for the same people as one of ours. */
export const othersReissue: Rule = (o, now) => {
  const order = o.order && current(o, o.order)
  return order?.status === 'reissue_pending' ? (callFailed(o) ?? pending(o, order, now)) : undefined
}

/** An intent whose certificate is there has served. */
const isUnserved = (o: Observation): boolean => o.reissue.intent !== undefined && !isDone(o, o.reissue.intent)

export const reissueIsWanted: Rule = (o) => {
  const { cause, allowed } = o.reissue
  if (!o.order || isUnserved(o) || callFailed(o)) return undefined
  if (cause === undefined || allowed === 'no' || o.delivery === 'hardware') return undefined
  if (current(o, o.order).status !== 'issued') return undefined
  return cause === 'lost' || o.stored ? record(o) : undefined
}

/** How often it is looked whether a clock was set right, in milliseconds. */
const CLOCK_LOOK = 10 * 60_000

/** Money is not spent before its time by CertCentral's clock, which is asked once more before ours counts as wrong. */
const clockIsAhead = ({ account, next, remote }: Observation, now: Date): Decision | undefined => {
  if (account.kind !== 'ready' || account.aheadMs === undefined || !next) return undefined
  if (next.at <= later(now, -account.aheadMs)) return undefined
  return remote.kind === 'unasked' ? look('LookingUp', 'orderId') : stalled('ClockSkew', later(now, CLOCK_LOOK))
}

/** The end of the plan is near: a new order follows, once. */
export const renewalIsDue: Rule = (o, now) => {
  const { next, order } = o
  if (!order || o.renew !== 'Renew' || next?.action !== 'Renew' || next.at > now) return undefined
  if (isUnserved(o) || callFailed(o)) return undefined
  // Money is not spent by the end of a plan that CertCentral was not asked for.
  if (o.plan.source === 'Request' && o.remote.kind === 'unasked') return look('LookingUp', 'orderId')
  return clockIsAhead(o, now) ?? renewal(o, order.purchase + 1, now)
}

/** Taking a name away would doom the certificates that others may still serve (promise P7). */
export const namesAreHeld: Rule = (o, now) =>
  o.stored && o.reissue.heldNames.length > 0
    ? ready('NameRemovalBlocked', earliest(o.nextLookAt, dueLater(o, now)))
    : undefined
