import fc from 'fast-check'
import { PRODUCTS, rulesOf } from '../../src/api/products.ts'
import { checkSpec, type OrderSpec } from '../../src/api/order.ts'
import { WRITTEN_SPEC } from './builders.ts'

const NAMES = [
  'example.com',
  'www.example.com',
  'WWW.Example.com',
  'münchen.example',
  'shop.bücher.example',
  'a.b-c.example',
  'example.co.uk',
]

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** Text that a person might write, on one line and not only of spaces. */
const words = (maxLength: number) =>
  fc
    .oneof(fc.constant('Example & Sons "Ltd"'), fc.string({ minLength: 1, maxLength, unit: 'grapheme' }))
    .filter((text) => text.length <= maxLength && /[^\s]/.test(text) && !/[\u0000-\u001f\u007f]/.test(text))

const mail = fc.constantFrom('admin@example.com', 'Jim.O’Neil+x@sub.example.com')
const id = fc.integer({ min: 1, max: 2_147_483_647 })

const validity = fc.oneof(
  fc.record({ years: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ days: fc.integer({ min: 1, max: 1096 }) }),
  fc
    .date({ min: new Date('2026-12-01'), max: new Date('2039-12-31'), noInvalidDate: true })
    .map((date) => ({ expiresOn: date.toISOString().slice(0, 10) })),
)

const person = fc.record(
  {
    firstName: words(20),
    lastName: words(20),
    email: mail,
    jobTitle: words(20),
    telephone: fc.constant('+1 555 5555'),
    telephoneExtension: fc.constant('12'),
  },
  { requiredKeys: ['firstName', 'lastName', 'email', 'telephone'] },
)

const listed = fc.oneof(
  fc.record({
    contactType: fc.constantFrom('technical_contact', 'ev_approver', 'organization_contact'),
    userId: fc.constantFrom(565611, 565622, 99),
  }),
  fc.constant({
    contactType: 'ev_approver',
    firstName: 'Ada',
    lastName: 'Example',
    jobTitle: 'CTO',
    telephone: '555 5555',
    email: 'ada@example.com',
  }),
)

const contacts = fc.record({
  organization: optional(person),
  technical: optional(person),
  list: optional(fc.array(listed, { maxLength: 3 })),
})

const organization = fc.oneof(
  fc.record({ id: fc.constantFrom(117483, 123456, 1) }),
  fc.record({
    name: words(40),
    address: words(40),
    city: words(20),
    state: words(20),
    zip: fc.constant('84043'),
    country: fc.constantFrom('US', 'DE'),
    telephone: fc.constant('555'),
    assumedName: optional(words(20)),
    address2: optional(words(20)),
    skipDuplicateCheck: optional(fc.boolean()),
  }),
)

const dcv = fc.record({
  method: optional(fc.constantFrom('dns-txt-token', 'dns-cname-token', 'http-token', 'email')),
  scope: optional(fc.constantFrom('base_domain', 'fqdn')),
  useAuthKey: optional(fc.boolean()),
  emails: optional(
    fc.array(
      fc.record({
        dnsName: fc.constantFrom(...NAMES),
        emailDomain: fc.constantFrom(...NAMES),
        email: optional(mail),
      }),
      { maxLength: 2 },
    ),
  ),
})

const payment = fc.oneof(
  fc.record({
    method: optional(fc.constantFrom('balance', 'profile')),
    vatNumber: optional(fc.constant('DE123')),
    competitiveReplacement: optional(
      fc.record({ applyCrDiscount: optional(fc.boolean()), serialNumber: optional(fc.constant('0a1b')) }),
    ),
  }),
  fc.record({
    method: fc.constant('card'),
    creditCardSecretRef: fc.constant({ name: 'card' }),
    billingAddress: fc.record({
      address: words(20),
      city: words(20),
      country: fc.constant('US'),
      zip: optional(fc.constant('1')),
    }),
  }),
)

const documentSigning = fc.record({
  subject: fc.record({ name: words(20), jobTitle: words(20), phone: fc.constant('555'), email: mail }),
  provisioningMethod: optional(fc.constantFrom('ship_token', 'client_app', 'email')),
  useOrganizationAsCommonName: optional(fc.boolean()),
  csaAgreedTo: optional(fc.boolean()),
  shipInfo: optional(
    fc.record({
      name: words(20),
      addr1: words(20),
      city: words(20),
      state: words(20),
      zip: fc.constant('1'),
      country: fc.constant('US'),
      method: fc.constantFrom('STANDARD', 'expedited'),
    }),
  ),
})

/** Fields of every product. */
const common = {
  orderValidity: validity,
  certificateValidity: optional(validity),
  signatureHash: optional(fc.constantFrom('sha256', 'sha384', 'sha512')),
  organizationUnits: optional(fc.uniqueArray(words(10), { maxLength: 2 })),
  serverPlatform: optional(fc.integer({ min: -1, max: 99 })),
  profileOption: optional(fc.constant('server_client_auth_eku')),
  caCertId: optional(fc.constantFrom('DF3689F672CCB90C', '12')),
  organization: optional(organization),
  contacts: optional(contacts),
  payment: optional(payment),
  renewal: optional(
    fc.oneof(
      fc.record({ byDigiCert: optional(fc.boolean()), ofOrderId: optional(id) }),
      fc.record({ ofThumbprint: fc.constant('aB'.repeat(20)) }),
    ),
  ),
  reissue: optional(fc.record({ by: optional(fc.constantFrom('Operator', 'DigiCert', 'Never')) })),
  notifications: optional(
    fc.record({
      additionalEmails: optional(fc.uniqueArray(mail, { maxLength: 2 })),
      locale: optional(fc.constantFrom('en', 'pt_BR')),
      customRenewalMessage: optional(fc.string({ maxLength: 40 })),
      disableRenewal: optional(fc.boolean()),
    }),
  ),
  containerId: optional(fc.constantFrom(5, 7)),
  customFields: optional(
    fc.uniqueArray(fc.record({ metadataId: fc.integer({ min: 11, max: 13 }), value: words(20) }), {
      maxLength: 2,
      selector: ({ metadataId }) => metadataId,
    }),
  ),
  comments: optional(fc.string({ maxLength: 40, unit: 'binary' })),
  serverLicenses: optional(fc.integer({ min: 1, max: 9 })),
  disableCT: optional(fc.boolean()),
  skipApproval: optional(fc.boolean()),
  guestAccess: optional(fc.boolean()),
  userIdAssignments: optional(fc.uniqueArray(id, { maxLength: 2 })),
}

const tls = fc.record({
  ...common,
  product: fc.constantFrom(
    ...Object.keys(PRODUCTS).filter((product) => rulesOf(product).validation !== 'ds'),
    'ssl_of_tomorrow',
  ),
  commonName: fc.constantFrom(...NAMES, '*.example.com', '*.MÜNCHEN.example'),
  dnsNames: optional(fc.array(fc.constantFrom(...NAMES), { maxLength: 5 })),
  dcv: optional(dcv),
})

const signing = fc.record({
  ...common,
  product: fc.constantFrom('document_signing_org_1', 'document_signing_org_2', 'document_signing_of_tomorrow'),
  commonName: fc.constant(undefined),
  dnsNames: fc.constant(undefined),
  certificateValidity: fc.constant(undefined),
  orderValidity: fc.record({ years: fc.integer({ min: 1, max: 3 }) }),
  documentSigning,
})

const compact = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

/** Specs that the API server would take, of all products and with all fields here and there. */
export const anySpec: fc.Arbitrary<OrderSpec> = fc
  .oneof({ weight: 5, arbitrary: tls }, { weight: 1, arbitrary: signing })
  .map((fields) => checkSpec(compact({ ...WRITTEN_SPEC, ...fields })))
  .filter((checked) => checked.ok)
  .map((checked) => (checked as { spec: OrderSpec }).spec)
