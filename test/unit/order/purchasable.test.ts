import { describe, expect, test } from '@jest/globals'
import { checkSpec, unpurchasable } from '../../../src/api/order.ts'
import { purchaseFaults } from '../../../src/order/purchasable.ts'
import { NOW, WRITTEN_SPEC, aSpec } from '../../support/builders.ts'

const PLAN = { orderValidity: { years: 3 } }

describe('the last day of an order and of a certificate, before it is bought', () => {
  test.each<readonly [string, Record<string, unknown>, string | undefined]>([
    [
      'three years of page 000',
      { product: 'ssl_securesite_pro', orderValidity: { expiresOn: '2029-11-24' } },
      undefined,
    ],
    [
      'a day more',
      { product: 'ssl_securesite_pro', orderValidity: { expiresOn: '2029-11-25' } },
      'orderValidity.expiresOn is 2029-11-25, and 2029-11-24 is the last day',
    ],
    [
      'years more on page 001',
      { product: 'ssl_basic', orderValidity: { expiresOn: '2036-01-01' } },
      'orderValidity.expiresOn is 2036-01-01, and 2029-11-24 is the last day',
    ],
    ['three years of RapidSSL', { product: 'ssl_dv_rapidssl', orderValidity: { expiresOn: '2029-11-24' } }, undefined],
    ['824 days of page 002', { product: 'ssl_dv_geotrust', orderValidity: { expiresOn: '2029-02-25' } }, undefined],
    [
      '825 days of page 002',
      { product: 'ssl_dv_geotrust', orderValidity: { expiresOn: '2029-02-26' } },
      'orderValidity.expiresOn is 2029-02-26, and 2029-02-25 is the last day',
    ],
    [
      'more than three years of page 003',
      { orderValidity: { expiresOn: '2029-11-25' } },
      'orderValidity.expiresOn is 2029-11-25',
    ],
    [
      '397 days of a certificate of page 000',
      { product: 'ssl_securesite_pro', ...PLAN, certificateValidity: { expiresOn: '2027-12-26' } },
      undefined,
    ],
    [
      '398 days of it',
      { product: 'ssl_securesite_pro', ...PLAN, certificateValidity: { expiresOn: '2027-12-27' } },
      'certificateValidity.expiresOn is 2027-12-27, and 2027-12-26 is the last day',
    ],
    [
      '825 days of a certificate of page 001',
      { product: 'ssl_basic', ...PLAN, certificateValidity: { expiresOn: '2029-02-26' } },
      undefined,
    ],
    [
      '826 days of it',
      { product: 'ssl_basic', ...PLAN, certificateValidity: { expiresOn: '2029-02-27' } },
      'certificateValidity.expiresOn is 2029-02-27, and 2029-02-26 is the last day',
    ],
    [
      '398 days of a certificate of page 003',
      { ...PLAN, certificateValidity: { expiresOn: '2027-12-27' } },
      'certificateValidity.expiresOn is 2027-12-27',
    ],
    [
      'a day that is over',
      { orderValidity: { expiresOn: '2020-01-01' } },
      'orderValidity.expiresOn is 2020-01-01, which is not a day to come',
    ],
  ])('%s', (_what, changes, fault) => {
    const faults = purchaseFaults(aSpec(changes), NOW)
    if (fault === undefined) expect(faults).toEqual([])
    else expect(faults.join('; ')).toContain(fault)
  })
})

describe('a certificate that would end after its plan, in whatever form both are given', () => {
  test.each<readonly [string, Record<string, unknown>, boolean]>([
    ['a year in 100 days', { certificateValidity: { years: 1 }, orderValidity: { days: 100 } }, true],
    [
      'a day in a year, beyond it',
      { certificateValidity: { expiresOn: '2027-12-20' }, orderValidity: { years: 1 } },
      true,
    ],
    [
      'a day in days, beyond them',
      { certificateValidity: { expiresOn: '2027-06-01' }, orderValidity: { days: 100 } },
      true,
    ],
    ['days beyond a day', { certificateValidity: { days: 300 }, orderValidity: { expiresOn: '2027-06-01' } }, true],
    ['a day in a year', { certificateValidity: { expiresOn: '2027-06-01' }, orderValidity: { years: 1 } }, false],
    ['a year in a year', { certificateValidity: { years: 1 }, orderValidity: { years: 1 } }, false],
  ])('%s', (_what, changes, isRefused) => {
    const faults = purchaseFaults(aSpec({ product: 'ssl_basic', ...changes }), NOW)
    expect(faults.some((fault) => fault.startsWith('certificateValidity would end on'))).toBe(isRefused)
  })
})

const problems = (changes: Record<string, unknown>): string[] => {
  const checked = checkSpec({ ...WRITTEN_SPEC, ...changes })
  return checked.ok ? unpurchasable(checked.spec) : checked.problems
}

describe('the domain of a mail must be the base domain', () => {
  const mailTo = (dnsName: string, emailDomain: string) =>
    problems({ commonName: dnsName, dnsNames: undefined, dcv: { emails: [{ dnsName, emailDomain }] } })
  const REFUSED =
    'dcv.emails: each emailDomain must be the base domain of its dnsName, such as example.com for www.shop.example.com'
  test.each([
    ['shop.example.com', 'example.com', []],
    ['example.com', 'Example.com', []],
    ['*.example.com', 'example.com', []],
    ['a.b.example.com', 'b.example.com', [REFUSED]],
    ['*.example.com', '*.example.com', [REFUSED]],
    ['shop.example.co.uk', 'co.uk', [REFUSED]],
    ['shop.example.co.uk', 'example.co.uk', []],
    ['a.b.example.co.uk', 'b.example.co.uk', [REFUSED]],
    ['shop.example.de', 'example.de', []],
    ['shop.example.com.au', 'com.au', [REFUSED]],
  ])('%s by %s', (dnsName, emailDomain, wanted) => {
    expect(mailTo(dnsName, emailDomain)).toEqual(wanted)
  })
})

describe('rules that a product has of its own', () => {
  const card = { creditCardSecretRef: { name: 'card' }, billingAddress: { address: '1', city: 'T', country: 'US' } }
  const NEEDS_CARD =
    'payment.method card needs payment.creditCardSecretRef and payment.billingAddress for this product: its order page asks for the card'
  const signing = {
    product: 'document_signing_org_1',
    commonName: undefined,
    dnsNames: undefined,
    secretName: undefined,
  }
  const subject = { name: 'Ada', jobTitle: 'CTO', phone: '555', email: 'ada@example.com' }
  const shipInfo = { name: 'Ada', addr1: '1', city: 'T', state: 'S', zip: '1', country: 'US', method: 'STANDARD' }
  test.each<readonly [string, Record<string, unknown>, readonly string[]]>([
    ['RapidSSL has plans of three years', { product: 'ssl_dv_rapidssl', orderValidity: { years: 3 } }, []],
    [
      'and of 1096 days',
      { product: 'wildcard_dv_rapidssl', commonName: '*.example.com', orderValidity: { days: 1096 } },
      [],
    ],
    [
      'GeoTrust of page 002 has none of three years',
      { product: 'ssl_dv_geotrust', orderValidity: { years: 3 } },
      ['orderValidity must be at most 2 years or 824 days for this product'],
    ],
    ['card needs its data on page 000', { product: 'ssl_securesite_pro', payment: { method: 'card' } }, [NEEDS_CARD]],
    ['card alone does on page 001', { product: 'ssl_basic', payment: { method: 'card' } }, []],
    ['card alone does on page 002', { product: 'ssl_dv_geotrust', payment: { method: 'card' } }, []],
    ['card alone does on page 003', { payment: { method: 'card' } }, []],
    ['half a card does nowhere', { payment: { method: 'card', creditCardSecretRef: { name: 'card' } } }, [NEEDS_CARD]],
    ['a whole card is taken everywhere', { payment: { method: 'card', ...card } }, []],
    [
      'card needs its data where no page is known',
      { product: 'ssl_of_tomorrow', payment: { method: 'card' } },
      [NEEDS_CARD],
    ],
    ['an AuthKey is for every product of a DV family', { product: 'ssl_dv_ee', dcv: { useAuthKey: true } }, []],
    [
      'a token needs an address',
      { ...signing, documentSigning: { subject, provisioningMethod: 'ship_token' } },
      ['documentSigning.shipInfo is missing: provisioningMethod ship_token has a token sent to that address'],
    ],
    [
      'and goes to the one that is given',
      { ...signing, documentSigning: { subject, provisioningMethod: 'ship_token', shipInfo } },
      [],
    ],
  ])('%s', (_sentence, changes, wanted) => {
    expect(problems(changes)).toEqual(wanted)
  })
})
