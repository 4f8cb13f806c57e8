import { ORDER_AGAIN } from '../api/names.ts'
import type { OrderStatus } from '../api/status.ts'
import { deliveryOf } from '../order/delivery.ts'
import { sentRequest, subjectOfPayload } from '../order/subject.ts'
import type { Session } from './accounts.ts'
import { dateOf } from './dates.ts'
import type { Gathered } from './gather.ts'
import type { Recollection } from './memory.ts'
import type { KeySearch, Question, SecretClaim, Sent } from './remote.ts'

/** Orders that this DigiCertOrder has, or had, by its status. */
const ownOrders = ({ history = [], intent }: OrderStatus): number[] => [
  ...history.map(({ orderId }) => orderId),
  ...[intent?.renewalOf, intent?.previousPlan?.orderId].flatMap((id) => id ?? []),
]

/** Whether nothing is known to be bought, or renewed. */
const isUnbought = ({ order, intent }: OrderStatus): boolean =>
  !order && intent?.sentAt === undefined && intent?.purpose !== 'Renewal'

/**
 * The order that the target Secret names, where it holds a pair that is good and no order of this resource: one that was
 * written in another cluster, or under another name. A person may give it up by order-again.
 */
export const claimOf = (gathered: Gathered, status: OrderStatus, now: Date): SecretClaim | undefined => {
  const { stored, holderOf, order } = gathered
  if (stored?.orderId === undefined || !isUnbought(status)) return undefined
  const { orderId } = stored
  const fingerprint = deliveryOf(order.spec) === 'pair' ? stored.fingerprint : undefined
  const isGood = stored.notAfter > now
  const isGivenUp = order.metadata.annotations?.[ORDER_AGAIN] === String(orderId)
  if (!isGood || isGivenUp || ownOrders(status).includes(orderId)) return undefined
  return { orderId, takenBy: holderOf({ orderId }, 'status'), fingerprint }
}

/**
 * Whether an order may exist that was placed with the key that is kept: a POST had no answer, or the key is older than this
 * process or was left by another resource. A key that this process made and sent nothing with is in no order, and costs no
 * look-up.
 */
const keySearchOf = (
  gathered: Gathered,
  status: OrderStatus,
  { memory, session: { key: account } }: Pick<Asking, 'memory' | 'session'>,
): KeySearch | undefined => {
  const { order, key } = gathered
  const { intent } = status
  if (key.fingerprint === undefined || deliveryOf(order.spec) === 'hardware' || !intent) return undefined
  if (intent.sentAt === undefined && memory.keyIsNew) return undefined
  // A CSR that was made elsewhere proves nothing of what was not sent: who has a copy of it may not have the key.
  if (intent.sentAt === undefined && deliveryOf(order.spec) === 'certificate') return undefined
  // The ids of one account say nothing of those of another.
  if (memory.ordersRead?.account !== account) memory.ordersRead = { account, ids: new Set() }
  const since = intent.sentAt === undefined ? undefined : dateOf(intent.recordedAt)
  return { since, known: ownOrders(status), read: memory.ordersRead.ids }
}

/** What was sent without an answer, as it was written down. */
const sentOf = ({ order: { spec } }: Gathered, { intent }: OrderStatus): Sent | undefined => {
  const request = intent && sentRequest(intent)
  if (!request) return undefined
  const { names, organizationId } = subjectOfPayload(spec.product, request)
  return { names, organizationId }
}

export type Asking = {
  session: Session
  retryAt: Date
  now: Date
  memory: Recollection
  /** A CSR that was handed in a moment ago may not show yet. */
  csrLag: 'yes' | 'no'
}

/** All that a look at CertCentral for the order of a pass goes by. */
export const questionOf = (gathered: Gathered, status: OrderStatus, asking: Asking): Question => {
  const { session, retryAt, now, memory, csrLag } = asking
  const sent = sentOf(gathered, status)
  return {
    ...{ session, retryAt, now, sent },
    order: gathered.order,
    alternativeOrderIdOf: gathered.alternativeOrderIdOf,
    purchase: gathered.purchase,
    renewalOf: status.intent?.renewalOf,
    fingerprint: csrLag === 'yes' ? undefined : gathered.key.fingerprint,
    commonName: sent ? sent.names[0] : gathered.order.spec.commonName,
    keySearch: keySearchOf(gathered, status, { memory, session }),
    claim: claimOf(gathered, status, now),
    isHeld: (orderId) => gathered.holderOf({ orderId }, 'status') !== undefined,
  }
}
