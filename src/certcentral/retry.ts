import type { CertCentralError } from './errors.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

const FIRST_PAUSE = 5 * SECOND
const LONGEST_PAUSE = 3 * MINUTE
const PAUSE_JITTER = 0.2

/**
 * How long all calls of a key rest after the nth 429 in a row, counted from 0: 5 s, 10 s, 20 s and so on to 3 minutes,
 * in ms (docs/certcentral.md#rate-limits). Up to a fifth of jitter is added, never taken away.
 */
export const pauseMs = (strike: number, random: () => number): number =>
  Math.min(FIRST_PAUSE * 2 ** strike, LONGEST_PAUSE / (1 + PAUSE_JITTER)) * (1 + PAUSE_JITTER * random())

/**
 * May a failed call be sent once more at once, inside the same call? Only a GET whose connection failed: the usual cause
 * is a kept connection that the server had just closed. A POST never, whatever happened to it.
 */
export const sendAgainAtOnce = (method: 'GET' | 'POST' | 'PUT', error: CertCentralError): boolean =>
  method === 'GET' && error.kind === 'unreachable'
