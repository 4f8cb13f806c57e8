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

/** Shortest secret of the operator's own settings that is looked for by its value: shorter ones would blot out innocent text. */
const MIN_OWN_SECRET_LENGTH = 8
const MAX_DEPTH = 6

/** Takes secrets out of values that are about to be written. */
export type Redactor = {
  /**
   * Makes a secret of the operator's own settings known, of at least 8 characters: it is blotted out for as long as the
   * process runs.
   */
  addSecret: (secret: string) => void
  /**
   * Makes a secret known that others chose, of at least 20 characters, until what comes back is called. It is blotted out
   * while anyone holds it, and never in fields that name things.
   */
  track: TrackedSecrets['track']
  /** How many different secrets are held. */
  trackedCount: () => number
  text: (text: string) => string
  value: (value: unknown) => unknown
}

type RedactText = (value: string) => string

/** An error as fields: name, message, code and causes, never the objects it drags along (requests, headers). */
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

/** Redaction by name, by shape and by value: the second line of defence behind not passing secrets at all (P10). */
export const createRedactor = (): Redactor => {
  const own = new Set<string>()
  const others = createTrackedSecrets()
  const text = (given: string): string => {
    let safe = others.redact(given)
    for (const secret of own) safe = safe.replaceAll(secret, REDACTED)
    return redactShapes(safe)
  }
  return {
    addSecret: (secret) => {
      if (secret.length >= MIN_OWN_SECRET_LENGTH) own.add(secret)
    },
    track: others.track,
    trackedCount: others.count,
    text,
    value: createWalk(text),
  }
}

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** Secrets that are looked for by their value while anyone holds them. */
export type TrackedSecrets = {
  /** Holds a secret until what comes back is called; each call holds it once more. One that is too short is not held. */
  track: (secret: string) => () => void
  /** A text without the secrets that are held, nor the beginning of one that was cut. */
  redact: (text: string) => string
  /** How many different secrets are held. */
  count: () => number
}

/** So many characters at its beginning identify a secret; a shorter one cannot be held. */
const PREFIX_LENGTH = 20

const TRACKABLE = /^[\u0021-\u007e]{20,}$/

/** Runs of text that are long enough for a secret. Nearly all words of a log are shorter. */
const CANDIDATE = /[\u0021-\u007e]{20,}/g

/** Secrets that begin alike: how often each is held, and the length of the longest. */
type PrefixGroup = { counts: Map<string, number>; longest: number }

/**
 * Holds secrets of printable ASCII. A text is gone through once, whatever number of secrets there is: at each place the
 * next 20 characters are looked up. Where they begin a secret, as much is blotted out as the longest that begins so has.
 */
export const createTrackedSecrets = (): TrackedSecrets => {
  const byBeginning = new Map<string, PrefixGroup>()

  const withoutRun = (run: string): string => {
    let safe = ''
    let from = 0
    let at = 0
    while (at + PREFIX_LENGTH <= run.length) {
      const found = byBeginning.get(run.slice(at, at + PREFIX_LENGTH))
      if (found) {
        safe += run.slice(from, at) + REDACTED
        from = at + found.longest
      }
      at = found ? from : at + 1
    }
    return safe + run.slice(from)
  }

  const count = (secret: string, by: 1 | -1): void => {
    const beginning = secret.slice(0, PREFIX_LENGTH)
    const { counts } = byBeginning.get(beginning) ?? { counts: new Map<string, number>() }
    const times = (counts.get(secret) ?? 0) + by
    if (times > 0) counts.set(secret, times)
    else counts.delete(secret)
    const longest = Math.max(...[...counts.keys()].map(({ length }) => length))
    if (counts.size > 0) byBeginning.set(beginning, { counts, longest })
    else byBeginning.delete(beginning)
  }

  return {
    track: (secret) => {
      if (!TRACKABLE.test(secret)) return () => undefined
      count(secret, 1)
      let isHeld = true
      return () => {
        if (isHeld) count(secret, -1)
        isHeld = false
      }
    },
    redact: (text) => (byBeginning.size === 0 ? text : text.replace(CANDIDATE, withoutRun)),
    count: () => [...byBeginning.values()].reduce((sum, { counts }) => sum + counts.size, 0),
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
 * What must not be told of the proxies that HTTPS_PROXY and ALL_PROXY name: their passwords as written and decoded, and
 * the header that is made of them.
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
