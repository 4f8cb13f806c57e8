import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { beginJourney, eventually, type Journey, orderNamed, sentenceOf } from '../../support/journey.ts'

/* What kubectl apply takes, because only CertCentral, which knows account, catalogue and calendar, can refuse it. */
const CASES: readonly (readonly [name: string, spec: object, said: RegExp])[] = [
  ['a-public-suffix', { commonName: 'co.uk' }, /certificate\.common_name \(invalid_value\)/],
  ['a-wildcard-of-a-suffix', { dnsNames: ['*.co.uk'] }, /certificate\.dns_names \(invalid_value\)/],
  ['an-internal-name', { dnsNames: ['db.shop.internal'] }, /certificate\.dns_names \(invalid_value\)/],
  ['a-strange-division', { containerId: 31337 }, /container\.id \(invalid_value\)/],
  ['a-strange-field', { customFields: [{ metadataId: 999, value: 'x' }] }, /invalid_custom_field_value/],
  ['a-strange-issuer', { caCertId: 'ABC' }, /certificate\.ca_cert_id \(invalid_value\)/],
  ['a-missing-authkey', { dcv: { method: 'dns-txt-token', useAuthKey: true } }, /auth_key_not_setup/],
  ['a-renewal-of-nothing', { renewal: { ofOrderId: 4711 } }, /renewal_of_order_id \(invalid_value\)/],
  ['a-renewal-of-no-thumbprint', { renewal: { ofThumbprint: 'ab'.repeat(20) } }, /renewed_thumbprint/],
  ['a-strange-organization', { product: 'ssl_basic', organization: { id: 42 } }, /organization\.id/],
  [
    'an-approver-who-may-not',
    { product: 'ssl_ev_basic', contacts: { list: [{ contactType: 'ev_approver', userId: 565611 }] } },
    /organization\.contacts\.user_id/,
  ],
  [
    'a-strange-product',
    { product: 'ssl_of_tomorrow' },
    /product \(not_found\): .* \(spec\.product is ssl_of_tomorrow\)/,
  ],
]

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

test.each(CASES)('%s stalls with what CertCentral said, field first, and buys nothing', async (name, spec, said) => {
  await journey.apply(orderNamed(name, spec))

  const sentence = sentenceOf(await journey.says(name, 'OrderRefused'))

  expect(sentence).toMatch(/^CertCentral refused the order, nothing was bought: /)
  expect(sentence).toMatch(said)
  expect(await journey.certCentral.paid()).toEqual([])
})

test('a product that CertCentral does not know, and an account that is not there, are mended by another kubectl apply', async () => {
  const name = 'typos'
  await journey.apply(orderNamed(name, { accountRef: { name: 'certcentrall' }, product: 'ssl_of_tomorrow' }))
  await journey.says(name, 'AccountNotFound')
  await journey.apply(orderNamed(name, { product: 'ssl_of_tomorrow' }))
  await journey.says(name, 'OrderRefused')
  await journey.apply(orderNamed(name))

  const { status, spec } = await journey.ready(name)
  expect(status?.order?.product).toBe(spec.product)
  expect((await journey.certCentral.paid()).map(({ product }) => product)).toEqual([spec.product])
})

test('the sample of page 001 is refused today for its dates alone', async () => {
  const file = join(import.meta.dirname, '..', '..', '..', 'deploy', 'examples', 'pages', '001-multi-year-plan.yaml')
  const { metadata, spec } = parse(readFileSync(file, 'utf8')) as DigiCertOrder
  await journey.apply({ ...orderNamed(metadata.name), spec })

  const sentence = sentenceOf(await journey.says(metadata.name, 'InvalidSpec'))

  expect(sentence.split('; ')).toEqual([
    expect.stringMatching(/^orderValidity\.expiresOn is 2024-12-21, which is not a day to come/),
    expect.stringMatching(/^certificateValidity\.expiresOn is 2021-12-21, which is not a day to come/),
  ])
})

describe('a list of errors', () => {
  const spec = {
    dnsNames: ['db.shop.internal'],
    containerId: 31337,
    caCertId: 'ABC',
    customFields: [{ metadataId: 999, value: 'do-not-quote-me' }],
    renewal: { ofOrderId: 4711 },
  }
  const parts = [
    'certificate.dns_names (invalid_value)',
    'container.id (invalid_value)',
    'certificate.ca_cert_id (invalid_value)',
    'invalid_custom_field_value',
    'renewal_of_order_id (invalid_value)',
  ]

  test('is shown whole in status and Event, without what was sent', async () => {
    await journey.apply(orderNamed('many', spec))

    const order = await journey.says('many', 'OrderRefused')
    const event = await eventually('the Event', async () =>
      (await journey.cluster.events(journey.namespace, 'many')).find(({ reason }) => reason === 'OrderRefused'),
    )

    for (const part of parts) {
      expect(sentenceOf(order)).toContain(part)
      expect(order.status?.failures?.message).toContain(part)
      expect(JSON.stringify(event)).toContain(part)
    }
    expect([JSON.stringify(order.status), JSON.stringify(event)].join()).not.toMatch(/do-not-quote-me|BEGIN CERT/)
  })

  test('of two hundred entries is no reason for an unknown outcome', async () => {
    await journey.certCentral.addFault({
      match: { method: 'POST', path: '^/order/certificate/' },
      action: 'status',
      code: `invalid_value:${'x'.repeat(400)}`,
      message: 'It is wrong. '.repeat(40),
      errors: 200,
    })
    await journey.apply(orderNamed('floods'))

    const order = await journey.says('floods', 'OrderRefused')

    expect(sentenceOf(order).length).toBeGreaterThan(10_000)
    expect(order.status?.intent).not.toHaveProperty('sentAt')
  })
})
