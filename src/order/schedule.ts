import type { Reason } from '../api/reasons.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A day in milliseconds. */
export const DAY = 24 * HOUR

/** The day of a date in UTC, as `2027-11-23`. */
export const isoDay = (date: Date): string => date.toISOString().slice(0, 10)

export const later = (from: Date, milliseconds: number): Date => new Date(from.getTime() + milliseconds)

export const earliest = (first: Date, ...others: readonly (Date | undefined)[]): Date =>
  new Date(Math.min(first.getTime(), ...others.flatMap((date) => (date ? [date.getTime()] : []))))

/** Before anything that was ever noted. */
export const LONG_AGO = new Date(0)

/** How much the clocks of two replicas may differ, in milliseconds. */
const CLOCKS_DIFFER = 60_000

/** Whether a time that was noted is none that has passed: the clock that it was read from was wrong, or was set back since. */
export const isAhead = (noted: Date, now: Date): boolean => noted.getTime() - now.getTime() > CLOCKS_DIFFER

/** A noted time, unless it is none that has passed. */
export const passed = (noted: Date | undefined, now: Date): Date | undefined =>
  noted && !isAhead(noted, now) ? noted : undefined

/** A stalled order is looked at again this late, whatever happens: no event announces some of what a person may have resolved. */
export const SLOW_LOOK = DAY

/**
 * A number from 0 up to 1 that stays the same for the same seed, so that what is due at one time for many is spread,
 * and stays where it was after a restart.
 */
export const spread = (seed: string): number => {
  let hash = 2_166_136_261
  for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619)
  return (hash >>> 0) / 2 ** 32
}

/** The next time of day that belongs to a seed: each settled order is asked after once a day, spread over the day. */
export const dailyLook = (seed: string, now: Date): Date => {
  const slot = Math.floor(spread(seed) * DAY)
  const day = Math.floor((now.getTime() - slot) / DAY)
  return new Date((day + 1) * DAY + slot)
}

/** Orders that wait are asked after every 10 to 15 minutes beside the feed (docs/certcentral.md#the-feed-of-changes). */
export const waitingLook = (seed: string, lookedAt: Date): Date => later(lookedAt, (10 + 5 * spread(seed)) * MINUTE)

const QUICK_LOOKS = [0, 2_000, 5_000, 15_000]

/**
 * When an order that may be issued any moment (nothing of it waits for a person) is asked after, by how often it was:
 * at once, and after 2, 5 and 15 seconds. `undefined` after that: the feed will show it.
 */
export const quickLook = (lookedAt: Date, looks: number | undefined): Date | undefined => {
  const pause = looks === undefined ? undefined : QUICK_LOOKS[looks]
  return pause === undefined ? undefined : later(lookedAt, pause)
}

const DCV_CHECKS = [0, 1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE)

/**
 * When CertCentral should be asked to check the domains: when the value is known, then after 1, 2, 5, 10 and 30
 * minutes, then every hour (docs/certcentral.md#asking-for-a-check).
 */
export const nextDcvCheck = (since: Date, checkedAt: Date | undefined): Date => {
  if (checkedAt === undefined) return since
  const elapsed = checkedAt.getTime() - since.getTime()
  const listed = DCV_CHECKS.find((offset) => offset > elapsed)
  return listed === undefined ? later(checkedAt, HOUR) : later(since, listed)
}

const SEARCHES = [5_000, 15_000, 45_000, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE]

/** When an order of unknown outcome is looked for, by how often it was: 5 s, 15 s, 45 s, 2, 5, 15 minutes, each hour. */
export const nextSearch = (from: Date, searches: number): Date => later(from, SEARCHES[searches] ?? HOUR)

/** How long before a certificate is due it is first asked whether what it needs is validated, and how often after that. */
const VALIDITY_LEAD = 30 * DAY
const VALIDITY_AGAIN = { good: 10 * DAY, lapsing: DAY }

/** Whether the next certificate is near enough for its validation to be of account. */
export const isValidityDue = (dueAt: Date, now: Date): boolean => dueAt.getTime() - VALIDITY_LEAD <= now.getTime()

/** When it is asked until when domains and organization are validated. */
export const validityCheck = (dueAt: Date, checkedAt: Date | undefined, found: 'good' | 'lapsing'): Date => {
  const first = later(dueAt, -VALIDITY_LEAD)
  return checkedAt && checkedAt >= first ? later(checkedAt, VALIDITY_AGAIN[found]) : first
}

type Backoff = { first: number; most: number }

const BACKOFFS: Partial<Record<Reason, Backoff>> = {
  OrderRefused: { first: HOUR, most: DAY },
  DeletionBlocked: { first: 15_000, most: HOUR },
  ReissueRefused: { first: HOUR, most: DAY },
  SecretWriteDenied: { first: 15_000, most: 10 * MINUTE },
  CardNotUsable: { first: 15_000, most: 10 * MINUTE },
  BadCertificate: { first: 15_000, most: HOUR },
}

/** When something that failed `count` times may be tried again: doubling, with a cap. */
export const retryAt = (reason: Reason, lastAt: Date, count: number): Date => {
  const { first, most } = BACKOFFS[reason] ?? { first: MINUTE, most: HOUR }
  return later(lastAt, Math.min(most, first * 2 ** Math.min(count - 1, 20)))
}

/** Pauses between repairs of one Secret, in milliseconds: the first, and the longest where it is missing or damaged. */
const REPAIR_FIRST = 1000
const REPAIR_MOST = { missing: 30_000, damaged: 5 * MINUTE }

/** When a Secret that was repaired `count` times lately may be repaired again. */
export const nextRepair = (lastAt: Date, count: number, state: keyof typeof REPAIR_MOST): Date =>
  later(lastAt, Math.min(REPAIR_MOST[state], REPAIR_FIRST * 2 ** Math.min(count - 1, 20)))

/** When repairs are forgotten: after ten minutes without one. */
export const repairsForgotten = (lastAt: Date): Date => later(lastAt, 10 * MINUTE)

/** Midnight UTC before a time, or at it. */
export const midnight = (date: Date): Date => new Date(Math.floor(date.getTime() / DAY) * DAY)

/** Midnight UTC after a time. */
export const nextMidnight = (now: Date): Date => later(midnight(now), DAY)
