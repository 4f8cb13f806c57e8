import { isDeepStrictEqual } from 'node:util'
import { describe, expect, jest, test } from '@jest/globals'
import { ORDER_REASONS } from '../../src/api/reasons.ts'
import { decide } from '../../src/order/decide.ts'
import type { Action, Decision } from '../../src/order/decision.ts'
import type { Observation } from '../../src/order/observation.ts'
import { UNREPAIRED } from '../support/builders.ts'
import {
  ADOPTING,
  BEFORE,
  BESIDE,
  BUYING,
  ENDING,
  OUTPUTS,
  FOLLOWING,
  FOUGHT_OVER,
  HEARING,
  HELD_UP,
  LEAVING,
  NOW,
  REISSUING,
  type Sets,
  combinations,
} from './observations.ts'

const GIVING_UP = (o: Observation): string =>
  (o.intent?.sends ?? 1) > 1
    ? `${o.intent?.alternativeOrderId ?? ''}-${String(o.intent?.sends)}`
    : (o.intent?.alternativeOrderId ?? '')

const actionOf = (decision: Decision): Action['kind'] | undefined =>
  decision.verdict === 'act' ? decision.action.kind : undefined

type Ending = Extract<Action, { kind: 'EndOrder' }>

type Law = { name: string; holds: (o: Observation, decision: Decision) => boolean }

const only =
  (kind: Action['kind'], when: (o: Observation) => boolean): Law['holds'] =>
  (o, decision) =>
    actionOf(decision) !== kind || when(o)

const mayBuy = (o: Observation): boolean => o.account.kind === 'ready' && o.account.ordersLeft > 0

const isReleased = (o: Observation): boolean =>
  (o.account.kind === 'ready' && o.account.uniqueIds === 'yes') || o.orderAgain === GIVING_UP(o)

const isSettled = (o: Observation): boolean => o.settledAt !== undefined && o.settledAt <= NOW

const isWhole = ({ stored }: Observation): boolean => stored !== undefined && stored.harmed === undefined

const isGood = (o: Observation): boolean =>
  o.order?.status === 'issued' &&
  o.stored !== undefined &&
  o.stored.harmed === undefined &&
  o.stored.orderId === o.order.orderId &&
  (o.order.certificateId === undefined || o.stored.facts.id === o.order.certificateId) &&
  o.stored.notAfter > NOW

const mayTurnTo = (decision: Decision): boolean =>
  decision.verdict === 'ready' || decision.verdict === 'look' || actionOf(decision) === 'StoreCertificate'

/** The plan is about to end, the account may buy, and CertCentral answers. */
const endsSoon = (o: Observation): boolean =>
  o.renew === 'Renew' &&
  o.next?.action === 'Renew' &&
  o.next.at.getTime() <= NOW.getTime() - aheadOf(o) &&
  mayBuy(o) &&
  !hasFailed(o)

/** By how much our clock is ahead of CertCentral's: what is due by ours alone must not be bought. */
const aheadOf = ({ account }: Observation): number => (account.kind === 'ready' ? (account.aheadMs ?? 0) : 0)

/** DigiCert renewed the order, as the spec asks. */
const isFollowed = ({ renew, remote }: Observation): boolean =>
  renew === 'DigiCert' && remote.kind === 'order' && remote.order.renewedBy !== undefined

const hasFailed = ({ remote }: Observation): boolean => ['unavailable', 'refused'].includes(remote.kind)

/** What may be done for a good certificate besides leaving it alone, and does not touch it. */
const isUpkeep = (o: Observation, decision: Decision): boolean => {
  const kind = actionOf(decision)
  if (kind === 'CreateKey') return o.key === 'absent'
  if (kind === 'RewriteSecret') return o.outputs.stale === 'yes'
  if (kind === 'CheckValidity') return o.validity.checkAt !== undefined && o.validity.checkAt <= NOW
  if (kind === 'RecordIntent') return endsSoon(o) || isFollowed(o) || o.reissue.cause !== undefined
  return o.next?.action === 'Renew' && ['DeniedByPolicy', 'OrderLimitReached', 'ClockSkew'].includes(decision.reason)
}

const isOfFinalizer = (decision: Decision): boolean =>
  ['AddFinalizer', 'RemoveFinalizer'].includes(actionOf(decision) ?? '')

/** The policies by which each ending may happen. */
const REVOKING: Readonly<Record<Ending['how'], readonly Observation['deletionPolicy'][]>> = {
  cancel: ['CancelPending', 'RevokeCertificate', 'RevokeOrder'],
  'revoke-certificate': ['RevokeCertificate'],
  'revoke-order': ['RevokeOrder'],
}

/** Whether an object whose namespace goes was tried to be ended for long enough. */
const isOutOfTime = ({ account, deletingSince }: Observation): boolean =>
  account.kind === 'missing' || (deletingSince !== undefined && deletingSince.getTime() + 25_000 <= NOW.getTime())

const PENDING = ['needs_approval', 'pending', 'needs_csr', 'processing', 'waiting_pickup']

/** Whether the policy asks for an end of the order, by the last word of it. */
const isToBeEnded = ({ order, remote, deletionPolicy }: Observation): boolean => {
  const status = order && (remote.kind === 'order' ? remote.order : order).status
  if (status === undefined) return false
  return (
    PENDING.includes(status) || (deletionPolicy === 'RevokeOrder' && ['issued', 'reissue_pending'].includes(status))
  )
}

/** Whether something was sent of which nobody knows what became of it. */
const mayExist = ({ order, intent, remote }: Observation): boolean =>
  order === undefined &&
  intent?.sentAt !== undefined &&
  ['unasked', 'unavailable', 'refused', 'searching', 'several'].includes(remote.kind)

/** Another write of a certificate that the Secret held before. */
const isRepair = ({ repair }: Observation, decision: Decision): boolean => {
  if (decision.verdict !== 'act') return false
  const { action } = decision
  if (action.kind === 'RewriteSecret') return true
  return action.kind === 'StoreCertificate' && action.certificateId === repair.certificateId
}

/** Whether two decisions lead to the same step; waiting is one, however it is said. */
const isSameStep = (one: Decision, other: Decision): boolean =>
  one.verdict === 'act' || one.verdict === 'look' || other.verdict === 'act' || other.verdict === 'look'
    ? isDeepStrictEqual(one, other)
    : true

const isListed = (o: Observation): boolean => o.remote.kind === 'reissues' && o.remote.order.status === 'issued'

const LAWS: readonly Law[] = [
  {
    name: 'what DigiCert renews is not bought beside it',
    holds: only('PlaceOrder', (o) => o.renew !== 'DigiCert' || o.intent?.purpose !== 'Renewal' || !!o.intent.sentAt),
  },
  {
    name: 'a Secret is written anew only around a good pair of ours',
    holds: only(
      'RewriteSecret',
      (o) => o.target.kind === 'ours' && o.outputs.stale === 'yes' && o.stored?.harmed === undefined && !!o.stored,
    ),
  },
  {
    name: 'a missing password holds up nothing but a first order',
    holds: (o, decision) =>
      decision.verdict !== 'stalled' || decision.reason !== 'KeystorePasswordMissing' || o.everIssued === 'no',
  },
  {
    name: 'whoever waits comes back later than now',
    holds: (_o, decision) => !('until' in decision) || decision.until > NOW,
  },
  {
    name: 'no Secret is repaired before its time, and what is held is looked at again by then',
    holds: (o, decision) => {
      const heldUntil = o.repair.certificateId === undefined ? undefined : o.repair.nextAt
      if (!heldUntil || heldUntil <= NOW) return true
      if ('until' in decision) return decision.until <= heldUntil
      return !isRepair(o, decision)
    },
  },
  {
    name: 'a fight over a Secret with a good pair changes nothing that is bought, reissued or asked',
    holds: (o, decision) =>
      o.repair.count === 0 ||
      !isGood(o) ||
      isRepair(o, decision) ||
      isSameStep(decision, decide({ ...o, repair: UNREPAIRED, outputs: { ...o.outputs, stale: 'no' } }, NOW)),
  },
  {
    name: 'an order is placed only where nothing stands against it',
    holds: only(
      'PlaceOrder',
      (o) =>
        mayBuy(o) &&
        ['free', 'ours'].includes(o.target.kind) &&
        // The first POST may have arrived with the key that is kept: it stays, whatever the spec wishes by now.
        (o.key === 'fits' || (o.key === 'misfits' && o.intent?.sentAt !== undefined)) &&
        o.remote.kind === 'absent' &&
        !o.order,
    ),
  },
  {
    name: 'guard rails forbid whatever was not sent yet',
    holds: only(
      'PlaceOrder',
      (o) => o.account.kind === 'ready' && (o.account.forbids === undefined || o.intent?.sentAt !== undefined),
    ),
  },
  {
    name: 'an order is placed only by an intent that says what is bought',
    holds: only(
      'PlaceOrder',
      (o) => o.intent !== undefined && (o.intent.payload === 'same' || o.intent.sentAt !== undefined),
    ),
  },
  {
    name: 'what was sent is sent again only after the time to settle, and where ids are unique or a person said so',
    holds: only('PlaceOrder', (o) => o.intent?.sentAt === undefined || (isSettled(o) && isReleased(o))),
  },
  {
    name: 'what was sent keeps its intent until CertCentral shows an order that is over',
    holds: only('RecordIntent', (o) => !o.intent?.sentAt || o.order !== undefined || o.remote.kind === 'found'),
  },
  {
    name: 'a further purchase is only recorded after an order that is over, or where its plan ends',
    holds: (o, decision) =>
      decision.verdict !== 'act' ||
      decision.action.kind !== 'RecordIntent' ||
      decision.action.purchase === 1 ||
      (decision.action.purpose === 'Renewal' && (endsSoon(o) || isFollowed(o))) ||
      [o.order, o.remote.kind === 'order' || o.remote.kind === 'found' ? o.remote.order : undefined].some((order) =>
        ['rejected', 'canceled', 'revoked', 'expired'].includes(order?.status ?? ''),
      ),
  },
  { name: 'only an order that was found is taken over', holds: only('AdoptOrder', (o) => o.remote.kind === 'found') },
  {
    name: 'only the certificate of a known order is stored, and none that is on hardware',
    holds: only('StoreCertificate', (o) => (!!o.order || !!o.former) && o.delivery !== 'hardware'),
  },
  {
    name: 'the certificate of the plan before comes back only while it is good, and nothing newer is there',
    holds: (o, decision) =>
      decision.verdict !== 'act' ||
      decision.action.kind !== 'StoreCertificate' ||
      decision.action.orderId !== o.former?.orderId ||
      (o.former.notAfter > NOW && o.order?.status !== 'issued' && !isWhole(o)),
  },
  {
    name: 'an order is placed with a CSR of somebody else only where it is good, or was sent before',
    holds: only('PlaceOrder', (o) => o.csrProblem === undefined || o.intent?.sentAt !== undefined),
  },
  {
    name: 'nothing is done for a resource that is invalid, or whose Secret is not its own, but for its finalizer',
    holds: (o, decision) =>
      o.deleting === 'yes' ||
      (o.problems.length === 0 && ['free', 'ours'].includes(o.target.kind)) ||
      !['act', 'look'].includes(decision.verdict) ||
      isOfFinalizer(decision),
  },
  {
    name: 'a resource that is going is only ended, and let go',
    holds: (o, decision) =>
      o.deleting === 'no' ||
      decision.verdict !== 'act' ||
      (o.finalizer === 'yes' && ['EndOrder', 'RemoveFinalizer', 'LeaveOrder'].includes(decision.action.kind)),
  },
  {
    name: 'an order that the policy would end is left only with a namespace, after a while, or where CertCentral hides it',
    holds: only(
      'LeaveOrder',
      (o) =>
        o.deletionPolicy !== 'Retain' &&
        o.ended !== 'yes' &&
        ((o.order !== undefined && o.remote.kind === 'absent') || (o.namespace === 'terminating' && isOutOfTime(o))),
    ),
  },
  {
    name: 'an order that the policy would end, or that may exist, is never let go without a word',
    holds: only(
      'RemoveFinalizer',
      (o) =>
        o.deleting === 'no' || o.deletionPolicy === 'Retain' || o.ended === 'yes' || !(isToBeEnded(o) || mayExist(o)),
    ),
  },
  {
    name: 'the namespace is asked for at most once, and only where a deletion does not go on',
    holds: (o, decision) =>
      decision.verdict !== 'look' ||
      decision.by !== 'namespace' ||
      (o.namespace === 'unasked' && o.deleting === 'yes' && o.finalizer === 'yes' && o.deletionPolicy !== 'Retain'),
  },
  {
    name: 'an object whose namespace goes never waits for a person',
    holds: (o, decision) => o.namespace !== 'terminating' || decision.verdict !== 'stalled',
  },
  {
    name: 'an order is ended once, for a resource that goes, by its policy, on a fresh word',
    holds: (o, decision) => {
      if (decision.verdict !== 'act' || decision.action.kind !== 'EndOrder') return true
      const isFormer = decision.action.orderId === o.former?.orderId
      const isFirst = o.ended === 'no' || (o.ended === 'former' && !isFormer)
      const isFresh = isFormer || ['order', 'found'].includes(o.remote.kind)
      return o.deleting === 'yes' && o.deletionPolicy !== 'Retain' && isFirst && isFresh
    },
  },
  {
    name: 'what was issued is revoked only by a policy that says so',
    holds: (o, decision) =>
      decision.verdict !== 'act' ||
      decision.action.kind !== 'EndOrder' ||
      REVOKING[decision.action.how].includes(o.deletionPolicy),
  },
  {
    name: 'a policy of Retain never holds a resource back',
    holds: (o, decision) =>
      o.deleting === 'no' ||
      o.deletionPolicy !== 'Retain' ||
      o.finalizer === 'no' ||
      actionOf(decision) === 'RemoveFinalizer',
  },
  {
    name: 'a resource that is suspended is left alone',
    holds: (o, decision) =>
      o.suspended === 'no' || o.deleting === 'yes' || decision.verdict !== 'act' || isOfFinalizer(decision),
  },
  {
    name: 'nothing is bought where an order is to be taken over, and another resource has none of it',
    holds: (o, decision) =>
      o.adopt === undefined ||
      o.intent?.sentAt !== undefined ||
      o.order !== undefined ||
      (actionOf(decision) !== 'PlaceOrder' && (actionOf(decision) !== 'AdoptOrder' || o.adopt.takenBy === undefined)),
  },
  {
    name: 'CertCentral is asked at most once, and only with an account',
    holds: (o, decision) =>
      decision.verdict !== 'look' ||
      decision.by === 'namespace' ||
      (o.remote.kind === 'unasked' && o.account.kind === 'ready'),
  },
  {
    name: 'a key is made or replaced only where the cluster did not just refuse one',
    holds: only('CreateKey', (o) => !(o.failure?.reason === 'SecretWriteDenied' && o.failure.retryAt > NOW)),
  },
  {
    name: 'the key of what was sent is not replaced',
    holds: only('ReplaceKey', (o) => !o.intent?.sentAt && !o.order),
  },
  {
    name: 'a reissue is asked for only when the list was read, shows none of ours, and a key is kept for it',
    holds: only(
      'PlaceReissue',
      (o) =>
        isListed(o) &&
        o.remote.kind === 'reissues' &&
        (o.remote.ours === undefined || (o.remote.ours.status === 'rejected' && !o.reissue.intent?.sentAt)) &&
        (o.reissue.key === 'current' || o.reissue.nextKey === 'fits'),
    ),
  },
  {
    name: 'a reissue that was asked for is asked for again only after the time to settle',
    holds: only('PlaceReissue', (o) => !o.reissue.intent?.sentAt || isSettled(o)),
  },
  {
    name: 'a next key is made only before it was sent anywhere, and kept once it is in use',
    holds: only('CreateNextKey', (o) => !o.reissue.intent?.sentAt && o.reissue.nextKey !== 'in-use'),
  },
  {
    name: 'nothing is reissued that the spec forbids',
    holds: only('PlaceReissue', (o) => o.reissue.allowed === 'yes' || o.reissue.intent?.sentAt !== undefined),
  },
  {
    name: 'a good certificate stays ready, unless CertCentral says something new',
    holds: (o, decision) =>
      !isGood(o) ||
      o.deleting === 'yes' ||
      o.suspended === 'yes' ||
      isOfFinalizer(decision) ||
      o.problems.length > 0 ||
      o.account.kind !== 'ready' ||
      o.key === 'orphaned' ||
      ['order', 'absent'].includes(o.remote.kind) ||
      mayTurnTo(decision) ||
      decision.reason === 'HeldByBrake' ||
      isUpkeep(o, decision) ||
      o.reissue.intent !== undefined ||
      o.reissue.nextKey === 'in-use',
  },
]

const SETS: readonly (readonly [name: string, sets: Sets])[] = [
  ['before anything is bought', BEFORE],
  ['while it is bought', BUYING],
  ['while it is followed', FOLLOWING],
  ['when CertCentral tells of it', HEARING],
  ['in the life of a plan', REISSUING],
  ['beside another cluster, or a limit', BESIDE],
  ['with more in the Secret', OUTPUTS],
  ['while others fight over the Secret', FOUGHT_OVER],
  ['at the end of a plan', ENDING],
  ['when its resource goes', LEAVING],
  ['when its resource goes, and is held up', HELD_UP],
  ['when it is taken over', ADOPTING],
]

const reached = new Set<string>()

const digest = (o: Observation, decision: Decision): string => JSON.stringify({ decision, o })

jest.setTimeout(300_000)

describe('every observation that can be', () => {
  test.each(SETS)('%s leads to a decision that keeps the laws', (name, sets) => {
    const broken = new Map<string, string>()
    let count = 0
    for (const o of combinations(sets)) {
      count += 1
      const decision = decide(o, NOW)
      reached.add(decision.reason)
      for (const law of LAWS) if (!law.holds(o, decision)) broken.set(law.name, digest(o, decision))
    }
    console.log(`${name}: ${String(count)} observations`)
    expect([...broken]).toEqual([])
    expect(count).toBeGreaterThan(1000)
  })

  test('every reason of a condition is reached by some of them', () => {
    expect(Object.keys(ORDER_REASONS).filter((reason) => !reached.has(reason))).toEqual([])
  })
})
