import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Workqueue, createWorkqueue } from '../../../src/kube/workqueue.ts'
import { movableClock } from './support/movable-clock.ts'
import { depth, setUp, takeReady } from './support/workqueue.ts'

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
    expect(depth(queue)).toBe(0)
    queue.done('a')
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    expect(depth(queue)).toBe(0)
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

  test('a worker that stops waiting gets nothing and takes nothing away', async () => {
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

describe('admission', () => {
  const grouped = (canStart: (group: string, priority: string, inFlight: number) => boolean) =>
    createWorkqueue({
      clock: movableClock(),
      placementOf: (key) => ({ flow: key[0]! }),
      admission: { groupOf: (flow) => `group ${flow}`, canStart },
    })

  /** The keys that this many workers get at the same time. */
  const takenBy = (queue: Workqueue, workers: number): string[] => {
    const taken: string[] = []
    for (let worker = 0; worker < workers; worker++) void queue.get().then((key) => key && taken.push(key))
    return taken
  }

  test('a group that is full holds up no other group', async () => {
    const queue = grouped((group, _priority, inFlight) => group !== 'group a' || inFlight === 0)
    for (const key of ['a1', 'a2', 'a3', 'b1', 'b2']) queue.add(key)
    const taken = takenBy(queue, 4)
    await queue.get(AbortSignal.abort())
    expect(taken).toEqual(['a1', 'b1', 'b2'])
  })

  test('it is asked again when a key is done, and by priority', async () => {
    const queue = grouped((_group, priority, inFlight) => inFlight < (priority === 'high' ? 1 : 2))
    for (const key of ['a1', 'a2']) queue.add(key)
    for (const key of ['a3', 'a4', 'a5']) queue.add(key, 'low')
    const taken = takenBy(queue, 8)
    await queue.get(AbortSignal.abort())
    expect(taken).toEqual(['a1', 'a3', 'a4'])
    queue.done('a1')
    await queue.get(AbortSignal.abort())
    expect(taken).toEqual(['a1', 'a3', 'a4', 'a2'])
  })

  test('a group leaves some workers to other groups, however many of its keys may start', async () => {
    const queue = grouped(() => true)
    for (let key = 0; key < 100; key++) queue.add(`a${key}`)
    const taken = takenBy(queue, 16)
    queue.add('b1')
    await queue.get(AbortSignal.abort())
    expect([taken.filter((key) => key.startsWith('a')).length, taken.includes('b1')]).toEqual([12, true])
  })

  test('a single worker is not kept from work', async () => {
    const queue = grouped(() => true)
    queue.add('a1')
    expect(await queue.get()).toBe('a1')
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
    queue.forget('a')
    await retry()
    expect(pauses).toEqual([200, 400, 800, 1000, 1000, 200])
  })

  test('a thousand failures are not too many', () => {
    const { clock, queue } = setUp()
    for (let failure = 0; failure < 2000; failure++) queue.addRateLimited('a')
    clock.advance(300_000)
    expect(depth(queue)).toBe(1)
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

test('a snapshot counts, and has the age of the oldest reconcile', async () => {
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
          if (each.do === 'get' && depth(queue) > 0) await take()
          if (each.do === 'done' && running.delete(each.key)) queue.done(each.key)
        }
        for (const left of running) queue.done(left)
        running.clear()
        clock.advance(3_600_000)
        while (depth(queue) > 0) await take()
        expect([...wanted]).toEqual([])
      }),
    )
  })
})

describe('an observer', () => {
  test('gets each key that is added, how long it waited for a worker, and each retry', async () => {
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
