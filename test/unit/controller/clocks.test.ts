import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../../src/api/status.ts'
import { clockAhead } from '../../../src/controller/clocks.ts'
import { NOW, inDays } from '../../support/builders.ts'

const DAY = 86_400_000

/** An order that was bought so many days ago by our clock. */
const bought = (daysAgo: number, what: 'Ordered' | 'Renewed' | 'Adopted' = 'Renewed'): OrderStatus => ({
  order: { id: 7, status: 'issued', purchase: 2 },
  history: [
    { at: inDays(-400).toISOString(), what: 'Ordered', orderId: 5 },
    { at: inDays(-daysAgo).toISOString(), what, orderId: 7 },
    { at: inDays(0).toISOString(), what: 'Reissued', orderId: 7 },
  ],
})

/** Its certificate began 170 days ago, and it is due after 160 of them. */
const due = (changes: object = {}) =>
  ({
    ...{ next: { action: 'Renew', at: inDays(-10), why: '' }, stored: { notBefore: inDays(-170) }, now: NOW },
    ...{ aheadMs: 170 * DAY, ...changes },
  }) as Parameters<typeof clockAhead>[1]

describe('our clock is ahead of CertCentral’s', () => {
  test.each<readonly [string, OrderStatus, Parameters<typeof clockAhead>[1], number | undefined]>([
    ['where what was just bought is due', bought(0), due(), 170 * DAY],
    ['where what was first bought just now is due', bought(1, 'Ordered'), due(), 170 * DAY],
    ['until half the time is over after which it is due', bought(79), due(), 170 * DAY],
    ['but not after it, whatever the date of an answer says', bought(81), due(), undefined],
    ['but not where the dates agree', bought(0), due({ aheadMs: 30 * 60_000 }), undefined],
    ['but not where CertCentral gave no date', bought(0), due({ aheadMs: undefined }), undefined],
    ['but not where the order was taken over', bought(0, 'Adopted'), due(), undefined],
    ['but not by a plan that is due from its first day', bought(0), due({ stored: { notBefore: NOW } }), undefined],
    ['but not where nobody knows when it was bought', { ...bought(0), history: [] }, due(), undefined],
  ])('%s', (_sentence, status, facts, ahead) => {
    expect(clockAhead(status, facts)).toBe(ahead)
  })
})
