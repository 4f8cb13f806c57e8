import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../../../src/api/status.ts'
import { countCall, countStep } from '../../../../src/controller/figures/deeds.ts'
import type { Outcome } from '../../../../src/order/outcome.ts'
import { createMetrics } from '../../../../src/telemetry/metrics.ts'
import { INTENT, NOW, anOrder } from '../../../support/builders.ts'

const order = { orderId: 7, status: 'pending' }
const OF = 'account="DigiCertAccount/shop/certcentral"'
const FLEX = 'product="ssl_dv_geotrust_flex"'

const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> =>
  (await metrics.text()).body.split('\n').filter((line) => line.startsWith(`digicert_operator_${name}`))

const after = async (outcome: Outcome, before: OrderStatus = {}): Promise<string[]> => {
  const metrics = createMetrics(() => [])
  countStep(metrics, { order: anOrder(), before, outcome })
  const names = ['purchases_total', 'reissues_total', 'adoptions_total', 'failures_total', 'orders_left_total']
  return (await Promise.all(names.map((name) => linesOf(metrics, name)))).flat()
}

describe('a step is counted as', () => {
  const sent = { intent: { ...INTENT, sentAt: NOW.toISOString() } }
  const renewal = { ...INTENT, purpose: 'Renewal' as const }
  test.each<[string, Outcome, OrderStatus, string[]]>([
    [
      'a purchase',
      { kind: 'placed', order, purchase: 1, intent: INTENT, validation: [] },
      {},
      [`digicert_operator_purchases_total{${OF},${FLEX},purpose="order"} 1`],
    ],
    [
      'a renewal',
      { kind: 'placed', order, purchase: 2, intent: renewal, validation: [] },
      {},
      [`digicert_operator_purchases_total{${OF},${FLEX},purpose="renewal"} 1`],
    ],
    [
      'a purchase, where the answer to it was lost',
      { kind: 'adopted', order, purchase: 1 },
      sent,
      [`digicert_operator_purchases_total{${OF},${FLEX},purpose="order"} 1`],
    ],
    [
      'an adoption',
      { kind: 'adopted', order, purchase: 1 },
      { intent: INTENT },
      [`digicert_operator_adoptions_total{${OF},${FLEX}} 1`],
    ],
    [
      'a reissue',
      { kind: 'reissued', order, intent: INTENT, validation: [] },
      {},
      [`digicert_operator_reissues_total{${OF},${FLEX}} 1`],
    ],
    [
      'a refusal',
      { kind: 'refused', reason: 'OrderRefused', code: 'c', message: 'no' },
      {},
      [`digicert_operator_failures_total{${OF},reason="OrderRefused"} 1`],
    ],
    [
      'a pause',
      { kind: 'unsent', retryAt: NOW, throttled: 'yes', message: 'later' },
      {},
      [`digicert_operator_failures_total{${OF},reason="Throttled"} 1`],
    ],
    [
      'an outage',
      { kind: 'unsent', retryAt: NOW, throttled: 'no', message: 'nobody there' },
      {},
      [`digicert_operator_failures_total{${OF},reason="CertCentralUnavailable"} 1`],
    ],
    [
      'an order that is left in CertCentral, where it was deleted and not ended',
      { kind: 'left', message: 'revoke it' },
      {},
      [`digicert_operator_orders_left_total{policy="Retain"} 1`],
    ],
    [
      'an unknown outcome',
      { kind: 'ambiguous', message: 'silence', intent: INTENT },
      {},
      [`digicert_operator_failures_total{${OF},reason="OutcomeUnknown"} 1`],
    ],
    ['nothing, where nothing was bought and nothing failed', { kind: 'recorded', intent: INTENT }, {}, []],
    ['nothing, where another was faster', { kind: 'conflict' }, {}, []],
  ])('%s', async (_what, outcome, before, lines) => {
    const samples = (await after(outcome, before)).filter((line) => !line.startsWith('#'))
    expect(samples).toEqual(lines)
  })
})

describe('a call is counted', () => {
  type Call = Parameters<typeof countCall>[2]
  const call = { method: 'GET' as const, route: '/order/certificate/{id}', resends: 0, waitedMs: 0, tookMs: 1500 }
  const codeOf = async (record: Pick<Call, 'result' | 'kind' | 'status'>) => {
    const metrics = createMetrics(() => [])
    countCall(metrics, 'ClusterDigiCertAccount/all', { ...call, operation: 'orderInfo', ...record })
    const [line] = await linesOf(metrics, 'certcentral_requests_total{')
    return /code="([^"]*)"/.exec(line ?? '')?.[1]
  }

  test('with its status, and where none came with what kept it away', async () => {
    expect(await codeOf({ result: 'ok', status: 200 })).toBe('200')
    expect(await codeOf({ result: 'refused', kind: 'throttled', status: 429 })).toBe('429')
    expect(await codeOf({ result: 'unsent', kind: 'unreachable' })).toBe('unreachable')
    expect(await codeOf({ result: 'ambiguous' })).toBe('ambiguous')
  })

  test('with its endpoint and its length', async () => {
    const metrics = createMetrics(() => [])
    const record = { ...call, operation: 'placeOrder' as const, result: 'ok' as const, status: 201 }
    countCall(metrics, 'ClusterDigiCertAccount/all', record)
    const labels = 'account="ClusterDigiCertAccount/all",endpoint="placeOrder",code="201"'
    expect(await linesOf(metrics, 'certcentral_requests_total{')).toEqual([
      `digicert_operator_certcentral_requests_total{${labels}} 1`,
    ])
    expect(await linesOf(metrics, 'certcentral_request_duration_seconds_sum')).toEqual([
      'digicert_operator_certcentral_request_duration_seconds_sum{endpoint="placeOrder"} 1.5',
    ])
  })
})
