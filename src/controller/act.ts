import { rulesOf } from '../api/products.ts'
import { ANNOTATIONS, keySecretName } from '../api/names.ts'
import type { Reason } from '../api/reasons.ts'
import type { Intent, OrderStatus } from '../api/status.ts'
import { CertCentralError } from '../certcentral/index.ts'
import { isFailure } from '../kube/client.ts'
import type { Action } from '../order/decision.ts'
import type { Observation } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import { wasFree } from '../order/brake.ts'
import { leftBehind, revocationRequested } from '../order/left-behind.ts'
import { isoDay } from '../order/schedule.ts'
import { aboutOf } from './about.ts'
import { endOrder } from './end-order.ts'
import { idIn } from './facts.ts'
import { deliver, rewrite } from './deliver.ts'
import { storedChain, withChain } from './chains.ts'
import { createNextKey, csrFor, makeKey, promoteKey } from './keys.ts'
import type { Gathered } from './gather.ts'
import { placeOrder } from './place-order.ts'
import { placeReissue } from './place-reissue.ts'
import { failedCall, takenOver, wordOf } from './remote.ts'
import { type Secret, refusedByCluster } from './secrets.ts'
import { type Hands, type Step, kept, sessionOf, targetOf } from './step.ts'
import { askValidity } from './validity.ts'
import { askValidation, checkedEntries, lacksValue } from './validation.ts'

const foundId = ({ remote }: Observation): number | undefined =>
  remote.kind === 'found' ? remote.order.orderId : undefined

type Ending = Extract<Action, { kind: 'EndOrder' }>
type Recording = Extract<Action, { kind: 'RecordIntent' }>

/** What a renewal follows: the order that ends, or that of an earlier renewal which came to nothing. */
const renewalOf = (
  { order, intent }: OrderStatus,
  { purpose }: Recording,
  found: number | undefined,
): ReturnType<typeof linkOf> => {
  const ending = order?.id ?? found
  if (purpose === 'Renewal' && ending !== undefined)
    return { renewalOf: ending, ...(order?.adopted === true ? { renewalOfAdopted: true } : {}) }
  return linkOf(intent)
}

const linkOf = (before: Intent | undefined): Pick<Intent, 'renewalOf' | 'renewalOfAdopted' | 'link'> => ({
  ...(before?.renewalOf === undefined ? {} : { renewalOf: before.renewalOf }),
  ...(before?.renewalOfAdopted === undefined ? {} : { renewalOfAdopted: before.renewalOfAdopted }),
  ...(before?.link === undefined ? {} : { link: before.link }),
})

/** Purpose of an intent that is written down again: an edited renewal stays one. */
const purposeOf = ({ intent }: OrderStatus, { purpose }: Recording): Intent['purpose'] =>
  purpose ?? (intent?.purpose === 'Renewal' ? 'Renewal' : 'Order')

/** What an intent says besides what it is for: a reissue what it follows, a purchase what it renews. */
const contextOf = ({ seen, status }: Step, recording: Recording, purpose: Intent['purpose']): Partial<Intent> => {
  const release = recording.released === true ? seen.brake.release : undefined
  const releasedBy = release === undefined ? {} : { releasedBy: release }
  if (purpose === 'Reissue') return { supersedes: seen.stored?.facts.serialNumber ?? '', ...releasedBy }
  const before = status.intent
  const isSame = before?.purchase === recording.purchase && before.purpose === purpose
  return {
    ...(isSame && before.sends !== undefined ? { sends: before.sends } : {}),
    ...(isSame && before.releasedBy !== undefined ? { releasedBy: before.releasedBy } : {}),
    ...releasedBy,
    ...previousPlan(seen, before),
    ...renewalOf(status, recording, foundId(seen)),
  }
}

/** The plan that a purchase follows, as the brake wants to know it once the order is forgotten. */
const previousPlan = ({ order, plan }: Observation, before: Intent | undefined): Pick<Intent, 'previousPlan'> => {
  if (!order) return before?.previousPlan === undefined ? {} : { previousPlan: before.previousPlan }
  const { start, end } = plan
  if (!start || !end || wasFree(order, 'yes')) return {}
  return { previousPlan: { orderId: order.orderId, validFrom: isoDay(start), validUntil: isoDay(end) } }
}

const recordIntent = (step: Step, recording: Recording, now: Date): Outcome => {
  const { gathered, seen, status } = step
  const { purchase } = recording
  const purpose = purposeOf(status, recording)
  const { order, alternativeOrderIdOf, payloadHash } = gathered
  return {
    kind: 'recorded',
    intent: {
      purpose,
      purchase,
      alternativeOrderId: alternativeOrderIdOf(purchase),
      ...(seen.delivery === 'hardware' ? {} : { keySecretName: keySecretName(order.metadata.name, purchase) }),
      payloadHash,
      recordedAt: now.toISOString(),
      ...contextOf(step, recording, purpose),
    },
  }
}

/** The target Secret, where its key may be kept: it is ours, and no other resource has the order that it names. */
const leftSecret = ({ target, targetSecret, holderOf }: Gathered): Secret | undefined => {
  const orderId = targetSecret && idIn(targetSecret, ANNOTATIONS.orderId)
  const isHeld = orderId !== undefined && holderOf({ orderId }, 'status') !== undefined
  return target.kind === 'ours' && !isHeld ? targetSecret : undefined
}

const DONE: Awaited<ReturnType<typeof makeKey>> = { outcome: { kind: 'done' } }

/** A renewal has a key of its own, unless the spec wants to keep the one there is, or DigiCert renews with its CSR. */
const newKey = async ({ gathered, seen, status: { intent } }: Step, { secrets }: Pick<Hands, 'secrets'>) => {
  const { order, purchase, givenCsr, targetSecret } = gathered
  const { privateKey, renewal } = order.spec
  const isKept = privateKey.rotationPolicy === 'Never' || renewal?.byDigiCert === true
  const isFresh = intent?.purpose === 'Renewal' && !isKept
  const { outcome } = await makeKey(secrets, order, purchase, {
    given: givenCsr,
    left: isFresh ? undefined : leftSecret(gathered),
    chain: storedChain(targetSecret, seen),
  })
  return outcome
}

const replaceKey = async (step: Step, hands: Hands): Promise<Outcome> => {
  const { keySecret } = step.gathered
  try {
    if (keySecret) await hands.secrets.remove(step.gathered.order, keySecret)
  } catch (error) {
    return refusedByCluster(error)
  }
  return newKey(step, hands)
}

const inheritKey = async ({ gathered, seen }: Step, { secrets }: Hands): Promise<Outcome> => {
  try {
    const { order, keySecret } = gathered
    const data = withChain(keySecret?.data ?? {}, storedChain(gathered.targetSecret, seen))
    if (keySecret) await secrets.inherit(order, { ...keySecret, data })
    return { kind: 'done' }
  } catch (error) {
    if (isFailure(error, 'conflict', 'not-found')) return { kind: 'conflict' }
    throw error
  }
}

/** Hands in a CSR for the key that is kept, making one where there is none. */
const sendCsr = async ({ gathered, memory }: Step, orderId: number, { secrets, now }: Hands): Promise<Outcome> => {
  const { order, purchase, givenCsr, key } = gathered
  const origins = { given: givenCsr, left: leftSecret(gathered) }
  const { outcome, kept: held = key } = key.key ? DONE : await makeKey(secrets, order, purchase, origins)
  if (outcome.kind !== 'done') return outcome
  await sessionOf(gathered).client.addCsr(orderId, (await csrFor(order, held)) ?? '')
  memory.csrSentAt = now()
  return outcome
}

const askForValidation = async ({ gathered }: Step, orderId: number): Promise<Outcome> => ({
  kind: 'validation',
  ...(await askValidation(sessionOf(gathered).client, gathered.order, orderId)),
})

const checkValidation = async ({ gathered, seen }: Step, orderId: number, now: Date): Promise<Outcome> => {
  const { client } = sessionOf(gathered)
  const { entries: known, organization: open } = seen.validation
  const hasOrganization = rulesOf(gathered.order.spec.product).validation !== 'dv'
  const isStale = known.some(lacksValue) || (hasOrganization && open?.length !== 0)
  const asked = isStale ? await askValidation(client, gathered.order, orderId) : { entries: known }
  const check = await client.checkDcv(orderId)
  const found = { kind: 'validation', ...asked, entries: checkedEntries(asked.entries, check, now) } as const
  if (!check.orderStatus) return found
  const { certificateId, orderStatus } = check
  const order = { orderId, status: wordOf(orderStatus), ...(certificateId === undefined ? {} : { certificateId }) }
  return { ...found, order }
}

/** A warning ahead of time that cannot be had is no failure of the order. */
const checkValidity = async ({ gathered }: Step, orderId: number): Promise<Outcome> => {
  try {
    return { kind: 'validity', entries: await askValidity(sessionOf(gathered).client, gathered.order, orderId) }
  } catch (error) {
    if (error instanceof CertCentralError) return { kind: 'validity', entries: undefined }
    throw error
  }
}

type KeyAction = 'CreateKey' | 'ReplaceKey' | 'InheritKey' | 'CreateNextKey' | 'PromoteKey'

const changeKey = (step: Step, kind: KeyAction, hands: Hands): Promise<Outcome> => {
  const { keySecret, order, givenCsr: given, targetSecret } = step.gathered
  if (kind === 'ReplaceKey') return replaceKey(step, hands)
  if (kind === 'InheritKey') return inheritKey(step, hands)
  if (kind === 'CreateKey' || !keySecret) return newKey(step, hands)
  const chain = storedChain(targetSecret, step.seen)
  return kind === 'CreateNextKey'
    ? createNextKey(hands.secrets, order, keySecret, { given, chain })
    : promoteKey(hands.secrets, order, keySecret, chain)
}

const reissue = (step: Step, orderId: number, hands: Hands): Promise<Outcome> => {
  const { gathered, seen, status, memory } = step
  const { order, nextKey, names, traits } = gathered
  const held = seen.reissue.key === 'next' ? nextKey : kept(step)
  return placeReissue(
    {
      ...{ session: sessionOf(gathered), order, orderId, status, held, memory, target: targetOf(gathered) },
      ...{ names: names.sent, traits },
      planEnd: seen.plan.end,
    },
    hands,
  )
}

const adopt = ({ gathered: { purchase, traits }, seen: { remote } }: Step): Outcome =>
  remote.kind === 'found'
    ? { kind: 'adopted', order: takenOver(remote, traits), purchase: remote.purchase ?? purchase }
    : { kind: 'conflict' }

/** Lets an object go with its namespace; what stays in CertCentral is put into words while it is known. */
const leaveOrder = async ({ gathered, seen }: Step, hands: Hands): Promise<Outcome> => {
  const message = leftBehind(seen, aboutOf(gathered))
  try {
    if ((await hands.finalize('remove')) === undefined) return { kind: 'conflict' }
  } catch (error) {
    // A person takes the finalizer away then, and has to know it as well.
    if (isFailure(error, 'forbidden')) await hands.announceLeft(message)
    throw error
  }
  await hands.announceLeft(message)
  return { kind: 'left', message }
}

/** Ends an order. The object does not wait for the approval of a revocation, so it is announced while it is known. */
const end = async ({ gathered, seen }: Step, action: Ending, hands: Hands): Promise<Outcome> => {
  const outcome = await endOrder({ client: sessionOf(gathered).client, order: gathered.order, seen }, action)
  if (outcome.kind !== 'ended' || outcome.waitsFor === undefined) return outcome
  const { what, orderId, waitsFor: request } = outcome
  await hands.announceRequested(revocationRequested(aboutOf(gathered), { what, orderId, request }))
  return outcome
}

const changeFinalizer = async ({ finalize }: Hands, how: 'add' | 'remove'): Promise<Outcome> => {
  const changed = await finalize(how)
  return changed === undefined ? { kind: 'conflict' } : { kind: 'done' }
}

const carryOut = async (step: Step, action: Action, hands: Hands): Promise<Outcome> => {
  const { gathered, status, memory } = step
  switch (action.kind) {
    case 'CreateKey':
    case 'ReplaceKey':
    case 'InheritKey':
    case 'CreateNextKey':
    case 'PromoteKey':
      return changeKey(step, action.kind, hands)
    case 'RecordIntent':
      return recordIntent(step, action, hands.now())
    case 'PlaceOrder': {
      const [session, target] = [sessionOf(gathered), targetOf(gathered)]
      const { delivery } = step.seen
      const held = delivery === 'hardware' ? {} : kept(step)
      const { order, traits } = gathered
      return placeOrder({ session, order, status, held, delivery, traits, target, memory }, hands)
    }
    case 'AdoptOrder':
      return adopt(step)
    case 'AskValidation':
      return askForValidation(step, action.orderId)
    case 'CheckValidation':
      return checkValidation(step, action.orderId, hands.now())
    case 'CheckValidity':
      return checkValidity(step, action.orderId)
    case 'SendCSR':
      return sendCsr(step, action.orderId, hands)
    case 'StoreCertificate':
      return deliver(step, action, hands)
    case 'RewriteSecret':
      return rewrite(step, hands)
    case 'PlaceReissue':
      return reissue(step, action.orderId, hands)
    case 'AddFinalizer':
      return changeFinalizer(hands, 'add')
    case 'RemoveFinalizer':
      return changeFinalizer(hands, 'remove')
    case 'LeaveOrder':
      return leaveOrder(step, hands)
    case 'EndOrder':
      return end(step, action, hands)
    case 'SwitchAutoReissue':
      await sessionOf(gathered).client.switchAutoReissue(action.orderId, action.to)
      return { kind: 'switched' }
    default:
      return action satisfies never
  }
}

/** A refusal of a call that spends nothing. Refused credentials are the account's trouble and become a failed call. */
const REFUSABLE: Partial<Record<Action['kind'], Reason>> = {
  SendCSR: 'SendingCSR',
  SwitchAutoReissue: 'SwitchingAutoReissue',
  EndOrder: 'DeletionBlocked',
}

const refusedCall = (action: Action, error: CertCentralError): Outcome | undefined => {
  const reason = REFUSABLE[action.kind]
  const isRefused = error.outcome === 'refused' && !['unauthorized', 'forbidden', 'throttled'].includes(error.kind)
  return reason && isRefused ? { kind: 'refused', reason, code: error.kind, message: error.message } : undefined
}

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
