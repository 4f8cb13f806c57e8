import type { OrderStatus } from '../api/status.ts'
import type { Observation } from '../order/observation.ts'
import type { Session } from './accounts.ts'
import type { Chains } from './chains.ts'
import type { Gathered } from './gather.ts'
import { keptIn } from './keys.ts'
import type { Recollection } from './memory.ts'
import type { PurchaseMeans } from './place-order.ts'
import type { Secret, SecretStore } from './secrets.ts'

/** One step and everything that it may touch. */
export type Step = {
  gathered: Gathered
  seen: Observation
  status: OrderStatus
  memory: Recollection
}

export type Hands = Omit<PurchaseMeans, 'secrets'> & {
  secrets: SecretStore
  chains: Chains
  retryCallsAt: (memory: Recollection) => Date
  /** Adds or takes away our finalizer; `undefined` where the order changed under us. */
  finalize: (how: 'add' | 'remove') => Promise<unknown>
  /** Says what is left in CertCentral of an order that goes. */
  announceLeft: (message: string) => Promise<void>
  /** Says what waits for approval in CertCentral of an order that goes. */
  announceRequested: (message: string) => Promise<void>
}

/** The account that a decision was made with. */
export const sessionOf = ({ account }: Gathered): Session => {
  if (account.kind !== 'ready') throw new Error('an action was decided without an account')
  return account.session
}

/** Whether the Secret is there already. */
export const targetOf = ({ target }: Gathered): 'free' | 'ours' => {
  if (target.kind === 'free' || target.kind === 'ours') return target.kind
  throw new Error('an action was decided though the Secret is not ours')
}

/** The target Secret as it is; `undefined` where there is none yet. */
export const presentOf = (gathered: Gathered): Secret | undefined =>
  targetOf(gathered) === 'ours' ? gathered.targetSecret : undefined

/** What is kept, else what the Secret tells of it; what is fetched must fit it in either case. */
export const kept = ({ gathered: { key, targetSecret }, seen: { delivery } }: Step) =>
  key.key ? { key: key.key, csr: key.csr } : keptIn(targetSecret, delivery)
