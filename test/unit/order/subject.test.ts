import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { OrderSpec } from '../../../src/api/order.ts'
import { orderPayload } from '../../../src/order/payload.ts'
import { certificateIn, deniedBy, subjectOf, subjectOfPayload } from '../../../src/order/subject.ts'
import { anySpec } from '../../support/any-spec.ts'
import { NOW, aSpec } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'

type Changes = Partial<Record<keyof OrderSpec, unknown>>

const denied = (policy: Record<string, unknown>, changes: Changes): string | undefined =>
  deniedBy(subjectOf(aSpec(changes)), anAccount({ policy }).spec.policy, NOW)

describe('guard rails', () => {
  test.each<readonly [string, Record<string, unknown>, Changes, string | undefined]>([
    ['allow everything that they do not name', {}, { containerId: 7, payment: { method: 'profile' } }, undefined],
    ['allow as many names as they say', { maxNames: 2 }, { dnsNames: ['a.example.com'] }, undefined],
    [
      'count names once, in whatever form',
      { maxNames: 1 },
      { dnsNames: ['SHOP.example.com', 'shop.example.com'] },
      undefined,
    ],
    [
      'forbid more names',
      { maxNames: 1 },
      { dnsNames: ['a.example.com'] },
      'its policy.maxNames allows 1 name in an order, and this one has 2',
    ],
    [
      'allow a length of the same years',
      { maxOrderValidity: { years: 1 } },
      { orderValidity: { years: 1 } },
      undefined,
    ],
    ['take a year for up to 366 days', { maxOrderValidity: { years: 1 } }, { orderValidity: { days: 366 } }, undefined],
    [
      'forbid more years',
      { maxOrderValidity: { years: 1 } },
      { orderValidity: { years: 2 } },
      'its policy.maxOrderValidity allows 1 year, and the order asks for 2 years',
    ],
    [
      'forbid more days',
      { maxOrderValidity: { days: 90 } },
      { orderValidity: { days: 91 } },
      'its policy.maxOrderValidity allows 90 days, and the order asks for 91 days',
    ],
    [
      'forbid a year where they allow 365 days',
      { maxOrderValidity: { days: 365 } },
      { orderValidity: { years: 1 } },
      'its policy.maxOrderValidity allows 365 days, and the order asks for 1 year',
    ],
    [
      'allow a last day that many days from now',
      { maxOrderValidity: { days: 90 } },
      { orderValidity: { expiresOn: '2027-02-22' } },
      undefined,
    ],
    [
      'forbid a last day after that',
      { maxOrderValidity: { days: 90 } },
      { orderValidity: { expiresOn: '2027-02-23' } },
      'its policy.maxOrderValidity allows 90 days, and the order asks for the time until 2027-02-23',
    ],
    [
      'forbid a length that is none',
      { maxOrderValidity: { days: 90 } },
      { orderValidity: {} },
      'its policy.maxOrderValidity allows 90 days, and the order asks for the time until an unknown day',
    ],
    ['allow an organization that they list', { organizationIds: [1, 2] }, { organization: { id: 2 } }, undefined],
    ['allow an order without organization', { organizationIds: [1] }, {}, undefined],
    [
      'forbid another organization',
      { organizationIds: [1] },
      { organization: { id: 2 } },
      'its policy.organizationIds does not list 2',
    ],
    [
      'forbid an organization by details, which has no id yet',
      { organizationIds: [1] },
      { organization: { name: 'Example', country: 'US' } },
      'its policy.organizationIds lists organizations by id, and this one is given by details: set spec.organization.id',
    ],
    ['allow an order that names no division', { containerIds: [5] }, {}, undefined],
    ['forbid another division', { containerIds: [5] }, { containerId: 7 }, 'its policy.containerIds does not list 7'],
    [
      'allow what the account at CertCentral decides',
      { paymentMethods: ['profile'] },
      { payment: undefined },
      undefined,
    ],
    [
      'forbid another way of paying',
      { paymentMethods: ['balance', 'profile'] },
      { payment: { method: 'card' } },
      'its policy.paymentMethods does not list card',
    ],
    [
      'name the first that is broken',
      { products: [], maxNames: 1 },
      { dnsNames: ['a.example.com'] },
      'its policy.products does not list ssl_dv_geotrust_flex',
    ],
  ])('%s', (_sentence, policy, changes, wanted) => {
    expect(denied(policy, changes)).toBe(wanted)
  })

  test('find in a request what they find in its spec', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        expect(subjectOfPayload(spec.product, orderPayload(spec))).toEqual(subjectOf(spec))
      }),
      { numRuns: 300 },
    )
  })

  test('find no length in a request whose date is none', () => {
    const payload = { order_validity: { custom_expiration_date: 'tomorrow' } }
    const policy = anAccount({ policy: { maxOrderValidity: { years: 3 } } }).spec.policy
    expect(deniedBy(subjectOfPayload('ssl_basic', payload), policy, NOW)).toMatch(/^its policy\.maxOrderValidity/)
  })
})

test.each<readonly [string, Record<string, unknown>, Record<string, unknown>]>([
  ['years', { certificateValidity: { years: 1 } }, { years: 1 }],
  ['days and CA', { certificateValidity: { days: 90 }, caCertId: '12' }, { days: 90, caCertId: '12' }],
  ['a day', { certificateValidity: { expiresOn: '2027-06-09' } }, { expiresOn: '2027-06-09' }],
  ['nothing', {}, {}],
])('what a request asks for a certificate is read back from it: %s', (_what, changes, wanted) => {
  expect(certificateIn(orderPayload(aSpec(changes)))).toEqual(wanted)
})
