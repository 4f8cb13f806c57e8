import winston from 'winston'
import { type Redactor, createRedactor } from './redact.ts'

/** Fields of one log line. Values are redacted before they are written. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * A logger. Messages are constant, and all that varies goes into fields, so that lines can be grouped.
 * Callers must not pass secrets: redaction is only the second line of defence.
 */
export type Log = {
  debug: (message: string, fields?: Fields) => void
  info: (message: string, fields?: Fields) => void
  warn: (message: string, fields?: Fields) => void
  error: (message: string, fields?: Fields) => void
  /** Returns a logger that adds these fields to each line. */
  with: (fields: Fields) => Log
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type LogFormat = 'json' | 'text'

export type LogOptions = {
  level: LogLevel
  format: LogFormat
  redactor?: Redactor
  /** Where lines are written; standard output by default. */
  stream?: NodeJS.WritableStream
  /** Fields of the current reconcile, added to each line. */
  context?: () => Fields
}

type Line = { timestamp?: unknown; level?: unknown; message?: unknown } & Record<string, unknown>

/**
 * Characters that control a terminal, change the direction of text or end a line. JSON.stringify leaves some of them, but
 * only within strings, where an escape means the same.
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

/** Formats a line, redacted and without control characters; without a newline. */
const createFormatter = (format: LogFormat, redactor: Redactor): ((line: Line) => string) => {
  const write = format === 'json' ? formatJson : formatText
  return (line) => escapeControlCharacters(write(redactor.value({ ...line }) as Line))
}

/** Formats one line of level error, with its newline. A process that exits in this tick cannot wait for a logger. */
export const formatErrorLine = (
  message: string,
  fields: Fields,
  { format, redactor }: Required<Pick<LogOptions, 'format' | 'redactor'>>,
) =>
  `${createFormatter(format, redactor)({ ...fields, timestamp: new Date().toISOString(), level: 'error', message })}\n`

/** Creates a logger that writes redacted lines, one per call. */
export const createLog = (options: LogOptions): Log => {
  const { level, format, redactor = createRedactor(), stream = process.stdout, context = () => ({}) } = options
  const { combine, timestamp, printf } = winston.format
  const formatLine = createFormatter(format, redactor)
  const logger = winston.createLogger({
    level,
    format: combine(
      timestamp(),
      printf((info) => formatLine({ ...info })),
    ),
    // A false positive: winston's own types contradict each other here.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    transports: [new winston.transports.Stream({ stream })],
  })
  // winston formats each line before it checks the level, and most lines of a reconcile have the level debug.
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

const UNHANDLED_ERROR_EXIT_CODE = 3

/** Makes an Error of any thrown value, without converting it to text, which may throw again. */
const toError = (thrown: unknown): Error => {
  if (thrown instanceof Error) return thrown
  const value = typeof thrown === 'string' ? JSON.stringify(thrown) : `of type ${typeof thrown}`
  return new Error(`what was thrown is no error: ${value}`)
}

/**
 * Makes an unhandled error end the process with exit code 3, after one log line. Its memory may be wrong, so there is no
 * orderly shutdown: the next process reads everything again, and the Lease expires.
 */
export const installCrashHandler = (format: LogFormat, redactor: Redactor): void => {
  const exit = (error: unknown, origin: string): void => {
    const message = 'Unhandled error, exiting; the operator resumes after a restart'
    // Not to standard output: when its pipe is full, the line is lost with the process.
    process.stderr.write(formatErrorLine(message, { origin, error: toError(error) }, { format, redactor }))
    process.exit(UNHANDLED_ERROR_EXIT_CODE)
  }
  process.on('uncaughtException', (error) => exit(error, 'exception'))
  process.on('unhandledRejection', (reason) => exit(reason, 'rejection'))
}
