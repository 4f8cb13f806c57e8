import { createHash } from 'node:crypto'
import {
  type CertCentral,
  CertCentralError,
  type ListedOrder,
  type OrderInfo,
  type OrderStatus,
  type OrderSummary,
  type OrderWord,
  type PlacedOrder,
} from '../../src/certcentral/index.ts'
import { readSigningRequest } from '../../src/simulator/pki/csr.ts'
import type { Gate } from './api-server.ts'
import { chainFor } from './authority.ts'

/** How an order goes on after it was placed. */
export type Course = 'instant' | 'approval' | 'validation'

export type LedgerOptions = {
  course: Course
  /** Whether a second order of the same alternative id is refused. */
  uniqueIds: 'yes' | 'no'
  /** Whether look-ups, by alternative id and by name, find anything; `blind` shows what the look-up is good for. */
  lookUp: 'on' | 'blind'
  now: () => Date
  /** Told of each order the moment it is placed, before anybody hears of it. */
  onPlaced: (order: Entry) => void
}

export type Entry = {
  orderId: number
  product: string
  alternativeOrderId: string
  csr: string
  /** SHA-256 of the public key in the CSR, in hexadecimal. */
  fingerprint: string
  names: readonly string[]
  word: OrderWord
  certificateId: number | undefined
  requestId: number
  placedAt: Date
  published: 'yes' | 'no'
}

/** CertCentral in memory: what was bought, and what becomes of it. */
export type Ledger = {
  client: (gate: Gate) => CertCentral
  orders: readonly Entry[]
  /** How many calls were made of it. */
  calls: () => number
  approve: (order: Entry) => void
  publish: (order: Entry) => void
}

type OrderBody = {
  certificate: { common_name: string; dns_names?: string[]; csr: string }
  alternative_order_id: string
}

const refusal = (kind: CertCentralError['kind'], code: string): CertCentralError =>
  new CertCentralError({
    outcome: 'refused',
    kind,
    message: `the model refuses: ${code}`,
    errors: [{ code, field: undefined, message: code }],
  })

const statusOf = ({ word }: Entry): OrderStatus => ({ word, raw: word })

const GONE: readonly OrderWord[] = ['rejected', 'canceled']

/** Whether an order costs money, or may. */
export const isLiving = ({ word }: Entry): boolean => !GONE.includes(word)

const certificateIdOf = ({ certificateId }: Entry) => (certificateId === undefined ? {} : { certificateId })

const requestsOf = ({ word, requestId }: Entry) =>
  word === 'needs_approval' ? [{ id: requestId, status: 'pending', type: 'new_request' }] : []

const FIRST_WORD: Readonly<Record<Course, OrderWord>> = {
  instant: 'issued',
  approval: 'needs_approval',
  validation: 'pending',
}

const keyOf = (csr: string): Uint8Array => {
  const request = readSigningRequest(csr)
  if (!request) throw refusal('invalid', 'invalid_csr')
  return request.publicKeyDer
}

const chainOf = ({ csr, names }: Entry): string[] => [...chainFor(keyOf(csr), names)]

export const createLedger = (options: LedgerOptions): Ledger => {
  const { course, now } = options
  const orders: Entry[] = []
  let ids = 7_000_000
  let calls = 0

  const nextId = (): number => {
    ids += 1
    return ids
  }
  const byId = (orderId: number): Entry => {
    const order = orders.find((entry) => entry.orderId === orderId)
    if (!order) throw refusal('not-found', 'not_found')
    return order
  }
  const issue = (order: Entry): void => {
    Object.assign(order, { word: 'issued', certificateId: order.certificateId ?? nextId() })
  }

  const place = (product: string, body: OrderBody): PlacedOrder => {
    const { certificate, alternative_order_id: alternativeOrderId } = body
    const known = orders.some((entry) => entry.alternativeOrderId === alternativeOrderId)
    if (known && options.uniqueIds === 'yes') throw refusal('invalid', 'duplicate_alternative_order_id')
    const key = keyOf(certificate.csr)
    const order: Entry = {
      orderId: nextId(),
      product,
      alternativeOrderId,
      csr: certificate.csr,
      fingerprint: createHash('sha256').update(key).digest('hex'),
      names: [certificate.common_name, ...(certificate.dns_names ?? [])],
      word: FIRST_WORD[course],
      certificateId: undefined,
      requestId: nextId(),
      placedAt: now(),
      published: 'no',
    }
    if (course === 'instant') issue(order)
    orders.push(order)
    options.onPlaced(order)
    return {
      orderId: order.orderId,
      ...certificateIdOf(order),
      requests: requestsOf(order),
      domains: [],
      ...(course === 'instant' ? { chain: chainOf(order) } : {}),
      ...(course === 'validation' ? { dcvRandomValue: 'modelvalue' } : {}),
    }
  }

  const infoOf = (order: Entry): OrderInfo => ({
    orderId: order.orderId,
    status: statusOf(order),
    ...certificateIdOf(order),
    productId: order.product,
    commonName: order.names[0] ?? '',
    dnsNames: [...order.names],
    csr: order.csr,
    alternativeOrderId: order.alternativeOrderId,
    dateCreated: order.placedAt,
    requests: requestsOf(order),
  })

  const summaryOf = (order: Entry): OrderSummary => ({
    orderId: order.orderId,
    status: statusOf(order),
    ...certificateIdOf(order),
  })

  const listingOf = (order: Entry): ListedOrder => ({
    orderId: order.orderId,
    status: statusOf(order),
    commonName: order.names[0] ?? '',
    dnsNames: [...order.names],
    productId: order.product,
    dateCreated: order.placedAt,
  })

  const check = (order: Entry) => {
    if (order.published === 'no') return { notYet: 'invalid_dns_txt', names: [] }
    issue(order)
    return {
      orderStatus: statusOf(order),
      ...certificateIdOf(order),
      names: order.names.map((dnsName) => ({ dnsName, status: 'active' })),
    }
  }

  const download = (certificateId: number): string => {
    const order = orders.find((entry) => entry.certificateId === certificateId)
    if (!order) throw refusal('not-found', 'not_found')
    return chainOf(order).join('')
  }

  const client = (gate: Gate): CertCentral => {
    const call = <T>(name: string, effect: () => T): Promise<T> => {
      calls += 1
      return gate({ side: 'certcentral', name }, effect)
    }
    const unused = () => Promise.reject(new Error('the model does not have this call'))
    const made: CertCentral = {
      aheadMs: () => undefined,
      withPriority: () => made,
      release: () => undefined,
      reserve: () => call('reserve', () => ({ reservedAt: now() })),
      placeOrder: (product, body) => call('placeOrder', () => place(product, body as unknown as OrderBody)),
      orderInfo: (orderId) => call('orderInfo', () => infoOf(byId(orderId))),
      ordersByAlternativeId: (id) =>
        call('ordersByAlternativeId', () =>
          options.lookUp === 'blind'
            ? []
            : orders.filter(({ alternativeOrderId }) => alternativeOrderId === id).map(summaryOf),
        ),
      ordersOfName: ({ commonName, createdSince = new Date(0) }) =>
        call('ordersOfName', () =>
          options.lookUp === 'blind'
            ? []
            : orders
                .filter(({ names, placedAt }) => names[0] === commonName && placedAt >= createdSince)
                .map(listingOf),
        ),
      statusChanges: () => call('statusChanges', () => orders.map(summaryOf)),
      orderValidation: (orderId) =>
        call('orderValidation', () => ({
          organization: [],
          names: byId(orderId).names.map((name) => ({
            dnsNames: [name],
            status: byId(orderId).word === 'issued' ? 'active' : 'pending',
            method: 'dns-txt-token',
          })),
        })),
      dcvRandomValue: (orderId) =>
        call('dcvRandomValue', () => ({ value: `modelvalue${byId(orderId).orderId === orderId ? '' : '?'}` })),
      checkDcv: (orderId) => call('checkDcv', () => check(byId(orderId))),
      downloadCertificate: (certificateId) => call('downloadCertificate', () => download(certificateId)),
      certificateChain: (certificateId) => call('certificateChain', () => download(certificateId)),
      addCsr: (orderId, csr) =>
        call('addCsr', () => {
          const fingerprint = createHash('sha256').update(keyOf(csr)).digest('hex')
          Object.assign(byId(orderId), { csr, fingerprint })
        }),
      cancelOrder: unused,
      domainInfo: unused,
      organizationValidations: unused,
      reissue: unused,
      reissues: unused,
      switchAutoReissue: unused,
      revokeCertificate: unused,
      revokeOrder: unused,
      rejectRequest: unused,
      requestInfo: unused,
      userMe: unused,
      close: () => undefined,
    }
    return made
  }

  return { client, orders, calls: () => calls, approve: issue, publish: (order) => void (order.published = 'yes') }
}
