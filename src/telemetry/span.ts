import type { Log } from './log.ts'
import type { Redactor } from './redact.ts'

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
