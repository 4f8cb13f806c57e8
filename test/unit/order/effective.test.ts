import { describe, expect, test } from '@jest/globals'
import { clusterAccountSpec } from '../../../src/api/account.ts'
import {
  effectiveSpec,
  forbidden,
  missing,
  shownOf,
  withKnownOrganization,
  withoutEffect,
} from '../../../src/order/effective.ts'
import { NOW, aSpec } from '../../support/builders.ts'

const OV = 'ssl_securesite_pro'
const defaults = {
  organization: { id: 117_483 },
  dcv: { method: 'dns-txt-token', scope: 'fqdn' },
  skipApproval: true,
} as const

const policyOf = (policy: Record<string, unknown>) =>
  clusterAccountSpec.parse({ apiKeySecretRef: { name: 'certcentral' }, policy }).policy

describe('the spec with the defaults of the account', () => {
  test.each<readonly [string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'takes them where it is silent',
      { product: OV },
      {
        organization: { id: 117_483 },
        dcv: { method: 'dns-txt-token', scope: 'fqdn' },
        skipApproval: true,
      },
    ],
    [
      'keeps what it says, field by field',
      { product: OV, organization: { id: 5 }, dcv: { method: 'email' }, skipApproval: false },
      {
        organization: { id: 5 },
        dcv: { method: 'email', scope: 'fqdn' },
        skipApproval: false,
      },
    ],
    [
      'leaves the organization out where the product has none',
      { organization: { id: 5 } },
      {
        organization: undefined,
        dcv: { method: 'dns-txt-token' },
        skipApproval: true,
      },
    ],
  ])('%s', (_sentence, changes, wanted) => {
    const { organization, dcv, skipApproval } = effectiveSpec(aSpec(changes), { defaults })
    expect({ organization, dcv, skipApproval }).toEqual(wanted)
  })

  test('is the spec itself where the account has no defaults', () => {
    expect(effectiveSpec(aSpec(), { defaults: undefined })).toEqual(aSpec())
    expect(Object.keys(effectiveSpec(aSpec(), {})).sort()).toEqual(Object.keys(aSpec()).sort())
  })

  test('changes neither spec nor defaults', () => {
    const spec = Object.freeze(aSpec({ product: OV }))
    expect(effectiveSpec(spec, { defaults: Object.freeze({ ...defaults }) })).not.toBe(spec)
  })
})

describe('what is missing for CertCentral to take the order', () => {
  test.each<readonly [string, Record<string, unknown>, readonly unknown[]]>([
    ['is nothing for a plain DV order', {}, []],
    ['is nothing for an OV order with an organization', { product: OV, organization: { id: 5 } }, []],
    [
      'is the organization of an OV order',
      { product: OV },
      [
        'organization.id is missing: ssl_securesite_pro names an organization; set spec.organization.id, or defaults.organization.id of the account',
      ],
    ],
    [
      'is the organization of an EV order',
      { product: 'ssl_ev_basic', contacts: { list: [{ contactType: 'ev_approver', userId: 5 }] } },
      [
        'organization.id is missing: ssl_ev_basic names an organization; set spec.organization.id, or defaults.organization.id of the account',
      ],
    ],
    [
      'is the method of proof for a product of page 002',
      { product: 'ssl_dv_geotrust' },
      ['dcv.method is missing: ssl_dv_geotrust cannot be ordered without one'],
    ],
    [
      'is a method that can prove a wildcard',
      { dnsNames: ['*.shop.example.com'], dcv: { method: 'http-token' } },
      ['dcv.method http-token cannot prove a wildcard: set spec.dcv.method to dns-txt-token or another'],
    ],
    ['is nothing for a product nobody knows', { product: 'ssl_of_tomorrow' }, []],
    [
      'is the organization of contacts, whatever the product',
      { product: 'ssl_of_tomorrow', contacts: { list: [] } },
      ['contacts.list needs an organization, whose contacts they are: set spec.organization.id'],
    ],
    [
      'is the organization of a signer',
      { product: 'document_signing_org_1' },
      [
        'organization.id is missing: document_signing_org_1 names an organization; set spec.organization.id, or defaults.organization.id of the account',
      ],
    ],
    [
      'is a common name that is short enough in A-labels',
      { commonName: `${'üñ'.repeat(14)}.${'üñ'.repeat(8)}.example.com` },
      [
        expect.stringMatching(
          /^commonName: "[üñ.]+example\.com" is sent as xn--.*, which has more than 64 characters$/,
        ),
      ],
    ],
    [
      'is a name that has A-labels at all',
      { dnsNames: ['a.\u2488com', 'ok.example.com', `${'ü'.repeat(63)}.example`] },
      [
        expect.stringMatching(/^dnsNames: "a\..*com" has no form that a certificate can carry$/),
        expect.stringMatching(/^dnsNames: "ü+\.example" has no form/),
      ],
    ],
    ['is no name with numbers of another script that come to be an address', { dnsNames: ['１.２.３.ｃom'] }, []],
  ])('%s', (_sentence, changes, wanted) => {
    expect(missing(aSpec(changes))).toEqual(wanted)
  })
})

describe('what the account fills in besides', () => {
  const more = { ...defaults, containerId: 5, payment: { method: 'balance' } } as const

  test('is division and payment, part by part', () => {
    const { containerId, payment } = effectiveSpec(aSpec({ payment: { vatNumber: 'DE1' } }), { defaults: more })
    expect([containerId, payment]).toEqual([5, { method: 'balance', vatNumber: 'DE1' }])
    const own = effectiveSpec(aSpec({ containerId: 7, payment: { method: 'profile' } }), { defaults: more })
    expect([own.containerId, own.payment]).toEqual([7, { method: 'profile' }])
  })

  test('is no proof of control where a person is certified', () => {
    expect(effectiveSpec(aSpec({ product: 'document_signing_org_1' }), { defaults: more })).not.toHaveProperty('dcv')
  })

  test('is what people are shown, without details that nobody may see', () => {
    const organization = { name: 'Example Ltd', address: '1 Road', telephone: '555' }
    expect(shownOf(effectiveSpec(aSpec({ product: OV, organization }), { defaults: more }))).toEqual({
      organization: { name: 'Example Ltd' },
      containerId: 5,
      payment: { method: 'balance' },
      dcv: { method: 'dns-txt-token', scope: 'fqdn' },
      skipApproval: true,
    })
    expect(shownOf(aSpec())).toEqual({})
  })
})

describe('an organization that an earlier order made of its details', () => {
  const details = aSpec({ product: OV, organization: { name: 'Example Ltd', city: 'Town' } })

  test('is named by its id', () => {
    expect(withKnownOrganization(details, { id: 77, name: 'Example Ltd' }).organization).toEqual({ id: 77 })
  })

  test.each([
    ['there was none', details, undefined],
    ['the details are of another one by now', details, { id: 77, name: 'Other Ltd' }],
    ['the spec names one by id', aSpec({ product: OV, organization: { id: 5 } }), { id: 77, name: 'Example Ltd' }],
    ['the spec names none', aSpec(), { id: 77, name: 'Example Ltd' }],
  ])('is not where %s', (_when, spec, known) => {
    expect(withKnownOrganization(spec, known)).toBe(spec)
  })
})

test.each([
  ['departments in a public TLS certificate', { organizationUnits: ['IT'] }, 1],
  ['no departments', { organizationUnits: [] }, 0],
  [
    'departments of a signer',
    { product: 'document_signing_org_1', commonName: undefined, dnsNames: undefined, organizationUnits: ['IT'] },
    1,
  ],
])('%s: %j have no effect in %d places', (_what, changes, count) => {
  expect(withoutEffect(aSpec(changes), {})).toHaveLength(count)
})

describe('spec.skipApproval', () => {
  const allowed = { policy: { skipApproval: 'Allowed' } } as const
  const denied = { policy: { skipApproval: 'Forbidden' } } as const
  test.each([
    ['is sent where the policy allows it', true, allowed, {}, true, 0],
    ['is sent where there is no policy', true, {}, {}, true, 0],
    ['is not sent where the policy forbids it, with a warning', true, denied, {}, undefined, 1],
    ['changes nothing where the account skips approval itself', true, denied, { skipApproval: true }, true, 0],
    ['leaves the default of the account that asks for approval', true, denied, { skipApproval: false }, false, 1],
    ['may always ask for approval', false, denied, { skipApproval: true }, false, 0],
    ['is filled in from the account, whatever orders may do', undefined, denied, { skipApproval: true }, true, 0],
  ] as const)('%s', (_sentence, skipApproval, policy, defaults, sent, warnings) => {
    const spec = aSpec(skipApproval === undefined ? {} : { skipApproval })
    const account = { ...policy, defaults }
    expect(effectiveSpec(spec, account).skipApproval).toBe(sent)
    expect(withoutEffect(spec, account)).toHaveLength(warnings)
  })
})

describe('guard rails', () => {
  test.each<readonly [string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
    ['that are not there forbid nothing', {}, {}, undefined],
    ['admit a product that they list', { products: ['ssl_dv_geotrust_flex'] }, {}, undefined],
    [
      'forbid a product that they do not list',
      { products: ['ssl_basic'] },
      {},
      'its policy.products does not list ssl_dv_geotrust_flex',
    ],
    [
      'forbid every product with an empty list',
      { products: [] },
      {},
      'its policy.products does not list ssl_dv_geotrust_flex',
    ],
    ['admit names below a wildcard', { dnsNames: ['*.example.com'] }, {}, undefined],
    [
      'name every name that they do not cover',
      { dnsNames: ['shop.example.com'] },
      { dnsNames: ['www.shop.example.com', 'Evil.example'] },
      'its policy.dnsNames does not cover www.shop.example.com, evil.example',
    ],
    [
      'look at the common name as well',
      { dnsNames: ['www.shop.example.com'] },
      {},
      'its policy.dnsNames does not cover shop.example.com',
    ],
    [
      'are not passed by a name in capitals or A-labels',
      { dnsNames: ['*.example.com'] },
      { dnsNames: ['EVIL.münchen'] },
      'its policy.dnsNames does not cover evil.xn--mnchen-3ya',
    ],
  ])('%s', (_sentence, policy, changes, wanted) => {
    expect(forbidden(aSpec(changes), policyOf(policy), NOW)).toBe(wanted)
  })
})
