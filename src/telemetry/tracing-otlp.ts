import {
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer as OtelTracer,
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
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Log } from './log.ts'
import type { Redactor } from './redact.ts'
import { batchOf, headersOf, samplerOf } from './tracing-env.ts'
import type { Attributes, EndedCall, PassSpan, Tracer, TracingOptions } from './span.ts'

/** `ExportResultCode.SUCCESS` of a package that is not needed otherwise. */
const SENT = 0
/** Longer texts are cut; a span is no place to read them. */
const LONGEST_TEXT = 1_000

type Safe = (attributes: Attributes) => Record<string, string | number | boolean>

const safeBy =
  ({ value: redacted }: Redactor): Safe =>
  (attributes) =>
    Object.fromEntries(
      Object.entries(attributes).flatMap(([name, given]) => {
        if (given === undefined) return []
        // By its name as well: what names things is shown as it is.
        const { [name]: value } = redacted({ [name]: given }) as typeof attributes
        return [[name, typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : (value ?? '')]]
      }),
    )

/** Says once that spans are lost, and once that they are not any more. */
const telling = (exporter: SpanExporter, log: Log): SpanExporter => {
  let lost = 0
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        const code: number = result.code
        if (code === SENT) {
          if (lost > 0) log.info('Traces are sent again', { lost })
          lost = 0
        } else {
          if (lost === 0) log.warn('Traces cannot be sent, the operator works on without them', { error: result.error })
          lost += spans.length
        }
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() } : {}),
  }
}

const addCall = (tracer: OtelTracer, parent: Span, safe: Safe, call: EndedCall): void => {
  const { name, tookMs, attributes, error } = call
  const endedAt = Date.now()
  const options = {
    kind: SpanKind.CLIENT,
    startTime: endedAt - Math.max(0, tookMs),
    attributes: safe({ ...attributes, ...(error === undefined ? {} : { 'error.type': error }) }),
  }
  const span = tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, parent))
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(endedAt)
}

const passSpan = (tracer: OtelTracer, span: Span, safe: Safe): PassSpan => {
  const { traceId, traceFlags } = span.spanContext()
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0
  return {
    // What a pass has set going may outlast it, and is no part of it.
    get traceId() {
      return isSampled && span.isRecording() ? traceId : undefined
    },
    set: (attributes) => void span.setAttributes(safe(attributes)),
    event: (name, attributes) => void span.addEvent(name, safe(attributes)),
    fail: (type, message) => {
      const { 'error.type': safeType = '', message: safeMessage = '' } = safe({ 'error.type': type, message })
      span.setAttribute('error.type', safeType)
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(safeMessage) })
    },
    add: (call) => {
      if (span.isRecording()) addCall(tracer, span, safe, call)
    },
    end: () => span.end(),
  }
}

const within = async (limitMs: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))
  await Promise.race([work.catch(() => undefined), limit])
  clearTimeout(timer)
}

/**
 * A tracer that sends over OTLP/HTTP, as JSON, by the variables that OpenTelemetry names. Spans wait in a bounded queue
 * and are dropped where it is full: nothing of the operator ever waits for the collector.
 *
 * @throws for an endpoint that is no URL
 */
export const createTracer = ({ env, version, redactor, log }: TracingOptions): Tracer => {
  for (const header of headersOf(env)) redactor.learn(header)
  const exporter = telling(new OTLPTraceExporter(), log)
  const named = resourceFromAttributes({ 'service.name': 'digicert-operator', 'service.version': version })
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(named)
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    sampler: samplerOf(env, log),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...batchOf(env) })],
  })
  const tracer = provider.getTracer('digicert-operator', version)
  const safe = safeBy(redactor)
  return {
    begin: (name, attributes) =>
      passSpan(tracer, tracer.startSpan(name, { root: true, attributes: safe(attributes) }, ROOT_CONTEXT), safe),
    stop: (limitMs) => within(limitMs, provider.shutdown()),
  }
}
