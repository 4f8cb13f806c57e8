import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, ovOrder, ovPath } from './bodies.ts'

const { api, control } = account({ settings: { instant: true } })

const DAY = 86_400_000
const choose = (settings: object) => control('PUT', '/settings', settings)
const wait = (seconds: number) => control('POST', '/clock', { advanceSeconds: seconds })
const info = async (id: number) => (await api('GET', `/order/certificate/${id}`)).body
const pathOf = (product: string) => `/order/certificate/${product}`

const oldDvOrder = (changes: object) => ({ ...dvOrder({ validity_years: 1, ...changes }), order_validity: undefined })
const signer = { name: 'Ada Lovelace', job_title: 'Signer', phone: '1', email: 'ada@example.com' }
const signingOrder = (changes: object) =>
  ovOrder({ subject: signer, cs_provisioning_method: 'email', dcv_method: undefined, ...changes })

describe('the alternative id of an order', () => {
  const products: Readonly<Record<string, (changes: object) => object>> = {
    ssl_securesite_pro: ovOrder,
    ssl_basic: ovOrder,
    ssl_dv_geotrust: oldDvOrder,
    ssl_dv_geotrust_flex: dvOrder,
    document_signing_org_1: signingOrder,
  }

  test.each([
    ['none', 'ssl_basic', 'kept'],
    ['none', 'ssl_dv_geotrust', 'kept'],
    ['undocumented', 'ssl_basic', 'forgotten'],
    ['undocumented', 'ssl_dv_geotrust', 'forgotten'],
    ['undocumented', 'ssl_securesite_pro', 'kept'],
    ['undocumented', 'ssl_dv_geotrust_flex', 'kept'],
    ['undocumented', 'document_signing_org_1', 'kept'],
    ['all', 'ssl_basic', 'forgotten'],
    ['all', 'ssl_securesite_pro', 'forgotten'],
    ['all', 'document_signing_org_1', 'forgotten'],
  ])('where the account forgets that of %s, for %s is %s', async (forgetsAlternativeOrderIds, product, result) => {
    await choose({ forgetsAlternativeOrderIds, uniqueAlternativeOrderIds: true })
    const order = products[product]?.({ alternative_order_id: 'nonce1' })
    const first = await api('POST', pathOf(product), order)
    const again = await api('POST', pathOf(product), order)
    const kept = result === 'kept'

    expect([first.status, again.status]).toEqual([201, kept ? 400 : 201])
    expect((await api('GET', '/order/alternate/nonce1')).body.orders).toHaveLength(kept ? 1 : 0)
    expect('alternative_order_id' in (await info(first.body.id))).toBe(kept)
    const [entry] = (await control('GET', '/journal')).body.entries
    expect(entry).toMatchObject({ alternativeOrderId: 'nonce1' })
  })

  test('that is kept is not refused because of an order that forgot it', async () => {
    await choose({ forgetsAlternativeOrderIds: 'undocumented', uniqueAlternativeOrderIds: true })
    await api('POST', pathOf('ssl_basic'), ovOrder({ alternative_order_id: 'nonce1' }))
    expect((await api('POST', ovPath, ovOrder({ alternative_order_id: 'nonce1' }))).status).toBe(201)
  })
})

describe('the list of all orders', () => {
  test('lacks a new order for as long as the setting says', async () => {
    await choose({ listLagSeconds: 60 })
    const { body } = await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    expect((await api('GET', '/order/certificate')).body).toMatchObject({ orders: [], page: { total: 0 } })
    expect((await api('GET', '/order/alternate/nonce1')).body.orders).toHaveLength(1)
    await wait(61)
    expect((await api('GET', '/order/certificate')).body.orders).toMatchObject([{ id: body.id }])
  })

  test('has the orders of a name since a day', async () => {
    const today = (await control('GET', '/state')).body.now.slice(0, 10)
    const days = [-1, 0, 1].map((days) => new Date(Date.parse(today) + days * DAY).toISOString().slice(0, 10))
    const { body } = await api('POST', dvPath, dvOrder())
    await api('POST', dvPath, dvOrder({}, { common_name: 'api.example.com' }))
    const found = await Promise.all(
      days.map(async (day) => {
        const filters = new URLSearchParams({
          'filters[common_name]': 'shop.example.com',
          'filters[date_created]': `>${day}`,
        })
        return (await api('GET', `/order/certificate?${filters.toString()}`)).body.orders.map(({ id }) => id)
      }),
    )
    expect(found).toEqual([[body.id], [body.id], []])
  })
})

test.each([0, 1, 3])('certificates are backdated by %d days where the setting says so', async (backdateDays) => {
  await choose({ backdateDays })
  const { body } = await api('POST', ovPath, ovOrder())
  const leaf = new X509Certificate(body.certificate_chain[0]!.pem)
  const today = (await control('GET', '/state')).body.now.slice(0, 10)
  expect(leaf.validFromDate).toEqual(new Date(Date.parse(today) - backdateDays * DAY))
  expect(await info(body.id)).toMatchObject({
    certificate: { valid_from: leaf.validFromDate.toISOString().slice(0, 10) },
  })
})

test('the days of a plan are shown once the setting allows it', async () => {
  await choose({ planEndLagSeconds: 60 })
  const { body } = await api('POST', ovPath, ovOrder())
  const shown = async () => {
    const [listed] = (await api('GET', '/order/certificate')).body.orders
    return [await info(body.id), listed].flatMap((order) =>
      Object.keys(order ?? {}).filter((name) => name.startsWith('order_valid_')),
    )
  }
  expect(await shown()).toEqual([])
  await wait(61)
  expect(await shown()).toEqual(['order_valid_from', 'order_valid_till', 'order_valid_till'])
})

test('a look-up that finds nothing may be an empty 404', async () => {
  await choose({ emptyLookup: 'empty-404' })
  const answer = await api('GET', '/order/alternate/nobody')
  expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([404, '', null])
})

test.each([
  ['a route', '/nothing', 'route'],
  ['an order', '/order/certificate/5', 'order'],
  ['the reissues of an order', '/order/certificate/5/reissue', 'order'],
  ['a certificate', '/certificate/5/download/format/pem_all', 'certificate'],
  ['a request', '/request/5', 'request'],
  ['a domain', '/domain/5', 'domain'],
])('%s that does not exist is a 404 in the form of CertCentral', async (_, path, detail) => {
  const errors = [{ code: `not_found|${detail}`, message: expect.any(String) }]
  expect(await api('GET', path)).toMatchObject({ status: 404, body: { errors } })
})
