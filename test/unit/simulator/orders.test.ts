import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, makeRequest, ovOrder, ovPath, shared } from './bodies.ts'

const { api, control, simulator } = account()

const number = expect.any(Number)
const token = expect.stringMatching(/^[a-z0-9]{20,}$/)

describe('the answer to an order', () => {
  const request = (status: string) => [{ id: number, status }]
  test.each([
    ['one-step', {}, { id: number, requests: request('pending') }],
    ['two-step', {}, { id: number, requests: request('submitted') }],
    ['auto', {}, { id: number, requests: request('approved'), certificate_id: number, dcv_random_value: token }],
    ['none', {}, { id: number, certificate_id: number, dcv_random_value: token }],
    ['one-step', { skip_approval: true }, { id: number, certificate_id: number, dcv_random_value: token }],
    ['auto', { dcv_method: 'email' }, { id: number, requests: request('approved'), certificate_id: number }],
    ['none', { dcv_method: 'email' }, { id: number, certificate_id: number }],
    ['none', { dcv_method: 'dns-cname-token' }, { id: number, certificate_id: number }],
  ])('with approval %s and %j has the fields of page 003', async (approval, changes, expected) => {
    await control('PUT', '/settings', { approval })
    const { status, body } = await api('POST', dvPath, dvOrder(changes))
    expect(status).toBe(201)
    expect(body).toEqual(expected)
  })

  test('for OV lists the domains, without tokens while approval is open and with them afterwards', async () => {
    await control('PUT', '/settings', { approval: 'one-step' })
    const order = ovOrder({}, { dns_names: ['www.example.com'] })
    const waiting = await api('POST', ovPath, order)
    expect(waiting.body.domains).toEqual([
      { id: number, name: 'shop.example.com' },
      { id: number, name: 'www.example.com' },
    ])
    const approved = await api('POST', ovPath, { ...order, skip_approval: true })
    expect(approved.body.domains[0]!.dcv_token).toEqual({
      token: approved.body.dcv_random_value,
      status: 'pending',
      expiration_date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
    })
  })

  test('names an organization only when the order created it', async () => {
    const details = { address: '1 Road', city: 'Town', state: 'ST', zip: '1', country: 'US', telephone: '1' }
    const known = await api('POST', ovPath, ovOrder({ organization: { name: 'example corporation', ...details } }))
    expect(known.body.organization).toBeUndefined()
    const other = await api('POST', ovPath, ovOrder({ organization: { name: 'Brand New Ltd', ...details } }))
    expect(other.body.organization).toEqual({ id: number })
    const info = await api('GET', `/order/certificate/${other.body.id}`)
    expect(info.body.organization).toMatchObject({ id: other.body.organization.id, name: 'Brand New Ltd' })
  })

  test('carries the chain at once when everything is validated', async () => {
    await control('PUT', '/settings', { instant: true })
    const { body } = await api('POST', ovPath, ovOrder())
    expect(body.certificate_chain.map((link) => link.subject_common_name)).toEqual([
      'shop.example.com',
      expect.stringContaining('CA1'),
      expect.stringContaining('Root'),
    ])
    expect(body.certificate_chain[0]!.pem).toMatch(/^-----BEGIN CERTIFICATE-----\r\n/)
    expect(body).not.toHaveProperty('dcv_random_value')
  })
})

describe('approval', () => {
  test('in two steps goes from submitted over pending to approved, and only then there is a certificate id', async () => {
    await control('PUT', '/settings', { approval: 'two-step' })
    const { body } = await api('POST', dvPath, dvOrder())
    const request = body.requests[0]!.id
    await control('POST', `/requests/${request}/approve`)
    expect((await api('GET', `/request/${request}`)).body.status).toBe('pending')
    expect((await api('GET', `/order/certificate/${body.id}`)).body).toMatchObject({
      status: 'needs_approval',
      has_pending_request: true,
      certificate: expect.not.objectContaining({ id: number }),
    })
    expect((await api('PUT', `/request/${request}/status`, { status: 'pending' })).status).toBe(400)
    const approved = await api('PUT', `/request/${request}/status`, { status: 'approved', processor_comment: 'fine' })
    expect(approved.status).toBe(204)
    const info = await api('GET', `/order/certificate/${body.id}`)
    expect(info.body).toMatchObject({ status: 'pending', has_pending_request: false, certificate: { id: number } })
  })

  test('that is refused rejects the order', async () => {
    await control('PUT', '/settings', { approval: 'one-step' })
    const { body } = await api('POST', dvPath, dvOrder())
    await control('POST', `/requests/${body.requests[0]!.id}/reject`)
    expect((await api('GET', `/order/certificate/${body.id}`)).body.status).toBe('rejected')
    expect((await control('POST', `/requests/${body.requests[0]!.id}/approve`)).status).toBe(400)
  })

  test('by the one who asked is forbidden where the account says so', async () => {
    await control('PUT', '/settings', { approval: 'one-step', selfApproval: false })
    const { body } = await api('POST', dvPath, dvOrder())
    const answer = await api('PUT', `/request/${body.requests[0]!.id}/status`, { status: 'approved' })
    expect(answer).toMatchObject({ status: 403, body: { errors: [{ code: 'access_denied|invalid_approver' }] } })
  })
})

describe('a bad order', () => {
  const codesOf = (body: { errors: { code: string }[] }) => body.errors.map(({ code }) => code)

  test('is answered with all of its errors', async () => {
    const certificate = {
      common_name: 'under_score.example.com',
      dns_names: ['intranet'],
      csr: 'garbage',
      cert_validity: { days: 398 },
    }
    const { status, body } = await api('POST', ovPath, {
      certificate,
      order_validity: { years: 4 },
      auto_renew: true,
      alternative_order_id: 'not-alphanumeric',
      container: { id: 31337 },
    })
    expect(status).toBe(400)
    expect(codesOf(body).sort()).toEqual([
      'csr_invalid_cannot_parse',
      'invalid_value:alternative_order_id',
      'invalid_value:auto_renew',
      'invalid_value:certificate.cert_validity.days',
      'invalid_value:certificate.common_name',
      'invalid_value:certificate.dns_names',
      'invalid_value:container.id',
      'invalid_value:order_validity.years',
      'missing_value:certificate.signature_hash',
      'missing_value:organization',
    ])
  })

  const contact = { contact_type: 'ev_approver', user_id: 565611 }
  const noTelephone = { first_name: 'A', last_name: 'B', email: 'a@example.com' }
  test.each([
    [
      'a product without wildcards',
      'ssl_dv_rapidssl',
      dvOrder({}, { common_name: '*.example.com' }),
      'invalid_value:certificate.common_name',
    ],
    ['a wildcard product without one', 'wildcard_dv_rapidssl', dvOrder(), 'invalid_value:certificate.common_name'],
    ['EV without an approver', 'ssl_ev_basic', ovOrder(), 'missing_value:organization.contacts.ev_approver'],
    [
      'EV with a user who may not approve',
      'ssl_ev_basic',
      ovOrder({ organization: { id: 117483, contacts: [contact] } }),
      'invalid_value:organization.contacts.user_id',
    ],
    ['an unknown organization', 'ssl_basic', ovOrder({ organization: { id: 1 } }), 'invalid_value:organization.id'],
    [
      'a hash that page 003 lacks',
      'ssl_dv_geotrust_flex',
      dvOrder({}, { signature_hash: 'sha512' }),
      'invalid_value:certificate.signature_hash',
    ],
    ['an issuer as a number', 'ssl_basic', ovOrder({}, { ca_cert_id: 12 }), 'invalid_value:certificate.ca_cert_id'],
    [
      'the wrong date form inside',
      'ssl_basic',
      ovOrder({ order_validity: { custom_expiration_date: '2027-06-09' } }),
      'invalid_value:order_validity.custom_expiration_date',
    ],
    [
      'a lower-case month',
      'ssl_basic',
      ovOrder({ order_validity: { custom_expiration_date: '09 Jun 2027' } }),
      'invalid_value:order_validity.custom_expiration_date',
    ],
    [
      'the wrong date form at the top',
      'ssl_basic',
      ovOrder({ custom_expiration_date: '09 JUN 2027' }),
      'invalid_value:custom_expiration_date',
    ],
    [
      'a certificate that outlives its plan',
      'ssl_basic',
      ovOrder({ order_validity: { days: 90 } }, { cert_validity: { days: 91 } }),
      'cert_validity_exceeds_order_validity',
    ],
    [
      'an id of 65 characters',
      'ssl_basic',
      ovOrder({ alternative_order_id: 'a'.repeat(65) }),
      'invalid_value:alternative_order_id',
    ],
    [
      'a card without card data',
      'ssl_basic',
      ovOrder({ payment_method: 'card', billing_address: { address: '1 Road', city: 'Town', country: 'US' } }),
      'missing_value:credit_card',
    ],
    ['an AuthKey that nobody made', 'ssl_dv_geotrust_flex', dvOrder({ use_auth_key: true }), 'auth_key_not_setup'],
    [
      'a contact without telephone on page 003',
      'ssl_dv_geotrust_flex',
      dvOrder({ technical_contact: noTelephone }),
      'missing_value:technical_contact.telephone',
    ],
    [
      'a mail domain that is not the base domain',
      'ssl_dv_geotrust_flex',
      dvOrder({ dcv_emails: [{ dns_name: 'shop.example.com', email_domain: 'shop.example.com' }] }),
      'invalid_value:dcv_emails.email_domain',
    ],
    [
      'an unknown custom field',
      'ssl_basic',
      ovOrder({ custom_fields: [{ metadata_id: 99, value: 'x' }] }),
      'invalid_custom_field_value',
    ],
    ['page 002 with the newer length', 'ssl_dv_geotrust', dvOrder(), 'missing_value:validity_years'],
    [
      'page 002 without a DCV method',
      'ssl_dv_geotrust',
      { ...dvOrder({ validity_years: 1 }), dcv_method: undefined },
      'missing_value:dcv_method',
    ],
    ['document signing without a subject', 'document_signing_org_1', ovOrder(), 'missing_value:subject'],
    ['a renewal of nothing', 'ssl_basic', ovOrder({ renewal_of_order_id: 5 }), 'invalid_value:renewal_of_order_id'],
  ])('for %s is refused', async (_, product, order, code) => {
    const { status, body } = await api('POST', `/order/certificate/${product}`, order)
    expect({ status, codes: codesOf(body) }).toEqual({ status: 400, codes: [code] })
    expect((await control('GET', '/state')).body.counts).toMatchObject({ orders: 0, paid: 0 })
  })

  test('with a weak key or a broken signature is refused', async () => {
    const weak = await api('POST', dvPath, dvOrder({}, { csr: makeRequest('rsa:1024').csr }))
    expect(codesOf(weak.body)).toEqual(['csr_invalid_key_size'])
    const der = Buffer.from(shared.csr.replaceAll(/-----.*-----|\s/g, ''), 'base64')
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1
    const csr = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`
    const broken = await api('POST', dvPath, dvOrder({}, { csr }))
    expect(codesOf(broken.body)).toEqual(['csr_invalid_cannot_parse'])
  })

  test('for a product that does not exist is 404', async () => {
    const answer = await api('POST', '/order/certificate/ssl_nothing', dvOrder())
    expect(answer).toMatchObject({ status: 404, body: { errors: [{ code: 'not_found|product' }] } })
  })

  test('tolerates empty dates and a CSR without line breaks', async () => {
    const csr = shared.csr.replaceAll('\n', '')
    const changes = {
      custom_expiration_date: '',
      order_validity: { years: 1, custom_expiration_date: '' },
      disable_ct: 0,
    }
    expect((await api('POST', dvPath, dvOrder(changes, { csr }))).status).toBe(201)
  })
})

describe('an AuthKey of the account', () => {
  test('lets an order ask for it, and issues it at once where its request token stands in DNS', async () => {
    await control('PUT', '/settings', { authKey: 'published', issueDelaySeconds: 0 })
    const { status, body } = await api('POST', dvPath, dvOrder({ use_auth_key: true }))
    expect([status, body.certificate_chain.length > 1]).toEqual([201, true])
    expect((await api('GET', `/order/certificate/${body.id}`)).body.status).toBe('issued')
    const other = await api('POST', dvPath, dvOrder({ use_auth_key: false }))
    expect((await api('GET', `/order/certificate/${other.body.id}`)).body.status).toBe('pending')
  })

  test('leaves an order pending where the token is not in DNS', async () => {
    await control('PUT', '/settings', { authKey: 'set-up' })
    const { status, body } = await api('POST', dvPath, dvOrder({ use_auth_key: true }))
    expect(status).toBe(201)
    expect((await api('GET', `/order/certificate/${body.id}`)).body.status).toBe('pending')
  })
})

test('a technical contact is a field of every page but 001, and the journal says so', async () => {
  const contact = { technical_contact: { first_name: 'Ada', last_name: 'E', email: 'ada@example.com', telephone: '1' } }
  await api('POST', '/order/certificate/ssl_basic', ovOrder(contact))
  await api('POST', dvPath, dvOrder(contact))
  const { entries } = (await control('GET', '/journal')).body
  expect(entries.map(({ ignoredFields }) => ignoredFields.includes('technical_contact'))).toEqual([true, false])
})

describe('keys and routes', () => {
  const keys = account({
    apiKeys: [
      { key: 'simulator' },
      { key: 'viewer', restriction: 'view-only' },
      { key: 'orders', restriction: 'orders' },
      { key: 'limited', roles: ['Limited User'] },
    ],
  })

  test.each([
    ['no key', 'GET', '/product', '', 401, 'access_denied|invalid_api_key'],
    ['a wrong key', 'GET', '/product', 'wrong', 403, 'access_denied|access_denied_invalid_key'],
    ['a view-only key that orders', 'POST', dvPath, 'viewer', 403, 'access_denied|missing_permission'],
    ['an orders key that reads products', 'GET', '/product', 'orders', 403, 'access_denied|missing_permission'],
    ['a route that does not exist', 'GET', '/nothing', 'simulator', 404, 'not_found|route'],
    ['an order that does not exist', 'GET', '/order/certificate/5', 'simulator', 404, 'not_found|order'],
  ])('%s is refused', async (_, method, path, key, status, code) => {
    const answer = await keys.api(method, path, method === 'GET' ? undefined : dvOrder(), key)
    expect(answer).toMatchObject({ status, body: { errors: [{ code }] } })
  })

  test('a view-only key reads, and the key says who it belongs to', async () => {
    const answer = await keys.api('GET', '/user/me', undefined, 'viewer')
    expect(answer).toMatchObject({
      status: 200,
      body: { username: 'viewer', access_roles: [{ name: 'Administrator' }] },
    })
  })

  test('a limited user does not see the orders of others', async () => {
    const { body } = await keys.api('POST', dvPath, dvOrder({ alternative_order_id: 'mine1' }))
    expect((await keys.api('GET', `/order/certificate/${body.id}`, undefined, 'limited')).status).toBe(404)
    const found = await keys.api('GET', '/order/alternate/mine1', undefined, 'limited')
    expect(found.body.orders).toEqual([])
  })

  test('a body that is no JSON is refused', async () => {
    const response = await fetch(`${simulator().url}${dvPath}`, {
      method: 'POST',
      headers: { 'X-DC-DEVKEY': 'simulator' },
      body: '{',
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'bad_request_format' }] })
  })
})

describe('finding orders', () => {
  test('the same alternative id finds all orders that have it', async () => {
    const first = await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    const second = await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    const { body } = await api('GET', '/order/alternate/nonce1')
    expect(body).toEqual({
      orders: [first, second].map(({ body: { id, certificate_id } }) => ({
        order_id: id,
        certificate_id,
        status: 'pending',
      })),
      page: { total: 2, limit: 1000, offset: 0 },
    })
  })

  test('a second order with the same id is refused where the account wants unique ones', async () => {
    await control('PUT', '/settings', { uniqueAlternativeOrderIds: true })
    await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    const second = await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    expect(second).toMatchObject({ status: 400, body: { errors: [{ code: 'alternative_order_id_already_exists' }] } })
    expect((await control('GET', '/state')).body.counts).toMatchObject({ orders: 1, paid: 1 })
  })

  test.each([
    ['list', 200, { orders: [], page: { total: 0, limit: 1000, offset: 0 } }],
    ['404', 404, { errors: [expect.objectContaining({ code: 'not_found|order' })] }],
  ])('an id that nobody has answers as the setting %s says', async (emptyLookup, status, body) => {
    await control('PUT', '/settings', { emptyLookup })
    expect(await api('GET', '/order/alternate/nobody')).toMatchObject({ status, body })
  })

  test('the look-up is blind for as long as the setting says', async () => {
    await control('PUT', '/settings', { lookupLagSeconds: 60 })
    await api('POST', dvPath, dvOrder({ alternative_order_id: 'nonce1' }))
    expect((await api('GET', '/order/alternate/nonce1')).body.orders).toEqual([])
    await control('POST', '/clock', { advanceSeconds: 61 })
    expect((await api('GET', '/order/alternate/nonce1')).body.orders).toHaveLength(1)
  })

  test('status-changes lists what changed in the window, and {} when nothing did', async () => {
    const { body } = await api('POST', dvPath, dvOrder())
    const path = '/order/certificate/status-changes'
    expect((await api('GET', `${path}?seconds=60`)).body.orders).toEqual([
      { order_id: body.id, certificate_id: body.certificate_id, status: 'pending' },
    ])
    await control('POST', '/clock', { advanceSeconds: 120 })
    expect((await api('GET', `${path}?minutes=1`)).body).toEqual({})
    expect((await api('GET', `${path}?seconds=604801`)).body.errors[0]!.code).toBe('time_frame_too_long')
    expect((await api('GET', path)).status).toBe(400)
  })

  test('the list filters by status and pages', async () => {
    const first = await api('POST', dvPath, dvOrder())
    await api('POST', dvPath, dvOrder({}, { common_name: 'api.example.com' }))
    await api('PUT', `/order/certificate/${first.body.id}/status`, { status: 'canceled', note: 'no' })
    const canceled = await api('GET', '/order/certificate?filters[status]=canceled')
    expect(canceled.body.orders.map(({ id }) => id)).toEqual([first.body.id])
    const page = await api('GET', '/order/certificate?limit=1&offset=1&sort=date_created')
    expect(page.body).toMatchObject({
      orders: [{ certificate: { common_name: 'api.example.com' } }],
      page: { total: 2 },
    })
    const search = await api('GET', '/order/certificate?filters[search]=%25api%25')
    expect(search.body.page.total).toBe(1)
  })
})
