import { type LogFormat, lastLine } from './log.ts'
import type { Redactor } from './redact.ts'

/** Exit code after an error that nobody foresaw. */
const UNFORESEEN = 3

/**
 * Ends the process over an error that nobody handled, with a line of the log that says so. What it knew may be wrong from
 * then on, so nothing is handed back: the next process looks everything up (`design.md`, section 5), and the Lease runs out.
 */
export const endUnforeseen = (format: LogFormat, redactor: Redactor): void => {
  const end = (error: unknown, origin: string): void => {
    const told = error instanceof Error ? error : new Error(`something was thrown that is no error: ${String(error)}`)
    const message = 'The operator ends over an error that nobody handled; started again, it goes on where it was'
    process.stdout.write(lastLine(message, { origin, error: told }, { format, redactor }))
    process.exit(UNFORESEEN)
  }
  // Rejections that nobody handles come here as well, with an origin of their own.
  process.on('uncaughtException', end)
}
