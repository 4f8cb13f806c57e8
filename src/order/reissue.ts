import type { OrderSpec } from '../api/order.ts'
import { milliseconds } from '../api/shapes.ts'
import { rulesOf } from '../api/products.ts'
import type { Asked, Observation, ReissueCause, Stored } from './observation.ts'
import { wireNames } from './names.ts'
import type { Habits, Step } from './plan.ts'

/** Who renews: where DigiCert does, and charges for it, nobody else may, as the plan would be bought twice. */
export const renewsBy = ({ renewal }: Pick<OrderSpec, 'renewal'>): Habits['renew'] =>
  renewal?.byDigiCert === true ? 'DigiCert' : (renewal?.policy ?? 'Renew')

/** What a spec says of the time to act. */
export const habitsOf = ({ reissue, renewal, certificateValidity }: OrderSpec, seed: string): Habits => ({
  reissueBy: reissue?.by ?? 'Operator',
  reissueBefore: reissue?.before === undefined ? undefined : milliseconds(reissue.before),
  reissueBeforePercentage: reissue?.beforePercentage,
  renew: renewsBy({ renewal }),
  renewBefore: renewal?.before === undefined ? undefined : milliseconds(renewal.before),
  certificateDate: certificateValidity?.expiresOn,
  seed,
})

export type Names = {
  /** What a reissue asks for, the common name first. */
  sent: readonly string[]
  /** Names that were taken out of the spec and stay for want of consent. */
  held: readonly string[]
}

/**
 * The names of a reissue. Taking one away dooms the earlier certificates (promise P7), so that takes consent; what a
 * guard rail of the account forbids is not added, and what there is lives on.
 */
export const reissueNames = (spec: OrderSpec, asked: Asked | undefined, forbidden: 'yes' | 'no'): Names => {
  const wanted = wireNames(spec.commonName, spec.dnsNames)
  const before = asked?.dnsNames ?? []
  const removed = before.filter((name) => !wanted.includes(name))
  if (forbidden === 'yes') return { sent: before.length > 0 ? before : wanted, held: [] }
  if (spec.reissue?.allowNameRemoval === true) return { sent: wanted, held: [] }
  return { sent: [...wanted, ...removed], held: removed }
}

/** Everything that may ask for another certificate. */
export type Wishes = {
  spec: OrderSpec
  asked: Asked | undefined
  traits: string
  names: Names
  stored: Stored | undefined
  key: Observation['key']
  /** Whether the certificate of the order was made with a key that is not ours. */
  isForeign: boolean
  isRequested: boolean
  next: Step | undefined
  now: Date
}

const namesDiffer = ({ asked, names, stored }: Wishes): boolean => {
  const before = asked?.dnsNames
  if (before === undefined) return stored !== undefined && stored.missingNames.length > 0
  return names.sent.some((name) => !before.includes(name)) || before.some((name) => !names.sent.includes(name))
}

const traitsDiffer = ({ asked, traits }: Wishes): boolean =>
  asked?.certificateHash !== undefined && asked.certificateHash !== traits

const isDue = ({ next, now }: Wishes): boolean => next?.action === 'Reissue' && next.at <= now

/** The reasons for another certificate, the most pressing first. Without a stored one only a lost key is a reason. */
const CAUSES: readonly (readonly [cause: ReissueCause, applies: (wishes: Wishes) => boolean])[] = [
  ['lost', ({ isForeign, stored }) => isForeign && !stored],
  ['request', ({ isRequested }) => isRequested],
  ['names', (wishes) => wishes.stored !== undefined && namesDiffer(wishes)],
  ['key', (wishes) => wishes.stored !== undefined && (wishes.key === 'misfits' || traitsDiffer(wishes))],
  ['due', (wishes) => wishes.stored !== undefined && isDue(wishes)],
]

/**
 * Why another certificate is wanted; `undefined` where none is. What DigiCert reissues is not reissued here
 * when it is due, only when the spec asks for something else.
 */
export const causeOf = (wishes: Wishes): ReissueCause | undefined => CAUSES.find(([, applies]) => applies(wishes))?.[0]

/** Whether DigiCert's own reissuing of an order shall be on. */
export const autoReissueOf = ({ product, reissue }: OrderSpec): 'on' | 'off' | undefined => {
  if (rulesOf(product).plan === 'no') return undefined
  return reissue?.by === 'DigiCert' ? 'on' : 'off'
}
