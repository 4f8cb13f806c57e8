import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { connect } from '../../../src/kube/client.ts'
import type { KubeConnection, KubeError, KubeObject, Resource } from '../../../src/kube/client.ts'
import { eventually } from './support/eventually.ts'
import { refuse, reply, startFakeApi } from './support/fake-api.ts'
import type { FakeApi } from './support/fake-api.ts'
import { status } from './support/fake-world.ts'
import { rewriteKubeconfig, writeKubeconfig } from './support/kubeconfig-file.ts'
import { movableClock } from './support/movable-clock.ts'

type Thing = KubeObject & { spec?: Record<string, unknown> }

const things: Resource = { group: 'example.io', version: 'v1', plural: 'things', kind: 'Thing' }
const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' }
const path = '/apis/example.io/v1/namespaces/shop/things'
const token = 'a-token-that-nobody-may-read'
const thing: Thing = { metadata: { namespace: 'shop', name: 'a' }, spec: { size: 1 } }

let api: FakeApi
let kubeconfig: string
let client: KubeConnection

beforeEach(async () => {
  api = await startFakeApi()
  kubeconfig = writeKubeconfig({ server: api.url }, { token })
  client = connect({ kubeconfig, userAgent: 'test/1', random: () => 0 })
})

afterEach(async () => {
  await client.close()
  await api.close()
})

function failureOf(call: Promise<unknown>): Promise<KubeError> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as KubeError,
  )
}

describe('what is told of requests', () => {
  test('is the method and the status of each, and that one was not answered', async () => {
    const told: string[] = []
    const observed = connect({
      ...{ kubeconfig, userAgent: 'test/1', random: () => 0 },
      observer: (method, code) => told.push(`${method} ${code}`),
    })
    await observed.create<Thing>(things, thing)
    await observed.get<Thing>(things, { namespace: 'shop', name: 'none' })
    await api.close()
    await failureOf(observed.remove(things, { namespace: 'shop', name: 'a' }))
    await observed.close()
    expect(told).toEqual(['POST 201', 'GET 404', 'DELETE <error>'])
  })
})

describe('calls', () => {
  test('an object goes through create, get, replace, merge and remove as raw JSON', async () => {
    const made = await client.create<Thing>(things, { ...thing, spec: { size: 1, futureField: [{ x: 1 }] } })
    expect(made).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Thing', spec: { futureField: [{ x: 1 }] } })
    await client.replace(things, { ...made, spec: { size: 2 } })
    await client.merge(things, { namespace: 'shop', name: 'a' }, { spec: { colour: 'red' } })
    const found = await client.get<Thing>(things, { namespace: 'shop', name: 'a' })
    expect(found?.spec).toEqual({ size: 2, colour: 'red' })
    await client.remove(things, { namespace: 'shop', name: 'a' })
    expect(await client.get(things, { namespace: 'shop', name: 'a' })).toBeUndefined()
  })

  test('a replace with an old version is a conflict and changes nothing', async () => {
    const made = await client.create<Thing>(things, thing)
    await client.replace(things, { ...made, spec: { size: 2 } })
    const error = await failureOf(client.replace(things, { ...made, spec: { size: 3 } }))
    expect(error).toMatchObject({ name: 'KubeError', failure: 'conflict', code: 409 })
    expect(api.world.get(path, 'a')?.['spec']).toEqual({ size: 2 })
  })

  test('apply says who applies, and forces only when told to', async () => {
    await client.apply(things, thing, { fieldManager: 'us' })
    await client.apply(things, thing, { fieldManager: 'us', force: 'force', dryRun: 'All', subresource: 'status' })
    const [gentle, forced] = api.seen
    expect(gentle?.headers['content-type']).toBe('application/apply-patch+yaml')
    expect(String(gentle?.query)).toBe('fieldManager=us')
    expect(String(forced?.query)).toBe('fieldManager=us&force=true&dryRun=All')
    expect(forced?.path).toBe(`${path}/a/status`)
    expect(JSON.parse(gentle?.body ?? '')).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Thing' })
  })

  test.each([
    ['an absent object', { uid: undefined, stays: false, present: false }],
    ['an object of that UID', { uid: 'mine', stays: false, present: true }],
    ['an object of another UID, which stays', { uid: 'other', stays: true, present: true }],
  ])('removing succeeds for %s', async (_name, { uid, stays, present }) => {
    if (present) api.world.put(path, { ...thing, metadata: { ...thing.metadata, uid: 'mine' } })
    await client.remove(things, { namespace: 'shop', name: 'a' }, { uid })
    expect(api.world.get(path, 'a') !== undefined).toBe(stays)
  })

  test('lists are paged, and their items say what they are', async () => {
    for (const name of ['a', 'b', 'c']) api.world.put(path, { metadata: { namespace: 'shop', name } })
    const first = await client.list<Thing>(things, { namespace: 'shop', limit: 2, labelSelector: 'a in (b,c)' })
    expect(first.items.map((item) => [item.kind, item.apiVersion, item.metadata.name])).toEqual([
      ['Thing', 'example.io/v1', 'a'],
      ['Thing', 'example.io/v1', 'b'],
    ])
    const second = await client.list(things, { namespace: 'shop', limit: 2, continue: first.continue })
    expect(second.items).toHaveLength(1)
    expect(second.continue).toBeUndefined()
    expect(api.seen[0]?.query.get('labelSelector')).toBe('a in (b,c)')
  })

  test('the metadata of an object comes without what it holds, from the cache of the API server', async () => {
    await client.create<Thing>(things, thing)
    const found = await client.getMetadata(things, { namespace: 'shop', name: 'a' })
    expect(found?.metadata.name).toBe('a')
    expect(await client.getMetadata(things, { namespace: 'shop', name: 'none' })).toBeUndefined()
    const asked = api.seen.at(-1)
    expect(asked?.query.get('resourceVersion')).toBe('0')
    expect(asked?.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1')
  })

  test('many calls share few connections', async () => {
    for (let call = 0; call < 20; call++) await client.version()
    expect(api.connections()).toBeLessThanOrEqual(2)
  })

  test('each call names us and brings the token', async () => {
    await client.version()
    expect(api.seen[0]?.headers).toMatchObject({ 'user-agent': 'test/1', authorization: `Bearer ${token}` })
  })
})

describe('failures', () => {
  const table: [number, string, string, string][] = [
    [400, 'BadRequest', 'invalid', 'invalid'],
    [403, 'Forbidden', 'forbidden', 'forbidden'],
    [404, 'NotFound', 'not-found', 'not-found'],
    [409, 'AlreadyExists', 'already-exists', 'already-exists'],
    [409, 'Conflict', 'conflict', 'conflict'],
    [410, 'Expired', 'expired', 'expired'],
    [422, 'Invalid', 'invalid', 'invalid'],
    [500, 'InternalError', 'unknown', 'unknown'],
    [503, 'ServiceUnavailable', 'unavailable', 'unavailable'],
    [504, 'Timeout', 'unknown', 'unavailable'],
  ]
  test.each(table)('%i %s is %s for a write and %s for a read', async (code, reason, written, read) => {
    api.script(refuse(code, reason))
    expect(await failureOf(client.create(things, thing))).toMatchObject({ failure: written, code })
    expect(api.seen).toHaveLength(1)
    expect(await failureOf(client.list(things))).toMatchObject({ failure: read, code })
  })

  test('a 503 that is not from the API server leaves open whether a write happened', async () => {
    api.script((_seen, response) => {
      response.writeHead(503).end('upstream connect error or disconnect/reset before headers')
      return true
    })
    expect((await failureOf(client.create(things, thing))).failure).toBe('unknown')
    expect((await failureOf(client.list(things))).failure).toBe('unavailable')
  })

  test('a kind that is not served is not taken for an absent object', async () => {
    api.script((_seen, response) => {
      response.writeHead(404).end('404 page not found')
      return true
    })
    expect((await failureOf(client.get(things, { name: 'a' }))).failure).toBe('unavailable')
  })

  test('a refused connection is unavailable, for writes too', async () => {
    await api.crash()
    expect((await failureOf(client.create(things, thing))).failure).toBe('unavailable')
  })

  test('a connection that breaks after the request is unknown, and the write is not repeated', async () => {
    api.script((_seen, response) => {
      response.socket?.destroy()
      return true
    })
    expect((await failureOf(client.create(things, thing))).failure).toBe('unknown')
    expect(api.seen).toHaveLength(1)
  })

  test('a create without an answer ends at its deadline as unknown, and is not repeated', async () => {
    api.script(() => true)
    const error = await failureOf(client.create(things, thing, { timeoutMs: 50 }))
    expect(error).toMatchObject({ failure: 'unknown', code: undefined })
    expect(error.message).toBe('create things a: unknown: no answer within 50 ms')
    expect(api.seen).toHaveLength(1)
  })

  test('an answer that is not JSON is unknown', async () => {
    api.script((_seen, response) => {
      response.writeHead(200).end('<html>')
      return true
    })
    expect((await failureOf(client.create(things, thing))).failure).toBe('unknown')
  })

  test('a read is sent again while the server is away for a moment', async () => {
    let refused = 0
    api.script((seen, response) => ++refused <= 2 && refuse(503)(seen, response))
    expect(await client.version()).toBe('v1.99.0')
    expect(api.seen).toHaveLength(3)
  })

  test('a read is sent four times at most', async () => {
    api.script(refuse(503))
    expect((await failureOf(client.version())).failure).toBe('unavailable')
    expect(api.seen).toHaveLength(4)
  })

  test('a throttled write waits as long as it was told to, and is sent again', async () => {
    const clock = movableClock()
    const patient = connect({ kubeconfig, userAgent: 'test/1', clock, random: () => 0 })
    const lift = api.script(refuse(429, 'TooManyRequests', { 'retry-after': '7' }))
    const made = patient.create<Thing>(things, thing)
    await eventually('the first try', () => api.seen.length === 1 && clock.timers().length === 2)
    lift()
    expect(clock.timers()[0]).toBeGreaterThanOrEqual(7000)
    clock.advance(7100)
    expect((await made).spec).toEqual({ size: 1 })
    await patient.close()
  })

  test('neither the token nor what was sent gets into an error', async () => {
    const secret = { metadata: { namespace: 'shop', name: 's' }, data: { 'tls.key': 'KEYMATERIAL' } }
    api.script((_seen, response) => {
      reply(response, 422, status(422, 'Invalid', `data: invalid value: map[tls.key:KEYMATERIAL] for ${token}`))
      return true
    })
    const error = await failureOf(client.apply(secrets, secret, { fieldManager: 'us' }))
    expect(`${error.message} ${error.stack ?? ''} ${JSON.stringify(error)}`).not.toMatch(/KEYMATERIAL|nobody-may-read/)
    expect(error.message).toBe('patch secrets s: 422 invalid')
    expect(error.cause).toBeUndefined()
  })

  const cause = (reason: string, field: string, message: string) => ({ reason, field, message })
  test.each([
    [
      'an immutable Secret',
      [cause('FieldValueForbidden', 'data', 'Forbidden: field is immutable when `immutable` is set')],
      ': data is immutable when `immutable` is set',
    ],
    [
      'another type',
      [cause('FieldValueInvalid', 'type', 'Invalid value: "kubernetes.io/tls": field is immutable')],
      ': type is immutable',
    ],
    [
      'a value, which is not quoted',
      [cause('FieldValueInvalid', 'data', 'Invalid value: map[tls.key:KEYMATERIAL]')],
      ': data is invalid',
    ],
    ['an entry, whose name is not quoted', [cause('FieldValueInvalid', 'data[KEYMATERIAL]', 'Invalid value')], ''],
    ['what it does not explain', [cause('Strange', 'data', 'KEYMATERIAL')], ''],
  ])('why the API server refused a Secret is said by its field: %s', async (_what, causes, said) => {
    api.script((_seen, response) => {
      reply(response, 422, { ...status(422, 'Invalid', 'KEYMATERIAL'), details: { causes } })
      return true
    })
    const error = await failureOf(client.apply(secrets, { metadata: { name: 's' } }, { fieldManager: 'us' }))
    expect(error.message).toBe(`patch secrets s: 422 invalid${said}`)
  })

  test('why an admission webhook refused a Secret is passed on', async () => {
    const said = 'admission webhook "validate.example.io" denied the request: no team label'
    api.script((_seen, response) => {
      reply(response, 400, status(400, 'BadRequest', said))
      return true
    })
    expect((await failureOf(client.create(secrets, { metadata: { name: 's' } }))).message).toContain(said)
  })

  test('what an admission webhook says is one line that steers no terminal', async () => {
    const said = 'admission webhook "v.example.io" denied the request:\n\u001b[2J\u009b31m\u202eforged\u2028line'
    api.script((_seen, response) => {
      reply(response, 403, status(403, 'Forbidden', said))
      return true
    })
    const { message } = await failureOf(client.create(things, thing))
    expect(message).toContain('denied the request: [2J 31m forged line')
    expect(message).not.toMatch(/[\p{C}\p{Zl}]/u)
  })

  test('a long message of the server is cut', async () => {
    api.script((_seen, response) => {
      reply(response, 403, status(403, 'Forbidden', 'x'.repeat(5000)))
      return true
    })
    expect((await failureOf(client.create(things, thing))).message.length).toBeLessThan(600)
  })
})

describe('credentials', () => {
  test('after a 401 they are read again, once, and the call goes through', async () => {
    api.script((seen, response) => seen.headers.authorization !== 'Bearer fresh' && refuse(401)(seen, response))
    rewriteKubeconfig(kubeconfig, { server: api.url }, { token: 'fresh' })
    expect((await client.create<Thing>(things, thing)).spec).toEqual({ size: 1 })
    expect(api.seen).toHaveLength(2)
    await client.version()
    expect(api.seen).toHaveLength(3)
  })

  test('a 401 that stays is an error after two tries', async () => {
    api.script(refuse(401, 'Unauthorized'))
    expect((await failureOf(client.create(things, thing))).failure).toBe('unauthorized')
    expect(api.seen).toHaveLength(2)
  })

  test('a credential plugin that fails is unavailable, and what it printed is not passed on', async () => {
    const args = ['-c', 'echo SECRETWORD >&2; exit 1']
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args }
    const file = writeKubeconfig({ server: api.url }, { exec })
    const locked = connect({ kubeconfig: file, userAgent: 'test/1', random: () => 0 })
    const error = await failureOf(locked.create(things, thing))
    expect([error.failure, error.message]).toEqual([
      'unavailable',
      'create things a: unavailable: no answer (CREDENTIALS_UNREADABLE)',
    ])
    await locked.close()
  })

  test('many calls refused at once read the credentials once', async () => {
    api.script((seen, response) => seen.headers.authorization !== 'Bearer fresh' && refuse(401)(seen, response))
    rewriteKubeconfig(kubeconfig, { server: api.url }, { token: 'fresh' })
    await Promise.all([client.version(), client.version(), client.version()])
    expect(api.seen).toHaveLength(6)
  })
})

describe('watches', () => {
  const watch = (signal: AbortSignal, resourceVersion = '100') =>
    client.watch<Thing>(things, { namespace: 'shop', resourceVersion, timeoutSeconds: 300, signal })

  test('events come in order, bookmarks included, until the server ends the watch', async () => {
    const stop = new AbortController()
    const types: string[] = []
    const done = (async () => {
      for await (const { type } of watch(stop.signal)) types.push(type)
    })()
    await eventually('the watch', () => api.openWatches() === 1)
    api.world.put(path, { metadata: { namespace: 'shop', name: 'ä' } })
    api.world.bookmark(path)
    api.world.delete(path, 'ä')
    await eventually('the events', () => types.length === 3)
    api.endWatches()
    await done
    expect(types).toEqual(['ADDED', 'BOOKMARK', 'DELETED'])
    expect(Object.fromEntries(api.watches()[0]?.query ?? [])).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: '100',
      timeoutSeconds: '300',
    })
  })

  test.each([
    [
      'an ERROR event with 410',
      '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n',
      'expired',
    ],
    ['any other ERROR event', '{"type":"ERROR","object":{"kind":"Status","code":500}}\n', 'unknown'],
    ['a line that is not JSON', 'nonsense\n', 'unknown'],
    ['JSON that is not an event', '{"type":"ADDED"}\n', 'unknown'],
    ['a type that nobody knows', '{"type":"ODD","object":{"metadata":{"resourceVersion":"1"}}}\n', 'unknown'],
  ])('%s ends the watch with an error', async (_name, text, failure) => {
    const reading = failureOf(
      (async () => {
        for await (const event of watch(new AbortController().signal)) expect(event).toBeDefined()
      })(),
    )
    await eventually('the watch', () => api.openWatches() === 1)
    api.sendRaw(text)
    expect((await reading).failure).toBe(failure)
    await eventually('the connection is closed', () => api.openWatches() === 0)
  })

  test('an event that arrives in pieces, cut within a character, is one event', async () => {
    api.script((_seen, response) => {
      const bytes = Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"ä","resourceVersion":"1"}}}\n')
      const cut = bytes.indexOf(0xc3) + 1
      response.write(bytes.subarray(0, cut))
      setImmediate(() => response.end(bytes.subarray(cut)))
      return true
    })
    const names: string[] = []
    for await (const { object } of watch(new AbortController().signal)) names.push(object.metadata.name)
    expect(names).toEqual(['ä'])
  })

  test('leaving the loop closes the connection', async () => {
    api.world.put(path, thing)
    for await (const event of watch(new AbortController().signal)) {
      expect(event.type).toBe('ADDED')
      break
    }
    await eventually('the watch is closed', () => api.openWatches() === 0)
  })
})
