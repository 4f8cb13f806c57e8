import { describe, expect, test } from '@jest/globals'
import { act, wait } from '../../../src/order/decision.ts'
import type { Observation } from '../../../src/order/observation.ts'
import type { Decision } from '../../../src/order/decision.ts'
import { unlessHeld } from '../../../src/order/rules/adoption.ts'
import { adoptionDeniedBy } from '../../../src/order/subject.ts'
import { NOW, ORDER_ID, anObservation, found, inDays, ordered, unbought } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'

const TAKING: readonly Decision[] = [
  act('Adopting', { kind: 'AdoptOrder', orderId: ORDER_ID }),
  act('SendingCSR', { kind: 'SendCSR', orderId: ORDER_ID }),
]
const HELD = { takenBy: 'another DigiCertOrder of the cluster' }
const DENIED = { denied: 'it has other names' }

describe('whatever a rule decides, an order that was found', () => {
  test.each(TAKING.flatMap((decision) => [HELD, DENIED].map((why) => [decision, why] as const)))(
    'is not taken over where it may not be: %j, %j',
    (decision, why) => {
      const refused = unlessHeld(anObservation(unbought, found({}, why)), decision, NOW)
      expect(refused).toMatchObject({ verdict: 'stalled', reason: 'AdoptionRefused' })
    },
  )

  test.each<readonly [string, Decision, readonly Partial<Observation>[]]>([
    ['is taken over where nothing is in the way', TAKING[0]!, [unbought, found()]],
    ['that is known already gets its CSR', TAKING[1]!, [ordered('pending'), found({}, HELD)]],
    ['is waited for as before', wait('OutcomeUnknown', inDays(1)), [unbought, found({}, HELD)]],
  ])('%s', (_sentence, decision, facts) => {
    expect(unlessHeld(anObservation(...facts), decision, NOW)).toBe(decision)
  })
})

describe('the guard rails of an account let an order be taken over', () => {
  const found = { product: 'ssl_basic', names: ['a.example.com', 'b.example.org'], organizationId: 7, unsaid: [] }

  test.each<readonly [string, Record<string, unknown>, string | undefined]>([
    ['where there are none', {}, undefined],
    ['where they cover it', { products: ['ssl_basic'], dnsNames: ['*.example.com', '*.example.org'] }, undefined],
    ['not of another product', { products: ['ssl_ev_basic'] }, 'policy.products'],
    ['not with one name beside theirs', { dnsNames: ['*.example.com'] }, 'policy.dnsNames'],
    ['of a listed organization', { organizationIds: [7, 8] }, undefined],
    ['not of another organization', { organizationIds: [8] }, 'policy.organizationIds'],
  ])('%s', (_sentence, policy, wanted) => {
    const denied = adoptionDeniedBy(found, anAccount({ policy }).spec.policy)
    expect(denied?.match(/policy\.\w+/)?.[0]).toBe(wanted)
    expect(denied ?? '').not.toContain('example.org')
  })
})
