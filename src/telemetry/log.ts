/** Fields of one log line. Values are redacted before they are written, see {@link createLog}. */
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
