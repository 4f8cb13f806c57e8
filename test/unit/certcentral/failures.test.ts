import { describe, expect, test } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { CallRecord, CertCentral } from '../../../src/certcentral/index.ts'
import { createRateLimiter } from '../../../src/certcentral/index.ts'
import { CALLS } from './every-call.ts'
import type { Answering } from './fake-server.ts'
import {
  answer,
  clientOf,
  errorOf,
  fixture,
  hang,
  movedClock,
  ORDER_BODY,
  place,
  replay,
  reset,
  settled,
  startServer,
  withServer,
} from './fake-server.ts'

const failing = (answers: readonly Answering[], call: (client: CertCentral) => Promise<unknown>, timeoutMs = 5000) =>
  withServer(answers, (client) => errorOf(call(client)), { requestTimeoutMs: timeoutMs })

const HTML = '<html><body>Bad Gateway</body></html>'

/** Answers with the start of a body, then breaks the connection. */
const cut =
  (status: number): Answering =>
  (request, response) => {
    response.writeHead(status, { 'Content-Length': '1000' })
    response.write('{"id":1')
    setImmediate(() => request.socket.resetAndDestroy())
  }

/** Answers with the start of a body, then never goes on. */
const stall =
  (status: number): Answering =>
  (_, response) => {
    response.writeHead(status, { 'Content-Length': '1000' })
    response.write('{"id":1')
  }

/** A refusal in the form of CertCentral. */
const refusal = (status: number, ...codes: string[]): Answering =>
  answer(status, JSON.stringify({ errors: codes.map((code) => ({ code, message: 'No.' })) }))

const IMPERVA = '<html><body>Request unsuccessful. Incapsula incident ID: 0-0</body></html>'

describe('an order that was answered', () => {
  test.each<[number, string, string]>([
    [302, 'ambiguous', 'redirected'],
    [408, 'ambiguous', 'timeout'],
    [429, 'refused', 'throttled'],
    [500, 'ambiguous', 'unavailable'],
    [502, 'ambiguous', 'unavailable'],
    [503, 'ambiguous', 'unavailable'],
    [504, 'ambiguous', 'unavailable'],
  ])('%d was %s as %s, whatever the body', async (status, outcome, kind) => {
    const bodies = [answer(status, ''), answer(status, HTML), answer(status, '{"errors":[]}'), cut(status)]
    for (const body of [...bodies, refusal(status, 'not_found|order')])
      expect(await failing([body], place)).toMatchObject({ outcome, kind, status })
    expect(await failing([stall(status)], place, 100)).toMatchObject({ outcome, kind, status })
  })

  test.each<[number, string]>([
    [400, 'invalid'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [406, 'invalid'],
    [409, 'conflict'],
    [422, 'invalid'],
  ])('%d in the form of CertCentral was refused as %s', async (status, kind) => {
    const error = await failing([refusal(status, 'invalid_value:order_validity')], place)
    expect(error).toMatchObject({ outcome: 'refused', kind, status })
    expect(error.message).toContain(`CertCentral answered ${status}: invalid_value`)
  })

  test.each([
    ['access_denied|access_denied_invalid_key', 'unauthorized'],
    ['access_denied|invalid_api_key', 'unauthorized'],
    ['access_denied|missing_permission', 'forbidden'],
    ['access_denied|invalid_approver', 'forbidden'],
    ['invalid_value|access_denied_invalid_key', 'forbidden'],
  ])('403 with %s was refused as %s', async (code, kind) => {
    expect(await failing([refusal(403, code)], place)).toMatchObject({ outcome: 'refused', kind, status: 403 })
  })

  describe.each([400, 401, 403, 404, 406, 409, 410, 422])('%d that CertCentral did not write', (status) => {
    test.each<[string, Answering]>([
      ['the block page of a CDN', answer(status, IMPERVA, { 'Content-Type': 'text/html' })],
      ['an empty body', answer(status, '')],
      ['a text', answer(status, 'no')],
      ['a cut body', cut(status)],
      ['a body that stalls', stall(status)],
      ['a body beyond the bound', answer(status, `{"errors":[{"code":"a"}]}${' '.repeat(1_048_577)}`)],
      ['another JSON', answer(status, '{"message":"Forbidden"}')],
      ['no entry of errors', answer(status, '{"errors":[]}')],
      ['errors without a code', answer(status, '{"errors":["no",{"message":"not today"}]}')],
    ])('leaves the outcome unknown: %s', async (_, body) => {
      const error = await failing([body], place, 400)
      expect(error).toMatchObject({ outcome: 'ambiguous', kind: 'unavailable', status })
      expect(error.message).toBe(
        `Place order: ${status} came back, but not in CertCentral's form: a proxy or CDN may have answered`,
      )
    })
  })

  test.each<[string, Answering, string]>([
    ['an empty body', answer(201, ''), 'unreadable'],
    ['HTML', answer(200, HTML), 'unreadable'],
    ['half a JSON text', answer(201, '{"id":1'), 'unreadable'],
    ['no order id', answer(201, '{"requests":[]}'), 'unreadable'],
    ['an order id that cannot be kept', answer(201, '{"id":90071992547409931}'), 'unreadable'],
    ['a cut body', cut(201), 'unreadable'],
    ['a body that stalls', stall(201), 'timeout'],
    ['a body beyond the bound', answer(201, ' '.repeat(1_048_577)), 'too-large'],
    ['a compressed bomb', answer(201, gzipSync(Buffer.alloc(50_000_000)), { 'Content-Encoding': 'gzip' }), 'too-large'],
    [
      'another bomb',
      answer(201, brotliCompressSync(Buffer.alloc(9_000_000)), { 'Content-Encoding': 'br' }),
      'too-large',
    ],
    ['what is not the compression it says', answer(201, '{"id":1}', { 'Content-Encoding': 'gzip' }), 'unreadable'],
    ['nothing at all', answer(204, ''), 'unreadable'],
  ])('2xx with %s is ambiguous', async (_, body, kind) => {
    expect(await failing([body], place, 400)).toMatchObject({ outcome: 'ambiguous', kind })
  })

  test('2xx in gzip and under a lying content type is read', async () => {
    const body = gzipSync(JSON.stringify(fixture('placed/dv-instant').body))
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'text/html' }
    expect(await withServer([answer(200, body, headers)], (client) => place(client))).toMatchObject({
      orderId: 144457163,
    })
  })
})

describe('an order that was not answered', () => {
  test.each<[string, Answering, string]>([
    ['a reset after it was sent', reset, 'unreachable'],
    ['a close after it was sent', (request) => request.socket.end(), 'unreachable'],
    ['no answer in time', hang, 'timeout'],
    ['an answer that is no HTTP', (request) => request.socket.end('hello\r\n\r\n'), 'unreachable'],
  ])('is ambiguous after %s, and not sent again', async (_, behaviour, kind) => {
    await withServer(
      [behaviour],
      async (client, server) => {
        expect(await errorOf(place(client))).toMatchObject({ outcome: 'ambiguous', kind, status: undefined })
        expect(server.seen).toHaveLength(1)
      },
      { requestTimeoutMs: 300 },
    )
  })

  test('is unsent when nobody listens', async () => {
    const server = await startServer(hang)
    await server.close()
    const error = await errorOf(place(clientOf(server)))
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
    expect(error.message).toBe('Place order: no answer (ECONNREFUSED), before the request was sent')
  })

  test('is unsent when the name does not resolve', async () => {
    const client = clientOf({ url: 'http://certcentral.invalid/services/v2' }, { requestTimeoutMs: 5000 })
    expect(await errorOf(place(client))).toMatchObject({ outcome: 'unsent' })
  })

  test('is unsent when TLS is answered with something else', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 No\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const error = await errorOf(place(clientOf({ url: `https://127.0.0.1:${port}` })))
    server.close()
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'unreachable' })
  })

  test('is unsent when the TLS handshake does not end in time', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const error = await errorOf(place(clientOf({ url: `https://127.0.0.1:${port}` }, { requestTimeoutMs: 100 })))
    server.close()
    expect(error).toMatchObject({ outcome: 'unsent', kind: 'timeout' })
  })

  test('is unsent when the signal was there before', async () => {
    await withServer([replay('placed/dv-instant')], async (client, server) => {
      const reservation = await client.reserve()
      const call = client.placeOrder('ssl_basic', ORDER_BODY, { reservation, signal: AbortSignal.abort() })
      expect(await errorOf(call)).toMatchObject({ outcome: 'unsent', kind: 'timeout' })
      expect(server.seen).toEqual([])
    })
  })

  test('is ambiguous when the signal comes after it was sent', async () => {
    const controller = new AbortController()
    const abort: Answering = () => controller.abort()
    await withServer([abort], async (client) => {
      const reservation = await client.reserve()
      const call = client.placeOrder('ssl_basic', ORDER_BODY, { reservation, signal: controller.signal })
      expect(await errorOf(call)).toMatchObject({ outcome: 'ambiguous', kind: 'timeout' })
    })
  })

  test('is unsent when its body is too large or not what the pages know', async () => {
    await withServer([replay('placed/dv-instant')], async (client, server) => {
      const huge = { ...ORDER_BODY, additional_emails: Array.from({ length: 300 }, () => 'x'.repeat(4096)) }
      expect(await errorOf(place(client, huge))).toMatchObject({ outcome: 'unsent', kind: 'too-large' })
      const misspelt = await errorOf(place(client, { ...ORDER_BODY, order_validty: { years: 3 } }))
      expect(misspelt).toMatchObject({ outcome: 'unsent', kind: 'invalid' })
      expect(misspelt.message).toContain('order_validty')
      expect(server.seen).toEqual([])
    })
  })

  test('never meets a connection that the server is about to close', async () => {
    const ports: (number | undefined)[] = []
    const recording: Answering = (request, response) => {
      ports.push(request.socket.remotePort)
      response.end(request.method === 'POST' ? '{"id":1}' : '{"access_roles":[]}')
    }
    await withServer([recording], async (client) => {
      await client.userMe()
      await client.userMe()
      await place(client)
      await place(client)
    })
    expect(ports[1]).toBe(ports[0])
    expect(new Set(ports).size).toBe(3)
  })
})

describe('the message of an error', () => {
  test.each(Object.entries(CALLS))('of %s begins with words', async (_operation, call) => {
    const { message } = await failing([answer(503, '')], call)
    expect(message).toMatch(/^[A-Z][A-Za-z]+(?:[ -][A-Za-z]+)*: CertCentral answered 503$/)
  })
})

describe('the entries of an error', () => {
  test('are all kept, their codes split at the first mark', async () => {
    const error = await failing([replay('errors/several')], place)
    expect(error.errors).toEqual([
      { code: 'invalid_value', field: 'order_validity', message: 'order_validity contains an invalid value.' },
      { code: 'caa_check_failed', field: 'shop.example.com', message: 'CAA does not allow us.' },
      { code: 'csr_invalid_cannot_parse', field: undefined, message: 'The CSR cannot be read.' },
      { code: 'cert_validity_exceeds_order_validity', field: undefined, message: 'Too long.' },
    ])
    expect(error.message).toBe(
      'Place order: CertCentral answered 400: invalid_value (order_validity): order_validity contains an invalid value.; ' +
        'caa_check_failed (shop.example.com): CAA does not allow us.; ' +
        'csr_invalid_cannot_parse: The CSR cannot be read. (and 1 more)',
    )
  })

  test('may be a single object', async () => {
    expect(await failing([replay('errors/single-object')], place)).toMatchObject({
      kind: 'forbidden',
      errors: [{ code: 'access_denied', field: 'missing_permission' }],
    })
  })

  test.each([
    '{"errors":null}',
    '{"errors":[null,7,{}]}',
    '{"errors":{"code":{}}}',
    '[]',
    '"no"',
    '{"__proto__":{"errors":[1]}}',
  ])('may be nonsense, which CertCentral did not write: %s', async (body) => {
    const error = await failing([answer(400, body)], place)
    expect(error).toMatchObject({ outcome: 'ambiguous', kind: 'unavailable', errors: [] })
  })

  test('are bounded in number and length and cannot steer a terminal', async () => {
    const error = await failing([replay('errors/hostile')], place)
    expect(error.errors[0]).toEqual({
      code: 'bad_code',
      field: undefined,
      message: 'one two evil card [redacted] [PEM]',
    })
    expect(error.errors[1]?.code.length).toBeLessThanOrEqual(100)
    expect(error.errors[1]?.message.length).toBeLessThanOrEqual(500)

    expect(JSON.stringify(error) + error.message).not.toMatch(/[\u0000-\u001f\u202e]/)
    const many = JSON.stringify({ errors: Array.from({ length: 999 }, () => ({ code: 'a' })) })
    expect((await failing([answer(400, many)], place)).errors).toHaveLength(100)
  })

  test('name the host of a redirect, which never sees the key', async () => {
    const elsewhere = await startServer(replay('user/me'))
    const redirect = answer(307, '', { Location: elsewhere.url })
    const error = await failing([redirect], (client) => client.userMe())
    await elsewhere.close()
    expect(error).toMatchObject({ outcome: 'ambiguous', kind: 'redirected' })
    expect(error.message).toContain(new URL(elsewhere.url).host)
    expect(elsewhere.seen).toEqual([])
  })
})

describe('an order that is looked up', () => {
  const look = (client: CertCentral) => client.orderInfo(5)

  test.each<[number, string[]]>([
    [404, ['not_found|order']],
    [404, ['not_found']],
    [404, ['order_not_found']],
    [404, ['order_not_found|5']],
    [404, ['no_orders_found']],
    [404, ['not_found|order', 'not_found|certificate']],
    [410, ['not_found|order']],
  ])('does not exist for a %d with %j', async (status, codes) => {
    expect(await failing([refusal(status, ...codes)], look)).toMatchObject({ outcome: 'refused', kind: 'not-found' })
  })

  test.each<[number, string[]]>([
    [404, ['not_found|route']],
    [404, ['route_not_found']],
    [404, ['not_found_yet']],
    [404, ['notfound']],
    [404, ['not_found|order', 'not_found|route']],
    [404, ['not_found|order', 'access_denied']],
    [410, ['gone']],
    [400, ['not_found|order']],
  ])('may exist for a %d with %j, which refuses the request', async (status, codes) => {
    expect(await failing([refusal(status, ...codes)], look)).toMatchObject({ outcome: 'refused', kind: 'invalid' })
  })

  test('may exist for a 404 of which one entry has no code', async () => {
    const body = '{"errors":[{"code":"not_found|order"},{"message":"and more"}]}'
    expect(await failing([answer(404, body)], look)).toMatchObject({ outcome: 'refused', kind: 'invalid' })
  })
})

describe('a call that may be repeated', () => {
  test('is sent once more when its connection broke', async () => {
    await withServer([reset, replay('user/me')], async (client, server) => {
      expect(await client.userMe()).toMatchObject({ userId: 42 })
      expect(server.seen).toHaveLength(2)
    })
  })

  test('is not sent a third time', async () => {
    await withServer([reset], async (client, server) => {
      expect(await errorOf(client.userMe())).toMatchObject({ outcome: 'ambiguous', kind: 'unreachable' })
      expect(server.seen).toHaveLength(2)
    })
  })

  test.each<[string, Answering]>([
    ['500', answer(500, '')],
    ['an unreadable body', answer(200, HTML)],
    ['a cut body', cut(200)],
  ])('is not sent again after %s', async (_, behaviour) => {
    await withServer([behaviour], async (client, server) => {
      expect(await errorOf(client.userMe())).toMatchObject({ outcome: 'ambiguous' })
      expect(server.seen).toHaveLength(1)
    })
  })

  test('is not sent again when it is a PUT or a POST', async () => {
    await withServer([reset], async (client, server) => {
      await errorOf(client.checkDcv(5))
      await errorOf(client.addCsr(5, 'PEM'))
      expect(server.seen).toHaveLength(2)
    })
  })

  test('reads lists beyond 1 MiB but certificates only up to their bound', async () => {
    const orders = Array.from({ length: 30_000 }, (_, index) => ({ order_id: index + 1, status: 'issued' }))
    const read = await withServer([answer(200, JSON.stringify({ orders }))], (client) =>
      client.statusChanges({ seconds: 60 }),
    )
    expect(read).toHaveLength(30_000)
    const bundle = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'.padEnd(330_001)
    expect(await failing([answer(200, bundle)], (client) => client.downloadCertificate(5))).toMatchObject({
      kind: 'too-large',
    })
  })
})

const HOUR = 3_600_000

describe('too many requests', () => {
  test.each<[string, Record<string, string>, number]>([
    ['no Retry-After', {}, 5000],
    ['seconds', { 'Retry-After': '17' }, 17_000],
    [
      'a date, against the clock of the server',
      { 'Retry-After': 'Mon, 23 Nov 2026 12:00:30 GMT', Date: 'Mon, 23 Nov 2026 12:00:00 GMT' },
      30_000,
    ],
    ['nonsense', { 'Retry-After': 'later' }, 5000],
    ['no time at all', { 'Retry-After': '0' }, 1000],
    ['a day', { 'Retry-After': '86400' }, 3_600_000],
  ])('with %s stop every call of the key for that long', async (_, headers, pauseMs) => {
    const clock = movedClock()
    const limiter = createRateLimiter({ clock, random: () => 0 })
    const { body } = fixture('errors/rate-limited')
    await withServer(
      [answer(429, JSON.stringify(body), headers), replay('user/me')],
      async (client, server) => {
        const reservation = await client.reserve()
        const until = new Date(clock.now() + pauseMs)
        expect(await errorOf(client.userMe())).toMatchObject({
          outcome: 'refused',
          kind: 'throttled',
          status: 429,
          retryAt: until,
          errors: [{ code: 'request_limit_exceeded' }],
        })
        expect(limiter.state()).toEqual({ pausedUntil: until, waiting: 0, available: 0 })
        const unsent = { outcome: 'unsent', kind: 'throttled', retryAt: until }
        expect(await errorOf(client.orderInfo(5))).toMatchObject(unsent)
        expect(await errorOf(client.placeOrder('ssl_basic', ORDER_BODY, { reservation }))).toMatchObject(unsent)
        expect(server.seen).toHaveLength(1)
        await clock.advance(pauseMs)
        expect(await client.userMe()).toMatchObject({ userId: 42 })
      },
      { limiter, clock },
    )
  })

  test.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])('are on the clock of the caller, though that is %s', async (_, skew) => {
    const clock = movedClock()
    const limiter = createRateLimiter({ clock, random: () => 0 })
    const wall = () => clock.now() + skew
    await withServer(
      [answer(429, '', { 'Retry-After': '17' })],
      async (client) => {
        const reservation = await client.reserve()
        const until = { retryAt: new Date(wall() + 17_000) }
        expect(await errorOf(client.userMe())).toMatchObject(until)
        expect(await errorOf(client.userMe())).toMatchObject(until)
        expect(await errorOf(client.reserve())).toMatchObject(until)
        expect(await errorOf(client.placeOrder('ssl_basic', ORDER_BODY, { reservation }))).toMatchObject(until)
      },
      { limiter, clock, wall },
    )
  })

  test('begin with a short pause again once a call was answered', async () => {
    const clock = movedClock()
    const limiter = createRateLimiter({ clock, random: () => 0 })
    await withServer(
      [answer(429, ''), answer(404, ''), answer(429, '')],
      async (client) => {
        await errorOf(client.userMe())
        await clock.advance(5000)
        await errorOf(client.userMe())
        expect(await errorOf(client.userMe())).toMatchObject({ retryAt: new Date(clock.now() + 5000) })
      },
      { limiter, clock },
    )
  })

  test('a Retry-After of another status is passed on, and pauses nothing', async () => {
    const clock = movedClock()
    const limiter = createRateLimiter({ clock })
    await withServer(
      [answer(503, '', { 'Retry-After': '9' })],
      async (client) => {
        expect(await errorOf(client.userMe())).toMatchObject({ retryAt: new Date(clock.now() + 9000) })
        expect(limiter.state().pausedUntil).toBeUndefined()
      },
      { limiter, clock },
    )
  })
})

describe('every request', () => {
  test('is recorded for metrics', async () => {
    const records: CallRecord[] = []
    const clock = movedClock()
    await withServer(
      [reset, replay('user/me'), refusal(404, 'not_found|order')],
      async (client) => {
        await client.userMe()
        await errorOf(client.orderInfo(5))
      },
      { onCall: (record) => records.push(record), clock, limiter: createRateLimiter({ clock }) },
    )
    const me = { operation: 'userMe', method: 'GET', route: '/user/me', resends: 0, waitedMs: 0, tookMs: 0 }
    expect(records).toEqual([
      { ...me, result: 'ambiguous', kind: 'unreachable' },
      { ...me, resends: 1, result: 'ok', status: 200 },
      {
        ...me,
        operation: 'orderInfo',
        route: '/order/certificate/{id}',
        result: 'refused',
        kind: 'not-found',
        status: 404,
      },
    ])
  })

  test('leaves neither timer nor listener behind', async () => {
    const clock = movedClock()
    const { signal } = new AbortController()
    await withServer(
      [replay('user/me'), answer(500, ''), reset],
      async (client) => {
        await client.userMe({ signal })
        await errorOf(client.userMe({ signal }))
        await errorOf(client.checkDcv(5, { signal, priority: 'low' }))
        expect(clock.pending()).toBe(0)
        expect(getEventListeners(signal, 'abort')).toEqual([])
      },
      { clock, limiter: createRateLimiter({ clock }) },
    )
  })

  test('has its deadline from the clock of the client', async () => {
    const clock = movedClock()
    let arrived = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      arrived = resolve
    })
    await withServer(
      [() => arrived()],
      async (client) => {
        const error = errorOf(client.checkDcv(5))
        await asked
        await clock.advance(29_999)
        await settled()
        await clock.advance(1)
        expect(await error).toMatchObject({ outcome: 'ambiguous', kind: 'timeout' })
      },
      { clock, limiter: createRateLimiter({ clock }), requestTimeoutMs: 30_000 },
    )
  })
})
