import type { Rule } from '../decide.ts'
import { act, look, ready, stalled, wait } from '../decision.ts'
import type { Observation } from '../observation.ts'
import { isFoughtOver, repairHeldUntil, waitForRepair } from '../repair.ts'
import { SLOW_LOOK, earliest, later } from '../schedule.ts'
import { current } from './track.ts'
import { PATIENCE, isForeignForGood, isStored } from './words.ts'

/** Whether the Secret holds something that nobody touched, of whatever certificate. */
const isWhole = ({ stored }: Observation): boolean => stored !== undefined && stored.harmed === undefined

const badBefore = (o: Observation, now: Date) => {
  const { failure } = o
  if (!failure || failure.retryAt <= now) return undefined
  if (failure.reason === 'SecretWriteDenied') return stalled('SecretWriteDenied', failure.retryAt)
  if (failure.reason !== 'BadCertificate') return undefined
  if (failure.count < PATIENCE) return wait('BadCertificate', failure.retryAt)
  if (!isForeignForGood(failure)) return stalled('BadCertificate', failure.retryAt)
  return stalled(isWhole(o) ? 'ReissuedElsewhere' : 'PrivateKeyMissing', failure.retryAt)
}

/** Whether the Secret still holds the certificate of an order before this one. */
const holdsAnother = ({ stored, order }: Observation): boolean =>
  stored?.orderId !== undefined && stored.orderId !== order?.orderId

/** A reissue with our own key is under way, or about to be, in place of a certificate that nobody here can use. */
const isMendedByReissue = (o: Observation): boolean => {
  const { allowed, cause, intent } = o.reissue
  if (allowed === 'no') return false
  if (cause === 'lost' || intent?.supersedes === '' || (intent && holdsAnother(o))) return true
  return isForeignForGood(o.failure) && (cause !== undefined || intent !== undefined)
}

/** What comes on a token never reaches the cluster: once it is issued, there is nothing more to fetch. */
export const certificateIsOnHardware: Rule = (o) =>
  o.delivery === 'hardware' && o.order ? ready('Issued', o.nextLookAt) : undefined

/** The order has a certificate that the Secret does not hold: fetch it, unless it was bad, or refused, a moment ago. */
export const certificateIsNew: Rule = (o, now) => {
  if (!o.order) return undefined
  const order = current(o, o.order)
  if (isStored(o.stored, order)) return undefined
  if (isMendedByReissue(o)) return undefined
  // A pending reissue may be shown before there is anything to fetch; what is stored stays until there is.
  if (order.status === 'reissue_pending' && isWhole(o)) return undefined
  const bad = badBefore(o, now)
  if (bad) return bad
  const held = order.certificateId === o.repair.certificateId ? repairHeldUntil(o, now) : undefined
  if (held) return waitForRepair(o, held)
  if (order.certificateId === undefined)
    return o.remote.kind === 'order' ? wait('Processing', o.nextLookAt) : look('LookingUp', 'orderId')
  return act('StoringCertificate', {
    kind: 'StoreCertificate',
    orderId: order.orderId,
    certificateId: order.certificateId,
  })
}

/** How often it is looked whether the password of a keystore has come, in milliseconds. */
const PASSWORD_LOOK = 10 * 60_000

/**
 * What else the Secret holds follows its certificate and the spec, whatever its order waits for. It asks nobody. Where others
 * changed it a moment ago as well, the order goes on meanwhile: the pair is good.
 */
export const outputsAreStale: Rule = (o, now) => {
  const { outputs, stored, failure } = o
  if (outputs.stale === 'no' || stored?.harmed !== undefined || repairHeldUntil(o, now)) return undefined
  const refused = failure?.reason === 'SecretWriteDenied' && failure.retryAt > now
  return stored && !refused ? act('StoringCertificate', { kind: 'RewriteSecret' }) : undefined
}

/** A good certificate whose Secret lacks what else it should hold. */
export const outputsAreLacking: Rule = (o, now) => {
  if (!o.stored) return undefined
  const soon = earliest(later(now, PASSWORD_LOOK), o.nextLookAt, dueLater(o, now))
  if (o.outputs.stale === 'yes' && o.failure?.reason === 'SecretWriteDenied') return ready('SecretWriteDenied', soon)
  return o.outputs.problem === undefined ? undefined : ready('KeystorePasswordMissing', soon)
}

/** The Secret is whole, and others have changed or deleted it again and again: the operator reports that until they leave it alone. */
export const secretIsFoughtOver: Rule = (o, now) =>
  o.stored && isFoughtOver(o)
    ? ready('SecretModifiedByOthers', earliest(o.nextLookAt, o.repair.forgottenAt, dueLater(o, now)))
    : undefined

/** Asked when all else of the order rests. */
export const validityIsUnknown: Rule = (o, now) => {
  const { order, validity, remote } = o
  if (!order || !['unasked', 'order'].includes(remote.kind) || current(o, order).status !== 'issued') return undefined
  return validity.checkAt && validity.checkAt <= now
    ? act('LookingUp', { kind: 'CheckValidity', orderId: order.orderId })
    : undefined
}

/** A key that may not read the order any more would let whatever becomes of it go unseen. */
export const lookWasRefused: Rule = (o, now) => {
  const reason = o.failure?.reason
  if (!o.stored || (reason !== 'OrderNotReadable' && reason !== 'OrderNotVisible')) return undefined
  return ready(reason, earliest(o.nextLookAt, dueLater(o, now)))
}

/** Warns people before the next certificate waits for them. */
export const validationWillLapse: Rule = (o, now) =>
  o.stored && o.validity.lapses.length > 0
    ? ready('ValidationLapsing', earliest(o.nextLookAt, dueLater(o, now)))
    : undefined

export const certificateHasExpired: Rule = (o, now) =>
  o.stored && o.stored.notAfter <= now
    ? stalled('CertificateExpired', earliest(later(now, SLOW_LOOK), dueLater(o, now)))
    : undefined

/** Names that a reissue would add wait for the next day of the account; the certificate there is stays. */
const namesWait = ({ account, stored }: Observation): Date | undefined =>
  account.kind === 'ready' && account.nameChangesLeft <= 0 && (stored?.missingNames.length ?? 0) > 0
    ? account.limitEnds
    : undefined

export const reissueIsDue: Rule = (o, now) => {
  if (!o.stored) return undefined
  const limitEnds = namesWait(o)
  if (limitEnds) return ready('NameChangeLimitReached', earliest(limitEnds, o.nextLookAt))
  const isDue = o.next?.action === 'Look' && o.next.at <= now
  return isDue || o.stored.missingNames.length > 0 ? ready('ReissueDue', o.nextLookAt) : undefined
}

/** When something is due, if it is still to come: what could not be done when it was due waits for the next look. */
export const dueLater = ({ next }: Observation, now: Date): Date | undefined =>
  next && next.at > now ? next.at : undefined

export const certificateIsGood: Rule = (o, now) =>
  o.stored ? ready('Issued', earliest(o.nextLookAt, dueLater(o, now))) : undefined
