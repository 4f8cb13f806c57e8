/**
 * What a failed call means to its caller.
 * - `unavailable`: the API server is not there or said that it did not do it (503 with a Status; refused connection).
 * - `throttled`: refused by rate or quota of requests (429); nothing was done.
 * - `unknown`: timeout, reset, 5xx, an answer that makes no sense: a write may or may not have happened.
 * - `expired`: the server does not have the version asked for: too old (410), or newer than all it has, as after a restore
 *   of its database; list again.
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

/** A call to the API server that failed. The message is short and has no headers, credentials or sent bodies in it. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly failure: KubeFailure
  /** HTTP status, or that of a Status object in a watch stream; undefined when there was no answer. */
  readonly code: number | undefined
  readonly retryAfterSeconds: number | undefined
  /** The causes that the API server gave, by their reasons. */
  readonly causes: readonly string[]

  constructor(failure: KubeFailure, message: string, details: Details = {}) {
    super(message)
    this.failure = failure
    this.code = details.code
    this.retryAfterSeconds = details.retryAfterSeconds
    this.causes = details.causes ?? []
  }
}

/** Is this a failed call of that sort? */
export function isFailure(error: unknown, ...failures: readonly KubeFailure[]): error is KubeError {
  return error instanceof KubeError && failures.includes(error.failure)
}

/** Whether something could not be made because its namespace is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof KubeError && error.causes.includes('NamespaceTerminating')
}

/** The object with which Kubernetes answers failures. */
export type Status = {
  readonly kind: 'Status'
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly Cause[] }
}

type Cause = { readonly reason?: string; readonly field?: string; readonly message?: string }

/** A call as error messages name it, and whether it may change something. */
export type Attempt = { readonly label: string; readonly writes: boolean; readonly resource: string }

/** An answer outside 2xx. */
export type Refusal = {
  readonly code: number
  readonly status: Status | undefined
  readonly retryAfter: string | undefined
}

const MESSAGE_LIMIT = 512

/** The error for an answer outside 2xx. */
export function refusalError(attempt: Attempt, { code, status, retryAfter }: Refusal): KubeError {
  const failure = failureOf(attempt, code, status)
  const said = sayable(attempt, status)
  const retryAfterSeconds = status?.details?.retryAfterSeconds ?? seconds(retryAfter)
  const causes = causesOf(status)
  return new KubeError(failure, `${attempt.label}: ${code} ${failure}${said}`, { code, retryAfterSeconds, causes })
}

const byCode: Readonly<Record<number, KubeFailure>> = {
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

const causesOf = (status: Status | undefined): string[] =>
  (status?.details?.causes ?? []).flatMap(({ reason }) => reason ?? [])

const isOfTheFuture = (status: Status | undefined): boolean => causesOf(status).includes('ResourceVersionTooLarge')

function failureOf(attempt: Attempt, code: number, status: Status | undefined): KubeFailure {
  if (status?.reason === 'AlreadyExists') return 'already-exists'
  if (isOfTheFuture(status)) return 'expired'
  // The path itself is not served, as when a CRD is not installed; that says nothing about an object.
  if (code === 404 && status === undefined) return 'unavailable'
  if (code === 503 || code === 504) return gatewayFailure(attempt, code, status)
  return byCode[code] ?? 'unknown'
}

// A proxy says 503 also when the connection broke after the request had reached the server, and the API server says 504
// when a write took too long but may still be committed. Only its own 503 tells that nothing happened.
function gatewayFailure(attempt: Attempt, code: number, status: Status | undefined): KubeFailure {
  const refusedByServer = code === 503 && status !== undefined
  return attempt.writes && !refusedByServer ? 'unknown' : 'unavailable'
}

// Decoding and patch errors may quote the object that was sent; for Secrets only an admission refusal is passed on.
function sayable(attempt: Attempt, status: Status | undefined): string {
  const message = status?.message
  if (message === undefined || message === '') return ''
  const mayQuote = attempt.resource === 'secrets' && quotingReasons.has(status?.reason)
  if (mayQuote && !admissionRefusal.test(message)) return causesInWords(status)
  const line = message.replace(UNPRINTABLE, ' ')
  return `: ${line.length > MESSAGE_LIMIT ? `${line.slice(0, MESSAGE_LIMIT)}…` : line}`
}

const CAUSE_WORDS: Readonly<Record<string, string>> = {
  FieldValueForbidden: 'is forbidden',
  FieldValueInvalid: 'is invalid',
  FieldValueRequired: 'is missing',
  FieldValueTooLong: 'is too long',
  FieldValueDuplicate: 'is there twice',
  FieldValueNotSupported: 'is not supported',
}

/** What the API server says of the thing itself when it forbids a change; it quotes nothing of the object. */
const IMMUTABLE = /field is immutable( when `immutable` is set)?/

/** Most fields that a message names. */
const MOST_FIELDS = 5

/** Which fields the API server refused, and why, without what it quotes of their values. */
function causesInWords(status: Status | undefined): string {
  const named = (status?.details?.causes ?? []).flatMap(({ reason = '', field = '', message = '' }) => {
    const word = IMMUTABLE.exec(message)?.[0].replace('field ', '') ?? CAUSE_WORDS[reason]
    return word !== undefined && FIELD.test(field) ? [`${field} ${word}`] : []
  })
  return named.length > 0 ? `: ${named.slice(0, MOST_FIELDS).join(', ')}` : ''
}

/** A path of field names; what a person chose, such as the name of an entry, stands in brackets and is not passed on. */
const FIELD = /^[A-Za-z][A-Za-z.]{0,63}$/

// An admission webhook may say anything, and what it says ends in statuses and logs: one line that steers no terminal.
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu

const admissionRefusal = /^(admission webhook|secrets "[^"]*" is forbidden: ValidatingAdmissionPolicy) /

const quotingReasons = new Set<string | undefined>([undefined, '', 'BadRequest', 'Invalid', 'InternalError', 'Unknown'])

function seconds(retryAfter: string | undefined): number | undefined {
  const value = Number(retryAfter ?? '')
  return retryAfter !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined
}

// The connection was never made, so the request was never sent.
const unsentCodes = new Set([
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

/** The error for a call that got no answer: what the socket said is reduced to its code. */
export function transportError(attempt: Attempt, error: unknown): KubeError {
  const code = codeOf(error)
  const failure = unsentCodes.has(code) ? 'unavailable' : 'unknown'
  return new KubeError(failure, `${attempt.label}: ${failure}: no answer (${code})`)
}

function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  return [code, name].find((word) => typeof word === 'string') ?? 'unknown cause'
}
