import type { Rule } from '../decide.ts'
import { act, look, ready, stalled, wait } from '../decision.ts'
import type { Observation } from '../observation.ts'
import { SLOW_LOOK, earliest, later } from '../schedule.ts'
import { current } from './track.ts'
import { isStored } from './words.ts'

/** How often a certificate that does not fit is fetched again before a person is called. */
const PATIENCE = 3

/** Code of the failure that no certificate in the answer belongs to the key we keep (`pki/bundle.ts`). */
const FOREIGN_KEY = 'foreign-key'

const badBefore = (o: Observation, now: Date) => {
  const { failure } = o
  if (!failure || failure.retryAt <= now) return undefined
  if (failure.reason === 'SecretRefused') return stalled('SecretRefused', failure.retryAt)
  if (failure.reason !== 'BadCertificate') return undefined
  if (failure.count < PATIENCE) return wait('BadCertificate', failure.retryAt)
  // CertCentral has been seen to answer with the PEM of another certificate; one that comes again and again is ours.
  return stalled(failure.code === FOREIGN_KEY ? 'KeyLost' : 'BadCertificate', failure.retryAt)
}

/** What comes on a token never reaches the cluster: once it is issued, there is nothing more to fetch. */
export const certificateIsOnHardware: Rule = (o) =>
  o.delivery === 'hardware' && o.order ? ready('Issued', o.nextLookAt) : undefined

/** The order has a certificate that the Secret does not hold: fetch it, unless it was bad, or refused, a moment ago. */
export const certificateIsNew: Rule = (o, now) => {
  if (!o.order) return undefined
  const order = current(o, o.order)
  if (isStored(o.stored, order)) return undefined
  const bad = badBefore(o, now)
  if (bad) return bad
  if (order.certificateId === undefined)
    return o.remote.kind === 'order' ? wait('Processing', o.nextLookAt) : look('LookingUp', 'orderId')
  return act('StoringCertificate', {
    kind: 'StoreCertificate',
    orderId: order.orderId,
    certificateId: order.certificateId,
  })
}

export const certificateHasExpired: Rule = (o, now) =>
  o.stored && o.stored.notAfter <= now ? stalled('CertificateExpired', later(now, SLOW_LOOK)) : undefined

export const reissueIsDue: Rule = (o, now) => {
  if (!o.stored) return undefined
  const due = (o.reissueAt !== undefined && o.reissueAt <= now) || o.stored.missingNames.length > 0
  return due ? ready('ReissueDue', o.nextLookAt) : undefined
}

export const certificateIsGood: Rule = (o) =>
  o.stored ? ready('Issued', earliest(o.nextLookAt, o.reissueAt)) : undefined
