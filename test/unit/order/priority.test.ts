import { describe, expect, test } from '@jest/globals'
import { type Occasion, type Priority, isLapsing, workPriority } from '../../../src/order/priority.ts'
import {
  type Facts,
  NOW,
  NO_REISSUE,
  anIntent,
  anObservation,
  inDays,
  inHours,
  ordered,
  sent,
  unbought,
  withStored,
} from '../../support/builders.ts'

const QUIET: Occasion = { asked: 'no', fresh: 'no' }
const caused = (cause: typeof NO_REISSUE.cause): Facts => ({ reissue: { ...NO_REISSUE, cause } })

type Row = readonly [what: string, facts: readonly Facts[], wanted: Priority, occasion?: Partial<Occasion>]

const ROWS: readonly Row[] = [
  ['an order that is not bought yet', [unbought], 'high'],
  ['an order that was sent and not answered', [sent(5)], 'high'],
  ['a first certificate that is to be fetched', [ordered('issued')], 'high'],
  ['an order that was rejected, and whose spec may have been edited', [ordered('rejected')], 'high'],
  ['an order that waits for approval', [ordered('needs_approval')], 'low'],
  ['an order that waits for validation', [ordered('pending')], 'low'],
  ['an order that waits for validation, which was done a moment ago', [ordered('pending')], 'high', { fresh: 'yes' }],
  ['an order that a person asks to have looked at', [], 'high', { asked: 'yes' }],
  ['an object that is being deleted', [{ deleting: 'yes' }], 'high'],
  ['a look at a good certificate', [], 'low'],
  ['a reissue that is due, with weeks to go', [withStored({ notAfter: inDays(30) }), caused('due')], 'low'],
  [
    'a reissue that is due, with days to go',
    [withStored({ notBefore: inDays(-180), notAfter: inDays(6) }), caused('due')],
    'high',
  ],
  ['a certificate that has expired', [withStored({ notAfter: inDays(-1) })], 'high'],
  ['a reissue that a person asked for', [caused('request')], 'high'],
  ['a reissue for other names', [caused('names')], 'high'],
  ['a Secret that was harmed', [withStored({ harmed: 'yes' })], 'high'],
  ['a renewal with weeks to go', [{ intent: anIntent({ purpose: 'Renewal', renewalOf: 1 }) }], 'low'],
]

describe('whether somebody waits', () => {
  test.each(ROWS)('%s', (_what, facts, wanted, occasion = {}) => {
    expect(workPriority(anObservation(...facts), NOW, { ...QUIET, ...occasion })).toBe(wanted)
  })
})

describe('about to lapse', () => {
  test.each([
    ['of 199 days, with 8 left', 199, inDays(8), false],
    ['of 199 days, with 7 left', 199, inDays(7), true],
    ['of 47 days, with 5 left', 47, inDays(5), false],
    ['of 47 days, with 3 left', 47, inDays(3), true],
    ['of a day, with 3 hours left', 1, inHours(3), false],
    ['of a day, with 2 hours left', 1, inHours(2), true],
  ])('a certificate %s', (_what, days, notAfter, wanted) => {
    const notBefore = new Date(notAfter.getTime() - days * 86_400_000)
    expect(isLapsing({ notBefore, notAfter }, NOW)).toBe(wanted)
  })
})
