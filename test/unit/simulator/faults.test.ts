import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, ovOrder, ovPath, shared } from './bodies.ts'

const { api, control, simulator } = account({ settings: { instant: true } })

const fault = (action: string, more: object = {}) =>
  control('POST', '/faults', { match: { method: 'POST', path: '^/order' }, action, ...more })
const paid = async () => (await control('GET', '/state')).body.counts.paid

describe('a cut connection', () => {
  test.each([
    ['drop-before', 0],
    ['drop-after', 1],
    ['half-body', 1],
  ])('by %s leaves %d orders behind', async (action, orders) => {
    await fault(action)
    await expect(api('POST', dvPath, dvOrder())).rejects.toThrow()
    expect(await paid()).toBe(orders)
    expect((await api('POST', dvPath, dvOrder())).status).toBe(201)
  })

  test.each([
    [false, 0],
    [true, 1],
  ])('after hanging, with after %s, leaves %d orders behind', async (after, orders) => {
    await fault('hang', { after })
    const call = fetch(`${simulator().url}${dvPath}`, {
      method: 'POST',
      headers: { 'X-DC-DEVKEY': 'simulator' },
      body: JSON.stringify(dvOrder()),
      signal: AbortSignal.timeout(200),
    })
    await expect(call).rejects.toThrow()
    expect(await paid()).toBe(orders)
  })

  test('a short hang only makes the answer late', async () => {
    await fault('hang', { seconds: 0.05 })
    const started = performance.now()
    expect((await api('POST', dvPath, dvOrder())).status).toBe(201)
    expect(performance.now() - started).toBeGreaterThan(45)
  })
})

describe('another answer', () => {
  const first = (code: string) => ({ errors: [{ code, message: expect.any(String) }] })
  test.each([
    ['error-before', {}, 500, first('internal_server_error'), 0],
    ['error-after', { status: 503 }, 503, first('internal_server_error'), 1],
    [
      'status',
      { status: 403, code: 'access_denied|missing_permission' },
      403,
      first('access_denied|missing_permission'),
      0,
    ],
    ['status', { status: 408, after: true }, 408, first('invalid_request'), 1],
    ['too-many', {}, 429, first('request_limit_exceeded'), 0],
    ['errors-object', {}, 400, { errors: { code: 'invalid_request', message: expect.any(String) } }, 0],
  ])('by %s %j is %d', async (action, more, status, body, orders) => {
    await fault(action, more)
    expect(await api('POST', dvPath, dvOrder())).toMatchObject({ status, body })
    expect(await paid()).toBe(orders)
  })

  test.each([
    [{}, 502, '502 Bad Gateway', 0],
    [{ after: true, status: 504 }, 504, '504 Gateway Timeout', 1],
    [{ status: 404 }, 404, '404 Not Found', 0],
    [{ status: 404, after: true }, 404, '404 Not Found', 1],
    [{ status: 403 }, 403, 'Request unsuccessful. Incapsula incident ID: 0-0', 0],
    [{ status: 403, after: true }, 403, 'Request unsuccessful. Incapsula incident ID: 0-0', 1],
    [{ status: 403, html: '<p>Blocked</p>', after: true }, 403, '<p>Blocked</p>', 1],
    [{ status: 418 }, 418, "418 I'm a Teapot", 0],
  ])('by a page of HTML %j is %d with "%s"', async (more, status, words, orders) => {
    await fault('html', { ...more, headers: { 'x-cdn': 'Imperva' } })
    const answer = await api('POST', dvPath, dvOrder())
    expect(answer.headers.get('content-type')).toBe('text/html')
    expect(answer.headers.get('x-cdn')).toBe('Imperva')
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(words)
    expect(await paid()).toBe(orders)
  })

  test('a 429 may say when to come back', async () => {
    await fault('too-many', { retryAfterSeconds: 7 })
    expect((await api('POST', dvPath, dvOrder())).headers.get('retry-after')).toBe('7')
  })

  test('garbage is sent with the real status', async () => {
    await fault('garbage-json')
    await expect(api('POST', dvPath, dvOrder())).rejects.toThrow(SyntaxError)
    expect(await paid()).toBe(1)
  })

  test('a huge body is as long as asked', async () => {
    await fault('huge-body', { bytes: 5_000_000 })
    const { body } = await api('POST', dvPath, dvOrder())
    expect(body.filler.length).toBeGreaterThanOrEqual(5_000_000)
  })
})

describe('a spoilt certificate', () => {
  async function spoilt(action: string): Promise<{ served: string[]; stored: X509Certificate }> {
    const { body } = await api('POST', ovPath, ovOrder({}, { dns_names: ['www.example.com'] }))
    await control('POST', '/faults', { match: { path: 'download' }, action })
    const path = `/certificate/${body.certificate_id}/download/format/pem_all`
    const { text: pem } = await api('GET', path)
    const { text: truth } = await api('GET', path)
    return {
      served: pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [],
      stored: new X509Certificate(truth),
    }
  }
  const day = 86_400_000

  test('with a foreign key has the names and another key', async () => {
    const { served, stored } = await spoilt('foreign-key')
    const leaf = new X509Certificate(served[0]!)
    expect(leaf.subjectAltName).toBe(stored.subjectAltName)
    expect(leaf.publicKey.equals(stored.publicKey)).toBe(false)
  })

  test('that is the wrong one has our key and other names', async () => {
    const { served, stored } = await spoilt('wrong-certificate')
    const leaf = new X509Certificate(served[0]!)
    expect(leaf.publicKey.equals(stored.publicKey)).toBe(true)
    expect(leaf.checkHost('shop.example.com')).toBeUndefined()
  })

  test('that lacks names lacks some of them', async () => {
    const leaf = new X509Certificate((await spoilt('missing-names')).served[0]!)
    expect(leaf.subjectAltName).toBe('DNS:shop.example.com')
  })

  test('that is expired ended yesterday', async () => {
    const leaf = new X509Certificate((await spoilt('expired-certificate')).served[0]!)
    expect(leaf.validToDate.getTime()).toBeLessThan(Date.now() - day / 2)
  })

  test('may be no certificate at all', async () => {
    const { served } = await spoilt('garbage-pem')
    expect(() => new X509Certificate(served[0]!)).toThrow()
    expect(served).toHaveLength(3)
  })

  test.each([
    ['shuffled-chain', [true, true, false]],
    ['no-intermediate', [false, true]],
  ])('in a %s has its CAs elsewhere', async (action, cas) => {
    const { served } = await spoilt(action)
    expect(served.map((pem) => new X509Certificate(pem).ca)).toEqual(cas)
  })

  test('comes in the create answer as well', async () => {
    await fault('missing-names')
    const { body } = await api('POST', ovPath, ovOrder({}, { dns_names: ['www.example.com'] }))
    expect(new X509Certificate(body.certificate_chain[0]!.pem).subjectAltName).toBe('DNS:shop.example.com')
  })
})

describe('a rule', () => {
  test('hits the nth matching call, as many times as it says', async () => {
    await fault('error-before', { match: { path: '^/user/me$', nth: 2, times: 2 } })
    const statuses: number[] = []
    for (let round = 0; round < 5; round += 1) statuses.push((await api('GET', '/user/me')).status)
    expect(statuses).toEqual([200, 500, 500, 200, 200])
    expect((await control('GET', '/faults')).body.faults).toMatchObject([{ matched: 5, hit: 2 }])
  })

  test('with times 0 hits until it is deleted', async () => {
    await fault('error-before', { match: { times: 0 } })
    expect((await api('GET', '/user/me')).status).toBe(500)
    expect((await api('GET', '/product')).status).toBe(500)
    await control('DELETE', '/faults')
    expect((await api('GET', '/user/me')).status).toBe(200)
  })

  test('that nobody knows is refused', async () => {
    expect((await fault('explode')).status).toBe(400)
  })
})

test('the body of an order is in the journal as it came', async () => {
  const body = dvOrder({ comments: 'hello', surprise: true })
  await api('POST', dvPath, body)
  const [order] = (await control('GET', '/journal')).body.entries
  expect(order).toMatchObject({ seq: 1, kind: 'order', paid: true, product: 'ssl_dv_geotrust_flex', body })
  expect(order?.ignoredFields).toEqual(['surprise'])
  expect(order?.body.certificate.csr).toBe(shared.csr)
})
