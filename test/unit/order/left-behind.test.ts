import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decide } from '../../../src/order/decide.ts'
import { leftBehind } from '../../../src/order/left-behind.ts'
import { messageOf } from '../../../src/order/messages.ts'
import { anyObservation } from '../../support/any-observation.ts'
import {
  ABOUT,
  ALTERNATIVE_ID,
  CERTIFICATE_ID,
  type Facts,
  NOW,
  ORDER_ID,
  absent,
  anObservation,
  failed,
  inDays,
  inMinutes,
  intended,
  ordered,
  sent,
  unreachable,
} from '../../support/builders.ts'

const going: Facts = { deleting: 'yes', finalizer: 'yes', namespace: 'terminating', deletingSince: inMinutes(-1) }
const noAccount: Facts = { account: { kind: 'missing' } }
const revoking: Facts = { deletionPolicy: 'RevokeOrder' }
const renewing: Facts = {
  ...intended({ purpose: 'Renewal', renewalOf: 5 }),
  former: { orderId: 5, certificateId: 6, notAfter: inDays(9), tryAt: NOW },
}

/** What is left, what is to be done about it by hand, and why, by the facts. */
const LEFT: readonly (readonly [what: string, facts: readonly Facts[], says: string])[] = [
  [
    'an order that is issued',
    [revoking, noAccount],
    `RevokeOrder was not carried out for order ${ORDER_ID}. In CertCentral: revoke order ${ORDER_ID}. Cause: the account does not exist`,
  ],
  [
    'its certificate alone',
    [{ deletionPolicy: 'RevokeCertificate' }, unreachable()],
    `RevokeCertificate was not carried out for order ${ORDER_ID}. In CertCentral: revoke certificate ${CERTIFICATE_ID} of order ${ORDER_ID}. Cause: the server answered 500`,
  ],
  [
    'an order that waits',
    [
      ordered('needs_approval'),
      { deletionPolicy: 'CancelPending' },
      failed('DeletionBlocked', { retryAt: inDays(1), message: 'not yours' }),
    ],
    `CancelPending was not carried out for order ${ORDER_ID}. In CertCentral: cancel order ${ORDER_ID}. Cause: not yours`,
  ],
  [
    'an order that CertCentral does not show',
    [revoking, absent],
    `RevokeOrder was not carried out for order ${ORDER_ID}. In CertCentral: revoke order ${ORDER_ID}. Cause: CertCentral does not show it to the API key`,
  ],
  [
    'the plan before, and a renewal that no answer came to',
    [
      renewing,
      { intent: intended({ purpose: 'Renewal', renewalOf: 5, sentAt: inMinutes(-2) }).intent },
      revoking,
      noAccount,
    ],
    `RevokeOrder was not carried out for order 5 and the order with the alternative order id ${ALTERNATIVE_ID}, which was sent at ${inMinutes(-2).toISOString()} without an answer. In CertCentral: revoke order 5; look for that id, and cancel or revoke the order where there is one. Cause: the account does not exist`,
  ],
  [
    'what no answer came to',
    [sent(5), absent, revoking],
    `RevokeOrder was not carried out for the order with the alternative order id ${ALTERNATIVE_ID}, which was sent at ${inMinutes(-10).toISOString()} without an answer. In CertCentral: look for that id, and cancel or revoke the order where there is one. Cause: CertCentral does not show it yet`,
  ],
]

describe('what is left in CertCentral of an object that goes with its namespace is said of', () => {
  test.each(LEFT)('%s', (_what, facts, says) => {
    const o = anObservation(...facts, going)
    expect(decide(o, NOW)).toMatchObject({ verdict: 'act', action: { kind: 'LeaveOrder' } })
    expect(leftBehind(o, ABOUT)).toBe(`DigiCertOrder shop/shop was deleted, and spec.deletionPolicy ${says}`)
  })

  test('anything, in words that hold no gap', () => {
    let left = 0
    fc.assert(
      fc.property(anyObservation, fc.constantFrom('CancelPending', 'RevokeCertificate', 'RevokeOrder'), (o, policy) => {
        const seen = { ...o, ...going, deletionPolicy: policy } as typeof o
        const decision = decide(seen, NOW)
        if (decision.verdict !== 'act' || decision.action.kind !== 'LeaveOrder') return
        left += 1
        expect(leftBehind(seen, ABOUT)).toMatch(
          / for (the )?order .+\. In CertCentral: (cancel|revoke|look) .+\. Cause: ./,
        )
        expect(leftBehind(seen, ABOUT)).not.toMatch(/undefined|NaN|Invalid Date/)
      }),
      { numRuns: 3000 },
    )
    expect(left).toBeGreaterThan(300)
  })
})

test('an object that is tried to be ended while its namespace goes says what it waits for', () => {
  const o = anObservation(going, revoking, unreachable(), { deletingSince: NOW })
  expect(messageOf('Deleting', o, ABOUT)).toMatch(
    new RegExp(
      `^The namespace is being deleted, and order ${ORDER_ID} is not ended yet as .*: the server answered 500\\. `,
    ),
  )
})
