import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { account } from './account.ts'
import { dvOrder, dvPath, makeRequest, ovOrder, ovPath, reissueOf } from './bodies.ts'

const { api, control, advance } = account({ settings: { instant: true } })

async function issued(changes: object = {}, certificate: object = {}, path = ovPath) {
  const order = path === ovPath ? ovOrder(changes, certificate) : dvOrder(changes, certificate)
  const { status, body } = await api('POST', path, order)
  expect(status).toBe(201)
  return body
}

const info = async (id: number) => (await api('GET', `/order/certificate/${id}`)).body
const state = async (id: number) => (await control('GET', `/orders/${id}`)).body
const kinds = async () => (await control('GET', '/journal')).body.entries.map(({ kind }) => kind)

describe('a reissue', () => {
  test('keeps the order, has a new certificate id, and its CSR is in the list', async () => {
    const { id, certificate_id } = await issued()
    const { csr } = makeRequest('rsa:2048')
    const { status, body } = await api('POST', `/order/certificate/${id}/reissue`, reissueOf({ csr }))
    expect(status).toBe(201)
    expect(body).toMatchObject({ id, certificate_chain: expect.any(Array) })
    expect(body.certificate_id).not.toBe(certificate_id)
    expect((await info(id)).certificate.id).toBe(body.certificate_id)
    const list = await api('GET', `/order/certificate/${id}/reissue`)
    expect(list.body.certificates).toMatchObject([{ id: body.certificate_id, csr, status: 'issued' }])
    expect((await control('GET', '/state')).body.counts).toMatchObject({ orders: 1, paid: 1, reissues: 1 })
  })

  test('waits for approval and can be canceled, which leaves the old certificate in place', async () => {
    const { id, certificate_id } = await issued()
    await control('PUT', '/settings', { approval: 'one-step' })
    const { body } = await api('POST', `/order/certificate/${id}/reissue`, reissueOf())
    expect(body).toEqual({ id, requests: [{ id: expect.any(Number), status: 'pending' }], domains: expect.any(Array) })
    expect(await info(id)).toMatchObject({ status: 'reissue_pending', certificate: { id: certificate_id } })
    expect((await api('POST', `/order/certificate/${id}/reissue`, reissueOf())).status).toBe(400)
    expect((await api('PUT', `/certificate/${certificate_id}/revoke`, {})).body.errors[0]!.code).toBe('reissue_pending')
    const canceled = await api('PUT', `/order/certificate/${id}/status`, { status: 'canceled', note: 'no' })
    expect(canceled.status).toBe(204)
    expect(await info(id)).toMatchObject({ status: 'issued', requests: [{ type: 'reissue', status: 'rejected' }] })
  })

  test('needs a new proof for DV', async () => {
    const { id } = await issued({}, {}, dvPath)
    await control('PUT', '/settings', { instant: false })
    const { body } = await api('POST', `/order/certificate/${id}/reissue`, reissueOf())
    expect(body).toMatchObject({ certificate_id: expect.any(Number), dcv_random_value: expect.any(String) })
    expect((await info(id)).status).toBe('reissue_pending')
    await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [body.dcv_random_value] })
    await api('PUT', `/order/certificate/${id}/check-dcv`)
    expect(await info(id)).toMatchObject({ status: 'issued', certificate: { id: body.certificate_id } })
  })

  test.each([
    ['without one of the names revokes the earlier certificate after 72 hours', [], 'revoked'],
    ['with a further name revokes nothing', ['www.example.com', 'api.example.com'], 'issued'],
  ])('%s', async (_, dns_names, status) => {
    const { id } = await issued({}, { dns_names: ['www.example.com'] })
    await api('POST', `/order/certificate/${id}/reissue`, reissueOf({ dns_names }))
    await advance(2.9)
    expect((await state(id)).certificates[0]!.status).toBe('issued')
    await advance(0.2)
    expect((await state(id)).certificates.map((one) => one.status)).toEqual([status, 'issued'])
  })

  test('of an order that is not issued is refused', async () => {
    const { id } = await issued()
    await control('POST', `/orders/${id}/status`, { status: 'revoked' })
    expect((await api('POST', `/order/certificate/${id}/reissue`, reissueOf())).status).toBe(400)
  })
})

describe('a duplicate', () => {
  test('is issued at once with the same names, and leaves the order’s certificate alone', async () => {
    const { id, certificate_id } = await issued({}, {}, dvPath)
    const { status, body } = await api('POST', `/order/certificate/${id}/duplicate`, reissueOf())
    expect(status).toBe(201)
    expect(body.certificate_chain).toHaveLength(3)
    expect((await info(id)).certificate.id).toBe(certificate_id)
    const other = await api('POST', `/order/certificate/${id}/duplicate`, reissueOf({ dns_names: ['x.example.com'] }))
    expect(other.body.errors[0]!.code).toBe('invalid_value:certificate.dns_names')
  })
})

describe('time', () => {
  test.each([
    ['the cap', { order_validity: { years: 1 } }, {}, 199],
    ['what was asked', { order_validity: { years: 1 } }, { cert_validity: { days: 47 } }, 47],
    ['the plan', { order_validity: { days: 20 } }, {}, 20],
  ])('a certificate ends with %s, to the day', async (_, changes, certificate, days) => {
    const { id } = await issued(changes, certificate)
    const [one] = (await state(id)).certificates
    const leaf = new X509Certificate(one!.pem)
    expect(leaf.validFromDate.toISOString()).toMatch(/T00:00:00.000Z$/)
    expect(leaf.validToDate.getTime() - leaf.validFromDate.getTime()).toBe(days * 86_400_000 - 1000)
    expect((await info(id)).certificate.valid_till).toBe(leaf.validToDate.toISOString().slice(0, 10))
  })

  test('a second certificate ends with the plan, and the order expires then', async () => {
    const { id } = await issued()
    const planEnd = (await info(id)).order_valid_till
    await advance(170)
    await api('POST', `/order/certificate/${id}/reissue`, reissueOf())
    expect((await info(id)).certificate.valid_till).toBe(planEnd)
    await advance(196)
    expect((await info(id)).status).toBe('expired')
    const filtered = await api('GET', '/order/certificate?filters[status]=issued')
    expect(filtered.body.orders).toMatchObject([{ id, status: 'expired' }])
  })

  test('DigiCert reissues 30 days before the end when it was asked to, with the same key, as often as the plan needs', async () => {
    const { id, certificate_id } = await issued({ auto_reissue: 1, order_validity: { years: 2 } })
    await advance(168)
    expect((await info(id)).certificate.id).toBe(certificate_id)
    await advance(400)
    const { certificates } = await state(id)
    expect((await kinds()).filter((kind) => kind === 'auto-reissue')).toHaveLength(3)
    expect(new Set(certificates.map((one) => one.csr)).size).toBe(1)
    expect(new X509Certificate(certificates[1]!.pem).validFromDate.getTime()).toBeLessThan(
      Date.now() + 171 * 86_400_000,
    )
  })

  test('DigiCert stops when auto-reissue is switched off', async () => {
    const { id } = await issued({ auto_reissue: 1 })
    await api('PUT', `/order/certificate/${id}/auto-reissue`, { auto_reissue: 0 })
    await advance(180)
    expect(await kinds()).not.toContain('auto-reissue')
  })

  test('processing takes as long as the setting says', async () => {
    await control('PUT', '/settings', { issueDelaySeconds: 3600 })
    const { id } = await issued()
    expect((await info(id)).status).toBe('processing')
    await advance(0.03)
    expect((await info(id)).status).toBe('processing')
    await advance(0.02)
    expect((await info(id)).status).toBe('issued')
  })
})

describe('a renewal', () => {
  test('is paid, links both orders, and is refused twice and too early', async () => {
    const { id } = await issued()
    const early = await api('POST', ovPath, ovOrder({ renewal_of_order_id: id }))
    expect(early.body.errors[0]!.code).toBe('order_not_eligible_for_renewal')
    await advance(300)
    const renewal = await api('POST', ovPath, ovOrder({ renewal_of_order_id: id }))
    expect(renewal.status).toBe(201)
    expect(await info(id)).toMatchObject({ is_renewed: true, renewed_order_id: renewal.body.id })
    expect(await info(renewal.body.id)).toMatchObject({ is_renewal: true, renewal_of_order_id: id })
    const twice = await api('POST', ovPath, ovOrder({ renewal_of_order_id: id }))
    expect(twice.body.errors[0]!.code).toBe('order_renewed_already')
    expect((await control('GET', '/state')).body.counts.paid).toBe(2)
  })
})

describe('endings', () => {
  test('revoking the order revokes every certificate; twice is refused', async () => {
    const { id } = await issued()
    await api('POST', `/order/certificate/${id}/reissue`, reissueOf())
    expect((await api('PUT', `/order/certificate/${id}/revoke`, { skip_approval: true })).status).toBe(204)
    expect((await info(id)).status).toBe('revoked')
    expect((await state(id)).certificates.map((one) => one.status)).toEqual(['revoked', 'revoked'])
    const twice = await api('PUT', `/order/certificate/${id}/revoke`, {})
    expect(twice.body.errors[0]!.code).toBe('order_already_revoked')
  })

  test('a revocation may need approval', async () => {
    const { id, certificate_id } = await issued()
    await control('PUT', '/settings', { approval: 'one-step' })
    const { status, body } = await api('PUT', `/certificate/${certificate_id}/revoke`, {
      revocation_reason: 'superseded',
    })
    expect({ status, type: body.type, state: body.status }).toEqual({ status: 201, type: 'revoke', state: 'pending' })
    expect((await info(id)).status).toBe('issued')
    await control('POST', `/orders/${id}/approve`)
    expect((await info(id)).status).toBe('revoked')
  })

  test('an open order can be canceled with a note, an issued one cannot', async () => {
    const { id } = await issued()
    const cancel = (body: object) => api('PUT', `/order/certificate/${id}/status`, body)
    expect((await cancel({ status: 'canceled', note: 'no' })).status).toBe(400)
    await control('PUT', '/settings', { instant: false })
    const open = await api('POST', dvPath, dvOrder())
    const path = `/order/certificate/${open.body.id}/status`
    expect((await api('PUT', path, { status: 'canceled' })).body.errors[0]!.code).toBe('missing_value:note')
    expect((await api('PUT', path, { status: 'CANCELED', note: 'no' })).status).toBe(400)
    expect((await api('PUT', path, { status: 'canceled', note: 'no' })).status).toBe(204)
    expect((await info(open.body.id)).status).toBe('canceled')
  })

  test.each(['processing', 'waiting_pickup', 'needs_csr', 'rejected', 'canceled', 'revoked', 'expired', 'hatching'])(
    'the console can put an order into %s, where it rests until it is issued by hand',
    async (status) => {
      await control('PUT', '/settings', { instant: false })
      const { body } = await api('POST', dvPath, dvOrder())
      await control('POST', `/orders/${body.id}/status`, { status })
      await control('PUT', '/settings', { instant: true })
      await advance(1)
      expect((await info(body.id)).status).toBe(status)
      await control('POST', `/orders/${body.id}/issue`)
      expect((await info(body.id)).status).toBe('issued')
    },
  )

  test.each([true, false])('the console issues an order that nobody approved, with instant %s', async (instant) => {
    await control('PUT', '/settings', { approval: 'two-step', instant })
    const { body } = await api('POST', dvPath, dvOrder())
    expect((await control('POST', `/orders/${body.id}/issue`)).status).toBe(204)
    expect(await info(body.id)).toMatchObject({ status: 'issued', requests: [{ status: 'approved' }] })
  })

  test('the console can reissue with the same key', async () => {
    const { id, certificate_id } = await issued()
    await control('POST', `/orders/${id}/console-reissue`)
    const after = await info(id)
    expect(after.status).toBe('issued')
    expect(after.certificate.id).not.toBe(certificate_id)
  })
})

describe('special products', () => {
  const subject = { name: 'Ada Lovelace', job_title: 'Signer', phone: '1', email: 'ada@example.com' }
  const signing = (changes: object) => ({ ...ovOrder({ subject, ...changes }), dcv_method: undefined })

  test('a token waits to be picked up', async () => {
    const order = signing({ cs_provisioning_method: 'ship_token', certificate: { signature_hash: 'sha256' } })
    const { body } = await api('POST', '/order/certificate/document_signing_org_1', order)
    expect((await info(body.id)).status).toBe('waiting_pickup')
  })

  test('a document signer with a CSR gets a certificate in the person’s name', async () => {
    const order = signing({ cs_provisioning_method: 'email' })
    const { body } = await api('POST', '/order/certificate/document_signing_org_2', order)
    const leaf = new X509Certificate(body.certificate_chain[0]!.pem)
    expect(leaf.subjectAltName).toBe('email:ada@example.com')
  })

  test('an old DV order without a CSR waits for one', async () => {
    const order = dvOrder({ validity_years: 1 }, { csr: undefined })
    const { body } = await api('POST', '/order/certificate/ssl_dv_geotrust', order)
    expect((await info(body.id)).status).toBe('needs_csr')
    await api('POST', `/order/certificate/${body.id}/csr`, { csr: makeRequest().csr })
    expect((await info(body.id)).status).toBe('issued')
  })
})
