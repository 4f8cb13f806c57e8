import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Identity, alternativeOrderId, payloadHash } from '../../../src/order/intent.ts'
import { orderPayload } from '../../../src/order/payload.ts'
import { aSpec } from '../../support/builders.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const IDENTITY: Identity = { clusterId: 'cluster', namespace: 'shop', name: 'shop', purchase: 1 }

const anyIdentity: fc.Arbitrary<Identity> = fc.record({
  clusterId: fc.string({ maxLength: 40 }),
  namespace: fc.stringMatching(/^[a-z0-9-]{1,63}$/),
  name: fc.stringMatching(/^[a-z0-9.-]{1,240}$/),
  purchase: fc.integer({ min: 1, max: 1_000_000_000 }),
})

describe('the alternative order id', () => {
  test('is the same for ever for the same identity', () => {
    expect(alternativeOrderId(digest, IDENTITY)).toBe('dco81404ef5e22426a4353e5f50e6254c9558b61b412a338923n1')
  })

  test('is one that CertCentral takes, whatever the identity', () => {
    fc.assert(
      fc.property(anyIdentity, (identity) => {
        expect(alternativeOrderId(digest, identity)).toMatch(/^[A-Za-z0-9]{1,64}$/)
      }),
    )
  })

  test('is another one for another identity', () => {
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        expect(alternativeOrderId(digest, a) === alternativeOrderId(digest, b)).toBe(same)
      }),
    )
  })

  test.each<readonly [string, Partial<Identity>]>([
    ['cluster', { clusterId: 'other' }],
    ['namespace', { namespace: 'other' }],
    ['name', { name: 'other' }],
    ['purchase', { purchase: 2 }],
    ['line between namespace and name', { namespace: 'sho', name: 'pshop' }],
  ])('is another one for another %s', (_what, change) => {
    expect(alternativeOrderId(digest, { ...IDENTITY, ...change })).not.toBe(alternativeOrderId(digest, IDENTITY))
  })

  test('asks for no UID, so that a restored resource finds its order', () => {
    const restored = { ...IDENTITY, uid: 'another-uid' }
    expect(alternativeOrderId(digest, restored)).toBe(alternativeOrderId(digest, IDENTITY))
  })
})

/** The same tree with the keys of each object in another order. */
const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, child]) => [name, turned(child)]),
  )
}

describe('the hash of what is bought', () => {
  test('does not ask in which order the fields stand', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
        expect(payloadHash(digest, turned(payload) as object)).toBe(payloadHash(digest, payload))
      }),
    )
  })

  test('asks in which order the items of a list stand', () => {
    expect(payloadHash(digest, { a: [1, 2] })).not.toBe(payloadHash(digest, { a: [2, 1] }))
  })

  test('is another one when what is bought changes, and the same when only the key does', () => {
    const hashOf = (changes: Record<string, unknown>) => payloadHash(digest, orderPayload(aSpec(changes)))
    expect(hashOf({ dnsNames: ['a.example.com'] })).not.toBe(hashOf({}))
    expect(hashOf({ orderValidity: { years: 2 } })).not.toBe(hashOf({}))
    expect(hashOf({ privateKey: { algorithm: 'ECDSA' } })).toBe(hashOf({}))
    expect(hashOf({ secretName: 'other' })).toBe(hashOf({}))
    expect(hashOf({})).toHaveLength(32)
  })
})
