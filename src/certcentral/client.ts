import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import * as endpoints from './endpoints.ts'
import type { TransportOptions } from './http.ts'
import { createTransport } from './http.ts'
import type { NameSearch } from './order-search.ts'
import * as search from './order-search.ts'
import type { Budget, Turn } from './rate-limiter.ts'
import type { Priority } from './rate-windows.ts'
import type { CallOptions, CallRecord, Calls } from './request-pipeline.ts'
import { createCalls, tellBy } from './request-pipeline.ts'
import type {
  DcvCheck,
  DcvRandomValue,
  DomainInfo,
  ListedOrder,
  OrderInfo,
  OrderSummary,
  OrderValidation,
  OrganizationValidation,
  PlacedOrder,
  Reissue,
  RequestInfo,
  Revocation,
  RevocationAnswer,
  User,
} from './types.ts'

/** The right to make one call, taken ahead of time. Good for one {@link CertCentral.placeOrder} of the same client. */
export type Permit = { readonly takenAt: Date }

/**
 * CertCentral's Services API, one method for each endpoint that we use, named after DigiCert's pages. Every method fails
 * with a CertCentralError and nothing else, but for the misuse of a permit.
 */
export type CertCentral = {
  /** The same client, with calls of that priority where a call does not say its own. */
  at: (priority: Priority) => CertCentral
  /** Takes one call's worth of budget, so that nothing has to be waited for between the bookkeeping and the POST. */
  reserve: (options?: CallOptions) => Promise<Permit>
  /** Gives back a permit that is not needed after all; one that is spent is left alone. */
  giveBack: (permit: Permit) => void
  /**
   * `POST /order/certificate/{product_id}`, sent once at most. Throws a TypeError for a permit that is spent or not of
   * this client. While the key is paused it fails unsent, and the permit is spent all the same.
   */
  placeOrder: (
    productId: string,
    body: Readonly<Record<string, unknown>>,
    options: { permit: Permit; signal?: AbortSignal },
  ) => Promise<PlacedOrder>
  /** `GET /order/certificate/{order_id}`. */
  orderInfo: (orderId: number, options?: CallOptions) => Promise<OrderInfo>
  /** `GET /order/alternate/{alternative_order_id}`, all pages; empty when CertCentral itself says that there is none. */
  ordersByAlternativeId: (alternativeOrderId: string, options?: CallOptions) => Promise<OrderSummary[]>
  /**
   * `GET /order/certificate` with filters, all pages: the orders of a common name, which goes out as it is, `*.` at its
   * start included. It finds orders whose alternative id CertCentral does not keep.
   *
   * `filters[date_created]` asks for the day before `createdSince` in UTC and later: the filter by day is coarse on
   * purpose and allows for clocks that differ. Without `createdSince` no date is asked for. That the live CertCentral
   * takes the date in this form is not proven, so where it refuses the request as invalid, the client asks once more
   * without the date. The server may also ignore a filter, so the client leaves out entries of another common name and
   * of an earlier day; an entry that does not say its name or day stays in.
   *
   * The answer decides about buying. One entry without an id, an empty first page that counts orders, and more than ten
   * pages make all of it unreadable; an empty later page ends the walk.
   */
  ordersOfName: (search: NameSearch, options?: CallOptions) => Promise<ListedOrder[]>
  /** `GET /order/certificate/status-changes`; more than seven days of seconds are cut to seven days. */
  statusChanges: (window: { seconds: number }, options?: CallOptions) => Promise<OrderSummary[]>
  /** `GET /order/certificate/{order_id}/validation`. */
  orderValidation: (orderId: number, options?: CallOptions) => Promise<OrderValidation>
  /** `PUT /order/certificate/{order_id}/dcv-random-value`; safe to repeat. */
  dcvRandomValue: (orderId: number, options?: CallOptions) => Promise<DcvRandomValue>
  /** `PUT /order/certificate/{order_id}/check-dcv`; that a proof was not found yet is an answer, not an error. */
  checkDcv: (orderId: number, options?: CallOptions) => Promise<DcvCheck>
  /** `GET /certificate/{certificate_id}/download/format/pem_all`: PEM in the order received, the root included. */
  downloadCertificate: (certificateId: number, options?: CallOptions) => Promise<string>
  /** `GET /certificate/{certificate_id}/chain`: the same as a download, for servers that have only this. */
  certificateChain: (certificateId: number, options?: CallOptions) => Promise<string>
  /** `POST /order/certificate/{order_id}/csr`; safe to repeat with the same CSR. */
  addCsr: (orderId: number, csr: string, options?: CallOptions) => Promise<void>
  /** `PUT /order/certificate/{order_id}/status` to canceled; only from pending and waiting_pickup. */
  cancelOrder: (orderId: number, note: string, options?: CallOptions) => Promise<void>
  /** `POST /order/certificate/{order_id}/reissue`, sent once; look at {@link CertCentral.reissues} before and after. */
  reissue: (orderId: number, body: Readonly<Record<string, unknown>>, options?: CallOptions) => Promise<PlacedOrder>
  /** `GET /order/certificate/{order_id}/reissue`. */
  reissues: (orderId: number, options?: CallOptions) => Promise<Reissue[]>
  /** `PUT /order/certificate/{order_id}/auto-reissue`. */
  switchAutoReissue: (orderId: number, to: 'on' | 'off', options?: CallOptions) => Promise<void>
  /** `PUT /certificate/{certificate_id}/revoke`; where the account wants it approved, that is a request from then on. */
  revokeCertificate: (certificateId: number, revocation: Revocation, options?: CallOptions) => Promise<RevocationAnswer>
  /** `PUT /order/certificate/{order_id}/revoke`: all certificates of the order; a request as above. */
  revokeOrder: (orderId: number, revocation: Revocation, options?: CallOptions) => Promise<RevocationAnswer>
  /** `PUT /request/{request_id}/status` to rejected. */
  rejectRequest: (requestId: number, comment: string, options?: CallOptions) => Promise<void>
  /** `GET /request/{request_id}`. */
  requestInfo: (requestId: number, options?: CallOptions) => Promise<RequestInfo>
  /** `GET /domain/{domain_id}`. */
  domainInfo: (domainId: number, options?: CallOptions) => Promise<DomainInfo>
  /** `GET /organization/{organization_id}/validation`. */
  organizationValidations: (organizationId: number, options?: CallOptions) => Promise<OrganizationValidation[]>
  /** `GET /user/me`. */
  userMe: (options?: CallOptions) => Promise<User>
  /** By how many milliseconds the caller's clock is ahead of the server's, by its last answer; negative where behind. */
  aheadMs: () => number | undefined
  /** Closes the idle connections; to be called when the client is replaced. */
  close: () => void
}

export type CertCentralOptions = TransportOptions & {
  budget: Budget
  clock?: Clock
  /** The clock that dates in errors are by, in milliseconds since the epoch: the caller's; that of `clock` by default. */
  wall?: () => number
  /** Told of every request made, for metrics and traces. Must not throw. */
  onCall?: (record: CallRecord) => void
}

/** The calls that need nothing but themselves. */
const endpointsOf = (
  calls: Calls,
): Omit<CertCentral, 'at' | 'reserve' | 'giveBack' | 'placeOrder' | 'aheadMs' | 'close'> => ({
  orderInfo: endpoints.orderInfo(calls),
  ordersByAlternativeId: search.ordersByAlternativeId(calls),
  ordersOfName: search.ordersOfName(calls),
  statusChanges: endpoints.statusChanges(calls),
  orderValidation: endpoints.orderValidation(calls),
  dcvRandomValue: endpoints.dcvRandomValue(calls),
  checkDcv: endpoints.checkDcv(calls),
  downloadCertificate: endpoints.downloadCertificate(calls),
  certificateChain: endpoints.certificateChain(calls),
  addCsr: endpoints.addCsr(calls),
  cancelOrder: endpoints.cancelOrder(calls),
  reissue: endpoints.reissue(calls),
  reissues: endpoints.reissues(calls),
  switchAutoReissue: endpoints.switchAutoReissue(calls),
  revokeCertificate: endpoints.revokeCertificate(calls),
  revokeOrder: endpoints.revokeOrder(calls),
  rejectRequest: endpoints.rejectRequest(calls),
  requestInfo: endpoints.requestInfo(calls),
  domainInfo: endpoints.domainInfo(calls),
  organizationValidations: endpoints.organizationValidations(calls),
  userMe: endpoints.userMe(calls),
})

/** A client for one account. Throws a TypeError for a URL, an API key or a CA bundle that cannot be used. */
export const createCertCentral = (options: CertCentralOptions): CertCentral => {
  const { budget, clock = systemClock, wall = clock.now, onCall } = options
  const transport = createTransport(options, clock)
  const told = tellBy(wall, clock)
  // Counted on by our own clock, which nobody sets, so that a caller's that was set since is seen at once.
  let behindServer: number | undefined
  const heard = (serverTime: number): void => {
    behindServer = serverTime - clock.now()
  }
  const permits = new WeakMap<Permit, Turn>()
  const spend = (permit: Permit): Turn | undefined => {
    const turn = permits.get(permit)
    permits.delete(permit)
    return turn
  }
  const reserve = async (priority: Priority, signal: AbortSignal | undefined): Promise<Permit> => {
    const turn = await budget.take(priority, signal)
    const permit = { takenAt: new Date(clock.now()) }
    permits.set(permit, turn)
    return permit
  }
  const make = (priority: Priority): CertCentral => {
    const calls = createCalls({ transport, budget, clock, told, heard, onCall, priority })
    const placeOrder = endpoints.placeOrder(calls)
    return {
      ...endpointsOf(calls),
      at: (other) => clients[other],
      reserve: (given = {}) => told(reserve(given.priority ?? priority, given.signal)),
      giveBack: (permit) => spend(permit)?.end('unmade'),
      placeOrder: async (productId, body, { permit, signal }) => {
        const turn = spend(permit)
        if (!turn) throw new TypeError('placeOrder needs an unspent permit of this client')
        try {
          return await placeOrder(productId, body, { turn, signal })
        } finally {
          turn.end('unmade')
        }
      },
      aheadMs: () => (behindServer === undefined ? undefined : wall() - clock.now() - behindServer),
      close: transport.close,
    }
  }
  const clients = { foreground: make('foreground'), background: make('background') }
  return clients.foreground
}
