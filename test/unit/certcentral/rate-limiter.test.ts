import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RateLimiter, Priority } from '../../../src/certcentral/index.ts'
import { createRateLimiter } from '../../../src/certcentral/index.ts'
import { pauseMs } from '../../../src/certcentral/rate-limiter.ts'
import { errorOf, movedClock, settled } from './fake-server.ts'

const FOREVER = 1e12
const start = (options: { requestsPerSecond?: number; maxWaitMs?: number } = {}) => {
  const clock = movedClock(0)
  return { clock, limiter: createRateLimiter({ clock, random: () => 0, maxWaitMs: FOREVER, ...options }) }
}

/** Acquires a slot and releases it at once. */
const spend = async (limiter: RateLimiter, priority: Priority = 'high'): Promise<void> => {
  const slot = await limiter.acquire(priority)
  slot.release('used')
}

/** Records when each slot was acquired. */
const recordSlots = (limiter: RateLimiter, clock: { now: () => number }) => {
  const turns: { at: number; priority: Priority }[] = []
  const take = (priority: Priority): void =>
    void spend(limiter, priority).then(() => turns.push({ at: clock.now(), priority }))
  return { turns, take }
}

/** The most turns that any window of that length saw. */
const most = (times: readonly number[], spanMs: number): number => {
  let from = 0
  let result = 0
  times.forEach((at, to) => {
    while ((times[from] ?? at) <= at - spanMs) from += 1
    result = Math.max(result, to - from + 1)
  })
  return result
}

const arrivals = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 90_000 })),
    calls: fc.integer({ min: 1, max: 150 }),
    priority: fc.constantFrom<Priority>('high', 'low'),
  }),
  { minLength: 1, maxLength: 25 },
)

describe('any arrival of calls', () => {
  test('no 5 s see 100 calls and no 5 minutes 1000, and each call gets a slot', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, fc.constantFrom(0.5, 3, 3.3), async (steps, requestsPerSecond) => {
        const { clock, limiter } = start({ requestsPerSecond })
        const { turns, take } = recordSlots(limiter, clock)
        let asked = 0
        for (const { afterMs, calls, priority } of steps) {
          await clock.advance(afterMs)
          for (let call = 0; call < calls; call += 1) take(priority)
          await settled()
          asked += calls
        }
        await clock.advance(asked * 20_000)
        const times = turns.map(({ at }) => at)
        expect(times).toHaveLength(asked)
        expect(most(times, 5000)).toBeLessThanOrEqual(90)
        expect(most(times, 300_000)).toBeLessThanOrEqual(Math.floor(requestsPerSecond * 300))
        expect(limiter.state().waiting).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('a rate beyond the strict limit keeps to the newer one', async () => {
    const { clock, limiter } = start({ requestsPerSecond: 5.5 })
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 2500; call += 1) take('high')
    await settled()
    await clock.advance(600_000)
    const times = turns.map(({ at }) => at)
    expect(most(times, 180_000)).toBeLessThanOrEqual(990)
    expect(most(times, 5000)).toBe(90)
    expect(times.filter((at) => at < 360_000).length).toBeGreaterThan(1900)
  })

  const flights = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 3000 }),
      calls: fc.integer({ min: 1, max: 40 }),
      arriveMs: fc.integer({ min: 0, max: 6000 }),
      returnMs: fc.integer({ min: 0, max: 6000 }),
    }),
    { minLength: 1, maxLength: 30 },
  )

  test('no 5 s see 100 calls at CertCentral, however long each is on its way there and back', async () => {
    await fc.assert(
      fc.asyncProperty(flights, async (steps) => {
        const { clock, limiter } = start()
        const arrivals: number[] = []
        const fly = async (arriveMs: number, returnMs: number): Promise<void> => {
          const slot = await limiter.acquire('high')
          clock.after(arriveMs, () => arrivals.push(clock.now()))
          clock.after(arriveMs + returnMs, () => slot.release('used'))
        }
        for (const { afterMs, calls, arriveMs, returnMs } of steps) {
          await clock.advance(afterMs)
          for (let call = 0; call < calls; call += 1) void fly(arriveMs, returnMs)
          await settled()
        }
        await clock.advance(1_000_000)
        expect(arrivals).toHaveLength(steps.reduce((sum, { calls }) => sum + calls, 0))
        expect(most(arrivals, 5000)).toBeLessThanOrEqual(90)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a running call', () => {
  test('counts until a whole window after its end', async () => {
    const { clock, limiter } = start()
    const slots = await Promise.all(Array.from({ length: 90 }, () => limiter.acquire('high')))
    await clock.advance(60_000)
    expect(limiter.available('high')).toBe(0)
    for (const slot of slots) slot.release('used')
    await clock.advance(4999)
    expect(limiter.available('high')).toBe(0)
    await clock.advance(1)
    expect(limiter.available('high')).toBe(90)
  })

  test('does not count when it was not made, and frees its slot for the next one', async () => {
    const { limiter } = start()
    const slots = await Promise.all(Array.from({ length: 90 }, () => limiter.acquire('high')))
    const next = limiter.acquire('high')
    slots[0]!.release('unused')
    await next
    expect(limiter.state()).toEqual({ waiting: 0, available: 0 })
  })

  test('is released once: later releases change nothing', async () => {
    const { limiter } = start()
    const slot = await limiter.acquire('high')
    slot.release('used')
    slot.release('unused')
    expect(limiter.available('high')).toBe(89)
  })
})

describe('another rate', () => {
  test.each([
    ['lower', 1, 300],
    ['higher', 3.3, 990],
  ])('that is %s still counts earlier and running calls', async (_name, rate, calls) => {
    const { clock, limiter } = start({ requestsPerSecond: 2 })
    for (let second = 0; second < 20; second += 1) {
      for (let call = 0; call < 10; call += 1) await spend(limiter)
      await clock.advance(1000)
    }
    const slot = await limiter.acquire('high')
    limiter.setRate(rate)
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 1000; call += 1) take('high')
    await settled()
    await clock.advance(270_000)
    expect(turns.length).toBeLessThanOrEqual(calls - 201)
    expect(turns.length).toBeGreaterThan((calls - 201) * 0.9)
    slot.release('used')
    await clock.advance(1_000_000)
    expect(turns).toHaveLength(1000)
  })

  test('that is the same changes nothing', async () => {
    const { limiter } = start()
    await spend(limiter, 'low')
    const before = limiter.available('low')
    limiter.setRate(3)
    expect(limiter.available('low')).toBe(before)
  })
})

describe('an idle account', () => {
  test('spends 400 calls for 200 new orders within 25 s', async () => {
    const { clock, limiter } = start()
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 400; call += 1) take('high')
    await settled()
    expect(turns).toHaveLength(90)
    await clock.advance(25_000)
    expect(turns).toHaveLength(400)
  })

  test('reports how many calls it has left', async () => {
    const { limiter } = start()
    expect(limiter.state()).toEqual({ waiting: 0, available: 90 })
    await spend(limiter)
    expect(limiter.state()).toEqual({ waiting: 0, available: 89 })
  })
})

describe('low-priority calls', () => {
  test('wait for all high-priority calls, in order of arrival within each priority', async () => {
    const { clock, limiter } = start()
    const done: string[] = []
    const take = (priority: Priority, name: string): void => void spend(limiter, priority).then(() => done.push(name))
    for (let call = 0; call < 90; call += 1) await spend(limiter)
    take('low', 'b1')
    take('low', 'b2')
    take('high', 'f1')
    take('high', 'f2')
    expect(limiter.state().waiting).toBe(4)
    await clock.advance(5000)
    expect(done).toEqual(['f1', 'f2', 'b1', 'b2'])
  })

  test('never take the last calls of the long window', async () => {
    const { clock, limiter } = start()
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 855; call += 1) take('high')
    await settled()
    await clock.advance(60_000)
    expect(turns).toHaveLength(855)
    take('low')
    await clock.advance(1000)
    expect(turns).toHaveLength(855)
    take('high')
    await settled()
    expect(turns).toHaveLength(856)
    expect(limiter.state()).toEqual({ waiting: 1, available: 0 })
  })

  test('of thousands of reissues leave slots for a new order at any time, and use at least nine tenths of the rate', async () => {
    const { clock, limiter } = start()
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 5000; call += 1) take('low')
    await settled()
    const hour = 3_600_000
    const worst: number[] = []
    for (let minute = 0; minute < 25; minute += 1) {
      await clock.advance(60_000)
      const asked = clock.now()
      const before = turns.length
      for (let call = 0; call < 3; call += 1) take('high')
      await clock.advance(2000)
      const served = turns.slice(before).filter(({ priority }) => priority === 'high')
      worst.push(Math.max(...served.map(({ at }) => at)) - asked)
      expect(served).toHaveLength(3)
    }
    expect(Math.max(...worst)).toBeLessThanOrEqual(2000)
    await clock.advance(hour)
    const background = turns.filter(({ priority }) => priority === 'low').map(({ at }) => at)
    expect(most(background, 19_000)).toBeLessThanOrEqual(57)
    const last = background.at(-1) ?? FOREVER
    expect(last).toBeLessThanOrEqual((5000 / 3) * 1000 * 1.1)
  })
})

describe('a thousand new orders', () => {
  test('never block the next one, and use most of the rate', async () => {
    const { clock, limiter } = start()
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 2000; call += 1) take('high')
    await settled()
    await clock.advance(900_000)
    const times = turns.map(({ at }) => at)
    expect(times).toHaveLength(2000)
    expect(Math.max(...times.slice(1).map((at, index) => at - times[index]!))).toBeLessThanOrEqual(7000)
    expect(times.at(-1)).toBeLessThanOrEqual((2000 / 3) * 1000 * 1.05)
  })

  test('go before low-priority calls', async () => {
    const { clock, limiter } = start()
    const { turns, take } = recordSlots(limiter, clock)
    for (let call = 0; call < 1000; call += 1) take('high')
    take('low')
    await settled()
    await clock.advance(290_000)
    expect(turns.map(({ priority }) => priority)).not.toContain('low')
    await clock.advance(60_000)
    expect(turns.at(-1)?.priority).toBe('low')
  })
})

describe('a call that waits', () => {
  const usedUp = async (options: { maxWaitMs?: number } = {}) => {
    const made = start({ requestsPerSecond: 0.3, ...options })
    while (made.limiter.available('high') > 0) await spend(made.limiter)
    return made
  }

  test('can be aborted, and then uses no slot', async () => {
    const { limiter, clock } = await usedUp()
    const controller = new AbortController()
    const waiting = errorOf(limiter.acquire('high', controller.signal))
    controller.abort()
    expect(await waiting).toMatchObject({ outcome: 'unsent', kind: 'timeout' })
    expect(limiter.state()).toEqual({ waiting: 0, available: 0 })
    await clock.advance(300_000)
    expect(limiter.state()).toEqual({ waiting: 0, available: 86 })
  })

  test('fails at once where its signal was aborted before', async () => {
    const { limiter } = start()
    expect(await errorOf(limiter.acquire('high', AbortSignal.abort()))).toMatchObject({ outcome: 'unsent' })
    expect(limiter.state().available).toBe(90)
  })

  test('waits no longer than allowed, and gets the time of the next attempt', async () => {
    const { limiter, clock } = await usedUp({ maxWaitMs: 30_000 })
    const waiting = errorOf(limiter.acquire('high'))
    await clock.advance(30_000)
    expect(await waiting).toMatchObject({
      outcome: 'unsent',
      kind: 'throttled',
      retryAt: new Date(60_000),
      message: 'Not sent: rate limit of this API key reached',
    })
    expect(limiter.state().waiting).toBe(0)
  })

  test('is rejected by a pause', async () => {
    const { limiter, clock } = await usedUp()
    const waiting = [errorOf(limiter.acquire('low')), errorOf(limiter.acquire('high'))]
    const until = limiter.pause()
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ outcome: 'unsent', kind: 'throttled', retryAt: until })
    expect(until.getTime()).toBe(clock.now() + 5000)
  })
})

describe('a pause', () => {
  const seconds = async (
    count: number,
    between: (limiter: RateLimiter) => void = () => undefined,
  ): Promise<number[]> => {
    const { limiter, clock } = start()
    const lengths: number[] = []
    for (let strike = 0; strike < count; strike += 1) {
      const until = limiter.pause().getTime()
      lengths.push((until - clock.now()) / 1000)
      await clock.advance(until - clock.now())
      between(limiter)
    }
    return lengths
  }

  test('doubles from 5 s with each 429 in a row', async () => {
    expect(await seconds(8)).toEqual([5, 10, 20, 40, 80, 150, 150, 150])
  })

  test('is short again after an answer', async () => {
    expect(await seconds(3, (limiter) => limiter.noteAnswer())).toEqual([5, 5, 5])
  })

  test('is one pause for all calls that ran at the same time, and the latest Retry-After counts', () => {
    const { limiter } = start()
    const first = limiter.pause()
    expect(limiter.pause()).toEqual(first)
    limiter.noteAnswer()
    expect(limiter.pause(new Date(60_000))).toEqual(new Date(60_000))
    expect(limiter.pause(new Date(7000))).toEqual(new Date(60_000))
  })

  test('is not ended by a late response to an earlier call', async () => {
    const { limiter, clock } = start()
    limiter.pause()
    limiter.noteAnswer()
    await clock.advance(5000)
    expect(limiter.pause().getTime() - clock.now()).toBe(10_000)
  })
})

describe('the schedule of pauses', () => {
  test('doubles from 5 s, and never passes 3 minutes with any jitter', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (strike, chance) => {
        const pause = pauseMs(strike, () => chance)
        expect(pause).toBeGreaterThanOrEqual(5000)
        expect(pause).toBeLessThanOrEqual(3 * 60_000)
        expect(pauseMs(strike + 1, () => chance)).toBeGreaterThanOrEqual(pause)
      }),
    )
    expect([0, 1, 2].map((strike) => pauseMs(strike, () => 0))).toEqual([5000, 10_000, 20_000])
    expect(pauseMs(0, () => 0.5)).toBe(5500)
  })
})
