import type { DigiCertOrder } from '../api/order.ts'
import type { Intent, OrderStatus } from '../api/status.ts'
import { CertCentralError, type PlacedOrder, type Reservation } from '../certcentral/index.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Delivery } from '../order/delivery.ts'
import { wireNames } from '../order/names.ts'
import { withKnownOrganization } from '../order/effective.ts'
import { type CreditCard, type Payload, orderPayload } from '../order/payload.ts'
import { isoDay } from '../order/schedule.ts'
import { endOf } from '../order/standing.ts'
import { certificateIn, sentRequest, subjectOfPayload } from '../order/subject.ts'
import type { Session } from './accounts.ts'
import { type CardResult, readCard, withoutCard } from './credit-card.ts'
import { type Kept, csrFor } from './keys.ts'
import type { Recollection } from './memory.ts'
import type { Claim, ClaimAnswer } from './ledger.ts'
import { placedOrder, isGivenUp } from './remote.ts'
import { type SecretStore, refusedByCluster } from './secrets.ts'
import { validationOfPlaced } from './validation.ts'

export type Purchase = {
  session: Session
  order: DigiCertOrder
  status: OrderStatus
  held: Kept
  delivery: Delivery
  /** Fingerprint of what only another certificate can change. */
  traits: string
  target: 'free' | 'ours'
  memory: Recollection
}

export type PurchaseMeans = {
  secrets: Pick<SecretStore, 'read' | 'rehearse'>
  /** Writes the status as a compare-and-swap; `undefined` where the order changed under us. */
  write: (status: OrderStatus) => Promise<DigiCertOrder | undefined>
  /** Milliseconds for which nobody else can lead. */
  leadershipMs: () => number
  /** Reserves one of the orders or name changes that the account's policy leaves for today, and stores that. */
  claimOrder: (session: Session, claim: Claim) => Promise<ClaimAnswer>
  /** Gives back what was reserved and not used. */
  returnOrder: (session: Session, claim: Claim) => void
  now: () => Date
}

/** Less than this much certain leadership is not enough to begin a purchase with, in milliseconds. */
export const LEADERSHIP_NEEDED = 2_000

/** The intent as it was before it was marked as sent. */
export const withoutMark = (intent: Intent): Intent => {
  const unsent = { ...intent, sends: (intent.sends ?? 1) - 1 }
  delete unsent.sentAt
  delete unsent.request
  return unsent
}

/** All that CertCentral gave as reasons, field first; never what was sent. */
export const refusalText = ({ errors, message }: CertCentralError): string =>
  errors.length === 0
    ? message
    : errors
        .map(({ code, field, message: text }) => `${field === undefined ? code : `${field} (${code})`}: ${text}`)
        .join('; ')

/** The refusal, with what CertCentral leaves out: the product that it does not know, the order that was renewed already. */
const orderRefusal = ({ order }: Purchase, { renewalOf }: Intent, error: CertCentralError): string => {
  const isOfProduct = error.errors.some(({ code, field }) => code === 'product' || field?.startsWith('product'))
  const hints = [
    ...(isOfProduct ? [`spec.product is ${order.spec.product}`] : []),
    ...(renewalOf !== undefined && isRenewedAlready(error)
      ? [
          `another order renewed order ${String(renewalOf)}, and Order info does not name it; find it in CertCentral and set spec.adoptOrderId to it`,
        ]
      : []),
  ]
  return hints.length > 0 ? `${refusalText(error)} (${hints.join('; ')})` : refusalText(error)
}

export const codeOf = ({ errors, kind }: CertCentralError): string => {
  const [first] = errors
  return first ? [first.code, first.field].filter((part) => part !== undefined).join('|') : kind
}

/** Whether an order of this id may exist after all, which a refusal for a repeated id hides. */
const mayExist = async ({ session }: Purchase, { alternativeOrderId }: Intent): Promise<boolean> => {
  try {
    const known = await session.client.ordersByAlternativeId(alternativeOrderId)
    return known.some(({ status }) => !isGivenUp(status))
  } catch (error) {
    if (error instanceof CertCentralError) return true
    throw error
  }
}

/**
 * Whether an earlier POST of this id stayed without an answer, and nobody answered for it: that the second one is
 * refused says nothing of the first, which the look-up may show late.
 */
const wasSentBefore = ({ session }: Purchase, { sends }: Intent): boolean =>
  (sends ?? 1) > 1 && session.account.spec.uniqueAlternativeOrderIds

/** Codes by which CertCentral refuses to link a renewal (docs/certcentral.md#a-renewal-is-a-purchase). */
const LINK_REFUSALS = [
  'order_not_eligible_for_renewal',
  'order_not_renewable',
  'renewal_window_closed',
  'cannot_renew_expired_order',
  'product_not_eligible_for_renewal',
]

/** Whether CertCentral knows another renewal of that order: one without the link would be a second one. */
const isRenewedAlready = ({ errors }: CertCentralError): boolean =>
  errors.some(
    ({ code, message }) => code === 'order_renewed_already' || /already.*renewed|renewed.*already/i.test(message),
  )

/** Whether the link to the renewed order is all that is wrong with a renewal. */
const isLinkRefused = ({ renewalOf, link }: Intent, error: CertCentralError): boolean =>
  renewalOf !== undefined &&
  link === undefined &&
  error.errors.length > 0 &&
  !isRenewedAlready(error) &&
  error.errors.every(({ code, field }) => LINK_REFUSALS.includes(code) || field === 'renewal_of_order_id')

const MAY_HIDE_A_REPEAT = ['invalid', 'conflict']

const refused = async (purchase: Purchase, intent: Intent, error: CertCentralError): Promise<Outcome> => {
  const repeat =
    MAY_HIDE_A_REPEAT.includes(error.kind) && (wasSentBefore(purchase, intent) || (await mayExist(purchase, intent)))
  if (repeat) return { kind: 'ambiguous', message: error.message, intent }
  if (isLinkRefused(intent, error)) return { kind: 'unlinked', intent: { ...withoutMark(intent), link: 'refused' } }
  return {
    kind: 'refused',
    reason: 'OrderRefused',
    code: codeOf(error),
    message: orderRefusal(purchase, intent, error),
    intent: withoutMark(intent),
  }
}

/** What a failed POST means: refused, unsent or ambiguous (docs/certcentral.md#unknown-outcomes). */
const failed = async (
  { unmarked, ...purchase }: Purchase & { unmarked: Intent },
  intent: Intent,
  error: unknown,
  now: Date,
): Promise<Outcome> => {
  if (!(error instanceof CertCentralError)) throw error
  if (error.outcome === 'ambiguous') return { kind: 'ambiguous', message: error.message, intent }
  // A refused key says nothing of the order; the account says so, and the order goes on once a key is accepted.
  const postponed = error.kind === 'throttled' || error.kind === 'unauthorized' || error.outcome === 'unsent'
  if (postponed) return unsent(error, now, unmarked)
  return refused(purchase, intent, error)
}

const RETRY_UNSENT = 10_000

const unsent = (error: CertCentralError, now: Date, intent?: Intent): Outcome =>
  error.kind === 'invalid' || error.kind === 'too-large'
    ? { kind: 'refused', reason: 'OrderRefused', code: codeOf(error), message: refusalText(error), intent }
    : {
        kind: 'unsent',
        retryAt: error.retryAt ?? new Date(now.getTime() + RETRY_UNSENT),
        throttled: error.kind === 'throttled' ? 'yes' : 'no',
        message: error.message,
        intent,
      }

/** Keeps a chain that came with an answer, so that it need not be fetched. */
export const remember = ({ memory }: Pick<Purchase, 'memory'>, placed: PlacedOrder): void => {
  if (placed.chain && placed.certificateId !== undefined)
    memory.chain = { certificateId: placed.certificateId, pem: placed.chain.join('\n') }
}

/** The Secret that is to receive the certificate, tried out: what would fail after the purchase fails before it. */
export const rehearsed = async (
  { order, target, delivery }: Pick<Purchase, 'order' | 'target'> & { delivery?: Delivery },
  means: PurchaseMeans,
): Promise<Outcome | undefined> => {
  if (delivery === 'hardware') return undefined
  try {
    await means.secrets.rehearse(order, target)
    return undefined
  } catch (error) {
    return refusedByCluster(error)
  }
}

const reserve = async (purchase: Purchase, now: Date) => {
  try {
    return { reservation: await purchase.session.client.reserve() }
  } catch (error) {
    if (!(error instanceof CertCentralError)) throw error
    return { outcome: unsent(error, now) }
  }
}

export const claimOf = (kind: Claim['kind'], { metadata }: DigiCertOrder, { purchase }: Intent): Claim => ({
  ...{ kind, namespace: metadata.namespace ?? '', name: metadata.name, purchase },
})

/** What may have been done keeps its reservation. */
const USED: readonly Outcome['kind'][] = ['placed', 'reissued', 'ambiguous']

/** Sends what the account has a reservation for, and gives it back where nothing came of it. */
export const reserving = async (
  claim: Claim,
  { session }: Pick<Purchase, 'session'>,
  { means, sending }: { means: PurchaseMeans; sending: () => Promise<Outcome> },
): Promise<Outcome> => {
  if ((await means.claimOrder(session, claim)) !== 'granted') return { kind: 'conflict' }
  const outcome = await sending()
  if (!USED.includes(outcome.kind)) means.returnOrder(session, claim)
  return outcome
}

/**
 * Buys once. Before the POST: the Secret is rehearsed, a slot of the rate limiter is reserved, the order is counted in the
 * status of the account, and the mark that the order was sent is written as a compare-and-swap, which only one of two
 * leaders can win. After it: the answer is one of refused, unsent and ambiguous, and only the first two take the mark back.
 */
export const placeOrder = async (purchase: Purchase, means: PurchaseMeans): Promise<Outcome> => {
  const {
    session,
    order,
    status: { intent },
  } = purchase
  if (!intent) return { kind: 'conflict' }
  const csr = await csrFor(order, purchase.held, namesSent(purchase, intent))
  const trouble = await rehearsed(purchase, means)
  if (trouble) return trouble
  const paid = await readCard(means.secrets, order)
  if (!paid.ok) return cardTrouble(paid)
  const { reservation, outcome } = await reserve(purchase, means.now())
  if (!reservation) return outcome
  try {
    if (means.leadershipMs() < LEADERSHIP_NEEDED) return { kind: 'conflict' }
    const sending = () => send(purchase, intent, { csr, reservation, creditCard: paid.card }, means)
    return await reserving(claimOf('order', order, intent), purchase, { means, sending })
  } finally {
    session.client.release(reservation)
  }
}

/** The names that the CSR is for. */
const namesSent = ({ order: { spec } }: Purchase, intent: Intent): readonly string[] => {
  const before = sentRequest(intent)
  return before ? subjectOfPayload(spec.product, before).names : wireNames(spec.commonName, spec.dnsNames)
}

type Envelope = { csr: string | undefined; reservation: Reservation; creditCard: CreditCard | undefined }

const cardTrouble = ({ problem }: Extract<CardResult, { ok: false }>): Outcome => ({
  kind: 'refused',
  reason: 'CardNotUsable',
  code: 'Secret',
  message: problem,
})

/** What somebody said of the order, without the card that it was paid with. */
const discreet = (outcome: Outcome, card: CreditCard | undefined): Outcome =>
  'message' in outcome ? { ...outcome, message: withoutCard(outcome.message, card) } : outcome

/** What is sent, without CSR and card: after a lost answer the same as before, whatever the spec says by now. */
const requestOf = ({ order, status }: Purchase, intent: Intent, now: Date): Payload => {
  const before = sentRequest(intent)
  if (before) return before
  return orderPayload(withKnownOrganization(order.spec, status.organization), {
    now,
    alternativeOrderId: intent.alternativeOrderId,
    renewalOf: intent.link === 'refused' ? 'none' : intent.renewalOf,
  })
}

/** A request with what is read or signed at the moment of sending, and written down nowhere. */
const enclosed = (request: Payload, csr: string | undefined, creditCard: CreditCard | undefined): Payload => ({
  ...request,
  certificate: { ...(request['certificate'] as Payload | undefined), ...(csr === undefined ? {} : { csr }) },
  ...(creditCard === undefined ? {} : { credit_card: creditCard }),
})

/** The intent after nothing left: of what was sent before without an answer, the outcome is still unknown. */
const unsentAgain = (before: Intent, sent: Intent): Intent => (before.sentAt === undefined ? withoutMark(sent) : before)

/** Marks the order as sent, and sends it. */
const send = async (
  purchase: Purchase,
  intent: Intent,
  { csr, reservation, creditCard }: Envelope,
  means: PurchaseMeans,
): Promise<Outcome> => {
  const { session, order, status } = purchase
  const now = means.now()
  const request = requestOf(purchase, intent, now)
  const sent: Intent = {
    ...intent,
    sentAt: now.toISOString(),
    sends: (intent.sends ?? 0) + 1,
    request: JSON.stringify(request),
  }
  if (!(await means.write({ ...status, intent: sent }))) return { kind: 'conflict' }
  const unmarked = unsentAgain(intent, sent)
  if (means.leadershipMs() <= 0)
    return { kind: 'unsent', retryAt: now, throttled: 'no', message: 'leadership was lost', intent: unmarked }
  try {
    const placed = await session.client.placeOrder(order.spec.product, enclosed(request, csr, creditCard), {
      reservation,
    })
    remember(purchase, placed)
    const validation = validationOfPlaced(order, placed)
    const { names, orderValidity } = subjectOfPayload(order.spec.product, request)
    const validUntil = isoDay(endOf(orderValidity, now))
    const certificate = certificateIn(request)
    const asked = { dnsNames: [...names], certificateHash: purchase.traits, validUntil, certificate }
    const placedAs = { ...placedOrder(placed), asked }
    return { kind: 'placed', order: placedAs, purchase: sent.purchase, intent: sent, validation }
  } catch (error) {
    return discreet(await failed({ ...purchase, unmarked }, sent, error, means.now()), creditCard)
  }
}
