import { describe, expect, test } from '@jest/globals'
import { type Decision, act, look, ready, wait } from '../../../src/order/decision.ts'
import { spaced } from '../../../src/order/repair.ts'
import { nextRepair, repairsForgotten } from '../../../src/order/schedule.ts'
import {
  CERTIFICATE_ID,
  type Facts,
  NOW,
  ORDER_ID,
  anObservation,
  inMinutes,
  repaired,
} from '../../support/builders.ts'

const store = (certificateId: number): Decision =>
  act('StoringCertificate', { kind: 'StoreCertificate', orderId: ORDER_ID, certificateId })
const rewrite = act('StoringCertificate', { kind: 'RewriteSecret' })
const held = wait('SecretModifiedByOthers', inMinutes(2))
const LATELY = repaired(3, 2)

describe('whatever a rule asks for', () => {
  test.each<readonly [string, Facts, Decision, Decision]>([
    ['a certificate that the Secret held before waits for its pause', LATELY, store(CERTIFICATE_ID), held],
    ['a rewrite waits for its pause', LATELY, rewrite, held],
    [
      'a repair of one that was repaired once waits as well',
      repaired(1, 2),
      rewrite,
      { ...held, reason: 'StoringCertificate' },
    ],
    ['a repair is made once its pause is over', repaired(3, 0), rewrite, rewrite],
    ['a new certificate waits for nothing', LATELY, store(CERTIFICATE_ID + 1), store(CERTIFICATE_ID + 1)],
    ['a new wish waits for nothing', repaired(3, 2, { certificateId: undefined }), rewrite, rewrite],
    ['a look waits for nothing', LATELY, look('LookingUp', 'orderId'), look('LookingUp', 'orderId')],
    [
      'a later look comes when the Secret may be repaired',
      LATELY,
      ready('Issued', inMinutes(9)),
      ready('Issued', inMinutes(2)),
    ],
    ['an earlier look stays', LATELY, ready('Issued', inMinutes(1)), ready('Issued', inMinutes(1))],
  ])('%s', (_what, facts, decision, wanted) => {
    expect(spaced(anObservation(facts), decision, NOW)).toEqual(wanted)
  })
})

describe('the pauses between repairs', () => {
  test.each([
    ['missing', [1, 2, 4, 8, 16, 30, 30, 30]],
    ['damaged', [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]],
  ] as const)('double from a second to their most where the Secret is %s', (state, seconds) => {
    const pauses = seconds.map((_, at) => (nextRepair(NOW, at + 1, state).getTime() - NOW.getTime()) / 1000)
    expect(pauses).toEqual(seconds)
    expect(nextRepair(NOW, 10_000, state)).toEqual(nextRepair(NOW, seconds.length, state))
  })

  test('are forgotten after ten minutes', () => {
    expect(repairsForgotten(NOW)).toEqual(inMinutes(10))
  })
})
