import type { Reason } from '../api/reasons.ts'
import type { OrderStatus } from '../api/status.ts'
import type { About } from './messages.ts'
import type { Remote, RemoteOrder } from './observation.ts'
import type { Outcome } from './outcome.ts'
import { isIssued, isOpen } from './rules/words.ts'
import { isoDay } from './schedule.ts'

const KEPT_HISTORY = 30

type History = NonNullable<OrderStatus['history']>[number]

/** How many places of the history are for orders that are older than its newest entries; reissues fill what they leave. */
const KEPT_ORDERS = 6

/**
 * The newest entries, and before them how the last orders came, however many reissues followed: the brake counts from the
 * last purchase, and a former order whose plan is not over is still held.
 */
const withHistory = (status: OrderStatus, entry: History): OrderStatus => {
  const all = [...(status.history ?? []), entry]
  const [older, newest] = [all.slice(0, KEPT_ORDERS - KEPT_HISTORY), all.slice(KEPT_ORDERS - KEPT_HISTORY)]
  const orders = older.filter(({ what }) => what !== 'Reissued').slice(-KEPT_ORDERS)
  const others = older.filter((one) => !orders.includes(one)).slice(orders.length - KEPT_ORDERS || Infinity)
  const kept = older.filter((one) => orders.includes(one) || others.includes(one))
  return { ...status, history: [...kept, ...newest] }
}

/** A text that the API server takes where it allows that many characters. */
export const clipped = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`

/** The CRD holds to that many: a longer list would keep the whole status, and the order id with it, from being written. */
const MOST_REQUESTS = 64
const MOST_NAMES = 300
const MOST_VALIDATIONS = 300
const MOST_OF_ORGANIZATION = 20

/** A reissue asks for other names, and leaves the plan as it was asked for. */
const askedOf = ({ asked }: RemoteOrder, before: OrderStatus['order']): Pick<RemoteOrder, 'asked'> =>
  asked === undefined ? {} : { asked: { ...before?.asked, ...asked, dnsNames: asked.dnsNames.slice(0, MOST_NAMES) } }

type Requests = NonNullable<NonNullable<OrderStatus['order']>['requests']>

/** What is issued was approved, also where that is all that CertCentral said. A request to revoke waits for a person still. */
const approvedBy = ({ status }: RemoteOrder, requests: Requests): Requests =>
  status === 'issued'
    ? requests.map((request) =>
        isOpen(request) && !ENDING.test(request.type ?? '') ? { ...request, status: 'approved' } : request,
      )
    : requests

const ENDING = /revoke|cancel/

const requestsOf = (order: RemoteOrder, before: OrderStatus['order']): { requests?: Requests } => {
  const said = order.requests?.slice(0, MOST_REQUESTS).map(({ id, status, type }) => ({
    ...{ id, status },
    ...(type === undefined ? {} : { type }),
  }))
  const requests = said ?? (before?.id === order.orderId && before.requests && approvedBy(order, before.requests))
  return requests ? { requests } : {}
}

/** Puts what CertCentral said of an order into the status. What it did not say stays. */
export const withOrder = (status: OrderStatus, order: RemoteOrder, purchase: number): OrderStatus => ({
  ...status,
  order: {
    ...beforeOf(order, status.order),
    id: order.orderId,
    status: order.status,
    purchase,
    ...(order.certificateId === undefined ? {} : { certificateId: order.certificateId }),
    ...(order.adopted === undefined ? {} : { adopted: true }),
    ...askedOf(order, status.order),
    ...(order.organizationId === undefined ? {} : { organizationId: order.organizationId }),
    ...(order.caCertId === undefined ? {} : { caCertId: order.caCertId }),
    ...switchesOf(order),
    ...(order.validFrom ? { validFrom: isoDay(order.validFrom) } : {}),
    ...(order.validUntil ? { validUntil: isoDay(order.validUntil) } : {}),
    ...requestsOf(order, status.order),
  },
})

type Switches = Pick<NonNullable<OrderStatus['order']>, 'autoRenew' | 'autoReissue'>

/** Whether DigiCert renews and reissues. */
const switchesOf = ({ autoRenew, autoReissue }: RemoteOrder): Switches => ({
  ...(autoRenew === undefined ? {} : { autoRenew: autoRenew === 'on' }),
  ...(autoReissue === undefined ? {} : { autoReissue: autoReissue === 'on' }),
})

/** That the operator switched DigiCert's reissuing is noted until CertCentral shows the effect. */
const beforeOf = ({ autoReissue }: RemoteOrder, before: OrderStatus['order']): Partial<NonNullable<typeof before>> => {
  const rest = { ...before }
  const isShown = autoReissue !== undefined && (autoReissue === 'on') !== before?.autoReissue
  if (isShown) delete rest.switched
  return rest
}

export const without = (status: OrderStatus, ...fields: (keyof OrderStatus)[]): OrderStatus => {
  const rest = { ...status }
  for (const field of fields) Reflect.deleteProperty(rest, field)
  return rest
}

/** All that a status holds of a validation that is under way. */
const VALIDATION = ['validation', 'validationSince', 'organizationValidation'] as const

type NewFailure = { reason: Reason; code: string; message: string }

/** The most that a status holds of a message from elsewhere; the CRD allows somewhat more. */
const MOST_SAID = 30_000
const LONGEST_CODE = 256

const withFailure = (status: OrderStatus, now: Date, { reason, code, message }: NewFailure): OrderStatus => {
  const before = status.failures
  const count = before?.reason === reason ? before.count + 1 : 1
  const said = { reason, code: clipped(code, LONGEST_CODE), message: clipped(message, MOST_SAID) }
  return { ...status, failures: { ...said, count, lastAt: now.toISOString() } }
}

const withIntent = (status: OrderStatus, intent: OrderStatus['intent']): OrderStatus =>
  intent ? { ...status, intent } : status

/** The identity of an order that both the intent and the order in the status carry. */
const named = (status: OrderStatus, product: string): OrderStatus =>
  status.order
    ? {
        ...status,
        order: {
          ...status.order,
          product,
          ...(status.intent ? { alternativeOrderId: status.intent.alternativeOrderId } : {}),
        },
      }
    : status

type Placed = Extract<Outcome, { kind: 'placed' }>
type Adopted = Extract<Outcome, { kind: 'adopted' }>
type Stored = Extract<Outcome, { kind: 'stored' }>

/** What was sent without an answer and is found now was bought, as well as what was answered. */
const whatHappened = ({ intent }: OrderStatus, outcome: Placed | Adopted): History['what'] => {
  const bought = outcome.kind === 'placed' ? outcome.intent : intent
  const isFound = bought?.sentAt !== undefined && bought.purchase === outcome.purchase && bought.purpose !== 'Reissue'
  if (outcome.kind === 'adopted' && !isFound) return 'Adopted'
  return bought?.purpose === 'Renewal' ? 'Renewed' : 'Ordered'
}

/** An issued order that was taken over and was made with another key has to be reissued with ours. */
const foreignKey = ({ order }: Placed | Adopted, now: Date): OrderStatus =>
  order.csr === 'other' && isIssued(order)
    ? {
        failures: {
          reason: 'PrivateKeyMissing',
          code: 'foreign-key',
          message: 'the order was made with another key',
          count: 1,
          lastAt: now.toISOString(),
        },
      }
    : {}

/**
 * A request to reissue is met by whatever certificate is asked for after it. So an annotation that was met long ago asks
 * for nothing where a status was lost, as in a restored namespace.
 */
export const requestMet = ({ asked }: Pick<About, 'asked'>): OrderStatus =>
  asked?.reissue === undefined ? {} : { lastHandledReissueRequestedAt: asked.reissue }

/** What is to be proven, by the answer to an order or to a reissue; nothing where that does not say. */
const validationOf = ({ validation }: Placed | Reissued, now: Date): OrderStatus =>
  validation.length > 0 ? { validation: validation.slice(0, MOST_VALIDATIONS), validationSince: now.toISOString() } : {}

const afterOrder = (status: OrderStatus, outcome: Placed | Adopted, now: Date, about: About): OrderStatus => {
  const { orderId, certificateId } = outcome.order
  const fresh = without(status, 'failures', ...VALIDATION, 'order')
  const known = withOrder(fresh, outcome.order, outcome.purchase)
  const entry: History = {
    at: now.toISOString(),
    what: whatHappened(status, outcome),
    orderId,
    ...(certificateId === undefined ? {} : { certificateId }),
    purchase: outcome.purchase,
  }
  const noted = { ...named(withHistory(known, entry), about.product), ...requestMet(about) }
  if (outcome.kind !== 'placed') return { ...noted, ...foreignKey(outcome, now) }
  return { ...noted, intent: outcome.intent, ...validationOf(outcome, now) }
}

/** A certificate that takes the place of another one of the same order was reissued, by whomever. */
const reissueOf = (before: OrderStatus, { certificate }: Stored, now: Date): History | undefined => {
  const { order, intent } = before
  const isAnother = before.certificate ? intent?.purpose !== 'Renewal' : intent?.purpose === 'Reissue'
  if (!order || !isAnother) return undefined
  return {
    at: now.toISOString(),
    what: 'Reissued',
    orderId: order.id,
    ...(certificate.id === undefined ? {} : { certificateId: certificate.id }),
  }
}

/** When a certificate was stored first: a Secret that is rebuilt makes it no younger. */
const firstStored = (
  { certificate: before }: OrderStatus,
  { certificate }: Stored,
  now: Date,
): Stored['certificate'] =>
  before?.serialNumber === certificate.serialNumber
    ? { ...certificate, ...(before.storedTime === undefined ? {} : { storedTime: before.storedTime }) }
    : { ...certificate, storedTime: now.toISOString() }

const afterStoring = (before: OrderStatus, outcome: Stored, now: Date): OrderStatus => {
  const { orderId } = outcome
  const certificate = firstStored(before, outcome, now)
  // The certificate of the plan before is back; nothing changes for the renewal that is under way.
  if (before.intent?.purpose === 'Renewal' && before.intent.renewalOf === orderId) return { ...before, certificate }
  const stored = { ...without(before, 'failures', ...VALIDATION), certificate }
  if (before.certificate?.serialNumber === certificate.serialNumber) return stored
  const reissue = reissueOf(before, outcome, now)
  const counted = { ...stored, revision: (before.revision ?? 0) + 1 }
  return reissue ? withHistory(counted, reissue) : counted
}

type Validated = Extract<Outcome, { kind: 'validation' }>

const afterValidation = (before: OrderStatus, { entries, organization, order }: Validated, now: Date): OrderStatus => {
  const asked = {
    ...before,
    validation: entries.slice(0, MOST_VALIDATIONS),
    validationSince: before.validationSince ?? now.toISOString(),
    ...(organization ? { organizationValidation: organization.slice(0, MOST_OF_ORGANIZATION) } : {}),
  }
  return order && before.order ? withOrder(asked, order, before.order.purchase) : asked
}

type Recorded = Extract<Outcome, { kind: 'recorded' }>

/** What ended before it was issued cost nothing, which is noted before the order is forgotten. */
const withoutCost = ({ history, order, certificate }: OrderStatus): Pick<OrderStatus, 'history'> => {
  if (!history || !order || !['rejected', 'canceled'].includes(order.status)) return {}
  const wasIssued = history.some(({ what, orderId }) => what === 'Reissued' && orderId === order.id)
  const isStored = certificate?.id !== undefined && certificate.id === order.certificateId
  if (order.status === 'canceled' && (wasIssued || isStored)) return {}
  return { history: history.map((entry) => (entry.orderId === order.id ? { ...entry, free: true } : entry)) }
}

/** A reissue is of the order that there is, and is what a person asked for; anything else begins another one. */
const afterRecording = (before: OrderStatus, { intent }: Recorded, _now: Date, about: About): OrderStatus => {
  const release = intent.releasedBy === undefined ? {} : { lastHandledReleaseBrake: intent.releasedBy }
  const fresh = { ...without(before, 'failures', ...VALIDATION), ...release }
  return intent.purpose === 'Reissue'
    ? { ...fresh, intent, ...requestMet(about) }
    : { ...without(fresh, 'order'), ...withoutCost(before), intent }
}

type Reissued = Extract<Outcome, { kind: 'reissued' }>

const afterReissue = (before: OrderStatus, outcome: Reissued, now: Date): OrderStatus => {
  const { order, intent } = outcome
  const asked = without(before, 'failures', ...VALIDATION)
  return {
    ...withOrder(asked, order, before.order?.purchase ?? 1),
    intent,
    ...validationOf(outcome, now),
  }
}

/** What keeps an order of ours from being seen; true until a look says otherwise. */
export const UNSEEN: readonly (string | undefined)[] = ['OrderNotReadable', 'OrderNotVisible']

const unseen = (remote: Remote): NewFailure | undefined => {
  if (remote.kind === 'refused') return { reason: 'OrderNotReadable', code: 'forbidden', message: remote.message }
  return remote.kind === 'absent'
    ? { reason: 'OrderNotVisible', code: 'not-found', message: 'CertCentral does not know the order' }
    : undefined
}

/** What a look at a known order changes: what CertCentral shows of it, or that it does not show it. */
export const afterLook = (before: OrderStatus, remote: Remote, now: Date): OrderStatus => {
  if (!before.order) return before
  const wasUnseen = UNSEEN.includes(before.failures?.reason)
  const failure = unseen(remote)
  if (failure) return before.failures === undefined || wasUnseen ? withFailure(before, now, failure) : before
  if (remote.kind !== 'order' && remote.kind !== 'reissues') return before
  const told = wasUnseen ? without(before, 'failures') : before
  return withOrder(told, remote.order, before.order.purchase)
}

type Bookkeeping = {
  [K in Outcome['kind']]: (
    before: OrderStatus,
    outcome: Extract<Outcome, { kind: K }>,
    now: Date,
    about: About,
  ) => OrderStatus
}

type Validity = Extract<Outcome, { kind: 'validity' }>

/** The CRD holds to somewhat more. */
const MOST_VALIDITIES = 60

const afterValidity = (before: OrderStatus, { entries }: Validity, now: Date): OrderStatus => ({
  ...before,
  validity: {
    checkedAt: now.toISOString(),
    entries: entries?.slice(0, MOST_VALIDITIES) ?? before.validity?.entries ?? [],
  },
})

const BOOKKEEPING: Bookkeeping = {
  done: (before) => before,
  conflict: (before) => before,
  left: (before) => before,
  switched: (before, _outcome, now) =>
    before.order
      ? {
          ...before,
          order: {
            ...before.order,
            switched: { count: (before.order.switched?.count ?? 0) + 1, at: now.toISOString() },
          },
        }
      : before,
  recorded: afterRecording,
  reissued: afterReissue,
  placed: afterOrder,
  adopted: afterOrder,
  validation: afterValidation,
  validity: afterValidity,
  stored: afterStoring,
  refused: (before, outcome, now) => withIntent(withFailure(before, now, outcome), outcome.intent),
  ended: (before, { what, orderId, waitsFor }, now) => ({
    ...without(before, 'failures'),
    deletion: { what, orderId, ...(waitsFor === undefined ? {} : { waitsFor }), at: now.toISOString() },
  }),
  unlinked: (before, { intent }) => ({ ...before, intent }),
  unsent: (before, { intent }) => withIntent(before, intent),
  ambiguous: (before, { intent }) => withIntent(before, intent),
}

/** The status after an action, before the next decision. Pure bookkeeping: no condition changes here. */
export const after = (before: OrderStatus, outcome: Outcome, now: Date, about: About): OrderStatus => {
  const keep = BOOKKEEPING[outcome.kind] as (
    before: OrderStatus,
    outcome: Outcome,
    now: Date,
    about: About,
  ) => OrderStatus
  return keep(before, outcome, now, about)
}
