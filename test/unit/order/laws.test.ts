import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decide } from '../../../src/order/decide.ts'
import type { Decision } from '../../../src/order/decision.ts'
import type { Observation } from '../../../src/order/observation.ts'
import { anyObservation } from '../../support/any-observation.ts'
import { NOW, absent, anObservation, intended, unreachable, withAccount } from '../../support/builders.ts'

/** A law over all observations: what must be so for a decision to be allowed. */
const law = (holds: (o: Observation, decision: Decision) => boolean): void =>
  fc.assert(
    fc.property(anyObservation, (o) => holds(o, decide(o, NOW))),
    { numRuns: 4000 },
  )

const isAct = (decision: Decision, ...kinds: string[]): boolean =>
  decision.verdict === 'act' && kinds.includes(decision.action.kind)

const isRepairOf = ({ action }: Extract<Decision, { verdict: 'act' }>, certificateId: number): boolean =>
  action.kind === 'RewriteSecret' || (action.kind === 'StoreCertificate' && action.certificateId === certificateId)

const settledBySomebody = ({ intent, settledAt, account, orderAgain }: Observation): boolean => {
  if (!intent?.sentAt) return true
  const isUnique = account.kind === 'ready' && account.uniqueIds === 'yes'
  const isOver = settledAt !== undefined && settledAt <= NOW
  return isOver && (isUnique || orderAgain?.startsWith(intent.alternativeOrderId) === true)
}

const isAllowed = ({ account, target, deleting, problems }: Observation): boolean =>
  account.kind === 'ready' &&
  account.ordersLeft > 0 &&
  deleting === 'no' &&
  problems.length === 0 &&
  (target.kind === 'free' || target.kind === 'ours')

/** The plan ends soon, or has ended; and nobody forbids another one. */
const mayRenew = (o: Observation): boolean => {
  const status = o.remote.kind === 'order' ? o.remote.order.status : o.order?.status
  const isDue = o.next?.action === 'Renew' && o.next.at <= NOW
  const isForbidden = o.account.kind === 'ready' && (o.account.forbids !== undefined || o.account.ordersLeft <= 0)
  return o.renew === 'Renew' && (isDue || status === 'expired') && !isForbidden
}

describe('whatever the facts are', () => {
  test('an order is placed only where none is known, CertCentral was just asked, and nobody forbids it', () => {
    law(
      (o, decision) =>
        !isAct(decision, 'PlaceOrder') ||
        (o.order === undefined && o.intent !== undefined && o.remote.kind === 'absent' && isAllowed(o)),
    )
  })

  test('an order is placed only with a key that is kept, and the words that were written down', () => {
    law(
      (o, decision) =>
        !isAct(decision, 'PlaceOrder') ||
        (o.key !== 'absent' &&
          o.key !== 'orphaned' &&
          o.key !== 'foreign' &&
          (o.intent?.sentAt !== undefined || o.intent?.payload === 'same')),
    )
  })

  test('what was sent without an answer is sent again only when it settled and the server or a person answers for it', () => {
    law((o, decision) => !isAct(decision, 'PlaceOrder') || settledBySomebody(o))
  })

  test('another purchase begins only behind an order that is over', () => {
    law((o, decision) => {
      if (decision.verdict !== 'act' || decision.action.kind !== 'RecordIntent') return true
      if (decision.action.purchase <= (o.order?.purchase ?? o.intent?.purchase ?? 1)) return true
      if (decision.action.purpose === 'Renewal' && o.order) return mayRenew(o)
      const known = o.remote.kind === 'order' || o.remote.kind === 'found' ? o.remote.order : o.order
      return ['rejected', 'canceled', 'revoked', 'expired'].includes(known?.status ?? '')
    })
  })

  test('no Secret is repaired before its time, and what is held is looked at again by then', () => {
    law(({ repair }, decision) => {
      if (repair.certificateId === undefined || !repair.nextAt || repair.nextAt <= NOW) return true
      if ('until' in decision) return decision.until <= repair.nextAt
      const { certificateId } = repair
      return decision.verdict === 'look' || !isRepairOf(decision, certificateId)
    })
  })

  test('nothing is bought or reissued that the brake holds, unless a person let it pass', () => {
    law((o, decision) => {
      if (decision.verdict !== 'act') return true
      const { action } = decision
      const isReleased = action.kind === 'RecordIntent' && action.released === true && o.brake.release !== undefined
      if (action.kind === 'PlaceOrder') return !o.brake.purchase || o.intent?.releasedBy !== undefined
      if (action.kind === 'PlaceReissue') return !o.brake.reissue || o.reissue.intent?.releasedBy !== undefined
      if (action.kind !== 'RecordIntent') return true
      if (action.purpose === 'Reissue') return !o.brake.reissue || isReleased
      const isNext = action.purchase > (o.order?.purchase ?? o.intent?.purchase ?? action.purchase)
      return !isNext || o.renew === 'DigiCert' || !o.brake.purchase || isReleased
    })
  })

  test('nothing is written into a Secret that is not ours', () => {
    law(({ target }, decision) => !isAct(decision, 'StoreCertificate') || ['free', 'ours'].includes(target.kind))
  })

  test('CertCentral is asked at most once before something else happens', () => {
    law(({ remote }, decision) => decision.verdict !== 'look' || remote.kind === 'unasked')
  })

  test('CertCentral is not called again in the moment in which a call failed', () => {
    law(
      ({ remote }, decision) =>
        (remote.kind !== 'unavailable' && remote.kind !== 'refused') ||
        decision.verdict !== 'act' ||
        isAct(decision, 'CreateKey', 'InheritKey', 'ReplaceKey', 'RecordIntent'),
    )
  })

  test('what is not worked on now has a time at which it is looked at, and that time is to come', () => {
    law(({ nextSearchAt }, decision) => {
      if (!('until' in decision)) return true
      // A search is put off by being made; the time of the next one may lie behind us only here.
      return decision.until > NOW || decision.until === nextSearchAt
    })
  })

  test('an account without a key is asked nothing', () => {
    law(
      ({ account }, decision) =>
        account.kind === 'ready' || (decision.verdict !== 'look' && decision.verdict !== 'act'),
    )
  })
})

test('the laws would notice an order that is placed', () => {
  expect(decide(anObservation(intended(), absent, withAccount({ ordersLeft: 1 })), NOW)).toMatchObject({
    action: { kind: 'PlaceOrder' },
  })
  expect(decide(anObservation(intended(), unreachable()), NOW).verdict).toBe('wait')
})
