import { describe, expect, test } from '@jest/globals'
import type { CallRecord, CertCentral, NameSearch } from '../../../src/certcentral/index.ts'
import type { Answering } from './fake-server.ts'
import { answer, errorOf, fixture, replay, reset, withServer } from './fake-server.ts'

const reading = (body: string, run: (client: CertCentral) => Promise<unknown>, status = 200) =>
  withServer([answer(status, body)], run)

const pending = { word: 'pending', raw: 'pending' }
const parametersOf = (url: string) => Object.fromEntries(new URL(url, 'http://x').searchParams)

/** A page of orders with those ids, and how many there are of them on all pages. */
const page = (ids: readonly number[], total?: number | string, id = 'order_id'): Answering => {
  const orders = ids.map((each) => ({ [id]: each, status: 'pending' }))
  return answer(200, JSON.stringify({ orders, ...(total === undefined ? {} : { page: { total } }) }))
}

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

describe('the look-up by alternative id', () => {
  const lookUp = (client: CertCentral) => client.ordersByAlternativeId('k7f3a')

  test('finds one order', async () => {
    await withServer([replay('alternate/one')], async (client, server) => {
      expect(await lookUp(client)).toEqual([{ orderId: 123, certificateId: 456, status: pending }])
      expect(server.seen[0]?.url).toBe('/services/v2/order/alternate/k7f3a?offset=0&limit=1000')
    })
  })

  test('finds all of several', async () => {
    expect(await withServer([replay('alternate/two')], lookUp)).toHaveLength(2)
  })

  test.each(['alternate/none', 'alternate/none-404', 'status-changes/none'])('finds none in %s', async (name) => {
    expect(await withServer([replay(name)], lookUp)).toEqual([])
  })

  test.each<[string, number, string]>([
    ['an empty list that PHP wrote', 200, '[]'],
    ['a 404 with a code of its own for orders', 404, '{"errors":[{"code":"order_not_found"}]}'],
    ['a 404 that counts orders', 404, '{"errors":[{"code":"no_orders_found"}]}'],
  ])('finds none in %s', async (_, status, body) => {
    expect(await reading(body, lookUp, status)).toEqual([])
  })

  test.each<[string, number, string, string]>([
    ['a 404 for a wrong route', 404, JSON.stringify(fixture('errors/route').body), 'invalid'],
    ['the 404 page of a gateway', 404, '<html>Not Found</html>', 'unavailable'],
    ['an empty 404', 404, '', 'unavailable'],
    ['a 404 with an empty list', 404, '[]', 'unavailable'],
    ['a 403 of a CDN', 403, '<html>Incapsula</html>', 'unavailable'],
    ['an empty list that a proxy rewrote', 203, '[]', 'unreadable'],
    ['a list in place of an object', 200, '[{"order_id":1}]', 'unreadable'],
    ['a page that counts an order and shows none', 200, '{"orders":[],"page":{"total":1}}', 'unreadable'],
    ['a list with one unreadable order', 200, '{"orders":[{"order_id":1},{"order_id":"?"}]}', 'unreadable'],
    ['an object of another kind', 200, '{"message":"maintenance"}', 'unreadable'],
    ['a page that counts orders and has no list', 200, '{"page":{"total":"2"}}', 'unreadable'],
    ['null', 200, 'null', 'unreadable'],
    ['nothing', 200, '', 'unreadable'],
  ])('never takes %s for none', async (_, status, body, kind) => {
    expect(await reading(body, (client) => errorOf(lookUp(client)), status)).toMatchObject({ kind })
  })

  test('counts a 404 that says none as an answer, and the 404 of a gateway as none', async () => {
    const records: CallRecord[] = []
    const onCall = (record: CallRecord) => void records.push(record)
    const answers = [replay('alternate/none-404'), answer(404, '<html>Not Found</html>')]
    await withServer(
      answers,
      async (client) => {
        await lookUp(client)
        await errorOf(lookUp(client))
      },
      { onCall },
    )
    expect(records.map(({ result }) => result)).toEqual(['ok', 'ambiguous'])
  })

  test('follows the pages and names each order once', async () => {
    await withServer([page([1, 2], '5'), page([2, 3], '5'), page([4], '5')], async (client, server) => {
      expect((await lookUp(client)).map(({ orderId }) => orderId)).toEqual([1, 2, 3, 4])
      expect(server.seen.map(({ url }) => parametersOf(url)['offset'])).toEqual(['0', '2', '4'])
    })
  })

  test('ends at an empty later page, though the server counts orders that it does not show', async () => {
    await withServer([page([1], 2), page([], 2)], async (client, server) => {
      expect(await lookUp(client)).toEqual([{ orderId: 1, status: pending }])
      expect(server.seen).toHaveLength(2)
    })
  })

  test('reads on after a full page where the server sends no total', async () => {
    await withServer([page(upTo(1000)), page([1001])], async (client, server) => {
      expect(await lookUp(client)).toHaveLength(1001)
      expect(server.seen).toHaveLength(2)
    })
  })

  test('gives up on a list that does not end', async () => {
    await withServer([page([1], 99)], async (client, server) => {
      expect(await errorOf(lookUp(client))).toMatchObject({ outcome: 'ambiguous', kind: 'unreadable' })
      expect(server.seen).toHaveLength(5)
    })
  })

  test.each(['', '../user/me', 'a-b', 'a'.repeat(65)])('does not ask for %j', async (id) => {
    await withServer([replay('alternate/none')], async (client, server) => {
      expect(await errorOf(client.ordersByAlternativeId(id))).toMatchObject({ outcome: 'unsent', kind: 'invalid' })
      expect(server.seen).toEqual([])
    })
  })
})

describe('the look-up by name', () => {
  const SEARCH: NameSearch = { commonName: 'shop.example.com', createdSince: new Date('2026-11-28T00:10:00Z') }
  const lookUp = (client: CertCentral) => client.ordersOfName(SEARCH)
  const idsOf = async (client: CertCentral, search = SEARCH) =>
    (await client.ordersOfName(search)).map(({ orderId }) => orderId)
  const refused = replay('errors/several')

  test('reads what the list says of an order', async () => {
    const known = {
      id: 112233,
      certificate: {
        id: 113,
        common_name: 'shop.example.com',
        dns_names: ['shop.example.com', 'www.example.com'],
        signature_hash: 'sha256',
        valid_till: '2027-06-14',
      },
      status: 'issued',
      is_renewed: false,
      date_created: '2026-11-28T09:00:00+00:00',
      order_valid_till: '2027-11-27',
      product: { name_id: 'ssl_dv_geotrust', name: 'GeoTrust Standard DV SSL Certificate', type: 'dv_ssl_certificate' },
    }
    const bare = { id: '112234', status: 'needs_approval', certificate: {}, product: null, date_created: null }
    const body = JSON.stringify({ orders: [known, bare], page: { total: 2, limit: 1000, offset: 0 } })
    expect(await reading(body, lookUp)).toStrictEqual([
      {
        orderId: 112233,
        status: { word: 'issued', raw: 'issued' },
        commonName: 'shop.example.com',
        dnsNames: ['shop.example.com', 'www.example.com'],
        productId: 'ssl_dv_geotrust',
        dateCreated: new Date('2026-11-28T09:00:00Z'),
      },
      { orderId: 112234, status: { word: 'needs_approval', raw: 'needs_approval' }, dnsNames: [] },
    ])
  })

  test.each<[string, NameSearch, Record<string, string>]>([
    ['since a day', SEARCH, { 'filters[common_name]': 'shop.example.com', 'filters[date_created]': '>2026-11-26' }],
    ['of all times', { commonName: 'shop.example.com' }, { 'filters[common_name]': 'shop.example.com' }],
    ['of a wildcard', { commonName: '*.example.com' }, { 'filters[common_name]': '*.example.com' }],
    ['of a name that needs encoding', { commonName: 'A & B=1' }, { 'filters[common_name]': 'A & B=1' }],
    [
      'of the first day of a year',
      { commonName: 'a.example', createdSince: new Date('2027-01-01T23:59:59Z') },
      { 'filters[common_name]': 'a.example', 'filters[date_created]': '>2026-12-30' },
    ],
  ])('asks for orders %s', async (_, search, filters) => {
    await withServer([page([], 0)], async (client, server) => {
      expect(await client.ordersOfName(search)).toEqual([])
      expect(server.seen.map(({ method }) => method)).toEqual(['GET'])
      const url = server.seen[0]?.url ?? ''
      expect(url).toMatch(/^\/services\/v2\/order\/certificate\?[\w.*%+=&-]+$/)
      expect(parametersOf(url)).toEqual({ ...filters, offset: '0', limit: '1000' })
    })
  })

  test.each<[string, object, 'stays' | 'goes']>([
    ['of the name and day', { certificate: { common_name: 'shop.example.com' }, date_created: '2026-11-28' }, 'stays'],
    ['of the name in capitals', { certificate: { common_name: 'SHOP.Example.com' } }, 'stays'],
    ['without a name', { certificate: {}, date_created: '2026-11-28T01:00:00+00:00' }, 'stays'],
    ['with a name that is no ASCII', { certificate: { common_name: 'sh\u00f6p.example' } }, 'stays'],
    ['without a day', { certificate: { common_name: 'shop.example.com' } }, 'stays'],
    ['with nothing but an id', {}, 'stays'],
    ['with a day that is none', { date_created: 'yesterday' }, 'stays'],
    ['of the first moment of two days before', { date_created: '2026-11-26T00:00:00+00:00' }, 'stays'],
    ['of the last moment of an earlier day', { date_created: '2026-11-25T23:59:59+00:00' }, 'goes'],
    ['of another name', { certificate: { common_name: 'www.example.com' } }, 'goes'],
    ['of a wildcard over the name', { certificate: { common_name: '*.example.com' } }, 'goes'],
  ])('an entry %s %s', async (_, entry, result) => {
    const body = JSON.stringify({ orders: [{ id: 7, status: 'pending', ...entry }] })
    expect(await reading(body, (client) => idsOf(client))).toEqual(result === 'stays' ? [7] : [])
  })

  test('accepts every day without createdSince', async () => {
    const body = '{"orders":[{"id":7,"date_created":"2019-01-01"}]}'
    expect(await reading(body, (client) => idsOf(client, { commonName: 'a.example' }))).toEqual([7])
  })

  test('compares a name with a long number unchanged', async () => {
    const commonName = '1732867200000.preview.example.com'
    const body = JSON.stringify({ orders: [{ id: 7, certificate: { common_name: commonName } }] })
    expect(await reading(body, (client) => idsOf(client, { commonName }))).toEqual([7])
  })

  test('repeats the request without the day where CertCentral refuses it', async () => {
    await withServer([refused, page([7], 1, 'id')], async (client, server) => {
      expect(await idsOf(client)).toEqual([7])
      expect(server.seen.map(({ url }) => parametersOf(url)['filters[date_created]'])).toEqual([
        '>2026-11-26',
        undefined,
      ])
      expect(parametersOf(server.seen[1]?.url ?? '')).toMatchObject({ 'filters[common_name]': 'shop.example.com' })
    })
  })

  test.each<[string, NameSearch, Answering[], number, object]>([
    ['a second refusal', SEARCH, [refused], 2, { outcome: 'refused', kind: 'invalid' }],
    ['a refusal of the name alone', { commonName: 'a.example' }, [refused], 1, { outcome: 'refused', kind: 'invalid' }],
    ['a key that may not list', SEARCH, [replay('errors/single-object')], 1, { outcome: 'refused', kind: 'forbidden' }],
    ['the page of a CDN', SEARCH, [answer(400, '<html>')], 1, { outcome: 'ambiguous', kind: 'unavailable' }],
    ['an outage', SEARCH, [answer(500, '')], 1, { outcome: 'ambiguous', kind: 'unavailable' }],
  ])('does not ask again after %s', async (_, search, answers, times, error) => {
    await withServer(answers, async (client, server) => {
      expect(await errorOf(client.ordersOfName(search))).toMatchObject(error)
      expect(server.seen).toHaveLength(times)
    })
  })

  test.each<[string, number, string, string]>([
    ['an empty 404', 404, '', 'unavailable'],
    ['an entry without an id', 200, '{"orders":[{"id":7},{"status":"pending"}]}', 'unreadable'],
    ['a page that counts an order and shows none', 200, '{"orders":[],"page":{"total":1}}', 'unreadable'],
    ['an object of another kind', 200, '{"message":"maintenance"}', 'unreadable'],
    ['nothing', 200, '', 'unreadable'],
  ])('never takes %s for none', async (_, status, body, kind) => {
    const error = await reading(body, (client) => errorOf(lookUp(client)), status)
    expect(error).toMatchObject({ outcome: 'ambiguous', kind })
  })

  test.each(['[]', '{}', '{"orders":[]}', '{"orders":[],"page":{"total":0}}'])('finds none in %s', async (body) => {
    expect(await reading(body, lookUp)).toEqual([])
  })

  test('follows the pages to an empty one', async () => {
    await withServer([page([1, 2], 9, 'id'), page([2, 3], 9, 'id'), page([], 9, 'id')], async (client, server) => {
      expect(await idsOf(client)).toEqual([1, 2, 3])
      expect(server.seen.map(({ url }) => parametersOf(url)['offset'])).toEqual(['0', '2', '4'])
    })
  })

  test('is unreadable beyond ten pages', async () => {
    await withServer([page([1], 99, 'id')], async (client, server) => {
      expect(await errorOf(lookUp(client))).toMatchObject({ outcome: 'ambiguous', kind: 'unreadable' })
      expect(server.seen).toHaveLength(10)
    })
  })

  test('is sent once more when its connection broke', async () => {
    await withServer([reset, page([7], 1, 'id')], async (client) => {
      expect(await idsOf(client)).toEqual([7])
    })
  })

  test.each<[string, NameSearch]>([
    ['an empty name', { commonName: ' ' }],
    ['a day that is none', { commonName: 'a.example', createdSince: new Date('soon') }],
  ])('does not ask for %s', async (_, search) => {
    await withServer([page([], 0)], async (client, server) => {
      expect(await errorOf(client.ordersOfName(search))).toMatchObject({ outcome: 'unsent', kind: 'invalid' })
      expect(server.seen).toEqual([])
    })
  })
})
