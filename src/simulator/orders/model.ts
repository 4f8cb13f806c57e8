import type { Product } from '../products.ts'
import type { SignatureHash } from '../pki/sign.ts'
import type { OrderFields, ValidityFields } from '../validation/fields.ts'

/** Words of an order's status (docs/certcentral.md#status-words). The control API may set any other word. */
export type OrderStatus = string

/** A request for approval (docs/certcentral.md#requests). */
export type ApprovalRequest = {
  readonly id: number
  readonly type: 'new_request' | 'reissue' | 'duplicate' | 'revoke'
  status: 'submitted' | 'pending' | 'approved' | 'rejected'
  readonly createdAt: number
  readonly requester: string
  readonly comments: string | undefined
  processor?: string
  processedAt?: number
  processorComment?: string
  /** For a revocation: the certificate, or undefined for the whole order. */
  readonly revokes?: number | undefined
}

/** One certificate of an order, from the moment it is asked for. Times are milliseconds since the epoch. */
export type Certificate = {
  /** Assigned with approval, not with issuance. */
  id: number | undefined
  readonly kind: 'primary' | 'reissue' | 'duplicate'
  status: 'pending' | 'approved' | 'issued' | 'rejected' | 'revoked'
  csr: string | undefined
  readonly commonName: string
  readonly dnsNames: readonly string[]
  readonly validity: ValidityFields | undefined
  readonly hash: SignatureHash
  readonly serverPlatformId: number
  readonly createdAt: number
  issued?: Issued
}

/** What exists once a certificate is issued. */
export type Issued = {
  readonly at: number
  readonly der: Uint8Array<ArrayBuffer>
  readonly serialNumber: string
  readonly thumbprint: string
  readonly notBefore: number
  readonly notAfter: number
  readonly keySize: number
  revokedAt?: number
}

/** Control over one name of the certificate that is being worked on. */
export type NameProof = {
  readonly dnsName: string
  /** The domain that has to be proven: the name itself without a wildcard, or its base domain. */
  readonly target: string
  readonly domainId: number
  method: string
  provenAt?: number
}

/** The certificate that an order is working on, and how far it is. */
export type Work = {
  readonly certificate: Certificate
  readonly kind: 'order' | 'reissue' | 'auto-reissue' | 'duplicate'
  readonly requestId: number | undefined
  stage: 'approval' | 'validation' | 'processing'
}

/** An order with everything that hangs on it. */
export type Order = {
  readonly id: number
  readonly product: Product
  readonly fields: OrderFields
  readonly user: string
  readonly keyName: string
  readonly createdAt: number
  readonly organizationId: number | undefined
  status: OrderStatus
  statusChangedAt: number
  /** Set by the control API: no transition of its own happens until a person acts. */
  held: boolean
  validFrom: number
  validTill: number
  autoReissue: 0 | 1
  dcvMethod: string
  readonly scope: 'fqdn' | 'base_domain'
  random?: { value: string; expiresAt: number }
  names: NameProof[]
  readonly requests: ApprovalRequest[]
  readonly certificates: Certificate[]
  /** The newest issued certificate that is no duplicate. */
  current?: Certificate
  work?: Work
  renewedBy?: number
}

/** What may happen to an order later; handled in `orders/events.ts`. */
export type Event =
  | { readonly kind: 'look-for-proofs'; readonly order: Order; readonly work: Work; readonly since: number }
  | { readonly kind: 'finish-processing'; readonly order: Order; readonly work: Work }
  | { readonly kind: 'end-of-plan'; readonly order: Order; readonly end: number }
  | { readonly kind: 'auto-renew'; readonly order: Order; readonly end: number }
  | { readonly kind: 'auto-reissue'; readonly order: Order; readonly certificate: Certificate }
  | { readonly kind: 'revoke'; readonly order: Order; readonly certificates: readonly Certificate[] }
