import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Collector, type ReceivedSpan, startCollector } from '../../support/collector.ts'
import { orderIdOf, orderNamed } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { type LogLine, keepLines } from '../../support/log-lines.ts'
import type { CallCounts } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

const lines = keepLines()
const OTEL = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_BSP_SCHEDULE_DELAY'] as const

let collector: Collector
let machine: TimeMachine
let life: Life
/** Private keys as they were in Secrets, one body each. */
const keys = new Set<string>()
/** The calls that CertCentral counted until the operator ended. */
let calls: Promise<CallCounts> | undefined
let end: Promise<void> | undefined
const close = (): Promise<void> => {
  calls ??= machine.certCentral.calls()
  const counted = calls
  return (end ??= counted.then(() => machine.close()))
}

beforeAll(async () => {
  collector = await startCollector()
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50'
  machine = await startTimeMachine({ approval: 'one-step' }, lines)
  for (const name of OTEL) Reflect.deleteProperty(process.env, name)
  life = lifeOf(machine)
}, 60_000)
afterAll(async () => {
  await close()
  await collector.close()
})

const told = (name: string): LogLine[] => lines.told().filter((line) => line['name'] === name)

const SHORT: Readonly<Record<string, string>> = { 'Conditions changed': 'condition ', 'DigiCertOrder deleted': 'gone ' }

const brief = ({ level, message, action, reason }: LogLine): string =>
  `${level} ${SHORT[message] ?? ''}${String(action)} ${String(reason)}`

/** All that is told of an order, once its last line is there: a status can be read before the log has it. */
const toldToTheEnd = async (name: string, end: string): Promise<LogLine[]> => {
  const isThere = () => Promise.resolve(told(name).map(brief).at(-1) === end)
  // Where it does not come, the lines that did say more than that.
  await waitFor(isThere, { what: end, limitMs: 10_000 }).catch(() => undefined)
  return told(name)
}

const noteKeys = async (name: string): Promise<void> => {
  for (const secret of [`${name}-tls`, `${name}-key-1`, `${name}-key-2`]) {
    const pem = (await machine.cluster.secret(machine.namespace, secret))?.data['tls.key']?.toString() ?? ''
    const [, body = ''] = pem.split('\n')
    if (body !== '') keys.add(body)
  }
}

const approve = async (name: string): Promise<void> => {
  const order = await life.says(name, 'AwaitingApproval')
  await noteKeys(name)
  await machine.certCentral.approve(orderIdOf(order))
  await machine.travel(1 / 48)
}

const prove = async (name: string): Promise<void> => {
  const order = await life.says(name, 'AwaitingValidation')
  for (const { record } of order.status?.validation ?? [])
    if (record) await machine.certCentral.publishRecord(record.name, record.type, [record.value])
  await machine.travel(1 / 48)
}

/** An order of which everything comes to pass, until its resource is deleted. */
const live = async (): Promise<void> => {
  const spec = { orderValidity: { days: 120 }, deletionPolicy: 'RevokeCertificate' }
  await machine.apply(orderNamed('shop', spec))
  await approve('shop')
  await prove('shop')
  await machine.settled('shop')

  await life.edit('shop', { dnsNames: ['www.shop.example.com'] })
  await approve('shop')
  await life.revised('shop', 2)
  await noteKeys('shop')

  await machine.travel(1.01)
  const { status } = await machine.until('shop', 'a renewal ahead', (order) => order.status?.next?.action === 'Renew')
  await machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
  await approve('shop')
  await prove('shop')
  await life.revised('shop', 3)
  await noteKeys('shop')

  await life.remove('shop')
  await life.isGone('shop')
}

const LIFE = `
info AddFinalizer Deleting
info CreateKey CreatingKey
info RecordIntent RecordingIntent
info PlaceOrder Ordering
info condition wait AwaitingApproval
info condition wait AwaitingValidation
info StoreCertificate StoringCertificate
info condition ready Issued
info RecordIntent RecordingIntent
info CreateNextKey CreatingKey
info PlaceReissue Reissuing
info condition wait AwaitingApproval
info StoreCertificate StoringCertificate
info PromoteKey Reissuing
info condition ready Issued
info RecordIntent RecordingIntent
info CreateKey CreatingKey
info PlaceOrder Ordering
info condition wait AwaitingApproval
info condition wait AwaitingValidation
info StoreCertificate StoringCertificate
info condition ready Issued
warn EndOrder Deleting
info RemoveFinalizer Deleting
info gone forget Deleted`

/** What is told of an order whose product there is not. */
const REFUSED = `
info CreateKey CreatingKey
info RecordIntent RecordingIntent
warn PlaceOrder Ordering
warn condition stalled OrderRefused`

const FIELDS = ['namespace', 'name', 'action', 'reason', 'cause', 'traceId']

const lacking = (line: LogLine): string[] =>
  FIELDS.filter((field) => typeof line[field] !== 'string' || line[field] === '').map(
    (field) => `${brief(line)}: ${field}`,
  )

/** Whether each change of a condition goes on where the one before it ended. */
const gaps = (told: readonly LogLine[]): string[] => {
  const changes = told.filter(({ message }) => message === 'Conditions changed')
  return changes.filter(({ previous }, at) => previous !== (changes[at - 1]?.['conditions'] ?? '')).map(brief)
}

const rootsOf = (spans: readonly ReceivedSpan[]) => spans.filter(({ parent }) => parent === undefined)

const MILLISECOND = 1_000_000n

/** Spans that do not lie inside of the pass that they belong to. */
const strays = (spans: readonly ReceivedSpan[]): string[] => {
  const roots = new Map(rootsOf(spans).map((root) => [root.traceId, root]))
  return spans
    .filter(({ traceId, parent, from, to }) => {
      const root = roots.get(traceId)
      if (root === undefined) return true
      const isInside = from >= root.from - MILLISECOND && to <= root.to + MILLISECOND
      return parent !== undefined && !(parent === root.id && isInside)
    })
    .map(({ name }) => name)
}

describe('the log and the traces of a life', () => {
  test('have one line for each transition, from the first apply to the deletion', async () => {
    await live()
    const lines = await toldToTheEnd('shop', 'info gone forget Deleted')
    expect(`\n${lines.map(brief).join('\n')}`).toBe(LIFE)
    expect(lines.flatMap(lacking)).toEqual([])
    expect(gaps(lines)).toEqual([])
    const ids = lines.flatMap((line) => (line['action'] === 'PlaceOrder' ? [line['orderId']] : []))
    expect(ids).toHaveLength(2)
    const [first, second] = ids
    expect(new Set(lines.slice(3, 16).map(({ orderId }) => orderId))).toEqual(new Set([first]))
    expect(new Set(lines.slice(17).map(({ orderId }) => orderId))).toEqual(new Set([second]))
  }, 120_000)

  test('say at level warn that CertCentral refuses, with its words', async () => {
    await machine.apply(orderNamed('odd', { product: 'ssl_no_such_product' }))
    await life.says('odd', 'OrderRefused')
    const lines = await toldToTheEnd('odd', 'warn condition stalled OrderRefused')
    expect(`\n${lines.map(brief).join('\n')}`).toBe(REFUSED)
    expect(lines.flatMap(lacking)).toEqual([])
    expect(lines.at(-2)?.['cause']).toMatch(/product/)
  }, 60_000)

  test('have no line above debug over an hour in which nothing changes, though looks are taken', async () => {
    await machine.apply(orderNamed('calm'))
    await approve('calm')
    await prove('calm')
    await machine.settled('calm')
    const before = (await toldToTheEnd('calm', 'info condition ready Issued')).length
    await machine.travel(1 / 24)
    await life.looked('calm')
    expect(told('calm').slice(before).map(brief)).toEqual([])
    const decisions = lines.all().filter(({ name, message }) => name === 'calm' && message === 'No change')
    expect(decisions.at(-1)).toMatchObject({ level: 'debug', action: 'ready', reason: 'Issued' })
  }, 60_000)

  test('have one line for each change of the account', () => {
    const account = lines.told().filter(({ message }) => message === 'Account changed')
    expect(account.map(({ level, kind, name, reason }) => [level, kind, name, reason].join(' '))).toEqual([
      'info DigiCertAccount certcentral KeyAccepted',
    ])
    expect(account[0]).toMatchObject({ namespace: machine.namespace, ready: 'True', previous: 'Unknown' })
  })

  test('are one trace for each pass, with its calls and writes inside; no secret is in either', async () => {
    await close()
    const spans = collector.spans()
    const roots = rootsOf(spans)
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(roots.length)
    expect(strays(spans)).toEqual([])
    // Polls of the account go on until the very end.
    const counted = (await calls)?.last.filter(({ path }) => !path.includes('status-changes')) ?? []
    const traced = spans.filter(
      ({ facts }) => !['statusChanges', undefined].includes(facts['certcentral.operation'] as string),
    )
    expect(traced.length).toBe(counted.length)
    expect(new Set(roots.map(({ name }) => name))).toEqual(
      new Set(['reconcile DigiCertOrder', 'reconcile DigiCertAccount']),
    )

    const purchase = told('shop').find(({ action }) => action === 'PlaceOrder')
    const trace = spans.filter(({ traceId }) => traceId === purchase?.['traceId'])
    const [root] = rootsOf(trace)
    expect(root?.facts).toMatchObject({
      'k8s.namespace.name': machine.namespace,
      'digicert_operator.name': 'shop',
      'digicert_operator.action': 'wait',
      'digicert_operator.reason': 'AwaitingApproval',
      'digicert_operator.result': 'succeeded',
      'digicert_operator.order_id': purchase?.['orderId'],
    })
    expect(root?.events.map(({ name }) => name)).toEqual(['AddFinalizer', 'CreateKey', 'RecordIntent', 'PlaceOrder'])
    expect(trace.find(({ facts }) => facts['certcentral.operation'] === 'placeOrder')).toMatchObject({
      name: 'POST /order/certificate/ssl_dv_geotrust_flex',
      facts: {
        'http.request.method': 'POST',
        'url.template': '/services/v2/order/certificate/ssl_dv_geotrust_flex',
        'server.address': '127.0.0.1',
        'http.response.status_code': 201,
        'certcentral.outcome': 'ok',
      },
      error: undefined,
    })
    const status = '/apis/digicert-operator.io/v1alpha1/namespaces/{namespace}/digicertorders/{name}/status'
    expect(trace.filter(({ name }) => name === `PUT ${status}`).length).toBeGreaterThanOrEqual(3)
    const refused = spans.find(({ name }) => name === 'POST /order/certificate/ssl_no_such_product')
    expect(refused).toMatchObject({
      error: '',
      facts: { 'error.type': expect.any(String), 'certcentral.outcome': 'refused' },
    })

    expect(keys.size).toBeGreaterThanOrEqual(3)
    for (const secret of keys)
      expect([lines.text().includes(secret), collector.received().includes(secret)]).toEqual([false, false])
    expect(/devkey|-----BEGIN/i.exec(`${lines.text()} ${collector.received()}`)).toBeNull()
  }, 60_000)
})
