import { AsyncLocalStorage } from 'node:async_hooks'
import type { Fields, Log } from './log.ts'
import type { Redactor } from './redact.ts'

/** Traces passes. Without an endpoint nothing is loaded, and a pass runs as if there were none. */
export type Tracing = {
  /** Runs one pass inside a span of its own; what it resolves with is its result. */
  traceReconcile: <T extends string>(
    subject: { kind: string; namespace?: string | undefined; name: string },
    run: () => Promise<T>,
  ) => Promise<T>
  shutdown: (limitMs: number) => Promise<void>
}

// Passes run side by side: which one a call belongs to is known by the chain of promises that it hangs on.
const currentSpan = new AsyncLocalStorage<ReconcileSpan>()

/** The trace of the pass under way, for the lines of a log. */
export const traceFields = (): Fields => {
  const traceId = currentSpan.getStore()?.traceId
  return traceId === undefined ? {} : { traceId }
}

/** Tells of the pass under way; nothing where none is traced. */
export const setSpanAttributes = (attributes: Attributes): void => currentSpan.getStore()?.setAttributes(attributes)

/** A moment of the pass under way. */
export const addSpanEvent = (name: string, attributes: Attributes): void =>
  currentSpan.getStore()?.addEvent(name, attributes)

/** A call that the pass under way has made. Calls outside of passes are not traced. */
export const recordCall = (call: () => FinishedCall): void => {
  const span = currentSpan.getStore()
  if (span) span.addCall(call())
}

/** The pass under way came to an end that nobody foresaw. */
export const recordError = (error: unknown): void => {
  const [type, message] = error instanceof Error ? [error.name, error.message] : ['unknown', 'unknown cause']
  currentSpan.getStore()?.recordError(type, message)
}

export const noTracing: Tracing = { traceReconcile: (_subject, run) => run(), shutdown: () => Promise.resolve() }

/** Tracing by a tracer. */
export const createTracing = ({ startSpan: begin, shutdown: stop }: Tracer): Tracing => ({
  traceReconcile: async ({ kind, namespace, name }, run) => {
    const span = begin(`reconcile ${kind}`, {
      'k8s.namespace.name': namespace,
      'digicert_operator.kind': kind,
      'digicert_operator.name': name,
    })
    try {
      const result = await currentSpan.run(span, run)
      span.setAttributes({ 'digicert_operator.result': result })
      return result
    } finally {
      span.end()
    }
  },
  shutdown: stop,
})

/** Whether the standard variables ask for traces. */
const isEnabled = ({ env }: TracingOptions): boolean => {
  const isOff = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none'
  return endpointFrom(env) !== '' && !isOff
}

const endpointFrom = (env: TracingOptions['env']): string =>
  [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']].find(Boolean) ?? ''

/** What keeps traces from being sent; OpenTelemetry would go on with localhost in silence. */
const configurationError = ({ env }: TracingOptions): string | undefined => {
  if (!/^https?:\/\//i.test(endpointFrom(env)) || !URL.canParse(endpointFrom(env)))
    return 'the OTLP endpoint is no http(s) URL'
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/json'
  return protocol === 'grpc' ? 'OTLP over gRPC is not spoken; name the endpoint for OTLP over HTTP' : undefined
}

/**
 * Tracing as the OTEL_* variables want it. What they have wrong is said in the log, and never keeps the operator from
 * working.
 */
export const startTracing = async (options: TracingOptions): Promise<Tracing> => {
  if (!isEnabled(options)) return noTracing
  const fault = configurationError(options)
  if (fault === undefined) {
    const { createTracer } = await import('./otlp.ts')
    return createTracing(createTracer(options))
  }
  options.log.warn('Traces cannot be sent, the operator works on without them', { why: fault })
  return noTracing
}

/** What a span tells. Values are redacted before they are sent; an undefined one is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** A call that is over. Its error is a class of errors, never a text of somebody else. */
export type FinishedCall = { name: string; tookMs: number; attributes: Attributes; error?: string | undefined }

/** The span of one pass that is under way. */
export type ReconcileSpan = {
  /** Undefined where the trace is not sampled, and so is nowhere to be found. */
  readonly traceId: string | undefined
  setAttributes: (attributes: Attributes) => void
  addEvent: (name: string, attributes: Attributes) => void
  recordError: (type: string, message: string) => void
  /** Adds a call that was made in the pass, as a span inside of it. */
  addCall: (call: FinishedCall) => void
  end: () => void
}

/** Makes spans, and sends them away. */
export type Tracer = {
  startSpan: (name: string, attributes: Attributes) => ReconcileSpan
  /** Sends what waits, for so many milliseconds at most. Never rejects. */
  shutdown: (limitMs: number) => Promise<void>
}

export type TracingOptions = {
  env: Readonly<Record<string, string | undefined>>
  version: string
  redactor: Redactor
  log: Log
}
