import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkSpec } from '../../../src/api/order.ts'
import { isOnHardware } from '../../../src/api/spec-rules.ts'
import { effectiveSpec, missing } from '../../../src/order/effective.ts'
import { orderPayload } from '../../../src/order/payload.ts'
import { anySpec } from '../../support/any-spec.ts'
import { WRITTEN_SPEC } from '../../support/builders.ts'
import { account } from './account.ts'
import { shared } from './bodies.ts'

const { api, control } = account()

const CARD = {
  number: '4999000000000001',
  expiration_month: 9,
  expiration_year: 2031,
  cvv: 123,
  cardholder_name: 'Ada Example',
}

/*
 * What only CertCentral can judge of a spec that the API server takes: its account, its catalogue and its calendar. Any
 * other complaint is a rule that the CRD should have, or a body that the builder got wrong.
 */
const JUDGED_THERE = [
  /^invalid_value:(certificate\.ca_cert_id|container\.id|renewal_of_order_id|renewed_thumbprint|organization\.id)$/,
  /^invalid_value:organization\.contacts\.user_id$/,
  /^invalid_value:(order_validity|certificate\.cert_validity)\.custom_expiration_date$/,
  /^invalid_value:custom_expiration_date$/,
  /^invalid_value:dcv_emails\.email_domain$/,
  /^cert_validity_exceeds_order_validity$/,
  /^invalid_custom_field_value$/,
  /^auth_key_not_setup$/,
  /^not_found\|product$/,
]

const cases = fc.sample(anySpec, { numRuns: 1200, seed: 20_261_124 })

test('whatever spec the API server takes, the simulator takes its body, or refuses a field that only it can judge', async () => {
  await control('PUT', '/settings', {
    customFields: [
      { id: 11, label: 'a' },
      { id: 12, label: 'b' },
      { id: 13, label: 'c' },
    ],
  })
  const told = { taken: 0, refused: 0, incomplete: 0 }
  for (const spec of cases) {
    const effective = effectiveSpec(spec, {})
    if (missing(effective).length > 0) {
      told.incomplete += 1
      continue
    }
    const enclosed = {
      ...(isOnHardware(effective) ? {} : { csr: shared.csr }),
      ...(effective.payment?.method === 'card' ? { creditCard: CARD } : {}),
      alternativeOrderId: 'dco1',
    }
    const { status, body } = await api('POST', `/order/certificate/${spec.product}`, orderPayload(effective, enclosed))
    const strange = status === 201 ? [] : body.errors.filter(({ code }) => !JUDGED_THERE.some((one) => one.test(code)))
    expect([strange, strange.length > 0 ? spec : undefined]).toEqual([[], undefined])
    expect([201, 400, 404]).toContain(status)
    told[status === 201 ? 'taken' : 'refused'] += 1
  }
  expect(told.taken).toBeGreaterThan(30)
  expect(told.refused).toBeGreaterThan(30)
}, 60_000)

test('a text of a megabyte, or a tree of anything, is refused and never thrown at anybody', () => {
  const long = 'a'.repeat(1_000_000)
  const fields = ['commonName', 'comments', 'product', 'secretName', 'caCertId', 'profileOption']
  for (const field of fields) expect(checkSpec({ ...WRITTEN_SPEC, [field]: long }).ok).toBe(false)
  const parts = [
    'organization',
    'payment',
    'documentSigning',
    'notifications',
    'customFields',
    'csrSecretRef',
    'renewal',
  ]
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...parts), (value, field) => {
      expect(typeof checkSpec({ ...WRITTEN_SPEC, [field]: value }).ok).toBe('boolean')
    }),
    { numRuns: 2000 },
  )
})
