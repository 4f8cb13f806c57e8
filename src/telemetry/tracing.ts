import { AsyncLocalStorage } from 'node:async_hooks'
import type { Fields } from './log.ts'
import type { Attributes, FinishedCall, ReconcileSpan, Tracer, TracingOptions } from './span.ts'

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
const createTracing = ({ startSpan, shutdown }: Tracer): Tracing => ({
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
