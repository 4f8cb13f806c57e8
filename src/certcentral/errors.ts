import { parseJson, plainText } from './schema-helpers.ts'

/**
 * May the call have taken effect? `refused`: CertCentral said no, in its own form. `unsent`: the request never left. `ambiguous`: nobody
 * knows, so look before doing it again (docs/certcentral.md#unknown-outcomes).
 */
export type Outcome = 'refused' | 'unsent' | 'ambiguous'

export type ErrorKind =
  /** The API key is bad, revoked or missing: 401, or 403 with a code that says so. */
  | 'unauthorized'
  /** 403: the API key may not do this. */
  | 'forbidden'
  /** 404 with a code that says so: no such thing, or one that the key's user may not see. */
  | 'not-found'
  /** 400, 422 and the other 4xx, also a 404 for a route: the request itself is wrong. */
  | 'invalid'
  /** 409. */
  | 'conflict'
  /** 429, or the budget of this process is used up or paused; `retryAt` says until when. */
  | 'throttled'
  /** 5xx, or a 4xx without CertCentral's form of errors, which a proxy or CDN may have sent. */
  | 'unavailable'
  /** No connection, or one that broke before an answer began. */
  | 'unreachable'
  /** 408, the deadline of the call passed, or the caller's signal called it off. */
  | 'timeout'
  /** A 2xx whose body was cut, is not JSON, or has not the documented shape. */
  | 'unreadable'
  /** A body beyond its bound, in either direction. */
  | 'too-large'
  /** 3xx: redirects are not followed, and nobody knows who redirected. */
  | 'redirected'

/** One entry of the `errors` of an answer (docs/certcentral.md#form-of-an-error). */
export type ErrorEntry = {
  /** The fixed part of the code, for example `invalid_value` or `access_denied`. */
  code: string
  /** What follows the first `|` or `:` of the code: a field, a domain, a detail. */
  field: string | undefined
  message: string
}

type Facts = {
  outcome: Outcome
  kind: ErrorKind
  message: string
  status?: number | undefined
  errors?: readonly ErrorEntry[]
  retryAt?: Date | undefined
}

/**
 * The one error of this package. It is built from facts and never from another error: those of axios carry the request
 * with the API key, so nothing of them is kept but their code.
 */
export class CertCentralError extends Error {
  override readonly name = 'CertCentralError'
  readonly outcome: Outcome
  readonly kind: ErrorKind
  /** HTTP status, when an answer began. */
  readonly status: number | undefined
  readonly errors: readonly ErrorEntry[]
  /** Not before this time: Retry-After, or the end of the budget's pause. */
  readonly retryAt?: Date

  constructor({ outcome, kind, message, status, errors = [], retryAt }: Facts) {
    super(message)
    this.outcome = outcome
    this.kind = kind
    this.status = status
    this.errors = errors
    if (retryAt !== undefined) this.retryAt = retryAt
  }

  /** The same error with another `retryAt`. */
  at(retryAt: Date): CertCentralError {
    const { outcome, kind, message, status, errors } = this
    return new CertCentralError({ outcome, kind, message, status, errors, retryAt })
  }
}

/** An answer that cannot be read: of a call that may change something, nobody knows then whether it did. */
export const unreadable = (operation: string, status: number, why: string): CertCentralError =>
  new CertCentralError({
    outcome: 'ambiguous',
    kind: 'unreadable',
    status,
    message: `${operation}: CertCentral answered ${status}, but ${why}`,
  })

/** A request that was not sent because it can only be refused. */
export const notSendable = (operation: string, errors: readonly ErrorEntry[]): CertCentralError =>
  new CertCentralError({
    outcome: 'unsent',
    kind: 'invalid',
    errors,
    message: `${operation}: not sent: ${summary(errors)}`,
  })

/** A call that was not made because the budget of the API key does not allow it before that time. */
export const throttled = (why: string, retryAt: Date): CertCentralError =>
  new CertCentralError({ outcome: 'unsent', kind: 'throttled', retryAt, message: `not sent: ${why}` })

/** A call that its own signal ended. */
export const calledOff = (operation: string, outcome: Outcome, status?: number): CertCentralError =>
  new CertCentralError({ outcome, kind: 'timeout', status, message: `${operation}: called off by the caller` })

/** More entries of a list than this are not even looked at. */
const MAX_ENTRIES = 100
const SHOWN_ENTRIES = 3

const member = (value: unknown, name: string): string => {
  const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof text === 'string' ? text : ''
}

const entryOf = (value: unknown): ErrorEntry => {
  const whole = plainText(member(value, 'code'), 512)
  const [, code = '', field] = /^([^|:]*)(?:[|:](.*))?$/.exec(whole) ?? []
  const message = typeof value === 'string' ? value : member(value, 'message')
  return { code: plainText(code, 100), field, message: plainText(message, 500) }
}

/** Every entry of a parsed answer; `errors` may be an array or a single object (docs/certcentral.md#form-of-an-error). */
export const errorEntries = (body: unknown): ErrorEntry[] => {
  if (typeof body !== 'object' || body === null || !('errors' in body)) return []
  const list: unknown[] = Array.isArray(body.errors) ? body.errors : [body.errors]
  return list
    .slice(0, MAX_ENTRIES)
    .map(entryOf)
    .filter(({ code, message }) => code !== '' || message !== '')
}

const sentence = ({ code, field, message }: ErrorEntry): string =>
  [field === undefined ? code : `${code} (${field})`, message].filter((part) => part !== '').join(': ')

/** The first entries as one line for a person. */
export const summary = (errors: readonly ErrorEntry[]): string => {
  const more = errors.length > SHOWN_ENTRIES ? ` (and ${errors.length - SHOWN_ENTRIES} more)` : ''
  return errors.slice(0, SHOWN_ENTRIES).map(sentence).join('; ') + more
}

/** Why a body is not there as text. */
export type BodyFault = 'cut' | 'too-large' | 'timeout' | 'called-off'

/** An answer of the server, whatever its status. */
export type Reply = {
  status: number
  /** The body, or why there is none. */
  body: { text: string } | { fault: BodyFault }
  /** Host of a Location header. */
  location?: string
  /** From Retry-After. */
  retryAt?: Date
  /** From Date, in milliseconds since the epoch: what the server's clock showed. */
  serverTime?: number
}

const KINDS: Partial<Record<number, ErrorKind>> = {
  401: 'unauthorized',
  403: 'forbidden',
  409: 'conflict',
  429: 'throttled',
}

const entriesOf = ({ body }: Reply): ErrorEntry[] => ('text' in body ? errorEntries(parseJson(body.text)) : [])

/** CertCentral gives every refusal a code. A page of a CDN, an empty body or another JSON has none. */
const isOwnForm = (errors: readonly ErrorEntry[]): boolean => errors.some(({ code }) => code !== '')

/** Whether one entry names a thing that does not exist. `route` would mean that the base URL is wrong. */
const namesNothing = ({ code, field }: ErrorEntry): boolean =>
  (/^(?:.+_)?not_found$/.test(code) || code.startsWith('no_orders')) && code !== 'route_not_found' && field !== 'route'

/**
 * Whether CertCentral itself says that there is no such thing. The status alone cannot say so: a gateway and a wrong
 * base URL answer 404 as well, and who believed them would buy again what was bought.
 */
export const saysNoSuchThing = (reply: Reply): boolean => {
  const errors = entriesOf(reply)
  return (reply.status === 404 || reply.status === 410) && errors.length > 0 && errors.every(namesNothing)
}

/**
 * Whether CertCentral refuses the API key itself. It answers a wrong or revoked key with 403 and
 * `access_denied|access_denied_invalid_key`, as recordings of 2023 show; other codes of a 403 are about what a good key may do.
 */
const refusesKey = ({ code, field = '' }: ErrorEntry): boolean =>
  code === 'access_denied' && /(?:^|_)invalid_(?:api_)?key$/.test(field)

const kindOf = ({ status }: Reply, errors: readonly ErrorEntry[]): ErrorKind =>
  status === 403 && errors.some(refusesKey) ? 'unauthorized' : (KINDS[status] ?? 'invalid')

/** The outcome and kind of a 4xx. Its body decides, but for 408 and 429, which mean the same from everybody. */
const refusalOf = (reply: Reply, errors: readonly ErrorEntry[]): { outcome: Outcome; kind: ErrorKind } => {
  const { status } = reply
  if (status === 408) return { outcome: 'ambiguous', kind: 'timeout' }
  if (status !== 429 && !isOwnForm(errors)) return { outcome: 'ambiguous', kind: 'unavailable' }
  return { outcome: 'refused', kind: saysNoSuchThing(reply) ? 'not-found' : kindOf(reply, errors) }
}

const meaningOf = (reply: Reply, errors: readonly ErrorEntry[]): { outcome: Outcome; kind: ErrorKind } => {
  if (reply.status >= 500) return { outcome: 'ambiguous', kind: 'unavailable' }
  // Nobody knows who redirected, or whether that was before or after the work.
  return reply.status >= 400 ? refusalOf(reply, errors) : { outcome: 'ambiguous', kind: 'redirected' }
}

const wordsOf = ({ status, location }: Reply, kind: ErrorKind, errors: readonly ErrorEntry[]): string => {
  if (kind === 'unavailable' && status < 500)
    return `${status} came back, but not in CertCentral's form: a proxy or CDN may have answered`
  const to = location === undefined ? '' : `, a redirect to ${location}, which is not followed`
  const why = errors.length > 0 ? `: ${summary(errors)}` : ''
  return `CertCentral answered ${status}${to}${why}`
}

/** The error for a status of 300 and above. Bodies of errors may be empty, HTML or cut. */
export const errorOfStatus = (operation: string, reply: Reply): CertCentralError => {
  const { status, retryAt } = reply
  const errors = entriesOf(reply)
  const { outcome, kind } = meaningOf(reply, errors)
  const message = `${operation}: ${wordsOf(reply, kind, errors)}`
  return new CertCentralError({ outcome, kind, status, errors, retryAt, message })
}

const FAULTS: Record<BodyFault, { kind: ErrorKind; words: string }> = {
  cut: { kind: 'unreadable', words: 'its body was cut' },
  'too-large': { kind: 'too-large', words: 'its body was too large' },
  timeout: { kind: 'timeout', words: 'its body did not end in time' },
  'called-off': { kind: 'timeout', words: 'the caller called the call off' },
}

/** The error for a 2xx without a whole body: it was probably done, but what came of it is not known. */
export const errorOfBody = (operation: string, status: number, fault: BodyFault): CertCentralError =>
  new CertCentralError({
    outcome: 'ambiguous',
    kind: FAULTS[fault].kind,
    status,
    message: `${operation}: CertCentral answered ${status}, but ${FAULTS[fault].words}`,
  })

/** `Retry-After` in either form of RFC 9110, section 10.2.3; a date is read against the server's own clock. */
export const retryAfter = (
  headers: { retryAfter?: string | undefined; date?: string | undefined },
  now: number,
): Date | undefined => {
  const { retryAfter: value, date } = headers
  if (value === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(value)) return new Date(now + Number(value) * 1000)
  // Date.parse would read a year into nearly any number.
  const at = /^[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN
  const serverNow = Date.parse(date ?? '')
  return Number.isNaN(at) ? undefined : new Date(Number.isNaN(serverNow) ? at : now + at - serverNow)
}
