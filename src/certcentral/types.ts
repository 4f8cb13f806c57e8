/** The status words of an order (docs/certcentral.md#status-words). */
export const ORDER_WORDS = [
  'needs_approval',
  'pending',
  'processing',
  'needs_csr',
  'waiting_pickup',
  'issued',
  'reissue_pending',
  'rejected',
  'canceled',
  'revoked',
  'expired',
] as const

export type OrderWord = (typeof ORDER_WORDS)[number]

/**
 * The status of an order. A word that is not in the list is `unrecognised` and stays in `raw`: it counts as pending and is
 * shown (docs/certcentral.md#status-words). So are `approved` and `denied`, which belong to certificates.
 */
export type OrderStatus = { word: OrderWord | 'unrecognised'; raw: string }

export type OrderSummary = { orderId: number; certificateId?: number; status: OrderStatus }

/** An order as the list of all orders shows it. */
export type ListedOrder = {
  orderId: number
  status: OrderStatus
  commonName?: string
  dnsNames: string[]
  productId?: string
  dateCreated?: Date
}

/** A search for orders by name. */
export type NameSearch = {
  commonName: string
  /** Leaves out orders of the days before the day before this one; all orders match where it is absent. */
  createdSince?: Date | undefined
}

/** An approval; its status is one of `submitted`, `pending`, `approved` and `rejected`, or another word of the server. */
export type RequestSummary = { id: number; status: string }

export type OrderRequest = RequestSummary & {
  /** `new_request`, `reissue`, `duplicate` or `revoke`. */
  type: string
  comments?: string
}

/** The result of a revocation. With a request, a person must approve it before anything is revoked. */
export type RevocationResult = { request?: RequestSummary }

export type RequestInfo = OrderRequest & { orderId?: number }

export type PlacedDomain = { id?: number; name: string; dcvToken?: string }

/** The answer to an order (docs/certcentral.md#the-answer-to-an-order). */
export type PlacedOrder = {
  orderId: number
  /** Set from approval on; it does not mean that the certificate is issued. */
  certificateId?: number
  /** Empty when approval was skipped. */
  requests: RequestSummary[]
  /** One value for all names of the order. */
  dcvRandomValue?: string
  /** PEM in the order received, documented as leaf first; only when the certificate was issued at once. */
  chain?: string[]
  domains: PlacedDomain[]
  /** Only when the order created an organization. */
  organizationId?: number
}

/** An order in detail (docs/certcentral.md#order-info). */
export type OrderInfo = {
  orderId: number
  status: OrderStatus
  /** The primary certificate. May be set before issuance, and changes with each reissue. */
  certificateId?: number
  productId?: string
  commonName?: string
  dnsNames: string[]
  organizationId?: number
  /** PEM. */
  csr?: string
  /** Hex as received. */
  serialNumber?: string
  /** SHA-1 in hex as received. */
  thumbprint?: string
  /** Id of the CA certificate that issues the primary certificate. */
  caCertId?: string
  /** CertCentral sends a date only: this is the start of that day, UTC. */
  orderValidFrom?: Date
  /** CertCentral sends a date only: this is the last millisecond of that day, UTC. */
  orderValidUntil?: Date
  /** As {@link OrderInfo.orderValidUntil}; the exact time is the notAfter of the certificate. */
  certificateValidUntil?: Date
  dcvMethod?: string
  alternativeOrderId?: string
  dateCreated?: Date
  requests: OrderRequest[]
  autoReissue?: boolean
  autoRenew?: boolean
  isRenewed?: boolean
  renewedOrderId?: number
  /** The order that this one renews. */
  renewalOfOrderId?: number
  dcvRandomValue?: string
}

/** A later certificate of an order (docs/certcentral.md#finding-a-reissue). */
export type Reissue = {
  certificateId?: number
  /** `approved`, `issued`, `pending`, `rejected`, or another word of the server, in lower case. */
  status: string
  /** PEM. */
  csr?: string
  dateCreated?: Date
}

export type OrganizationValidation = { type: string; status: string; validatedUntil?: Date }

export type NameValidation = {
  dnsNames: string[]
  status: string
  method?: string
  /** The name whose control must be proven: a base domain or the name itself. */
  scope?: string
  domainId?: number
}

/** A domain of the account (docs/certcentral.md#how-long-a-validation-serves). */
export type DomainInfo = {
  name?: string
  /** Until when other orders may reuse the proof of control. */
  provenUntil?: Date
}

/** The validation of an order's organization and names (docs/certcentral.md#how-long-a-validation-serves). */
export type OrderValidation = {
  organizationId?: number
  organization: OrganizationValidation[]
  names: NameValidation[]
}

export type DcvRandomValue = { value: string; expiresAt?: Date }

export type DcvCheck = {
  /** Code of an error that only says that the proof was not found yet. */
  notYet?: string
  /** May be `issued`: a check can issue on the spot. */
  orderStatus?: OrderStatus
  certificateId?: number
  dcvStatus?: string
  names: { dnsName: string; status: string }[]
}

/** The user of an API key. */
export type User = { userId?: number; name: string; roles: string[] }

/** Why a certificate is revoked (docs/certcentral.md#a-revocation). */
export type RevocationReason =
  'unspecified' | 'keyCompromise' | 'affiliationChanged' | 'superseded' | 'cessationOfOperation'

export type Revocation = { reason: RevocationReason; comments: string; skipApproval?: boolean | undefined }
