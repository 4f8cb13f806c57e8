import { type LogFormat, lastLine } from './log.ts'
import type { Redactor } from './redact.ts'

/** Exit code after an error that nobody foresaw. */
const UNFORESEEN = 3

/** What was thrown may be anything, and turning it into text may throw again. */
const asError = (thrown: unknown): Error => {
  if (thrown instanceof Error) return thrown
  const what = typeof thrown === 'string' ? JSON.stringify(thrown) : `of type ${typeof thrown}`
  return new Error(`what was thrown is no error: ${what}`)
}

/**
 * Ends the process over an error that nobody handled, with a line of the log that says so. What it knew may be wrong from
 * then on, so nothing is handed back: the next process looks everything up (ADR 0004), and the Lease runs out.
 */
export const endUnforeseen = (format: LogFormat, redactor: Redactor): void => {
  const end = (error: unknown, origin: string): void => {
    const message = 'The operator ends over an error that nobody handled; started again, it goes on where it was'
    // Not to the standard output: where its pipe is full, what is written there now is lost with the process.
    process.stderr.write(lastLine(message, { origin, error: asError(error) }, { format, redactor }))
    process.exit(UNFORESEEN)
  }
  process.on('uncaughtException', (error) => end(error, 'exception'))
  process.on('unhandledRejection', (reason) => end(reason, 'rejection'))
}
