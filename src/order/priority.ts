import type { Observation, Stored } from './observation.ts'
import { isIssued, isOver } from './rules/words.ts'
import { DAY } from './schedule.ts'

/**
 * `high` where a person waits for the next action of an order. It goes ahead of all that is only due: a look at a settled
 * order, a reissue with weeks to go.
 */
export type Priority = 'high' | 'low'

/** How long before its end a certificate must not wait for others any more; a share of its life where that is short. */
const LAST_DAYS = 7 * DAY
const LAST_SHARE = 1 / 12

/** Whether a certificate is about to lapse, or has lapsed. */
export const isLapsing = ({ notBefore, notAfter }: Pick<Stored, 'notBefore' | 'notAfter'>, now: Date): boolean => {
  const lifetime = notAfter.getTime() - notBefore.getTime()
  return notAfter.getTime() - now.getTime() <= Math.min(LAST_DAYS, lifetime * LAST_SHARE)
}

/** What a person did a moment ago, or what happened. */
export type Occasion = {
  /** Whether a person asked for a look. */
  asked: 'yes' | 'no'
  /** Whether CertCentral may issue at any moment. */
  fresh: 'yes' | 'no'
}

/** Reasons for another certificate that are a person's wish, or repair what is broken. */
const WISHES = ['request', 'names', 'key', 'lost']

const isWanted = ({ stored, order, reissue }: Observation): boolean => {
  // While people or DigiCert are at work, looking more often brings nothing sooner.
  if (!stored) return !order || isIssued(order) || isOver(order)
  return stored.harmed !== undefined || (reissue.cause !== undefined && WISHES.includes(reissue.cause))
}

export const workPriority = (o: Observation, now: Date, { asked, fresh }: Occasion): Priority => {
  const isMoved = asked === 'yes' || fresh === 'yes' || o.deleting === 'yes'
  return isMoved || isWanted(o) || (o.stored && isLapsing(o.stored, now)) ? 'high' : 'low'
}
