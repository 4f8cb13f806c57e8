import { describe, expect, test } from '@jest/globals'
import { accountOfShare, laneOf, placeOf } from '../../../src/controller/turns.ts'
import { CERTIFICATE, NOW, anOrder, inDays } from '../../support/builders.ts'

const fresh = anOrder()
const holding = anOrder({ status: { certificate: { ...CERTIFICATE, notAfter: inDays(90).toISOString() } } })

describe('where an order stands among those that wait', () => {
  test('by the end of its certificate, where it has one to lose', () => {
    expect(placeOf(holding).rank).toBe(inDays(90).getTime())
  })

  test.each([
    ['what is about to lapse goes before it', 6, -1],
    ['what is good for longer gives way to it', 8, 1],
  ])('a new order stands as if it had a week: %s', (_sentence, days, sign) => {
    const asked = anOrder({ metadata: { creationTimestamp: NOW.toISOString() } })
    const other = anOrder({ status: { certificate: { ...CERTIFICATE, notAfter: inDays(days).toISOString() } } })
    expect(Math.sign((placeOf(other).rank ?? 0) - (placeOf(asked).rank ?? 0))).toBe(sign)
  })

  test('each namespace has a share of its own, of an account that can be told from it', () => {
    const [one, other] = ['shop', 'blog'].map((namespace) => placeOf(anOrder({ metadata: { namespace } })))
    expect(one?.flow).not.toBe(other?.flow)
    expect(accountOfShare(one?.flow ?? '')).toBe('DigiCertAccount/shop/certcentral')
  })

  test('one that is gone needs no account', () => {
    expect(accountOfShare(placeOf(undefined).flow)).toBe('')
  })

  test('after a start, those without a certificate go before the others', () => {
    expect([laneOf(fresh), laneOf(holding), laneOf(undefined)]).toEqual(['high', 'low', 'high'])
  })
})
