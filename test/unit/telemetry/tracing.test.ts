import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createRedactor } from '../../../src/telemetry/redact.ts'
import {
  type Tracing,
  addSpanEvent,
  noTracing,
  recordCall,
  recordError,
  setSpanAttributes,
  startTracing,
  traceFields,
} from '../../../src/telemetry/tracing.ts'
import { type Collector, startCollector } from '../../support/collector.ts'
import { keptLog } from '../../support/log-lines.ts'
import { waitFor } from '../../support/wait-for.ts'

const SECRET = 'MARKED0API0KEY0IN0A0SPAN'
const ORDER = { kind: 'DigiCertOrder', namespace: 'shop', name: 'web' }

let collector: Collector
beforeEach(async () => {
  collector = await startCollector()
})
const before = { ...process.env }
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OTEL_')) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, before)
  await collector.close()
})

const start = async (env: Readonly<Record<string, string>> = {}) => {
  Object.assign(process.env, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '10', ...env })
  const redactor = createRedactor()
  redactor.addSecret(SECRET)
  const kept = keptLog('debug', redactor)
  const tracing = await startTracing({ env: process.env, version: '1.2.3', redactor, log: kept.log })
  return { tracing, redactor, ...kept }
}

const call = (name: string) => () => ({ name, tookMs: 5, attributes: { 'http.request.method': 'GET' } })

const onePass = (tracing: Tracing, text = 'fine') =>
  tracing.traceReconcile(ORDER, async () => {
    recordCall(call('GET /user/me'))
    await Promise.resolve()
    setSpanAttributes({ 'digicert_operator.action': 'wait', 'digicert_operator.reason': text })
    addSpanEvent('CreateKey', { outcome: 'done' })
    recordCall(() => ({ ...call('PUT /order')(), error: 'timeout' }))
    return 'succeeded' as const
  })

describe('a traced pass', () => {
  test('shows the order by its name, though another tenant has that for an API key', async () => {
    const { tracing, redactor } = await start()
    const name = 'N4ME0OF0AN0ORDER0OF0ANOTHER'
    redactor.track(name)
    await tracing.traceReconcile({ ...ORDER, name }, () => {
      setSpanAttributes({ 'digicert_operator.reason': name, note: name })
      return Promise.resolve('succeeded')
    })
    await tracing.shutdown(5_000)
    expect(collector.spans()[0]?.facts).toMatchObject({
      'digicert_operator.name': name,
      'digicert_operator.reason': name,
      note: '[redacted]',
    })
  })

  test('is one span with what it decided, and its calls inside of it', async () => {
    const { tracing } = await start()
    expect(await onePass(tracing)).toBe('succeeded')
    await tracing.shutdown(5_000)
    const [root, ...rest] = collector
      .spans()
      .toSorted((a, b) => (a.parent === undefined ? -1 : b.parent === undefined ? 1 : 0))
    expect(root).toMatchObject({
      name: 'reconcile DigiCertOrder',
      parent: undefined,
      facts: {
        'k8s.namespace.name': 'shop',
        'digicert_operator.kind': 'DigiCertOrder',
        'digicert_operator.name': 'web',
        'digicert_operator.action': 'wait',
        'digicert_operator.reason': 'fine',
        'digicert_operator.result': 'succeeded',
      },
      events: [{ name: 'CreateKey', facts: { outcome: 'done' } }],
      error: undefined,
    })
    expect(rest.map(({ name, parent, traceId }) => [name, parent, traceId])).toEqual([
      ['GET /user/me', root!.id, root!.traceId],
      ['PUT /order', root!.id, root!.traceId],
    ])
    expect(rest.map(({ error, facts }) => [error, facts['error.type']])).toEqual([
      [undefined, undefined],
      ['', 'timeout'],
    ])
    expect(rest.map(({ from, to }) => to - from)).toEqual([5_000_000n, 5_000_000n])
    expect(collector.resource()).toMatchObject({ 'service.name': 'digicert-operator', 'service.version': '1.2.3' })
  })

  test('is apart from the passes beside it, and its lines of the log name its trace', async () => {
    const { tracing } = await start()
    const seen = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const fields: unknown[] = []
        await tracing.traceReconcile({ kind: 'DigiCertOrder', name }, async () => {
          fields.push(traceFields())
          await new Promise((resolve) => setImmediate(resolve))
          recordCall(call(`GET /${name}`))
          fields.push(traceFields())
          return 'succeeded'
        })
        expect(fields[0]).toEqual(fields[1])
        return { name, ...(fields[0] as { traceId: string }) }
      }),
    )
    await tracing.shutdown(5_000)
    for (const { name, traceId } of seen) {
      const names = collector
        .spans()
        .filter((span) => span.traceId === traceId)
        .map((span) => span.name)
      expect(names.toSorted()).toEqual([`GET /${name}`, 'reconcile DigiCertOrder'])
    }
    expect(traceFields()).toEqual({})
  })

  test('that failed says so, and sends no secret in any field', async () => {
    const { tracing } = await start({ OTEL_EXPORTER_OTLP_HEADERS: 'x-scope=tenant-of-the-collector' })
    const pem = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----'
    await tracing
      .traceReconcile(ORDER, () => {
        setSpanAttributes({ note: `${SECRET} ${pem}` })
        addSpanEvent('step', { note: SECRET })
        recordCall(() => ({ name: 'GET /x', tookMs: 0, attributes: { note: SECRET }, error: SECRET }))
        recordError(new TypeError(`it broke on ${SECRET}`))
        return Promise.reject(new TypeError('it broke'))
      })
      .catch(() => undefined)
    await tracing.shutdown(5_000)
    const root = collector.spans().find(({ parent }) => parent === undefined)
    expect(root).toMatchObject({ error: 'it broke on [redacted]', facts: { 'error.type': 'TypeError' } })
    expect(collector.received()).not.toContain(SECRET)
    expect(collector.received()).not.toContain('MIIB')
  })
})

const HASTY = { OTEL_BSP_EXPORT_TIMEOUT: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '50' }

describe('the collector', () => {
  test.each<[string, (url: string) => Readonly<Record<string, string>>]>([
    ['that is down', () => ({ ...HASTY, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })],
    ['that refuses', () => ({})],
    ['that never answers', () => HASTY],
  ])(
    '%s holds up no pass and no end, and is told of once',
    async (what, env) => {
      collector.answer(what === 'that refuses' ? 400 : 'silence')
      const { tracing, told } = await start(env(collector.url))
      for (let pass = 0; pass < 3; pass += 1) {
        expect(await onePass(tracing)).toBe('succeeded')
        await waitFor(() => told().length > 0, { what: 'word of spans that are lost', limitMs: 20_000 })
      }
      const begun = performance.now()
      await tracing.shutdown(300)
      expect(performance.now() - begun).toBeLessThan(2_000)
      expect(told().map(({ level, message }) => `${level} ${message}`)).toEqual([
        'warn Span export failed, spans are dropped',
      ])
    },
    60_000,
  )

  test('that comes back is logged too, with the number of spans that were lost', async () => {
    const { tracing, told } = await start()
    collector.answer(400)
    await onePass(tracing)
    await waitFor(() => told().length > 0, { what: 'word of spans that are lost', limitMs: 20_000 })
    collector.answer(200)
    await onePass(tracing)
    await waitFor(() => told().length > 1, { what: 'word of spans that are sent again', limitMs: 20_000 })
    expect(told()[1]).toMatchObject({ level: 'info', message: 'Span export works again', lost: 3 })
    await tracing.shutdown(1_000)
  }, 60_000)
})

describe('the standard variables', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['no endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['the SDK disabled', { OTEL_SDK_DISABLED: 'true' }],
    ['no exporter', { OTEL_TRACES_EXPORTER: 'none' }],
  ])('switch tracing off: %s', async (_what, env) => {
    const { tracing } = await start(env)
    expect(tracing).toBe(noTracing)
  })

  test.each<[Readonly<Record<string, string>>, 'sent' | 'not sent']>([
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'not sent'],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 'not sent'],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, 'not sent'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '1' }, 'sent'],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }, 'sent'],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'sent'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' }, 'sent'],
  ])('sample: %j is %s', async (env, wanted) => {
    const { tracing } = await start(env)
    const fields = await tracing.traceReconcile(ORDER, () => Promise.resolve(JSON.stringify(traceFields())))
    await tracing.shutdown(5_000)
    expect(collector.spans().length > 0 ? 'sent' : 'not sent').toBe(wanted)
    expect(fields.includes('traceId')).toBe(wanted === 'sent')
  })

  test('name the traces endpoint, headers, and the service', async () => {
    const { tracing } = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/mine`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-token',
      OTEL_SERVICE_NAME: 'certificates',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    })
    await onePass(tracing)
    await tracing.shutdown(5_000)
    expect(collector.resource()).toMatchObject({
      'service.name': 'certificates',
      'deployment.environment.name': 'test',
    })
    expect(collector.received()).toMatch(/^POST \/mine .*"authorization":"Bearer collector-token"/)
  })

  test.each<[Readonly<Record<string, string>>, string]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'no url' }, 'the OTLP endpoint is not an http(s) URL'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, 'the OTLP endpoint is not an http(s) URL'],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTLP over gRPC is not supported; set the endpoint for OTLP over HTTP'],
  ])('that are wrong leave the operator without traces, and a log line says so: %j', async (env, cause) => {
    const { tracing, told } = await start(env)
    expect(tracing).toBe(noTracing)
    expect(told()).toMatchObject([{ level: 'warn', cause }])
  })
})
