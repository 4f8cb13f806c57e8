import {
  type CertCentral,
  CertCentralError,
  type OrderInfo,
  type OrderWord,
  type PlacedOrder,
} from '../../src/certcentral/index.ts'
import { DAY } from '../../src/order/schedule.ts'
import { type Length, readLength } from './lengths.ts'
import { type Fate, type Ways, capOn, endOfDay, midnight } from './ways.ts'

export type Certificate = {
  readonly id: number
  readonly orderId: number
  readonly notBefore: number
  readonly notAfter: number
  readonly csr: string
  readonly names: readonly string[]
}

type Asked = { readonly csr: string; readonly names: readonly string[]; readonly length: Length | undefined }

/** A reissue, as its order lists it. */
type Another = {
  readonly createdAt: number
  readonly csr: string
  status: 'pending' | 'issued'
  certificateId?: number
}

/** An order, with all that is true of it whether it is shown or not. */
export type Entry = {
  readonly orderId: number
  readonly product: string
  readonly alternativeId: string | undefined
  readonly placedAt: number
  readonly length: Length
  readonly by: 'us' | 'DigiCert'
  readonly renews: 'DigiCert' | 'nobody'
  reissues: 'DigiCert' | 'nobody'
  word: OrderWord
  planStart: number
  planEnd: number
  issuedAt?: number
  certificates: Certificate[]
  others: Another[]
  asked: Asked
  renewedBy?: number
}

/** What a body of CertCentral holds, as far as it is of account here. */
type Body = {
  certificate: { common_name: string; dns_names?: string[]; csr: string; cert_validity?: Record<string, unknown> }
  alternative_order_id?: string
  auto_renew?: 0 | 1
  auto_reissue?: 0 | 1
  order_validity?: Record<string, unknown>
}

export type Ledger = {
  readonly orders: readonly Entry[]
  readonly client: CertCentral
  /** Lets happen what is to happen until now, and tells whether anything did. */
  advance: (now: number) => 'something' | 'nothing'
  /** When something happens next. */
  next: () => number
  /** The certificate of that id, where it is issued. */
  certificate: (id: number) => Certificate | undefined
  /** Sells and issues at once, whatever its ways are; `undefined` where the plan would have ended. */
  sell: (product: string, body: Record<string, unknown>) => Entry | undefined
  /** For a while the CSRs of reissues are shown, which costs the reader time: what became of one is in doubt. */
  doubt: () => void
}

export type LedgerOptions = { ways: Ways; now: () => number; skew: () => number }

const refusal = (kind: CertCentralError['kind'], code: string): CertCentralError =>
  new CertCentralError({ outcome: 'refused', kind, message: code, errors: [{ code, field: undefined, message: code }] })

const FATES: Readonly<Record<Exclude<Fate, 'taken'>, () => CertCentralError>> = {
  refused: () => refusal('invalid', 'invalid_value'),
  unsent: () => new CertCentralError({ outcome: 'unsent', kind: 'unreachable', message: 'no connection' }),
  'lost-taken': () => new CertCentralError({ outcome: 'ambiguous', kind: 'timeout', message: 'no answer' }),
  'lost-untaken': () => new CertCentralError({ outcome: 'ambiguous', kind: 'timeout', message: 'no answer' }),
}

/** When DigiCert renews and reissues by itself. */
const BY_ITSELF = 30 * DAY

/** How long what became of a reissue may be in doubt. */
const DOUBT = 90 * DAY

/** The one chain of all certificates: it is remembered and never read. */
const CHAIN = ['the chain']

/** Latest dates that anybody asks for are far behind this one. */
const NEVER = Infinity

/** CertCentral for one resource, in memory and by a clock of its own, with its ways of doing things. */
export const createLedger = ({ ways, now, skew }: LedgerOptions): Ledger => {
  const orders: Entry[] = []
  const certificates = new Map<number, Certificate>()
  const events: { at: number; run: () => void }[] = []
  let [ids, posts, again] = [7_000_000, 0, 0]
  let doubtUntil = 0

  const doubt = (): void => {
    doubtUntil = now() + DOUBT
  }
  const nextId = (): number => {
    ids += 1
    return ids
  }
  const at = (time: number, run: () => void): void => {
    events.push({ at: Math.max(time, now()), run })
    events.sort((a, b) => a.at - b.at)
  }
  const byId = (orderId: number): Entry => {
    const order = orders.find((entry) => entry.orderId === orderId)
    if (!order) throw refusal('not-found', 'not_found')
    return order
  }
  const currentOf = ({ certificates: all }: Entry): Certificate | undefined => all.at(-1)

  const endOfCertificate = (order: Entry, from: number): number => {
    const cap = capOn(ways, now())
    const asked = order.asked.length?.endFrom(now())
    // A length that was asked for in days or years is counted as a cap is; the plan ends when it ends.
    const most = ways.ends === 'day' ? midnight(from) + cap * DAY - 1000 : from + cap * DAY - 1000
    return Math.min(most, asked ?? NEVER, order.planEnd)
  }

  const issue = (order: Entry): Certificate => {
    const notBefore = now() - ways.backdated
    // What is dated back is none of the life of a certificate that would be over when it is issued.
    const isLived = ways.lifeFrom === 'notBefore' && capOn(ways, now()) * DAY > 4 * ways.backdated
    const notAfter = endOfCertificate(order, isLived ? notBefore : now())
    const { csr, names } = order.asked
    const certificate = { id: nextId(), orderId: order.orderId, notBefore, notAfter: floor(notAfter), csr, names }
    certificates.set(certificate.id, certificate)
    order.certificates.push(certificate)
    if (order.reissues === 'DigiCert' && certificate.notAfter + DAY < order.planEnd)
      at(inLastDays(now(), certificate.notAfter), () => {
        if (order.word !== 'issued' || currentOf(order) !== certificate) return
        order.asked = { csr, names, length: undated(order.asked.length, now()) }
        issue(order)
      })
    return certificate
  }

  const startPlan = (order: Entry): void => {
    order.planStart = midnight(now())
    const asked = order.length.endFrom(now())
    const shifted = asked + ways.planShift * DAY
    // No plan is over when it is bought.
    order.planEnd = shifted > now() ? shifted : asked
  }

  const issueFirst = (order: Entry): void => {
    if (ways.planFrom === 'issuance') startPlan(order)
    order.issuedAt = now()
    order.word = 'issued'
    issue(order)
    at(order.planEnd + 1000, () => {
      if (order.word === 'issued' || order.word === 'reissue_pending') order.word = 'expired'
    })
    // Nothing happens then but that the plan is shown.
    if (ways.planHidden > 0) at(now() + ways.planHidden, () => undefined)
    if (order.renews === 'DigiCert') at(inLastDays(now(), order.planEnd), () => renewByItself(order))
  }

  const renewByItself = (order: Entry): void => {
    if (order.word !== 'issued') return
    const { product, length, renews, reissues } = order
    const asked = { ...order.asked, length: undated(order.asked.length, now()) }
    const entry = create({ product, length, renews, reissues, asked, by: 'DigiCert', alternativeId: undefined })
    order.renewedBy = entry.orderId
    issueFirst(entry)
  }

  type New = Pick<Entry, 'product' | 'length' | 'renews' | 'reissues' | 'asked' | 'by' | 'alternativeId'>

  const create = (given: New): Entry => {
    const entry: Entry = {
      ...given,
      ...{
        orderId: nextId(),
        placedAt: now(),
        word: 'pending',
        planStart: 0,
        planEnd: 0,
        certificates: [],
        others: [],
      },
    }
    startPlan(entry)
    orders.push(entry)
    return entry
  }

  /** What becomes of an order, and when. */
  const foresee = (entry: Entry): void => {
    const ending = ways.endings[orders.filter(({ by }) => by === 'us').length - 1] ?? 'issued'
    const approved = ways.approval ?? 0
    if (ways.approval !== undefined) entry.word = 'needs_approval'
    if (ending !== 'issued') {
      at(now() + approved + ways.issuance / 2, () => (entry.word = ending))
      return
    }
    if (ways.approval !== undefined) at(now() + approved, () => (entry.word = 'pending'))
    if (approved + ways.issuance === 0) issueFirst(entry)
    else at(now() + approved + ways.issuance, () => issueFirst(entry))
  }

  const place = (product: string, body: Body): PlacedOrder => {
    const fate = ways.orders[posts] ?? 'taken'
    posts += 1
    if (fate !== 'taken' && fate !== 'lost-taken') throw FATES[fate]()
    const { certificate, alternative_order_id: alternativeId } = body
    if (ways.uniqueIds === 'yes' && orders.some((entry) => entry.alternativeId === alternativeId))
      throw refusal('invalid', 'duplicate_alternative_order_id')
    const length = readLength(body.order_validity ?? body)
    const asked = askedOf(certificate)
    if (!length || length.endFrom(now()) <= now()) throw refusal('invalid', 'invalid_value|order_validity')
    if (asked.length && asked.length.endFrom(now()) <= now()) throw refusal('invalid', 'invalid_value|cert_validity')
    const entry = create({
      ...{ product, alternativeId, length, asked, by: 'us' },
      renews: body.auto_renew === 1 ? 'DigiCert' : 'nobody',
      reissues: body.auto_reissue === 1 ? 'DigiCert' : 'nobody',
    })
    foresee(entry)
    if (fate === 'lost-taken') throw FATES[fate]()
    return placedOf(entry)
  }

  const sell = (product: string, body: Body): Entry | undefined => {
    const length = readLength(body.order_validity ?? body)
    if (!length || length.endFrom(now()) <= now()) return undefined
    const { length: wish, ...asked } = askedOf(body.certificate)
    const isOver = wish !== undefined && wish.endFrom(now()) <= now()
    const entry = create({
      ...{ product, length, asked: { ...asked, length: isOver ? undefined : wish }, by: 'us' },
      alternativeId: body.alternative_order_id,
      renews: body.auto_renew === 1 ? 'DigiCert' : 'nobody',
      reissues: body.auto_reissue === 1 ? 'DigiCert' : 'nobody',
    })
    issueFirst(entry)
    return entry
  }

  const placedOf = (order: Entry): PlacedOrder => {
    const current = currentOf(order)
    const isOpen = order.word === 'needs_approval'
    return {
      orderId: order.orderId,
      ...(current ? { certificateId: current.id } : {}),
      requests: isOpen ? [{ id: order.orderId, status: 'pending' }] : [],
      domains: [],
      ...(current && ways.chain === 'in the answer' ? { chain: CHAIN } : {}),
    }
  }

  const reissue = (orderId: number, body: Body): PlacedOrder => {
    const fate = ways.reissues[again] ?? 'taken'
    again += 1
    if (fate !== 'taken' && fate !== 'lost-taken') {
      if (fate === 'lost-untaken') doubt()
      throw FATES[fate]()
    }
    const order = byId(orderId)
    if (order.word !== 'issued') throw refusal('invalid', 'order_not_issued')
    const asked = askedOf(body.certificate)
    const end = asked.length?.endFrom(now()) ?? now() + 1
    if (end <= now() || end > order.planEnd) throw refusal('invalid', 'cert_validity_exceeds_order_validity')
    order.asked = asked
    const another: Another = { createdAt: now(), csr: asked.csr, status: 'pending' }
    order.others.push(another)
    const done = (): void => {
      // A plan that ended meanwhile ended what was pending.
      if (order.word === 'expired' || order.planEnd <= now()) return
      order.word = 'issued'
      Object.assign(another, { status: 'issued', certificateId: issue(order).id })
    }
    order.word = 'reissue_pending'
    const wait = (ways.approval ?? 0) + ways.issuance
    if (wait === 0) done()
    else at(now() + wait, done)
    if (fate === 'lost-taken') {
      doubt()
      throw FATES[fate]()
    }
    return wait === 0 ? placedOf(order) : { orderId, requests: [], domains: [] }
  }

  const infoOf = (order: Entry): OrderInfo => {
    const current = currentOf(order)
    const isShown = order.issuedAt !== undefined && now() >= order.issuedAt + ways.planHidden
    return {
      orderId: order.orderId,
      status: { word: order.word, raw: order.word },
      productId: order.product,
      commonName: order.asked.names[0] ?? '',
      dnsNames: [...order.asked.names],
      dateCreated: new Date(order.placedAt),
      requests: order.word === 'needs_approval' ? [{ id: order.orderId, status: 'pending', type: 'new_request' }] : [],
      autoReissue: order.reissues === 'DigiCert',
      ...(current ? { certificateId: current.id, serialNumber: String(current.id) } : {}),
      ...(order.renewedBy === undefined ? {} : { renewedOrderId: order.renewedBy }),
      ...(isShown
        ? { orderValidFrom: new Date(order.planStart), orderValidUntil: new Date(endOfDay(order.planEnd) + 999) }
        : {}),
    }
  }

  const summariesOf = (id: string) =>
    orders
      .filter(({ alternativeId, placedAt }) => alternativeId === id && now() >= placedAt + ways.findable)
      .map(({ orderId, word }) => ({ orderId, status: { word, raw: word } }))

  const listOf = ({ others }: Entry) =>
    others.map(({ status, certificateId, createdAt, csr }, index) => ({
      status,
      dateCreated: new Date(createdAt),
      ...(certificateId === undefined ? {} : { certificateId }),
      ...(now() < doubtUntil && index === others.length - 1 ? { csr } : {}),
    }))

  const call = <T>(effect: () => T): Promise<T> => new Promise((resolve) => resolve(effect()))
  const unused = () => Promise.reject(new Error('the law does not have this call'))
  const client: CertCentral = {
    aheadMs: skew,
    withPriority: () => client,
    release: () => undefined,
    close: () => undefined,
    reserve: () => call(() => ({ reservedAt: new Date(now()) })),
    placeOrder: (product, body) => call(() => place(product, body as unknown as Body)),
    orderInfo: (orderId) => call(() => infoOf(byId(orderId))),
    ordersOfName: () => call(() => []),
    ordersByAlternativeId: (id) => call(() => summariesOf(id)),
    orderValidation: () => call(() => ({ organization: [], names: [] })),
    organizationValidations: () => call(() => []),
    domainInfo: () => call(() => ({})),
    dcvRandomValue: () => call(() => ({ value: 'lawvalue' })),
    checkDcv: (orderId) =>
      call(() => ({ orderStatus: { word: byId(orderId).word, raw: byId(orderId).word }, names: [] })),
    reissue: (orderId, body) => call(() => reissue(orderId, body as unknown as Body)),
    reissues: (orderId) => call(() => listOf(byId(orderId))),
    switchAutoReissue: (orderId, to) => call(() => void (byId(orderId).reissues = to === 'on' ? 'DigiCert' : 'nobody')),
    ...{ statusChanges: unused, downloadCertificate: unused, certificateChain: unused, addCsr: unused },
    ...{ cancelOrder: unused, revokeCertificate: unused, revokeOrder: unused, rejectRequest: unused },
    ...{ requestInfo: unused, userMe: unused },
  }

  return {
    orders,
    client,
    advance: (until) => {
      let happened: 'something' | 'nothing' = 'nothing'
      while (events[0] && events[0].at <= until) {
        events.shift()?.run()
        happened = 'something'
      }
      return happened
    },
    next: () => events[0]?.at ?? NEVER,
    certificate: (id) => certificates.get(id),
    sell: (product, body) => sell(product, body as unknown as Body),
    doubt,
  }
}

/** When DigiCert goes on by itself; nobody knows what it does with less than that, and it is taken to be no faster. */
const inLastDays = (from: number, end: number): number => Math.max(end - BY_ITSELF, (from + end) / 2, from + DAY / 2)

/** The same length once more, unless it was a day that has come. */
const undated = (length: Length | undefined, now: number): Length | undefined =>
  length && length.endFrom(now) <= now ? undefined : length

const floor = (at: number): number => Math.floor(at / 1000) * 1000

const askedOf = (certificate: Body['certificate']): Asked => {
  const { csr, common_name: name, dns_names: others = [], cert_validity: wish } = certificate
  return { csr, names: [name, ...others], length: wish && readLength(wish) }
}
