import { describe, expect, test } from '@jest/globals'
import { faultsOfOrderBody } from '../../../src/certcentral/request-schemas.ts'

describe('an order body', () => {
  const plan = { certificate: { common_name: 'a.example' }, order_validity: { years: 1 } }

  test('as the five pages have it is in order', () => {
    expect(
      faultsOfOrderBody({
        ...plan,
        certificate: {
          common_name: 'example.com',
          dns_names: ['sub.example.com'],
          csr: 'PEM',
          signature_hash: 'sha256',
          organization_units: ['IT'],
          server_platform: { id: -1 },
          cert_validity: { custom_expiration_date: '21 DEC 2026' },
          profile_option: 'server_client_auth_eku',
          ca_cert_id: 'A1B2',
        },
        container: { id: 334455 },
        auto_renew: 1,
        auto_reissue: 0,
        disable_ct: false,
        organization: {
          id: 123456,
          contacts: [
            { contact_type: 'ev_approver', user_id: 565622 },
            { contact_type: 'technical_contact', first_name: 'Jill', last_name: 'V', email: 'jill@example.com' },
          ],
        },
        dcv_method: 'email',
        dcv_emails: [{ dns_name: 'example.com', email_domain: 'example.com', email: 'admin@example.com' }],
        custom_fields: [{ metadata_id: 12, value: 'Invoice #12345' }],
        payment_method: 'balance',
        subject: { name: 'Jill', job_title: 'CFO', phone: '1', email: 'jill@example.com' },
        ship_info: { name: 'Jill', addr1: 'A 1', city: 'C', state: 'UT', zip: '1', country: 'us', method: 'standard' },
      }),
    ).toEqual([])
  })

  test.each<[string, object, string]>([
    ['a member of no page', { order_validty: { years: 1 } }, ''],
    ['an id that is not alphanumeric', { alternative_order_id: 'a-b' }, 'alternative_order_id'],
    ['an id that is too long', { alternative_order_id: 'a'.repeat(65) }, 'alternative_order_id'],
    ['the date of the other place', { custom_expiration_date: '09 JUN 2027' }, 'custom_expiration_date'],
    [
      'the date of the other place',
      { order_validity: { custom_expiration_date: '2027-06-09' } },
      'order_validity.custom_expiration_date',
    ],
    ['two lengths', { order_validity: { years: 1, days: 90 } }, 'order_validity'],
    ['no length', { order_validity: {} }, 'order_validity'],
    ['an empty text', { comments: '' }, 'comments'],
    ['null', { comments: null }, 'comments'],
    [
      'a user id next to fields',
      { organization: { contacts: [{ contact_type: 'x', user_id: 1, email: 'e' }] } },
      'organization.contacts.0',
    ],
  ])('with %s is not', (_, change, field) => {
    expect(faultsOfOrderBody({ ...plan, ...change }).map((fault) => fault.field)).toEqual([field])
  })
})
