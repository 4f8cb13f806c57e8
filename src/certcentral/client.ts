import { type Clock, systemClock } from './clock.ts'
import * as endpoints from './endpoints.ts'
import { type TransportOptions, createTransport } from './http.ts'
import * as search from './order-search.ts'
import type { RateLimiter, Slot } from './rate-limiter.ts'
import type { Priority } from './rate-windows.ts'
import {
  type CallOptions,
  type CallRecord,
  type RequestPipeline,
  createRequestPipeline,
  createRetryAtConverter,
} from './request-pipeline.ts'
import type {
  DcvCheck,
  DcvRandomValue,
  DomainInfo,
  ListedOrder,
  NameSearch,
  OrderInfo,
  OrderSummary,
  OrderValidation,
  OrganizationValidation,
  PlacedOrder,
  Reissue,
  RequestInfo,
  Revocation,
  RevocationResult,
  User,
} from './types.ts'

/** A reserved slot of the rate limiter. Good for one {@link CertCentral.placeOrder} of the same client. */
export type Reservation = { readonly reservedAt: Date }

/**
 * CertCentral's Services API, one method for each endpoint that the operator uses, named after DigiCert's pages. Methods
 * fail with a {@link CertCentralError} only, except for the misuse of a reservation.
 */
export type CertCentral = {
  /** The same client with another default priority. */
  withPriority: (priority: Priority) => CertCentral
  /** Waits for the rate limiter before the order is recorded, so that nothing delays the POST afterwards. */
  reserve: (options?: CallOptions) => Promise<Reservation>
  /** Releases a reservation that is not needed; does nothing where it was used. */
  release: (reservation: Reservation) => void
  /**
   * `POST /order/certificate/{product_id}`, sent once at most. Throws a TypeError for a reservation that was used or is of
   * another client. During a pause of the key it fails unsent, and uses the reservation up.
   */
  placeOrder: (
    productId: string,
    body: Readonly<Record<string, unknown>>,
    options: { reservation: Reservation; signal?: AbortSignal },
  ) => Promise<PlacedOrder>
  /** `GET /order/certificate/{order_id}`. */
  orderInfo: (orderId: number, options?: CallOptions) => Promise<OrderInfo>
  /** `GET /order/alternate/{alternative_order_id}`, all pages; empty when CertCentral says that there is none. */
  ordersByAlternativeId: (alternativeOrderId: string, options?: CallOptions) => Promise<OrderSummary[]>
  /**
   * `GET /order/certificate` with filters, all pages: the orders of a common name, which is sent unchanged, a leading `*.`
   * included. Finds orders whose alternative id CertCentral does not keep.
   *
   * `filters[date_created]` asks for the day before `createdSince` in UTC and later: the filter by day is coarse and allows
   * for clocks that differ. Without `createdSince` no date is sent. Nobody has confirmed that the live CertCentral accepts
   * the date in this form, so where it refuses the request as invalid, the client repeats it without the date. The server
   * may also ignore a filter, so the client drops entries of another common name or an earlier day. Entries without a name
   * or day stay.
   *
   * The result decides about buying. One entry without an id, an empty first page that counts orders, or more than ten
   * pages make it unreadable; an empty later page ends the list.
   */
  ordersOfName: (search: NameSearch, options?: CallOptions) => Promise<ListedOrder[]>
  /** `GET /order/certificate/status-changes`; at most seven days. */
  statusChanges: (window: { seconds: number }, options?: CallOptions) => Promise<OrderSummary[]>
  /** `GET /order/certificate/{order_id}/validation`. */
  orderValidation: (orderId: number, options?: CallOptions) => Promise<OrderValidation>
  /** `PUT /order/certificate/{order_id}/dcv-random-value`; safe to repeat. */
  dcvRandomValue: (orderId: number, options?: CallOptions) => Promise<DcvRandomValue>
  /** `PUT /order/certificate/{order_id}/check-dcv`; a proof that is not found yet is a result, not an error. */
  checkDcv: (orderId: number, options?: CallOptions) => Promise<DcvCheck>
  /** `GET /certificate/{certificate_id}/download/format/pem_all`: PEM in the order received, including the root. */
  downloadCertificate: (certificateId: number, options?: CallOptions) => Promise<string>
  /** `GET /certificate/{certificate_id}/chain`: the same as a download, for servers without downloads. */
  certificateChain: (certificateId: number, options?: CallOptions) => Promise<string>
  /** `POST /order/certificate/{order_id}/csr`; safe to repeat with the same CSR. */
  addCsr: (orderId: number, csr: string, options?: CallOptions) => Promise<void>
  /** `PUT /order/certificate/{order_id}/status` to canceled; works for pending and waiting_pickup only. */
  cancelOrder: (orderId: number, note: string, options?: CallOptions) => Promise<void>
  /** `POST /order/certificate/{order_id}/reissue`, sent once; read {@link CertCentral.reissues} before and after. */
  reissue: (orderId: number, body: Readonly<Record<string, unknown>>, options?: CallOptions) => Promise<PlacedOrder>
  /** `GET /order/certificate/{order_id}/reissue`. */
  reissues: (orderId: number, options?: CallOptions) => Promise<Reissue[]>
  /** `PUT /order/certificate/{order_id}/auto-reissue`. */
  switchAutoReissue: (orderId: number, to: 'on' | 'off', options?: CallOptions) => Promise<void>
  /** `PUT /certificate/{certificate_id}/revoke`; creates a request where the account demands approval. */
  revokeCertificate: (certificateId: number, revocation: Revocation, options?: CallOptions) => Promise<RevocationResult>
  /** `PUT /order/certificate/{order_id}/revoke`: revokes all certificates of the order; may create a request too. */
  revokeOrder: (orderId: number, revocation: Revocation, options?: CallOptions) => Promise<RevocationResult>
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
  /** How many milliseconds the caller's clock is ahead of the server's, by its last response; negative where behind. */
  aheadMs: () => number | undefined
  /** Closes the idle connections; call it when the client is replaced. */
  close: () => void
}

export type CertCentralOptions = TransportOptions & {
  limiter: RateLimiter
  clock?: Clock
  /** The caller's clock, which dates in errors are by, in milliseconds since the epoch; that of `clock` by default. */
  wall?: () => number
  /** Receives every request that was made, for metrics and traces. Must not throw. */
  onCall?: (record: CallRecord) => void
}

type Endpoints = Omit<CertCentral, 'withPriority' | 'reserve' | 'release' | 'placeOrder' | 'aheadMs' | 'close'>

const createEndpoints = (pipeline: RequestPipeline): Endpoints => ({
  orderInfo: endpoints.orderInfo(pipeline),
  ordersByAlternativeId: search.ordersByAlternativeId(pipeline),
  ordersOfName: search.ordersOfName(pipeline),
  statusChanges: endpoints.statusChanges(pipeline),
  orderValidation: endpoints.orderValidation(pipeline),
  dcvRandomValue: endpoints.dcvRandomValue(pipeline),
  checkDcv: endpoints.checkDcv(pipeline),
  downloadCertificate: endpoints.downloadCertificate(pipeline),
  certificateChain: endpoints.certificateChain(pipeline),
  addCsr: endpoints.addCsr(pipeline),
  cancelOrder: endpoints.cancelOrder(pipeline),
  reissue: endpoints.reissue(pipeline),
  reissues: endpoints.reissues(pipeline),
  switchAutoReissue: endpoints.switchAutoReissue(pipeline),
  revokeCertificate: endpoints.revokeCertificate(pipeline),
  revokeOrder: endpoints.revokeOrder(pipeline),
  rejectRequest: endpoints.rejectRequest(pipeline),
  requestInfo: endpoints.requestInfo(pipeline),
  domainInfo: endpoints.domainInfo(pipeline),
  organizationValidations: endpoints.organizationValidations(pipeline),
  userMe: endpoints.userMe(pipeline),
})

/** Creates a client for one account. Throws a TypeError for a URL, an API key or a CA bundle that cannot be used. */
export const createCertCentral = (options: CertCentralOptions): CertCentral => {
  const { limiter, clock = systemClock, wall = clock.now, onCall } = options
  const transport = createTransport(options, clock)
  const toWallClock = createRetryAtConverter(wall, clock)
  // Measured by the clock that never steps back, so that a change of the caller's clock shows at once.
  let serverAheadMs: number | undefined
  const onServerTime = (serverTime: number): void => {
    serverAheadMs = serverTime - clock.now()
  }
  const slots = new WeakMap<Reservation, Slot>()
  const redeem = (reservation: Reservation): Slot | undefined => {
    const slot = slots.get(reservation)
    slots.delete(reservation)
    return slot
  }
  const reserve = async (priority: Priority, signal: AbortSignal | undefined): Promise<Reservation> => {
    const slot = await limiter.acquire(priority, signal)
    const reservation = { reservedAt: new Date(clock.now()) }
    slots.set(reservation, slot)
    return reservation
  }
  const createClient = (priority: Priority): CertCentral => {
    const pipeline = createRequestPipeline({ transport, limiter, clock, toWallClock, onServerTime, onCall, priority })
    const placeOrder = endpoints.placeOrder(pipeline)
    return {
      ...createEndpoints(pipeline),
      withPriority: (other) => clients[other],
      reserve: (callOptions = {}) => toWallClock(reserve(callOptions.priority ?? priority, callOptions.signal)),
      release: (reservation) => redeem(reservation)?.release('unused'),
      placeOrder: async (productId, body, { reservation, signal }) => {
        const slot = redeem(reservation)
        if (!slot) throw new TypeError('placeOrder needs an unused reservation of this client')
        try {
          return await placeOrder(productId, body, { slot, signal })
        } finally {
          slot.release('unused')
        }
      },
      aheadMs: () => (serverAheadMs === undefined ? undefined : wall() - clock.now() - serverAheadMs),
      close: transport.close,
    }
  }
  const clients = { high: createClient('high'), low: createClient('low') }
  return clients.high
}
