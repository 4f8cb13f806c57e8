import { describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../../src/api/order.ts'
import { ORDER_REASONS } from '../../../../src/api/reasons.ts'
import type { OrderStatus } from '../../../../src/api/status.ts'
import { samplesOfOrders, standingOf } from '../../../../src/controller/figures/orders.ts'
import { NOW, INTENT, aStatus, anOrder, inDays, inHours, named } from '../../../support/builders.ts'

const SINCE = '2026-11-24T09:00:00Z'

const condition = (type: string, status: 'True' | 'False', reason: string) => ({
  ...{ type, status, reason, message: 'a sentence', observedGeneration: 1 },
  lastTransitionTime: type === 'Issuing' ? SINCE : '2026-11-20T09:00:00Z',
})

type Said = { ready?: 'True' | 'False'; issuing: 'True' | 'False'; reason: string; stalled?: 'True' }

const conditions = ({ ready = 'False', issuing, reason, stalled }: Said): OrderStatus => ({
  conditions: [
    condition('Ready', ready, ready === 'True' ? 'Issued' : reason),
    condition('Issuing', issuing, reason),
    ...(stalled ? [condition('Stalled', stalled, reason)] : []),
  ],
})

const saying = (said: Said, ...more: OrderStatus[]): DigiCertOrder =>
  anOrder({ status: aStatus(conditions(said), ...more) })

const entry = (status: string) => ({ dnsName: 'shop.example.com', status })

describe('how an order stands', () => {
  test.each<[string, DigiCertOrder, string, string]>([
    ['not looked at yet', anOrder(), 'new', ''],
    ['issued', saying({ ready: 'True', issuing: 'False', reason: 'Issued' }), 'ready', ''],
    ['approval', saying({ issuing: 'True', reason: 'AwaitingApproval' }), 'waiting', 'approval'],
    [
      'a reissue to approve',
      saying({ ready: 'True', issuing: 'True', reason: 'AwaitingApproval' }),
      'replacing',
      'approval',
    ],
    [
      'a domain',
      saying({ issuing: 'True', reason: 'AwaitingValidation' }, { validation: [entry('valid'), entry('pending')] }),
      'waiting',
      'domains',
    ],
    [
      'the organization, once all domains are proven',
      saying({ issuing: 'True', reason: 'AwaitingValidation' }, { validation: [entry('complete')] }),
      'waiting',
      'organization',
    ],
    ['a pick-up', saying({ issuing: 'True', reason: 'AwaitingPickup' }), 'waiting', 'pickup'],
    ['a pause after a 429', saying({ issuing: 'True', reason: 'Throttled' }), 'waiting', 'certcentral'],
    ['DigiCert', saying({ issuing: 'True', reason: 'Processing' }), 'waiting', 'digicert'],
    ['a step of our own', saying({ issuing: 'True', reason: 'CreatingKey' }), 'waiting', 'operator'],
    ['a person', saying({ issuing: 'False', reason: 'OrderRefused', stalled: 'True' }), 'stalled', ''],
    ['a refused reissue', saying({ ready: 'True', issuing: 'False', reason: 'ReissueRefused' }), 'attention', ''],
    ['suspended and good', saying({ ready: 'True', issuing: 'False', reason: 'Suspended' }), 'held', ''],
    ['suspended and lapsed', saying({ issuing: 'False', reason: 'Suspended' }), 'held', ''],
  ])('%s', (_what, order, state, waitsFor) => {
    expect(standingOf(order)).toMatchObject({ state, waitsFor })
  })

  test.each(Object.keys(ORDER_REASONS))('is known for the reason %s in every combination of conditions', (reason) => {
    const states = (['True', 'False'] as const).flatMap((issuing) =>
      (['True', 'False'] as const).map((ready) => standingOf(saying({ ready, issuing, reason }))),
    )
    expect(states.map((standing) => standing.reason)).toEqual([reason, reason, reason, reason])
    expect(states.map(({ state }) => state).slice(0, 2)).toEqual(['replacing', 'waiting'])
    expect(states.map(({ waitsFor }) => waitsFor !== '')).toEqual([true, true, false, false])
  })
})

describe('since when an order waits', () => {
  const seconds = (date: Date | string) => new Date(date).getTime() / 1000
  const sent = { intent: { ...INTENT, sentAt: inHours(-2).toISOString() } }
  const history = { history: [{ at: inHours(-5).toISOString(), what: 'Adopted' as const, orderId: 7 }] }
  const validating = { validationSince: inHours(-1).toISOString() }
  test.each<[string, OrderStatus[], string, Date | string]>([
    ['for approval: since the order was sent', [sent, history], 'AwaitingApproval', inHours(-2)],
    ['for approval of an adopted one: since it was', [history], 'AwaitingApproval', inHours(-5)],
    ['for approval, where nothing tells: since work began', [], 'AwaitingApproval', SINCE],
    ['for validation: since it was first asked for', [sent, validating], 'AwaitingValidation', inHours(-1)],
    ['for validation, where that was not noted: since the order was sent', [sent], 'AwaitingValidation', inHours(-2)],
    ['for anything else: since work began', [sent, validating], 'Processing', SINCE],
  ])('%s', (_what, facts, reason, since) => {
    expect(standingOf(saying({ issuing: 'True', reason }, ...facts)).since).toBe(seconds(since))
  })

  test('is the time that it stalled, that it became ready, or that it was made', () => {
    const stalled = saying({ issuing: 'False', reason: 'OrderRefused', stalled: 'True' })
    expect(standingOf(stalled).since).toBe(seconds('2026-11-20T09:00:00Z'))
    expect(standingOf(saying({ ready: 'True', issuing: 'False', reason: 'Issued' })).since).toBe(
      seconds('2026-11-20T09:00:00Z'),
    )
    expect(standingOf(anOrder()).since).toBe(seconds('2026-11-24T11:00:00Z'))
  })
})

describe('the figures of orders', () => {
  const valuesOf = (...orders: DigiCertOrder[]): Record<string, number> =>
    Object.fromEntries(
      samplesOfOrders(orders).map(({ name, labels, value }) => [
        [name.replace('digicert_operator_', ''), ...Object.values(labels)].join(' '),
        value,
      ]),
    )

  test('are the dates, conditions and failures of its status, under its namespace and name', () => {
    const order = saying(
      { ready: 'True', issuing: 'False', reason: 'Issued' },
      {
        order: { id: 7, status: 'issued', purchase: 1, validUntil: '2027-11-30' },
        next: { action: 'Reissue', at: inDays(10).toISOString(), why: 'the certificate ends' },
        failures: { reason: 'OrderNotReadable', count: 3, lastAt: NOW.toISOString(), code: 'forbidden', message: 'no' },
      },
    )
    expect(valuesOf(order)).toEqual({
      'order_info shop shop DigiCertAccount/shop/certcentral ssl_dv_geotrust_flex Renew': 1,
      'order_state_since_timestamp_seconds shop shop ready Issued ': Date.parse('2026-11-20T09:00:00Z') / 1000,
      'certificate_ready_status shop shop True': 1,
      'certificate_ready_status shop shop False': 0,
      'certificate_ready_status shop shop Unknown': 0,
      'certificate_not_before_timestamp_seconds shop shop': Date.parse('2026-11-14T12:00:00Z') / 1000,
      'certificate_not_after_timestamp_seconds shop shop': Date.parse('2027-06-02T12:00:00Z') / 1000,
      'certificate_renewal_timestamp_seconds shop shop Reissue': inDays(10).getTime() / 1000,
      'order_plan_end_timestamp_seconds shop shop': Date.parse('2027-11-30T23:59:59.999Z') / 1000,
      'order_failures shop shop OrderNotReadable': 3,
      ...{ 'orders ready': 1, 'orders new': 0, 'orders waiting': 0, 'orders replacing': 0 },
      ...{ 'orders attention': 0, 'orders stalled': 0, 'orders held': 0 },
    })
  })

  test('have the end of the plan that was asked for until CertCentral names one, once there is a certificate', () => {
    const asked = { dnsNames: ['shop.example.com'], certificateHash: 'x', validUntil: '2027-11-23' }
    const order = { id: 7, status: 'issued', purchase: 1, asked }
    const issued = saying({ ready: 'True', issuing: 'False', reason: 'Issued' }, { order })
    const end = 'order_plan_end_timestamp_seconds shop shop'
    expect(valuesOf(issued)[end]).toBe(Date.parse('2027-11-23T23:59:59.999Z') / 1000)
    const waiting = saying({ ready: 'False', issuing: 'True', reason: 'AwaitingApproval' }, { order })
    delete waiting.status!.certificate
    expect(valuesOf(waiting)).not.toHaveProperty(end)
  })

  test('of an order that was just made are that it is not looked at', () => {
    const values = valuesOf(anOrder())
    expect(values).toMatchObject({ 'orders new': 1, 'certificate_ready_status shop shop Unknown': 1 })
    expect(Object.keys(values).filter((name) => name.startsWith('certificate_not'))).toEqual([])
  })

  test('count every order in one state', () => {
    const orders = [anOrder(), anOrder(named('two')), saying({ issuing: 'True', reason: 'Processing' })]
    expect(valuesOf(...orders)).toMatchObject({ 'orders new': 2, 'orders waiting': 1, 'orders ready': 0 })
  })

  test('tell nothing of a date that is none', () => {
    const order = anOrder({ status: { ...aStatus(), certificate: { ...aStatus().certificate!, notAfter: 'never' } } })
    expect(samplesOfOrders([order]).filter(({ value }) => Number.isNaN(value))).toEqual([])
    expect(Object.keys(valuesOf(order)).filter((name) => name.startsWith('certificate_not_after'))).toEqual([])
  })

  test('never show a name of a certificate, an id or a message', () => {
    const text = JSON.stringify(
      samplesOfOrders([
        saying(
          { issuing: 'True', reason: 'AwaitingValidation' },
          {
            validation: [entry('pending')],
            failures: { reason: 'OrderRefused', count: 1, lastAt: SINCE, code: 'c0de', message: 'a long tale' },
          },
        ),
      ]).map(({ labels }) => labels),
    )
    for (const secret of ['example.com', '7000012', '9000034', 'a sentence', 'a long tale', 'c0de'])
      expect(text).not.toContain(secret)
  })
})
