import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Condition } from '../../../src/api/shapes.ts'
import type { OrderStatus } from '../../../src/api/status.ts'
import { decide } from '../../../src/order/decide.ts'
import type { About } from '../../../src/order/messages.ts'
import { report } from '../../../src/order/report.ts'
import { anyObservation } from '../../support/any-observation.ts'
import {
  ABOUT,
  CERTIFICATE,
  type Facts,
  INTENT,
  NOW,
  ORDER_ID,
  aStatus,
  anObservation,
  failed,
  inDays,
  inHours,
  intended,
  ordered,
  repaired,
  seen,
  sent,
  unbought,
  withStored,
} from '../../support/builders.ts'
import { lintStatus } from '../../support/status-lint.ts'

const GENERATION = 3

/** What a pass over these facts would tell, and what is wrong with it. */
const told = (
  facts: readonly Facts[],
  draft: OrderStatus = aStatus(),
  before?: OrderStatus,
  { now = NOW, about = ABOUT }: { now?: Date; about?: About } = {},
) => {
  const o = anObservation(...facts)
  const subject = { before, generation: GENERATION, about, now }
  const { status, announce } = report(draft, o, decide(o, now), subject)
  return { status, announce, faults: lintStatus({ generation: GENERATION, status, before }) }
}

const inBrief = ({ conditions = [] }: OrderStatus): string[] =>
  conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`)

const conditionOf = ({ conditions }: OrderStatus, type: string): Condition =>
  conditions!.find((condition) => condition.type === type)!

describe('the conditions', () => {
  test.each<readonly [string, readonly Facts[], readonly string[]]>([
    ['of a good order say so', [], ['Ready=True/Issued', 'Issuing=False/Issued']],
    [
      'of an order that waits say for whom',
      [ordered('needs_approval')],
      ['Ready=False/AwaitingApproval', 'Issuing=True/AwaitingApproval'],
    ],
    [
      'of a token that is issued say so, though no Secret holds it',
      [ordered('issued', { validUntil: inDays(300) }), { delivery: 'hardware' }],
      ['Ready=True/Issued', 'Issuing=False/Issued'],
    ],
    [
      'of a token that waits for a person say so',
      [ordered('waiting_pickup'), { delivery: 'hardware' }],
      ['Ready=False/AwaitingPickup', 'Issuing=True/AwaitingPickup'],
    ],
    [
      'of an order whose CSR is of no use say that it is stalled',
      [{ ...unbought, delivery: 'certificate', csrProblem: 'it does not exist' }],
      ['Ready=False/CSRNotUsable', 'Issuing=False/CSRNotUsable', 'Stalled=True/CSRNotUsable'],
    ],
    [
      'of an order that cannot go on say that it is stalled',
      [{ ...unbought, problems: ['commonName is no name'] }],
      ['Ready=False/InvalidSpec', 'Issuing=False/InvalidSpec', 'Stalled=True/InvalidSpec'],
    ],
    [
      'of an order with a good certificate stay Ready though its spec is wrong',
      [{ problems: ['commonName is no name'] }],
      ['Ready=True/Issued', 'Issuing=False/InvalidSpec'],
    ],
    [
      'stay Ready while a reissue by others is bad',
      [seen({ certificateId: CERTIFICATE.id! + 1 }), failed('BadCertificate', { count: 3 })],
      ['Ready=True/Issued', 'Issuing=False/BadCertificate'],
    ],
    [
      'stay Ready when the certificate is due for a reissue, and say that it is',
      [{ next: { action: 'Look', at: NOW, why: 'it ends' } }],
      ['Ready=True/Issued', 'Issuing=False/ReissueDue'],
    ],
    [
      'are not Ready while the Secret is missing that others delete again and again',
      [{ stored: undefined }, repaired(3, 0.5)],
      ['Ready=False/SecretModifiedByOthers', 'Issuing=True/SecretModifiedByOthers'],
    ],
    [
      'are not Ready while the Secret holds the pair of another client',
      [withStored({ harmed: 'yes', replaced: 'yes' }), repaired(3, 0.5)],
      ['Ready=False/SecretModifiedByOthers', 'Issuing=True/SecretModifiedByOthers'],
    ],
    [
      'say that others delete the Secret also while the renewal waits for an approval',
      [ordered('needs_approval', { orderId: ORDER_ID + 1 }), { stored: undefined }, repaired(3, 0.5)],
      ['Ready=False/SecretModifiedByOthers', 'Issuing=True/AwaitingApproval'],
    ],
    [
      'stay Ready while others fight over labels beside a good pair',
      [{ outputs: { stale: 'yes', problem: undefined } }, repaired(3, 0.5)],
      ['Ready=True/Issued', 'Issuing=False/SecretModifiedByOthers'],
    ],
    [
      'stay Ready once a Secret that others fight over is whole',
      [repaired(3, -1)],
      ['Ready=True/Issued', 'Issuing=False/SecretModifiedByOthers'],
    ],
    [
      'of a revoked order are not Ready, whatever the Secret holds',
      [seen({ status: 'revoked' })],
      ['Ready=False/OrderRevoked', 'Issuing=False/OrderRevoked', 'Stalled=True/OrderRevoked'],
    ],
    [
      'of an order whose plan has ended stay Ready as long as the certificate lives',
      [seen({ status: 'expired' }), { renew: 'Never' }],
      ['Ready=True/Issued', 'Issuing=False/OrderExpired'],
    ],
    [
      'of an expired certificate say so',
      [withStored({ notAfter: NOW })],
      ['Ready=False/CertificateExpired', 'Issuing=False/CertificateExpired', 'Stalled=True/CertificateExpired'],
    ],
    [
      'are not Ready for the certificate of an order that a person gave up',
      [ordered('needs_approval', { orderId: ORDER_ID + 1 }), { orderAgain: String(ORDER_ID) }, withStored({})],
      ['Ready=False/AwaitingApproval', 'Issuing=True/AwaitingApproval'],
    ],
    [
      'of an order of unknown outcome call a person once it should have settled',
      [sent(-1)],
      ['Ready=False/OutcomeUnknown', 'Issuing=False/OutcomeUnknown', 'Stalled=True/OutcomeUnknown'],
    ],
  ])('%s', (_sentence, facts, wanted) => {
    const { status, faults } = told(facts)
    expect(inBrief(status)).toEqual(wanted)
    expect(faults).toEqual([])
  })

  test('break no rule of statuses, whatever the facts are', () => {
    fc.assert(
      fc.property(anyObservation, fc.constantFrom({}, aStatus({ intent: INTENT })), (o, draft) => {
        const subject = { before: draft, generation: GENERATION, about: ABOUT, now: NOW }
        const { status } = report(draft, o, decide(o, NOW), subject)
        expect(lintStatus({ generation: GENERATION, status, before: draft })).toEqual([])
      }),
      { numRuns: 1500 },
    )
  })

  test('keep their time while their status stays, and take a new one when it changes', () => {
    const first = told([ordered('needs_approval')], {}).status
    const later = told([ordered('pending'), { nextLookAt: inDays(2) }], first, first, { now: inHours(1) })
    expect(later.faults).toEqual([])
    const issued = told([], later.status, later.status, { now: inHours(2) }).status
    const times = [first, later.status, issued].map((status) =>
      ['Ready', 'Issuing'].map((type) => conditionOf(status, type).lastTransitionTime),
    )
    expect(times).toEqual([
      ['2026-11-24T12:00:00Z', '2026-11-24T12:00:00Z'],
      ['2026-11-24T12:00:00Z', '2026-11-24T12:00:00Z'],
      ['2026-11-24T14:00:00Z', '2026-11-24T14:00:00Z'],
    ])
  })

  test('are the same to the letter in a pass that changes nothing', () => {
    const once = told([]).status
    expect(told([], once, once, { now: inHours(5) }).status).toEqual(once)
  })

  test('lose Stalled when it ends', () => {
    const before = told([{ ...unbought, problems: ['commonName is no name'] }]).status
    expect(inBrief(told([], before, before).status)).toEqual(['Ready=True/Issued', 'Issuing=False/Issued'])
  })
})

describe('the rest of the status', () => {
  test('forgets intent and failures once the certificate is stored', () => {
    const draft = aStatus({
      intent: INTENT,
      failures: { reason: 'BadCertificate', count: 1, lastAt: NOW.toISOString(), code: 'x', message: 'x' },
    })
    const { status } = told([], draft)
    expect(Object.keys(status).sort()).toEqual([
      'certificate',
      'conditions',
      'next',
      'observedGeneration',
      'onDeletion',
      'order',
      'revision',
    ])
  })

  test('keeps the intent of an order that is not settled', () => {
    expect(told([intended()], { intent: INTENT }).status.intent).toEqual(INTENT)
  })

  test('tells when the operator comes back for a good certificate', () => {
    expect(told([]).status.next).toEqual({
      action: 'Reissue',
      at: '2027-04-30T12:00:00Z',
      why: 'the certificate ends',
    })
  })

  test('tells of no next step where nothing happens by itself', () => {
    const before = aStatus({ next: { action: 'Look', at: '2027-04-30T12:00:00Z', why: 'because' } })
    expect(told([seen({ status: 'revoked' })], before, before).status.next).toBeUndefined()
  })

  test('takes over what CertCentral said of the order in this pass', () => {
    const validUntil = new Date('2027-11-23T23:59:59.999Z')
    const { order } = told([seen({ status: 'reissue_pending', validUntil })]).status
    expect(order).toMatchObject({ id: ORDER_ID, status: 'reissue_pending', validUntil: '2027-11-23', purchase: 1 })
  })

  test('shows the certificate that the Secret holds, and not the one of an older status', () => {
    const draft = aStatus({ certificate: { ...CERTIFICATE, serialNumber: 'ff' } })
    expect(told([], draft).status.certificate).toEqual({ ...CERTIFICATE, storedTime: NOW.toISOString() })
  })
})

describe('what is ordered with the defaults of the account', () => {
  const effective = { organization: { name: 'Example Ltd' }, containerId: 5 }
  const about = { ...ABOUT, effective }
  const placed = aStatus({ order: { id: ORDER_ID, status: 'pending', purchase: 1, organizationId: 77 } })

  test('can be seen before it is bought, and follows the defaults', () => {
    const before: OrderStatus = { effective: { containerId: 1 } }
    expect(told([unbought], before, before, { about }).status.effective).toEqual(effective)
  })

  test('is what was sent, once the order is known, though the defaults change', () => {
    const first = told([ordered('pending')], placed, { effective: { containerId: 1 } }, { about }).status
    expect(first.effective).toEqual(effective)
    const later = told([ordered('pending')], first, first, { about: { ...ABOUT, effective: { containerId: 9 } } })
    expect(later.status.effective).toEqual(effective)
  })

  test('is not told of a spec that is invalid', () => {
    expect(told([{ ...unbought, problems: ['no'] }], {}, { effective }).status).not.toHaveProperty('effective')
  })

  test('keeps the organization that was made of its details, for the next order', () => {
    const { organization } = told([ordered('pending')], placed, undefined, { about }).status
    expect(organization).toEqual({ id: 77, name: 'Example Ltd' })
    const again: OrderStatus = { organization: { id: 77, name: 'Example Ltd' } }
    expect(told([unbought], again, again, { about: ABOUT }).status.organization).toEqual(again.organization)
  })

  test('names no organization that was given by its id', () => {
    const byId = { ...ABOUT, effective: { organization: { id: 77 } } }
    expect(told([ordered('pending')], placed, undefined, { about: byId }).status).not.toHaveProperty('organization')
  })
})

test('a message that is longer than the API server takes is cut, and says so', () => {
  const problems = Array.from({ length: 250 }, (_, n) => `${'a'.repeat(240)}${String(n)} is not a DNS name`)
  const { message } = conditionOf(told([{ ...unbought, problems }]).status, 'Ready')
  expect([message.length, message.endsWith('…')]).toEqual([32_000, true])
})

describe('announcements', () => {
  test('say once per edit which fields have no effect', () => {
    const about = { ...ABOUT, ignored: ['organizationUnits is ignored'] }
    const warning = { type: 'Warning', reason: 'FieldIgnored', message: 'organizationUnits is ignored' }
    const { announce, status } = told([], aStatus(), undefined, { about })
    expect(announce).toContainEqual(warning)
    expect(told([], status, status, { about }).announce).not.toContainEqual(warning)
  })

  const reasons = (facts: readonly Facts[], before?: OrderStatus) =>
    told(facts, before ?? {}, before).announce.map(({ type, reason }) => `${type} ${reason}`)

  test.each<readonly [string, readonly Facts[], readonly string[]]>([
    ['of a certificate are normal', [], ['Normal Issued']],
    ['of waiting are normal', [ordered('needs_approval')], ['Normal AwaitingApproval']],
    ['of what cannot go on are warnings', [ordered('rejected')], ['Warning OrderRejected']],
    [
      'of a reissue that is due are warnings, though the order is Ready',
      [{ next: { action: 'Look', at: NOW, why: 'it ends' } }],
      ['Warning ReissueDue'],
    ],
    [
      'of a fight over the Secret are warnings, whatever its order waits for',
      [ordered('needs_approval', { orderId: ORDER_ID + 1 }), { stored: undefined }, repaired(3, 0.5)],
      ['Normal AwaitingApproval', 'Warning SecretModifiedByOthers'],
    ],
    ['of a fight that is over for now are warnings', [repaired(3, -1)], ['Warning SecretModifiedByOthers']],
    ['are not made of steps', [unbought], []],
    ['are not made of looks', [intended()], []],
  ])('%s', (_sentence, facts, wanted) => {
    expect(reasons(facts)).toEqual(wanted)
  })

  test('are made again of what still waits a day later, and not of what is good', () => {
    const still = (...facts: Facts[]): string[] => {
      const before = told(facts).status
      const o = anObservation(...facts)
      const subject = { before, generation: GENERATION, about: ABOUT, isReminderDue: true, now: NOW }
      return report(before, o, decide(o, NOW), subject).announce.map(({ type, reason }) => `${type} ${reason}`)
    }
    expect(still(ordered('needs_approval'))).toEqual(['Normal AwaitingApproval'])
    expect(still(ordered('rejected'))).toEqual(['Warning OrderRejected'])
    expect(still({ next: { action: 'Look', at: NOW, why: 'it ends' } })).toEqual(['Warning ReissueDue'])
    expect(still()).toEqual([])
  })

  test('are made once per reason', () => {
    const before = told([ordered('rejected')]).status
    expect(reasons([ordered('rejected')], before)).toEqual([])
    expect(reasons([ordered('canceled')], before)).toEqual(['Warning OrderCanceled'])
    const taken = [ordered('needs_approval', { orderId: ORDER_ID + 1 }), { stored: undefined }, repaired(3, 0.5)]
    expect(reasons(taken, told(taken).status)).toEqual([])
  })

  test('say what the condition says', () => {
    const { announce, status } = told([ordered('rejected')], {})
    expect(announce[0]!.message).toBe(conditionOf(status, 'Stalled').message)
  })
})

describe('the lint of statuses', () => {
  const good = () => told([]).status
  const spoilt = (change: Partial<Condition>, at = 0): OrderStatus => {
    const status = good()
    return { ...status, conditions: status.conditions!.map((one, n) => (n === at ? { ...one, ...change } : one)) }
  }

  test.each<readonly [number, string, OrderStatus]>([
    [1, 'a strange type', spoilt({ type: 'Happy' })],
    [1, 'a type twice', spoilt({ type: 'Issuing' })],
    [2, 'a missing type', { ...good(), conditions: good().conditions!.slice(0, 1) }],
    [3, 'Stalled beside Ready', spoilt({ type: 'Stalled', status: 'True', reason: 'Issued' }, 1)],
    [4, 'Ready for a reason that is none', spoilt({ reason: 'Deleting' })],
    [5, 'an old generation', spoilt({ observedGeneration: 2 })],
    [5, 'an old generation of the whole', { ...good(), observedGeneration: 2 }],
    [6, 'an unknown reason', spoilt({ reason: 'Whatever' }, 1)],
    [7, 'a time that is none', spoilt({ lastTransitionTime: 'yesterday' })],
    [8, 'an empty message', spoilt({ message: ' ' })],
    [8, 'a message with a hole', spoilt({ message: 'order undefined waits' })],
    [9, 'a field too long', spoilt({ reason: 'x'.repeat(2000) })],
  ])('%i finds %s', (number, _what, status) => {
    const faults = lintStatus({ generation: GENERATION, status })
    expect(faults.some((fault) => fault.startsWith(`${String(number)}: `))).toBe(true)
  })

  test('7 finds a time that moved though the status did not', () => {
    const status = spoilt({ lastTransitionTime: '2026-11-25T00:00:00Z' })
    expect(lintStatus({ generation: GENERATION, status, before: good() })).toEqual([
      '7: lastTransitionTime of Ready moved though the status did not',
    ])
  })
})
