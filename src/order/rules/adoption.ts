import type { Rule } from '../decide.ts'
import { type Decision, act, look, stalled } from '../decision.ts'
import type { FoundOrder, Observation } from '../observation.ts'
import { SLOW_LOOK, later } from '../schedule.ts'
import { csrIsForeign, isOver } from './words.ts'

/** Why an order that was found cannot be taken over, as a sentence; `undefined` where it can. */
export const adoptionFault = ({ adopt, remote }: Observation): string | undefined => {
  if (remote.kind === 'claimed') return remote.fault
  if (adopt?.takenBy !== undefined) return `DigiCertOrder ${adopt.takenBy} has it`
  if (remote.kind === 'absent') return 'CertCentral does not show it to this API key'
  if (remote.kind !== 'found') return undefined
  const { order } = remote
  if (isOver(order)) return `it is ${order.status}`
  return order.mismatches.length > 0 ? order.mismatches.join('; ') : undefined
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
  if (o.adopt.takenBy === undefined && o.remote.kind === 'unasked') return look('LookingUp', 'adoption')
  if (o.remote.kind === 'found' && adoptionFault(o) === undefined) return taken(o, o.remote.order)
  return stalled('AdoptionRefused', later(now, SLOW_LOOK))
}
