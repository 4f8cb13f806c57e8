import { describe, expect, test } from '@jest/globals'
import type { ServerResponse } from 'node:http'
import { createGzip, gzipSync } from 'node:zlib'
import type { CertCentral, CertCentralError } from '../../../src/certcentral/index.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Answering, FakeServer } from './fake-server.ts'
import { answer, API_KEY, errorOf, place, startServer, withServer } from './fake-server.ts'

const MIB = 1_048_576
const PIECE = 65_536

/** Places an order, as one of several calls of a table. */
const placeIt = (client: CertCentral) => place(client)

/** An answer that never ends, and how much of it was taken before the client closed the line. */
type Flood = { answering: Answering; taken: () => number; closed: () => boolean }

const flood = (encoding: 'plain' | 'gzip', status = 200): Flood => {
  let taken = 0
  let isClosed = false
  const pour = (response: ServerResponse): void => {
    const body = encoding === 'gzip' ? createGzip({ level: 1 }) : response
    if (body !== response) body.pipe(response)
    const more = (): void => {
      if (isClosed) return
      taken += PIECE
      body.write(Buffer.alloc(PIECE, ' '), () => setImmediate(more))
    }
    more()
  }
  return {
    answering: (_, response) => {
      response.once('close', () => (isClosed = true))
      response.writeHead(status, encoding === 'gzip' ? { 'Content-Encoding': 'gzip' } : {})
      pour(response)
    },
    taken: () => taken,
    closed: () => isClosed,
  }
}

describe('an answer that never ends', () => {
  type Case = [what: string, encoding: 'plain' | 'gzip', most: number, call: (client: CertCentral) => Promise<unknown>]

  test.each<Case>([
    ['to an order', 'plain', 1, placeIt],
    ['to a look-up', 'plain', 8, (client) => client.ordersByAlternativeId('k7f3a')],
    ['to a look-up by name', 'plain', 8, (client) => client.ordersOfName({ commonName: 'a.example' })],
    ['to a download', 'plain', 1, (client) => client.downloadCertificate(5)],
    ['to the poll of changes', 'plain', 8, (client) => client.statusChanges({ seconds: 60 })],
    ['to an order, compressed', 'gzip', 1, placeIt],
    ['to a download, compressed', 'gzip', 1, (client) => client.downloadCertificate(5)],
  ])('%s (%s) is read up to %d MiB, and then the connection is closed', async (_, encoding, most, call) => {
    const { answering, taken, closed } = flood(encoding)
    const error = await withServer([answering], async (client) => {
      const failed = await errorOf(call(client))
      await waitFor(closed, { what: 'closed line', limitMs: 5000 })
      return failed
    })

    expect(error).toMatchObject({ outcome: 'ambiguous', kind: 'too-large', status: 200 })
    // What the buffers of both ends and of the compression took in besides.
    expect(taken()).toBeLessThan((most + 24) * MIB)
  })

  test('of an error page is not read on either, and says nothing', async () => {
    const { answering, closed } = flood('plain', 404)
    await withServer([answering], async (client) => {
      expect(await errorOf(client.orderInfo(5))).toMatchObject({ outcome: 'ambiguous', kind: 'unavailable' })
      await waitFor(closed, { what: 'closed line', limitMs: 5000 })
    })
  })

  test.each<[string, string]>([
    ['headers', 'HTTP/1.1 200 OK\r\n'],
    ['provisional answers', ''],
  ])('in its %s is cut off as well', async (_, head) => {
    const endless: Answering = ({ socket }) => {
      socket.on('error', () => undefined).write(head)
      const more = (): void => {
        if (socket.destroyed) return
        socket.write(
          head === '' ? 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100) : 'X-More: of the same\r\n'.repeat(100),
        )
        setImmediate(more)
      }
      more()
    }
    const error = await withServer([endless], (client) => errorOf(place(client)), { requestTimeoutMs: 500 })
    expect(error).toMatchObject({ outcome: 'ambiguous', status: undefined })
  })
})

/** What a call takes of a processor, in milliseconds: unlike elapsed time it does not depend on how busy the machine is. */
const cpuMs = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> => {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: (user + system) / 1000 }
}

const filled = (before: string, entry: string, after: string, bytes: number): string =>
  before + Array.from({ length: Math.floor(bytes / (entry.length + 1)) }, () => entry).join(',') + after

describe('a list of millions', () => {
  type Case = [what: string, entry: string, call: (client: CertCentral) => Promise<unknown>]
  const feed = (client: CertCentral) => client.statusChanges({ seconds: 60 })
  const lookUp = (client: CertCentral) => client.ordersByAlternativeId('k7f3a')
  const ofName = (client: CertCentral) => client.ordersOfName({ commonName: 'a.example' })
  const reissues = (client: CertCentral) => client.reissues(5)

  // Before it was bounded, reading one took 5 to 10 seconds, in which a leader loses its Lease.
  test.each<Case>([
    ['the changes', '{}', feed],
    ['the changes', '0', feed],
    ['the orders of an id', '{}', lookUp],
    ['the orders of an id', '{"order_id":1}', lookUp],
    ['the orders of a name', '{"id":1}', ofName],
    ['the reissues of an order', '{}', reissues],
  ])('in place of %s (%s) is unreadable, and holds nothing up', async (_, entry, call) => {
    const list = call === reissues ? 'certificates' : 'orders'
    const body = filled(`{"${list}":[`, entry, ']}', 8 * MIB - 100)
    const { result, ms } = await cpuMs(() => withServer([answer(200, body)], (client) => errorOf(call(client))))
    expect(result).toMatchObject({ outcome: 'ambiguous', kind: 'unreadable' })
    expect(result.message).toContain('does not have the documented shape')
    expect(ms).toBeLessThan(4000)
  })

  test.each<[string, string, string, string]>([
    ['names', '{"id":5,"certificate":{"dns_names":[', '"a.example"', ']}}'],
    ['requests', '{"id":5,"requests":[', '{"id":1}', ']}'],
  ])('of %s in an order is read as far as an order can have them', async (_, before, entry, after) => {
    const body = filled(before, entry, after, MIB - 100)
    const info = await withServer([answer(200, body)], (client) => client.orderInfo(5))
    expect(info.dnsNames.length + info.requests.length).toBe(1000)
  })
})

describe('names that JavaScript gives a meaning to', () => {
  const hostile = '"__proto__":{"polluted":1,"id":7},"constructor":{"prototype":{"polluted":1}},"toString":1,"length":9'
  const order = `{"id":5,"status":"issued","certificate":{${hostile},"common_name":"a.example"},${hostile},"requests":[{${hostile},"id":9}]}`

  test.each<[string, string, (client: CertCentral) => Promise<unknown>, object]>([
    [
      'an order',
      order,
      (client) => client.orderInfo(5),
      { orderId: 5, commonName: 'a.example', requests: [{ id: 9, status: '', type: '' }] },
    ],
    ['an answer to an order', `{"id":5,${hostile}}`, placeIt, { orderId: 5, requests: [], domains: [] }],
    ['the user', `{"id":42,${hostile}}`, (client) => client.userMe(), { userId: 42, name: '', roles: [] }],
    [
      'changes',
      `{"orders":[{"order_id":5,${hostile}}],${hostile}}`,
      (client) => client.statusChanges({ seconds: 60 }),
      [{ orderId: 5, status: { word: 'unrecognised', raw: '' } }],
    ],
  ])('are left out of %s, and change no other object', async (_, body, call, wanted) => {
    const read = await withServer([answer(200, body)], call)
    expect(read).toMatchObject(wanted)
    expect(Object.keys(read as object)).not.toEqual(expect.arrayContaining(['__proto__', 'constructor']))
    expect(Object.getPrototypeOf(read)).toBe(Array.isArray(wanted) ? Array.prototype : Object.prototype)
    expect(JSON.stringify(read)).not.toContain('polluted')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('make a look-up unreadable, which decides about buying, rather than empty', async () => {
    const error = await withServer([answer(200, `{${hostile}}`)], (client) =>
      errorOf(client.ordersByAlternativeId('k7f3a')),
    )
    expect(error.kind).toBe('unreadable')
  })

  test('do not stand in for an id that is missing', async () => {
    const body = '{"__proto__":{"id":5},"constructor":{"id":5}}'
    expect(await withServer([answer(201, body)], (client) => errorOf(place(client)))).toMatchObject({
      outcome: 'ambiguous',
      kind: 'unreadable',
    })
  })

  test.each(['{"__proto__":{"code":"x","message":"m"}}', '{"errors":{"__proto__":{"code":"x"},"constructor":"y"}}'])(
    'make no entry of an error: %s',
    async (body) => {
      const error = await withServer([answer(400, body)], (client) => errorOf(place(client)))
      expect(error.errors).toEqual([])
    },
  )
})

const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u009b31m\u202eevil\u2028next\r\nforged'
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

describe('what steers a terminal', () => {
  const text = JSON.stringify(ESCAPES)

  test.each<[string, string, (client: CertCentral) => Promise<unknown>]>([
    [
      'an order',
      `{"id":5,"status":${text},"dcv_method":${text},"dcv_random_value":${text},"alternative_order_id":${text},
        "product":{"name_id":${text}},"certificate":{"common_name":${text},"dns_names":[${text}],"serial_number":${text},
        "thumbprint":${text}},"requests":[{"id":1,"status":${text},"type":${text},"comments":${text}}]}`,
      (client) => client.orderInfo(5),
    ],
    [
      'an answer to an order',
      `{"id":5,"dcv_random_value":${text},"requests":[{"id":1,"status":${text}}],
        "domains":[{"name":${text},"dcv_token":{"token":${text}}}]}`,
      placeIt,
    ],
    [
      'what is to be validated',
      `{"organization_validations":[{"type":${text},"status":${text}}],
        "dns_name_validations":[{"dns_names":[${text}],"status":${text},"method":${text},"name_scope":${text}}]}`,
      (client) => client.orderValidation(5),
    ],
    [
      'a check',
      `{"order_status":${text},"dcv_status":${text},"dns_name_validations":[{"dns_name":${text},"status":${text}}]}`,
      (client) => client.checkDcv(5),
    ],
    ['a request', `{"id":5,"status":${text},"comments":${text}}`, (client) => client.requestInfo(5)],
    [
      'an order of a list',
      `{"orders":[{"id":5,"status":${text},"certificate":{"common_name":${text},"dns_names":[${text}]},
        "product":{"name_id":${text}}}]}`,
      (client) => client.ordersOfName({ commonName: 'a.example' }),
    ],
    ['a domain', `{"name":${text}}`, (client) => client.domainInfo(5)],
    [
      'the user',
      `{"username":${text},"first_name":${text},"access_roles":[{"name":${text}}]}`,
      (client) => client.userMe(),
    ],
  ])('is not in %s', async (_, body, call) => {
    const read = await withServer([answer(200, body)], call)
    const texts: string[] = []
    JSON.stringify(read, (_name, value: unknown) => {
      if (typeof value === 'string') texts.push(value)
      return value
    })
    expect(texts.filter((each) => STEERING.test(each))).toEqual([])
  })

  test.each(['\u001b[2Jabc', 'two words', 'two\nlines', 'ünicode', '', 'x'.repeat(513)])(
    'and what else is no single word is no value to publish: %j',
    async (value) => {
      const body = JSON.stringify({ dcv_random_value: value })
      expect(await withServer([answer(200, body)], (client) => errorOf(client.dcvRandomValue(5)))).toMatchObject({
        kind: 'unreadable',
      })
    },
  )
})

describe('a redirect', () => {
  const calls: [string, (client: CertCentral) => Promise<unknown>][] = [
    ['an order', placeIt],
    ['a look-up', (client) => client.ordersByAlternativeId('k7f3a')],
    ['a download', (client) => client.downloadCertificate(5)],
  ]
  const withElsewhere = async (run: (elsewhere: FakeServer) => Promise<CertCentralError>) => {
    const elsewhere = await startServer(answer(200, '{"id":5}'))
    try {
      return { error: await run(elsewhere), seen: elsewhere.seen }
    } finally {
      await elsewhere.close()
    }
  }

  test.each(calls.flatMap(([what, call]) => [301, 302, 303, 307, 308].map((status) => [status, what, call] as const)))(
    '%d of %s is not followed: the other host sees neither key nor order',
    async (status, _, call) => {
      const { error, seen } = await withElsewhere((elsewhere) =>
        withServer([answer(status, '', { Location: elsewhere.url })], (client) => errorOf(call(client))),
      )
      expect(error).toMatchObject({ outcome: 'ambiguous', kind: 'redirected', status })
      expect(seen).toEqual([])
    },
  )

  test.each([
    'http://169.254.169.254/latest/meta-data',
    '//metadata.google.internal/',
    'file:///etc/passwd',
    'http://[',
    `https://evil.example/${API_KEY}`,
    'https://evil.example\u009b31m/',
  ])('to %j appears at most by its host', async (location) => {
    const headers = { Location: Buffer.from(location).toString('latin1') }
    const error = await withServer([answer(302, '', headers)], (client) => errorOf(place(client)))
    expect(error.kind).toBe('redirected')
    expect(error.message).not.toMatch(/meta-data|passwd|K3Y5/)
    expect(error.message).not.toMatch(STEERING)
  })
})

test('a compressed bomb in an error page is no refusal', async () => {
  const bomb = answer(403, gzipSync(Buffer.alloc(50_000_000)), { 'Content-Encoding': 'gzip' })
  expect(await withServer([bomb], (client) => errorOf(place(client)))).toMatchObject({
    outcome: 'ambiguous',
    kind: 'unavailable',
  })
})
