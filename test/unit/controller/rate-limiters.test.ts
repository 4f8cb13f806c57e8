import { describe, expect, test } from '@jest/globals'
import { clusterAccountSpec } from '../../../src/api/account.ts'
import { createRateLimiters } from '../../../src/controller/rate-limiters.ts'
import { movedClock } from '../certcentral/fake-server.ts'

const specOf = (requestsPerSecond: number, url = 'https://www.digicert.com/services/v2') =>
  clusterAccountSpec.parse({ url, apiKeySecretRef: { name: 'key' }, requestsPerSecond })

const start = () => {
  const clock = movedClock(0)
  return { clock, rateLimiters: createRateLimiters(clock) }
}

/** Calls that a limiter allows at once. */
const availableOf = (rateLimiters: ReturnType<typeof createRateLimiters>, account: string, rate: number) =>
  rateLimiters.limiterOf(account, 'key', specOf(rate)).available('high')

describe('accounts that share an API key', () => {
  test('share one limiter and one group, whatever rate each of them sets', () => {
    const { rateLimiters } = start()
    const one = rateLimiters.limiterOf('one', 'key', specOf(3))
    expect(rateLimiters.limiterOf('other', 'key', specOf(0.1))).toBe(one)
    expect(rateLimiters.groupOf('one')).toBe(rateLimiters.groupOf('other'))
  })

  test('are held to the lowest rate, until the account that names it is gone or names another', () => {
    const { rateLimiters } = start()
    expect(availableOf(rateLimiters, 'one', 3)).toBe(90)
    expect(availableOf(rateLimiters, 'slow', 0.1)).toBe(29)
    expect(availableOf(rateLimiters, 'one', 3)).toBe(29)
    expect(availableOf(rateLimiters, 'slow', 3)).toBe(90)
    expect(availableOf(rateLimiters, 'slow', 0.1)).toBe(29)
    rateLimiters.forget('slow')
    expect(availableOf(rateLimiters, 'one', 3)).toBe(90)
  })

  test('show the limiter once, under the first of their names, and none once they are gone', async () => {
    const { clock, rateLimiters } = start()
    const limiter = rateLimiters.limiterOf('two', 'key', specOf(3))
    rateLimiters.limiterOf('one', 'key', specOf(3))
    rateLimiters.limiterOf('alone', 'another key', specOf(3))
    ;(await limiter.acquire('high')).release('used')
    limiter.pause(new Date(5000))
    limiter.pause(new Date(7000))
    expect(rateLimiters.states()).toEqual([
      ['one', { available: 0, waiting: 0, waitedMs: 0, pausedMs: 7000, pausedUntil: new Date(7000) }],
      ['alone', { available: 90, waiting: 0, waitedMs: 0, pausedMs: 0 }],
    ])
    await clock.advance(8000)
    rateLimiters.forget('one')
    rateLimiters.forget('alone')
    expect(rateLimiters.states()).toEqual([['two', { available: 90, waiting: 0, waitedMs: 0, pausedMs: 7000 }]])
  })

  test('report how long their calls waited for a slot', async () => {
    const { clock, rateLimiters } = start()
    const limiter = rateLimiters.limiterOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await limiter.acquire('high')).release('used')
    const late = limiter.acquire('high')
    await clock.advance(5000)
    ;(await late).release('used')
    expect(rateLimiters.states()).toMatchObject([['one', { waitedMs: 5000 }]])
  })

  test('do not get a new limiter when the rate changes', async () => {
    const { rateLimiters } = start()
    const limiter = rateLimiters.limiterOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await limiter.acquire('high')).release('used')
    expect(availableOf(rateLimiters, 'one', 5)).toBe(0)
  })
})

describe('accounts with keys of their own', () => {
  test.each([
    ['another key', 'other key', undefined],
    ['the same key of another CertCentral', 'key', 'https://certcentral.digicert.eu/services/v2'],
  ])('%s: have nothing in common', async (_name, apiKey, url) => {
    const { rateLimiters } = start()
    const one = rateLimiters.limiterOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await one.acquire('high')).release('used')
    expect(rateLimiters.limiterOf('other', apiKey, specOf(3, url)).available('high')).toBe(90)
    expect(rateLimiters.groupOf('one')).not.toBe(rateLimiters.groupOf('other'))
  })
})

describe('the group of an API key', () => {
  test('starts as many orders as there are calls for, and always one', async () => {
    const { rateLimiters } = start()
    const limiter = rateLimiters.limiterOf('one', 'key', specOf(3))
    const group = rateLimiters.groupOf('one')
    const canStart = (held: number) => rateLimiters.canStart(group, 'high', held)
    expect([canStart(0), canStart(44), canStart(45)]).toEqual([true, true, false])
    for (let call = 0; call < 90; call += 1) (await limiter.acquire('high')).release('used')
    expect([canStart(0), canStart(1)]).toEqual([true, false])
  })

  test('starts only one order during a pause', () => {
    const { rateLimiters } = start()
    rateLimiters.limiterOf('one', 'key', specOf(3)).pause()
    expect([0, 1].map((held) => rateLimiters.canStart(rateLimiters.groupOf('one'), 'high', held))).toEqual([
      true,
      false,
    ])
  })

  test('of an account without a limiter starts all orders', () => {
    expect(start().rateLimiters.canStart('unknown', 'low', 99)).toBe(true)
  })
})
