/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

const SECRET_NAMES =
  /^(x-dc-devkey|authorization|proxy-authorization|api-?key|password|token|cvv|tls\.key|private-?key)$/i

const SECRET_VALUES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bBearer [\w.~+/-]+=*/gi,
  /(x-dc-devkey"?\s*[:=]\s*"?)[^\s",}]+/gi,
]

/** User and password in a URL, as that of a proxy. */
const URL_CREDENTIALS = /(?<=:\/\/)[^\s/?#"'@]*:[^\s/?#"']*(?=@)/g

/** Shortest secret that is looked for by its value: shorter ones would blot out innocent text. */
const MIN_SECRET = 8
const MAX_DEPTH = 6

/** Takes secrets out of values that are about to be written. */
export type Redactor = {
  /** Makes a value known as secret: it is blotted out wherever it shows up from now on. */
  learn: (secret: string) => void
  text: (text: string) => string
  value: (value: unknown) => unknown
}

/** An error as fields: name, message, code and causes, never the objects it drags along (requests, headers). */
const errorFields = (error: Error, depth: number, text: (value: string) => string): Record<string, unknown> => ({
  name: error.name,
  message: text(error.message),
  ...('code' in error && typeof error.code !== 'object' ? { code: error.code } : {}),
  ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
  ...(error.cause instanceof Error && depth < MAX_DEPTH ? { cause: errorFields(error.cause, depth + 1, text) } : {}),
})

/** Redaction by name, by shape and by value: the second line of defence behind not passing secrets at all (P10). */
export const createRedactor = (): Redactor => {
  const known = new Set<string>()

  const text = (given: string): string => {
    let safe = given
    for (const secret of known) safe = safe.replaceAll(secret, REDACTED)
    safe = safe.replace(URL_CREDENTIALS, REDACTED)
    for (const pattern of SECRET_VALUES)
      safe = safe.replace(pattern, (_all, head: unknown) =>
        typeof head === 'string' && /devkey/i.test(head) ? `${head}${REDACTED}` : REDACTED,
      )
    return safe
  }

  const fields = (given: object, depth: number): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(given).map(([name, child]) => [
        name,
        SECRET_NAMES.test(name) ? REDACTED : value(child, depth + 1),
      ]),
    )

  const value = (given: unknown, depth = 0): unknown => {
    if (typeof given === 'string') return text(given)
    if (given instanceof Error) return errorFields(given, depth, text)
    if (given instanceof Date) return given.toISOString()
    if (typeof given !== 'object' || given === null) return given
    if (depth >= MAX_DEPTH) return '[deep]'
    return Array.isArray(given) ? given.map((item) => value(item, depth + 1)) : fields(given, depth)
  }

  return {
    learn: (secret) => {
      if (secret.length >= MIN_SECRET) known.add(secret)
    },
    text,
    value: (given) => value(given),
  }
}
