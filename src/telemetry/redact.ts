/** Names of fields whose values are always redacted. */
const SECRET_NAMES =
  /^(x-dc-devkey|authorization|proxy-authorization|api-?key|password|token|cvv|tls\.key|private-?key)$/i

/**
 * Fields that hold names, or words of the operator. They are not searched for secrets: a user who chooses a secret could
 * otherwise hide the names of other objects from the log. Of a span attribute only the part after the last dot counts.
 */
const NAME_FIELDS: ReadonlySet<string> = new Set([
  ...['time', 'timestamp', 'level', 'traceId', 'version'],
  ...['namespace', 'name', 'kind', 'uid', 'key', 'account', 'resource', 'lease', 'identity', 'product'],
  ...['reason', 'action', 'outcome', 'ready', 'conditions', 'previous', 'until'],
  ...['orderId', 'order_id', 'orderStatus', 'certificateId', 'notAfter'],
])

const isNameField = (name: string): boolean => NAME_FIELDS.has(name.slice(name.lastIndexOf('.') + 1))

/** Patterns of secrets. Each of them must match in a time linear in the length of the text. */
const SECRET_SHAPES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bBearer [\w.~+/-]+=*/gi,
  /(x-dc-devkey"?\s*[:=]\s*"?)[^\s",}]+/gi,
]

/** The authority of a URL: credentials, host and port. */
const AUTHORITY = /:\/\/([^\s/?#"']*)/g

/** Redacts user and password in URLs, such as that of a proxy. */
const redactUrlCredentials = (text: string): string =>
  text.replace(AUTHORITY, (all, authority: string) => {
    const colon = authority.indexOf(':')
    return colon >= 0 && colon < authority.indexOf('@')
      ? `://${REDACTED}${authority.slice(authority.lastIndexOf('@'))}`
      : all
  })

const redactShapes = (text: string): string =>
  SECRET_SHAPES.reduce(
    (safe, pattern) =>
      safe.replace(pattern, (_all, head: unknown) =>
        typeof head === 'string' && /devkey/i.test(head) ? `${head}${REDACTED}` : REDACTED,
      ),
    redactUrlCredentials(text),
  )

/** In characters. Shorter secrets of the operator's settings are not searched for: they would match ordinary text. */
const MIN_OWN_SECRET_LENGTH = 8
/** Objects nested deeper than this are not written. */
const MAX_DEPTH = 6

/** Removes secrets from values before they are written. */
export type Redactor = {
  /** Redacts a secret of the operator's settings, of at least 8 characters, for as long as the process runs. */
  addSecret: (secret: string) => void
  /**
   * Redacts a secret that a user chose, of at least 20 characters, until every function returned for it was called. Not in
   * fields that hold names.
   */
  track: TrackedSecrets['track']
  /** How many different secrets are tracked. */
  trackedCount: () => number
  text: (text: string) => string
  value: (value: unknown) => unknown
}

type RedactText = (value: string) => string

/** The fields of an error: name, message, code, stack and causes, without attached objects such as requests. */
const errorFields = (error: Error, depth: number, text: RedactText): Record<string, unknown> => ({
  name: error.name,
  message: text(error.message),
  ...('code' in error && typeof error.code !== 'object' ? { code: error.code } : {}),
  ...(error.stack === undefined ? {} : { stack: text(error.stack) }),
  ...(error.cause instanceof Error && depth < MAX_DEPTH ? { cause: errorFields(error.cause, depth + 1, text) } : {}),
})

const createWalk = (text: RedactText): ((given: unknown) => unknown) => {
  const fields = (given: object, depth: number): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(given).map(([name, child]) => [
        name,
        SECRET_NAMES.test(name) ? REDACTED : field(name, child, depth),
      ]),
    )
  const field = (name: string, child: unknown, depth: number): unknown =>
    typeof child === 'string' && isNameField(name) ? redactShapes(child) : value(child, depth + 1)
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

/** Creates a redactor that finds secrets by field name, by pattern and by value. */
export const createRedactor = (): Redactor => {
  const own = new Set<string>()
  const tracked = createTrackedSecrets()
  const text = (given: string): string => {
    let safe = tracked.redact(given)
    for (const secret of own) safe = safe.replaceAll(secret, REDACTED)
    return redactShapes(safe)
  }
  return {
    addSecret: (secret) => {
      if (secret.length >= MIN_OWN_SECRET_LENGTH) own.add(secret)
    },
    track: tracked.track,
    trackedCount: tracked.count,
    text,
    value: createWalk(text),
  }
}

/** Replaces a secret. */
export const REDACTED = '[redacted]'

/** Secrets that are found by their value. */
type TrackedSecrets = {
  /** Tracks a secret until the returned function is called; each call adds one reference. Ignores one that is too short. */
  track: (secret: string) => () => void
  /** Redacts tracked secrets in a text, also one whose end was cut off. */
  redact: (text: string) => string
  /** How many different secrets are tracked. */
  count: () => number
}

/** A secret is identified by this many first characters; a shorter one cannot be tracked. */
const PREFIX_LENGTH = 20

const TRACKABLE = /^[\u0021-\u007e]{20,}$/

/** Runs of characters long enough for a secret. Nearly all words of a log are shorter. */
const CANDIDATE = /[\u0021-\u007e]{20,}/g

/** Secrets with the same prefix: the references to each, and the length of the longest. */
type PrefixGroup = { counts: Map<string, number>; longest: number }

/**
 * Tracks secrets of printable ASCII. A text is searched once, whatever the number of secrets: the 20 characters at each
 * place are looked up. Where they are a known prefix, the length of the longest secret with that prefix is redacted.
 */
const createTrackedSecrets = (): TrackedSecrets => {
  const byPrefix = new Map<string, PrefixGroup>()

  const redactRun = (run: string): string => {
    let safe = ''
    let from = 0
    let at = 0
    while (at + PREFIX_LENGTH <= run.length) {
      const found = byPrefix.get(run.slice(at, at + PREFIX_LENGTH))
      if (found) {
        safe += run.slice(from, at) + REDACTED
        from = at + found.longest
      }
      at = found ? from : at + 1
    }
    return safe + run.slice(from)
  }

  const count = (secret: string, by: 1 | -1): void => {
    const prefix = secret.slice(0, PREFIX_LENGTH)
    const { counts } = byPrefix.get(prefix) ?? { counts: new Map<string, number>() }
    const references = (counts.get(secret) ?? 0) + by
    if (references > 0) counts.set(secret, references)
    else counts.delete(secret)
    const longest = Math.max(...[...counts.keys()].map(({ length }) => length))
    if (counts.size > 0) byPrefix.set(prefix, { counts, longest })
    else byPrefix.delete(prefix)
  }

  return {
    track: (secret) => {
      if (!TRACKABLE.test(secret)) return () => undefined
      count(secret, 1)
      let isTracked = true
      return () => {
        if (isTracked) count(secret, -1)
        isTracked = false
      }
    },
    redact: (text) => (byPrefix.size === 0 ? text : text.replace(CANDIDATE, redactRun)),
    count: () => [...byPrefix.values()].reduce((sum, { counts }) => sum + counts.size, 0),
  }
}

type Env = Readonly<Record<string, string | undefined>>

const decodeComponent = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The secrets of the proxies in HTTPS_PROXY and ALL_PROXY: each password as written and decoded, and the value of the
 * Proxy-Authorization header.
 */
export const proxySecrets = (env: Env): string[] =>
  ['https_proxy', 'all_proxy'].flatMap((name) =>
    [env[name], env[name.toUpperCase()]].flatMap((named = '') => {
      const text = named.includes('://') ? named : `http://${named}`
      if (!URL.canParse(text)) return []
      const { username, password } = new URL(text)
      const plain = decodeComponent(password)
      return password === ''
        ? []
        : [password, plain, Buffer.from(`${decodeComponent(username)}:${plain}`).toString('base64')]
    }),
  )
