import winston from 'winston'
import { type Redactor, createRedactor } from './redact.ts'

/** Fields of one log line. Values are redacted before they are written. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * A logger. Messages are constant sentences; whatever varies goes into fields, so that lines can be grouped.
 * Nothing secret may be passed; redaction is the second line of defence, not the first (promise P10).
 */
export type Log = {
  debug: (message: string, fields?: Fields) => void
  info: (message: string, fields?: Fields) => void
  warn: (message: string, fields?: Fields) => void
  error: (message: string, fields?: Fields) => void
  /** A logger that adds these fields to each of its lines. */
  with: (fields: Fields) => Log
}

/** A logger that writes nothing, for tests and for programs that want silence. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type LogFormat = 'json' | 'text'

export type LogOptions = {
  level: LogLevel
  format: LogFormat
  redactor?: Redactor
  /** Where lines go; the standard output by default. */
  stream?: NodeJS.WritableStream
  /** Fields of each line by where it is written from. */
  context?: () => Fields
}

type Line = { timestamp?: unknown; level?: unknown; message?: unknown } & Record<string, unknown>

/**
 * Characters that steer a terminal, turn the direction of text or end a line, in whatever a line tells of others. What
 * JSON leaves as it is stands in a string, where an escape means the same.
 */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escapeControlCharacters = (text: string): string =>
  text.replace(CONTROL_CHARACTERS, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )

const formatText = (line: Line): string => {
  const { timestamp, level, message, ...fields } = line
  const rest = Object.entries(fields).map(([name, value]) => {
    const shown = typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)
    return `${name}=${shown}`
  })
  return [timestamp, String(level).toUpperCase().padEnd(5), message, ...rest].join(' ')
}

const formatJson = ({ timestamp, level, message, ...fields }: Line): string =>
  JSON.stringify({ time: timestamp, level, message, ...fields })

/** How a line looks, redacted and fit for a terminal; without its end. */
const createFormatter = (format: LogFormat, redactor: Redactor): ((line: Line) => string) => {
  const write = format === 'json' ? formatJson : formatText
  return (line) => escapeControlCharacters(write(redactor.value({ ...line }) as Line))
}

/**
 * A line of the log for a process that ends in this very tick. A logger would hand its lines over one after the other,
 * and lose those that are still on their way.
 */
export const formatErrorLine = (
  message: string,
  fields: Fields,
  { format, redactor }: Required<Pick<LogOptions, 'format' | 'redactor'>>,
) =>
  `${createFormatter(format, redactor)({ ...fields, timestamp: new Date().toISOString(), level: 'error', message })}\n`

/** A logger that writes redacted lines, one per call. */
export const createLog = (options: LogOptions): Log => {
  const { level, format, redactor = createRedactor(), stream = process.stdout, context = () => ({}) } = options
  const { combine, timestamp, printf } = winston.format
  const line = createFormatter(format, redactor)
  const logger = winston.createLogger({
    level,
    format: combine(
      timestamp(),
      printf((info) => line({ ...info })),
    ),
    // A false positive of this rule: winston's own types do not agree with each other here.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    transports: [new winston.transports.Stream({ stream })],
  })
  // The logger would format each line before it looks at the level, and most lines of a pass are for debugging.
  const isEnabled = (severity: LogLevel): boolean => LOG_LEVELS.indexOf(severity) >= LOG_LEVELS.indexOf(level)
  const bind = (bound: Fields): Log => {
    const at = (severity: LogLevel) => {
      if (!isEnabled(severity)) return () => undefined
      return (message: string, fields: Fields = {}) =>
        void logger.log({ ...bound, ...fields, ...context(), level: severity, message })
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (more) => bind({ ...bound, ...more }),
    }
  }
  return bind({})
}

/** Exit code after an error that nobody foresaw. */
const UNHANDLED_ERROR_EXIT_CODE = 3

/** What was thrown may be anything, and turning it into text may throw again. */
const toError = (thrown: unknown): Error => {
  if (thrown instanceof Error) return thrown
  const what = typeof thrown === 'string' ? JSON.stringify(thrown) : `of type ${typeof thrown}`
  return new Error(`what was thrown is no error: ${what}`)
}

/**
 * Ends the process over an error that nobody handled, with a line of the log that says so. What it knew may be wrong from
 * then on, so nothing is handed back: the next process looks everything up (`design.md`, section 5), and the Lease runs out.
 */
export const installCrashHandler = (format: LogFormat, redactor: Redactor): void => {
  const end = (error: unknown, origin: string): void => {
    const message = 'The operator ends over an error that nobody handled; started again, it goes on where it was'
    // Not to the standard output: where its pipe is full, what is written there now is lost with the process.
    process.stderr.write(formatErrorLine(message, { origin, error: toError(error) }, { format, redactor }))
    process.exit(UNHANDLED_ERROR_EXIT_CODE)
  }
  process.on('uncaughtException', (error) => end(error, 'exception'))
  process.on('unhandledRejection', (reason) => end(reason, 'rejection'))
}
