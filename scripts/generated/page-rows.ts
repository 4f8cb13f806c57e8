import type { PageId } from '../../src/api/pages.ts'

/** A test that shows a row: its file, and its name as it stands there. */
export type Shown = readonly [file: string, name: string]

/** What the operator does about a row; `differs` and `left out` need a reason. */
export type Verdict = {
  readonly does: 'sent' | 'read' | 'left out' | 'differs'
  readonly because?: string
  readonly test: Shown
}

const PAYLOAD = 'test/unit/order/payload.test.ts'
const OFF_PAGE = 'test/unit/order/off-page.test.ts'
const PURCHASABLE = 'test/unit/order/purchasable.test.ts'
const DIFFERENCES = 'test/unit/order/differences.test.ts'
const ANSWERS = 'test/unit/pages/answers.test.ts'
const REQUESTS = 'test/unit/pages/requests.test.ts'
const READING = 'test/unit/certcentral/endpoints.test.ts'
const CARD = 'test/unit/controller/credit-card.test.ts'
const SUBJECT = 'test/unit/order/subject.test.ts'
const REISSUES: Shown = [
  'test/unit/order/decide.test.ts',
  'switches the reissuing of DigiCert off that nobody asked for',
]

/** The test that shows a field, by the longest beginning of its name. */
export const SHOWN_BY: Readonly<Record<string, Shown>> = {
  certificate: [PAYLOAD, 'names departments, platform, profile and issuer of the certificate'],
  'certificate.common_name': [PAYLOAD, 'turns names beyond ASCII into A-labels and capitals into small letters'],
  'certificate.dns_names': [PAYLOAD, 'names no name twice, and the common name only once'],
  'certificate.csr': [PAYLOAD, 'carries CSR, card and alternative order id where it is sent'],
  'certificate.signature_hash': [PAYLOAD, 'has the hash and the length at the top for a product of pages 001 and 002'],
  'certificate.cert_validity': [PAYLOAD, 'gives the length of the certificate in its own form, whatever the page'],
  'certificate.ca_cert_id': [DIFFERENCES, 'and is another one'],
  renewed_thumbprint: [PAYLOAD, 'names the certificate that it renews'],
  order_validity: [PAYLOAD, 'gives years inside order_validity'],
  'order_validity.days': [PAYLOAD, 'gives days inside order_validity'],
  'order_validity.custom_expiration_date': [PAYLOAD, 'gives a date inside order_validity in words'],
  validity_years: [PAYLOAD, 'gives years at the top for a product of page 002, which has no hash'],
  validity_days: [PAYLOAD, 'gives days at the top for a product of page 002'],
  custom_expiration_date: [PAYLOAD, 'gives a date at the top in figures for a product of page 002'],
  comments: [PAYLOAD, 'shows the approver'],
  skip_approval: [PAYLOAD, 'says no to skipping the approval as clearly as yes'],
  apply_cr_discount: [OFF_PAGE, 'a discount is asked for by the first order'],
  serial_number: [OFF_PAGE, 'a discount is asked for by the first order'],
  auto_renew: [DIFFERENCES, 'and is on, and nobody asked for it'],
  auto_reissue: [PAYLOAD, 'writes 0 where DigiCert shall neither renew nor reissue'],
  custom_renewal_message: [PAYLOAD, 'says who gets which mails'],
  disable_renewal_notifications: [PAYLOAD, 'says who gets which mails'],
  additional_emails: [PAYLOAD, 'says who gets which mails'],
  locale: [PAYLOAD, 'says who gets which mails'],
  server_licenses: [PAYLOAD, 'carries what the account wants to know'],
  renewal_of_order_id: [PAYLOAD, 'names the order that it renews'],
  payment_method: [PAYLOAD, 'says who pays, and what for'],
  credit_card: [CARD, 'has the types of page 000'],
  billing_address: [PAYLOAD, 'says who pays, and what for'],
  vat_number: [PAYLOAD, 'says who pays, and what for'],
  dcv_method: [PAYLOAD, 'says how control is proven'],
  dcv_emails: [PAYLOAD, 'says how control is proven'],
  use_auth_key: [PAYLOAD, 'says how control is proven'],
  certificate_dcv_scope: [OFF_PAGE, 'is sent where the page has it'],
  disable_ct: [PAYLOAD, 'writes switches as the pages do'],
  enable_guest_access: [PAYLOAD, 'writes switches as the pages do'],
  organization_contact: [PAYLOAD, 'names contacts of the order beside those of the organization'],
  technical_contact: [PAYLOAD, 'names contacts of the order beside those of the organization'],
  organization: [PAYLOAD, 'gives the details of an organization'],
  'organization.id': [PAYLOAD, 'names an organization without contacts'],
  'organization.contacts': [PAYLOAD, 'names organization and contacts'],
  container: [PAYLOAD, 'carries what the account wants to know'],
  custom_fields: [PAYLOAD, 'carries what the account wants to know'],
  user_id_assignments: [PAYLOAD, 'carries what the account wants to know'],
  alternative_order_id: [PAYLOAD, 'carries CSR, card and alternative order id where it is sent'],
  cs_provisioning_method: [PAYLOAD, 'certifies a person in the words of page 004'],
  use_org_as_common_name: [PAYLOAD, 'certifies a person in the words of page 004'],
  ship_info: [PAYLOAD, 'certifies a person in the words of page 004'],
  subject: [PAYLOAD, 'certifies a person in the words of page 004'],
}

const DEPRECATED = 'the page deprecates it, and order_validity says the same'
const FAR = 'a day beyond the range of the page, or one that is over, is refused before anything is bought'
const MIXED =
  'a certificate that would end after its plan is refused before anything is bought, in whatever forms both are given'
const CARD_ALONE =
  'card is taken without card data, which this page has no fields for; data that the spec gives are sent all the same, and an Event says so'
const BY_MAIL = 'a list of mails makes mail the method, whatever the default of the account'
const BASE =
  'refused where it is known to be no base domain: a wildcard, a public suffix, or a name below the base domain'
const SWITCH = 'as 0 or 1: the table says bool, and the samples send 0'
const NEW_CONTACT =
  'never beside a user_id, where it would rewrite that user; all five are needed without one; a renewal does not make the contact again'
const RENEWS =
  'refused together with payment by card and with renewal.policy Never, which the page allows; what the order shows is read back, and an Event reports a difference'
const THREE_YEARS = 'at most three years: page 000 says that longer plans are no longer sold'
const RAPIDSSL = 'for the two RapidSSL products only, which stand on page 002 as well; all others have order_validity'
const CVV = 'a number, but text where it begins with 0, which a number would lose'
const DISCOUNT =
  'true where the spec has competitiveReplacement, which nobody writes for anything else, and by the first order only; the default of the page is false'

const farOf = (name: string): Verdict => ({ does: 'differs', because: FAR, test: [PURCHASABLE, name] })

/** Rows that are not simply sent, by page and field; a `*` stands for every page that has the field. */
export const EXCEPTIONS: Readonly<Record<string, Verdict>> = {
  '000 certificate.cert_validity': {
    does: 'differs',
    because:
      'below 365 days, where the page says that DigiCert may ignore it, an Event says so, and the certificate that comes is compared',
    test: [OFF_PAGE, 'in days are warned of for page 000'],
  },
  '001 certificate.cert_validity': { does: 'differs', because: MIXED, test: [PURCHASABLE, 'a year in 100 days'] },
  '003 certificate.cert_validity': {
    does: 'differs',
    because: MIXED,
    test: [PURCHASABLE, 'a day in days, beyond them'],
  },
  '000 certificate.cert_validity.custom_expiration_date': farOf('398 days of it'),
  '001 certificate.cert_validity.custom_expiration_date': farOf('826 days of it'),
  '003 certificate.cert_validity.custom_expiration_date': farOf('398 days of a certificate of page 003'),
  '000 order_validity.custom_expiration_date': farOf('a day more'),
  '001 order_validity.custom_expiration_date': farOf('years more on page 001'),
  '003 order_validity.custom_expiration_date': farOf('more than three years of page 003'),
  '002 custom_expiration_date': farOf('825 days of page 002'),
  '002 validity_years': {
    does: 'sent',
    test: [PURCHASABLE, 'GeoTrust of page 002 has none of three years'],
  },
  '001 order_validity': {
    does: 'differs',
    because: `the two RapidSSL products have the fields at the top, as page 002 does`,
    test: [PAYLOAD, 'has the hash and the length at the top for a product of pages 001 and 002'],
  },
  '001 order_validity.years': {
    does: 'differs',
    because: THREE_YEARS,
    test: ['test/unit/api/order.test.ts', 'with four years'],
  },
  '001 order_validity.days': { does: 'differs', because: THREE_YEARS, test: [PURCHASABLE, 'and of 1096 days'] },
  '001 validity_years': {
    does: 'differs',
    because: RAPIDSSL,
    test: [PURCHASABLE, 'RapidSSL has plans of three years'],
  },
  '001 validity_days': { does: 'differs', because: RAPIDSSL, test: [PURCHASABLE, 'and of 1096 days'] },
  '001 custom_expiration_date': { does: 'differs', because: RAPIDSSL, test: [PURCHASABLE, 'three years of RapidSSL'] },
  '000 validity_years': { does: 'left out', because: DEPRECATED, test: [PAYLOAD, 'gives years inside order_validity'] },
  '000 custom_expiration_date': {
    does: 'left out',
    because: DEPRECATED,
    test: [PAYLOAD, 'gives a date inside order_validity in words'],
  },
  '003 validity_years': { does: 'left out', because: DEPRECATED, test: [PAYLOAD, 'gives years inside order_validity'] },
  '003 validity_days': { does: 'left out', because: DEPRECATED, test: [PAYLOAD, 'gives days inside order_validity'] },
  '003 custom_expiration_date': {
    does: 'left out',
    because: DEPRECATED,
    test: [PAYLOAD, 'gives a date inside order_validity in words'],
  },
  '004 validity_years': {
    does: 'left out',
    because: DEPRECATED,
    test: [PAYLOAD, 'certifies a person in the words of page 004'],
  },
  '001 payment_method': { does: 'differs', because: CARD_ALONE, test: [PURCHASABLE, 'card alone does on page 001'] },
  '002 payment_method': { does: 'differs', because: CARD_ALONE, test: [PURCHASABLE, 'card alone does on page 002'] },
  '003 payment_method': { does: 'differs', because: CARD_ALONE, test: [PURCHASABLE, 'card alone does on page 003'] },
  '* dcv_emails': {
    does: 'differs',
    because: BY_MAIL,
    test: [OFF_PAGE, 'make mail the method, whatever the default of the account'],
  },
  '* dcv_emails.email_domain': {
    does: 'differs',
    because: BASE,
    test: [PURCHASABLE, 'the domain of a mail must be the base domain'],
  },
  '* disable_ct': { does: 'differs', because: SWITCH, test: [PAYLOAD, 'writes switches as the pages do'] },
  '* apply_cr_discount': { does: 'differs', because: DISCOUNT, test: [OFF_PAGE, 'but not by a renewal'] },
  '* auto_renew': { does: 'differs', because: RENEWS, test: [DIFFERENCES, 'and is on, and nobody asked for it'] },
  '002 auto_renew': {
    does: 'differs',
    because: `1 is on and 0 is off, as on the other pages; this one has them the other way round. ${RENEWS[0]?.toUpperCase() ?? ''}${RENEWS.slice(1)}`,
    test: [PAYLOAD, 'writes 0 where DigiCert shall neither renew nor reissue'],
  },
  '* credit_card.cvv': {
    does: 'differs',
    because: CVV,
    test: [CARD, 'keeps zeros at the head of the verification value'],
  },
  '001 dcv_method': {
    does: 'differs',
    because: 'required for the two RapidSSL products, as on page 002',
    test: ['test/unit/order/effective.test.ts', 'is the method of proof for a product of page 002'],
  },
  '001 organization': {
    does: 'differs',
    because: 'never for DV products, which this page lists too: pages 002 and 003 have no such field',
    test: [OFF_PAGE, 'an organization of DV'],
  },
  '004 custom_fields': {
    does: 'differs',
    because: 'as a list, as on the other pages; this one types it as an object, and describes entries of a list',
    test: [PAYLOAD, 'carries what the account wants to know'],
  },
  ...Object.fromEntries(
    ['first_name', 'last_name', 'job_title', 'telephone', 'email'].map((field) => [
      `* organization.contacts.${field}`,
      { does: 'differs', because: NEW_CONTACT, test: [OFF_PAGE, 'and not made again by a renewal'] } satisfies Verdict,
    ]),
  ),
}

const read = (test: Shown): Verdict => ({ does: 'read', test })

const REQUEST = read([ANSWERS, 'of page %s, %s, names the request to approve, and nothing else is done'])
const VALUE = read([ANSWERS, 'of page %s, %s, gives the value to publish for each name, and a check begins at once'])
const ID = read([ANSWERS, 'of page %s, %s, is reported with its reason and its order id'])
const ORGANIZATION = read(['test/unit/order/effective.test.ts', 'is named by its id'])
const DOMAINS = read([READING, 'plan-one-step'])
const CHAIN = read([READING, 'dv-instant'])

/** The rows of the answers. Pages 000 and 004 share theirs with page 001; of page 000 no table of answers is known. */
export const ANSWER_ROWS: Readonly<Record<PageId, Readonly<Record<string, Verdict>>>> = {
  '000': {},
  '001': {
    id: ID,
    organization: ORGANIZATION,
    'organization.id': ORGANIZATION,
    domains: DOMAINS,
    'domains.id': DOMAINS,
    'domains.name': {
      does: 'differs',
      because: 'read as text; the page types it as a number, and describes a name',
      test: DOMAINS.test,
    },
    requests: REQUEST,
    'requests.id': REQUEST,
    'requests.status': REQUEST,
    certificate_id: CHAIN,
  },
  '002': { id: ID, certificate_id: CHAIN, dcv_random_value: VALUE },
  '003': {
    id: ID,
    certificate_id: CHAIN,
    dcv_random_value: VALUE,
    certificate_chain: CHAIN,
    'certificate_chain.subject_common_name': {
      does: 'left out',
      because: 'the certificate beside it says the same, and is what is verified',
      test: CHAIN.test,
    },
    'certificate_chain.pem': CHAIN,
    requests: REQUEST,
    'requests.id': REQUEST,
    'requests.status': REQUEST,
  },
  '004': {
    id: ID,
    organization: ORGANIZATION,
    'organization.id': ORGANIZATION,
    requests: REQUEST,
    'requests.id': REQUEST,
    'requests.status': REQUEST,
    certificate_id: CHAIN,
  },
}

export type Note = { readonly page: string; readonly says: string; readonly does: string; readonly test: Shown }

/** What the pages ask in prose, and what the operator does about it. */
export const NOTES: readonly Note[] = [
  {
    page: '000',
    says: 'Enterprise License Agreement and Flat Fee contracts support plans of one and two years only.',
    does: '`policy.maxOrderValidity` of the account holds orders to what its contract has (docs/accounts.md); without it such an order ends as OrderRefused.',
    test: [SUBJECT, 'take a year for up to 366 days'],
  },
  {
    page: '000',
    says: 'A certificate validity of less than 365 days defaults to the plan or to the longest that is allowed.',
    does: 'Event FieldIgnored before, and IssuedOtherwise where the certificate ends on another day.',
    test: [DIFFERENCES, 'and is that of the plan, as page 000 has it below 365 days'],
  },
  {
    page: '000, 003',
    says: 'ca_cert_id is ignored where the account may not choose the CA.',
    does: 'Event IssuedOtherwise where Order info shows another CA.',
    test: [DIFFERENCES, 'and is another one'],
  },
  {
    page: '000, 003',
    says: 'auto_reissue is ignored for some orders.',
    does: 'It is read back and switched; where that has no effect an Event says so, and it is switched once a day at most.',
    test: [DIFFERENCES, 'is reported once it was switched twice without effect, with what to do'],
  },
  {
    page: '000, 001, 004',
    says: 'Organization details may make a duplicate; prefer the id.',
    does: 'The next order names the organization of the first one by its id.',
    test: ['test/unit/order/effective.test.ts', 'is named by its id'],
  },
  {
    page: '001',
    says: 'Plans of up to six years.',
    does: 'Three years: page 000 ended longer ones.',
    test: ['test/unit/api/order.test.ts', 'with four years'],
  },
  {
    page: '001',
    says: 'The Product List endpoint says which products an account has.',
    does: 'It is not asked: an order of a product that the account lacks ends as OrderRefused, with the words of CertCentral, and nothing was bought.',
    test: ['test/unit/docs/troubleshooting.test.ts', 'what docs/troubleshooting.md quotes is what the operator says'],
  },
  {
    page: '001',
    says: 'EV orders need an ev_approver; OV orders may leave the contacts out.',
    does: 'The API server refuses an EV order without one.',
    test: ['test/unit/api/order.test.ts', 'with EV and nobody who approves'],
  },
  {
    page: '001',
    says: 'A date counts before days, and days before years.',
    does: 'Exactly one of them is given, and sent.',
    test: ['test/unit/api/order.test.ts', 'with two lengths'],
  },
  {
    page: '001, 002, 003',
    says: 'A sample request.',
    does: 'The example of deploy/examples/pages is sent member by member; an alternative order id is added, and empty texts are left out.',
    test: [REQUESTS, '%s is sent member by member'],
  },
  {
    page: '001, 002, 003',
    says: 'Sample answers.',
    does: 'Each is read, and leads to the reason that the page means.',
    test: [ANSWERS, 'every sample answer of the pages is there'],
  },
  {
    page: '002, 003',
    says: 'dcv_random_value is returned for dns-txt-token and http-token.',
    does: 'It is used for dns-cname-token as well, where an answer has it.',
    test: ['test/unit/controller/validation.test.ts', 'dns-cname-token'],
  },
  {
    page: '003',
    says: 'Encryption Everywhere products require an AuthKey.',
    does: 'An id that begins with ssl_dv_, cloud_dv_ or wildcard_dv_ is taken for a DV product: dcv.useAuthKey is allowed, and no organization is sent.',
    test: [PURCHASABLE, 'an AuthKey is for every product of a DV family'],
  },
  {
    page: '003',
    says: 'After the order use the Certificate chain endpoint.',
    does: 'The certificate is downloaded with its chain first; the endpoint is asked where that does not exist or cannot be read.',
    test: ['test/unit/controller/chains.test.ts', 'is asked for as a chain where the download cannot be read'],
  },
  {
    page: '004',
    says: 'No auto_renew, auto_reissue and renewal_of_order_id.',
    does: 'They are not sent with what the operator does of its own accord; renewal.ofOrderId of the spec is, and an Event says so.',
    test: [OFF_PAGE, 'so its own renewal names no order, and the switches of Multi-year Plans are not sent'],
  },
  {
    page: '004',
    says: 'ship_info is optional.',
    does: 'The API server refuses provisioningMethod ship_token without shipInfo: there would be no address.',
    test: [PURCHASABLE, 'a token needs an address'],
  },
]

/** Fields of a product that its own pages lack are rows of no page; what becomes of them. */
export const OFF_PAGES: readonly Note[] = [
  {
    page: 'any',
    says: 'auto_reissue on page 001',
    does: 'Sent as the spec says: the operator reads the switch back from the order and sets it right.',
    test: REISSUES,
  },
  {
    page: 'any',
    says: 'alternative_order_id on pages 001 and 002',
    does: 'Sent: an order is found by it after a lost answer. Nothing rests on it alone: the public key in the CSR is looked for as well.',
    test: [PAYLOAD, 'carries CSR, card and alternative order id where it is sent'],
  },
  {
    page: 'any',
    says: 'a field that comes from the defaults of the account',
    does: 'Left out.',
    test: [OFF_PAGE, 'is left out of page 001'],
  },
  {
    page: 'any',
    says: 'a field that the spec asks for',
    does: 'Sent, and an Event FieldIgnored names field and page.',
    test: [OFF_PAGE, 'a field of the spec that no page of the product documents is sent, and said'],
  },
]
