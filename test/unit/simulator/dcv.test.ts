import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, ovOrder, ovPath } from './bodies.ts'

const { api, control } = account()

async function place(changes: object = {}, certificate: object = {}, path = dvPath) {
  const { body } = await api(
    'POST',
    path,
    path === dvPath ? dvOrder(changes, certificate) : ovOrder(changes, certificate),
  )
  const random = await api('PUT', `/order/certificate/${body.id}/dcv-random-value`)
  return { id: body.id, value: random.body.dcv_random_value, answer: body }
}

const check = (id: number, body?: unknown) => api('PUT', `/order/certificate/${id}/check-dcv`, body)

describe('a random value', () => {
  test.each([
    ['TXT at the name', 'dns-txt-token', 'TXT', 'shop.example.com', (value: string) => value],
    ['TXT at _dnsauth', 'dns-txt-token', 'TXT', '_dnsauth.shop.example.com', (value: string) => value],
    ['TXT at a domain above', 'dns-txt-token', 'TXT', 'example.com', (value: string) => value],
    [
      'CNAME at _dnsauth',
      'dns-cname-token',
      'CNAME',
      '_dnsauth.shop.example.com',
      (value: string) => `${value}.dcv.digicert.com.`,
    ],
  ])('as %s proves control, and the check issues on the spot', async (_, method, type, name, target) => {
    const { id, value } = await place({ dcv_method: method })
    const record = { name, type }
    await control('PUT', '/dns', { ...record, values: ['something else', target('not the value')] })
    expect((await check(id)).body.dcv_status).toBe('pending')
    await control('PUT', '/dns', { ...record, values: [target(value)] })
    const { body } = await check(id)
    expect(body).toMatchObject({
      order_status: 'issued',
      dcv_status: 'complete',
      dns_name_validations: [{ dns_name: 'shop.example.com', status: 'complete' }],
    })
  })

  test('as an alias at its own name proves nothing: DigiCert ended that form on 28 October 2025', async () => {
    const { id, value } = await place({ dcv_method: 'dns-cname-token' })
    const record = { name: `${value}.shop.example.com`, type: 'CNAME', values: ['dcv.digicert.com'] }
    await control('PUT', '/dns', record)
    expect((await check(id)).body).toMatchObject({ order_status: 'pending', dcv_status: 'pending' })
  })

  test('behind an alias is found as a resolver would', async () => {
    const { id, value } = await place()
    await control('PUT', '/dns', { name: '_dnsauth.shop.example.com', type: 'CNAME', values: ['auth.example.net.'] })
    await control('PUT', '/dns', { name: 'auth.example.net', type: 'TXT', values: [value] })
    expect((await check(id)).body.order_status).toBe('issued')
  })

  test('in a file proves its exact name only', async () => {
    const { id, value } = await place({ dcv_method: 'http-token' }, { dns_names: ['www.shop.example.com'] })
    const file = (host: string) => `http://${host}/.well-known/pki-validation/fileauth.txt`
    await control('PUT', '/http', { url: file('shop.example.com'), content: `${value}\n` })
    expect(await check(id)).toMatchObject({ status: 400, body: { errors: [{ code: 'file_random_value_not_found' }] } })
    await control('PUT', '/http', { url: file('www.shop.example.com'), content: value })
    expect((await check(id)).body.order_status).toBe('issued')
  })

  test('stays the same until it lapses, and a lapsed one proves nothing', async () => {
    const { id, value } = await place({}, {}, dvPath)
    await control('PUT', '/settings', { ownDcvPolling: false })
    await control('POST', '/clock', { advanceSeconds: 31 * 86_400 })
    await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [value] })
    expect((await check(id)).body.dcv_status).toBe('pending')
    const { body } = await api('PUT', `/order/certificate/${id}/dcv-random-value`)
    expect(body.dcv_random_value).not.toBe(value)
    const again = await api('PUT', `/order/certificate/${id}/dcv-random-value`)
    expect(again.body).toEqual(body)
  })

  test('may be checked for some of the names', async () => {
    const { id, value } = await place({}, { dns_names: ['api.example.com'] })
    for (const name of ['shop', 'api'])
      await control('PUT', '/dns', { name: `${name}.example.com`, type: 'TXT', values: [value] })
    const { body } = await check(id, { dns_name_validations: [{ dns_name: 'api.example.com' }] })
    expect(body).toMatchObject({
      order_status: 'pending',
      dns_name_validations: [
        { dns_name: 'shop.example.com', status: 'pending' },
        { dns_name: 'api.example.com', status: 'complete' },
      ],
    })
  })
})

test('mail is confirmed by a person, and cannot be checked', async () => {
  const { body } = await api('POST', dvPath, dvOrder({ dcv_method: 'email' }))
  expect(await check(body.id)).toMatchObject({ status: 400, body: { errors: [{ code: 'invalid_dns_method' }] } })
  await control('POST', `/orders/${body.id}/confirm-email`)
  expect((await api('GET', `/order/certificate/${body.id}`)).body.status).toBe('issued')
})

test('DigiCert finds the value by itself within a minute', async () => {
  const { id, value } = await place()
  await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [value] })
  await control('POST', '/clock', { advanceSeconds: 30 })
  expect((await api('GET', `/order/certificate/${id}`)).body.status).toBe('pending')
  await control('POST', '/clock', { advanceSeconds: 31 })
  expect((await api('GET', `/order/certificate/${id}`)).body.status).toBe('issued')
})

test('DigiCert stops looking after ten days, and a check still helps', async () => {
  const { id, value } = await place()
  await control('POST', '/clock', { advanceSeconds: 11 * 86_400 })
  await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [value] })
  await control('POST', '/clock', { advanceSeconds: 86_400 })
  expect((await api('GET', `/order/certificate/${id}`)).body.status).toBe('pending')
  expect((await check(id)).body.order_status).toBe('issued')
})

test('the method can be changed while the order waits', async () => {
  const { body } = await api('POST', dvPath, dvOrder({ dcv_method: 'email' }))
  const { body: changed } = await api('PUT', `/order/certificate/${body.id}/dcv-method`, {
    dcv_method: 'dns-txt-token',
  })
  await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [changed.dcv_random_value] })
  expect((await check(body.id)).body.order_status).toBe('issued')
})

describe('earlier proofs', () => {
  test('serve OV orders below the domain, and never DV', async () => {
    await control('PUT', '/settings', { validatedDomains: ['example.com'] })
    expect((await api('POST', ovPath, ovOrder())).body.certificate_chain).toHaveLength(3)
    expect((await api('POST', dvPath, dvOrder())).body).not.toHaveProperty('certificate_chain')
  })

  test('of an OV order serve the next one until they lapse', async () => {
    const { id, value } = await place({}, { common_name: 'example.com' }, ovPath)
    await control('PUT', '/dns', { name: 'example.com', type: 'TXT', values: [value] })
    await check(id)
    expect((await api('POST', ovPath, ovOrder())).body).toHaveProperty('certificate_chain')
    await control('POST', '/clock', { advanceSeconds: 200 * 86_400 })
    expect((await api('POST', ovPath, ovOrder())).body).not.toHaveProperty('certificate_chain')
  })
})

test('with the scope base_domain the base domain is what counts', async () => {
  const { id, value, answer } = await place({ certificate_dcv_scope: 'base_domain' }, {}, ovPath)
  expect(answer.domains.map(({ name }) => name)).toEqual(['example.com'])
  await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [value] })
  expect((await check(id)).body.dcv_status).toBe('pending')
  await control('PUT', '/dns', { name: 'example.com', type: 'TXT', values: [value] })
  expect((await check(id)).body.order_status).toBe('issued')
})

test('an organization that is not validated holds the order, and its ids are strings', async () => {
  await control('PUT', '/settings', { validatedDomains: ['example.com'] })
  const { body } = await api('POST', ovPath, ovOrder({ organization: { id: 999001 } }))
  expect((await api('GET', `/order/certificate/${body.id}/validation`)).body).toMatchObject({
    order_id: String(body.id),
    order_status: 'pending',
    organization_validations: [{ type: 'ov', status: 'pending' }],
    dns_name_validations: [{ name_scope: 'shop.example.com', status: 'complete' }],
  })
  await control('PUT', '/organizations/999001', { validated: true })
  expect((await api('GET', `/order/certificate/${body.id}`)).body.status).toBe('issued')
})
