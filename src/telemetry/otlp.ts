import {
  type Span,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import {
  type Sampler,
  type SpanExporter,
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'
import type { Redactor } from './redact.ts'
import type { Attributes, FinishedCall, ReconcileSpan, Tracer, TracingOptions } from './tracing.ts'

/** `ExportResultCode.SUCCESS` of @opentelemetry/core, which is not needed otherwise. */
const EXPORT_SUCCESS = 0
/** In characters; longer attributes are cut. */
const MAX_ATTRIBUTE_LENGTH = 1_000

type RedactAttributes = (attributes: Attributes) => Record<string, string | number | boolean>

const createAttributeRedactor =
  ({ value: redactValue }: Redactor): RedactAttributes =>
  (attributes) =>
    Object.fromEntries(
      Object.entries(attributes).flatMap(([name, given]) => {
        if (given === undefined) return []
        // With its name, because the redactor treats fields that hold names differently.
        const { [name]: value } = redactValue({ [name]: given }) as typeof attributes
        return [[name, typeof value === 'string' ? value.slice(0, MAX_ATTRIBUTE_LENGTH) : (value ?? '')]]
      }),
    )

/** Logs once when exports begin to fail, and once when they succeed again. */
const withExportLog = (exporter: SpanExporter, log: Log): SpanExporter => {
  let lost = 0
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        const code: number = result.code
        if (code === EXPORT_SUCCESS) {
          if (lost > 0) log.info('Span export works again', { lost })
          lost = 0
        } else {
          if (lost === 0) log.warn('Span export failed, spans are dropped', { error: result.error })
          lost += spans.length
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() } : {}),
  }
}

const addCall = (tracer: OtelTracer, parent: Span, redact: RedactAttributes, call: FinishedCall): void => {
  const { name, tookMs, attributes, error } = call
  const endedAt = Date.now()
  const options = {
    kind: SpanKind.CLIENT,
    startTime: endedAt - Math.max(0, tookMs),
    attributes: redact({ ...attributes, ...(error === undefined ? {} : { 'error.type': error }) }),
  }
  const span = tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, parent))
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(endedAt)
}

const createReconcileSpan = (tracer: OtelTracer, span: Span, redact: RedactAttributes): ReconcileSpan => {
  const { traceId, traceFlags } = span.spanContext()
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  return {
    // Work that a reconcile started may outlast it, and is not part of its trace.
    get traceId() {
      return isSampled && span.isRecording() ? traceId : undefined
    },
    setAttributes: (attributes) => void span.setAttributes(redact(attributes)),
    addEvent: (name, attributes) => void span.addEvent(name, redact(attributes)),
    recordError: (type, message) => {
      const { 'error.type': safeType = '', message: safeMessage = '' } = redact({ 'error.type': type, message })
      span.setAttribute('error.type', safeType)
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(safeMessage) })
    },
    addCall: (call) => {
      if (span.isRecording()) addCall(tracer, span, redact, call)
    },
    end: () => span.end(),
  }
}

/** Waits for the work to settle, for that many milliseconds at most; never rejects. */
const settleWithin = async (limitMs: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))
  await Promise.race([work.catch(() => undefined), limit])
  clearTimeout(timer)
}

/**
 * Creates a tracer that exports over OTLP/HTTP as JSON, configured by the OTEL_* variables. Spans wait in a bounded queue
 * and are dropped when it is full: the operator never waits for the collector.
 *
 * @throws for an endpoint that is not a URL
 */
export const createTracer = ({ env, version, redactor, log }: TracingOptions): Tracer => {
  for (const header of headerSecretsFrom(env)) redactor.addSecret(header)
  const exporter = withExportLog(new OTLPTraceExporter(), log)
  const named = resourceFromAttributes({ 'service.name': 'digicert-operator', 'service.version': version })
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    sampler: samplerFrom(env, log),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...batchOptionsFrom(env) })],
  })
  const tracer = provider.getTracer('digicert-operator', version)
  const redact = createAttributeRedactor(redactor)
  return {
    startSpan: (name, attributes) =>
      createReconcileSpan(
        tracer,
        tracer.startSpan(name, { root: true, attributes: redact(attributes) }, ROOT_CONTEXT),
        redact,
      ),
    shutdown: (limitMs) => settleWithin(limitMs, provider.shutdown()),
  }
}

type Env = Readonly<Record<string, string | undefined>>

const SAMPLERS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
}

/**
 * The sampler of OTEL_TRACES_SAMPLER; by default all reconciles are traced. Their spans have no parent, so that a
 * `parentbased_…` sampler equals the sampler it uses for root spans.
 */
const samplerFrom = (env: Env, log: Log): Sampler => {
  const name = env['OTEL_TRACES_SAMPLER'] ?? 'always_on'
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  const make = SAMPLERS[name.replace(/^parentbased_/, '')]
  if (make && ratio >= 0 && ratio <= 1) return make(ratio)
  log.warn('Unknown OTEL_TRACES_SAMPLER or OTEL_TRACES_SAMPLER_ARG; all reconciles are traced', { name })
  return new AlwaysOnSampler()
}

const parseCount = (text: string | undefined, min: number): number | undefined => {
  const value = Number(text ?? Number.NaN)
  return Number.isInteger(value) && value >= min ? value : undefined
}

/** The OTEL_BSP_* settings of the span queue; those that are missing have the defaults of the specification. */
const batchOptionsFrom = (env: Env) => {
  const settings = {
    scheduledDelayMillis: parseCount(env['OTEL_BSP_SCHEDULE_DELAY'], 0),
    exportTimeoutMillis: parseCount(env['OTEL_BSP_EXPORT_TIMEOUT'], 1),
    maxQueueSize: parseCount(env['OTEL_BSP_MAX_QUEUE_SIZE'], 1),
    maxExportBatchSize: parseCount(env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'], 1),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

/** The values of the exporter's headers, which are usually credentials. */
const headerSecretsFrom = (env: Env): string[] =>
  [env['OTEL_EXPORTER_OTLP_HEADERS'], env['OTEL_EXPORTER_OTLP_TRACES_HEADERS']].flatMap((list = '') =>
    list.split(',').flatMap((pair) => {
      const value = pair.slice(pair.indexOf('=') + 1).trim()
      return [value, value.replace(/^\w+(%20| )/, '')]
    }),
  )
