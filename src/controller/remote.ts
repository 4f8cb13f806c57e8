import type { DigiCertOrder } from '../api/order.ts'
import {
  CertCentralError,
  type OrderInfo,
  type OrderStatus,
  type OrderSummary,
  type PlacedOrder,
} from '../certcentral/index.ts'
import { wireName, wireNames } from '../order/names.ts'
import type { FoundOrder, Remote, RemoteOrder } from '../order/observation.ts'
import { csrFingerprint } from '../pki/csr.ts'
import type { Session } from './accounts.ts'

/** CertCentral's word for a status: a known one in lower case, any other as it came. */
export const wordOf = ({ word, raw }: OrderStatus): string =>
  word === 'unrecognised' ? raw.slice(0, 64) || 'unknown' : word

type CsrFact = NonNullable<RemoteOrder['csr']>

const csrOf = (info: OrderInfo, fingerprint: string | undefined): CsrFact => {
  const theirs = info.csr === undefined ? undefined : csrFingerprint(info.csr)
  if (theirs === undefined || fingerprint === undefined) return 'unknown'
  return theirs === fingerprint ? 'ours' : 'other'
}

const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>)

const remoteOrder = (info: OrderInfo, fingerprint: string | undefined): RemoteOrder => ({
  orderId: info.orderId,
  status: wordOf(info.status),
  requests: info.requests.map(({ id, status, type }) => ({ id, status, type })),
  csr: csrOf(info, fingerprint),
  ...optional('certificateId', info.certificateId),
  ...optional('organizationId', info.organizationId),
  ...optional('validFrom', info.orderValidFrom),
  ...optional('validUntil', info.orderValidUntil),
  ...optional('serialNumber', info.serialNumber),
})

/** What of a found order is not what the spec asks for. What CertCentral leaves unsaid is no difference. */
export const mismatches = (info: OrderInfo, spec: DigiCertOrder['spec']): string[] => {
  const wanted = wireNames(spec.commonName, spec.dnsNames)
  const present = new Set([info.commonName ?? '', ...info.dnsNames].map(wireName))
  const lacking = info.commonName === undefined ? [] : wanted.filter((name) => !present.has(name))
  const found: string[] = []
  if (info.productId !== undefined && info.productId !== spec.product) found.push(`its product is ${info.productId}`)
  if (lacking.length > 0) found.push(`it lacks ${lacking.join(', ')}`)
  const organization = spec.organization?.id
  if (organization !== undefined && info.organizationId !== undefined && info.organizationId !== organization)
    found.push(`its organization is ${String(info.organizationId)}`)
  return found
}

const foundOrder = (info: OrderInfo, order: DigiCertOrder, fingerprint: string | undefined): FoundOrder => {
  const created = Date.parse(order.metadata.creationTimestamp ?? '')
  const older = info.dateCreated !== undefined && info.dateCreated.getTime() < created
  return {
    ...remoteOrder(info, fingerprint),
    mismatches: mismatches(info, order.spec),
    older: older ? 'than-resource' : 'no',
  }
}

const GONE = ['rejected', 'canceled']

/** Whether an order was given up in CertCentral. */
export const isGivenUp = (status: OrderStatus): boolean => GONE.includes(wordOf(status))

/** Which of the orders with our own id counts: those that were given up in CertCentral stand back for one that lives. */
const candidates = (orders: readonly OrderSummary[]): readonly OrderSummary[] => {
  const alive = orders.filter(({ status }) => !isGivenUp(status))
  if (alive.length > 0) return alive
  return orders.toSorted((a, b) => b.orderId - a.orderId).slice(0, 1)
}

export type Question = {
  session: Session
  order: DigiCertOrder
  alternativeOrderId: string
  /** Of the key that we keep. */
  fingerprint: string | undefined
  /** When to try again where a call fails without saying so itself. */
  retryAt: Date
}

/** A failed call as a fact. Errors that are none of CertCentral's rise. */
export const failedCall = (error: unknown, retryAt: Date): Extract<Remote, { kind: 'unavailable' | 'refused' }> => {
  if (!(error instanceof CertCentralError)) throw error
  const { kind, message } = error
  if (kind === 'unauthorized' || kind === 'forbidden') return { kind: 'refused', message }
  const throttled = kind === 'throttled' ? 'yes' : 'no'
  return { kind: 'unavailable', retryAt: error.retryAt ?? retryAt, throttled, message }
}

/** Asks for the order by our own id. */
export const askByIntent = async (question: Question): Promise<Remote> => {
  const { session, order, alternativeOrderId, fingerprint, retryAt } = question
  try {
    const known = candidates(await session.client.ordersByAlternativeId(alternativeOrderId))
    const [only] = known
    if (!only) return { kind: 'absent' }
    if (known.length > 1) return { kind: 'several', orderIds: known.map(({ orderId }) => orderId) }
    const info = await session.client.orderInfo(only.orderId)
    return { kind: 'found', order: foundOrder(info, order, fingerprint) }
  } catch (error) {
    return failedCall(error, retryAt)
  }
}

/** Asks for the order by CertCentral's id. */
export const askByOrderId = async (question: Question, orderId: number): Promise<Remote> => {
  const { session, fingerprint, retryAt } = question
  try {
    return { kind: 'order', order: remoteOrder(await session.client.orderInfo(orderId), fingerprint) }
  } catch (error) {
    if (error instanceof CertCentralError && error.kind === 'not-found') return { kind: 'absent' }
    return failedCall(error, retryAt)
  }
}

/** The state of an order right after it was placed, by what its answer holds (`certcentral-api.md`, section 2.2). */
export const placedOrder = (placed: PlacedOrder): RemoteOrder => {
  const open = placed.requests.some(({ status }) => status === 'pending' || status === 'submitted')
  const rejected = placed.requests.some(({ status }) => status === 'rejected')
  const word = (): string => {
    if (placed.chain) return 'issued'
    if (rejected) return 'rejected'
    return open ? 'needs_approval' : 'pending'
  }
  return {
    orderId: placed.orderId,
    status: word(),
    requests: placed.requests,
    ...optional('certificateId', placed.certificateId),
    ...optional('organizationId', placed.organizationId),
  }
}
