import type { Rule } from '../decide.ts'
import { type Decision, act, look, stalled } from '../decision.ts'
import type { FoundOrder, Observation } from '../observation.ts'
import { SLOW_LOOK, later } from '../schedule.ts'
import { ADOPTION_FORBIDDEN } from '../subject.ts'
import { csrIsForeign, isOver } from './words.ts'

/** Why an order that was found may not be taken over, whatever it is; `undefined` where it may. */
export const foundFault = ({ remote }: Observation): string | undefined => {
  if (remote.kind !== 'found') return undefined
  return remote.takenBy === undefined ? remote.denied : `${remote.takenBy} has it`
}

/** Why the order of spec.adoptOrderId is not even looked at. */
export const unaskedFault = ({ adopt }: Observation): string | undefined => {
  if (adopt?.allowed === 'no') return ADOPTION_FORBIDDEN
  return adopt?.takenBy === undefined ? undefined : `${adopt.takenBy} has it`
}

/** Why an order cannot be taken over, as a sentence; `undefined` where it can. */
export const adoptionFault = (o: Observation): string | undefined => {
  const { remote } = o
  if (remote.kind === 'claimed') return remote.fault
  const fault = unaskedFault(o) ?? foundFault(o)
  if (fault !== undefined) return fault
  if (remote.kind === 'absent') return 'CertCentral does not show it to this API key'
  if (remote.kind !== 'found') return undefined
  const { order } = remote
  if (isOver(order)) return `it is ${order.status}`
  return order.mismatches.length > 0 ? order.mismatches.join('; ') : undefined
}

/** Takes no order over that may not be, in whatever way it was found: a guard that trusts no rule. */
export const unlessHeld = (o: Observation, decision: Decision, now: Date): Decision => {
  if (decision.verdict !== 'act' || o.order) return decision
  const isTaking = decision.action.kind === 'AdoptOrder' || decision.action.kind === 'SendCSR'
  return isTaking && foundFault(o) !== undefined ? stalled('AdoptionRefused', later(now, SLOW_LOOK)) : decision
}

const taken = (o: Observation, order: FoundOrder): Decision =>
  csrIsForeign(o, order)
    ? act('SendingCSR', { kind: 'SendCSR', orderId: order.orderId })
    : act('Adopting', { kind: 'AdoptOrder', orderId: order.orderId })

/** The plan of what was taken over once is renewed like any other; only who finds that order in its place takes it over. */
const isRenewing = ({ intent, remote }: Observation, orderId: number): boolean =>
  intent?.purpose === 'Renewal' && !(remote.kind === 'found' && remote.order.orderId === orderId)

/** An order that was bought elsewhere is taken over in place of buying one: nothing is ever bought for this resource first. */
export const orderIsToBeAdopted: Rule = (o, now) => {
  if (o.order || !o.adopt || o.intent?.sentAt || isRenewing(o, o.adopt.orderId)) return undefined
  if (unaskedFault(o) === undefined && o.remote.kind === 'unasked') return look('LookingUp', 'adoption')
  if (o.remote.kind === 'found' && adoptionFault(o) === undefined) return taken(o, o.remote.order)
  return stalled('AdoptionRefused', later(now, SLOW_LOOK))
}
