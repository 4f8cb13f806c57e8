import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../../src/api/status.ts'
import { differencesOf } from '../../../src/order/differences.ts'
import { messageOf } from '../../../src/order/messages.ts'
import { after } from '../../../src/order/progress.ts'
import { withOrder } from '../../../src/order/progress.ts'
import { report } from '../../../src/order/report.ts'
import { ready } from '../../../src/order/decision.ts'
import {
  ABOUT,
  CERTIFICATE,
  INTENT,
  NOW,
  ORDER_ID,
  aSpec,
  aStatus,
  aStored,
  anObservation,
  inDays,
} from '../../support/builders.ts'

type Order = NonNullable<OrderStatus['order']>

const statusOf = (order: Partial<Order>, changes: OrderStatus = {}): OrderStatus =>
  aStatus({ order: { id: ORDER_ID, status: 'issued', purchase: 1, ...order }, ...changes })

const asked = (certificate: NonNullable<Order['asked']>['certificate']): Partial<Order> => ({
  asked: { dnsNames: ['shop.example.com'], certificate },
})

/** A certificate of 200 days that began ten days ago. */
const STORED = aStored()

const differences = (status: OrderStatus, changes: Record<string, unknown> = {}, stored = STORED): string[] => [
  ...differencesOf(aSpec(changes), status, stored, NOW),
]

describe('the end of the certificate is held against what was asked for', () => {
  test.each<readonly [string, NonNullable<Order['asked']>['certificate'], string | undefined]>([
    ['and is as it was asked for', { days: 200 }, undefined],
    ['and may lie two days off', { days: 202 }, undefined],
    ['and is that of the plan, as page 000 has it below 365 days', { days: 90 }, 'asked for 2027-02-11'],
    ['and is that of the industry', { years: 1 }, 'asked for 2027-11-13'],
    ['and is another day', { expiresOn: '2027-05-01' }, 'asked for 2027-05-01'],
    ['and is the very day', { expiresOn: '2027-06-02' }, undefined],
    ['where nothing was asked for', {}, undefined],
  ])('%s', (_sentence, certificate, said) => {
    const all = differences(statusOf(asked(certificate)))
    if (said === undefined) expect(all).toEqual([])
    else
      expect(all).toEqual([
        `the certificate ends on 2027-06-02, and certificateValidity ${said}: DigiCert took another length, by its own limits or because it ignores the field`,
      ])
  })

  test('from the day that it came, where its CA dated it back', () => {
    const certificate = { ...CERTIFICATE, storedTime: inDays(-2).toISOString() }
    const stored = aStored({ notAfter: inDays(88) })
    expect(differences(statusOf(asked({ days: 90 }), { certificate }), {}, stored)).toEqual([])
  })

  test('but not that of the certificate before, while a reissue is under way', () => {
    const intent = { ...INTENT, purpose: 'Reissue' as const, supersedes: CERTIFICATE.serialNumber }
    expect(differences(statusOf(asked({ days: 90 }), { intent }))).toEqual([])
    expect(differences(statusOf(asked({ days: 90 })), {}, aStored({ orderId: 1 }))).toEqual([])
  })
})

describe('the CA is held against what was asked for', () => {
  test.each([
    ['and is another one', 'DF36', 'AB12', true],
    ['and is the same in other letters', 'df36', 'DF36', false],
    ['and is not shown', 'DF36', undefined, false],
    ['and was left to DigiCert', undefined, 'AB12', false],
  ])('%s', (_sentence, caCertId, shown, isSaid) => {
    const certificate = caCertId === undefined ? {} : { caCertId }
    const order = { ...asked(certificate), ...(shown === undefined ? {} : { caCertId: shown }) }
    expect(differences(statusOf(order))).toEqual(
      isSaid
        ? [
            `CA certificate AB12 issued the certificate of order ${String(ORDER_ID)}, and caCertId asked for DF36: DigiCert ignores the field where the account may not choose the CA`,
          ]
        : [],
    )
  })
})

describe('the plan is held against what was asked for', () => {
  test.each([
    ['and is shorter', '2027-11-23', true],
    ['and is as long', '2029-11-23', false],
    ['and began later', '2029-12-30', false],
  ])('%s', (_sentence, validUntil, isSaid) => {
    const order = { validUntil, asked: { dnsNames: [], validUntil: '2029-11-23' } }
    expect(differences(statusOf(order))).toEqual(
      isSaid
        ? [
            `the plan of order ${String(ORDER_ID)} ends on 2027-11-23, and was asked for until 2029-11-23: DigiCert sold a shorter one, as to an account without Multi-year Plans`,
          ]
        : [],
    )
  })
})

describe('auto_renew is read back from the order', () => {
  test.each<readonly [string, 'on' | 'off' | undefined, Record<string, unknown>, RegExp | undefined]>([
    ['and is off, as nobody asked for it', 'off', {}, undefined],
    ['and is on, and nobody asked for it', 'on', {}, /is on, and spec.renewal.byDigiCert does not ask for it/],
    [
      'and is on, against the spec',
      'on',
      { renewal: { byDigiCert: false } },
      /DigiCert would renew it, and charge for that/,
    ],
    ['and is on, as the spec asks', 'on', { renewal: { byDigiCert: true } }, undefined],
    [
      'and is off, against the spec',
      'off',
      { renewal: { byDigiCert: true } },
      /is off, and spec.renewal.byDigiCert asks for it/,
    ],
    ['and is not shown', undefined, { renewal: { byDigiCert: true } }, undefined],
  ])('%s', (_sentence, autoRenew, changes, said) => {
    const all = differences(statusOf(autoRenew === undefined ? {} : { autoRenew: autoRenew === 'on' }), changes)
    expect(all.map((one) => said?.test(one))).toEqual(said === undefined ? [] : [true])
  })
})

describe('auto_reissue that DigiCert ignores', () => {
  const ignored = (count: number): OrderStatus =>
    statusOf({ autoReissue: false, switched: { count, at: NOW.toISOString() } })
  const byDigiCert = { reissue: { by: 'DigiCert' } }

  test('is reported once it was switched twice without effect, with what to do', () => {
    expect(differences(ignored(1), byDigiCert)).toEqual([])
    expect(differences(ignored(2), byDigiCert)).toEqual([
      `automatic reissue (auto_reissue) of order ${String(ORDER_ID)} stays off though the operator switched it on: DigiCert ignores it, as in an account without Multi-year Plans, and nobody would reissue the certificate. Set spec.reissue.by: Operator`,
    ])
    expect(differences(ignored(2))).toEqual([])
  })

  test('is counted by the switches, until CertCentral shows the effect', () => {
    const once = after(statusOf({ autoReissue: false }), { kind: 'switched' }, NOW, ABOUT)
    const twice = after(once, { kind: 'switched' }, NOW, ABOUT)
    expect(twice.order?.switched).toEqual({ count: 2, at: NOW.toISOString() })
    const shown = (autoReissue: 'on' | 'off') =>
      withOrder(twice, { orderId: ORDER_ID, status: 'issued', autoReissue }, 1).order
    expect([shown('off')?.switched?.count, shown('on')?.switched]).toEqual([2, undefined])
  })

  test('is the cause of a certificate that nobody reissues', () => {
    const o = anObservation(
      {
        order: {
          orderId: ORDER_ID,
          status: 'issued',
          purchase: 1,
          autoReissue: 'off',
          switched: { count: 2, at: NOW },
        },
      },
      { reissue: { ...anObservation().reissue, autoReissue: 'on' } },
    )
    expect(messageOf('ReissueDue', o, ABOUT)).toMatch(
      /DigiCert, which does not reissue order .*Set spec.reissue.by: Operator/,
    )
  })
})

test('where no order is known, nothing came', () => {
  expect(differencesOf(aSpec(), {}, STORED, NOW)).toEqual([])
})

describe('a difference', () => {
  const difference = 'the certificate ends on 2027-06-02, and certificateValidity asked for 2027-02-11'
  const o = anObservation({ differences: [difference] })
  const reportOf = (before: OrderStatus) =>
    report(aStatus(), o, ready('Issued', inDays(1)), { before, generation: 1, about: ABOUT, now: NOW })

  test('stands in the status and in the message of the condition', () => {
    const { status } = reportOf(aStatus())
    expect(status.differences).toEqual([difference])
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(
      /good until .*\. The certificate ends on/,
    )
    const settled = report(status, anObservation(), ready('Issued', inDays(1)), {
      before: status,
      generation: 1,
      about: ABOUT,
      now: NOW,
    })
    expect(settled.status.differences).toBeUndefined()
  })

  test('is announced once', () => {
    const warning = { type: 'Warning', reason: 'IssuedOtherwise', message: difference }
    expect(reportOf(aStatus()).announce).toContainEqual(warning)
    expect(reportOf(aStatus({ differences: [difference] })).announce).not.toContainEqual(warning)
  })
})
