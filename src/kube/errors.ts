/**
 * What a failed request means to its caller.
 * - `unavailable`: the request was not carried out: no connection, or a 503 of the API server itself (with a Status).
 * - `throttled`: refused by a rate limit (429); the request was not carried out.
 * - `unknown`: timeout, reset, 5xx or a malformed response: a write may or may not have happened.
 * - `expired`: the server does not have the resource version asked for. It is too old (410), or newer than any, as after
 *   a restore of the database. List again.
 */
export type KubeFailure =
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'forbidden'
  | 'unauthorized'
  | 'invalid'
  | 'expired'
  | 'throttled'
  | 'unavailable'
  | 'unknown'

type Details = {
  readonly code?: number | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly causes?: readonly string[] | undefined
}

/** A request to the API server that failed. The message is short and holds no headers, credentials or request bodies. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly failure: KubeFailure
  /** HTTP status, or that of a Status object in a watch stream; undefined when there was no response. */
  readonly code: number | undefined
  readonly retryAfterSeconds: number | undefined
  /** Reasons of the causes in the Status. */
  readonly causes: readonly string[]

  constructor(failure: KubeFailure, message: string, details: Details = {}) {
    super(message)
    this.failure = failure
    this.code = details.code
    this.retryAfterSeconds = details.retryAfterSeconds
    this.causes = details.causes ?? []
  }
}

/** Whether this is a KubeError with one of these failures. */
export function isFailure(error: unknown, ...failures: readonly KubeFailure[]): error is KubeError {
  return error instanceof KubeError && failures.includes(error.failure)
}

/** Whether an object could not be created because its namespace is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof KubeError && error.causes.includes('NamespaceTerminating')
}

/** The `metav1.Status` in the body of an error response. */
export type Status = {
  readonly kind: 'Status'
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly Cause[] }
}

type Cause = { readonly reason?: string; readonly field?: string; readonly message?: string }

/** A request as error messages name it. `writes` is true when it may change something; `resource` is the plural. */
export type RequestInfo = { readonly label: string; readonly writes: boolean; readonly resource: string }

/** A response outside 2xx. */
export type ErrorResponse = {
  readonly code: number
  readonly status: Status | undefined
  readonly retryAfter: string | undefined
}

/** In characters; longer messages are cut. */
const MAX_MESSAGE_LENGTH = 512

/** Makes the error for a response outside 2xx. */
export function errorOfResponse(attempt: RequestInfo, { code, status, retryAfter }: ErrorResponse): KubeError {
  const failure = failureOf(attempt, code, status)
  const description = describeStatus(attempt, status)
  const retryAfterSeconds = status?.details?.retryAfterSeconds ?? parseRetryAfter(retryAfter)
  const causes = causeReasons(status)
  return new KubeError(failure, `${attempt.label}: ${code} ${failure}${description}`, {
    code,
    retryAfterSeconds,
    causes,
  })
}

const FAILURE_BY_CODE: Readonly<Record<number, KubeFailure>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'invalid',
  409: 'conflict',
  410: 'expired',
  413: 'invalid',
  415: 'invalid',
  422: 'invalid',
  429: 'throttled',
}

const causeReasons = (status: Status | undefined): string[] =>
  (status?.details?.causes ?? []).flatMap(({ reason }) => reason ?? [])

const isVersionTooLarge = (status: Status | undefined): boolean =>
  causeReasons(status).includes('ResourceVersionTooLarge')

function failureOf(attempt: RequestInfo, code: number, status: Status | undefined): KubeFailure {
  if (status?.reason === 'AlreadyExists') return 'already-exists'
  if (isVersionTooLarge(status)) return 'expired'
  // The path is not served, for example because a CRD is not installed. That says nothing about an object.
  if (code === 404 && status === undefined) return 'unavailable'
  if (code === 503 || code === 504) return gatewayFailure(attempt, code, status)
  return FAILURE_BY_CODE[code] ?? 'unknown'
}

// A proxy also sends 503 when the connection broke after the request reached the server, and the API server sends 504
// when a write took too long but may still be committed. Only a 503 of the API server means that nothing happened.
function gatewayFailure(attempt: RequestInfo, code: number, status: Status | undefined): KubeFailure {
  const refusedByServer = code === 503 && status !== undefined
  return attempt.writes && !refusedByServer ? 'unknown' : 'unavailable'
}

// Decoding and patch errors may quote the object that was sent; for Secrets only an admission refusal is safe to repeat.
function describeStatus(attempt: RequestInfo, status: Status | undefined): string {
  const message = status?.message
  if (message === undefined || message === '') return ''
  const mayQuote = attempt.resource === 'secrets' && QUOTING_REASONS.has(status?.reason)
  if (mayQuote && !ADMISSION_REFUSAL.test(message)) return describeCauses(status)
  const line = message.replace(UNPRINTABLE, ' ')
  return `: ${line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line}`
}

const CAUSE_TEXTS: Readonly<Record<string, string>> = {
  FieldValueForbidden: 'is forbidden',
  FieldValueInvalid: 'is invalid',
  FieldValueRequired: 'is missing',
  FieldValueTooLong: 'is too long',
  FieldValueDuplicate: 'is there twice',
  FieldValueNotSupported: 'is not supported',
}

/** The API server's message for a field that must not change; it quotes no value. */
const IMMUTABLE = /field is immutable( when `immutable` is set)?/

/** A message names no more fields than this. */
const MAX_FIELDS = 5

/** The fields that the API server refused, and why, without the values that it quotes. */
function describeCauses(status: Status | undefined): string {
  const descriptions = (status?.details?.causes ?? []).flatMap(({ reason = '', field = '', message = '' }) => {
    const text = IMMUTABLE.exec(message)?.[0].replace('field ', '') ?? CAUSE_TEXTS[reason]
    return text !== undefined && FIELD_PATH.test(field) ? [`${field} ${text}`] : []
  })
  return descriptions.length > 0 ? `: ${descriptions.slice(0, MAX_FIELDS).join(', ')}` : ''
}

/** A path of field names. Names that a user chose, such as map keys, are in brackets and do not match. */
const FIELD_PATH = /^[A-Za-z][A-Za-z.]{0,63}$/

// The message of an admission webhook ends up in statuses and logs: keep it on one line, without control characters.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu

const ADMISSION_REFUSAL = /^(admission webhook|secrets "[^"]*" is forbidden: ValidatingAdmissionPolicy) /

const QUOTING_REASONS = new Set<string | undefined>([
  undefined,
  '',
  'BadRequest',
  'Invalid',
  'InternalError',
  'Unknown',
])

function parseRetryAfter(retryAfter: string | undefined): number | undefined {
  const value = Number(retryAfter ?? '')
  return retryAfter !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined
}

// There was no connection, so the request was not sent.
const UNSENT_CODES = new Set([
  'CREDENTIALS_UNREADABLE',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
])

/** Makes the error for a request without a response. Only the code of the socket error is repeated. */
export function transportError(attempt: RequestInfo, error: unknown): KubeError {
  const code = codeOf(error)
  const failure = UNSENT_CODES.has(code) ? 'unavailable' : 'unknown'
  return new KubeError(failure, `${attempt.label}: ${failure}: no answer (${code})`)
}

function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  return [code, name].find((text) => typeof text === 'string') ?? 'unknown cause'
}

/** The message of whatever was thrown, for a log. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown cause'
}
