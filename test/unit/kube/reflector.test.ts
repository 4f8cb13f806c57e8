import { describe, expect, test } from '@jest/globals'
import { connect } from '../../../src/kube/client.ts'
import { eventually, settle } from './support/eventually.ts'
import { refuse } from './support/fake-api.ts'
import { env, informerOf, path, pausing, put, reconnected, started, useInformerEnv } from './support/informer-env.ts'
import { writeKubeconfig } from './support/kubeconfig-file.ts'
import { recordingLog } from './support/recording-log.ts'

useInformerEnv()

describe('what happens to a server', () => {
  const troubles: [string, () => void][] = [
    ['a clean end of the watch', () => env.api.endWatches()],
    ['a TCP reset', () => env.api.resetWatches()],
    ['garbage in the stream', () => env.api.sendRaw('garbage\n')],
    [
      'an ERROR event that is not 410',
      () => env.api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":500}}\n'),
    ],
  ]
  test.each(troubles)('%s: it watches on from the last version, without a new list', async (_name, trouble) => {
    const informer = await started()
    put('a', 'one')
    await eventually('a', () => informer.get('shop/a'))
    const version = String(env.api.world.version())
    trouble()
    await eventually('the end', () => env.api.openWatches() === 0)
    put('b', 'while away')
    await reconnected()
    await eventually('b', () => informer.get('shop/b'))
    expect(env.api.watches()[1]?.query.get('resourceVersion')).toBe(version)
    expect(env.api.lists()).toHaveLength(1)
    expect(env.told).toEqual(['added a one', 'added b while away'])
  })

  test('a version that the server has not reached, as after a restore, is given up for a new list', async () => {
    const informer = await started()
    const details = { causes: [{ reason: 'ResourceVersionTooLarge' }] }
    env.api.sendRaw(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 504, details } })}\n`)
    await eventually('the end', () => env.api.openWatches() === 0)
    put('b', 'while away')
    await reconnected()

    expect(env.api.lists()).toHaveLength(2)
    expect(informer.get('shop/b')).toBeDefined()
  })

  test.each([401, 403, 429, 500, 503])('a list and a watch that are refused with %i heal', async (code) => {
    const lift = env.api.script(refuse(code))
    const informer = informerOf()
    informer.start(env.stop.signal)
    await pausing()
    expect(informer.hasSynced()).toBe(false)
    lift()
    await reconnected()
    const liftAgain = env.api.script(refuse(code))
    env.api.endWatches()
    env.clock.advance(await pausing())
    await eventually('a refused watch', () => env.api.watches().length > 1)
    await pausing()
    liftAgain()
    put('a')
    await reconnected()
    await eventually('a', () => informer.get('shop/a'))
    expect(env.told).toEqual(['added a'])
  })

  test('a server that is away for a while is found again', async () => {
    const informer = await started()
    await env.api.crash()
    const first = await pausing()
    env.clock.advance(first)
    expect(await pausing()).not.toBe(first)
    put('a')
    await env.api.restart()
    await reconnected()
    await eventually('a', () => informer.get('shop/a'))
  })

  test.each([
    ['a 410 on the watch', () => env.api.endWatches()],
    ['a 410 in the stream', () => env.api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')],
  ])('%s: it lists again and tells the difference only', async (_name, trouble) => {
    put('same', 'one')
    put('changed', 'one')
    put('gone', 'one')
    const informer = await started()
    env.api.silent(true)
    put('changed', 'two')
    env.api.world.delete(path, 'gone')
    put('new', 'one')
    env.api.world.compact()
    env.api.silent(false)
    env.told = []
    trouble()
    await eventually('the end', () => env.api.openWatches() === 0)
    await reconnected()
    await eventually('the list', () => informer.get('shop/new'))
    expect(env.told.sort()).toEqual(['added new one', 'deleted gone one', 'updated changed two was one'])
  })

  test('a version that expires between two pages starts the list over', async () => {
    for (let index = 0; index < 600; index++) put(`n${index}`)
    const lift = env.api.script(
      (seen, response) => seen.query.has('continue') && refuse(410, 'Expired')(seen, response),
    )
    const informer = informerOf()
    informer.start(env.stop.signal)
    await pausing()
    expect([informer.hasSynced(), env.told]).toEqual([false, []])
    lift()
    await reconnected()
    expect(informer.list().length).toBe(600)
  })

  test('an object that was deleted and made again while away is delivered as both', async () => {
    put('a', 'one')
    const informer = await started()
    env.api.silent(true)
    env.api.world.delete(path, 'a')
    put('a', 'two')
    env.api.world.compact()
    env.api.silent(false)
    env.api.endWatches()
    await eventually('the end', () => env.api.openWatches() === 0)
    await reconnected()
    await eventually('two', () => informer.get('shop/a')?.value === 'two')
    expect(env.told).toEqual(['added a one initial', 'deleted a one', 'added a two'])
  })

  test('after 90 seconds of silence a watch gives way to a new list, and a bookmark counts as a sound', async () => {
    const informer = await started({ idleTimeoutMs: 90_000 })
    env.clock.advance(80_000)
    expect(informer.isStale(60_000)).toBe(true)
    env.api.world.put('/apis/example.io/v1/namespaces/shop/others', { metadata: { name: 'x' } })
    env.api.world.bookmark(path)
    await eventually('the bookmark', () => !informer.isStale(60_000))
    env.clock.advance(80_000)
    await settle()
    expect(env.api.watches()).toHaveLength(1)
    env.clock.advance(20_000)
    await eventually('the end', () => env.api.openWatches() === 0)
    await reconnected()
    expect([env.api.watches().length, env.api.lists().length]).toEqual([2, 2])
    expect(env.api.watches()[1]?.query.get('resourceVersion')).toBe(String(env.api.world.version()))
  })

  test('a server that refuses lists, as of a namespace that was deleted with its rights, is no silent one', async () => {
    const informer = await started({})
    env.api.script(refuse(403, 'Forbidden'))
    env.api.silent(true)
    env.api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')
    env.clock.advance(80_000)
    expect(informer.isStale(60_000)).toBe(true)
    await eventually('the refusal', () => {
      env.clock.advance(1000)
      return !informer.isStale(60_000)
    })
    expect(informer.hasSynced()).toBe(true)
  })

  test('a list that is older than what was seen is refused, until a restored database is certain', async () => {
    put('a', 'one')
    put('b', 'one')
    const log = recordingLog()
    const informer = await started({ log })
    env.api.silent(true)
    env.api.world.delete(path, 'b')
    env.api.world.compact()
    env.api.world.setVersion(50n)
    env.api.world.put(path, { metadata: { namespace: 'shop', name: 'a' }, value: 'restored' })
    env.api.silent(false)
    env.api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')
    env.clock.advance(await pausing())
    await eventually('a refused list', () => log.lines.some(({ level }) => level === 'warn'))
    expect(informer.get('shop/a')?.value).toBe('one')
    await eventually('the restored world', () => {
      env.clock.advance(30_000)
      return informer.get('shop/a')?.value === 'restored'
    })
    expect(informer.get('shop/b')).toBeUndefined()
    expect(env.api.lists().length).toBeGreaterThan(10)
  })
})

describe('how often it tries', () => {
  /** The pauses of so many failed rounds. */
  async function pauses(rounds: number): Promise<number[]> {
    const seen: number[] = []
    for (let round = 0; round < rounds; round++) {
      const ms = await pausing()
      seen.push(ms)
      env.clock.advance(ms)
    }
    return seen
  }

  test('pauses double from 0.8 to 30 seconds while nothing works', async () => {
    env.api.script(refuse(500))
    informerOf({ random: () => 0.999_999 }).start(env.stop.signal)
    const seconds = (await pauses(8)).map((ms) => Math.round(ms / 100) / 10)
    expect(seconds).toEqual([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30])
  })

  test('a watch that ends right after an event does not make a tight loop', async () => {
    env.api.script((seen, response) => {
      if (!seen.query.has('watch')) return false
      const version = Number(seen.query.get('resourceVersion')) + 1
      const metadata = { namespace: 'shop', name: 'a', uid: 'u', resourceVersion: String(version) }
      response.end(`${JSON.stringify({ type: 'MODIFIED', object: { metadata } })}\n`)
      return true
    })
    informerOf({ random: () => 0.999_999 }).start(env.stop.signal)
    expect((await pauses(4)).map((ms) => Math.round(ms))).toEqual([800, 1600, 3200, 6400])
  })

  test('a watch that lived for a while ends the back-off, and its end costs no pause', async () => {
    const informer = await started()
    env.api.endWatches()
    await eventually('the end', () => env.api.openWatches() === 0)
    await reconnected()
    env.clock.advance(40_000)
    env.api.endWatches()
    await eventually('a watch without a pause', () => env.api.watches().length === 3 && env.api.openWatches() === 1)
    expect(informer.list().length).toBe(0)
  })

  test('a server that comes back without its history is listed without a long pause', async () => {
    await started()
    env.clock.advance(40_000)
    const lift = env.api.script(refuse(500))
    env.api.endWatches()
    await pauses(4)
    const long = await pausing()
    expect(long).toBeGreaterThan(5000)
    lift()
    env.api.world.compact()
    env.clock.advance(long)
    expect(await pausing()).toBeLessThan(1000)
    await reconnected()
    expect(env.api.lists()).toHaveLength(2)
  })

  test('Retry-After is obeyed', async () => {
    env.api.script(refuse(503, 'ServiceUnavailable', { 'retry-after': '17' }))
    const impatient = connect({
      kubeconfig: writeKubeconfig({ server: env.api.url }, {}),
      userAgent: 't',
      requestTimeoutMs: 200,
    })
    informerOf({ client: impatient }).start(env.stop.signal)
    expect(await pausing()).toBe(17_000)
    await impatient.close()
  })
})
