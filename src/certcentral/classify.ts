import type { ErrorKind, Outcome } from './errors.ts'
import { CertCentralError, errorEntries, summary } from './errors.ts'
import { parseJson } from './json.ts'

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
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'not-found',
  429: 'throttled',
}

const kindOf = (status: number): ErrorKind => {
  const kind = KINDS[status]
  if (kind !== undefined) return kind
  if (status >= 500) return 'unavailable'
  return status >= 400 ? 'invalid' : 'redirected'
}

const outcomeOf = (status: number): Outcome => (status === 408 || status >= 500 ? 'ambiguous' : 'refused')

/** The error for a status of 300 and above. The status alone decides: bodies of errors may be empty, HTML or cut. */
export const errorOfStatus = (operation: string, { status, body, location, retryAt }: Reply): CertCentralError => {
  const errors = 'text' in body ? errorEntries(parseJson(body.text)) : []
  const to = location === undefined ? '' : `, a redirect to ${location}, which is not followed`
  const why = errors.length > 0 ? `: ${summary(errors)}` : ''
  return new CertCentralError({
    outcome: outcomeOf(status),
    kind: kindOf(status),
    status,
    errors,
    retryAt,
    message: `${operation}: CertCentral answered ${status}${to}${why}`,
  })
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
