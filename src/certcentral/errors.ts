import type { RequestProgress } from './agents.ts'
import { parseJson, plainText } from './schema-helpers.ts'

/** The calls of the client by the ids that metrics carry, and as error messages name them. */
const OPERATION_NAMES = {
  addCsr: 'Add CSR',
  cancelOrder: 'Cancel order',
  certificateChain: 'Certificate chain',
  checkDcv: 'Check DCV',
  dcvRandomValue: 'DCV random value',
  domainInfo: 'Domain info',
  downloadCertificate: 'Download certificate',
  orderInfo: 'Order info',
  orderValidation: 'Order validation',
  ordersByAlternativeId: 'Orders by alternative ID',
  ordersOfName: 'Orders by name',
  organizationValidations: 'Organization validation',
  placeOrder: 'Place order',
  reissue: 'Reissue',
  reissues: 'List reissues',
  rejectRequest: 'Reject request',
  requestInfo: 'Request info',
  revokeCertificate: 'Revoke certificate',
  revokeOrder: 'Revoke order',
  statusChanges: 'Status changes',
  switchAutoReissue: 'Switch auto-reissue',
  userMe: 'User',
} as const

export type Operation = keyof typeof OPERATION_NAMES

const messageOf = (operation: Operation, text: string): string => `${OPERATION_NAMES[operation]}: ${text}`

/**
 * Whether the call may have taken effect. `refused`: CertCentral said no, in its own form. `unsent`: the request never left.
 * `ambiguous`: nobody knows, so look before repeating it (docs/certcentral.md#unknown-outcomes).
 */
export type RequestOutcome = 'refused' | 'unsent' | 'ambiguous'

export type ErrorKind =
  /** The API key is wrong, revoked or missing: 401, or 403 with a code that says so. */
  | 'unauthorized'
  /** 403: the API key may not do this. */
  | 'forbidden'
  /** 404 with a code that says so: no such thing, or one that the key's user may not see. */
  | 'not-found'
  /** 400, 422 and other 4xx, also a 404 for a route: the request itself is wrong. */
  | 'invalid'
  /** 409. */
  | 'conflict'
  /** 429, or the rate limiter of this process has no slot; `retryAt` says until when. */
  | 'throttled'
  /** 5xx, or a 4xx without CertCentral's form of errors, which a proxy or CDN may have sent. */
  | 'unavailable'
  /** No connection, or one that broke before a response began. */
  | 'unreachable'
  /** 408, the time limit of the call passed, or the caller's signal was aborted. */
  | 'timeout'
  /** A 2xx whose body was cut, is not JSON, or does not have the documented shape. */
  | 'unreadable'
  /** A body beyond its bound, in either direction. */
  | 'too-large'
  /** 3xx: redirects are not followed, and nobody knows who redirected. */
  | 'redirected'

/** One entry of the `errors` of a response (docs/certcentral.md#form-of-an-error). */
export type ErrorEntry = {
  /** The fixed part of the code, for example `invalid_value` or `access_denied`. */
  code: string
  /** What follows the first `|` or `:` of the code: a field, a domain, a detail. */
  field: string | undefined
  message: string
}

type ErrorDetails = {
  outcome: RequestOutcome
  kind: ErrorKind
  message: string
  status?: number | undefined
  errors?: readonly ErrorEntry[]
  retryAt?: Date | undefined
}

/**
 * The only error of this folder. It never wraps another error: those of axios carry the request with the API key, so only
 * their code is kept.
 */
export class CertCentralError extends Error {
  override readonly name = 'CertCentralError'
  readonly outcome: RequestOutcome
  readonly kind: ErrorKind
  /** HTTP status, when a response began. */
  readonly status: number | undefined
  readonly errors: readonly ErrorEntry[]
  /** Not before this time: Retry-After, or the end of a pause of the rate limiter. */
  readonly retryAt?: Date

  constructor({ outcome, kind, message, status, errors = [], retryAt }: ErrorDetails) {
    super(message)
    this.outcome = outcome
    this.kind = kind
    this.status = status
    this.errors = errors
    if (retryAt !== undefined) this.retryAt = retryAt
  }

  /** The same error with another `retryAt`. */
  withRetryAt(retryAt: Date): CertCentralError {
    const { outcome, kind, message, status, errors } = this
    return new CertCentralError({ outcome, kind, message, status, errors, retryAt })
  }
}

/** Makes the error for a response that cannot be read: if the call changes something, nobody knows whether it did. */
export const unreadable = (operation: Operation, status: number, why: string): CertCentralError =>
  new CertCentralError({
    outcome: 'ambiguous',
    kind: 'unreadable',
    status,
    message: messageOf(operation, `CertCentral answered ${status}, but ${why}`),
  })

/** Makes the error for a request that was not sent because CertCentral can only refuse it. */
export const notSendable = (operation: Operation, errors: readonly ErrorEntry[]): CertCentralError =>
  new CertCentralError({
    outcome: 'unsent',
    kind: 'invalid',
    errors,
    message: messageOf(operation, `not sent: ${summary(errors)}`),
  })

/** Makes the error for a request that was not sent because its body is larger than this. */
export const tooLargeToSend = (operation: Operation, maxBytes: number): CertCentralError =>
  new CertCentralError({
    outcome: 'unsent',
    kind: 'too-large',
    message: messageOf(operation, `not sent: the body is larger than ${maxBytes} bytes`),
  })

/** Makes the error for a call that the rate limiter does not allow before that time. */
export const throttled = (why: string, retryAt: Date): CertCentralError =>
  new CertCentralError({ outcome: 'unsent', kind: 'throttled', retryAt, message: `Not sent: ${why}` })

/** Makes the error for a call whose signal the caller aborted; without an operation, while it waited for a slot. */
export const aborted = (outcome: RequestOutcome, operation?: Operation): CertCentralError => {
  const message = operation ? messageOf(operation, 'aborted by the caller') : 'Not sent: aborted by the caller'
  return new CertCentralError({ outcome, kind: 'timeout', message })
}

/** Makes the error for a request without a response. The error of axios holds the API key, so only its code is passed. */
export const errorOfRequest = (
  operation: Operation,
  { mayHaveArrived, proxy }: RequestProgress,
  failure: { code: string } | 'timeout' | 'aborted',
): CertCentralError => {
  const outcome = mayHaveArrived ? 'ambiguous' : 'unsent'
  if (failure === 'aborted') return aborted(outcome, operation)
  const kind = failure === 'timeout' ? 'timeout' : 'unreachable'
  const what = failure === 'timeout' ? 'no answer in time' : `no answer (${failure.code})`
  const when = mayHaveArrived ? 'after the request was sent' : 'before the request was sent'
  const via = proxy === undefined ? '' : `, through the proxy ${proxy}`
  return new CertCentralError({ outcome, kind, message: messageOf(operation, `${what}, ${when}${via}`) })
}

/** What a person can do about the refusal of a proxy. */
const PROXY_ADVICE: Readonly<Record<number, string>> = {
  403: '; it does not let this host through',
  407: '; it wants a user and password in HTTPS_PROXY, or others than there are',
}

/** Makes the error for a request that the proxy did not let through. */
export const errorOfProxy = (operation: Operation, proxy: string | undefined, status: number): CertCentralError =>
  new CertCentralError({
    outcome: 'unsent',
    kind: 'unreachable',
    message: messageOf(operation, `not sent: the proxy ${proxy ?? ''} answered ${status}${PROXY_ADVICE[status] ?? ''}`),
  })

/** Later entries of a list are not read. */
const MAX_ENTRIES = 100
const MAX_SHOWN_ENTRIES = 3

const stringMember = (value: unknown, name: string): string => {
  const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof text === 'string' ? text : ''
}

const entryOf = (value: unknown): ErrorEntry => {
  const whole = plainText(stringMember(value, 'code'), 512)
  const [, code = '', field] = /^([^|:]*)(?:[|:](.*))?$/.exec(whole) ?? []
  const message = typeof value === 'string' ? value : stringMember(value, 'message')
  return { code: plainText(code, 100), field, message: plainText(message, 500) }
}

/** The entries of a parsed body; `errors` may be an array or a single object (docs/certcentral.md#form-of-an-error). */
const errorEntries = (body: unknown): ErrorEntry[] => {
  if (typeof body !== 'object' || body === null || !('errors' in body)) return []
  const list: unknown[] = Array.isArray(body.errors) ? body.errors : [body.errors]
  return list
    .slice(0, MAX_ENTRIES)
    .map(entryOf)
    .filter(({ code, message }) => code !== '' || message !== '')
}

const describe = ({ code, field, message }: ErrorEntry): string =>
  [field === undefined ? code : `${code} (${field})`, message].filter((part) => part !== '').join(': ')

/** The first entries as one line for a person. */
const summary = (errors: readonly ErrorEntry[]): string => {
  const more = errors.length > MAX_SHOWN_ENTRIES ? ` (and ${errors.length - MAX_SHOWN_ENTRIES} more)` : ''
  return errors.slice(0, MAX_SHOWN_ENTRIES).map(describe).join('; ') + more
}

/** Why a body is not there as text. */
type BodyFault = 'cut' | 'too-large' | 'timeout' | 'aborted'

/** A response of the server, whatever its status. */
export type HttpResponse = {
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

const entriesOf = ({ body }: HttpResponse): ErrorEntry[] => ('text' in body ? errorEntries(parseJson(body.text)) : [])

/** CertCentral gives every refusal a code. A page of a CDN, an empty body or another JSON has none. */
const isOfCertCentral = (errors: readonly ErrorEntry[]): boolean => errors.some(({ code }) => code !== '')

/** Whether one entry says that a thing does not exist. `route` would mean that the base URL is wrong. */
const isNotFound = ({ code, field }: ErrorEntry): boolean =>
  (/^(?:.+_)?not_found$/.test(code) || code.startsWith('no_orders')) && code !== 'route_not_found' && field !== 'route'

/**
 * Whether CertCentral itself says that there is no such thing. The status is not enough: a gateway and a wrong base URL
 * answer 404 as well, and believing them would buy a second time.
 */
export const saysNoSuchThing = (response: HttpResponse): boolean => {
  const errors = entriesOf(response)
  return (response.status === 404 || response.status === 410) && errors.length > 0 && errors.every(isNotFound)
}

/**
 * Whether CertCentral refuses the API key itself. It answers a wrong or revoked key with 403 and
 * `access_denied|access_denied_invalid_key`, as recordings of 2023 show. Other codes of a 403 are about what a good key may
 * do.
 */
const refusesKey = ({ code, field = '' }: ErrorEntry): boolean =>
  code === 'access_denied' && /(?:^|_)invalid_(?:api_)?key$/.test(field)

type Meaning = { outcome: RequestOutcome; kind: ErrorKind }

const kindOf = ({ status }: HttpResponse, errors: readonly ErrorEntry[]): ErrorKind =>
  status === 403 && errors.some(refusesKey) ? 'unauthorized' : (KINDS[status] ?? 'invalid')

/** The meaning of a 4xx. Its body decides, but for 408 and 429, which mean the same from every sender. */
const meaningOf4xx = (response: HttpResponse, errors: readonly ErrorEntry[]): Meaning => {
  const { status } = response
  if (status === 408) return { outcome: 'ambiguous', kind: 'timeout' }
  if (status !== 429 && !isOfCertCentral(errors)) return { outcome: 'ambiguous', kind: 'unavailable' }
  return { outcome: 'refused', kind: saysNoSuchThing(response) ? 'not-found' : kindOf(response, errors) }
}

const meaningOf = (response: HttpResponse, errors: readonly ErrorEntry[]): Meaning => {
  if (response.status >= 500) return { outcome: 'ambiguous', kind: 'unavailable' }
  // Nobody knows who redirected, or whether that was before or after the work.
  return response.status >= 400 ? meaningOf4xx(response, errors) : { outcome: 'ambiguous', kind: 'redirected' }
}

const describeStatus = ({ status, location }: HttpResponse, kind: ErrorKind, errors: readonly ErrorEntry[]): string => {
  if (kind === 'unavailable' && status < 500)
    return `${status} came back, but not in CertCentral's form: a proxy or CDN may have answered`
  const to = location === undefined ? '' : `, a redirect to ${location}, which is not followed`
  const why = errors.length > 0 ? `: ${summary(errors)}` : ''
  return `CertCentral answered ${status}${to}${why}`
}

/** Makes the error for a status of 300 and above. Bodies of errors may be empty, HTML or cut. */
export const errorOfStatus = (operation: Operation, response: HttpResponse): CertCentralError => {
  const { status, retryAt } = response
  const errors = entriesOf(response)
  const { outcome, kind } = meaningOf(response, errors)
  const message = messageOf(operation, describeStatus(response, kind, errors))
  return new CertCentralError({ outcome, kind, status, errors, retryAt, message })
}

const BODY_FAULTS: Record<BodyFault, { kind: ErrorKind; text: string }> = {
  cut: { kind: 'unreadable', text: 'its body was cut' },
  'too-large': { kind: 'too-large', text: 'its body was too large' },
  timeout: { kind: 'timeout', text: 'its body did not end in time' },
  aborted: { kind: 'timeout', text: 'the caller aborted the call' },
}

/** Makes the error for a 2xx without a whole body: the call probably worked, but its result is not known. */
export const errorOfBody = (operation: Operation, status: number, fault: BodyFault): CertCentralError =>
  new CertCentralError({
    outcome: 'ambiguous',
    kind: BODY_FAULTS[fault].kind,
    status,
    message: messageOf(operation, `CertCentral answered ${status}, but ${BODY_FAULTS[fault].text}`),
  })
