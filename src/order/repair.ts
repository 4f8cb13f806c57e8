import { type Decision, wait } from './decision.ts'
import type { Observation } from './observation.ts'

/** Repairs within ten minutes from which on SecretModifiedByOthers is reported. */
const FIGHT = 2

/** Whether others change or delete the Secret again and again. */
export const isFoughtOver = ({ repair }: Observation): boolean => repair.count >= FIGHT

/** When a repair that is held may be made; `undefined` where none is held. */
export const repairHeldUntil = ({ repair }: Observation, now: Date): Date | undefined =>
  repair.certificateId !== undefined && repair.nextAt && repair.nextAt > now ? repair.nextAt : undefined

/** Waits until the Secret may be repaired. One that was repaired once is no fight yet. */
export const waitForRepair = (o: Observation, until: Date): Decision =>
  wait(isFoughtOver(o) ? 'SecretModifiedByOthers' : 'StoringCertificate', until)

/**
 * Holds whatever repair a rule asks for before its time, and looks again when it may be made. It rests on no rule, so that a
 * fault in those costs no storm of writes.
 */
export const spaced = (o: Observation, decision: Decision, now: Date): Decision => {
  const heldUntil = repairHeldUntil(o, now)
  if (!heldUntil) return decision
  if ('until' in decision) return decision.until <= heldUntil ? decision : { ...decision, until: heldUntil }
  if (decision.verdict !== 'act') return decision
  const { action } = decision
  const isRepair =
    action.kind === 'RewriteSecret' ||
    (action.kind === 'StoreCertificate' && action.certificateId === o.repair.certificateId)
  return isRepair ? waitForRepair(o, heldUntil) : decision
}
