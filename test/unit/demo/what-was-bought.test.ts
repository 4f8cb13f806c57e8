import { describe, expect, test } from '@jest/globals'
import { boughtTwice, whatWasBought } from '../../../scripts/demo/what-was-bought.ts'
import type { JournalEntry } from '../../../src/simulator/journal.ts'

const entry = (more: Partial<JournalEntry>): JournalEntry => ({
  seq: 1,
  at: '2026-11-24T01:02:03Z',
  kind: 'order',
  orderId: 7,
  paid: true,
  ...more,
})

describe('what was bought', () => {
  test.each([
    ['one order under each id', [entry({ alternativeOrderId: 'a' }), entry({ alternativeOrderId: 'b' })], []],
    [
      'a reissue, which is free',
      [entry({ alternativeOrderId: 'a' }), entry({ alternativeOrderId: 'a', paid: false })],
      [],
    ],
    ['two orders under one id', [entry({ alternativeOrderId: 'a' }), entry({ alternativeOrderId: 'a' })], ['a']],
    ['orders of somebody else without an id', [entry({}), entry({})], []],
  ])('finds the doubles in %s', (_, entries, doubles) => {
    expect(boughtTwice(entries)).toEqual(doubles)
  })

  test('becomes a table with a line for each entry', () => {
    expect(whatWasBought([entry({ product: 'ssl_basic' })]).split('\n')).toEqual([
      'TIME       WHAT    ORDER   CERTIFICATE   PRODUCT     PAID',
      '01:02:03   order   7                     ssl_basic   paid',
    ])
  })
})
