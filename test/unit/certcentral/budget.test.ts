import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Budget, Priority } from '../../../src/certcentral/index.ts'
import { createBudget } from '../../../src/certcentral/index.ts'
import { errorOf, movedClock, settled } from './fake-server.ts'

const FOREVER = 1e12
const start = (options: { requestsPerSecond?: number; maxWaitMs?: number } = {}) => {
  const clock = movedClock(0)
  return { clock, budget: createBudget({ clock, random: () => 0, maxWaitMs: FOREVER, ...options }) }
}

/** A call that is over as soon as its turn comes. */
const spend = async (budget: Budget, priority: Priority = 'foreground'): Promise<void> => {
  const turn = await budget.take(priority)
  turn.end('made')
}

/** Notes at what time each turn came. */
const noting = (budget: Budget, clock: { now: () => number }) => {
  const turns: { at: number; priority: Priority }[] = []
  const take = (priority: Priority): void =>
    void spend(budget, priority).then(() => turns.push({ at: clock.now(), priority }))
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
    priority: fc.constantFrom<Priority>('foreground', 'background'),
  }),
  { minLength: 1, maxLength: 25 },
)

describe('whatever arrives when', () => {
  test('no 5 s see 100 calls and no 5 minutes 1000, and each call gets its turn', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, fc.constantFrom(0.5, 3, 3.3), async (steps, requestsPerSecond) => {
        const { clock, budget } = start({ requestsPerSecond })
        const { turns, take } = noting(budget, clock)
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
        expect(budget.state().waiting).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('a rate beyond the strict reading keeps to the newer one', async () => {
    const { clock, budget } = start({ requestsPerSecond: 5.5 })
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 2500; call += 1) take('foreground')
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
        const { clock, budget } = start()
        const arrivals: number[] = []
        const fly = async (arriveMs: number, returnMs: number): Promise<void> => {
          const turn = await budget.take('foreground')
          clock.after(arriveMs, () => arrivals.push(clock.now()))
          clock.after(arriveMs + returnMs, () => turn.end('made'))
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

describe('a call under way', () => {
  test('counts until a whole window after its end', async () => {
    const { clock, budget } = start()
    const turns = await Promise.all(Array.from({ length: 90 }, () => budget.take('foreground')))
    await clock.advance(60_000)
    expect(budget.room('foreground')).toBe(0)
    for (const turn of turns) turn.end('made')
    await clock.advance(4999)
    expect(budget.room('foreground')).toBe(0)
    await clock.advance(1)
    expect(budget.room('foreground')).toBe(90)
  })

  test('counts for nothing when it was not made after all, and lets the next one go', async () => {
    const { budget } = start()
    const turns = await Promise.all(Array.from({ length: 90 }, () => budget.take('foreground')))
    const next = budget.take('foreground')
    turns[0]!.end('unmade')
    await next
    expect(budget.state()).toEqual({ waiting: 0, available: 0 })
  })

  test('ends once, whatever is said of it later', async () => {
    const { budget } = start()
    const turn = await budget.take('foreground')
    turn.end('made')
    turn.end('unmade')
    expect(budget.room('foreground')).toBe(89)
  })
})

describe('another rate', () => {
  test.each([
    ['lower', 1, 300],
    ['higher', 3.3, 990],
  ])('that is %s counts what was called before it, and what is under way', async (_name, rate, calls) => {
    const { clock, budget } = start({ requestsPerSecond: 2 })
    for (let second = 0; second < 20; second += 1) {
      for (let call = 0; call < 10; call += 1) await spend(budget)
      await clock.advance(1000)
    }
    const turn = await budget.take('foreground')
    budget.setRate(rate)
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 1000; call += 1) take('foreground')
    await settled()
    await clock.advance(270_000)
    expect(turns.length).toBeLessThanOrEqual(calls - 201)
    expect(turns.length).toBeGreaterThan((calls - 201) * 0.9)
    turn.end('made')
    await clock.advance(1_000_000)
    expect(turns).toHaveLength(1000)
  })

  test('that is the same changes nothing', async () => {
    const { budget } = start()
    await spend(budget, 'background')
    const before = budget.room('background')
    budget.setRate(3)
    expect(budget.room('background')).toBe(before)
  })
})

describe('an idle account', () => {
  test('spends 400 calls for 200 new orders within 25 s', async () => {
    const { clock, budget } = start()
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 400; call += 1) take('foreground')
    await settled()
    expect(turns).toHaveLength(90)
    await clock.advance(25_000)
    expect(turns).toHaveLength(400)
  })

  test('says what it has, and what it has left', async () => {
    const { budget } = start()
    expect(budget.state()).toEqual({ waiting: 0, available: 90 })
    await spend(budget)
    expect(budget.state()).toEqual({ waiting: 0, available: 89 })
  })
})

describe('background calls', () => {
  test('wait for all foreground calls, each kind in its order', async () => {
    const { clock, budget } = start()
    const done: string[] = []
    const take = (priority: Priority, name: string): void => void spend(budget, priority).then(() => done.push(name))
    for (let call = 0; call < 90; call += 1) await spend(budget)
    take('background', 'b1')
    take('background', 'b2')
    take('foreground', 'f1')
    take('foreground', 'f2')
    expect(budget.state().waiting).toBe(4)
    await clock.advance(5000)
    expect(done).toEqual(['f1', 'f2', 'b1', 'b2'])
  })

  test('never take the last calls of the long window', async () => {
    const { clock, budget } = start()
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 855; call += 1) take('foreground')
    await settled()
    await clock.advance(60_000)
    expect(turns).toHaveLength(855)
    take('background')
    await clock.advance(1000)
    expect(turns).toHaveLength(855)
    take('foreground')
    await settled()
    expect(turns).toHaveLength(856)
    expect(budget.state()).toEqual({ waiting: 1, available: 0 })
  })

  test('of thousands of reissues leave room for a new order at any time, and lose less than a tenth of the rate', async () => {
    const { clock, budget } = start()
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 5000; call += 1) take('background')
    await settled()
    const hour = 3_600_000
    const worst: number[] = []
    for (let minute = 0; minute < 25; minute += 1) {
      await clock.advance(60_000)
      const asked = clock.now()
      const before = turns.length
      for (let call = 0; call < 3; call += 1) take('foreground')
      await clock.advance(2000)
      const served = turns.slice(before).filter(({ priority }) => priority === 'foreground')
      worst.push(Math.max(...served.map(({ at }) => at)) - asked)
      expect(served).toHaveLength(3)
    }
    expect(Math.max(...worst)).toBeLessThanOrEqual(2000)
    await clock.advance(hour)
    const background = turns.filter(({ priority }) => priority === 'background').map(({ at }) => at)
    expect(most(background, 19_000)).toBeLessThanOrEqual(57)
    const last = background.at(-1) ?? FOREVER
    expect(last).toBeLessThanOrEqual((5000 / 3) * 1000 * 1.1)
  })
})

describe('a herd of new orders', () => {
  test('never closes the key to the one that comes after them, and loses little of the rate', async () => {
    const { clock, budget } = start()
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 2000; call += 1) take('foreground')
    await settled()
    await clock.advance(900_000)
    const times = turns.map(({ at }) => at)
    expect(times).toHaveLength(2000)
    expect(Math.max(...times.slice(1).map((at, index) => at - times[index]!))).toBeLessThanOrEqual(7000)
    expect(times.at(-1)).toBeLessThanOrEqual((2000 / 3) * 1000 * 1.05)
  })

  test('leaves background calls out as long as it lasts', async () => {
    const { clock, budget } = start()
    const { turns, take } = noting(budget, clock)
    for (let call = 0; call < 1000; call += 1) take('foreground')
    take('background')
    await settled()
    await clock.advance(290_000)
    expect(turns.map(({ priority }) => priority)).not.toContain('background')
    await clock.advance(60_000)
    expect(turns.at(-1)?.priority).toBe('background')
  })
})

describe('a call that waits', () => {
  const usedUp = async (options: { maxWaitMs?: number } = {}) => {
    const made = start({ requestsPerSecond: 0.3, ...options })
    while (made.budget.room('foreground') > 0) await spend(made.budget)
    return made
  }

  test('can be called off, and then takes nothing', async () => {
    const { budget, clock } = await usedUp()
    const controller = new AbortController()
    const waiting = errorOf(budget.take('foreground', controller.signal))
    controller.abort()
    expect(await waiting).toMatchObject({ outcome: 'unsent', kind: 'timeout' })
    expect(budget.state()).toEqual({ waiting: 0, available: 0 })
    await clock.advance(300_000)
    expect(budget.state()).toEqual({ waiting: 0, available: 86 })
  })

  test('does not begin to wait when it was called off before', async () => {
    const { budget } = start()
    expect(await errorOf(budget.take('foreground', AbortSignal.abort()))).toMatchObject({ outcome: 'unsent' })
    expect(budget.state().available).toBe(90)
  })

  test('waits no longer than it may, and is told when to come back', async () => {
    const { budget, clock } = await usedUp({ maxWaitMs: 30_000 })
    const waiting = errorOf(budget.take('foreground'))
    await clock.advance(30_000)
    expect(await waiting).toMatchObject({ outcome: 'unsent', kind: 'throttled', retryAt: new Date(60_000) })
    expect(budget.state().waiting).toBe(0)
  })

  test('is sent away by a pause', async () => {
    const { budget, clock } = await usedUp()
    const waiting = [errorOf(budget.take('background')), errorOf(budget.take('foreground'))]
    const until = budget.pause()
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ outcome: 'unsent', kind: 'throttled', retryAt: until })
    expect(until.getTime()).toBe(clock.now() + 5000)
  })
})

describe('a pause', () => {
  const seconds = async (count: number, between: (budget: Budget) => void = () => undefined): Promise<number[]> => {
    const { budget, clock } = start()
    const lengths: number[] = []
    for (let strike = 0; strike < count; strike += 1) {
      const until = budget.pause().getTime()
      lengths.push((until - clock.now()) / 1000)
      await clock.advance(until - clock.now())
      between(budget)
    }
    return lengths
  }

  test('doubles from 5 s with each 429 that follows', async () => {
    expect(await seconds(8)).toEqual([5, 10, 20, 40, 80, 150, 150, 150])
  })

  test('is short again after an answer', async () => {
    expect(await seconds(3, (budget) => budget.noteAnswer())).toEqual([5, 5, 5])
  })

  test('is one pause for all calls that were in flight, and the longest wish counts', () => {
    const { budget } = start()
    const first = budget.pause()
    expect(budget.pause()).toEqual(first)
    budget.noteAnswer()
    expect(budget.pause(new Date(60_000))).toEqual(new Date(60_000))
    expect(budget.pause(new Date(7000))).toEqual(new Date(60_000))
  })

  test('is not undone by the late answer to an earlier call', async () => {
    const { budget, clock } = start()
    budget.pause()
    budget.noteAnswer()
    await clock.advance(5000)
    expect(budget.pause().getTime() - clock.now()).toBe(10_000)
  })
})
