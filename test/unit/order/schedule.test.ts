import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Reason } from '../../../src/api/reasons.ts'
import {
  dailyLook,
  earliest,
  isAhead,
  later,
  nextDcvCheck,
  nextMidnight,
  nextSearch,
  passed,
  quickLook,
  retryAt,
  spread,
  waitingLook,
} from '../../../src/order/schedule.ts'
import { NOW, inHours, inMinutes } from '../../support/builders.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2080-01-01'), noInvalidDate: true })
const seeds = fc.oneof(fc.uuid(), fc.string())

const minutesBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / MINUTE

test('the earliest of some times is the one that comes first, absent ones aside', () => {
  expect(earliest(inHours(2), undefined, inHours(1), inHours(3))).toEqual(inHours(1))
  expect(earliest(inHours(2), undefined)).toEqual(inHours(2))
})

describe('the spread', () => {
  test('of a seed stays what it is, from 0 up to 1', () => {
    expect([spread(''), spread('uid-shop')]).toEqual([0.504_342_899_890_616_5, 0.990_793_961_100_280_3])
    fc.assert(
      fc.property(seeds, (seed) => {
        const value = spread(seed)
        expect(value >= 0 && value < 1 && value === spread(seed)).toBe(true)
      }),
    )
  })

  test('of a thousand UIDs leaves no tenth of the range empty or crowded', () => {
    const uids = fc.sample(fc.uuid(), { numRuns: 1000, seed: 7 })
    const tenths = Array.from({ length: 10 }, () => 0)
    for (const uid of uids) tenths[Math.floor(spread(uid) * 10)]! += 1
    expect(Math.min(...tenths)).toBeGreaterThan(50)
    expect(Math.max(...tenths)).toBeLessThan(200)
  })
})

describe('looks', () => {
  test('at a settled order come once a day, at a time of day of its own', () => {
    fc.assert(
      fc.property(seeds, times, (seed, now) => {
        const first = dailyLook(seed, now)
        expect(first > now && first <= later(now, DAY)).toBe(true)
        expect(dailyLook(seed, first)).toEqual(later(first, DAY))
      }),
    )
  })

  test('at an order that waits come after 10 to 15 minutes', () => {
    fc.assert(
      fc.property(seeds, times, (seed, lookedAt) => {
        const minutes = minutesBetween(lookedAt, waitingLook(seed, lookedAt))
        expect(minutes >= 10 && minutes < 15).toBe(true)
      }),
    )
  })

  test('at an order that may be issued any moment come at once and after 2, 5 and 15 seconds', () => {
    const pauses = [0, 1, 2, 3, 4, undefined].map((looks) => quickLook(NOW, looks)?.getTime())
    expect(pauses.map((time) => time && (time - NOW.getTime()) / 1000)).toEqual([0, 2, 5, 15, undefined, undefined])
  })
})

describe('checks of the domains', () => {
  const checksFrom = (since: Date, count: number): number[] => {
    const minutes: number[] = []
    let checkedAt: Date | undefined
    for (let n = 0; n < count; n += 1) {
      checkedAt = nextDcvCheck(since, checkedAt)
      minutes.push(minutesBetween(since, checkedAt))
    }
    return minutes
  }

  test('come after 0, 1, 2, 5, 10 and 30 minutes, then every hour', () => {
    expect(checksFrom(NOW, 9)).toEqual([0, 1, 2, 5, 10, 30, 90, 150, 210])
  })

  test('that came late are followed by the next of the list and not by all that were missed', () => {
    expect(nextDcvCheck(NOW, inMinutes(7))).toEqual(inMinutes(10))
    expect(nextDcvCheck(NOW, inMinutes(45))).toEqual(inMinutes(105))
  })

  test('never come before the last one', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 100_000_000 }), (since, elapsed) => {
        const checkedAt = later(since, elapsed)
        expect(nextDcvCheck(since, checkedAt) > checkedAt).toBe(true)
      }),
    )
  })
})

test('an order of unknown outcome is looked for after 5, 15, 45 seconds, 2, 5, 15 minutes, and each hour', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 60].map((searches) => minutesBetween(NOW, nextSearch(NOW, searches)) * 60)
  expect(pauses).toEqual([5, 15, 45, 120, 300, 900, 3600, 3600])
})

describe('what failed is tried again', () => {
  test.each([
    ['OrderRefused', [60, 120, 240], 1440],
    ['SecretWriteDenied', [0.25, 0.5, 1], 10],
    ['BadCertificate', [0.25, 0.5, 1], 60],
    ['SendingCSR', [1, 2, 4], 60],
  ] as const)('%s: after %j minutes, and at most after %d', (reason, first, most) => {
    expect([1, 2, 3].map((count) => minutesBetween(NOW, retryAt(reason, NOW, count)))).toEqual(first)
    expect(minutesBetween(NOW, retryAt(reason, NOW, 1_000_000))).toBe(most)
  })

  test('never sooner after more failures, and always later than the last one', () => {
    const reasons = fc.constantFrom<Reason>('OrderRefused', 'SecretWriteDenied', 'BadCertificate', 'SendingCSR')
    fc.assert(
      fc.property(reasons, times, fc.integer({ min: 1, max: 10_000 }), (reason, lastAt, count) => {
        const at = retryAt(reason, lastAt, count)
        expect(at > lastAt).toBe(true)
        expect(retryAt(reason, lastAt, count + 1) >= at).toBe(true)
        expect(at.getTime() - lastAt.getTime()).toBeLessThanOrEqual(DAY)
      }),
    )
  })
})

test('the day ends at midnight UTC, which is always still to come', () => {
  expect(nextMidnight(NOW).toISOString()).toBe('2026-11-25T00:00:00.000Z')
  expect(nextMidnight(new Date('2026-11-25T00:00:00.000Z')).toISOString()).toBe('2026-11-26T00:00:00.000Z')
})

describe('a time that was noted', () => {
  test.each([
    ['a minute ago', -1, 'counts'],
    ['by a clock a little ahead of ours', 1, 'counts'],
    ['two minutes ahead', 2, 'does not count'],
    ['200 days ahead', 200 * 24 * 60, 'does not count'],
  ])('%s: %s minutes from now it %s', (_when, minutes, counts) => {
    const noted = inMinutes(minutes)
    expect(passed(noted, NOW)).toEqual(counts === 'counts' ? noted : undefined)
    expect(isAhead(noted, NOW)).toBe(counts !== 'counts')
  })
})
