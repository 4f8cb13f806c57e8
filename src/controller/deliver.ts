import type { KeyObject } from 'node:crypto'
import type { Action } from '../order/decision.ts'
import { keySecretName } from '../api/names.ts'
import { wireNames } from '../order/names.ts'
import type { Outcome } from '../order/outcome.ts'
import { storedKey } from './facts.ts'
import { formerPurchases } from './gather.ts'
import { isRefusal } from './remote.ts'
import { findRepair, noteWrite, wasStored } from './repairs.ts'
import { type Hands, type Step, kept, presentOf, sessionOf } from './step.ts'
import { type KeptChain, rewriteSecret, storeCertificate } from './store-certificate.ts'

/** Keys that a certificate of the order may be of, the newest first. */
const keysOf = (step: Step): readonly KeyObject[] => {
  const { nextKey } = step.gathered
  return [...(nextKey.key ? [nextKey.key] : []), kept(step).key]
}

/**
 * The names that a certificate must have to be stored: those of the spec, or, of one that was asked for before they were
 * added, those that it was asked for.
 */
const namesOf = ({ gathered: { order }, status }: Step): readonly string[] => {
  const wanted = wireNames(order.spec.commonName, order.spec.dnsNames)
  const asked = status.order?.asked?.dnsNames
  return asked ? wanted.filter((name) => asked.includes(name)) : wanted
}

type Storing = Extract<Action, { kind: 'StoreCertificate' }>

type Fitting = { keys: readonly KeyObject[]; names: readonly string[] }

/** Where the chain of a certificate may be held that the Secret held before. */
const keptChain = ({ gathered, status, memory }: Step, certificateId: number): KeptChain | undefined => {
  if (!wasStored(certificateId, memory, status)) return undefined
  const { order, purchase } = gathered
  const { certificate } = status
  return {
    keySecrets: [purchase, ...formerPurchases(status)].map((number) => keySecretName(order.metadata.name, number)),
    sha256Fingerprint: certificate?.id === certificateId ? certificate.sha256Fingerprint : undefined,
  }
}

const store = async (step: Step, { orderId, certificateId }: Storing, fitting: Fitting, hands: Hands) => {
  const { gathered, memory } = step
  const { order, passwords } = gathered
  const of = { session: sessionOf(gathered), order, orderId, certificateId, memory }
  const repair = await findRepair(step, certificateId, hands.secrets)
  const held = keptChain(step, certificateId)
  const outcome = await storeCertificate(
    { ...of, ...fitting, before: presentOf(gathered), passwords, kept: held },
    hands,
  )
  if (outcome.kind === 'stored') noteWrite(step, certificateId, { repair, now: hands.now() })
  return outcome
}

/** What CertCentral does not give of the plan before must not hold up the one that follows. */
const restoreFormer = async (step: Step, action: Storing, hands: Hands): Promise<Outcome> => {
  const { gathered, status, memory } = step
  const { commonName, dnsNames } = gathered.order.spec
  const covered = status.certificate?.dnsNames ?? []
  const fitting = {
    keys: gathered.formerKeys.map(({ key }) => key),
    names: wireNames(commonName, dnsNames).filter((name) => covered.includes(name)),
  }
  memory.formerTriedAt = hands.now()
  try {
    const outcome = await store(step, action, fitting, hands)
    if (outcome.kind === 'stored') memory.formerTriedAt = undefined
    return outcome.kind === 'refused' ? { kind: 'done' } : outcome
  } catch (error) {
    if (isRefusal(error)) return { kind: 'done' }
    throw error
  }
}

/** Fetches a certificate of the order, or of the one that it renews, into its Secret. */
export const deliver = (step: Step, action: Storing, hands: Hands): Promise<Outcome> =>
  step.seen.former?.orderId === action.orderId
    ? restoreFormer(step, action, hands)
    : store(step, action, { keys: keysOf(step), names: namesOf(step) }, hands)

/** Writes the Secret of a good pair anew, as the spec wants it today. */
export const rewrite = async (step: Step, hands: Hands): Promise<Outcome> => {
  const { gathered, memory } = step
  const { delivery, stored, order: known, repair: lately } = step.seen
  const { order, passwords, targetSecret: secret } = gathered
  const key = storedKey(secret, delivery)
  if (!stored || !secret || !key) throw new Error('a Secret is to be rewritten that holds no good pair')
  const { facts, orderId = known?.orderId } = stored
  const repair = await findRepair(step, lately.certificateId, hands.secrets)
  const outcome = await rewriteSecret({ order, secret, passwords, key, facts, orderId }, hands)
  const certificateId = memory.written?.certificateId ?? facts.id
  if (outcome.kind === 'done') noteWrite(step, certificateId, { repair, now: hands.now() })
  return outcome
}
