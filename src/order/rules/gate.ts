import type { Rule } from '../decide.ts'
import { type Decision, held, look, stalled } from '../decision.ts'
import { SLOW_LOOK, later } from '../schedule.ts'
import { unaskedFault } from './adoption.ts'

/** A Secret that is not ours is not watched, so it is looked at this often, in milliseconds. */
const FOREIGN_SECRET_LOOK = 30_000

/** A Secret has the name that the order needs, and is not ours. */
export const foreignSecret = (now: Date): Decision => stalled('SecretConflict', later(now, FOREIGN_SECRET_LOOK))

export const specIsInvalid: Rule = (o, now) =>
  o.problems.length > 0 ? stalled('InvalidSpec', later(now, SLOW_LOOK)) : undefined

/** A suspended order is looked at no more; one that would be taken over is looked at, so that the message can say what would happen. */
export const isSuspended: Rule = (o, now) => {
  if (o.suspended === 'no') return undefined
  const mayLook = o.account.kind === 'ready' && o.account.forbids === undefined && unaskedFault(o) === undefined
  const isUntold = o.adopt !== undefined && !o.order && o.remote.kind === 'unasked' && mayLook
  return isUntold && o.problems.length === 0 ? look('LookingUp', 'adoption') : held('Suspended', later(now, SLOW_LOOK))
}

export const accountIsMissing: Rule = (o, now) =>
  o.account.kind === 'missing' ? stalled('AccountNotFound', later(now, SLOW_LOOK)) : undefined

export const accountIsNotReady: Rule = (o, now) =>
  o.account.kind === 'not-ready' ? stalled('AccountNotReady', later(now, SLOW_LOOK)) : undefined

export const secretBelongsToAnother: Rule = (o, now) => {
  if (o.target.kind === 'foreign') return foreignSecret(now)
  if (o.target.kind === 'contested') return stalled('SecretClaimedByOtherOrder', later(now, SLOW_LOOK))
  return undefined
}
