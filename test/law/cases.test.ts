import { describe, expect, test } from '@jest/globals'
import { DAY } from '../../src/order/schedule.ts'
import { aSpec } from '../support/builders.ts'
import type { Play } from './life.ts'
import { THREE_YEARS } from './plays.ts'
import { obey } from './property.ts'
import { type Ways, BEGINNING, GOOD_WAYS, HOUR } from './ways.ts'

type Case = Partial<Omit<Play, 'spec' | 'ways'>> & { spec?: Record<string, unknown>; ways?: Partial<Ways> }

const playOf = ({ spec = {}, ways = {}, ...rest }: Case): Play => ({
  spec: aSpec({ privateKey: { algorithm: 'ECDSA' }, ...spec }),
  ways: { ...GOOD_WAYS, ...ways },
  ...{
    lasts: THREE_YEARS,
    mostPasses: 2000,
    start: 'new',
    skews: [],
    edits: [],
    restarts: [],
    crashes: [],
    dailyLooks: 0,
  },
  ...{ patience: undefined, without: [] },
  ...rest,
})

const inDays = (days: number): string => new Date(BEGINNING + days * DAY).toISOString().slice(0, 10)

/** What a play comes to in all: orders that were bought, and reissues. */
type Sum = { bought: number; reissued: number }

describe('by the law of money, in three years,', () => {
  test.each<readonly [string, Case, Sum]>([
    ['a year is bought and reissued once for each', {}, { bought: 4, reissued: 3 }],
    [
      'a plan of twenty days is bought every two weeks',
      { spec: { orderValidity: { days: 20 } } },
      { bought: 85, reissued: 0 },
    ],
    [
      'a plan that ends in twelve days, as the spec says, is bought once',
      { spec: { orderValidity: { expiresOn: inDays(12) } } },
      { bought: 1, reissued: 0 },
    ],
    [
      'a year that was bought before renewal.before became longer than it is renewed in its middle',
      { spec: { renewal: { before: '400d' } }, start: { age: 10 * DAY } },
      { bought: 7, reissued: 6 },
    ],
    [
      'a certificate that is to be reissued with 99 percent of its life left is reissued no more often than needed',
      { spec: { reissue: { beforePercentage: 99 } } },
      { bought: 4, reissued: 3 },
    ],
    [
      'a leaf that is dated back by 300 days is no older than it is',
      { ways: { backdated: 300 * DAY } },
      { bought: 4, reissued: 3 },
    ],
    [
      'a plan of five days that begins when it is issued three days late, and whose dates are not shown',
      {
        spec: { orderValidity: { days: 5 } },
        ways: { planFrom: 'issuance', issuance: 3 * DAY, planHidden: 11 * DAY },
        lasts: 60 * DAY,
      },
      { bought: 13, reissued: 0 },
    ],
    [
      'a day for certificates inside the plan is asked for until it comes, and not for renewals after it',
      { spec: { orderValidity: { years: 1 }, certificateValidity: { expiresOn: inDays(100) } } },
      { bought: 4, reissued: 4 },
    ],
    [
      'a day for certificates that is over is asked for by no reissue and no renewal',
      { spec: { certificateValidity: { expiresOn: inDays(-10) } }, start: { age: 20 * DAY } },
      { bought: 4, reissued: 4 },
    ],
  ])('%s', async (_sentence, given, { bought, reissued }) => {
    const { story } = await obey(playOf(given))
    expect({ bought: story.purchases.length, reissued: story.reissues.length }).toEqual({ bought, reissued })
    expect(story.reasons).not.toContain('HeldByBrake')
  })
})

describe('the law of money, where a play once broke it,', () => {
  test.each<readonly [string, Case]>([
    [
      'holds where the process dies after a reissue with the key that stays, which is then found as its own successor',
      {
        spec: { privateKey: { algorithm: 'ECDSA', rotationPolicy: 'Never' } },
        edits: [{ at: 40 * DAY, what: 'add a name' }],
        crashes: [6],
      },
    ],
    [
      'holds where a certificate of a day is over by a clock that is ahead when it comes',
      { ways: { caps: [{ from: 0, days: 1 }], backdated: 48 * HOUR }, skews: [{ from: -DAY, by: 5 * HOUR }] },
    ],
    [
      'holds where the process dies between the Secret and the status, with a leaf that is dated back by 300 days',
      { spec: { reissue: { beforePercentage: 50 } }, ways: { backdated: 300 * DAY }, crashes: [4] },
    ],
    [
      'holds where a reissue and a renewal are both overdue when the process comes back',
      {
        spec: { orderValidity: { days: 5 }, certificateValidity: { days: 1 } },
        ways: { planHidden: 4 * DAY },
        start: { age: 4 * DAY },
      },
    ],
    [
      'holds by the brake alone, where more reissues follow a purchase than the history has room for',
      {
        spec: { certificateValidity: { days: 1 }, reissue: { by: 'DigiCert' } },
        ways: { planHidden: 60 * DAY },
        lasts: 60 * DAY,
        without: ['bounds'],
      },
    ],
    [
      'holds where a person asks for a reissue that was refused a moment before and is about to be asked for again',
      { ways: { reissues: ['refused'] }, edits: [{ at: 168 * DAY - 8.25 * HOUR, what: 'ask for a reissue' }] },
    ],
    ['holds where a plan of 366 days follows certificates of 365', { ways: { caps: [{ from: 0, days: 365 }] } }],
  ])('%s', async (_sentence, given) => {
    await expect(obey(playOf(given))).resolves.toBeDefined()
  })
})
