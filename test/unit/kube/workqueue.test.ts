import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHeap, createTimetable } from '../../../src/kube/heap.ts'
import { createWorkqueue } from '../../../src/kube/workqueue.ts'
import type { Workqueue } from '../../../src/kube/workqueue.ts'
import { movableClock } from './support/movable-clock.ts'

const DAY = 86_400_000

/** Takes what is ready, without waiting for more. */
async function takeReady(queue: Workqueue): Promise<string[]> {
  const taken: string[] = []
  while (queue.length() > 0) taken.push((await queue.get()) ?? '')
  return taken
}

function setUp(backoff?: { baseMs: number; maxMs: number }) {
  const clock = movableClock()
  return { clock, queue: createWorkqueue({ clock, random: () => 0.999_999_999, ...(backoff && { backoff }) }) }
}

describe('one key at a time', () => {
  test('a key that is added many times is handed out once', async () => {
    const { queue } = setUp()
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
    expect(await takeReady(queue)).toEqual(['a', 'b'])
  })

  test('a key that is added while being worked on comes back when that is done, once', async () => {
    const { queue } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('a')
    queue.add('a')
    expect(queue.length()).toBe(0)
    queue.done('a')
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    expect(queue.length()).toBe(0)
  })

  test('a waiting worker gets the key at once, and a second one does not', async () => {
    const { queue } = setUp()
    const first = queue.get()
    const second = queue.get()
    queue.add('a')
    queue.add('a')
    expect(await first).toBe('a')
    queue.add('b')
    expect(await second).toBe('b')
  })

  test('whoever gives up waiting gets nothing and takes nothing away', async () => {
    const { queue } = setUp()
    const patience = new AbortController()
    const impatient = queue.get(patience.signal)
    patience.abort()
    expect(await impatient).toBeUndefined()
    queue.add('a')
    expect(await queue.get()).toBe('a')
    expect(await queue.get(AbortSignal.abort())).toBeUndefined()
  })
})

describe('priorities', () => {
  test('high goes before low, and a low key that is added high moves up', async () => {
    const { queue } = setUp()
    for (const key of ['l1', 'l2', 'l3']) queue.add(key, 'low')
    queue.add('h1')
    queue.add('l3')
    queue.add('h1', 'low')
    expect(await takeReady(queue)).toEqual(['h1', 'l3', 'l1', 'l2'])
  })

  test('low keys still get every eighth turn while high ones keep coming', async () => {
    const { queue } = setUp()
    queue.add('low', 'low')
    const taken: (string | undefined)[] = []
    for (let turn = 0; turn < 8; turn++) {
      queue.add(`h${turn}`)
      taken.push(await queue.get())
    }
    expect(taken.indexOf('low')).toBe(7)
  })

  test('what was added high while being worked on comes back high', async () => {
    const { queue } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('b', 'low')
    queue.add('a', 'low')
    queue.add('a', 'high')
    queue.done('a')
    expect(await takeReady(queue)).toEqual(['a', 'b'])
  })
})

describe('shares', () => {
  /** Keys like `a1`: the letter is the share; digits after a `:` are the rank. */
  const placed = (key: string) => ({
    share: key[0]!,
    ...(key.includes(':') ? { rank: Number(key.split(':')[1]) } : {}),
  })
  const withShares = () => createWorkqueue({ clock: movableClock(), placeOf: placed })

  test.each([
    [
      'take turns, however many keys one of them has',
      ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'],
      ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'],
    ],
    [
      'give the lowest rank first, and keys without one after that in their order',
      ['a1', 'a2:9', 'a3:5', 'a4'],
      ['a3:5', 'a2:9', 'a1', 'a4'],
    ],
  ])('%s', async (_name, added, taken) => {
    const queue = withShares()
    for (const key of added) queue.add(key)
    expect(await takeReady(queue)).toEqual(taken)
  })

  test('a share that comes late has its turn next but one', async () => {
    const queue = withShares()
    for (let key = 0; key < 900; key++) queue.add(`a${key}`)
    await queue.get()
    queue.add('b1')
    expect([await queue.get(), await queue.get()]).toEqual(['a1', 'b1'])
  })

  test('a key that moves up leaves its share of the low lane', async () => {
    const queue = withShares()
    for (const key of ['a1:1', 'a2:2']) queue.add(key, 'low')
    queue.add('a2:2', 'high')
    expect(await takeReady(queue)).toEqual(['a2:2', 'a1:1'])
  })
})

describe('gates', () => {
  const behindGates = (admits: (gate: string, priority: string, held: number) => boolean) =>
    createWorkqueue({
      clock: movableClock(),
      placeOf: (key) => ({ share: key[0]! }),
      gates: { of: (share) => `gate ${share}`, admits },
    })

  /** What so many workers hold at the same time. */
  const heldBy = (queue: Workqueue, workers: number): string[] => {
    const held: string[] = []
    for (let worker = 0; worker < workers; worker++) void queue.get().then((key) => key && held.push(key))
    return held
  }

  test('a closed gate holds nobody up who is behind another one', async () => {
    const queue = behindGates((gate, _priority, held) => gate !== 'gate a' || held === 0)
    for (const key of ['a1', 'a2', 'a3', 'b1', 'b2']) queue.add(key)
    const held = heldBy(queue, 4)
    await queue.get(AbortSignal.abort())
    expect(held).toEqual(['a1', 'b1', 'b2'])
  })

  test('it is asked again when a key is done, and by priority', async () => {
    const queue = behindGates((_gate, priority, held) => held < (priority === 'high' ? 1 : 2))
    for (const key of ['a1', 'a2']) queue.add(key)
    for (const key of ['a3', 'a4', 'a5']) queue.add(key, 'low')
    const held = heldBy(queue, 8)
    await queue.get(AbortSignal.abort())
    expect(held).toEqual(['a1', 'a3', 'a4'])
    queue.done('a1')
    await queue.get(AbortSignal.abort())
    expect(held).toEqual(['a1', 'a3', 'a4', 'a2'])
  })

  test('what is behind one gate leaves some workers to what is behind others, however wide it is open', async () => {
    const queue = behindGates(() => true)
    for (let key = 0; key < 100; key++) queue.add(`a${key}`)
    const held = heldBy(queue, 16)
    queue.add('b1')
    await queue.get(AbortSignal.abort())
    expect([held.filter((key) => key.startsWith('a')).length, held.includes('b1')]).toEqual([12, true])
  })

  test('a single worker is not kept from work', async () => {
    const queue = behindGates(() => true)
    queue.add('a1')
    expect(await queue.get()).toBe('a1')
  })
})

describe('later', () => {
  test('a date 133 days ahead does not fire at once, and fires when it has come', async () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + 133 * DAY))
    expect(Math.max(...clock.timers())).toBeLessThanOrEqual(60_000)
    clock.advance(132 * DAY)
    expect(queue.length()).toBe(0)
    clock.advance(DAY + 1)
    expect(await takeReady(queue)).toEqual(['a'])
    expect(clock.timers()).toEqual([])
  })

  test('a date follows a corrected wall clock within a minute', () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + DAY))
    clock.setWall(clock.now() + 2 * DAY)
    clock.advance(60_000)
    expect(queue.length()).toBe(1)
  })

  test('a date is not put off by a wall clock that is set back, and comes once', async () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + 5000))
    clock.setWall(clock.now() - DAY)
    clock.advance(4999)
    expect(queue.length()).toBe(0)
    clock.advance(1)
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    clock.advance(2 * DAY)
    expect(queue.length()).toBe(0)
  })

  test('a delay does not follow the wall clock', () => {
    const { clock, queue } = setUp()
    queue.addAfter('a', 5000)
    clock.setWall(clock.now() - DAY)
    clock.advance(5000)
    expect(queue.length()).toBe(1)
  })

  test('a date in the past is now', () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(0))
    clock.advance(0)
    expect(queue.length()).toBe(1)
  })

  test('an invalid date is refused, as it would never come', () => {
    expect(() => setUp().queue.addAt('a', new Date(NaN))).toThrow(RangeError)
  })

  test.each([
    ['a date, then an earlier delay', 5000, 3000, 3000],
    ['a date, then a later delay', 3000, 5000, 3000],
  ])('%s: the earliest wins and the other one is dropped', async (_name, date, delay, due) => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + date))
    queue.addAfter('a', delay)
    expect(queue.snapshot().delayed).toBe(1)
    clock.advance(due - 1)
    expect(queue.length()).toBe(0)
    clock.advance(1)
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    clock.advance(DAY)
    expect(queue.length()).toBe(0)
  })

  test('taking a key drops what was planned for it before, and not what is planned meanwhile', async () => {
    const { clock, queue } = setUp()
    queue.addAfter('a', 1000)
    queue.add('a')
    await queue.get()
    clock.advance(1000)
    queue.addAfter('a', 1000)
    queue.done('a')
    expect(queue.length()).toBe(0)
    clock.advance(1000)
    expect(queue.length()).toBe(1)
  })
})

describe('back-off', () => {
  test('doubles per key up to its limit, and ends with forget', async () => {
    const { clock, queue } = setUp({ baseMs: 200, maxMs: 1000 })
    const pauses: number[] = []
    const retry = async (): Promise<void> => {
      queue.addRateLimited('a')
      pauses.push(Math.round(clock.timers()[0] ?? 0))
      clock.advance(2000)
      queue.done((await queue.get()) ?? '')
    }
    for (let failure = 0; failure < 5; failure++) await retry()
    expect(queue.snapshot().failing).toBe(1)
    queue.forget('a')
    await retry()
    expect(pauses).toEqual([200, 400, 800, 1000, 1000, 200])
  })

  test('a thousand failures are not too many', () => {
    const { clock, queue } = setUp()
    for (let failure = 0; failure < 2000; failure++) queue.addRateLimited('a')
    clock.advance(300_000)
    expect(queue.length()).toBe(1)
  })

  test('pauses are spread by half of them', () => {
    const clock = movableClock()
    createWorkqueue({ clock, random: () => 0 }).addRateLimited('a')
    expect(clock.timers()).toEqual([100])
  })
})

describe('the end', () => {
  test('who waits gets nothing, nothing is handed out or taken in, and it drains with the last key', async () => {
    const { clock, queue } = setUp()
    queue.add('a')
    queue.add('b')
    await queue.get()
    queue.addAfter('c', 1000)
    let drained = false
    void queue.drained().then(() => (drained = true))
    queue.shutDown()
    queue.add('d')
    queue.addAt('e', new Date(0))
    expect(await queue.get()).toBeUndefined()
    expect([drained, clock.timers()]).toEqual([false, []])
    queue.done('a')
    await queue.drained()
  })

  test('who is waiting is let go', async () => {
    const { queue } = setUp()
    const waiting = queue.get()
    queue.shutDown()
    expect(await waiting).toBeUndefined()
    await queue.drained()
  })
})

test('a snapshot counts and tells ages', async () => {
  const { clock, queue } = setUp()
  queue.add('a')
  await queue.get()
  clock.advance(500)
  queue.add('b', 'low')
  clock.advance(1500)
  queue.add('c')
  queue.addAfter('d', 9000)
  expect(queue.snapshot()).toEqual({
    high: 1,
    low: 1,
    processing: 1,
    delayed: 1,
    failing: 0,
    oldestWaitMs: 1500,
    longestRunningMs: 2000,
  })
})

describe('properties', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const priority = fc.constantFrom('high' as const, 'low' as const)
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key, priority }),
    fc.record({ do: fc.constant('after' as const), key, ms: fc.nat(5000) }),
    fc.record({ do: fc.constant('at' as const), key, ms: fc.integer({ min: -1000, max: 5000 }) }),
    fc.record({ do: fc.constant('fail' as const), key }),
    fc.record({ do: fc.constant('get' as const) }),
    fc.record({ do: fc.constant('done' as const), key }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat(3000) }),
  )

  test('no key is worked on twice at a time, and nothing that was added since it was last taken is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, queue } = setUp()
        const running = new Set<string>()
        const wanted = new Set<string>()
        const take = async (): Promise<void> => {
          const taken = (await queue.get()) ?? ''
          expect(running.has(taken)).toBe(false)
          running.add(taken)
          wanted.delete(taken)
        }
        for (const each of steps) {
          if (each.do === 'add') queue.add(each.key, each.priority)
          if (each.do === 'after') queue.addAfter(each.key, each.ms)
          if (each.do === 'at') queue.addAt(each.key, new Date(clock.now() + each.ms))
          if (each.do === 'fail') queue.addRateLimited(each.key)
          if ('key' in each && each.do !== 'done') wanted.add(each.key)
          if (each.do === 'advance') clock.advance(each.ms)
          if (each.do === 'get' && queue.length() > 0) await take()
          if (each.do === 'done' && running.delete(each.key)) queue.done(each.key)
        }
        for (const left of running) queue.done(left)
        running.clear()
        clock.advance(3_600_000)
        while (queue.length() > 0) await take()
        expect([...wanted]).toEqual([])
      }),
    )
  })

  test('a timetable gives keys out in the order of their times, each once, none early', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat(100)), { maxLength: 200 }), (entries) => {
        const times = createTimetable()
        const latest = new Map<string, number>()
        for (const [name, at] of entries) {
          times.put(name, at)
          latest.set(name, at)
        }
        const expected = [...latest].sort(([, a], [, b]) => a - b)
        for (const [, at] of expected) expect(times.next() ?? Infinity).toBeLessThanOrEqual(at)
        expect(times.next()).toBe(expected[0]?.[1])
        const taken = times.takeDue(50)
        expect(new Set(taken)).toEqual(new Set(expected.filter(([, at]) => at <= 50).map(([name]) => name)))
        expect(taken.map((name) => latest.get(name))).toEqual(expected.map(([, at]) => at).filter((at) => at <= 50))
        expect(times.size()).toBe(latest.size - taken.length)
      }),
    )
  })

  test('a heap sorts, also after some entries were dropped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = createHeap<number>((entry) => entry)
        for (const number of numbers) heap.push(number)
        heap.keep((entry) => entry % 3 !== 0)
        const sorted: number[] = []
        for (let top = heap.pop(); top !== undefined; top = heap.pop()) sorted.push(top)
        expect(sorted).toEqual(numbers.filter((entry) => entry % 3 !== 0).sort((a, b) => a - b))
      }),
    )
  })
})

describe('what is told of a queue', () => {
  test('is each key that is added, how long it waited for a worker, and each that is put back', async () => {
    const clock = movableClock()
    const told: string[] = []
    const observer = {
      added: () => told.push('added'),
      taken: (waitedMs: number) => told.push(`taken after ${waitedMs}`),
      retried: () => told.push('retried'),
    }
    const queue = createWorkqueue({ clock, random: () => 0, observer })
    queue.add('a')
    queue.add('b', 'low')
    clock.advance(1500)
    await queue.get()
    clock.advance(500)
    await queue.get()
    queue.addRateLimited('a')
    queue.done('a')
    expect(told).toEqual(['added', 'added', 'taken after 1500', 'taken after 2000', 'retried'])
  })
})
