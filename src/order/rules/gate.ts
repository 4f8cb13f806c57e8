import type { Rule } from '../decide.ts'
import { stalled, wait } from '../decision.ts'
import { SLOW_LOOK, later } from '../schedule.ts'

/** A Secret that is not ours is not watched, so it is looked at this often, in milliseconds. */
const FOREIGN_SECRET_LOOK = 30_000

/** Nothing is done for a resource that is going: its order goes on in CertCentral (deletionPolicy Retain). */
export const beingDeleted: Rule = (o, now) =>
  o.deleting === 'yes' ? wait('Deleting', later(now, SLOW_LOOK)) : undefined

export const specIsInvalid: Rule = (o, now) =>
  o.problems.length > 0 ? stalled('InvalidSpec', later(now, SLOW_LOOK)) : undefined

export const accountIsMissing: Rule = (o, now) =>
  o.account.kind === 'missing' ? stalled('AccountNotFound', later(now, SLOW_LOOK)) : undefined

export const accountIsNotReady: Rule = (o, now) =>
  o.account.kind === 'not-ready' ? stalled('AccountNotReady', later(now, SLOW_LOOK)) : undefined

export const secretBelongsToAnother: Rule = (o, now) => {
  if (o.target.kind === 'foreign') return stalled('SecretConflict', later(now, FOREIGN_SECRET_LOOK))
  if (o.target.kind === 'contested') return stalled('SecretContested', later(now, SLOW_LOOK))
  return undefined
}
