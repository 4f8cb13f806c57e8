import { keySecretName } from '../api/names.ts'
import type { OrderStatus } from '../api/status.ts'
import { CertCentralError } from '../certcentral/index.ts'
import { isFailure } from '../kube/client.ts'
import type { Action } from '../order/decision.ts'
import type { Observation } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Session } from './accounts.ts'
import { createKey, csrFor, keptIn } from './keys.ts'
import type { Recollection } from './memory.ts'
import type { Gathered } from './observe.ts'
import { type PurchaseMeans, placeOrder } from './place-order.ts'
import { failedCall, wordOf } from './remote.ts'
import { type SecretStore, refusedByCluster } from './secrets.ts'
import { storeCertificate } from './store-certificate.ts'
import { askValidation, checkedEntries, lacksValue } from './validation.ts'

/** One step and everything that it may touch. */
export type Step = {
  gathered: Gathered
  seen: Observation
  status: OrderStatus
  memory: Recollection
}

export type Hands = Omit<PurchaseMeans, 'secrets'> & {
  secrets: SecretStore
  retryCallsAt: (memory: Recollection) => Date
}

const sessionOf = ({ account }: Gathered): Session => {
  if (account.kind !== 'ready') throw new Error('an action was decided without an account')
  return account.session
}

const targetOf = ({ target }: Gathered): 'free' | 'ours' => {
  if (target.kind === 'free' || target.kind === 'ours') return target.kind
  throw new Error('an action was decided though the Secret is not ours')
}

/** What is kept, else what the Secret tells of it; what is fetched must fit it in either case. */
const kept = ({ gathered: { key, targetSecret }, seen: { delivery } }: Step) =>
  key.key ? { key: key.key, csr: key.csr } : keptIn(targetSecret, delivery)

const recordIntent = ({ gathered, seen, status }: Step, purchase: number, now: Date): Outcome => {
  const same = status.intent?.purchase === purchase ? status.intent : undefined
  const { order, alternativeOrderIdOf, payloadHash } = gathered
  return {
    kind: 'recorded',
    intent: {
      purpose: 'Order',
      purchase,
      alternativeOrderId: alternativeOrderIdOf(purchase),
      ...(seen.delivery === 'hardware' ? {} : { keySecretName: keySecretName(order.metadata.name, purchase) }),
      payloadHash,
      recordedAt: now.toISOString(),
      ...(same?.sends === undefined ? {} : { sends: same.sends }),
    },
  }
}

const replaceKey = async ({ gathered }: Step, { secrets }: Hands): Promise<Outcome> => {
  try {
    if (gathered.keySecret) await secrets.remove(gathered.keySecret)
  } catch (error) {
    return refusedByCluster(error)
  }
  return createKey(secrets, gathered.order, gathered.purchase, gathered.givenCsr)
}

const inheritKey = async ({ gathered }: Step, { secrets }: Hands): Promise<Outcome> => {
  try {
    if (gathered.keySecret) await secrets.inherit(gathered.order, gathered.keySecret)
    return { kind: 'done' }
  } catch (error) {
    if (isFailure(error, 'conflict', 'not-found')) return { kind: 'conflict' }
    throw error
  }
}

/** Hands in a CSR for the key that is kept, making one where there is none. */
const sendCsr = async (step: Step, orderId: number, { secrets, now }: Hands): Promise<Outcome> => {
  const { gathered, seen, memory } = step
  const { order, purchase, givenCsr, key } = gathered
  if (!key.key) {
    const made = await createKey(secrets, order, purchase, givenCsr)
    if (made.kind !== 'done') return made
  }
  const { namespace = '', name } = order.metadata
  const held = key.key ? key : keptIn(await secrets.read(namespace, keySecretName(name, purchase)), seen.delivery)
  await sessionOf(gathered).client.addCsr(orderId, (await csrFor(order, held)) ?? '')
  memory.csrSentAt = now()
  return { kind: 'done' }
}

const askForValidation = async ({ gathered }: Step, orderId: number): Promise<Outcome> => ({
  kind: 'validation',
  entries: await askValidation(sessionOf(gathered).client, gathered.order, orderId),
})

const checkValidation = async ({ gathered, seen }: Step, orderId: number, now: Date): Promise<Outcome> => {
  const { client } = sessionOf(gathered)
  const known = seen.validation.entries
  const asked = known.some(lacksValue) ? await askValidation(client, gathered.order, orderId) : known
  const check = await client.checkDcv(orderId)
  const entries = checkedEntries(asked, check, now)
  if (!check.orderStatus) return { kind: 'validation', entries }
  const { certificateId, orderStatus } = check
  const order = { orderId, status: wordOf(orderStatus), ...(certificateId === undefined ? {} : { certificateId }) }
  return { kind: 'validation', entries, order }
}

const carryOut = (step: Step, action: Action, hands: Hands): Promise<Outcome> | Outcome => {
  const { gathered, status, memory } = step
  switch (action.kind) {
    case 'CreateKey':
      return createKey(hands.secrets, gathered.order, gathered.purchase, gathered.givenCsr)
    case 'ReplaceKey':
      return replaceKey(step, hands)
    case 'InheritKey':
      return inheritKey(step, hands)
    case 'RecordIntent':
      return recordIntent(step, action.purchase, hands.now())
    case 'PlaceOrder': {
      const [session, target] = [sessionOf(gathered), targetOf(gathered)]
      const { delivery } = step.seen
      const held = delivery === 'hardware' ? {} : kept(step)
      return placeOrder({ session, order: gathered.order, status, held, delivery, target, memory }, hands)
    }
    case 'AdoptOrder': {
      const { remote } = step.seen
      return remote.kind === 'found'
        ? { kind: 'adopted', order: remote.order, purchase: gathered.purchase }
        : { kind: 'conflict' }
    }
    case 'AskValidation':
      return askForValidation(step, action.orderId)
    case 'CheckValidation':
      return checkValidation(step, action.orderId, hands.now())
    case 'SendCSR':
      return sendCsr(step, action.orderId, hands)
    case 'StoreCertificate': {
      const [session, { key }, target] = [sessionOf(gathered), kept(step), targetOf(gathered)]
      return storeCertificate({ ...action, session, order: gathered.order, key, target, memory }, hands)
    }
    default:
      return action satisfies never
  }
}

/** A refusal of a call that spends nothing. Refused credentials are the account's trouble and become a failed call. */
const refusedCall = (action: Action, error: CertCentralError): Outcome | undefined =>
  action.kind === 'SendCSR' &&
  error.outcome === 'refused' &&
  !['unauthorized', 'forbidden', 'throttled'].includes(error.kind)
    ? { kind: 'refused', reason: 'SendingCSR', code: error.kind, message: error.message }
    : undefined

/**
 * Carries one action out: the only place that changes anything, at CertCentral or in the cluster. CertCentral's
 * failures come back as outcomes; anything unexpected rises to the worker.
 */
export const act = async (step: Step, action: Action, hands: Hands): Promise<Outcome> => {
  try {
    return await carryOut(step, action, hands)
  } catch (error) {
    if (!(error instanceof CertCentralError)) throw error
    const refusal = refusedCall(action, error)
    if (refusal) return refusal
    const failed = failedCall(error, hands.retryCallsAt(step.memory))
    return failed.kind === 'refused'
      ? { kind: 'unsent', retryAt: hands.retryCallsAt(step.memory), throttled: 'no', message: failed.message }
      : { kind: 'unsent', retryAt: failed.retryAt, throttled: failed.throttled, message: failed.message }
  }
}
