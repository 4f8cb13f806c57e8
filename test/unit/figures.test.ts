import { describe, expect, test } from '@jest/globals'
import { type Account, clusterAccountSpec } from '../../src/api/account.ts'
import { type Figured, countReconcile, queueObserver, samplesOf } from '../../src/figures.ts'
import type { Informer } from '../../src/kube/informer.ts'
import { METRIC_ROWS } from '../../src/telemetry/metric-definitions.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { anOrder } from '../support/builders.ts'

const condition = {
  ...{ type: 'Ready', status: 'False' as const, reason: 'KeyRefused', message: 'a sentence' },
  lastTransitionTime: '2026-11-24T09:00:00Z',
}
const account: Account = {
  metadata: { name: 'certcentral', namespace: 'shop' },
  spec: clusterAccountSpec.parse({ apiKeySecretRef: { name: 'key' }, policy: { maxOrdersPerDay: 7 } }),
  status: { conditions: [condition] },
}
const KEY = 'DigiCertAccount/shop/certcentral'

const cacheOf = <T>(...objects: T[]) => ({ list: () => objects }) as unknown as Informer<T & { metadata: never }>
const snapshot = { high: 2, low: 3, processing: 4, delayed: 0, longestRunningMs: 2500 }

const figured: Figured = {
  caches: {
    orders: cacheOf(anOrder()) as never,
    accounts: { DigiCertAccount: cacheOf(account) as never, ClusterDigiCertAccount: cacheOf() as never },
    watches: () => [
      { resource: 'digicertorders', synced: true, silentMs: 1500 },
      { resource: 'secrets', synced: false, silentMs: undefined },
    ],
  },
  controlled: [{ name: 'digicertorder', queue: { snapshot: () => snapshot }, workers: 16 }],
  rateLimiters: {
    states: () => [
      [KEY, { available: 5, waiting: 6, waitedMs: 7500, pausedMs: 8000, pausedUntil: new Date(0) }],
      ['ClusterDigiCertAccount/all', { available: 90, waiting: 0, waitedMs: 0, pausedMs: 0 }],
    ],
  },
  memory: {
    repaired: () => [
      [
        'shop/web',
        {
          ...{ count: 2, lastAt: new Date(0), managers: ['external-secrets'], wasMissing: 'no' },
          totals: new Map([
            ['', 1],
            ['external-secrets', 6],
          ]),
        },
      ],
    ],
  },
  leading: () => true,
  known: () => ({ ordersToday: () => 3, aheadMs: () => -2500 }),
}

const linesOf = async (given: Figured): Promise<string[]> =>
  (await createMetrics(() => samplesOf(given)).text()).body.split('\n').filter((line) => !line.startsWith('#'))

const LEADERS = METRIC_ROWS.filter(({ from }) => from === 'leader').map(({ name }) => name)
const isLeaders = (line: string): boolean => LEADERS.some((name) => line.startsWith(name))

describe('the figures of a replica', () => {
  test('that leads are those of orders, accounts, budgets, queues and watches', async () => {
    const lines = await linesOf(figured)
    for (const line of [
      'digicert_operator_orders{state="new"} 1',
      `digicert_operator_account_ready_status{account="${KEY}",condition="True"} 0`,
      `digicert_operator_account_ready_status{account="${KEY}",condition="False"} 1`,
      `digicert_operator_account_status{account="${KEY}",reason="KeyRefused"} 1`,
      `digicert_operator_account_orders_today{account="${KEY}"} 3`,
      `digicert_operator_account_max_orders_per_day{account="${KEY}"} 7`,
      `digicert_operator_account_clock_ahead_seconds{account="${KEY}"} -2.5`,
      `digicert_operator_rate_limit_available_calls{account="${KEY}"} 5`,
      `digicert_operator_rate_limit_waiting_calls{account="${KEY}"} 6`,
      `digicert_operator_rate_limit_paused{account="${KEY}"} 1`,
      'digicert_operator_rate_limit_paused{account="ClusterDigiCertAccount/all"} 0',
      `digicert_operator_rate_limit_waited_seconds_total{account="${KEY}"} 7.5`,
      `digicert_operator_rate_limit_paused_seconds_total{account="${KEY}"} 8`,
      'digicert_operator_secret_repairs_total{namespace="shop",name="web",manager=""} 1',
      'digicert_operator_secret_repairs_total{namespace="shop",name="web",manager="external-secrets"} 6',
      'workqueue_depth{name="digicertorder"} 5',
      'workqueue_longest_running_processor_seconds{name="digicertorder"} 2.5',
      'controller_runtime_active_workers{controller="digicertorder"} 4',
      'controller_runtime_max_concurrent_reconciles{controller="digicertorder"} 16',
      'digicert_operator_informer_synced{resource="digicertorders"} 1',
      'digicert_operator_informer_synced{resource="secrets"} 0',
      'digicert_operator_informer_silent_seconds{resource="digicertorders"} 1.5',
    ])
      expect(lines).toContain(line)
    expect(lines.filter((line) => line.startsWith('digicert_operator_informer_silent_seconds{'))).toHaveLength(1)
  })

  test.each<[string, Partial<Figured>]>([
    ['does not lead', { leading: () => false }],
    ['does not lead any more', { leading: () => false, known: figured.known }],
    ['leads and has not begun to work', { known: () => undefined }],
  ])('that %s are none that another one tells', async (_what, change) => {
    const lines = await linesOf({ ...figured, ...change })
    expect(lines.filter(isLeaders)).toEqual([])
    expect(lines).toContain('digicert_operator_informer_synced{resource="digicertorders"} 1')
  })
})

describe('what is counted of a controller', () => {
  test('is each pass with its result and length, from zero on', async () => {
    const metrics = createMetrics(() => [])
    const observer = countReconcile(metrics, 'digicertorder')
    const counted = async () =>
      (await metrics.text()).body.split('\n').filter((line) => /^(controller_runtime|workqueue)_/.test(line))
    const result = (name: string, times: number) =>
      `controller_runtime_reconcile_total{controller="digicertorder",result="${name}"} ${times}`
    expect(await counted()).toEqual([
      ...[result('success', 0), result('requeue', 0), result('error', 0)],
      'workqueue_retries_total{name="digicertorder"} 0',
    ])
    observer('shop/one', 'succeeded', 500)
    observer('shop/two', 'failed', 3000)
    observer('shop/two', 'conflict', 250)
    expect(await counted()).toEqual(
      expect.arrayContaining([
        ...[result('success', 1), result('requeue', 1), result('error', 1)],
        'controller_runtime_reconcile_time_seconds_sum{controller="digicertorder"} 3.75',
        'workqueue_work_duration_seconds_count{name="digicertorder"} 3',
      ]),
    )
  })

  test('is each key that comes, is taken and comes back', async () => {
    const metrics = createMetrics(() => [])
    const observer = queueObserver(metrics, 'digicertaccount')
    observer.added()
    observer.taken(700)
    observer.retried()
    const { body } = await metrics.text()
    for (const line of [
      'workqueue_adds_total{name="digicertaccount"} 1',
      'workqueue_queue_duration_seconds_sum{name="digicertaccount"} 0.7',
      'workqueue_retries_total{name="digicertaccount"} 1',
    ])
      expect(body.split('\n')).toContain(line)
  })
})
