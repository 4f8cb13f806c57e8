import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { connect } from '../../../src/kube/client.ts'
import type { KubeConnection, KubeObject, Resource } from '../../../src/kube/client.ts'
import { systemClock } from '../../../src/kube/clock.ts'
import type { Clock } from '../../../src/kube/clock.ts'
import {
  type Informer,
  type InformerOptions,
  createInformer,
  manyInformers,
  withoutBookkeeping,
} from '../../../src/kube/informer.ts'
import { silentLog } from '../../../src/telemetry/log.ts'
import { eventually, settle } from './support/eventually.ts'
import { refuse, startFakeApi } from './support/fake-api.ts'
import type { FakeApi } from './support/fake-api.ts'
import { writeKubeconfig } from './support/kubeconfig-file.ts'
import { movableClock } from './support/movable-clock.ts'
import type { MovableClock } from './support/movable-clock.ts'
import { recordingLog } from './support/recording-log.ts'

type Thing = KubeObject & { value?: string }

const things: Resource = { group: 'example.io', version: 'v1', plural: 'things', kind: 'Thing' }
const path = '/apis/example.io/v1/namespaces/shop/things'

/** An idle limit that no test reaches, so that every timer that is set is a back-off. */
const NEVER = 1e9

let api: FakeApi
let client: KubeConnection
let clock: MovableClock
let stop: AbortController
let told: string[]

/** Real time, twenty times as fast: the pauses within a call are not what is tested here. */
const hastyClock: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) }

beforeEach(async () => {
  api = await startFakeApi()
  const kubeconfig = writeKubeconfig({ server: api.url }, {})
  client = connect({ kubeconfig, userAgent: 'test/1', clock: hastyClock, requestTimeoutMs: 60_000 })
  clock = movableClock()
  stop = new AbortController()
  told = []
})

afterEach(async () => {
  stop.abort()
  await client.close()
  await api.close()
})

function put(name: string, value = ''): KubeObject {
  return api.world.put(path, { metadata: { namespace: 'shop', name }, value })
}

function informerOf(options: Partial<InformerOptions<Thing>> = {}): Informer<Thing> {
  return createInformer<Thing>({
    client,
    resource: things,
    namespace: 'shop',
    log: silentLog,
    clock,
    random: () => 0.5,
    idleMs: NEVER,
    onChange: ({ type, object, previous, initial }) => {
      const words = [type, object.metadata.name, object.value, previous && `was ${previous.value ?? ''}`]
      told.push([...words, initial && 'initial'].filter(Boolean).join(' '))
    },
    ...options,
  })
}

async function started(options: Partial<InformerOptions<Thing>> = {}): Promise<Informer<Thing>> {
  const informer = informerOf(options)
  informer.start(stop.signal)
  await eventually('the first watch', () => api.openWatches() === 1)
  return informer
}

/** Waits for a back-off and answers how long it is. */
function pausing(): Promise<number> {
  return eventually('a pause', () =>
    api.openWatches() === 0 ? clock.timers().find((ms) => ms < NEVER / 2) : undefined,
  )
}

/** Moves the clock over back-offs until the informer has a watch again. */
async function reconnected(): Promise<void> {
  await eventually('a new watch', () => {
    clock.advance(1000)
    return api.openWatches() === 1
  })
}

describe('listing and watching', () => {
  test('the first list is read in pages, told as initial, and makes it synced', async () => {
    for (let index = 0; index < 1201; index++) put(`n${index}`)
    const informer = informerOf()
    expect(informer.synced()).toBe(false)
    informer.start(stop.signal)
    await informer.whenSynced()
    expect([informer.synced(), informer.size(), told.length]).toEqual([true, 1201, 1201])
    expect(told.every((line) => line.endsWith('initial'))).toBe(true)
    expect(api.lists().map(({ query }) => query.get('continue'))).toEqual([null, '500', '1000'])
  })

  test('a watch asks for bookmarks and for an end after 290 to 580 seconds', async () => {
    await started({ random: () => 0 })
    const { query } = api.watches()[0] ?? {}
    expect(query?.get('allowWatchBookmarks')).toBe('true')
    expect(query?.get('timeoutSeconds')).toBe('290')
    expect(query?.get('resourceVersion')).toBe(String(api.world.version()))
  })

  test('additions, updates and deletions arrive in the cache and are told once', async () => {
    const informer = await started()
    put('a', 'one')
    put('a', 'two')
    await eventually('two', () => informer.get('shop/a')?.value === 'two')
    api.world.delete(path, 'a')
    await eventually('gone', () => informer.size() === 0)
    expect(told).toEqual(['added a one', 'updated a two was one', 'deleted a two'])
  })

  test('managed fields are not kept, and a transform replaces that', async () => {
    const object = { metadata: { namespace: 'shop', name: 'a', managedFields: [{ manager: 'x' }] }, value: 'one' }
    api.world.put(path, object)
    const plain = await started()
    expect(plain.get('shop/a')?.metadata).not.toHaveProperty('managedFields')
    const bare = informerOf({ transform: ({ metadata }) => ({ metadata }) })
    bare.start(stop.signal)
    await bare.whenSynced()
    expect(bare.get('shop/a')).not.toHaveProperty('value')
  })

  test('a handler that throws is logged, and the rest goes on', async () => {
    put('a')
    const log = recordingLog()
    const informer = await started({
      log,
      onChange: () => {
        throw new Error('broken handler')
      },
    })
    put('b')
    await eventually('b', () => informer.get('shop/b'))
    expect(log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['error'])).toEqual([
      'broken handler',
      'broken handler',
    ])
  })

  test('it can be started once', async () => {
    const informer = await started()
    expect(() => informer.start(stop.signal)).toThrow('once')
  })
})

describe('stopping', () => {
  test('during the list opens no watch, tells nothing and rejects who waits', async () => {
    put('a')
    let release: (() => void) | undefined
    api.script(async () => {
      await new Promise<void>((resolve) => (release = resolve))
      return false
    })
    const informer = informerOf()
    informer.start(stop.signal)
    const waiting = informer.whenSynced(stop.signal)
    const open = await eventually('the list', () => release)
    stop.abort(new Error('stopped'))
    open()
    await expect(waiting).rejects.toThrow('stopped')
    await settle()
    expect([told, api.watches()]).toEqual([[], []])
  })

  test('during a watch closes it and logs nothing', async () => {
    const log = recordingLog()
    await started({ log })
    stop.abort()
    await eventually('no watch', () => api.openWatches() === 0)
    await settle()
    expect(log.lines).toEqual([])
    expect(clock.timers()).toEqual([])
  })
})

describe('what happens to a server', () => {
  const troubles: [string, () => void][] = [
    ['a clean end of the watch', () => api.endWatches()],
    ['a TCP reset', () => api.resetWatches()],
    ['garbage in the stream', () => api.sendRaw('garbage\n')],
    ['an ERROR event that is not 410', () => api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":500}}\n')],
  ]
  test.each(troubles)('%s: it watches on from the last version, without a new list', async (_name, trouble) => {
    const informer = await started()
    put('a', 'one')
    await eventually('a', () => informer.get('shop/a'))
    const version = String(api.world.version())
    trouble()
    await eventually('the end', () => api.openWatches() === 0)
    put('b', 'while away')
    await reconnected()
    await eventually('b', () => informer.get('shop/b'))
    expect(api.watches()[1]?.query.get('resourceVersion')).toBe(version)
    expect(api.lists()).toHaveLength(1)
    expect(told).toEqual(['added a one', 'added b while away'])
  })

  test('a version that the server has not reached, as after a restore, is given up for a new list', async () => {
    const informer = await started()
    const details = { causes: [{ reason: 'ResourceVersionTooLarge' }] }
    api.sendRaw(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 504, details } })}\n`)
    await eventually('the end', () => api.openWatches() === 0)
    put('b', 'while away')
    await reconnected()

    expect(api.lists()).toHaveLength(2)
    expect(informer.get('shop/b')).toBeDefined()
  })

  test.each([401, 403, 429, 500, 503])('a list and a watch that are refused with %i heal', async (code) => {
    const lift = api.script(refuse(code))
    const informer = informerOf()
    informer.start(stop.signal)
    await pausing()
    expect(informer.synced()).toBe(false)
    lift()
    await reconnected()
    const liftAgain = api.script(refuse(code))
    api.endWatches()
    clock.advance(await pausing())
    await eventually('a refused watch', () => api.watches().length > 1)
    await pausing()
    liftAgain()
    put('a')
    await reconnected()
    await eventually('a', () => informer.get('shop/a'))
    expect(told).toEqual(['added a'])
  })

  test('a server that is away for a while is found again', async () => {
    const informer = await started()
    await api.crash()
    const first = await pausing()
    clock.advance(first)
    expect(await pausing()).not.toBe(first)
    put('a')
    await api.restart()
    await reconnected()
    await eventually('a', () => informer.get('shop/a'))
  })

  test.each([
    ['a 410 on the watch', () => api.endWatches()],
    ['a 410 in the stream', () => api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')],
  ])('%s: it lists again and tells the difference only', async (_name, trouble) => {
    put('same', 'one')
    put('changed', 'one')
    put('gone', 'one')
    const informer = await started()
    api.silent(true)
    put('changed', 'two')
    api.world.delete(path, 'gone')
    put('new', 'one')
    api.world.compact()
    api.silent(false)
    told = []
    trouble()
    await eventually('the end', () => api.openWatches() === 0)
    await reconnected()
    await eventually('the list', () => informer.get('shop/new'))
    expect(told.sort()).toEqual(['added new one', 'deleted gone one', 'updated changed two was one'])
  })

  test('a version that expires between two pages starts the list over', async () => {
    for (let index = 0; index < 600; index++) put(`n${index}`)
    const lift = api.script((seen, response) => seen.query.has('continue') && refuse(410, 'Expired')(seen, response))
    const informer = informerOf()
    informer.start(stop.signal)
    await pausing()
    expect([informer.synced(), told]).toEqual([false, []])
    lift()
    await reconnected()
    expect(informer.size()).toBe(600)
  })

  test('an object that was deleted and made again while away is told as both', async () => {
    put('a', 'one')
    const informer = await started()
    api.silent(true)
    api.world.delete(path, 'a')
    put('a', 'two')
    api.world.compact()
    api.silent(false)
    api.endWatches()
    await eventually('the end', () => api.openWatches() === 0)
    await reconnected()
    await eventually('two', () => informer.get('shop/a')?.value === 'two')
    expect(told).toEqual(['added a one initial', 'deleted a one', 'added a two'])
  })

  test('after 90 seconds of silence a watch gives way to a new list, and a bookmark counts as a sound', async () => {
    const informer = await started({ idleMs: 90_000 })
    clock.advance(80_000)
    expect(informer.stale(60_000)).toBe(true)
    api.world.put('/apis/example.io/v1/namespaces/shop/others', { metadata: { name: 'x' } })
    api.world.bookmark(path)
    await eventually('the bookmark', () => !informer.stale(60_000))
    clock.advance(80_000)
    await settle()
    expect(api.watches()).toHaveLength(1)
    clock.advance(20_000)
    await eventually('the end', () => api.openWatches() === 0)
    await reconnected()
    expect([api.watches().length, api.lists().length]).toEqual([2, 2])
    expect(api.watches()[1]?.query.get('resourceVersion')).toBe(String(api.world.version()))
  })

  test('a server that refuses lists, as of a namespace that was deleted with its rights, is no silent one', async () => {
    const informer = await started({})
    api.script(refuse(403, 'Forbidden'))
    api.silent(true)
    api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')
    clock.advance(80_000)
    expect(informer.stale(60_000)).toBe(true)
    await eventually('the refusal', () => {
      clock.advance(1000)
      return !informer.stale(60_000)
    })
    expect(informer.synced()).toBe(true)
  })

  test('a list that is older than what was seen is refused, until a restored database is certain', async () => {
    put('a', 'one')
    put('b', 'one')
    const log = recordingLog()
    const informer = await started({ log })
    api.silent(true)
    api.world.delete(path, 'b')
    api.world.compact()
    api.world.setVersion(50n)
    api.world.put(path, { metadata: { namespace: 'shop', name: 'a' }, value: 'restored' })
    api.silent(false)
    api.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')
    clock.advance(await pausing())
    await eventually('a refused list', () => log.lines.some(({ level }) => level === 'warn'))
    expect(informer.get('shop/a')?.value).toBe('one')
    await eventually('the restored world', () => {
      clock.advance(30_000)
      return informer.get('shop/a')?.value === 'restored'
    })
    expect(informer.get('shop/b')).toBeUndefined()
    expect(api.lists().length).toBeGreaterThan(10)
  })
})

describe('how often it tries', () => {
  /** The pauses of so many failed rounds. */
  async function pauses(rounds: number): Promise<number[]> {
    const seen: number[] = []
    for (let round = 0; round < rounds; round++) {
      const ms = await pausing()
      seen.push(ms)
      clock.advance(ms)
    }
    return seen
  }

  test('pauses double from 0.8 to 30 seconds while nothing works', async () => {
    api.script(refuse(500))
    informerOf({ random: () => 0.999_999 }).start(stop.signal)
    const seconds = (await pauses(8)).map((ms) => Math.round(ms / 100) / 10)
    expect(seconds).toEqual([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30])
  })

  test('a watch that ends right after an event does not make a tight loop', async () => {
    api.script((seen, response) => {
      if (!seen.query.has('watch')) return false
      const version = Number(seen.query.get('resourceVersion')) + 1
      const metadata = { namespace: 'shop', name: 'a', uid: 'u', resourceVersion: String(version) }
      response.end(`${JSON.stringify({ type: 'MODIFIED', object: { metadata } })}\n`)
      return true
    })
    informerOf({ random: () => 0.999_999 }).start(stop.signal)
    expect((await pauses(4)).map((ms) => Math.round(ms))).toEqual([800, 1600, 3200, 6400])
  })

  test('a watch that lived for a while ends the back-off, and its end costs no pause', async () => {
    const informer = await started()
    api.endWatches()
    await eventually('the end', () => api.openWatches() === 0)
    await reconnected()
    clock.advance(40_000)
    api.endWatches()
    await eventually('a watch without a pause', () => api.watches().length === 3 && api.openWatches() === 1)
    expect(informer.size()).toBe(0)
  })

  test('a server that comes back without its history is listed without a long pause', async () => {
    await started()
    clock.advance(40_000)
    const lift = api.script(refuse(500))
    api.endWatches()
    await pauses(4)
    const long = await pausing()
    expect(long).toBeGreaterThan(5000)
    lift()
    api.world.compact()
    clock.advance(long)
    expect(await pausing()).toBeLessThan(1000)
    await reconnected()
    expect(api.lists()).toHaveLength(2)
  })

  test('Retry-After is obeyed', async () => {
    api.script(refuse(503, 'ServiceUnavailable', { 'retry-after': '17' }))
    const impatient = connect({
      kubeconfig: writeKubeconfig({ server: api.url }, {}),
      userAgent: 't',
      requestTimeoutMs: 200,
    })
    informerOf({ client: impatient }).start(stop.signal)
    expect(await pausing()).toBe(17_000)
    await impatient.close()
  })
})

describe('reading what we wrote', () => {
  test('it is there at once, is not told by that, and is told when the server tells of it', async () => {
    put('a', 'one')
    const informer = await started()
    told = []
    api.silent(true)
    const written = put('a', 'two')
    informer.noteWritten(written)
    expect([informer.get('shop/a')?.value, told]).toEqual(['two', []])
    api.endWatches()
    await eventually('the end', () => api.openWatches() === 0)
    api.silent(false)
    await reconnected()
    await eventually('the event', () => told.length > 0)
    expect(told).toEqual(['updated a two was one'])
  })
})

describe('several namespaces', () => {
  test('several informers are started and read as one', async () => {
    const other = '/apis/example.io/v1/namespaces/bank/things'
    put('a', 'one')
    api.world.put(other, { metadata: { namespace: 'bank', name: 'b' }, value: 'one' })
    const indexes = { value: ({ value }: Thing) => [value ?? ''] }
    const all = manyInformers(['shop', 'bank'].map((namespace) => informerOf({ namespace, indexes })))
    expect([all.synced(), all.stale(1), all.size()]).toEqual([false, true, 0])
    all.start(stop.signal)
    await all.whenSynced()
    expect([all.synced(), all.stale(1), all.size()]).toEqual([true, false, 2])
    expect(all.get('bank/b')).toBeDefined()
    expect(all.by('value', 'one')).toHaveLength(2)
    const metadata = { namespace: 'bank', name: 'c', uid: 'c', resourceVersion: '999' }
    all.noteWritten({ metadata, value: 'noted' })
    expect(all.list().filter(({ value }) => value === 'noted')).toHaveLength(1)
  })
})

describe('an object without its bookkeeping', () => {
  const NOTED = { 'kubectl.kubernetes.io/last-applied-configuration': '{"kind":"Thing"}' }
  const thing = (annotations?: Record<string, string>): Thing => ({
    metadata: { name: 'a', ...(annotations ? { annotations } : {}) },
    value: 'kept',
  })

  test.each<readonly [string, Thing, Thing]>([
    ['lacks what kubectl noted', thing({ ...NOTED, team: 'web' }), thing({ team: 'web' })],
    ['keeps other annotations', thing({ team: 'web' }), thing({ team: 'web' })],
    ['is itself where it has none', thing(), thing()],
  ])('%s', (_sentence, before, after) => {
    const managed = { ...before, metadata: { ...before.metadata, managedFields: [{ manager: 'kubectl' }] } }
    expect(withoutBookkeeping(managed)).toEqual(after)
  })
})
