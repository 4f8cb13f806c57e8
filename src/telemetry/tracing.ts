import { AsyncLocalStorage } from 'node:async_hooks'
import type { Fields, Log } from './log.ts'
import type { Redactor } from './redact.ts'

/** Traces passes. Without an endpoint nothing is loaded, and a pass runs as if there were none. */
export type Tracing = {
  /** Runs one pass inside a span of its own; what it resolves with is its result. */
  pass: <T extends string>(
    subject: { kind: string; namespace?: string | undefined; name: string },
    run: () => Promise<T>,
  ) => Promise<T>
  stop: (limitMs: number) => Promise<void>
}

// Passes run side by side: which one a call belongs to is known by the chain of promises that it hangs on.
const passes = new AsyncLocalStorage<PassSpan>()

/** The trace of the pass under way, for the lines of a log. */
export const traceFields = (): Fields => {
  const traceId = passes.getStore()?.traceId
  return traceId === undefined ? {} : { traceId }
}

/** Tells of the pass under way; nothing where none is traced. */
export const notePass = (attributes: Attributes): void => passes.getStore()?.set(attributes)

/** A moment of the pass under way. */
export const markPass = (name: string, attributes: Attributes): void => passes.getStore()?.event(name, attributes)

/** A call that the pass under way has made. Calls outside of passes are not traced. */
export const noteCall = (call: () => EndedCall): void => {
  const span = passes.getStore()
  if (span) span.add(call())
}

/** The pass under way came to an end that nobody foresaw. */
export const failPass = (error: unknown): void => {
  const [type, message] = error instanceof Error ? [error.name, error.message] : ['unknown', 'unknown cause']
  passes.getStore()?.fail(type, message)
}

export const noTracing: Tracing = { pass: (_subject, run) => run(), stop: () => Promise.resolve() }

/** Tracing by a tracer. */
export const tracingBy = ({ begin, stop }: Tracer): Tracing => ({
  pass: async ({ kind, namespace, name }, run) => {
    const span = begin(`reconcile ${kind}`, {
      'k8s.namespace.name': namespace,
      'digicert_operator.kind': kind,
      'digicert_operator.name': name,
    })
    try {
      const result = await passes.run(span, run)
      span.set({ 'digicert_operator.result': result })
      return result
    } finally {
      span.end()
    }
  },
  stop,
})

/** Whether the standard variables ask for traces. */
const isWanted = ({ env }: TracingOptions): boolean => {
  const isOff = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none'
  return endpointIn(env) !== '' && !isOff
}

const endpointIn = (env: TracingOptions['env']): string =>
  [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']].find(Boolean) ?? ''

/** What keeps traces from being sent; OpenTelemetry would go on with localhost in silence. */
const faultOf = ({ env }: TracingOptions): string | undefined => {
  if (!/^https?:\/\//i.test(endpointIn(env)) || !URL.canParse(endpointIn(env)))
    return 'the OTLP endpoint is no http(s) URL'
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/json'
  return protocol === 'grpc' ? 'OTLP over gRPC is not spoken; name the endpoint for OTLP over HTTP' : undefined
}

/**
 * Tracing as the OTEL_* variables want it. What they have wrong is said in the log, and never keeps the operator from
 * working.
 */
export const startTracing = async (options: TracingOptions): Promise<Tracing> => {
  if (!isWanted(options)) return noTracing
  const fault = faultOf(options)
  if (fault === undefined) {
    const { createTracer } = await import('./otlp.ts')
    return tracingBy(createTracer(options))
  }
  options.log.warn('Traces cannot be sent, the operator works on without them', { why: fault })
  return noTracing
}

/** What a span tells. Values are redacted before they are sent; an undefined one is left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** A call that is over. Its error is a class of errors, never a text of somebody else. */
export type EndedCall = { name: string; tookMs: number; attributes: Attributes; error?: string | undefined }

/** The span of one pass that is under way. */
export type PassSpan = {
  /** Undefined where the trace is not sampled, and so is nowhere to be found. */
  readonly traceId: string | undefined
  set: (attributes: Attributes) => void
  event: (name: string, attributes: Attributes) => void
  fail: (type: string, message: string) => void
  /** Adds a call that was made in the pass, as a span inside of it. */
  add: (call: EndedCall) => void
  end: () => void
}

/** Makes spans, and sends them away. */
export type Tracer = {
  begin: (name: string, attributes: Attributes) => PassSpan
  /** Sends what waits, for so many milliseconds at most. Never rejects. */
  stop: (limitMs: number) => Promise<void>
}

export type TracingOptions = {
  env: Readonly<Record<string, string | undefined>>
  version: string
  redactor: Redactor
  log: Log
}
