import { describe, expect, test } from '@jest/globals'
import { allQuirks, noQuirks, quirkRows } from '../../../src/simulator/quirks/schema.ts'
import { account } from './account.ts'
import { dvOrder, dvPath, ovOrder, ovPath, reissueOf } from './bodies.ts'

const { api, control, advance } = account({ settings: { instant: true } })

const choose = (quirks: object, settings: object = {}) => control('PUT', '/settings', { ...settings, quirks })
const orderPath = (id: number, rest = '') => `/order/certificate/${id}${rest}`
/** The JSON of an answer, of whatever form. */
const json = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> =>
  JSON.parse((await api(method, path, body)).text) as Record<string, unknown>
const info = (id: number) => json('GET', orderPath(id))
const placed = async (body = dvOrder(), path = dvPath) => (await api('POST', path, body)).body.id
const reissued = async (id: number) => api('POST', orderPath(id, '/reissue'), reissueOf())

/** Tests of one quirk each, by its name; a quirk without a test fails below. */
const TESTS: Record<string, () => Promise<void>> = {
  keyRefusal: async () => {
    expect((await api('GET', '/user/me', undefined, 'unknown')).status).toBe(403)
    await choose({ keyRefusal: '401' })
    const { status, body } = await api('GET', '/user/me', undefined, 'unknown')
    expect([status, body.errors[0]?.code]).toEqual([401, 'access_denied|invalid_api_key'])
  },

  requiredParamCodes: async () => {
    const lacking = { certificate: { common_name: 'shop.example.com' } }
    await choose({ requiredParamCodes: true })
    const id = await placed()
    const { status, body } = await api('POST', orderPath(id, '/reissue'), lacking)
    expect(status).toBe(400)
    expect(body.errors).toContainEqual({
      code: 'required_param:certificate.csr',
      message: 'certificate.csr is a required parameter.',
    })
    expect(JSON.stringify(body)).not.toContain('missing_value')
  },

  reissueRequires: async () => {
    await choose({ reissueRequires: ['signature_hash', 'server_platform'] })
    const id = await placed()
    const without = reissueOf({ signature_hash: undefined })
    const { status, body } = await api('POST', orderPath(id, '/reissue'), without)
    expect([status, body.errors.map(({ code }) => code)]).toEqual([
      400,
      ['missing_value:certificate.signature_hash', 'missing_value:certificate.server_platform'],
    ])
    expect((await api('POST', orderPath(id, '/reissue'), reissueOf({ server_platform: { id: -1 } }))).status).toBe(201)
  },

  duplicateNameCode: async () => {
    await choose({ duplicateNameCode: true })
    const id = await placed()
    const other = reissueOf({ dns_names: ['other.example.com'] })
    const { status, body } = await api('POST', orderPath(id, '/duplicate'), other)
    expect([status, body.errors[0]?.code]).toEqual([400, 'invalid_dns_name_on_duplicate'])
  },

  emptyAsArray: async () => {
    await choose({ emptyAsArray: true })
    const changes = (await api('GET', '/order/certificate/status-changes?seconds=60')).text
    const order = await info(await placed())
    expect(changes).toBe('[]')
    expect(order).toMatchObject({ organization: [], organization_contact: [] })
    expect(await info(await placed(ovOrder(), ovPath))).toMatchObject({ organization: { id: 117483 } })
  },

  sparse: async () => {
    await choose({ sparse: true })
    const issued = await placed()
    expect(await info(issued)).not.toHaveProperty('requests')
    await choose({}, { approval: 'one-step' })
    expect((await reissued(issued)).body.requests).toEqual([{ id: expect.any(Number) }])
    const waiting = await placed()
    expect(await info(waiting)).toMatchObject({
      certificate: { id: expect.any(Number) },
      requests: [{ status: 'pending' }],
    })
    const [request] = (await info(waiting))['requests'] as { id: number }[]
    await api('PUT', `/request/${request?.id}/status`, { status: 'rejected' })
    const rejected = await info(waiting)
    expect([rejected['status'], 'order_valid_till' in rejected]).toEqual(['rejected', false])
  },

  oldStatusWords: async () => {
    await choose({ oldStatusWords: true })
    const id = await placed()
    await reissued(id)
    expect((await info(id))['status']).toBe('ISSUED')
    expect(await json('GET', orderPath(id, '/reissue'))).toMatchObject({ certificates: [{ status: 'approved' }] })
    const changes = await json('GET', '/order/certificate/status-changes?seconds=60')
    expect(changes).toMatchObject({ orders: [{ status: 'ISSUED' }] })
  },

  dcvWords: async () => {
    await choose({ dcvWords: true })
    const id = await placed()
    expect(await json('PUT', orderPath(id, '/check-dcv'))).toMatchObject({
      dcv_status: 'valid',
      dns_name_validations: [{ status: 'valid' }],
    })
    expect(await json('GET', orderPath(id, '/validation'))).toMatchObject({
      dns_name_validations: [{ status: 'approved' }],
    })
  },

  checkDcvOf2019: async () => {
    await choose({ checkDcvOf2019: true }, { instant: false })
    const id = await placed()
    const { body } = await api('PUT', orderPath(id, '/dcv-random-value'))
    const open = await api('PUT', orderPath(id, '/check-dcv'))
    expect([open.status, open.body.errors[0]?.code]).toEqual([400, 'invalid_dns_txt'])
    await control('PUT', '/dns', { name: 'shop.example.com', type: 'TXT', values: [body.dcv_random_value] })
    const done = await json('PUT', orderPath(id, '/check-dcv'))
    expect([done['order_status'], 'dns_name_validations' in done]).toEqual(['issued', false])
  },

  underscoredValues: async () => {
    await choose({ underscoredValues: true }, { instant: false })
    const valueFor = async (dcv_method: string) => {
      const id = await placed(dvOrder({ dcv_method }))
      return (await api('PUT', orderPath(id, '/dcv-random-value'))).body.dcv_random_value
    }
    expect(await valueFor('dns-cname-token')).toMatch(/^_[a-z0-9]{31}$/)
    expect(await valueFor('dns-txt-token')).toMatch(/^[a-z0-9]+$/)
  },

  commonNameNotRepeated: async () => {
    await choose({ commonNameNotRepeated: true })
    const id = await placed(dvOrder({}, { dns_names: ['shop.example.com', 'www.shop.example.com'] }))
    const certificate = { common_name: 'shop.example.com', dns_names: ['www.shop.example.com'] }
    expect(await info(id)).toMatchObject({ certificate })
    expect(await json('GET', '/order/certificate')).toMatchObject({ orders: [{ certificate }] })
  },

  zonelessDates: async () => {
    await choose({ zonelessDates: true })
    const { date_created } = await info(await placed())
    expect(date_created).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/)
    expect(Math.abs(Date.parse(`${String(date_created).replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(60_000)
  },

  unequalTotals: async () => {
    await choose({ unequalTotals: true })
    const look = () => json('GET', '/order/alternate/nonce1')
    expect(await look()).toMatchObject({ orders: [], page: { total: 0, limit: 0 } })
    await placed(dvOrder({ alternative_order_id: 'nonce1' }))
    expect(await look()).toMatchObject({ orders: [{}], page: { total: 2, limit: 0 } })
  },

  fullValidations: async () => {
    await choose({ fullValidations: true })
    const id = await placed(ovOrder(), ovPath)
    expect(await json('GET', orderPath(id, '/validation'))).toMatchObject({
      organization_validations: [
        {
          validated_until: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
          verified_contacts: [{ name: 'Mona Contact' }],
        },
      ],
    })
    const { validations } = await json('GET', '/organization/117483/validation')
    expect(validations).toContainEqual(expect.objectContaining({ status: 'expired', validated_until: null }))
    expect(validations).toContainEqual(expect.objectContaining({ status: 'active', approval_scope: 'organization' }))
  },

  moreFields: async () => {
    await choose({ moreFields: true })
    const more = { receipt_id: 4711, public_id: 'QX7', has_reissues: 0, archived: '0', user_assignments: [] }
    expect(await info(await placed())).toMatchObject({ ...more, disable_renewal_notifications: 0, number_of_sans: 1 })
    expect(await json('GET', '/order/certificate')).toMatchObject({ orders: [more] })
  },

  certificateStatus: async () => {
    await choose({ certificateStatus: true })
    expect(await info(await placed())).toMatchObject({ certificate: { status: 'approved' } })
    await choose({}, { instant: false })
    expect(await info(await placed())).toMatchObject({ certificate: { status: 'pending' } })
  },

  staleSeconds: async () => {
    await choose({ staleSeconds: 30 }, { approval: 'auto', renewalWindowDays: 365 })
    const id = await placed()
    const renewal = await placed(dvOrder({ renewal_of_order_id: id }))
    const requests = (await json('GET', '/request'))['requests']
    expect(requests).toMatchObject([{ order: { status: 'needs_approval' } }, {}])
    expect(await info(id)).toMatchObject({ status: 'issued', is_renewed: false, renewed_order_id: 0 })
    await advance(1 / 24)
    expect((await json('GET', '/request'))['requests']).toMatchObject([{ order: { status: 'issued' } }, {}])
    expect(await info(id)).toMatchObject({ is_renewed: true, renewed_order_id: renewal })
  },

  cdnHeaders: async () => {
    await choose({ cdnHeaders: true })
    for (const path of ['/user/me', '/order/certificate/1']) {
      const { headers } = await api('GET', path)
      expect([headers.get('x-cdn'), headers.get('set-cookie')]).toEqual(['Imperva', expect.stringContaining('incap')])
      expect(headers.get('content-type')).toBe('application/json')
    }
  },

  blockPageEvery: async () => {
    await choose({ blockPageEvery: 3 })
    const statuses: number[] = []
    for (let call = 0; call < 6; call += 1) {
      const { status, headers, text } = await api('GET', '/user/me')
      statuses.push(status)
      if (status === 403) expect([headers.get('content-type'), text.includes('Incapsula')]).toEqual(['text/html', true])
    }
    expect(statuses).toEqual([200, 200, 403, 200, 200, 403])
    expect((await api('POST', dvPath, dvOrder())).status).toBe(201)
  },
}

describe('answers as they were recorded:', () => {
  test.each(quirkRows)('the setting %s (%s): %s', async (name) => {
    await TESTS[name]?.()
  })

  test('each setting has a test, and only settings have', () => {
    expect(Object.keys(TESTS).sort()).toEqual(quirkRows.map(([name]) => name).sort())
  })

  test('with all of them every setting differs from none, but for the refusal that all recordings have', () => {
    const same = quirkRows
      .map(([name]) => name as keyof typeof allQuirks)
      .filter((name) => {
        return JSON.stringify(allQuirks[name]) === JSON.stringify(noQuirks[name])
      })
    expect(same).toEqual(['keyRefusal'])
  })

  test('a setting that is left out stays as it was, and an unknown one is refused', async () => {
    await choose({ zonelessDates: true })
    await choose({ moreFields: true })
    expect(await info(await placed())).toMatchObject({ date_created: expect.stringMatching(/ /), public_id: 'QX7' })
    expect((await choose({ zonelesDates: true })).status).toBe(400)
  })

  test('a refusal of the API before this one is XML', async () => {
    await control('POST', '/faults', { action: 'xml', code: 'order_not_found' })
    const { status, headers, text } = await api('GET', '/user/me')
    expect([status, headers.get('content-type')]).toEqual([400, 'application/xml'])
    expect(text).toContain('<code>order_not_found</code>')
  })
})
