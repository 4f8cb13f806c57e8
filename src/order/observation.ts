import type { Reason } from '../api/reasons.ts'
import type { CertificateFacts, Intent, OrderStatus, ValidationEntry } from '../api/status.ts'
import type { Delivery } from './delivery.ts'
import type { Step } from './plan.ts'
import type { Plan } from './standing.ts'

/** A request of the order that waits for, or had, a decision in CertCentral. */
export type OrderRequest = { id: number; status: string; type?: string | undefined }

/** An order as CertCentral shows it. */
export type RemoteOrder = {
  orderId: number
  /** CertCentral's own word, lower case; also words that nobody has seen before. */
  status: string
  certificateId?: number | undefined
  organizationId?: number | undefined
  validFrom?: Date | undefined
  validUntil?: Date | undefined
  requests?: readonly OrderRequest[] | undefined
  /** Serial number of its certificate; there is none before the first issuance. */
  serialNumber?: string | undefined
  /** Whether its CSR carries the key that we keep; `unknown` where that was not asked. */
  csr?: 'ours' | 'other' | 'unknown' | undefined
  /** Whether DigiCert reissues automatically. */
  autoReissue?: 'on' | 'off' | undefined
  /** Whether DigiCert renews, and charges for that. */
  autoRenew?: 'on' | 'off' | undefined
  /** Id of the CA certificate that issued its newest certificate. */
  caCertId?: string | undefined
  /** The order that renewed it, placed by the operator or not. */
  renewedBy?: number | undefined
  /** What it was asked for last. */
  asked?: Asked | undefined
  /** Whether it was taken over, and not bought for this resource. */
  adopted?: 'yes' | undefined
  /** The id that its buyer gave it. */
  alternativeOrderId?: string | undefined
  /** The order that it renews. */
  renewalOf?: number | undefined
}

export type Asked = NonNullable<NonNullable<OrderStatus['order']>['asked']>

/** A reissue of ours in the list of an order. */
export type FoundReissue = { status: string; certificateId?: number | undefined }

/** An order found by our own id, held against the spec. */
export type FoundOrder = RemoteOrder & {
  /** The names that CertCentral shows of it, in wire form. */
  names?: readonly string[] | undefined
  /** Those of them that the spec does not ask for. */
  furtherNames?: readonly string[] | undefined
  /** What is different from the spec, as words for a person; empty where it is what the spec asks for. */
  mismatches: readonly string[]
  /** Whether the resource was created after this order was placed: then a person asks for it again. */
  older: 'than-resource' | 'no'
}

/** An order that was found, held against the spec. */
export type FoundRemote = {
  kind: 'found'
  order: FoundOrder
  purchase?: number
  /**
   * How it was found, where not by our own id: by the key in its CSR, by the Secret that names it, as a renewal of
   * that (`link`), by spec.adoptOrderId, or as DigiCert's renewal of ours.
   */
  by?: 'key' | 'secret' | 'link' | 'adoption' | 'renewal'
  /** Another resource that holds it. */
  takenBy?: string | undefined
  /** Why the guard rails of the account forbid to take it over. */
  denied?: string | undefined
}

/** What CertCentral said in this pass. Looking costs a call, so a rule must ask for it. */
export type Remote =
  | { kind: 'unasked' }
  | { kind: 'unavailable'; retryAt: Date; throttled: 'yes' | 'no'; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'absent' }
  | { kind: 'several'; orderIds: readonly number[] }
  | FoundRemote
  /** The Secret names an order that cannot be taken over. */
  | { kind: 'claimed'; orderId: number; fault: string }
  /** More orders of the name are to be read than one pass reads. */
  | { kind: 'searching'; retryAt: Date; read: number; of: number }
  /** The order that was to be renewed was renewed already, by another client or a person. */
  | { kind: 'renewed'; orderId: number }
  | { kind: 'order'; order: RemoteOrder }
  /** `madeAt`: when the reissues in the list were made, without those that were rejected or canceled. */
  | { kind: 'reissues'; order: RemoteOrder; ours: FoundReissue | undefined; madeAt: readonly Date[] }

/** The account as an order sees it. */
export type AccountFact =
  | { kind: 'missing' }
  | { kind: 'not-ready'; message: string }
  | {
      kind: 'ready'
      /** Whether a second order of the same id is certainly refused: declared, documented for the product, and seen. */
      uniqueIds: 'yes' | 'no'
      forbids: string | undefined
      /** Why the guard rails forbid what was sent without an answer. */
      forbidsSent?: string | undefined
      ordersLeft: number
      /** How many reissues may still add names today. */
      nameChangesLeft: number
      limitEnds: Date
      /** By how many milliseconds our clock is ahead of CertCentral's, where that makes due what was just bought. */
      aheadMs?: number
    }

/** The Secret that shall receive key and certificate. */
export type TargetFact =
  | { kind: 'free' }
  /** `unsigned` where it carries our label but not the name of this order. */
  | { kind: 'ours'; unsigned?: 'yes' }
  | { kind: 'foreign' }
  | { kind: 'contested'; by: string }

/** The key and certificate in the Secret, where they fit each other and the chain verifies (promise P3). */
export type Stored = {
  orderId: number | undefined
  facts: CertificateFacts
  notBefore: Date
  notAfter: Date
  /** Names of the spec that it does not cover. */
  missingNames: readonly string[]
  /** Of its public key. */
  fingerprint?: string
  /** Another client changed what stands around the pair, or the pair itself, since it was written: the operator writes it again. */
  harmed?: 'yes'
  /** The pair is of another certificate than the one that was written, and does not count as good. */
  replaced?: 'yes'
}

/**
 * Repairs of the Secret: writes for a certificate that it held before, because others changed or deleted it. What is known of
 * them lives in memory.
 */
export type RepairFact = {
  /** The certificate for which another write is a repair; `undefined` where none was stored, or the spec wants it otherwise. */
  certificateId: number | undefined
  /** Repairs since the last ten quiet minutes. */
  count: number
  /** No repair is made before; `undefined` where none was made lately. */
  nextAt: Date | undefined
  /** When the repairs are forgotten. */
  forgottenAt: Date | undefined
  /** Field managers that changed the Secret, as far as its `managedFields` name them. */
  managers: readonly string[]
  /** Whether the Secret was missing at one of the repairs. */
  wasMissing: 'yes' | 'no'
}

export type Former = {
  orderId: number
  certificateId: number
  notAfter: Date
  tryAt: Date | undefined
  adopted?: 'yes' | undefined
}

export type Adoption = {
  orderId: number
  /** Another resource that has it. */
  takenBy: string | undefined
  /** Whether the account lets orders be taken over at all. */
  allowed: 'yes' | 'no'
}

/** The order as we last knew it, from the status. */
export type KnownOrder = RemoteOrder & {
  purchase: number
  /** How often DigiCert's own reissuing was switched without effect, and when last. */
  switched?: { count: number; at: Date } | undefined
}

export type KnownIntent = Omit<Intent, 'recordedAt' | 'sentAt' | 'request'> & {
  recordedAt: Date
  sentAt: Date | undefined
  /** Whether the spec would be bought in the same words today. */
  payload: 'same' | 'changed'
  /** Whether what was sent is written down, so that the same can be sent again. */
  isKept: 'yes' | 'no'
}

/** What went wrong last, and when the same may be tried again. */
export type Failure = { reason: Reason; retryAt: Date; count: number; lastAt: Date; code: string; message: string }

/** Where the proof of control stands. */
export type ValidationFact = {
  entries: readonly ValidationEntry[]
  since: Date | undefined
  checkedAt: Date | undefined
  /** When CertCentral should be asked to check next; `undefined` where asking would not help. */
  nextCheckAt: Date | undefined
  /** Whether a person asked for a check that was not made yet. */
  isRequested: boolean
  /** What of the organization is not validated yet; `undefined` where CertCentral was not asked. */
  organization: readonly { type: string; status: string }[] | undefined
}

/** What of an order is validated, before its next certificate is due. */
export type ValidityFact = {
  /** When it should be asked for next; `undefined` where that would show nothing. */
  checkAt: Date | undefined
  /** What ends before the next certificate is due. */
  lapses: readonly { type: 'Domain' | 'Organization'; name: string; until: Date }[]
}

/** Why another certificate of the order is wanted. */
export type ReissueCause = 'due' | 'names' | 'key' | 'request' | 'lost'

/** Why a step is held back, and until when. */
export type Held = { readonly until: Date; readonly cause: string; readonly orderId: number }

/** What the brake says of the steps that may come. */
export type BrakeFact = {
  /** What holds the next purchase back. */
  readonly purchase?: Held | undefined
  /** What holds another reissue of the plan back. */
  readonly reissue?: Held | undefined
  /** The annotation that lets one step past the brake, where it was not used yet. */
  readonly release?: string | undefined
}

/** All that a decision about reissues looks at. */
export type ReissueFact = {
  cause: ReissueCause | undefined
  /** Whether the operator may make reissues at all. */
  allowed: 'yes' | 'no'
  /** Names that the spec lost, and that stay until a person consents. */
  heldNames: readonly string[]
  /** What was written down before asking for one. */
  intent: KnownIntent | undefined
  /** Which key it is made with. */
  key: 'current' | 'next'
  /** The next key; `in-use` once the Secret holds its certificate. */
  nextKey: 'absent' | 'fits' | 'misfits' | 'in-use'
  /** Whether DigiCert's own reissuing shall be on; `undefined` where the product has none. */
  autoReissue: 'on' | 'off' | undefined
}

/**
 * All facts that a decision may look at: digests without PEM, without JSON, without anything to parse. Whatever a rule
 * would need a clock, a network or a parser for is worked out while observing.
 */
export type Observation = {
  deleting: 'yes' | 'no'
  suspended: 'yes' | 'no'
  /** Whether the object waits for us before it goes. */
  finalizer: 'yes' | 'no'
  deletionPolicy: 'Retain' | 'CancelPending' | 'RevokeCertificate' | 'RevokeOrder'
  /** Since when this process knows that the object is being deleted. */
  deletingSince: Date | undefined
  /** Whether the namespace is being deleted too. It is asked only where a deletion does not go on. */
  namespace: 'unasked' | 'stays' | 'terminating'
  /** Whether CertCentral was asked for what the deletion policy wants; `former`: of the order that is being renewed, and not of that which renews it. */
  ended: 'yes' | 'former' | 'no'
  /** An order that is to be taken over instead of buying one. */
  adopt: Adoption | undefined
  /** Another resource that has the known order, or the one that is renewed, by its status: one was restored with its status. */
  sharedWith: string | undefined
  /** Whether the deletion policy binds what was taken over as well. */
  revokeAdopted: 'yes' | 'no'
  delivery: Delivery
  /** Sentences that say what is wrong with the spec. */
  problems: readonly string[]
  /** Sentences that say what came otherwise than the spec asks for. */
  differences: readonly string[]
  /** Sentences that say why it cannot be bought today; they do not bind what is bought. */
  purchaseFaults: readonly string[]
  account: AccountFact
  target: TargetFact
  /** What keeps a CSR that is made elsewhere from being used, as a sentence. */
  csrProblem: string | undefined
  /** What else the Secret shall hold: whether that is out of step, and what is in the way of it, as a sentence. */
  outputs: { stale: 'yes' | 'no'; problem: string | undefined }
  /**
   * The private key, or the CSR in its place, that is kept; `fits` as well where none is needed. `orphaned`: left by
   * a resource of the same name that is gone, and about to be collected with it. `foreign`: the Secret of that name is not
   * a key Secret of this order, and is left alone.
   */
  key: 'absent' | 'fits' | 'misfits' | 'orphaned' | 'foreign'
  intent: KnownIntent | undefined
  order: KnownOrder | undefined
  remote: Remote
  stored: Stored | undefined
  repair: RepairFact
  /** The certificate of the plan that is being renewed, and when it may be fetched; never where its key is gone. */
  former: Former | undefined
  /** Whether a certificate of the order was ever stored. */
  everIssued: 'yes' | 'no'
  validation: ValidationFact
  /** The last thing that was done at CertCentral, after which others have to do something. */
  askedAt: Date | undefined
  validity: ValidityFact
  failure: Failure | undefined
  /** What a person gave up by the annotation order-again. */
  orderAgain: string | undefined
  /** When CertCentral should next be asked of this order without any other cause. */
  nextLookAt: Date
  /** When an order of unknown outcome is looked for next. */
  nextSearchAt: Date
  /** When the time to settle is over, counted from the moment the order was sent. */
  settledAt: Date | undefined
  reissue: ReissueFact
  /** What follows the end of a plan; `DateReached` where it ends on the very day that the spec names. */
  renew: 'Renew' | 'DigiCert' | 'Never' | 'DateReached'
  /** The plan of the order that is known. */
  plan: Plan
  brake: BrakeFact
  /** What is due next, and when. */
  next: Step | undefined
}
