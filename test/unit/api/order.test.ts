import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkSpec } from '../../../src/api/order.ts'
import { anySpec } from '../../support/any-spec.ts'
import { WRITTEN_SPEC } from '../../support/builders.ts'

const problemsOf = (changes: Record<string, unknown>): string[] => {
  const checked = checkSpec({ ...WRITTEN_SPEC, ...changes })
  return checked.ok ? [] : checked.problems
}

const contact = {
  contactType: 'ev_approver',
  firstName: 'Ada',
  lastName: 'Example',
  jobTitle: 'CTO',
  telephone: '555',
  email: 'ada@example.com',
}

describe('a spec is refused with a sentence that names the field', () => {
  test.each<readonly [string, Record<string, unknown>, RegExp]>([
    ['without an account', { accountRef: undefined }, /^accountRef: /],
    ['with an account of another kind', { accountRef: { kind: 'Issuer', name: 'a' } }, /^accountRef\.kind: /],
    ['with an account whose name is none', { accountRef: { name: 'Not A Name' } }, /^accountRef\.name: /],
    ['without a product', { product: undefined }, /^product: /],
    ['with a product that climbs out of its path', { product: '../user/me' }, /^product: /],
    [
      'with a document signing product and nobody who signs',
      { product: 'document_signing_org_1' },
      /^documentSigning is/,
    ],
    ['without a secretName', { secretName: undefined }, /^secretName is missing/],
    ['with a secretName in another namespace', { secretName: 'other/shop' }, /^secretName: /],
    ['without a commonName', { commonName: undefined }, /^commonName is missing/],
    ['with an empty commonName', { commonName: '' }, /^commonName: /],
    ['with a commonName of more than 64 characters', { commonName: `${'a'.repeat(60)}.example.com` }, /^commonName: /],
    ['with a commonName of one label', { commonName: 'localhost' }, /^"localhost" is not a DNS name/],
    ['with a scheme in a name', { commonName: 'https://example.com' }, /is not a DNS name/],
    ['with a port in a name', { commonName: 'example.com:443' }, /is not a DNS name/],
    ['with a path in a name', { commonName: 'example.com/a' }, /is not a DNS name/],
    ['with an underscore in a name', { dnsNames: ['a_b.example.com'] }, /^"a_b.example.com" is not a DNS name/],
    ['with a trailing dot', { dnsNames: ['a.example.com.'] }, /is not a DNS name/],
    ['with a wildcard in the middle', { dnsNames: ['a.*.example.com'] }, /is not a DNS name/],
    ['with half a wildcard', { dnsNames: ['a*.example.com'] }, /is not a DNS name/],
    ['with a hyphen at the edge of a label', { dnsNames: ['-a.example.com'] }, /is not a DNS name/],
    ['with a label of 64 characters', { dnsNames: [`${'a'.repeat(64)}.example.com`] }, /is not a DNS name/],
    ['with an address for a name', { commonName: '10.0.0.1' }, /is not a DNS name/],
    ['with a line break behind a name', { commonName: 'example.com\n' }, /is not a DNS name/],
    [
      'with more than 250 names',
      { dnsNames: Array.from({ length: 251 }, (_, n) => `a${n}.example.com`) },
      /^dnsNames: /,
    ],
    ['without a length', { orderValidity: undefined }, /^orderValidity: /],
    ['with an empty length', { orderValidity: {} }, /^orderValidity must have exactly one of/],
    ['with two lengths', { orderValidity: { years: 1, days: 5 } }, /^orderValidity must have exactly one of/],
    [
      'with two lengths of the certificate',
      { certificateValidity: { years: 1, days: 5 } },
      /^certificateValidity must have/,
    ],
    ['with four years', { orderValidity: { years: 4 } }, /^orderValidity\.years: /],
    ['with half a year', { orderValidity: { years: 0.5 } }, /^orderValidity\.years: /],
    ['with no day', { orderValidity: { days: 0 } }, /^orderValidity\.days: /],
    ['with a date in words', { orderValidity: { expiresOn: '09 JUN 2027' } }, /^orderValidity\.expiresOn: /],
    ['with a thirteenth month', { orderValidity: { expiresOn: '2027-13-01' } }, /^orderValidity\.expiresOn: /],
    ['with a strange hash', { signatureHash: 'sha1' }, /^signatureHash: /],
    [
      'with an RSA key of 1024 bits',
      { privateKey: { algorithm: 'RSA', size: 1024 } },
      /^privateKey\.size must be 2048/,
    ],
    ['with an ECDSA key of 2048 bits', { privateKey: { algorithm: 'ECDSA', size: 2048 } }, /^privateKey\.size must be/],
    ['with an unknown kind of key', { privateKey: { algorithm: 'DSA' } }, /^privateKey\.algorithm: /],
    ['with an unknown encoding', { privateKey: { encoding: 'PKCS12' } }, /^privateKey\.encoding: /],
    ['with an organization that has no id', { organization: { id: 0 } }, /^organization\.id: /],
    ['with EV and nobody who approves', { product: 'ssl_ev_basic' }, /^contacts\.list must name an ev_approver/],
    [
      'with EV and only a technical contact',
      { product: 'ssl_ev_basic', contacts: { list: [{ ...contact, contactType: 'technical_contact' }] } },
      /^contacts\.list must name an ev_approver/,
    ],
    [
      'with a contact of no known type',
      { contacts: { list: [{ ...contact, contactType: 'boss' }] } },
      /^contacts\.list\.0\.contactType: /,
    ],
    ['with a wildcard product for a plain name', { product: 'wildcard_dv_geotrust' }, /^commonName must be a wildcard/],
    ['with an unknown method of proof', { dcv: { method: 'pigeon' } }, /^dcv\.method: /],
    ['with an unknown scope of proof', { dcv: { scope: 'all' } }, /^dcv\.scope: /],
    ['with a comment longer than a page', { comments: 'x'.repeat(2001) }, /^comments: /],
  ])('%s', (_what, changes, sentence) => {
    const problems = problemsOf(changes)
    expect(problems.filter((problem) => sentence.test(problem))).not.toEqual([])
  })

  test.each([undefined, null, 'spec', 5, []])('where it is %j', (spec) => {
    expect(checkSpec(spec)).toMatchObject({ ok: false })
  })
})

describe('a spec is taken', () => {
  test.each<readonly [string, Record<string, unknown>]>([
    ['that says the least', { dnsNames: undefined }],
    ['with a wildcard', { commonName: '*.example.com' }],
    ['with a name beyond ASCII', { commonName: 'bücher.example' }],
    ['with an A-label at the top', { commonName: 'a.xn--zckzah' }],
    ['with a label of 63 characters', { dnsNames: [`${'a'.repeat(63)}.example.com`] }],
    ['with a wildcard product for a wildcard', { product: 'wildcard_dv_geotrust', commonName: '*.example.com' }],
    ['with EV and an approver', { product: 'ssl_ev_basic', contacts: { list: [{ ...contact }] } }],
    ['with a product nobody knows yet', { product: 'ssl_of_tomorrow' }],
    ['with every size of key', { privateKey: { algorithm: 'ECDSA', size: 384, encoding: 'PKCS1' } }],
  ])('%s', (_what, changes) => {
    expect(problemsOf(changes)).toEqual([])
  })

  test('and given its defaults', () => {
    expect(checkSpec(WRITTEN_SPEC)).toEqual({
      ok: true,
      spec: {
        ...WRITTEN_SPEC,
        accountRef: { kind: 'DigiCertAccount', name: 'certcentral' },
        signatureHash: 'sha256',
        privateKey: { algorithm: 'RSA', encoding: 'PKCS8', rotationPolicy: 'Always' },
      },
    })
  })

  test('again after it was given its defaults', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        expect(checkSpec(spec)).toEqual({ ok: true, spec })
      }),
    )
  })
})

test('nothing that a tenant writes makes the check throw', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom(...Object.keys(WRITTEN_SPEC), 'privateKey', 'contacts', 'dcv'),
      (value, field) => {
        expect(typeof checkSpec({ ...WRITTEN_SPEC, [field]: value }).ok).toBe('boolean')
        expect(checkSpec(value).ok).toBe(false)
      },
    ),
  )
})
