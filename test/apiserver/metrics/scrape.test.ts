import path from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { METRIC_ROWS } from '../../../src/telemetry/metric-definitions.ts'
import {
  type Bed,
  WRONG_KEY,
  accountIn,
  annotate,
  leaks,
  orderPost,
  place,
  startBed,
  untilReady,
  untilStalled,
  untilWaiting,
} from '../../support/bad-days.ts'
import { dashboardQuestions } from '../../support/dashboard.ts'
import { type Prometheus, startPrometheus } from '../../support/prometheus.ts'
import { waitFor } from '../../support/wait-for.ts'

const RULES = path.join(import.meta.dirname, '../../../helm/digicert-operator/files/alerts.yaml')
const LIMIT = 30_000

/** CertCentral refuses orders of it here. */
const REFUSED_PRODUCT = 'ssl_dv_thawte'

let bed: Bed
let prometheus: Prometheus

/** Orders in every state that there is a figure for. */
async function fill(): Promise<void> {
  const { control, cluster, namespace } = bed
  await place(bed, 'issued')
  const { status } = await untilReady(bed, 'issued', LIMIT)
  await annotate(bed, 'issued', { 'digicert-operator.io/reissue-requested-at': 'now' })
  await bed.cluster.waitForOrder(namespace, 'issued', (order) => order.status?.revision === 2, LIMIT)
  await cluster.remove({ kind: 'DigiCertOrder', namespace, name: 'issued' })
  await place(bed, 'adopted', { adoptOrderId: status?.order?.id, commonName: 'issued.example.com' })
  await untilReady(bed, 'adopted', LIMIT)
  await cluster.remove({ kind: 'Secret', namespace, name: 'adopted-tls' })
  await waitFor(() => cluster.secret(namespace, 'adopted-tls'), { what: 'a repaired Secret', limitMs: LIMIT })

  await control.addFault({ match: { ...orderPost(REFUSED_PRODUCT), times: 0 }, action: 'status', status: 400 })
  await cluster.apply(accountIn(bed, 'refused', { apiKey: WRONG_KEY }))
  await control.changeSettings({ approval: 'one-step' })
  await Promise.all([
    place(bed, 'approval'),
    place(bed, 'refused', { product: REFUSED_PRODUCT }),
    place(bed, 'keyless', { accountRef: { name: 'refused' } }),
  ])
  await untilWaiting(bed, 'approval', 'AwaitingApproval', LIMIT)
  await untilStalled(bed, 'refused', 'OrderRefused', LIMIT)
  await untilStalled(bed, 'keyless', 'AccountNotReady', LIMIT)
  await control.changeSettings({ approval: 'none', instant: false })
  await place(bed, 'domain', { dcv: { method: 'dns-txt-token' } })
  await untilWaiting(bed, 'domain', 'AwaitingValidation', LIMIT)
}

beforeAll(async () => {
  bed = await startBed()
  prometheus = await startPrometheus({ metricsUrl: bed.operator.metricsUrl, rules: RULES })
  await fill()
}, 240_000)

afterAll(async () => {
  await prometheus.stop()
  await bed.close()
})

/** The series of a question, once there are any. */
const answerTo = (expression: string) =>
  waitFor(
    async () => {
      const found = await prometheus.query(expression)
      return found.length > 0 ? found : undefined
    },
    { what: `answer to ${expression}`, limitMs: LIMIT, everyMs: 250 },
  )

const of = (name: string): string => `{namespace="${bed.namespace}", name="${name}"}`

test('Prometheus takes what the operator tells', async () => {
  await waitFor(async () => (await prometheus.targets())[0] === 'up', { what: 'scraped target', limitMs: LIMIT })
})

test('every metric of the table has a sample', async () => {
  await answerTo(`digicert_operator_order_state_since_timestamp_seconds{waiting_for="domains"}`)
  const told = await prometheus.query('group by (__name__) ({job="digicert-operator"})')
  const names = new Set(told.map(({ metric }) => (metric['__name__'] ?? '').replace(/_(bucket|count|sum)$/, '')))
  expect(METRIC_ROWS.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([])
})

test.each([
  ['adopted', 'ready', 'Issued', ''],
  ['approval', 'waiting', 'AwaitingApproval', 'approval'],
  ['domain', 'waiting', 'AwaitingValidation', 'domains'],
  ['refused', 'stalled', 'OrderRefused', ''],
  ['keyless', 'stalled', 'AccountNotReady', ''],
])('order %s is told as %s for %s', async (name, state, reason, waitsFor) => {
  const [series] = await answerTo(`digicert_operator_order_state_since_timestamp_seconds${of(name)}`)
  expect(series?.metric).toMatchObject({ state, reason, ...(waitsFor === '' ? {} : { waiting_for: waitsFor }) })
  expect(Math.abs(Date.now() / 1000 - Number(series?.value[1]))).toBeLessThan(600)
})

test('an order that is gone is told of no more', async () => {
  await answerTo(`digicert_operator_order_info${of('adopted')}`)
  expect(await prometheus.query(`digicert_operator_order_info${of('issued')}`)).toEqual([])
})

test('what was bought, reissued and taken over is counted', async () => {
  const account = `account="DigiCertAccount/${bed.namespace}/certcentral"`
  const valueOf = async (name: string) => {
    const [series] = await answerTo(`sum(digicert_operator_${name}{${account}})`)
    return Number(series?.value[1])
  }
  await answerTo(`digicert_operator_order_info${of('domain')}`)
  const paid = (await bed.control.paid()).length
  expect(await valueOf('purchases_total')).toBe(paid)
  expect(await valueOf('adoptions_total')).toBe(1)
  expect(await valueOf('account_orders_today')).toBe(paid)
})

test('alerts fire for the order that stalled and the key that is refused', async () => {
  const isFiring = async (alertname: string, labels: Record<string, string>) =>
    (await prometheus.alerts()).some(
      ({ state, labels: seen }) =>
        state === 'firing' && Object.entries({ alertname, ...labels }).every(([label, value]) => seen[label] === value),
    )
  const account = `DigiCertAccount/${bed.namespace}/refused`
  const cases: [string, Record<string, string>][] = [
    ['DigiCertOrderStalled', { namespace: bed.namespace, name: 'refused', reason: 'OrderRefused' }],
    ['DigiCertAccountNotReady', { account, reason: 'KeyRefused' }],
  ]
  for (const [alert, labels] of cases)
    await waitFor(() => isFiring(alert, labels), { what: `firing ${alert}`, limitMs: LIMIT, everyMs: 250 })
  const others = (await prometheus.alerts()).filter(({ labels }) => labels['name'] === 'adopted')
  expect(others).toEqual([])
})

test.each(dashboardQuestions())('panel $panel shows something: $expression', async ({ expression }) => {
  expect((await answerTo(expression)).length).toBeGreaterThan(0)
})

test('no secret is in what is scraped', async () => {
  expect(await leaks(bed)).toEqual([])
})
