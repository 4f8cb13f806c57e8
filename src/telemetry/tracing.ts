import { AsyncLocalStorage } from 'node:async_hooks'
import type { Fields, Log } from './log.ts'
import type { Redactor } from './redact.ts'

/** Attributes of a span. Values are redacted before they are exported; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** A call that has ended. `error` is a class of errors, never text of a response. */
export type FinishedCall = { name: string; tookMs: number; attributes: Attributes; error?: string | undefined }

/** The span of a reconcile that is running. */
export type ReconcileSpan = {
  /** Undefined when the trace is not sampled, and so not exported. */
  readonly traceId: string | undefined
  setAttributes: (attributes: Attributes) => void
  addEvent: (name: string, attributes: Attributes) => void
  recordError: (type: string, message: string) => void
  /** Adds a call as a child span. */
  addCall: (call: FinishedCall) => void
  end: () => void
}

/** Creates spans and exports them. */
export type Tracer = {
  startSpan: (name: string, attributes: Attributes) => ReconcileSpan
  /** Exports the spans that wait, for that many milliseconds at most. Never rejects. */
  shutdown: (limitMs: number) => Promise<void>
}

export type TracingOptions = {
  env: Readonly<Record<string, string | undefined>>
  version: string
  redactor: Redactor
  log: Log
}

/** Traces reconciles. Without an OTLP endpoint it loads nothing and does nothing. */
export type Tracing = {
  /** Runs a reconcile in a new span; its outcome becomes an attribute. */
  traceReconcile: <T extends string>(
    subject: { kind: string; namespace?: string | undefined; name: string },
    run: () => Promise<T>,
  ) => Promise<T>
  /** As {@link Tracer.shutdown}. */
  shutdown: (limitMs: number) => Promise<void>
}

// Reconciles run concurrently; the async context says which of them a call belongs to.
const currentSpan = new AsyncLocalStorage<ReconcileSpan>()

/** The trace id of the current reconcile, for log lines. */
export const traceFields = (): Fields => {
  const traceId = currentSpan.getStore()?.traceId
  return traceId === undefined ? {} : { traceId }
}

/** Sets attributes of the current span; does nothing when there is none. */
export const setSpanAttributes = (attributes: Attributes): void => currentSpan.getStore()?.setAttributes(attributes)

/** Adds an event to the current span. */
export const addSpanEvent = (name: string, attributes: Attributes): void =>
  currentSpan.getStore()?.addEvent(name, attributes)

/** Adds a call to the current span. Calls outside of a reconcile are not traced. */
export const recordCall = (call: () => FinishedCall): void => {
  const span = currentSpan.getStore()
  if (span) span.addCall(call())
}

/** Marks the current span as failed. */
export const recordError = (error: unknown): void => {
  const [type, message] = error instanceof Error ? [error.name, error.message] : ['unknown', 'unknown cause']
  currentSpan.getStore()?.recordError(type, message)
}

/** Tracing that does nothing. */
export const noTracing: Tracing = { traceReconcile: (_subject, run) => run(), shutdown: () => Promise.resolve() }

/** Creates tracing that uses a tracer. */
export const createTracing = ({ startSpan, shutdown }: Tracer): Tracing => ({
  traceReconcile: async ({ kind, namespace, name }, run) => {
    const span = startSpan(`reconcile ${kind}`, {
      'k8s.namespace.name': namespace,
      'digicert_operator.kind': kind,
      'digicert_operator.name': name,
    })
    try {
      const outcome = await currentSpan.run(span, run)
      span.setAttributes({ 'digicert_operator.result': outcome })
      return outcome
    } finally {
      span.end()
    }
  },
  shutdown,
})

/** Whether the OTEL_* variables enable traces. */
const isEnabled = ({ env }: TracingOptions): boolean => {
  const isOff = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none'
  return endpointFrom(env) !== '' && !isOff
}

const endpointFrom = (env: TracingOptions['env']): string =>
  [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']].find(Boolean) ?? ''

/** Why traces cannot be exported. OpenTelemetry itself would silently use localhost. */
const configurationError = ({ env }: TracingOptions): string | undefined => {
  if (!/^https?:\/\//i.test(endpointFrom(env)) || !URL.canParse(endpointFrom(env)))
    return 'the OTLP endpoint is not an http(s) URL'
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/json'
  return protocol === 'grpc' ? 'OTLP over gRPC is not supported; set the endpoint for OTLP over HTTP' : undefined
}

/** Starts tracing as the OTEL_* variables say. When they are wrong it logs a warning and the operator runs without traces. */
export const startTracing = async (options: TracingOptions): Promise<Tracing> => {
  if (!isEnabled(options)) return noTracing
  const cause = configurationError(options)
  if (cause === undefined) {
    const { createTracer } = await import('./otlp.ts')
    return createTracing(createTracer(options))
  }
  options.log.warn('Tracing disabled: cannot export spans', { cause })
  return noTracing
}
