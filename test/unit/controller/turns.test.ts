import { describe, expect, test } from '@jest/globals'
import { accountOfFlow, priorityOf, placementOf } from '../../../src/controller/turns.ts'
import { CERTIFICATE, NOW, anOrder, inDays } from '../../support/builders.ts'

const fresh = anOrder()
const holding = anOrder({ status: { certificate: { ...CERTIFICATE, notAfter: inDays(90).toISOString() } } })

describe('where an order stands among those that wait', () => {
  test('by the end of its certificate, where it has one to lose', () => {
    expect(placementOf(holding).rank).toBe(inDays(90).getTime())
  })

  test.each([
    ['what is about to lapse goes before it', 6, -1],
    ['what is good for longer gives way to it', 8, 1],
  ])('a new order stands as if it had a week: %s', (_sentence, days, sign) => {
    const asked = anOrder({ metadata: { creationTimestamp: NOW.toISOString() } })
    const other = anOrder({ status: { certificate: { ...CERTIFICATE, notAfter: inDays(days).toISOString() } } })
    expect(Math.sign((placementOf(other).rank ?? 0) - (placementOf(asked).rank ?? 0))).toBe(sign)
  })

  test('each namespace has a share of its own, of an account that can be told from it', () => {
    const [one, other] = ['shop', 'blog'].map((namespace) => placementOf(anOrder({ metadata: { namespace } })))
    expect(one?.flow).not.toBe(other?.flow)
    expect(accountOfFlow(one?.flow ?? '')).toBe('DigiCertAccount/shop/certcentral')
  })

  test('one that is gone needs no account', () => {
    expect(accountOfFlow(placementOf(undefined).flow)).toBe('')
  })

  test('after a start, those without a certificate go before the others', () => {
    expect([priorityOf(fresh), priorityOf(holding), priorityOf(undefined)]).toEqual(['high', 'low', 'high'])
  })
})
