import type { DigiCertOrder } from '../api/order.ts'
import {
  CertCentralError,
  type OrderInfo,
  type OrderStatus,
  type PlacedOrder,
  type Reissue,
} from '../certcentral/index.ts'
import { wireName, wireNames } from '../order/names.ts'
import type { FoundOrder, FoundRemote, Remote, RemoteOrder } from '../order/observation.ts'
import { isOpen } from '../order/rules/words.ts'
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

const isOn = (flag: boolean | undefined): 'on' | 'off' | undefined => {
  if (flag === undefined) return undefined
  return flag ? 'on' : 'off'
}

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
  ...optional('renewedBy', info.renewedOrderId),
  ...optional('alternativeOrderId', info.alternativeOrderId),
  ...optional('renewalOf', info.renewalOfOrderId),
  ...optional('caCertId', info.caCertId),
  ...optional('autoReissue', isOn(info.autoReissue)),
  ...optional('autoRenew', isOn(info.autoRenew)),
})

/** What of a found order is not what the spec asks for. What CertCentral leaves unsaid is no difference. */
export const mismatches = (info: OrderInfo, spec: DigiCertOrder['spec']): string[] => {
  // Users of an account of the cluster need not see all orders of it.
  const shown = (value: string): string => (spec.accountRef.kind === 'DigiCertAccount' ? value : 'another one')
  const wanted = wireNames(spec.commonName, spec.dnsNames)
  const present = new Set([info.commonName ?? '', ...info.dnsNames].map(wireName))
  const lacking = info.commonName === undefined ? [] : wanted.filter((name) => !present.has(name))
  const found: string[] = []
  if (info.productId !== undefined && info.productId !== spec.product)
    found.push(`its product is ${shown(info.productId)}`)
  if (lacking.length > 0) found.push(`it lacks ${lacking.join(', ')}`)
  const organization = spec.organization?.id
  if (organization !== undefined && info.organizationId !== undefined && info.organizationId !== organization)
    found.push(`its organization is ${shown(String(info.organizationId))}`)
  return found
}

/** The names that an order has beside those of the spec are its own: whoever takes it over takes none away (promise P7). */
const askedNames = ({ commonName, dnsNames }: OrderInfo, spec: DigiCertOrder['spec']): string[] =>
  wireNames(spec.commonName ?? commonName, [...(spec.dnsNames ?? []), commonName ?? '', ...dnsNames].filter(Boolean))

/** An order held against the spec. */
export const foundOrder = (info: OrderInfo, order: DigiCertOrder, fingerprint: string | undefined): FoundOrder => {
  const created = Date.parse(order.metadata.creationTimestamp ?? '')
  const wanted = wireNames(order.spec.commonName, order.spec.dnsNames)
  const older = info.dateCreated !== undefined && info.dateCreated.getTime() < created
  return {
    ...remoteOrder(info, fingerprint),
    asked: { dnsNames: askedNames(info, order.spec) },
    names: namesOf(info),
    furtherNames: namesOf(info).filter((name) => !wanted.includes(name)),
    mismatches: mismatches(info, order.spec),
    older: older ? 'than-resource' : 'no',
  }
}

/** What is taken over counts as made in the ways of the spec, so that a later edit of them is seen. */
export const takenOver = ({ order: { asked, ...order }, by }: FoundRemote, traits: string): FoundOrder => ({
  ...order,
  ...optional('asked', asked && { ...asked, certificateHash: traits }),
  ...optional('adopted', by === 'adoption' || by === 'secret' || by === 'link' ? ('yes' as const) : undefined),
})

const GONE = ['rejected', 'canceled']
const OVER = [...GONE, 'revoked', 'expired']

/** Whether a status says that an order has ended. */
export const isOverWord = (status: OrderStatus): boolean => OVER.includes(wordOf(status))

/** Whether an order was given up in CertCentral. */
export const isGivenUp = (status: OrderStatus): boolean => GONE.includes(wordOf(status))

/** An order that may have been placed with the key that is kept. */
export type KeySearch = {
  /** Since when it may have been placed; `undefined` where nobody knows how old the key is. */
  since: Date | undefined
  /** Orders that belong to this DigiCertOrder already, and are not looked for. */
  known: readonly number[]
  /** Orders that were read and have another key; remembered between passes, so that a long list costs each call once. */
  read: Set<number>
}

/**
 * The order that the target Secret names, who else has it, and the fingerprint of the private key in the Secret; none where
 * that is elsewhere: what is public proves nothing.
 */
export type SecretClaim = { orderId: number; takenBy: string | undefined; fingerprint: string | undefined }

export type Question = {
  session: Session
  order: DigiCertOrder
  /** Our own id for a purchase. */
  alternativeOrderIdOf: (purchase: number) => string
  /** The purchase that is asked for first. */
  purchase: number
  /** The order that is to be renewed. */
  renewalOf: number | undefined
  /** Of the key that we keep. */
  fingerprint: string | undefined
  /** When to try again where a call fails without saying so itself. */
  retryAt: Date
  now: Date
  /** The common name that the order was, or would be, placed with. */
  commonName: string | undefined
  /** Where an order may exist that was placed with the key that is kept. */
  keySearch: KeySearch | undefined
  /** The order that the target Secret names, where no order of ours is known. */
  claim: SecretClaim | undefined
  /** Whether another DigiCertOrder holds an order, by its status. */
  isHeld: (orderId: number) => boolean
  /** What was sent without an answer: names and organization, as they were sent. */
  sent: Sent | undefined
}

/** What of a request tells whether a found order is that of it. */
export type Sent = { names: readonly string[]; organizationId: number | undefined }

/** A failed call as a fact. Errors that are none of CertCentral's rise. */
export const failedCall = (error: unknown, retryAt: Date): Extract<Remote, { kind: 'unavailable' | 'refused' }> => {
  if (!(error instanceof CertCentralError)) throw error
  const { kind, message } = error
  if (kind === 'unauthorized' || kind === 'forbidden') return { kind: 'refused', message }
  const throttled = kind === 'throttled' ? 'yes' : 'no'
  return { kind: 'unavailable', retryAt: error.retryAt ?? retryAt, throttled, message }
}

/** The names of an order, in wire form. */
export const namesOf = ({ commonName, dnsNames }: OrderInfo): string[] => wireNames(commonName, dnsNames)

/** Whether an order has a name of the spec. One that has none, as of document signing, cannot be judged by them. */
const coversOurs = (info: OrderInfo, { order: { spec } }: Question): boolean => {
  const [present, wanted] = [namesOf(info), wireNames(spec.commonName, spec.dnsNames)]
  return present.length === 0 || wanted.length === 0 || wanted.some((name) => present.includes(name))
}

/**
 * The order that renewed another one; `undefined` where there is none. CertCentral links whatever a buyer names: an order
 * that covers none of our names, or that another DigiCertOrder has, is no renewal of ours.
 */
export const renewalOf = async (question: Question, info: OrderInfo): Promise<OrderInfo | undefined> => {
  if (info.renewedOrderId === undefined || question.isHeld(info.renewedOrderId)) return undefined
  const link = await question.session.client.orderInfo(info.renewedOrderId)
  return coversOurs(link, question) ? link : undefined
}

/** Asks for the order by CertCentral's id. */
export const askByOrderId = async (question: Question, orderId: number): Promise<Remote> => {
  const { session, fingerprint, retryAt } = question
  try {
    const info = await session.client.orderInfo(orderId)
    const order = remoteOrder(info, fingerprint)
    // Where DigiCert renews, the link is followed, so it has to be to an order of ours.
    const isFollowed = info.renewedOrderId !== undefined && question.order.spec.renewal?.byDigiCert === true
    const isOurs = !isFollowed || (await renewalOf(question, info)) !== undefined
    return { kind: 'order', order: isOurs ? order : { ...order, renewedBy: undefined } }
  } catch (error) {
    if (notFound(error)) return { kind: 'absent' }
    return failedCall(error, retryAt)
  }
}

/** Whether CertCentral said that there is no such thing. */
export const notFound = (error: unknown): boolean => error instanceof CertCentralError && error.kind === 'not-found'

/** Whether CertCentral said no, rather than later or nothing. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof CertCentralError && error.outcome === 'refused' && error.kind !== 'throttled'

/** By what a reissue of ours is known in the list: its key and, where the key is an old one, the time since when. */
export type ReissueMark = { fingerprint: string | undefined; since: Date | undefined }

/** How far CertCentral's clock may be behind ours, in milliseconds. */
const CLOCK_SKEW = 10 * 60_000

const isOurs = ({ csr, dateCreated }: Reissue, { fingerprint, since }: ReissueMark): boolean => {
  const isOfKey = csr !== undefined && fingerprint !== undefined && csrFingerprint(csr) === fingerprint
  const isOld = since !== undefined && dateCreated !== undefined && dateCreated.getTime() < since.getTime() - CLOCK_SKEW
  return isOfKey && !isOld
}

/** The newest of ours: one that was rejected counts only where there is no other. */
const newestOf = (ours: readonly Reissue[]): Reissue | undefined =>
  ours.toSorted((a, b) => (b.dateCreated?.getTime() ?? 0) - (a.dateCreated?.getTime() ?? 0))[0]

/** Asks how an order stands and which reissues it has; each of them shows its CSR (docs/certcentral.md#finding-a-reissue). */
export const askForReissues = async (question: Question, orderId: number, mark: ReissueMark): Promise<Remote> => {
  const { session, fingerprint, retryAt } = question
  try {
    const info = await session.client.orderInfo(orderId)
    const listed = await session.client.reissues(orderId)
    const ours = newestOf(listed.filter((entry) => isOurs(entry, mark)))
    const found = ours && { status: ours.status, certificateId: ours.certificateId }
    const madeAt = listed.filter(({ status }) => !GONE.includes(status)).flatMap(({ dateCreated }) => dateCreated ?? [])
    return { kind: 'reissues', order: remoteOrder(info, fingerprint), ours: found, madeAt }
  } catch (error) {
    if (notFound(error)) return { kind: 'absent' }
    return failedCall(error, retryAt)
  }
}

/**
 * The requests of an answer. One that does not say how it stands, as in old samples of a reissue, waits while the answer
 * names no certificate: that has its id from approval on.
 */
const requestsOf = ({ requests, certificateId }: PlacedOrder): PlacedOrder['requests'] =>
  certificateId === undefined
    ? requests.map((request) => (request.status === '' ? { ...request, status: 'pending' } : request))
    : requests

/** The state of an order right after it was placed, by what its answer holds (docs/certcentral.md#the-answer-to-an-order). */
export const placedOrder = (placed: PlacedOrder): RemoteOrder => {
  const requests = requestsOf(placed)
  const open = requests.some(isOpen)
  const rejected = requests.some(({ status }) => status === 'rejected')
  const word = (): string => {
    if (placed.chain) return 'issued'
    if (rejected) return 'rejected'
    return open ? 'needs_approval' : 'pending'
  }
  return {
    orderId: placed.orderId,
    status: word(),
    requests,
    ...optional('certificateId', placed.certificateId),
    ...optional('organizationId', placed.organizationId),
  }
}
