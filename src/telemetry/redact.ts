import { type HeldSecrets, REDACTED, createHeldSecrets } from './held-secrets.ts'

export { REDACTED } from './held-secrets.ts'

const SECRET_NAMES =
  /^(x-dc-devkey|authorization|proxy-authorization|api-?key|password|token|cvv|tls\.key|private-?key)$/i

/**
 * Fields that name things, or hold words of our own. No value is looked for in them: who chooses a secret would choose what
 * the log does not show of others. Names of spans' attributes count by what stands behind their last dot.
 */
const NAME_FIELDS: ReadonlySet<string> = new Set([
  ...['time', 'timestamp', 'level', 'traceId', 'version'],
  ...['namespace', 'name', 'kind', 'uid', 'key', 'account', 'resource', 'lease', 'identity', 'product'],
  ...['reason', 'decision', 'outcome', 'ready', 'conditions', 'was', 'until'],
  ...['orderId', 'order_id', 'orderStatus', 'certificateId', 'notAfter'],
])

const isNameField = (name: string): boolean => NAME_FIELDS.has(name.slice(name.lastIndexOf('.') + 1))

/** Each is done in a time that grows with the text: no part of a text is gone through once for each place it may begin at. */
const SECRET_SHAPES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bBearer [\w.~+/-]+=*/gi,
  /(x-dc-devkey"?\s*[:=]\s*"?)[^\s",}]+/gi,
]

/** What stands before the host of a URL, and it. */
const AUTHORITY = /:\/\/([^\s/?#"']*)/g

/** User and password in a URL, as that of a proxy. */
const withoutCredentials = (text: string): string =>
  text.replace(AUTHORITY, (all, authority: string) => {
    const colon = authority.indexOf(':')
    return colon >= 0 && colon < authority.indexOf('@')
      ? `://${REDACTED}${authority.slice(authority.lastIndexOf('@'))}`
      : all
  })

const byShape = (text: string): string =>
  SECRET_SHAPES.reduce(
    (safe, pattern) =>
      safe.replace(pattern, (_all, head: unknown) =>
        typeof head === 'string' && /devkey/i.test(head) ? `${head}${REDACTED}` : REDACTED,
      ),
    withoutCredentials(text),
  )

/** Shortest secret of the operator's own settings that is looked for by its value: shorter ones would blot out innocent text. */
const SHORTEST_OWN = 8
const MAX_DEPTH = 6

/** Takes secrets out of values that are about to be written. */
export type Redactor = {
  /**
   * Makes a secret of the operator's own settings known, of at least 8 characters: it is blotted out for as long as the
   * process runs.
   */
  learn: (secret: string) => void
  /**
   * Makes a secret known that others chose, of at least 20 characters, until what comes back is called. It is blotted out
   * while anyone holds it, and never in fields that name things.
   */
  hold: HeldSecrets['hold']
  /** How many different secrets are held. */
  held: () => number
  text: (text: string) => string
  value: (value: unknown) => unknown
}

type Texts = (value: string) => string

/** An error as fields: name, message, code and causes, never the objects it drags along (requests, headers). */
const errorFields = (error: Error, depth: number, text: Texts): Record<string, unknown> => ({
  name: error.name,
  message: text(error.message),
  ...('code' in error && typeof error.code !== 'object' ? { code: error.code } : {}),
  ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
  ...(error.cause instanceof Error && depth < MAX_DEPTH ? { cause: errorFields(error.cause, depth + 1, text) } : {}),
})

const walkOf = (text: Texts): ((given: unknown) => unknown) => {
  const fields = (given: object, depth: number): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(given).map(([name, child]) => [
        name,
        SECRET_NAMES.test(name) ? REDACTED : field(name, child, depth),
      ]),
    )
  const field = (name: string, child: unknown, depth: number): unknown =>
    typeof child === 'string' && isNameField(name) ? byShape(child) : value(child, depth + 1)
  const value = (given: unknown, depth = 0): unknown => {
    if (typeof given === 'string') return text(given)
    if (given instanceof Error) return errorFields(given, depth, text)
    if (given instanceof Date) return given.toISOString()
    if (typeof given !== 'object' || given === null) return given
    if (depth >= MAX_DEPTH) return '[deep]'
    return Array.isArray(given) ? given.map((item) => value(item, depth + 1)) : fields(given, depth)
  }
  return (given) => value(given)
}

/** Redaction by name, by shape and by value: the second line of defence behind not passing secrets at all (P10). */
export const createRedactor = (): Redactor => {
  const own = new Set<string>()
  const others = createHeldSecrets()
  const text = (given: string): string => {
    let safe = others.without(given)
    for (const secret of own) safe = safe.replaceAll(secret, REDACTED)
    return byShape(safe)
  }
  return {
    learn: (secret) => {
      if (secret.length >= SHORTEST_OWN) own.add(secret)
    },
    hold: others.hold,
    held: others.size,
    text,
    value: walkOf(text),
  }
}
