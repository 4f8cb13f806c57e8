import { describe, expect, test } from '@jest/globals'
import { METRIC_ROWS } from '../../../src/telemetry/metric-definitions.ts'
import { type Sample, createMetrics } from '../../../src/telemetry/metrics.ts'

const orders = (value: number): Sample => ({ name: 'digicert_operator_orders', labels: { state: 'ready' }, value })
const linesOf = async (read: () => Sample[]): Promise<string[]> => (await createMetrics(read).text()).body.split('\n')

describe('the text that Prometheus scrapes', () => {
  test('has every metric of the table with its help and type, and those of the process', async () => {
    const { body, contentType } = await createMetrics(() => []).text()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    const lines = body.split('\n')
    for (const { name, type, help } of METRIC_ROWS) {
      expect(lines).toContain(`# TYPE ${name} ${type}`)
      expect(lines).toContain(`# HELP ${name} ${help}`)
    }
    expect(lines).toContain('# TYPE process_resident_memory_bytes gauge')
    expect(lines).toContain('# TYPE nodejs_eventloop_lag_seconds gauge')
  })

  test('reads what is so at the moment it is asked for, and forgets what is gone', async () => {
    let now = [orders(3)]
    const metrics = createMetrics(() => now)
    expect((await metrics.text()).body).toMatch(/^digicert_operator_orders\{state="ready"\} 3$/m)
    now = []
    expect((await metrics.text()).body).not.toMatch(/^digicert_operator_orders\{/m)
  })

  test('is of one moment, though another scrape begins before it ends', async () => {
    let value = 0
    const metrics = createMetrics(() => [orders((value += 1))])
    const bodies = await Promise.all([metrics.text(), metrics.text()])
    expect(bodies.map(({ body }) => /^digicert_operator_orders\{.*\} (\d+)$/m.exec(body)?.[1])).toEqual(['1', '2'])
  })

  test('counts what is counted, and says of what is kept elsewhere that it is a counter', async () => {
    const labels = { account: 'DigiCertAccount/shop/certcentral' }
    const waited: Sample = { name: 'digicert_operator_rate_limit_waited_seconds_total', labels, value: 4.5 }
    const metrics = createMetrics(() => [waited])
    metrics.count('digicert_operator_failures_total', { ...labels, reason: 'OrderRefused' })
    metrics.count('digicert_operator_failures_total', { ...labels, reason: 'OrderRefused' })
    metrics.observe('digicert_operator_certcentral_request_duration_seconds', { endpoint: 'orderInfo' }, 0.3)
    const lines = (await metrics.text()).body.split('\n')
    for (const line of [
      'digicert_operator_failures_total{account="DigiCertAccount/shop/certcentral",reason="OrderRefused"} 2',
      '# TYPE digicert_operator_rate_limit_waited_seconds_total counter',
      'digicert_operator_rate_limit_waited_seconds_total{account="DigiCertAccount/shop/certcentral"} 4.5',
      'digicert_operator_certcentral_request_duration_seconds_bucket{le="0.25",endpoint="orderInfo"} 0',
      'digicert_operator_certcentral_request_duration_seconds_bucket{le="0.5",endpoint="orderInfo"} 1',
      'digicert_operator_certcentral_request_duration_seconds_sum{endpoint="orderInfo"} 0.3',
    ])
      expect(lines).toContain(line)
  })

  test('has nothing more of thousands of accounts once they are gone, and all of the others', async () => {
    const metrics = createMetrics(() => [])
    const count = (account: string) => {
      metrics.count('digicert_operator_failures_total', { account, reason: 'OrderRefused' })
      metrics.count('digicert_operator_purchases_total', { account, product: account, purpose: 'order' })
      for (const code of ['200', '401'])
        metrics.count('digicert_operator_certcentral_requests_total', { account, endpoint: 'userMe', code })
    }
    const series = async () => (await metrics.text()).body.split('\n').filter((line) => line.startsWith('digicert_'))
    count('DigiCertAccount/shop/kept')
    const before = await series()
    expect(before).toHaveLength(4)
    const accounts = Array.from({ length: 3000 }, (_, number) => `DigiCertAccount/shop/${String(number)}`)
    for (const account of accounts) count(account)
    expect(await series()).toHaveLength(4 * 3001)
    for (const account of accounts) metrics.removeAccount(account)
    expect(await series()).toEqual(before)
    count('DigiCertAccount/shop/1')
    expect(await series()).toContain(
      'digicert_operator_failures_total{account="DigiCertAccount/shop/1",reason="OrderRefused"} 1',
    )
  })

  test('takes a value of a label as it is, whatever stands in it', async () => {
    const strange: Sample = { name: 'digicert_operator_orders', labels: { state: 'a"b\\c\nd' }, value: 1 }
    expect(await linesOf(() => [strange])).toContain(String.raw`digicert_operator_orders{state="a\"b\\c\nd"} 1`)
  })

  test('of two operators in one process is apart', async () => {
    const [one, two] = [createMetrics(() => []), createMetrics(() => [])]
    one.count('workqueue_adds_total', { name: 'digicertorder' })
    expect((await one.text()).body).toMatch(/^workqueue_adds_total\{name="digicertorder"\} 1$/m)
    expect((await two.text()).body).not.toMatch(/^workqueue_adds_total\{/m)
  })
})

describe('the table of metrics', () => {
  test('has each name once, with a help, and the prefix of the operator or a name that controller-runtime has', () => {
    const names = METRIC_ROWS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const familiar = /^(controller_runtime|workqueue|leader_election|rest_client)_/
    expect(names.filter((name) => !name.startsWith('digicert_operator_') && !familiar.test(name))).toEqual([])
    expect(METRIC_ROWS.filter(({ help }) => !/^[A-Z1].*\.$/.test(help))).toEqual([])
  })

  test('names counters, units and labels as Prometheus wants it', () => {
    const counters = METRIC_ROWS.filter(({ type }) => type === 'counter').map(({ name }) => name)
    expect(counters.filter((name) => !name.endsWith('_total'))).toEqual([])
    const others = METRIC_ROWS.filter(({ type }) => type !== 'counter').map(({ name }) => name)
    expect(others.filter((name) => name.endsWith('_total'))).toEqual([])
    expect(METRIC_ROWS.flatMap(({ labels }) => labels).filter((label) => !/^[a-z_]+$/.test(label))).toEqual([])
  })

  test('has no label whose values grow without bound', () => {
    const known = [
      ...[
        'namespace',
        'name',
        'action',
        'condition',
        'state',
        'reason',
        'waiting_for',
        'account',
        'product',
        'renewal',
      ],
      ...[
        'purpose',
        'policy',
        'endpoint',
        'code',
        'controller',
        'result',
        'method',
        'resource',
        'version',
        'node_version',
      ],
      // Of an order, five and `others` at most (`src/controller/repairs.ts`).
      'manager',
    ]
    expect([...new Set(METRIC_ROWS.flatMap(({ labels }) => labels))].filter((label) => !known.includes(label))).toEqual(
      [],
    )
  })
})
