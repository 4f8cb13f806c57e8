import type { ErrorEntry, ErrorKind, Outcome } from './errors.ts'
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
