import { describe, expect, test } from '@jest/globals'
import { type OrderStatus, orderStatus } from '../../../src/api/status.ts'
import type { RemoteOrder } from '../../../src/order/observation.ts'
import type { Outcome } from '../../../src/order/outcome.ts'
import { after, withOrder } from '../../../src/order/progress.ts'
import {
  ABOUT,
  ALTERNATIVE_ID,
  CERTIFICATE,
  CERTIFICATE_ID,
  INTENT,
  NOW,
  ORDER_ID,
  aStatus,
} from '../../support/builders.ts'

const AT = NOW.toISOString()
const SENT = { ...INTENT, sentAt: AT, sends: 1 }
const FAILURES = { reason: 'OrderRefused', count: 2, lastAt: '2026-11-24T11:00:00.000Z', code: 'c', message: 'm' }
const ENTRY = { dnsName: 'shop.example.com', method: 'dns-txt-token', status: 'pending' }
const REMOTE: RemoteOrder = { orderId: ORDER_ID, status: 'pending', requests: [{ id: 5, status: 'pending' }] }

const step = (before: OrderStatus, outcome: Outcome): OrderStatus => {
  const status = after(before, outcome, NOW, ABOUT)
  expect(orderStatus.safeParse(status).error).toBeUndefined()
  return status
}

const ORDER = {
  id: ORDER_ID,
  status: 'pending',
  purchase: 1,
  product: ABOUT.product,
  requests: [{ id: 5, status: 'pending' }],
}

describe('what an outcome leaves in the status', () => {
  test.each<readonly [string, OrderStatus, Outcome, OrderStatus]>([
    ['nothing for a step that is done', { intent: INTENT }, { kind: 'done' }, { intent: INTENT }],
    ['nothing for a conflict', { intent: INTENT }, { kind: 'conflict' }, { intent: INTENT }],
    [
      'the intent alone, where another purchase begins',
      { ...aStatus({ failures: FAILURES, validation: [ENTRY], validationSince: AT }) },
      { kind: 'recorded', intent: { ...INTENT, purchase: 2 } },
      {
        observedGeneration: 1,
        conditions: [],
        certificate: CERTIFICATE,
        revision: 1,
        intent: { ...INTENT, purchase: 2 },
      },
    ],
    [
      'order, intent and history of an order that was placed, and no failure of earlier',
      { intent: INTENT, failures: FAILURES },
      { kind: 'placed', order: REMOTE, purchase: 1, intent: SENT, validation: [] },
      {
        intent: SENT,
        order: { ...ORDER, alternativeOrderId: ALTERNATIVE_ID },
        history: [{ at: AT, what: 'Ordered', orderId: ORDER_ID, purchase: 1 }],
      },
    ],
    [
      'what is to be proven, where the answer to the order said so',
      { intent: INTENT },
      { kind: 'placed', order: REMOTE, purchase: 1, intent: SENT, validation: [ENTRY] },
      {
        intent: SENT,
        order: { ...ORDER, alternativeOrderId: ALTERNATIVE_ID },
        history: [{ at: AT, what: 'Ordered', orderId: ORDER_ID, purchase: 1 }],
        validation: [ENTRY],
        validationSince: AT,
      },
    ],
    [
      'the order and its certificate where it was taken over',
      {},
      { kind: 'adopted', order: { ...REMOTE, certificateId: CERTIFICATE_ID }, purchase: 1 },
      {
        order: { ...ORDER, certificateId: CERTIFICATE_ID },
        history: [{ at: AT, what: 'Adopted', orderId: ORDER_ID, certificateId: CERTIFICATE_ID, purchase: 1 }],
      },
    ],
    [
      'the organization that the order is of',
      {},
      { kind: 'adopted', order: { ...REMOTE, organizationId: 77 }, purchase: 1 },
      {
        order: { ...ORDER, organizationId: 77 },
        history: [{ at: AT, what: 'Adopted', orderId: ORDER_ID, purchase: 1 }],
      },
    ],
    [
      'what was said of a refusal, cut where the API server would not take it',
      {},
      { kind: 'refused', reason: 'OrderRefused', code: 'c'.repeat(600), message: 'm'.repeat(50_000) },
      {
        failures: {
          reason: 'OrderRefused',
          code: `${'c'.repeat(255)}…`,
          message: `${'m'.repeat(29_999)}…`,
          count: 1,
          lastAt: AT,
        },
      },
    ],
    [
      'entries and the time of the first question',
      { order: ORDER },
      { kind: 'validation', entries: [ENTRY] },
      { order: ORDER, validation: [ENTRY], validationSince: AT },
    ],
    [
      'what DigiCert validates of the organization',
      { order: ORDER },
      { kind: 'validation', entries: [ENTRY], organization: [{ type: 'ov', status: 'pending' }] },
      {
        order: ORDER,
        validation: [ENTRY],
        validationSince: AT,
        organizationValidation: [{ type: 'ov', status: 'pending' }],
      },
    ],
    [
      'an order that a check found issued as one whose requests were approved, but for one to revoke it',
      {
        order: {
          ...ORDER,
          requests: [
            { id: 1, status: 'pending' },
            { id: 2, status: 'submitted', type: 'reissue' },
            { id: 3, status: 'pending', type: 'revoke' },
            { id: 4, status: 'rejected' },
          ],
        },
        validationSince: AT,
      },
      { kind: 'validation', entries: [], order: { orderId: ORDER_ID, status: 'issued' } },
      {
        order: {
          ...ORDER,
          status: 'issued',
          requests: [
            { id: 1, status: 'approved' },
            { id: 2, status: 'approved', type: 'reissue' },
            { id: 3, status: 'pending', type: 'revoke' },
            { id: 4, status: 'rejected' },
          ],
        },
        validation: [],
        validationSince: AT,
      },
    ],
    [
      'the first question as the time that later checks count from',
      { order: ORDER, validationSince: '2026-11-24T11:00:00.000Z' },
      { kind: 'validation', entries: [ENTRY] },
      { order: ORDER, validation: [ENTRY], validationSince: '2026-11-24T11:00:00.000Z' },
    ],
    [
      'what a check said of the order',
      { order: ORDER, validationSince: AT },
      {
        kind: 'validation',
        entries: [],
        order: { orderId: ORDER_ID, status: 'issued', certificateId: CERTIFICATE_ID },
      },
      {
        order: {
          ...ORDER,
          status: 'issued',
          certificateId: CERTIFICATE_ID,
          requests: [{ id: 5, status: 'approved' }],
        },
        validation: [],
        validationSince: AT,
      },
    ],
    [
      'the certificate, counted, and nothing of the way to it',
      { order: ORDER, failures: FAILURES, validation: [ENTRY], validationSince: AT },
      { kind: 'stored', certificate: CERTIFICATE, orderId: ORDER_ID },
      { order: ORDER, certificate: { ...CERTIFICATE, storedTime: AT }, revision: 1 },
    ],
    [
      'the same count where the same certificate was written anew',
      aStatus(),
      { kind: 'stored', certificate: CERTIFICATE, orderId: ORDER_ID },
      aStatus(),
    ],
    [
      'the time of the first storing, where a Secret was rebuilt',
      aStatus({ certificate: { ...CERTIFICATE, storedTime: '2026-11-14T12:00:00.000Z' } }),
      { kind: 'stored', certificate: CERTIFICATE, orderId: ORDER_ID },
      aStatus({ certificate: { ...CERTIFICATE, storedTime: '2026-11-14T12:00:00.000Z' } }),
    ],
    [
      'a purchase in the history, where what was sent without an answer is found',
      { intent: SENT },
      { kind: 'adopted', order: REMOTE, purchase: 1 },
      {
        intent: SENT,
        order: { ...ORDER, alternativeOrderId: ALTERNATIVE_ID },
        history: [{ at: AT, what: 'Ordered', orderId: ORDER_ID, purchase: 1 }],
      },
    ],
    [
      'a purchase that cost nothing, where the next one begins behind a rejected one',
      { order: { ...ORDER, status: 'rejected' }, history: [{ at: AT, what: 'Ordered', orderId: ORDER_ID }] },
      { kind: 'recorded', intent: { ...INTENT, purchase: 2, releasedBy: '7000012' } },
      {
        intent: { ...INTENT, purchase: 2, releasedBy: '7000012' },
        history: [{ at: AT, what: 'Ordered', orderId: ORDER_ID, free: true }],
        lastHandledReleaseBrake: '7000012',
      },
    ],
    [
      'a reissue in the history, where another certificate takes the place of one',
      aStatus(),
      { kind: 'stored', certificate: { ...CERTIFICATE, serialNumber: 'ff', id: 5 }, orderId: ORDER_ID },
      aStatus({
        certificate: { ...CERTIFICATE, serialNumber: 'ff', id: 5, storedTime: AT },
        revision: 2,
        history: [{ at: AT, what: 'Reissued', orderId: ORDER_ID, certificateId: 5 }],
      }),
    ],
    [
      'the refusal, counted from one, and the intent without its mark',
      { intent: SENT },
      { kind: 'refused', reason: 'OrderRefused', code: 'c', message: 'no', intent: INTENT },
      { intent: INTENT, failures: { reason: 'OrderRefused', code: 'c', message: 'no', count: 1, lastAt: AT } },
    ],
    [
      'the refusal, counted on',
      { failures: FAILURES },
      { kind: 'refused', reason: 'OrderRefused', code: 'd', message: 'no' },
      { failures: { reason: 'OrderRefused', code: 'd', message: 'no', count: 3, lastAt: AT } },
    ],
    [
      'another refusal, counted anew',
      { failures: FAILURES },
      { kind: 'refused', reason: 'SecretWriteDenied', code: 'd', message: 'no' },
      { failures: { reason: 'SecretWriteDenied', code: 'd', message: 'no', count: 1, lastAt: AT } },
    ],
    [
      'the intent without its mark where nothing left',
      { intent: SENT },
      { kind: 'unsent', retryAt: NOW, throttled: 'no', message: 'nobody there', intent: INTENT },
      { intent: INTENT },
    ],
    [
      'the intent as it was where a call failed that buys nothing',
      { intent: SENT },
      { kind: 'unsent', retryAt: NOW, throttled: 'no', message: 'nobody there' },
      { intent: SENT },
    ],
    [
      'the mark where no answer came',
      { intent: INTENT },
      { kind: 'ambiguous', message: 'reset', intent: SENT },
      { intent: SENT },
    ],
  ])('is %s', (_sentence, before, outcome, wanted) => {
    expect(step(before, outcome)).toEqual(wanted)
  })

  test('keeps the last purchase in the history, however many reissues follow it', () => {
    const reissued = Array.from({ length: 29 }, () => ({ at: AT, what: 'Reissued' as const, orderId: ORDER_ID }))
    const history = [{ at: AT, what: 'Renewed' as const, orderId: ORDER_ID, purchase: 2 }, ...reissued]
    const before = { order: ORDER, certificate: { ...CERTIFICATE, serialNumber: 'old' }, history }
    const kept = step(before, { kind: 'stored', certificate: CERTIFICATE, orderId: ORDER_ID }).history!
    expect(kept).toHaveLength(30)
    expect(kept.map(({ what }) => what)).toEqual(['Renewed', ...reissued.map(({ what }) => what)])
    expect(kept.at(-1)?.certificateId).toBe(CERTIFICATE_ID)
  })

  test('keeps the last orders in the history, as one whose plan is not over is still held', () => {
    const orders = Array.from({ length: 3 }, (_, n) => ({ at: AT, what: 'Ordered' as const, orderId: n + 1 }))
    const reissued = Array.from({ length: 40 }, () => ({ at: AT, what: 'Reissued' as const, orderId: 3 }))
    const outcome: Outcome = { kind: 'adopted', order: REMOTE, purchase: 4 }
    const kept = step({ history: [...orders, ...reissued] }, outcome).history!.map(({ orderId }) => orderId)
    expect(kept).toEqual([1, 2, 3, ...Array.from({ length: 26 }, () => 3), ORDER_ID])
  })

  test('is a history of the last thirty', () => {
    const history = Array.from({ length: 30 }, (_, n) => ({ at: AT, what: 'Ordered' as const, orderId: n + 1 }))
    const outcome: Outcome = { kind: 'adopted', order: REMOTE, purchase: 1 }
    const kept = step({ history }, outcome).history!.map(({ orderId }) => orderId)
    expect(kept).toEqual([...Array.from({ length: 29 }, (_, n) => n + 2), ORDER_ID])
  })

  test('leaves the status that it was given as it was', () => {
    const before = Object.freeze(aStatus({ failures: Object.freeze({ ...FAILURES }) }))
    expect(step(before, { kind: 'stored', certificate: CERTIFICATE, orderId: ORDER_ID })).not.toBe(before)
  })
})

test('what CertCentral did not say of an order stays as it was', () => {
  const before: OrderStatus = { order: { ...ORDER, certificateId: CERTIFICATE_ID, validUntil: '2027-11-23' } }
  expect(withOrder(before, { orderId: ORDER_ID, status: 'processing' }, 1).order).toEqual({
    ...before.order,
    status: 'processing',
  })
})

describe('an answer that is longer than a status can be', () => {
  const requests = Array.from({ length: 1000 }, (_, at) => ({ id: at + 1, status: 'pending', type: 'reissue' }))
  const entries = Array.from({ length: 1000 }, (_, at) => ({ ...ENTRY, dnsName: `n${String(at)}.example.com` }))
  const asked = { dnsNames: entries.map(({ dnsName }) => dnsName) }
  const order: RemoteOrder = { ...REMOTE, requests, asked }

  test.each<[string, OrderStatus, Outcome]>([
    ['placed', { intent: INTENT }, { kind: 'placed', order, purchase: 1, intent: SENT, validation: entries }],
    ['adopted', {}, { kind: 'adopted', order: { ...order, mismatches: [], older: 'no' }, purchase: 1 } as Outcome],
    [
      'reissued',
      { order: { ...ORDER, requests: [] } },
      { kind: 'reissued', order, intent: { ...SENT, purpose: 'Reissue' }, validation: entries },
    ],
    ['validation', { order: { ...ORDER, requests: [] } }, { kind: 'validation', entries, order }],
  ])(
    'is kept as far as it fits where an order is %s: the order id is written all the same',
    (_what, before, outcome) => {
      // `step` holds the status against the schema that the API server has.
      const { order: known, validation = [] } = step(before, outcome)
      expect(known?.id).toBe(ORDER_ID)
      expect(known?.requests?.length).toBe(64)
      expect(validation.length).toBe(outcome.kind === 'adopted' ? 0 : 300)
    },
  )
})
