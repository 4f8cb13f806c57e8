import { plainText } from './text.ts'

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
