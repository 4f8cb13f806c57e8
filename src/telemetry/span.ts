import type { Log } from './log.ts'
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
