import { describe, expect, test } from '@jest/globals'
import type { CertCentral, CertCentralError } from '../../../src/certcentral/index.ts'
import { ORDER_BODY, answer, errorOf, fixtureNames, place, replay, withServer } from './fake-server.ts'

const DOMAINS = [
  { id: 1469, name: 'example.com' },
  { id: 1470, name: 'sub.example.com' },
  { id: 1471, name: 'app.example.com' },
]
const TOKEN = '0w24nlrh2pbnfkr4lnpmlg0tnj9v9p6t'
const none = { requests: [], domains: [] }

const reading = (body: string, run: (client: CertCentral) => Promise<unknown>, status = 200) =>
  withServer([answer(status, body)], run)

describe('the answer to an order is read', () => {
  test.each([
    ['plan-one-step', { orderId: 112233, requests: [{ id: 113, status: 'pending' }], domains: DOMAINS }],
    ['plan-two-step', { orderId: 112233, requests: [{ id: 113, status: 'submitted' }], domains: DOMAINS }],
    [
      'plan-auto',
      { orderId: 112233, certificateId: 113, requests: [{ id: 113, status: 'approved' }], domains: DOMAINS },
    ],
    ['plan-skip', { orderId: 112233, certificateId: 113, requests: [], domains: DOMAINS }],
    ['old-dv-email', { orderId: 6484932, certificateId: 6079436, ...none }],
    ['old-dv-token', { orderId: 6484932, certificateId: 6079436, dcvRandomValue: 'icru1984rnekfj', ...none }],
    ['dv-skip-email', { orderId: 6484932, certificateId: 6079436, ...none }],
    ['dv-skip-token', { orderId: 6484932, certificateId: 6079436, dcvRandomValue: TOKEN, ...none }],
    ['dv-one-step', { orderId: 144457158, requests: [{ id: 11963731, status: 'pending' }], domains: [] }],
    ['dv-two-step', { orderId: 144457159, requests: [{ id: 11963732, status: 'submitted' }], domains: [] }],
    [
      'dv-auto-token',
      {
        orderId: 144457160,
        certificateId: 145451220,
        requests: [{ id: 11963733, status: 'approved' }],
        dcvRandomValue: TOKEN,
        domains: [],
      },
    ],
    [
      'dv-auto-email',
      {
        orderId: 144457162,
        certificateId: 145451222,
        requests: [{ id: 11963735, status: 'approved' }],
        domains: [],
      },
    ],
    [
      'dv-instant',
      {
        orderId: 144457163,
        certificateId: 145451223,
        chain: ['TGVhZg==', 'SUNB', 'Um9vdA=='].map(
          (text) => `-----BEGIN CERTIFICATE-----\r\n${text}\r\n-----END CERTIFICATE-----\r\n`,
        ),
        ...none,
      },
    ],
    [
      'ov-domain-tokens',
      {
        orderId: 112234,
        certificateId: 114,
        dcvRandomValue: 'ov-order-wide',
        requests: [],
        domains: [{ id: 1472, name: 'example.com', dcvToken: 'per-domain-token' }, { name: 'www.example.com' }],
      },
    ],
    [
      'signing-new-organization',
      { orderId: 112235, requests: [{ id: 115, status: 'pending' }], domains: [], organizationId: 7788 },
    ],
    [
      'ids-as-strings',
      {
        orderId: 112236,
        certificateId: 116,
        requests: [{ id: 117, status: 'approved' }],
        domains: [],
        organizationId: 7789,
      },
    ],
  ])('%s', async (name, expected) => {
    expect(await withServer([replay(`placed/${name}`)], (client) => place(client))).toStrictEqual(expected)
  })

  test('every answer to an order that is stored has a case here', () => {
    expect(fixtureNames().filter((name) => name.startsWith('placed/'))).toHaveLength(16)
  })
})

describe('order info is read', () => {
  const infoOf = (name: string) => withServer([replay(`order-info/${name}`)], (client) => client.orderInfo(112233))

  test('while the order waits for approval', async () => {
    expect(await infoOf('needs-approval')).toStrictEqual({
      orderId: 112233,
      status: { word: 'needs_approval', raw: 'needs_approval' },
      productId: 'ssl_securesite_pro',
      commonName: 'example.com',
      dnsNames: ['sub.example.com'],
      organizationId: 117483,
      csr: '-----BEGIN CERTIFICATE REQUEST-----\nQ1NS\n-----END CERTIFICATE REQUEST-----',
      alternativeOrderId: 'k7f3a',
      dateCreated: new Date('2026-11-23T10:00:00Z'),
      requests: [{ id: 113, type: 'new_request', status: 'pending', comments: 'please' }],
      autoReissue: false,
    })
  })

  test('once issued, with dates as the start and the end of their days and 0 as no order', async () => {
    expect(await infoOf('issued')).toStrictEqual({
      orderId: 112233,
      status: { word: 'issued', raw: 'issued' },
      certificateId: 113,
      productId: 'ssl_securesite_pro',
      commonName: 'example.com',
      dnsNames: ['example.com', 'sub.example.com'],
      organizationId: 117483,
      serialNumber: '0E2B4D6F8A',
      thumbprint: '7D199D3F9E6F6B0D3E0B2E6D5A8F3F2B1C0D9E8F',
      orderValidFrom: new Date('2026-11-23T00:00:00.000Z'),
      orderValidUntil: new Date('2027-11-23T23:59:59.999Z'),
      certificateValidUntil: new Date('2027-06-09T23:59:59.999Z'),
      dcvMethod: 'dns-txt-token',
      requests: [{ id: 113, type: 'new_request', status: 'approved' }],
      autoReissue: true,
      isRenewed: false,
    })
  })

  test('with words in capitals and numbers in strings', async () => {
    expect(await infoOf('renewed-by-digicert')).toStrictEqual({
      orderId: 112233,
      status: { word: 'expired', raw: 'EXPIRED' },
      certificateId: 113,
      dnsNames: [],
      requests: [],
      autoReissue: true,
      isRenewed: true,
      renewedOrderId: 112299,
      dcvRandomValue: '0w24nl',
    })
  })

  test.each([
    ['approved', 'unrecognised'],
    ['denied', 'unrecognised'],
    ['awaiting_stars', 'unrecognised'],
    ['Reissue_Pending', 'reissue_pending'],
    ['constructor', 'unrecognised'],
  ])('with the status %s as %s, its own word kept', async (raw, word) => {
    const body = JSON.stringify({ id: 5, status: raw })
    expect(await reading(body, async (client) => (await client.orderInfo(5)).status)).toEqual({ word, raw })
  })

  test.each([
    ['a null certificate', '{"id":5,"status":"pending","certificate":null}'],
    ['fields of other types', '{"id":5,"status":"pending","requests":"none","product":7,"order_valid_till":{}}'],
    ['dates that are none', '{"id":5,"status":"pending","order_valid_till":"0000-00-00","date_created":"soon"}'],
    ['keys that aim at the prototype', '{"id":5,"status":"pending","__proto__":{"csr":"x"},"constructor":{"a":1}}'],
    ['a byte order mark', '\ufeff{"id":5,"status":"pending"}'],
  ])('with %s, as if those fields were missing', async (_, body) => {
    const info = await reading(body, (client) => client.orderInfo(5))
    expect(info).toStrictEqual({
      orderId: 5,
      status: { word: 'pending', raw: 'pending' },
      dnsNames: [],
      requests: [],
    })
    expect(({} as Record<string, unknown>)['csr']).toBeUndefined()
  })

  test('but not when it is of another order than the one asked for', async () => {
    const error = await reading('{"id":6,"status":"issued"}', (client) => errorOf(client.orderInfo(5)))
    expect(error).toMatchObject({ kind: 'unreadable', status: 200 })
  })

  test.each(['{"id":9007199254740993,"status":"issued"}', '{"id":-5}', '{"id":5.5}', '{"id":"5x"}', '{"id":null}'])(
    'but not with an id like in %s',
    async (body) => {
      expect((await reading(body, (client) => errorOf(client.orderInfo(5)))) as object).toMatchObject({
        kind: 'unreadable',
      })
    },
  )
})

describe('the other answers are read', () => {
  test('status changes, with an unknown word kept', async () => {
    expect(
      await withServer([replay('status-changes/some')], (client) => client.statusChanges({ seconds: 180 })),
    ).toEqual([
      { orderId: 112233, certificateId: 113, status: { word: 'issued', raw: 'issued' } },
      { orderId: 112234, certificateId: 114, status: { word: 'reissue_pending', raw: 'reissue_pending' } },
      { orderId: 112235, status: { word: 'canceled', raw: 'CANCELED' } },
      { orderId: 112236, status: { word: 'unrecognised', raw: 'awaiting_stars' } },
    ])
  })

  test('no status changes, and an entry that cannot be read', async () => {
    const read = (client: CertCentral) => client.statusChanges({ seconds: 1 })
    expect(await withServer([replay('status-changes/none')], read)).toEqual([])
    expect(await reading('{"orders":[{"order_id":"?"},{"order_id":7,"status":"issued"}]}', read)).toHaveLength(1)
  })

  test.each<[string, number, string, string]>([
    ['no status changes', 200, '[]', 'read'],
    ['an answer that a proxy rewrote', 203, '[]', 'unreadable'],
    ['a list in place of an object', 200, '[{"order_id":7}]', 'unreadable'],
  ])('%s (%d %s) as %s', async (_, status, body, result) => {
    const read = (client: CertCentral) =>
      client.statusChanges({ seconds: 1 }).then(
        () => 'read',
        (error: unknown) => (error as CertCentralError).kind,
      )
    expect(await reading(body, read, status)).toBe(result)
  })

  test('no reissues in an empty list that PHP wrote', async () => {
    expect(await reading('[]', (client) => client.reissues(5))).toEqual([])
  })

  test.each([
    [0, 1],
    [60.2, 61],
    [9_999_999, 604_800],
  ])('status changes of %d seconds ask for %d', async (seconds, asked) => {
    await withServer([replay('status-changes/none')], async (client, server) => {
      await client.statusChanges({ seconds })
      expect(server.seen[0]?.url).toBe(`/services/v2/order/certificate/status-changes?seconds=${asked}`)
    })
  })

  test('what is validated', async () => {
    expect(await withServer([replay('validation/pending')], (client) => client.orderValidation(112233))).toStrictEqual({
      organizationId: 117483,
      organization: [
        { type: 'ov', status: 'active', validatedUntil: new Date('2027-12-01T23:59:59.999Z') },
        { type: 'ev', status: 'pending' },
      ],
      names: [
        {
          status: 'unapproved',
          method: 'dns-txt-token',
          dnsNames: ['example.com', 'sub.example.com'],
          scope: 'example.com',
          domainId: 1469,
        },
        { status: 'approved', dnsNames: ['app.example.com'], domainId: 1470 },
      ],
    })
  })

  test('until when a domain is proven', async () => {
    await withServer([replay('validity/domain')], async (client, server) => {
      const until = new Date('2027-05-19T09:00:00Z')
      expect(await client.domainInfo(4)).toStrictEqual({ name: 'example.com', provenUntil: until })
      expect(server.seen[0]?.url).toBe('/services/v2/domain/4?include_dcv=true&include_validation=true')
    })
  })

  test('until when an organization is validated', async () => {
    const read = (client: CertCentral) => client.organizationValidations(12)
    expect(await withServer([replay('validity/organization')], read)).toStrictEqual([
      { type: 'ov', status: 'active', validatedUntil: new Date('2027-12-01T23:59:59.999Z') },
      { type: 'ev', status: 'expired' },
    ])
  })

  test('the random value', async () => {
    expect(await withServer([replay('dcv/random-value')], (client) => client.dcvRandomValue(112233))).toStrictEqual({
      value: TOKEN,
      expiresAt: new Date('2026-12-23T09:00:00Z'),
    })
  })

  test('a check that issued on the spot', async () => {
    expect(await withServer([replay('dcv/check-issued')], (client) => client.checkDcv(112233))).toStrictEqual({
      orderStatus: { word: 'issued', raw: 'issued' },
      certificateId: 113,
      dcvStatus: 'valid',
      names: [{ dnsName: 'example.com', status: 'valid' }],
    })
  })

  test('a check with names that are still open', async () => {
    expect(await withServer([replay('dcv/check-open')], (client) => client.checkDcv(112233))).toMatchObject({
      names: [{ status: 'valid' }, { dnsName: 'sub.example.com', status: 'pending' }],
    })
  })

  test.each(['file_random_value_not_found', 'invalid_dns_txt', 'invalid_dns_method'])(
    'a check that found nothing yet: %s',
    async (notYet) => {
      const name = `dcv/not-yet-${notYet.replaceAll('_', '-')}`
      expect(await withServer([replay(name)], (client) => client.checkDcv(112233))).toEqual({ notYet, names: [] })
    },
  )

  test('a check that was refused for another reason', async () => {
    const error = await withServer([replay('errors/several')], (client) => errorOf(client.checkDcv(112233)))
    expect(error).toMatchObject({ outcome: 'refused', kind: 'invalid' })
  })

  test('a request', async () => {
    expect(await withServer([replay('request/reissue')], (client) => client.requestInfo(113))).toStrictEqual({
      id: 113,
      type: 'reissue',
      status: 'approved',
      comments: 'fine by me',
      orderId: 112233,
    })
  })

  test('the user of the key', async () => {
    expect(await withServer([replay('user/me')], (client) => client.userMe())).toStrictEqual({
      userId: 42,
      name: 'Service User',
      roles: ['Orders', 'Standard user'],
    })
  })

  test('a bundle as it was received', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\r\nTGVhZg==\r\n-----END CERTIFICATE-----\r\n'
    await withServer([answer(200, pem, { 'Content-Type': 'application/x-pem-file' })], async (client, server) => {
      expect(await client.downloadCertificate(113)).toBe(pem)
      expect(server.seen[0]).toMatchObject({
        url: '/services/v2/certificate/113/download/format/pem_all',
        headers: { accept: '*/*' },
      })
    })
  })

  test.each(['', '{}', '-----BEGIN CERTIFICATE-----\r\nTGVh'])('but not a bundle like %j', async (body) => {
    expect(await reading(body, (client) => errorOf(client.downloadCertificate(113)))).toMatchObject({
      kind: 'unreadable',
    })
  })
})

/** Passes for the number of a card, down to its check digit. */
const CARD = '4111111111111111'
const NUMBERED = `${CARD}.preview.example.com`

describe('what is compared, published or sent again is read as it came, though it looks like the number of a card:', () => {
  test.each<readonly [string, object, (client: CertCentral) => Promise<unknown>, object]>([
    [
      'names, serial number, fingerprint and ids of an order',
      {
        id: 5,
        certificate: {
          common_name: NUMBERED,
          dns_names: [NUMBERED, '2026-11-29-064500.example.com', 'münchen.example.com'],
          serial_number: `0669D46C${CARD}`,
          thumbprint: `${CARD}7D199D3F9E6F6B0D3E0B2E6D`,
        },
        product: { name_id: `ssl_${CARD}` },
        alternative_order_id: `dco${CARD}n1`,
        dcv_random_value: CARD,
      },
      (client) => client.orderInfo(5),
      {
        commonName: NUMBERED,
        dnsNames: [NUMBERED, '2026-11-29-064500.example.com', 'münchen.example.com'],
        serialNumber: `0669D46C${CARD}`,
        thumbprint: `${CARD}7D199D3F9E6F6B0D3E0B2E6D`,
        productId: `ssl_${CARD}`,
        alternativeOrderId: `dco${CARD}n1`,
        dcvRandomValue: CARD,
      },
    ],
    [
      'the domains of an order that was placed',
      {
        id: 5,
        domains: [
          { name: NUMBERED, dcv_token: { token: CARD } },
          { dns_name: NUMBERED, dcv_token: { token: CARD } },
        ],
      },
      (client) => place(client),
      {
        domains: [
          { name: NUMBERED, dcvToken: CARD },
          { name: NUMBERED, dcvToken: CARD },
        ],
      },
    ],
    [
      'names that are to be proven',
      { dns_name_validations: [{ dns_names: [NUMBERED], name_scope: NUMBERED, status: 'pending' }] },
      (client) => client.orderValidation(5),
      { names: [{ dnsNames: [NUMBERED], scope: NUMBERED }] },
    ],
    [
      'names that were checked',
      { dns_name_validations: [{ dns_name: NUMBERED, status: 'valid' }] },
      (client) => client.checkDcv(5),
      { names: [{ dnsName: NUMBERED }] },
    ],
    ['a domain', { name: NUMBERED }, (client) => client.domainInfo(5), { name: NUMBERED }],
    [
      'an order in a list',
      { orders: [{ id: 5, certificate: { common_name: NUMBERED, dns_names: [NUMBERED] } }] },
      (client) => client.ordersOfName({ commonName: NUMBERED }),
      [{ commonName: NUMBERED, dnsNames: [NUMBERED] }],
    ],
  ])('%s', async (_what, body, run, wanted) => {
    expect(await reading(JSON.stringify(body), run)).toMatchObject(wanted)
  })

  test('but in a comment, which is for people, the number is not shown', async () => {
    const body = { id: 5, requests: [{ id: 1, status: 'pending', comments: `by card ${CARD}` }] }
    expect(await reading(JSON.stringify(body), (client) => client.orderInfo(5))).toMatchObject({
      requests: [{ comments: 'by card [redacted]' }],
    })
  })

  test('and a name that steers a terminal is none', async () => {
    const body = { id: 5, certificate: { common_name: 'a\u001b[2J.example.com', dns_names: ['b\u202e.example.com'] } }
    const info = await reading(JSON.stringify(body), (client) => client.orderInfo(5))
    expect(info).toMatchObject({ dnsNames: [] })
    expect(info).not.toHaveProperty('commonName')
  })
})

describe('what is sent', () => {
  test('an order goes out as JSON under its product, with key and user agent', async () => {
    await withServer([replay('placed/dv-instant')], async (client, server) => {
      await place(client)
      expect(server.seen).toHaveLength(1)
      expect(server.seen[0]).toMatchObject({
        method: 'POST',
        url: '/services/v2/order/certificate/ssl_dv_geotrust_flex',
        headers: {
          'x-dc-devkey': 'K3Y5H0ULDN3V3RB3S33N',
          'content-type': 'application/json',
          'user-agent': 'digicert-operator',
          accept: 'application/json',
        },
      })
      expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
        certificate: {
          common_name: 'example.com',
          csr: '-----BEGIN CERTIFICATE REQUEST-----',
          signature_hash: 'sha256',
        },
        order_validity: { years: 1 },
        alternative_order_id: 'k7f3a',
      })
    })
  })

  test.each<[string, (client: CertCentral) => Promise<unknown>, { method: string; url: string; body: string }]>([
    [
      'a CSR',
      (client) => client.addCsr(5, 'PEM'),
      { method: 'POST', url: '/services/v2/order/certificate/5/csr', body: '{"csr":"PEM"}' },
    ],
    [
      'a cancellation',
      (client) => client.cancelOrder(5, 'not needed'),
      {
        method: 'PUT',
        url: '/services/v2/order/certificate/5/status',
        body: '{"status":"canceled","note":"not needed"}',
      },
    ],
  ])('%s, answered 204 without a body', async (_, send, expected) => {
    await withServer([answer(204, '')], async (client, server) => {
      await expect(send(client)).resolves.toBeUndefined()
      expect(server.seen[0]).toMatchObject(expected)
    })
  })

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53, '7/../8' as unknown as number])('no order %p', async (orderId) => {
    await withServer([replay('order-info/issued')], async (client, server) => {
      expect(await errorOf(client.orderInfo(orderId))).toMatchObject({ outcome: 'unsent', kind: 'invalid' })
      expect(server.seen).toEqual([])
    })
  })

  test('a product that is a path goes nowhere', async () => {
    await withServer([replay('placed/dv-instant')], async (client, server) => {
      const reservation = await client.reserve()
      const error = await errorOf(client.placeOrder('../../user', ORDER_BODY, { reservation }))
      expect(error).toMatchObject({ outcome: 'unsent', kind: 'invalid' })
      expect(server.seen).toEqual([])
    })
  })

  test('a reservation is good for one order of its own client', async () => {
    await withServer([replay('placed/dv-instant')], async (client, server) => {
      const reservation = await client.reserve({ priority: 'low' })
      await client.placeOrder('ssl_basic', ORDER_BODY, { reservation })
      await expect(client.placeOrder('ssl_basic', ORDER_BODY, { reservation })).rejects.toThrow(TypeError)
      await expect(
        client.placeOrder('ssl_basic', ORDER_BODY, { reservation: { reservedAt: new Date() } }),
      ).rejects.toThrow(TypeError)
      expect(server.seen).toHaveLength(1)
    })
  })
})
