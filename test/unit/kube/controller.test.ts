import { expect, test } from '@jest/globals'
import { KubeError } from '../../../src/kube/client.ts'
import { type ReconcileOutcome, type ReconcileResult, startController } from '../../../src/kube/controller.ts'
import { createWorkqueue } from '../../../src/kube/workqueue.ts'
import { eventually, settle } from './support/eventually.ts'
import { movableClock } from './support/movable-clock.ts'
import { recordingLog } from './support/recording-log.ts'

type Pass = {
  readonly key: string
  readonly signal: AbortSignal
  end: (next: ReconcileResult) => void
  fail: (error: unknown) => void
}

/** Workers whose passes end when the test says so. */
function setUp(count = 2) {
  const clock = movableClock()
  const queue = createWorkqueue({ clock, random: () => 0.999_999 })
  const log = recordingLog()
  const passes: Pass[] = []
  const results: [string, ReconcileOutcome, number][] = []
  const workers = startController({
    queue,
    maxConcurrentReconciles: count,
    log,
    clock,
    observer: (...result) => results.push(result),
    reconcile: (key, signal) =>
      new Promise((resolve, reject) =>
        passes.push({ key, signal, end: resolve, fail: reject as (e: unknown) => void }),
      ),
  })
  const pass = (index: number): Promise<Pass> => eventually(`pass ${index}`, () => passes[index])
  return { clock, queue, log, passes, results, workers, pass }
}

test('so many keys are worked on at the same time, and no key twice', async () => {
  const { queue, passes, pass } = setUp(2)
  for (const key of ['a', 'a', 'b', 'c']) queue.add(key)
  await pass(1)
  queue.add('a')
  await settle()
  expect(passes.map(({ key }) => key)).toEqual(['a', 'b'])
  passes[0]?.end('never')
  await pass(2)
  expect(passes.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
})

test.each<[string, (now: number) => ReconcileResult, number | undefined]>([
  ['never', () => 'never', undefined],
  ['now', () => 'now', 0],
  ['a date', (now) => new Date(now + 7000), 7000],
])('after "%s" the key comes when it was planned', async (_name, next, due) => {
  const { clock, queue, passes, pass, results } = setUp(1)
  queue.add('a')
  ;(await pass(0)).end(next(clock.now()))
  await eventually('the end of the pass', () => results.length === 1)
  clock.advance((due ?? 0) - 1)
  await settle()
  expect(passes).toHaveLength(due === 0 ? 2 : 1)
  clock.advance(due === undefined ? 1e9 : 1)
  await settle()
  expect(passes).toHaveLength(due === undefined ? 1 : 2)
  expect(results[0]).toEqual(['a', 'succeeded', 0])
})

test('a failed pass is logged and repeated with a growing pause, until one succeeds, and from then on with a short one', async () => {
  const { clock, queue, pass, results, log } = setUp(1)
  queue.add('a')
  for (const [index, ms] of [200, 400].entries()) {
    const failing = await pass(index)
    failing.fail(new Error('no luck'))
    await eventually('its end', () => results.length === index + 1)
    expect(Math.round(clock.timers()[0] ?? 0)).toBe(ms)
    clock.advance(ms)
  }
  ;(await pass(2)).end('never')
  await eventually('success', () => results.length === 3)
  queue.add('a')
  ;(await pass(3)).fail(new Error('no luck'))
  await eventually('another failure', () => results.length === 4)
  expect(Math.round(clock.timers()[0] ?? 0)).toBe(200)
  expect(results.map(([, result]) => result)).toEqual(['failed', 'failed', 'succeeded', 'failed'])
  expect(log.lines.map(({ level, fields }) => [level, fields['key'], fields['error']])).toEqual([
    ['warn', 'a', 'no luck'],
    ['warn', 'a', 'no luck'],
    ['warn', 'a', 'no luck'],
  ])
})

test('a conflict is repeated too, and is not worth more than a debug line', async () => {
  const { queue, pass, results, log } = setUp(1)
  queue.add('a')
  ;(await pass(0)).fail(new KubeError('conflict', 'replace things a: 409 conflict'))
  await eventually('its end', () => results.length === 1)
  expect([results[0]?.[1], log.lines.map(({ level }) => level)]).toEqual(['conflict', ['debug']])
})

test('an invalid date counts as a failure, so that the key is not lost', async () => {
  const { clock, queue, pass, results } = setUp(1)
  queue.add('a')
  ;(await pass(0)).end(new Date(NaN))
  await eventually('its end', () => results.length === 1)
  expect(results[0]?.[1]).toBe('failed')
  clock.advance(200)
  await pass(1)
})

test('stopping waits for the work under way and takes no more', async () => {
  const { queue, workers, passes, pass } = setUp(1)
  queue.add('a')
  queue.add('b')
  const { end, signal } = await pass(0)
  const stopped = workers.stop(25_000)
  await settle()
  end('now')
  expect(await stopped).toBe('drained')
  expect([signal.aborted, passes.length]).toEqual([false, 1])
})

test('stopping gives up after its limit, aborts the work and says so', async () => {
  const { clock, queue, workers, pass, log } = setUp(1)
  queue.add('a')
  const { signal, fail } = await pass(0)
  const stopped = workers.stop(25_000)
  clock.advance(24_999)
  expect(signal.aborted).toBe(false)
  clock.advance(1)
  expect(await stopped).toBe('abandoned')
  expect(signal.aborted).toBe(true)
  fail(new Error('aborted'))
  await queue.drained()
  expect(log.lines).toEqual([])
})

test('aborting stops the work in the same tick', async () => {
  const { queue, workers, pass } = setUp(1)
  queue.add('a')
  const { signal } = await pass(0)
  workers.abort()
  expect(signal.aborted).toBe(true)
  expect(await queue.get()).toBeUndefined()
})

test('reconciles that never wait let the event loop run between them', async () => {
  const queue = createWorkqueue()
  const seen: string[] = []
  for (let key = 0; key < 100; key++) queue.add(String(key), 'low')
  const workers = startController({
    queue,
    maxConcurrentReconciles: 2,
    log: recordingLog(),
    reconcile: (key) => {
      seen.push(key)
      return Promise.resolve('never')
    },
  })
  setImmediate(() => queue.add('new'))
  await eventually('the new key', () => seen.includes('new'))
  expect(seen.indexOf('new')).toBeLessThan(20)
  await workers.stop(1000)
})
