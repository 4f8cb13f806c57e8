import type { Reason } from '../api/reasons.ts'

/** One step into the world. Only `controller/act.ts` carries one out. */
export type Action =
  | { kind: 'CreateKey' }
  | { kind: 'ReplaceKey' }
  | { kind: 'InheritKey' }
  /** `released`: a person let this step past the brake. */
  | { kind: 'RecordIntent'; purchase: number; purpose?: 'Renewal' | 'Reissue'; released?: true }
  | { kind: 'CreateNextKey' }
  | { kind: 'PromoteKey' }
  | { kind: 'AddFinalizer' }
  | { kind: 'RemoveFinalizer' }
  /** Lets the object go with its namespace, and says what is left in CertCentral. */
  | { kind: 'LeaveOrder' }
  | { kind: 'EndOrder'; orderId: number; how: 'cancel' | 'revoke-certificate' | 'revoke-order' }
  | { kind: 'PlaceReissue'; orderId: number }
  | { kind: 'SwitchAutoReissue'; orderId: number; to: 'on' | 'off' }
  | { kind: 'PlaceOrder' }
  | { kind: 'AdoptOrder'; orderId: number }
  | { kind: 'AskValidation'; orderId: number }
  | { kind: 'CheckValidation'; orderId: number }
  | { kind: 'CheckValidity'; orderId: number }
  | { kind: 'SendCSR'; orderId: number }
  | { kind: 'RewriteSecret' }
  | { kind: 'StoreCertificate'; orderId: number; certificateId: number }

/** What CertCentral is asked: for the order by its id, by our own id, for the reissues of it, or
 * for one that is to be taken over; and the cluster, whether the namespace is being deleted. */
export type LookBy = 'orderId' | 'intent' | 'reissues' | 'adoption' | 'namespace'

/** What to do now, and why; or why not, and until when. */
export type Decision =
  /** Ask, then decide again; CertCentral and the cluster at most once a pass each. */
  | { verdict: 'look'; reason: Reason; by: LookBy }
  | { verdict: 'act'; reason: Reason; action: Action }
  | { verdict: 'wait'; reason: Reason; until: Date }
  /** A person must act; `until` is a slow look of our own. */
  | { verdict: 'stalled'; reason: Reason; until: Date }
  | { verdict: 'ready'; reason: Reason; until: Date }
  /** Nothing is done because a person said so. */
  | { verdict: 'held'; reason: Reason; until: Date }

export const look = (reason: Reason, by: LookBy): Decision => ({ verdict: 'look', reason, by })
export const act = (reason: Reason, action: Action): Decision => ({ verdict: 'act', reason, action })
export const wait = (reason: Reason, until: Date): Decision => ({ verdict: 'wait', reason, until })
export const stalled = (reason: Reason, until: Date): Decision => ({ verdict: 'stalled', reason, until })
export const held = (reason: Reason, until: Date): Decision => ({ verdict: 'held', reason, until })
export const ready = (reason: Reason, until: Date): Decision => ({ verdict: 'ready', reason, until })
