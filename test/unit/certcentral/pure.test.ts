import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { retryAfter } from '../../../src/certcentral/errors.ts'
import { CertCentralError, type ErrorKind } from '../../../src/certcentral/errors.ts'
import { parseJson } from '../../../src/certcentral/schema-helpers.ts'
import { faultsOfOrderBody } from '../../../src/certcentral/request-schemas.ts'
import { pauseMs } from '../../../src/certcentral/rate-limiter.ts'
import { sendAgainAtOnce } from '../../../src/certcentral/request-pipeline.ts'
import { plainText } from '../../../src/certcentral/schema-helpers.ts'
import { startOf } from '../../../src/certcentral/schema-helpers.ts'

const MINUTE = 60_000

describe('the schedules', () => {
  test('of pauses double from 5 s, and never pass 3 minutes with any jitter', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (strike, chance) => {
        const pause = pauseMs(strike, () => chance)
        expect(pause).toBeGreaterThanOrEqual(5000)
        expect(pause).toBeLessThanOrEqual(3 * MINUTE)
        expect(pauseMs(strike + 1, () => chance)).toBeGreaterThanOrEqual(pause)
      }),
    )
    expect([0, 1, 2].map((strike) => pauseMs(strike, () => 0))).toEqual([5000, 10_000, 20_000])
    expect(pauseMs(0, () => 0.5)).toBe(5500)
  })
})

describe('sending again at once', () => {
  const kinds: ErrorKind[] = ['unreachable', 'timeout', 'unavailable', 'unreadable', 'throttled', 'invalid']
  const error = (kind: ErrorKind) => new CertCentralError({ outcome: 'ambiguous', kind, message: 'x' })

  test.each(kinds)('after %s is for no POST and no PUT, and for a GET only without connection', (kind) => {
    expect(sendAgainAtOnce('POST', error(kind))).toBe(false)
    expect(sendAgainAtOnce('PUT', error(kind))).toBe(false)
    expect(sendAgainAtOnce('GET', error(kind))).toBe(kind === 'unreachable')
  })
})

describe('a date of CertCentral', () => {
  const zone = process.env['TZ']
  afterEach(() => {
    process.env['TZ'] = zone ?? ''
    if (zone === undefined) delete process.env['TZ']
  })

  test.each([
    ['2019-06-21 13:37:00', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21T13:37:00', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21 13:37', '2019-06-21T13:37:00.000Z'],
    ['2019-06-21', '2019-06-21T00:00:00.000Z'],
    ['2019-06-21T13:37:00+02:00', '2019-06-21T11:37:00.000Z'],
    ['2019-06-21T13:37:00Z', '2019-06-21T13:37:00.000Z'],
  ])('such as %s is read as UTC where it names no zone, wherever the process runs', (text, wanted) => {
    process.env['TZ'] = 'Asia/Tokyo'
    expect(startOf.parse(text).toISOString()).toBe(wanted)
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')

  test.each<[string | undefined, string | undefined, number | undefined]>([
    [undefined, undefined, undefined],
    ['5', undefined, 5000],
    [' 120 ', undefined, 120_000],
    ['-5', undefined, undefined],
    ['9'.repeat(40), undefined, undefined],
    ['Mon, 23 Nov 2026 10:01:00 GMT', undefined, MINUTE],
    ['Mon, 23 Nov 2026 08:01:00 GMT', 'Mon, 23 Nov 2026 08:00:00 GMT', MINUTE],
    ['Mon, 23 Nov 2026 10:01:00 GMT', 'today', MINUTE],
  ])('of %j under the date %j is %p ms away', (value, date, expected) => {
    const at = retryAfter({ retryAfter: value, date }, now)
    expect(at && at.getTime() - now).toBe(expected)
  })
})

describe('text of a server', () => {
  test('is one bounded line without anything that steers a terminal, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 80 }), (text, max) => {
        const clean = plainText(text, max)
        expect(clean.length).toBeLessThanOrEqual(max)
        expect(clean).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u)
      }),
    )
  })

  test.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['a\u001b]8;;http://evil\u0007b', 'ab'],
    ['one\r\n\ttwo', 'one two'],
    ['card 4111-1111-1111-1111.', 'card [redacted].'],
    ['order 144457158 of 2026-11-23', 'order 144457158 of 2026-11-23'],
    ['a -----BEGIN X-----\nsecret', 'a [PEM]'],
    ['Zürich 東京', 'Zürich 東京'],
  ])('%j becomes %j', (text, expected) => {
    expect(plainText(text, 100)).toBe(expected)
  })

  test('is not cut within a character', () => {
    expect(plainText('ab😀cd', 4)).toBe('ab…')
  })

  test('of a megabyte is done at once', () => {
    const begun = performance.now()
    plainText(`${'-----BEGIN '.repeat(50_000)}${'1 '.repeat(200_000)}\u001b]`, 100)
    expect(performance.now() - begun).toBeLessThan(500)
  })
})

describe('JSON that is none', () => {
  test.each(['', '<html>', '{', 'undefined', '{"a":1}x'])('%j is undefined', (text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  test('nested beyond reason does not end the process', () => {
    expect(() => parseJson('['.repeat(1_000_000))).not.toThrow()
    expect(() => parseJson('['.repeat(100_000) + ']'.repeat(100_000))).not.toThrow()
  })
})

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
