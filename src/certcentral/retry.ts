import type { CertCentralError } from './errors.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const nth = (schedule: readonly number[], attempt: number, last: number): number =>
  schedule[Math.max(0, attempt)] ?? last

const FIRST_PAUSE = 5 * SECOND
const LONGEST_PAUSE = 3 * MINUTE
const PAUSE_JITTER = 0.2

/**
 * How long all calls of a key rest after the nth 429 in a row, counted from 0: 5 s, 10 s, 20 s and so on to 3 minutes,
 * in ms (reference/certcentral-lifecycle.md, section 6). Up to a fifth of jitter is added, never taken away.
 */
export const pauseMs = (strike: number, random: () => number): number =>
  Math.min(FIRST_PAUSE * 2 ** strike, LONGEST_PAUSE / (1 + PAUSE_JITTER)) * (1 + PAUSE_JITTER * random())

const LOOK_UPS = [5 * SECOND, 15 * SECOND, 45 * SECOND, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]

/**
 * How long after an ambiguous POST, or after the look-up before, to look the order up again, in ms; `attempt` counts
 * the look-ups made so far (reference/certcentral-lifecycle.md, section 5.2).
 */
export const lookUpDelayMs = (attempt: number): number => nth(LOOK_UPS, attempt, HOUR)

const DCV_CHECKS = [0, 1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE)

/**
 * How long to wait before the next check-dcv, in ms; `attempt` counts the checks made so far
 * (reference/certcentral-lifecycle.md, section 6). It never ends, because DigiCert's own polling does after ten days.
 */
export const checkDcvDelayMs = (attempt: number): number => nth(DCV_CHECKS, attempt, HOUR)

/**
 * May a failed call be sent once more at once, inside the same call? Only a GET whose connection failed: the usual cause
 * is a kept connection that the server had just closed. A POST never, whatever happened to it.
 */
export const sendAgainAtOnce = (method: 'GET' | 'POST' | 'PUT', error: CertCentralError): boolean =>
  method === 'GET' && error.kind === 'unreachable'
