import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { faultsOfOrderBody } from '../../../src/certcentral/request-schemas.ts'
import { orderPayload, reissuePayload, wordedDate } from '../../../src/order/payload.ts'
import { anySpec } from '../../support/any-spec.ts'
import { aSpec } from '../../support/builders.ts'

const bodyOf = (changes: Record<string, unknown>) => orderPayload(aSpec({ dnsNames: undefined, ...changes }))

const DV = 'ssl_dv_geotrust_flex'
const PAGE_002 = 'ssl_dv_geotrust'
const shop = { common_name: 'shop.example.com', signature_hash: 'sha256' }
const year = { order_validity: { years: 1 } }

const ADA = {
  firstName: 'Ada',
  lastName: 'Example',
  email: 'ada@example.com',
  jobTitle: 'CTO',
  telephone: '555',
  telephoneExtension: '1',
}
const ada = {
  first_name: 'Ada',
  last_name: 'Example',
  email: 'ada@example.com',
  job_title: 'CTO',
  telephone: '555',
  telephone_extension: '1',
}

describe('the body of an order', () => {
  test.each<readonly [string, Record<string, unknown>, Record<string, unknown>]>([
    ['has no more than what was asked for', {}, { certificate: shop, ...year }],
    [
      'gives years inside order_validity',
      { orderValidity: { years: 3 } },
      { certificate: shop, order_validity: { years: 3 } },
    ],
    [
      'gives days inside order_validity',
      { orderValidity: { days: 90 } },
      { certificate: shop, order_validity: { days: 90 } },
    ],
    [
      'gives a date inside order_validity in words',
      { orderValidity: { expiresOn: '2027-06-09' } },
      { certificate: shop, order_validity: { custom_expiration_date: '09 JUN 2027' } },
    ],
    [
      'gives years at the top for a product of page 002, which has no hash',
      { product: PAGE_002 },
      { certificate: { common_name: 'shop.example.com' }, validity_years: 1 },
    ],
    [
      'gives days at the top for a product of page 002',
      { product: PAGE_002, orderValidity: { days: 90 } },
      { certificate: { common_name: 'shop.example.com' }, validity_days: 90 },
    ],
    [
      'gives a date at the top in figures for a product of page 002',
      { product: PAGE_002, orderValidity: { expiresOn: '2027-06-09' } },
      { certificate: { common_name: 'shop.example.com' }, custom_expiration_date: '2027-06-09' },
    ],
    [
      'has the hash and the length at the top for a product of pages 001 and 002',
      { product: 'ssl_dv_rapidssl' },
      { certificate: shop, validity_years: 1 },
    ],
    [
      'gives the length of the certificate in its own form, whatever the page',
      { product: PAGE_002, certificateValidity: { expiresOn: '2027-06-09' } },
      {
        certificate: {
          common_name: 'shop.example.com',
          cert_validity: { custom_expiration_date: '09 JUN 2027' },
        },
        validity_years: 1,
      },
    ],
    [
      'names a product nobody knows by the generic rules',
      { product: 'ssl_of_tomorrow', signatureHash: 'sha512' },
      { certificate: { ...shop, signature_hash: 'sha512' }, ...year },
    ],
    [
      'turns names beyond ASCII into A-labels and capitals into small letters',
      { commonName: 'WWW.Bücher.example', dnsNames: ['*.MÜNCHEN.example'] },
      {
        certificate: {
          ...shop,
          common_name: 'www.xn--bcher-kva.example',
          dns_names: ['*.xn--mnchen-3ya.example'],
        },
        ...year,
      },
    ],
    [
      'names no name twice, and the common name only once',
      { dnsNames: ['SHOP.example.com', 'a.example.com', 'A.example.com', 'shop.example.com'] },
      { certificate: { ...shop, dns_names: ['a.example.com'] }, ...year },
    ],
    [
      'has no list of names where the common name is the only one',
      { dnsNames: ['shop.EXAMPLE.com'] },
      { certificate: shop, ...year },
    ],
    [
      'names organization and contacts',
      {
        product: 'ssl_ev_basic',
        organization: { id: 117_483 },
        contacts: {
          list: [
            { contactType: 'ev_approver', userId: 5 },
            {
              contactType: 'technical_contact',
              firstName: 'Ada',
              lastName: 'Example',
              jobTitle: 'CTO',
              telephone: '555',
              email: 'ada@example.com',
            },
          ],
        },
      },
      {
        certificate: shop,
        ...year,
        organization: {
          id: 117_483,
          contacts: [
            { contact_type: 'ev_approver', user_id: 5 },
            {
              contact_type: 'technical_contact',
              first_name: 'Ada',
              last_name: 'Example',
              job_title: 'CTO',
              telephone: '555',
              email: 'ada@example.com',
            },
          ],
        },
      },
    ],
    [
      'names an organization without contacts',
      { product: 'ssl_basic', organization: { id: 1 } },
      { certificate: shop, ...year, organization: { id: 1 } },
    ],
    [
      'says how control is proven',
      {
        dcv: {
          method: 'email',
          scope: 'base_domain',
          useAuthKey: false,
          emails: [
            { dnsName: 'Shop.example.com', emailDomain: 'EXAMPLE.com', email: 'admin@example.com' },
            { dnsName: 'münchen.example', emailDomain: 'münchen.example' },
          ],
        },
      },
      {
        certificate: shop,
        ...year,
        dcv_method: 'email',
        certificate_dcv_scope: 'base_domain',
        use_auth_key: false,
        dcv_emails: [
          { dns_name: 'shop.example.com', email_domain: 'example.com', email: 'admin@example.com' },
          { dns_name: 'xn--mnchen-3ya.example', email_domain: 'xn--mnchen-3ya.example' },
        ],
      },
    ],
    [
      'says no to skipping the approval as clearly as yes',
      { skipApproval: false },
      { certificate: shop, ...year, skip_approval: false },
    ],
    [
      'shows the approver',
      { skipApproval: true, comments: 'please' },
      { certificate: shop, ...year, skip_approval: true, comments: 'please' },
    ],
    ['sends no empty comment', { comments: '' }, { certificate: shop, ...year }],
    [
      'sends no empty list',
      { organizationUnits: [], customFields: [], userIdAssignments: [], notifications: { additionalEmails: [] } },
      { certificate: shop, ...year },
    ],
    [
      'names departments, platform, profile and issuer of the certificate',
      { organizationUnits: ['IT'], serverPlatform: -1, profileOption: 'kdc_smart_card', caCertId: '12' },
      {
        certificate: {
          ...shop,
          organization_units: ['IT'],
          server_platform: { id: -1 },
          profile_option: 'kdc_smart_card',
          ca_cert_id: '12',
        },
        ...year,
      },
    ],
    [
      'gives the details of an organization',
      {
        product: 'ssl_basic',
        organization: {
          name: 'Example Ltd',
          assumedName: 'Ex',
          address: '1 Road',
          address2: 'Floor 2',
          city: 'Town',
          state: 'ST',
          zip: '1',
          country: 'US',
          telephone: '555',
          skipDuplicateCheck: true,
        },
      },
      {
        certificate: shop,
        ...year,
        organization: {
          name: 'Example Ltd',
          assumed_name: 'Ex',
          address: '1 Road',
          address2: 'Floor 2',
          city: 'Town',
          state: 'ST',
          zip: '1',
          country: 'US',
          telephone: '555',
          skip_duplicate_org_check: true,
        },
      },
    ],
    [
      'names contacts of the order beside those of the organization',
      { product: 'ssl_basic', organization: { id: 1 }, contacts: { organization: ADA, technical: ADA } },
      { certificate: shop, ...year, organization: { id: 1 }, organization_contact: ada, technical_contact: ada },
    ],
    [
      'leaves the organization contact out where the product has no organization',
      { contacts: { organization: ADA, technical: ADA } },
      { certificate: shop, ...year, technical_contact: ada },
    ],
    [
      'says who pays, and what for',
      {
        payment: {
          method: 'profile',
          vatNumber: 'DE1',
          billingAddress: { address: '1 Road', city: 'Town', country: 'US', zip: '1' },
          competitiveReplacement: { serialNumber: '0a' },
        },
      },
      {
        certificate: shop,
        ...year,
        payment_method: 'profile',
        vat_number: 'DE1',
        billing_address: { address: '1 Road', city: 'Town', country: 'US', zip: '1' },
        apply_cr_discount: true,
        serial_number: '0a',
      },
    ],
    [
      'writes switches as the pages do',
      { renewal: { byDigiCert: true }, reissue: { by: 'DigiCert' }, disableCT: false, guestAccess: true },
      { certificate: shop, ...year, auto_renew: 1, auto_reissue: 1, disable_ct: 0, enable_guest_access: 1 },
    ],
    [
      'writes 0 where DigiCert shall neither renew nor reissue',
      { renewal: { byDigiCert: false }, reissue: { by: 'Operator' } },
      { certificate: shop, ...year, auto_renew: 0, auto_reissue: 0 },
    ],
    ['leaves it to CertCentral where nobody says who reissues', { reissue: {} }, { certificate: shop, ...year }],
    [
      'names the order that it renews',
      { renewal: { ofOrderId: 7 } },
      { certificate: shop, ...year, renewal_of_order_id: 7 },
    ],
    [
      'names the certificate that it renews',
      { renewal: { ofThumbprint: 'ab'.repeat(20) } },
      { certificate: shop, ...year, renewed_thumbprint: 'ab'.repeat(20) },
    ],
    [
      'says who gets which mails',
      {
        notifications: {
          additionalEmails: ['a@example.com'],
          locale: 'de',
          customRenewalMessage: 'Renew me.',
          disableRenewal: true,
        },
      },
      {
        certificate: shop,
        ...year,
        additional_emails: ['a@example.com'],
        locale: 'de',
        custom_renewal_message: 'Renew me.',
        disable_renewal_notifications: true,
      },
    ],
    [
      'carries what the account wants to know',
      {
        containerId: 5,
        customFields: [{ metadataId: 12, value: 'Invoice #12345' }],
        serverLicenses: 2,
        userIdAssignments: [3],
      },
      {
        certificate: shop,
        ...year,
        container: { id: 5 },
        custom_fields: [{ metadata_id: 12, value: 'Invoice #12345' }],
        server_licenses: 2,
        user_id_assignments: [3],
      },
    ],
    [
      'certifies a person in the words of page 004',
      {
        product: 'document_signing_org_1',
        commonName: undefined,
        documentSigning: {
          subject: { name: 'Ada Example', jobTitle: 'CTO', phone: '555', email: 'ada@example.com' },
          provisioningMethod: 'ship_token',
          useOrganizationAsCommonName: false,
          csaAgreedTo: true,
          shipInfo: {
            name: 'Ada',
            addr1: '1 Road',
            addr2: 'Floor 2',
            city: 'Town',
            state: 'ST',
            zip: '1',
            country: 'US',
            method: 'STANDARD',
          },
        },
      },
      {
        certificate: { signature_hash: 'sha256' },
        ...year,
        subject: { name: 'Ada Example', job_title: 'CTO', phone: '555', email: 'ada@example.com' },
        cs_provisioning_method: 'ship_token',
        use_org_as_common_name: false,
        csa_agreed_to: 1,
        ship_info: {
          name: 'Ada',
          addr1: '1 Road',
          addr2: 'Floor 2',
          city: 'Town',
          state: 'ST',
          zip: '1',
          country: 'US',
          method: 'STANDARD',
        },
      },
    ],
  ])('%s', (_sentence, changes, wanted) => {
    const body = bodyOf({ product: DV, ...changes })
    expect(body).toEqual(wanted)
    expect(JSON.parse(JSON.stringify(body))).toEqual(body)
  })

  test('carries CSR, card and alternative order id where it is sent', () => {
    const creditCard = { number: '4', expiration_month: 1, expiration_year: 2031, cvv: 1, cardholder_name: 'Ada' }
    const body = orderPayload(aSpec(), { csr: 'CSR', alternativeOrderId: 'dco1', creditCard })
    expect(body).toMatchObject({ certificate: { csr: 'CSR' }, alternative_order_id: 'dco1', credit_card: creditCard })
    expect(orderPayload(aSpec())).not.toHaveProperty('credit_card')
  })

  test('drops a trailing dot, where a stored name has one', () => {
    const spec = { ...aSpec(), commonName: 'shop.example.com.', dnsNames: ['a.example.com.', 'a.example.com'] }
    expect(orderPayload(spec)).toMatchObject({
      certificate: { common_name: 'shop.example.com', dns_names: ['a.example.com'] },
    })
  })
})

const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n'

/** Every value of a tree, by its path. */
const leaves = (value: unknown, path = ''): [path: string, value: unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, child]) => leaves(child, `${path}.${name}`))
    : [[path, value]]

describe('a day for certificates', () => {
  const spec = aSpec({ certificateValidity: { expiresOn: '2027-03-01' } })
  test.each([
    ['is asked for until it comes', '2027-02-28T23:59:59Z', { custom_expiration_date: '01 MAR 2027' }],
    ['is asked for no more once it has come: a renewal would be refused', '2027-03-01T00:00:00Z', undefined],
  ])('%s', (_sentence, now, validity) => {
    const { certificate } = orderPayload(spec, { now: new Date(now) }) as { certificate: Record<string, unknown> }
    expect(certificate['cert_validity']).toEqual(validity)
  })
})

describe('whatever the spec is that the API server takes', () => {
  test('the body is one that the pages know, without holes', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const body = orderPayload(spec, { csr: CSR, alternativeOrderId: 'dco1' })
        expect(faultsOfOrderBody(body)).toEqual([])
        for (const [path, value] of leaves(body))
          expect([path, [undefined, null, '', NaN].includes(value as never)]).toEqual([path, false])
      }),
      { numRuns: 1000 },
    )
  })

  test('no name is there twice, and each is in the form of the wire', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const { certificate } = orderPayload(spec) as { certificate: { common_name?: string; dns_names?: string[] } }
        const names = [certificate.common_name ?? [], certificate.dns_names ?? []].flat()
        expect(new Set(names).size).toBe(names.length)
        expect(names.filter((name) => !/^(\*\.)?[a-z0-9.-]+$/.test(name))).toEqual([])
      }),
    )
  })

  test('exactly one length is given', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const body = orderPayload(spec)
        const top = ['validity_years', 'validity_days', 'custom_expiration_date'].filter((field) => field in body)
        const inner = Object.keys((body['order_validity'] as object | undefined) ?? {})
        expect([...top, ...inner]).toHaveLength(1)
      }),
    )
  })
})

test.each([
  ['2027-01-01', '01 JAN 2027'],
  ['2027-06-09', '09 JUN 2027'],
  ['2029-12-31', '31 DEC 2029'],
])('%s in words is %s', (date, wanted) => {
  expect(wordedDate(date)).toBe(wanted)
})

test.each(['ssl_dv_geotrust', 'wildcard_dv_geotrust', 'ssl_dv_geotrust_flex', 'ssl_basic'])(
  'a reissue of %s names the hash, which CertCentral has demanded of each, whatever the page of its order has',
  (product) => {
    const spec = aSpec({ product, signatureHash: 'sha256' })
    const { certificate } = reissuePayload(spec, ['shop.example.com'], { now: new Date(), planEnd: undefined })
    expect(certificate).toMatchObject({ common_name: 'shop.example.com', signature_hash: 'sha256' })
  },
)
