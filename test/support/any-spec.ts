import fc from 'fast-check'
import { checkSpec, type OrderSpec } from '../../src/api/order.ts'
import { WRITTEN_SPEC } from './builders.ts'

const PRODUCTS = [
  'ssl_basic',
  'ssl_securesite_pro',
  'ssl_ev_basic',
  'ssl_dv_geotrust_flex',
  'ssl_dv_geotrust',
  'ssl_dv_rapidssl',
  'wildcard_dv_geotrust',
  'cloud_dv_geotrust',
  'ssl_of_tomorrow',
]

const NAMES = [
  'example.com',
  'www.example.com',
  'WWW.Example.com',
  'münchen.example',
  'shop.bücher.example',
  'a.b-c.example',
]

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const validity = fc.oneof(
  fc.record({ years: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ days: fc.integer({ min: 1, max: 1098 }) }),
  fc
    .date({ min: new Date('2026-01-01'), max: new Date('2039-12-31'), noInvalidDate: true })
    .map((date) => ({ expiresOn: date.toISOString().slice(0, 10) })),
)

const contacts = fc.record({
  list: optional(
    fc.array(
      fc.oneof(
        fc.record({
          contactType: fc.constantFrom('technical_contact', 'ev_approver'),
          userId: fc.integer({ min: 1, max: 99 }),
        }),
        fc.constant({
          contactType: 'ev_approver',
          firstName: 'Ada',
          lastName: 'Example',
          jobTitle: 'CTO',
          telephone: '555 5555',
          email: 'ada@example.com',
        }),
      ),
      { maxLength: 3 },
    ),
  ),
})

const dcv = fc.record({
  method: optional(fc.constantFrom('dns-txt-token', 'dns-cname-token', 'http-token', 'email')),
  scope: optional(fc.constantFrom('base_domain', 'fqdn')),
  useAuthKey: optional(fc.boolean()),
  emails: optional(
    fc.array(
      fc.record({
        dnsName: fc.constantFrom(...NAMES),
        emailDomain: fc.constantFrom(...NAMES),
        email: optional(fc.constant('admin@example.com')),
      }),
      { maxLength: 3 },
    ),
  ),
})

const written = fc.record({
  product: fc.constantFrom(...PRODUCTS),
  commonName: fc.constantFrom(...NAMES, '*.example.com', '*.MÜNCHEN.example'),
  dnsNames: optional(fc.array(fc.constantFrom(...NAMES), { maxLength: 5 })),
  orderValidity: validity,
  certificateValidity: optional(validity),
  signatureHash: optional(fc.constantFrom('sha256', 'sha384', 'sha512')),
  organization: optional(fc.record({ id: fc.integer({ min: 1, max: 2_147_483_647 }) })),
  contacts: optional(contacts),
  dcv: optional(dcv),
  skipApproval: optional(fc.boolean()),
  comments: optional(fc.string({ maxLength: 40 })),
})

const compact = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

/** Specs that the API server would take, of all products and with all fields here and there. */
export const anySpec: fc.Arbitrary<OrderSpec> = written
  .map((fields) => checkSpec(compact({ ...WRITTEN_SPEC, ...fields })))
  .filter((checked) => checked.ok)
  .map((checked) => (checked as { spec: OrderSpec }).spec)
