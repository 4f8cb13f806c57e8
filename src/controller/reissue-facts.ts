import type { OrderSpec } from '../api/order.ts'
import type { OrderStatus } from '../api/status.ts'
import { RELEASE_BRAKE } from '../api/names.ts'
import { isReleased } from '../order/brake.ts'
import { type Step, nextStep } from '../order/plan.ts'
import { autoReissueOf, causeOf, habitsOf } from '../order/reissue.ts'
import { isForeignForGood } from '../order/rules/words.ts'
import type { Failure, KnownIntent, ReissueFact, Stored } from '../order/observation.ts'
import { askedOf } from './asked.ts'
import { dateOf } from './dates.ts'
import type { Gathered } from './gather.ts'
import { standingOf } from '../order/standing.ts'
import type { ReissueMark } from './remote.ts'

/** Whether the Secret still holds the certificate of an order before this one. */
const isOfAnother = ({ orderId }: Stored, { order }: OrderStatus): boolean =>
  orderId !== undefined && orderId !== order?.id

/** What is due next for the certificate at hand. */
export const nextOf = (
  { order }: Gathered,
  status: OrderStatus,
  { stored, now }: Pick<ReissueSources, 'stored' | 'now'>,
): Step | undefined => {
  if (!stored || isOfAnother(stored, status) || !status.order) return undefined
  const { notBefore, notAfter, facts } = stored
  const standing = standingOf(order.spec, status, { notBefore, notAfter, serialNumber: facts.serialNumber }, now)
  const released = { isReleased: isReleased(order.metadata.annotations?.[RELEASE_BRAKE], status) }
  return nextStep(standing, { ...habitsOf(order.spec, order.metadata.uid ?? ''), ...released })
}

/** Whether a person asked for a reissue that was not made yet. */
const isRequested = ({ order }: Gathered, { lastHandledReissueRequestedAt }: OrderStatus): boolean => {
  const { reissue } = askedOf(order)
  return reissue !== undefined && reissue !== lastHandledReissueRequestedAt
}

/**
 * Which key a reissue is made with: another one, unless the spec wants to keep it or no certificate was ever made with
 * the one that is kept.
 */
const keyFor = (gathered: Gathered, stored: Stored | undefined): 'current' | 'next' => {
  const { order, key, nextKey } = gathered
  const isUnused = key.state === 'fits' && stored?.fingerprint !== key.fingerprint && nextKey.state === 'absent'
  return isUnused || mayStay(gathered, order.spec) ? 'current' : 'next'
}

/** Whether the key that is kept may be certified once more: by the spec, or because nobody handed in another CSR. */
const mayStay = ({ key, givenCsr }: Gathered, { csrSecretRef, privateKey }: OrderSpec): boolean =>
  csrSecretRef
    ? key.state !== 'misfits' || givenCsr?.kind !== 'good'
    : key.state === 'fits' && privateKey.rotationPolicy === 'Never'

const nextKeyOf = ({ nextKey }: Gathered, stored: Stored | undefined): ReissueFact['nextKey'] => {
  if (nextKey.state === 'orphaned' || nextKey.state === 'foreign') return 'absent'
  const isInUse = nextKey.fingerprint !== undefined && stored?.fingerprint === nextKey.fingerprint
  return isInUse ? 'in-use' : nextKey.state
}

/** Whether the certificate of the order was made with a key that is not ours. */
const isForeign = (failure: Failure | undefined): boolean =>
  failure?.reason === 'PrivateKeyMissing' || isForeignForGood(failure)

export type ReissueSources = {
  stored: Stored | undefined
  next: Step | undefined
  failure: Failure | undefined
  intent: KnownIntent | undefined
  now: Date
}

/** Everything about a reissue that a decision looks at. */
export const reissueFact = (gathered: Gathered, status: OrderStatus, sources: ReissueSources): ReissueFact => {
  const { order, names, traits, key } = gathered
  const { stored, next, failure, intent, now } = sources
  const wishes = {
    ...{ spec: order.spec, asked: status.order?.asked, traits, names, key: key.state },
    stored: stored && !isOfAnother(stored, status) ? stored : undefined,
    ...{ isForeign: isForeign(failure), isRequested: isRequested(gathered, status), next, now },
  }
  return {
    cause: status.order ? causeOf(wishes) : undefined,
    allowed: order.spec.reissue?.by === 'Never' ? 'no' : 'yes',
    heldNames: names.held,
    intent: intent?.purpose === 'Reissue' ? intent : undefined,
    key: keyFor(gathered, stored),
    nextKey: nextKeyOf(gathered, stored),
    autoReissue: autoReissueOf(order.spec),
  }
}

/** By what our reissue is known in CertCentral's list: a key that was made for it, or an old one since the intent. */
export const reissueMark = (gathered: Gathered, { intent }: OrderStatus): ReissueMark => {
  const { key, nextKey, order } = gathered
  const next = nextKey.fingerprint
  const isNew = next !== undefined && order.spec.privateKey.rotationPolicy === 'Always'
  return { fingerprint: next ?? key.fingerprint, since: isNew ? undefined : dateOf(intent?.recordedAt) }
}
