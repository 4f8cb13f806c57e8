import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type KubeConnection, connect } from '../../../src/kube/client.ts'
import {
  type EventRecorder,
  type EventRecorderOptions,
  type InvolvedObject,
  createEventRecorder,
} from '../../../src/kube/events.ts'
import { eventually } from './support/eventually.ts'
import { type FakeApi, refuse, startFakeApi } from './support/fake-api.ts'
import type { Stored } from './support/fake-world.ts'
import { writeKubeconfig } from './support/kubeconfig-file.ts'
import { type MovableClock, movableClock } from './support/movable-clock.ts'
import { recordingLog } from './support/recording-log.ts'

const path = '/api/v1/namespaces/shop/events'
const placed = { type: 'Normal', reason: 'Placed', message: 'Order 7000012 was placed.' } as const
const about: InvolvedObject = {
  apiVersion: 'example.io/v1',
  kind: 'Thing',
  metadata: { namespace: 'shop', name: 'web', uid: 'uid-web', resourceVersion: '7' },
}

let api: FakeApi
let client: KubeConnection
let clock: MovableClock
let log: ReturnType<typeof recordingLog>

beforeEach(async () => {
  api = await startFakeApi()
  client = connect({ kubeconfig: writeKubeconfig({ server: api.url }, {}), userAgent: 'test/1', requestTimeoutMs: 500 })
  clock = movableClock()
  log = recordingLog()
})

afterEach(async () => {
  await client.close()
  await api.close()
})

function recorderOf(options: Partial<EventRecorderOptions> = {}): EventRecorder {
  return createEventRecorder({
    client,
    log,
    clock,
    source: { component: 'operator', instance: 'operator-1' },
    ...options,
  })
}

/** The events of a namespace, as they are stored. */
function stored(collection = path): Stored[] {
  const names = api.seen
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => (JSON.parse(body) as Stored).metadata.name)
  return [...new Set(names)].flatMap((name) => api.world.get(collection, name) ?? [])
}

describe('an event', () => {
  test('an event names the object, the reporter and when', async () => {
    const recorder = recorderOf()
    recorder.record(about, { ...placed, action: 'Order' })
    await recorder.flush()
    expect(stored()).toMatchObject([
      {
        metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
        involvedObject: { apiVersion: 'example.io/v1', kind: 'Thing', namespace: 'shop', name: 'web', uid: 'uid-web' },
        type: 'Normal',
        reason: 'Placed',
        message: 'Order 7000012 was placed.',
        action: 'Order',
        count: 1,
        firstTimestamp: '2026-11-24T00:00:00Z',
        lastTimestamp: '2026-11-24T00:00:00Z',
        source: { component: 'operator' },
        reportingComponent: 'operator',
        reportingInstance: 'operator-1',
      },
    ])
  })

  test('an event names another object that it is about, wherever that is', async () => {
    const recorder = recorderOf()
    const related = { ...about, metadata: { namespace: 'gone', name: 'web', uid: 'uid-gone', resourceVersion: '9' } }
    recorder.record(about, { ...placed, related })
    await recorder.flush()
    expect(stored()).toMatchObject([
      {
        metadata: { namespace: 'shop' },
        involvedObject: { namespace: 'shop', name: 'web', uid: 'uid-web' },
        related: {
          apiVersion: 'example.io/v1',
          kind: 'Thing',
          namespace: 'gone',
          name: 'web',
          uid: 'uid-gone',
          resourceVersion: '9',
        },
      },
    ])
  })

  test('events about cluster-scoped objects are in the namespace default', async () => {
    const recorder = recorderOf()
    recorder.record({ apiVersion: 'v1', kind: 'Account', metadata: { name: 'main' } }, placed)
    await recorder.flush()
    const [event] = stored('/api/v1/namespaces/default/events')
    expect(event?.['involvedObject']).toEqual({ apiVersion: 'v1', kind: 'Account', name: 'main' })
  })

  test('a long message is cut at 1024 bytes, between characters', async () => {
    const recorder = recorderOf()
    recorder.record(about, { ...placed, message: 'ä€'.repeat(1000) })
    await recorder.flush()
    const message = String(stored()[0]?.['message'])
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024)
    expect(Buffer.byteLength(message)).toBeGreaterThan(1015)
    expect(message).toMatch(/^(ä€)+ä?…$/)
  })

  test('a very long name still makes a valid name', async () => {
    const recorder = recorderOf()
    recorder.record({ ...about, metadata: { namespace: 'shop', name: `${'a'.repeat(199)}.${'b'.repeat(50)}` } }, placed)
    await recorder.flush()
    expect(stored()[0]?.metadata.name).toMatch(/^a{199}\.[0-9a-f]{16}$/)
  })
})

describe('a repeated event', () => {
  test('is counted on the event that is there', async () => {
    const recorder = recorderOf()
    for (let time = 0; time < 3; time++) {
      recorder.record(about, placed)
      await recorder.flush()
      clock.advance(60_000)
    }
    expect(stored()).toMatchObject([
      { count: 3, firstTimestamp: '2026-11-24T00:00:00Z', lastTimestamp: '2026-11-24T00:02:00Z' },
    ])
  })

  test('while it still waits costs one write', async () => {
    const recorder = recorderOf()
    recorder.record(about, { ...placed, reason: 'First' })
    for (let time = 0; time < 5; time++) recorder.record(about, placed)
    await recorder.flush()
    expect(stored().map(({ reason, count }) => [reason, count])).toEqual([
      ['First', 1],
      ['Placed', 5],
    ])
    expect(api.seen).toHaveLength(2)
  })

  test.each([
    ['another reason', about, { ...placed, reason: 'Other' }],
    ['another message', about, { ...placed, message: 'Other' }],
    ['another object', { ...about, metadata: { ...about.metadata, uid: 'other' } }, placed],
  ])('with %s is another event', async (_name, subject, happening) => {
    const recorder = recorderOf()
    recorder.record(about, placed)
    recorder.record(subject, happening)
    await recorder.flush()
    expect(stored().map(({ count }) => count)).toEqual([1, 1])
  })

  test('by another process, or after a restart, is counted on the same event', async () => {
    for (let process = 0; process < 2; process++) {
      const recorder = recorderOf()
      recorder.record(about, placed)
      await recorder.flush()
    }
    expect(stored().map(({ count }) => count)).toEqual([2])
  })

  test('after the server has forgotten it is a new event', async () => {
    const recorder = recorderOf()
    recorder.record(about, placed)
    await recorder.flush()
    api.world.delete(path, stored()[0]?.metadata.name ?? '')
    recorder.record(about, placed)
    await recorder.flush()
    expect(stored().map(({ count }) => count)).toEqual([1])
  })
})

describe('too much', () => {
  test('about one object is dropped for five minutes, and others are not', async () => {
    const recorder = recorderOf({ maxPerObject: 3 })
    const other = { ...about, metadata: { ...about.metadata, name: 'other', uid: 'uid-other' } }
    const say = async (subject: InvolvedObject, word: string): Promise<void> => {
      recorder.record(subject, { ...placed, message: word })
      await recorder.flush()
    }
    for (let word = 0; word < 10; word++) await say(about, `word ${word}`)
    await say(other, 'word')
    expect(stored()).toHaveLength(4)
    clock.advance(300_000)
    await say(about, 'later')
    expect(stored()).toHaveLength(5)
  })

  test('at once is dropped with a line in the log, and never an exception', async () => {
    const recorder = recorderOf({ maxQueued: 5 })
    for (let word = 0; word < 20; word++) recorder.record(about, { ...placed, message: `word ${word}` })
    await recorder.flush()
    expect(stored()).toHaveLength(6)
    expect(log.lines.filter(({ message }) => message.includes('dropped'))).toHaveLength(14)
  })
})

describe('failures', () => {
  test('an event in a namespace that is being deleted is dropped in silence', async () => {
    const recorder = recorderOf()
    api.script(refuse(403, 'Forbidden', {}, ['NamespaceTerminating']))
    recorder.record(about, placed)
    await recorder.flush()
    expect(stored()).toEqual([])
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([])
  })

  test.each([403, 404, 422, 500])(
    'an event that is refused with %i is logged, and the next one is sent',
    async (code) => {
      const recorder = recorderOf()
      const lift = api.script(refuse(code))
      recorder.record(about, placed)
      await recorder.flush()
      lift()
      recorder.record(about, { ...placed, message: 'Next.' })
      await recorder.flush()
      expect(stored().map(({ message }) => message)).toEqual(['Next.'])
      expect(log.lines.map(({ level, fields }) => [level, fields['name'], fields['reason']])).toEqual([
        ['warn', 'web', 'Placed'],
      ])
    },
  )

  test('an event that was stored although its answer got lost is not doubled', async () => {
    const recorder = recorderOf()
    const lift = api.script(async (seen, response) => {
      api.world.answer(seen)
      response.socket?.destroy()
      return Promise.resolve(true)
    })
    recorder.record(about, placed)
    await recorder.flush()
    lift()
    recorder.record(about, placed)
    await recorder.flush()
    expect(stored().map(({ count }) => count)).toEqual([2])
  })

  test('recording does not wait for the server', async () => {
    let answers = 0
    api.script(() => ++answers > 0)
    const recorder = recorderOf()
    recorder.record(about, placed)
    await eventually('the request', () => answers === 1)
    await recorder.flush()
    expect(log.lines).toHaveLength(1)
  })
})
