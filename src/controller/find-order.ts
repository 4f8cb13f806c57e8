import type { OrderStatus } from '../api/status.ts'
import type { ListedOrder, OrderInfo, OrderSummary } from '../certcentral/index.ts'
import { wireName } from '../order/names.ts'
import type { FoundOrder, Remote } from '../order/observation.ts'
import { later } from '../order/schedule.ts'
import { csrFingerprint } from '../pki/csr.ts'
import type { Session } from './accounts.ts'
import {
  type KeySearch,
  type Question,
  type SecretClaim,
  failedCall,
  foundOrder,
  isGivenUp,
  isOverWord,
  mismatches,
  namesOf,
  notFound,
  renewalOf,
} from './remote.ts'

/** Orders read in one pass: each costs a call of the account. */
const READ_IN_A_PASS = 40
/** Pause between two passes through a long list, in milliseconds. */
const BETWEEN_PASSES = 2_000
/** More renewals than this behind one order are not followed. */
const MOST_RENEWALS = 20

const mayBeOurs = ({ order: { spec } }: Question, { productId, dnsNames, commonName }: ListedOrder): boolean => {
  if (productId !== undefined && productId !== spec.product) return false
  if (commonName === undefined) return true
  const present = new Set([commonName, ...dnsNames].map(wireName))
  // Lists may leave out further names, so only the common name is certain.
  return spec.commonName === undefined || present.has(wireName(spec.commonName))
}

const hasOurKey = ({ csr }: OrderInfo, fingerprint: string | undefined): boolean =>
  csr !== undefined && fingerprint !== undefined && csrFingerprint(csr) === fingerprint

/** Those that live go ahead of those that are over, the newest first. */
const inOrder = (listed: readonly ListedOrder[]): ListedOrder[] =>
  listed.toSorted(
    (a, b) =>
      Number(isOverWord(a.status)) - Number(isOverWord(b.status)) ||
      (b.dateCreated?.getTime() ?? 0) - (a.dateCreated?.getTime() ?? 0) ||
      b.orderId - a.orderId,
  )

/**
 * Looks for an order with our key in the account's list: the public key is an id that no product forgets. The list is read
 * whole; of the orders of that name that may be ours, as many are read as one pass may cost.
 */
export const askByKey = async (question: Question, search: KeySearch): Promise<Remote> => {
  const { session, order, fingerprint, commonName, now, purchase } = question
  if (commonName === undefined || fingerprint === undefined) return { kind: 'absent' }
  const listed = await session.client.ordersOfName({ commonName, createdSince: search.since })
  const candidates = inOrder(listed.filter((entry) => mayBeOurs(question, entry))).filter(
    ({ orderId }) => !search.known.includes(orderId),
  )
  const unread = candidates.filter(({ orderId }) => !search.read.has(orderId))
  for (const { orderId } of unread.slice(0, READ_IN_A_PASS)) {
    const info = await session.client.orderInfo(orderId)
    if (hasOurKey(info, fingerprint)) {
      // The key is proof: whatever the spec says by now, this order is ours.
      const found = { ...foundOrder(info, order, fingerprint), asked: { dnsNames: namesOf(info) }, mismatches: [] }
      return { kind: 'found', order: found, purchase, by: 'key' }
    }
    search.read.add(orderId)
  }
  const [read, of] = [candidates.length - Math.max(0, unread.length - READ_IN_A_PASS), candidates.length]
  return read < of ? { kind: 'searching', retryAt: later(now, BETWEEN_PASSES), read, of } : { kind: 'absent' }
}

/** The last of the orders that renewed each other, as far as CertCentral links them. */
const lastRenewal = async (question: Question, info: OrderInfo): Promise<OrderInfo> => {
  let last = info
  for (let n = 0; n < MOST_RENEWALS; n += 1) {
    const link = await renewalOf(question, last)
    if (!link) return last
    last = link
  }
  return last
}

/** Whether an order, or a reissue of it, was made with the key in the target Secret: the Secret itself proves nothing. */
const isProven = async (
  { session: { client } }: Question,
  info: OrderInfo,
  fingerprint: string | undefined,
): Promise<boolean> => {
  if (fingerprint === undefined || hasOurKey(info, fingerprint)) return fingerprint !== undefined
  const listed = await client.reissues(info.orderId)
  return listed.some(({ csr }) => csr !== undefined && csrFingerprint(csr) === fingerprint)
}

const NOT_PROVEN =
  'CertCentral does not show that it was made with the key in the Secret. Set spec.adoptOrderId to have it taken over all the same'

/** Looks for the order that the target Secret names. Its key, which is in the Secret, is proof that it is ours. */
export const askBySecret = async (question: Question, claim: SecretClaim): Promise<Remote> => {
  const { orderId, takenBy, fingerprint } = claim
  if (takenBy !== undefined) return { kind: 'claimed', orderId, fault: `${takenBy} has it` }
  try {
    const named = await question.session.client.orderInfo(orderId)
    if (!(await isProven(question, named, fingerprint))) return { kind: 'claimed', orderId, fault: NOT_PROVEN }
    const last = await lastRenewal(question, named)
    const order = foundOrder(last, question.order, question.fingerprint)
    return { kind: 'found', order, purchase: 1, by: last === named ? 'secret' : 'link' }
  } catch (error) {
    if (!notFound(error)) throw error
    return { kind: 'claimed', orderId, fault: 'CertCentral does not show it to this API key' }
  }
}

/** An order of the account that the operator knows, by both of its ids. */
export type KnownIds = { orderId: number; alternativeOrderId: string }

/**
 * Whether proof that ids are kept would let something be sent again. It is asked by the mark of the send: an earlier version
 * marked it as well, but did not write the request down.
 */
export const wantsProof = (found: Remote, { intent }: OrderStatus, { account }: Session): boolean =>
  found.kind === 'absent' && intent?.sentAt !== undefined && account.spec.uniqueAlternativeOrderIds

/** How many known orders are looked up at most to see whether an account keeps alternative order ids. */
const MOST_PROBES = 3

/**
 * Whether an account keeps alternative order ids, seen by looking one of our orders up by its own. The option that makes
 * them unique is a declaration; what a look-up finds is proof.
 */
export const keepsIds = async ({ session: { client } }: Question, known: readonly KnownIds[]): Promise<boolean> => {
  for (const { orderId, alternativeOrderId } of known.slice(0, MOST_PROBES)) {
    const found = await client.ordersByAlternativeId(alternativeOrderId)
    if (found.some((entry) => entry.orderId === orderId)) return true
  }
  return false
}

/** Which of the orders with our own id counts: those that were given up in CertCentral stand back for one that lives. */
const candidates = (orders: readonly OrderSummary[]): readonly OrderSummary[] => {
  const alive = orders.filter(({ status }) => !isGivenUp(status))
  if (alive.length > 0) return alive
  return orders.toSorted((a, b) => b.orderId - a.orderId).slice(0, 1)
}

/** More purchases of one resource than this are not gone through; the last one that was found counts then. */
const MOST_PURCHASES = 100

/**
 * Whether another purchase of the same resource may have followed an order: by its end, by its renewal, or by a Secret that
 * names another one, as CertCentral may link the two late.
 */
const mayHaveFollowers = ({ claim }: Question, order: FoundOrder): boolean =>
  ['rejected', 'canceled', 'revoked', 'expired'].includes(order.status) ||
  order.renewedBy !== undefined ||
  (claim !== undefined && claim.orderId !== order.orderId)

/** The order of one purchase, by our own id for it. */
const askForPurchase = async (question: Question, purchase: number): Promise<Remote> => {
  const { session, order, fingerprint } = question
  const id = question.alternativeOrderIdOf(purchase)
  const known = candidates(await session.client.ordersByAlternativeId(id))
  const [only] = known
  if (!only) return { kind: 'absent' }
  if (known.length > 1) return { kind: 'several', orderIds: known.map(({ orderId }) => orderId) }
  const info = await session.client.orderInfo(only.orderId)
  return { kind: 'found', order: answeredTo(question, info, foundOrder(info, order, fingerprint)), purchase }
}

/** What was sent without an answer is held against what was sent: an edit since then is a reissue to come. */
const answeredTo = ({ sent, order }: Question, info: OrderInfo, found: FoundOrder): FoundOrder => {
  if (!sent) return found
  const [commonName, ...dnsNames] = sent.names
  const { spec } = order
  const organization = sent.organizationId === undefined ? undefined : { id: sent.organizationId }
  return {
    ...found,
    asked: { dnsNames: [...sent.names] },
    mismatches: mismatches(info, { ...spec, commonName, dnsNames, organization }),
  }
}

/**
 * A resource that forgot everything finds its first order and, where that is over or was renewed, the ones that followed:
 * the number of purchases is found by looking, not by counting.
 */
const lastPurchase = async (question: Question): Promise<Remote> => {
  let last = await askForPurchase(question, question.purchase)
  for (let purchase = question.purchase + 1; purchase < question.purchase + MOST_PURCHASES; purchase += 1) {
    if (last.kind !== 'found' || !mayHaveFollowers(question, last.order)) return last
    const follower = await askForPurchase(question, purchase)
    if (follower.kind === 'absent') return last
    last = follower
  }
  return last
}

/** Before a renewal is placed: whether the order was renewed elsewhere, which would make it two; found where it is to be adopted. */
const renewedElsewhere = async (question: Question): Promise<Remote> => {
  const { session, order, fingerprint, purchase } = question
  if (question.renewalOf === undefined) return { kind: 'absent' }
  const link = await renewalOf(question, await session.client.orderInfo(question.renewalOf))
  if (!link) return { kind: 'absent' }
  const { orderId } = link
  const { adoptOrderId, renewal } = order.spec
  if (orderId !== adoptOrderId && renewal?.byDigiCert !== true) return { kind: 'renewed', orderId }
  const by = orderId === adoptOrderId ? 'adoption' : 'renewal'
  return { kind: 'found', order: foundOrder(link, order, fingerprint), purchase, by }
}

/**
 * Asks for the order by our own id; where CertCentral has none, by the Secret that names one, and by the key that is kept.
 */
export const askByIntent = async (question: Question): Promise<Remote> => {
  try {
    const found = await lastPurchase(question)
    if (found.kind !== 'absent') return found
    const { claim, keySearch } = question
    const byOthers = claim ? await askBySecret(question, claim) : await renewedElsewhere(question)
    if (byOthers.kind !== 'absent' || !keySearch) return byOthers
    return await askByKey(question, keySearch)
  } catch (error) {
    return failedCall(error, question.retryAt)
  }
}

/** Asks for an order that was bought elsewhere; where it is over or was renewed by us, for the one that followed. */
export const askForAdoption = async (asked: Question, orderId: number): Promise<Remote> => {
  // What the Secret names is none of what a person chose.
  const question = { ...asked, claim: undefined }
  const { session, order, fingerprint } = question
  try {
    const found = foundOrder(await session.client.orderInfo(orderId), order, fingerprint)
    const adopted: Remote = { kind: 'found', order: found, purchase: 1, by: 'adoption' }
    if (!mayHaveFollowers(question, found)) return adopted
    const follower = await lastPurchase({ ...question, purchase: 2 })
    return follower.kind === 'found' ? follower : adopted
  } catch (error) {
    if (notFound(error)) return { kind: 'absent' }
    return failedCall(error, question.retryAt)
  }
}
