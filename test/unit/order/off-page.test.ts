import { describe, expect, test } from '@jest/globals'
import { ORDER_PAGES } from '../../../src/api/pages.ts'
import { specPaths } from '../../../scripts/generated/pages.ts'
import { FIELDS_OF_SPEC, effectiveSpec, mayNotBeShortened, withoutEffect } from '../../../src/order/effective.ts'
import { orderPayload } from '../../../src/order/payload.ts'
import { NOW, aSpec } from '../../support/builders.ts'

const DEFAULTS = { dcv: { method: 'dns-txt-token', scope: 'base_domain' } } as const

const ADA = { firstName: 'Ada', lastName: 'Example', email: 'ada@example.com', jobTitle: 'CTO', telephone: '555' }
const NEW = { contactType: 'technical_contact', ...ADA }
const SIGNER = {
  product: 'document_signing_org_1',
  commonName: undefined,
  dnsNames: undefined,
  organization: { id: 5 },
  documentSigning: { subject: { name: 'Ada', jobTitle: 'CTO', phone: '555', email: 'ada@example.com' } },
}

const sentences = (changes: Record<string, unknown>): string => withoutEffect(aSpec(changes), {}).join('\n')

describe('a default of the account that no page of the product documents', () => {
  test.each([
    ['is sent where the page has it', 'ssl_securesite_pro', 'base_domain'],
    ['is left out of page 001', 'ssl_basic', undefined],
    ['is left out of page 002', 'ssl_dv_geotrust', undefined],
    ['is left out of page 003', 'ssl_dv_geotrust_flex', undefined],
    ['is sent to a product whose page nobody knows', 'ssl_of_tomorrow', 'base_domain'],
  ])('%s', (_sentence, product, scope) => {
    const spec = effectiveSpec(aSpec({ product, organization: { id: 5 } }), { defaults: DEFAULTS })
    expect(orderPayload(spec)['certificate_dcv_scope']).toBe(scope)
    expect(spec.dcv?.method).toBe('dns-txt-token')
  })

  test('gives way to what the spec says, which is sent', () => {
    const spec = aSpec({ dcv: { scope: 'fqdn' } })
    expect(orderPayload(effectiveSpec(spec, { defaults: DEFAULTS }))['certificate_dcv_scope']).toBe('fqdn')
  })
})

describe('a field of the spec that no page of the product documents is sent, and said', () => {
  test.each<readonly [string, Record<string, unknown>, readonly string[]]>([
    ['scope', { product: 'ssl_basic', dcv: { scope: 'fqdn' } }, ['dcv.scope (certificate_dcv_scope)']],
    [
      'licenses and users',
      { serverLicenses: 2, userIdAssignments: [3] },
      ['serverLicenses (server_licenses)', 'userIdAssignments (user_id_assignments)'],
    ],
    ['guest access', { product: 'ssl_basic', guestAccess: true }, ['guestAccess (enable_guest_access)']],
    ['an issuing CA', { product: 'ssl_basic', caCertId: '12' }, ['caCertId (certificate.ca_cert_id)']],
    ['a profile', { product: 'ssl_dv_geotrust', profileOption: 'kdc' }, ['profileOption (certificate.profile_option)']],
    [
      'an AuthKey of page 002',
      { product: 'ssl_dv_geotrust', dcv: { useAuthKey: true } },
      ['dcv.useAuthKey (use_auth_key)'],
    ],
    [
      'mails about an OV order',
      { product: 'ssl_basic', dcv: { emails: [{ dnsName: 'shop.example.com', emailDomain: 'example.com' }] } },
      ['dcv.emails (dcv_emails)'],
    ],
    [
      'contacts of page 001',
      { product: 'ssl_basic', contacts: { organization: ADA, technical: ADA } },
      ['contacts.organization (organization_contact)', 'contacts.technical (technical_contact)'],
    ],
    [
      'a telephone extension',
      { contacts: { technical: { ...ADA, telephoneExtension: '1' } } },
      ['contacts.technical.telephoneExtension (technical_contact.telephone_extension)'],
    ],
    [
      'further mail addresses of page 002',
      { product: 'ssl_dv_geotrust', notifications: { additionalEmails: ['a@example.com'] } },
      ['notifications.additionalEmails (additional_emails)'],
    ],
    [
      'a discount',
      { product: 'ssl_basic', payment: { competitiveReplacement: { applyCrDiscount: true, serialNumber: '0a' } } },
      [
        'payment.competitiveReplacement.applyCrDiscount (apply_cr_discount)',
        'payment.competitiveReplacement.serialNumber (serial_number)',
      ],
    ],
    ['a VAT number', { payment: { vatNumber: 'DE1' } }, ['payment.vatNumber (vat_number)']],
    [
      'what a signer has none of',
      { ...SIGNER, disableCT: true, notifications: { locale: 'de' }, renewal: { ofOrderId: 7 } },
      ['renewal.ofOrderId (renewal_of_order_id)', 'notifications.locale (locale)', 'disableCT (disable_ct)'],
    ],
  ])('%s', (_what, changes, fields) => {
    const said = sentences(changes)
    for (const field of fields) expect(said).toContain(field)
    const body = JSON.stringify(orderPayload(effectiveSpec(aSpec(changes), {})))
    for (const field of fields) expect(body).toContain(`"${/([a-z_]+)\)$/.exec(field)?.[1] ?? ''}":`)
  })

  test('in one sentence that names the page', () => {
    expect(withoutEffect(aSpec({ serverLicenses: 2 }), {})).toEqual([
      `serverLicenses (server_licenses): DigiCert's order page of ssl_dv_geotrust_flex, "Order Multi-year Plan" and "Order GeoTrust DV SSL", has no such field. What the spec asks for is sent, and may be ignored or refused`,
    ])
  })

  test('but not what a page documents, the switch that is read back, or a field of an unknown product', () => {
    expect(withoutEffect(aSpec({ guestAccess: true, caCertId: '12', dcv: { useAuthKey: true } }), {})).toEqual([])
    expect(withoutEffect(aSpec({ product: 'ssl_dv_thawte', reissue: { by: 'DigiCert' } }), {})).toEqual([])
    expect(withoutEffect(aSpec({ product: 'ssl_of_tomorrow', serverLicenses: 2 }), {})).toEqual([])
  })

  test('by the name that it has in the spec', () => {
    const paths = specPaths()
    for (const [field, path] of Object.entries(FIELDS_OF_SPEC))
      expect([field, paths.get(field)]).toEqual([field, [`spec.${path}`]])
    const everywhere = Object.values(ORDER_PAGES).map(({ fields }) => new Set(fields))
    const some = [...paths.keys()].filter((field) => !everywhere.every((fields) => fields.has(field)))
    const nested =
      /^(credit_card|billing_address|organization|order_validity|technical_contact|organization_contact|dcv_emails|subject|ship_info|certificate\.cert_validity)\./
    const known = ['technical_contact.telephone_extension']
    const ruled =
      /^(organization|dcv_method|subject|ship_info|order_validity|validity_|custom_expiration_date|auto_re|cs_prov|use_org|certificate\.(common|dns|signature))/
    const unnamed = some.filter((field) => !(field in FIELDS_OF_SPEC) && (!nested.test(field) || known.includes(field)))
    expect(unnamed.filter((field) => !ruled.test(field))).toEqual([])
  })
})

describe('card data', () => {
  const card = {
    method: 'card',
    creditCardSecretRef: { name: 'card' },
    billingAddress: { address: '1 Road', city: 'Town', country: 'US' },
  }
  test.each([
    ['are documented for Secure Site Pro', 'ssl_securesite_pro', false],
    ['are said to be undocumented on page 001', 'ssl_basic', true],
    ['are said to be undocumented on page 002', 'ssl_dv_geotrust', true],
    ['are said to be undocumented on page 003', 'ssl_dv_geotrust_flex', true],
  ])('%s', (_sentence, product, isSaid) => {
    const said = sentences({ product, organization: product.includes('dv') ? undefined : { id: 5 }, payment: card })
    const sentence =
      'Card data are documented for "Order Secure Site Pro SSL" and "Order document signing certificate" only; elsewhere payment.method card does without them'
    expect(said.includes(sentence)).toBe(isSaid)
    expect(said.includes('payment.creditCardSecretRef (credit_card)')).toBe(isSaid)
  })

  test('need not be there where the page has none: card alone is sent', () => {
    expect(orderPayload(aSpec({ payment: { method: 'card' } }))['payment_method']).toBe('card')
  })
})

describe('what the product has no use for is not sent, and said', () => {
  test.each<readonly [string, Record<string, unknown>, string]>([
    [
      'an organization contact of DV',
      { contacts: { organization: ADA } },
      'contacts.organization has no effect: ssl_dv_geotrust_flex names no organization, and it is not sent',
    ],
    [
      'contacts of the organization of DV',
      { contacts: { list: [NEW] } },
      'contacts.list has no effect: ssl_dv_geotrust_flex names no organization, and it is not sent',
    ],
    [
      'an organization of DV',
      { organization: { id: 5 } },
      'organization has no effect: ssl_dv_geotrust_flex names no organization, and it is not sent',
    ],
    [
      'departments of a signer',
      { ...SIGNER, organizationUnits: ['IT'] },
      'organizationUnits has no effect: document_signing_org_1 names no departments, and it is not sent',
    ],
  ])('%s', (_what, changes, sentence) => {
    expect(sentences(changes)).toBe(sentence)
    const body = orderPayload(effectiveSpec(aSpec(changes), {}))
    expect(JSON.stringify(body)).not.toMatch(/organization_contact|contacts|organization_units/)
  })

  test('an account default of a product of a DV family is no organization of it', () => {
    const spec = effectiveSpec(aSpec({ product: 'ssl_dv_ee' }), { defaults: { organization: { id: 5 } } })
    expect(orderPayload(spec)).not.toHaveProperty('organization')
  })
})

describe('document signing has no fields for renewals', () => {
  test('so its own renewal names no order, and the switches of Multi-year Plans are not sent', () => {
    const spec = aSpec({ ...SIGNER, renewal: { byDigiCert: false }, reissue: { by: 'Operator' } })
    const body = orderPayload(spec, { renewalOf: 7 })
    for (const field of ['renewal_of_order_id', 'auto_renew', 'auto_reissue']) expect(body).not.toHaveProperty(field)
    expect(orderPayload(aSpec(), { renewalOf: 7 })['renewal_of_order_id']).toBe(7)
  })

  test('nor have products without plans auto_reissue', () => {
    const body = orderPayload(aSpec({ product: 'ssl_dv_geotrust', reissue: { by: 'Operator' } }))
    expect(body).not.toHaveProperty('auto_reissue')
  })
})

describe('what is for the first order only', () => {
  const replacing = {
    payment: { method: 'balance', competitiveReplacement: { applyCrDiscount: true, serialNumber: '0a' } },
  }
  test.each([
    ['a discount is asked for by the first order', undefined, true],
    ['but not by a renewal', 7, false],
    ['nor by a renewal that could not be linked', 'none' as const, false],
  ])('%s', (_sentence, renewalOf, isSent) => {
    const body = orderPayload(aSpec(replacing), { renewalOf })
    expect(['apply_cr_discount' in body, 'serial_number' in body]).toEqual([isSent, isSent])
    expect(body['payment_method']).toBe('balance')
  })

  const known = { contactType: 'organization_contact', userId: 5 }
  const approver = { ...NEW, contactType: 'ev_approver' }
  test.each([
    [
      'new contacts are made by the first order',
      'ssl_basic',
      [NEW, known],
      undefined,
      ['technical_contact', 'organization_contact'],
    ],
    ['and not made again by a renewal', 'ssl_basic', [NEW, known], 7, ['organization_contact']],
    ['but for the approver that an EV order needs', 'ssl_ev_basic', [NEW, approver], 7, ['ev_approver']],
    [
      'unless one is there by id',
      'ssl_ev_basic',
      [approver, { contactType: 'ev_approver', userId: 6 }],
      7,
      ['ev_approver'],
    ],
  ])('%s', (_sentence, product, list, renewalOf, wanted) => {
    const body = orderPayload(aSpec({ product, organization: { id: 5 }, contacts: { list } }), { renewalOf })
    const { contacts } = body['organization'] as { contacts: { contact_type: string }[] }
    expect(contacts.map(({ contact_type }) => contact_type)).toEqual(wanted)
  })

  test('a renewal without contacts has no empty list of them', () => {
    const spec = aSpec({ product: 'ssl_basic', organization: { id: 5 }, contacts: { list: [NEW] } })
    expect(orderPayload(spec, { renewalOf: 7 })['organization']).toEqual({ id: 5 })
  })
})

describe('mails that the spec lists', () => {
  const emails = [{ dnsName: 'shop.example.com', emailDomain: 'example.com' }]
  test.each([
    ['make mail the method, whatever the default of the account', { emails }, 'email'],
    ['leave a method of the spec', { emails, method: 'email' }, 'email'],
    ['are none where the list is empty', { emails: [] }, 'dns-txt-token'],
  ])('%s', (_sentence, dcv, method) => {
    const body = orderPayload(effectiveSpec(aSpec({ dcv }), { defaults: DEFAULTS }))
    expect(body['dcv_method']).toBe(method)
  })
})

describe('certificates of less than a year', () => {
  test.each<readonly [string, Record<string, unknown>, boolean]>([
    ['in days are warned of for page 000', { product: 'ssl_securesite_pro', certificateValidity: { days: 90 } }, true],
    [
      'by a day are warned of for page 000',
      { product: 'ssl_securesite_pro', certificateValidity: { expiresOn: '2027-06-01' } },
      true,
    ],
    ['of a year are not', { product: 'ssl_securesite_pro', certificateValidity: { years: 1 } }, false],
    ['of 365 days are not', { product: 'ssl_securesite_pro', certificateValidity: { days: 365 } }, false],
    ['are not on another page', { product: 'ssl_basic', certificateValidity: { days: 90 } }, false],
    ['that nobody asks for are not', { product: 'ssl_securesite_pro' }, false],
  ])('%s', (_sentence, changes, isSaid) => {
    expect(mayNotBeShortened(aSpec(changes), NOW)).toEqual(
      isSaid
        ? [
            'certificateValidity of less than 365 days may have no effect: by its page "Order Secure Site Pro SSL", DigiCert then makes certificates as long as the plan, or as long as is allowed. What comes is compared with it',
          ]
        : [],
    )
  })
})
