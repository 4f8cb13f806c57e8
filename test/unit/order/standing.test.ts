import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../../src/api/status.ts'
import { purchaseFaults } from '../../../src/order/purchasable.ts'
import { isDateReached, planOf, standingOf } from '../../../src/order/standing.ts'
import { CERTIFICATE, INTENT, NOW, ORDER_ID, aSpec, inDays } from '../../support/builders.ts'

const order = (more: Partial<NonNullable<OrderStatus['order']>> = {}) => ({
  id: ORDER_ID,
  status: 'issued',
  purchase: 1,
  ...more,
})
const history = [{ at: NOW.toISOString(), what: 'Ordered' as const, orderId: ORDER_ID }]

describe('the plan of an order', () => {
  test.each<readonly [string, OrderStatus, string | undefined, string | undefined]>([
    [
      'is what CertCentral says',
      { order: order({ validFrom: '2026-11-24', validUntil: '2027-11-23' }) },
      '2026-11-24',
      '2027-11-23',
    ],
    [
      'begins at the purchase, where CertCentral dates it back',
      { history, order: order({ validFrom: '2026-01-01', validUntil: '2027-11-23' }) },
      '2026-11-24',
      '2027-11-23',
    ],
    [
      'is what was asked for, until CertCentral says more',
      { history, order: order({ asked: { dnsNames: [], validUntil: '2026-12-13' } }) },
      '2026-11-24',
      '2026-12-13',
    ],
    [
      'ends no sooner than its certificate, where it may have begun when that was issued',
      {
        history,
        order: order({ certificateId: CERTIFICATE.id, asked: { dnsNames: [], validUntil: '2026-12-13' } }),
        certificate: { ...CERTIFICATE, notAfter: '2026-12-20T23:59:59Z' },
      },
      '2026-11-24',
      '2026-12-20',
    ],
    ['is what the spec asks for, where nobody noted what was', { history, order: order() }, '2026-11-24', '2027-11-23'],
    ['is not known of an order that nobody knows when it was bought', { order: order() }, undefined, undefined],
  ])('%s', (_sentence, status, start, end) => {
    const plan = planOf(aSpec(), status)
    expect([plan.start, plan.end].map((date) => date?.toISOString().slice(0, 10))).toEqual([start, end])
  })

  test('has a certificate that came when it was stored first', () => {
    const ends = { notBefore: inDays(-400), notAfter: inDays(190), serialNumber: CERTIFICATE.serialNumber }
    const certificate = { ...CERTIFICATE, storedTime: inDays(-9).toISOString() }
    const arrived = (status: OrderStatus, serialNumber = CERTIFICATE.serialNumber) =>
      standingOf(aSpec(), status, { ...ends, serialNumber }, NOW).arrived
    expect(arrived({ order: order(), certificate })).toEqual(inDays(-9))
    expect(arrived({ order: order(), certificate: CERTIFICATE })).toBeUndefined()
    // A release that noted no arrival noted the purchase.
    const history = [{ at: inDays(-8).toISOString(), what: 'Ordered' as const, orderId: ORDER_ID }]
    expect(arrived({ order: order(), certificate: CERTIFICATE, history })).toEqual(inDays(-8))
  })

  test('has a certificate that came just now where the status knows another one, or none of an order that it bought', () => {
    const ends = { notBefore: inDays(-400), notAfter: inDays(190), serialNumber: 'ff' }
    expect(standingOf(aSpec(), { order: order(), certificate: CERTIFICATE }, ends, NOW).arrived).toEqual(NOW)
    expect(standingOf(aSpec(), { order: order(), history }, ends, NOW).arrived).toEqual(NOW)
    const intent = { ...INTENT, sentAt: NOW.toISOString() }
    expect(standingOf(aSpec(), { intent }, ends, NOW).arrived).toEqual(NOW)
    expect(standingOf(aSpec(), { order: order() }, ends, NOW).arrived).toBeUndefined()
  })
})

describe('a day that the spec names for the end of the plan', () => {
  const dated = (expiresOn: string) => aSpec({ orderValidity: { expiresOn } })
  test.each<readonly [string, string, OrderStatus, boolean]>([
    ['is reached by the plan that ends on it', '2027-03-01', { order: order({ validUntil: '2027-03-01' }) }, true],
    [
      'is reached where CertCentral ends a day sooner',
      '2027-03-01',
      { order: order({ validUntil: '2027-02-28' }) },
      true,
    ],
    [
      'is reached where it was sent, whatever CertCentral made of it',
      '2029-03-01',
      { order: order({ validUntil: '2027-11-23', asked: { dnsNames: [], validUntil: '2029-03-01' } }) },
      true,
    ],
    [
      'is a new plan once it was changed to a later one',
      '2028-03-01',
      { order: order({ validUntil: '2027-03-01', asked: { dnsNames: [], validUntil: '2027-03-01' } }) },
      false,
    ],
    [
      'is reached where it was changed to an earlier one',
      '2027-01-01',
      { order: order({ validUntil: '2027-03-01', asked: { dnsNames: [], validUntil: '2027-03-01' } }) },
      true,
    ],
    ['is reached once it is over', '2026-11-24', {}, true],
  ])('%s', (_sentence, expiresOn, status, wanted) => {
    expect(isDateReached(dated(expiresOn), status, NOW)).toBe(wanted)
  })
})

describe('what cannot be bought today', () => {
  test.each<readonly [string, Record<string, unknown>, RegExp | undefined]>([
    ['a year is bought', {}, undefined],
    ['a plan that ended', { orderValidity: { expiresOn: '2026-11-12' } }, /orderValidity.expiresOn is 2026-11-12/],
    [
      'a certificate that ended',
      { certificateValidity: { expiresOn: '2026-11-24' } },
      /certificateValidity.expiresOn is 2026-11-24/,
    ],
    [
      'a certificate that outlives its plan',
      { orderValidity: { expiresOn: '2027-01-01' }, certificateValidity: { days: 90 } },
      /certificateValidity would end on 2027-02-21, after the plan/,
    ],
    [
      'renewal.before as long as the plan',
      { orderValidity: { days: 20 }, renewal: { before: '20d' } },
      /renewal.before must be shorter/,
    ],
    ['renewal.before as long as a year', { renewal: { before: '8760h0m1s' } }, /renewal.before must be shorter/],
    ['renewal.before somewhat shorter', { renewal: { before: '364d23h' } }, undefined],
    ['two days that nobody could renew', { orderValidity: { days: 2 } }, /less than 3 days/],
    ['two days that nobody renews', { orderValidity: { days: 2 }, renewal: { policy: 'Never' } }, undefined],
  ])('%s', (_sentence, changes, wanted) => {
    const faults = purchaseFaults(aSpec(changes), NOW)
    if (wanted) expect(faults).toEqual([expect.stringMatching(wanted)])
    else expect(faults).toEqual([])
  })
})
