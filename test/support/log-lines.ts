import { Writable } from 'node:stream'
import { type Log, type LogLevel, createLog } from '../../src/telemetry/log.ts'
import type { Redactor } from '../../src/telemetry/redact.ts'

/** A line of the log, as whoever collects it reads it. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string }

export type LogLines = {
  readonly stream: NodeJS.WritableStream
  /** Everything that was written, as it was written. */
  readonly text: () => string
  /** Every line; JSON only. */
  readonly all: () => LogLine[]
  /** Lines of level info and above. */
  readonly told: () => LogLine[]
}

/** A stream that keeps what a log writes to it. */
export const keepLines = (): LogLines => {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString('utf8'))
      done()
    },
  })
  const all = () =>
    chunks
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogLine)
  return { stream, text: () => chunks.join(''), all, told: () => all().filter(({ level }) => level !== 'debug') }
}

/** A log that is kept, as JSON. */
export const keptLog = (level: LogLevel = 'debug', redactor?: Redactor): LogLines & { readonly log: Log } => {
  const lines = keepLines()
  const { stream } = lines
  return { ...lines, log: createLog({ level, format: 'json', stream, ...(redactor ? { redactor } : {}) }) }
}
