import type { Reason } from '../api/reasons.ts'
import type { CertificateFacts, Intent, KnownValidity, OrderStatus, ValidationEntry } from '../api/status.ts'
import type { RemoteOrder } from './observation.ts'

/** What became of an action. */
export type Outcome =
  /** `keyIsNew`: a private key was made that no order can have been placed with. */
  | { kind: 'done'; keyIsNew?: true }
  /** DigiCert's own reissuing of the order was switched. */
  | { kind: 'switched' }
  | { kind: 'recorded'; intent: Intent }
  | { kind: 'placed'; order: RemoteOrder; purchase: number; intent: Intent; validation: readonly ValidationEntry[] }
  | { kind: 'adopted'; order: RemoteOrder; purchase: number }
  | { kind: 'reissued'; order: RemoteOrder; intent: Intent; validation: readonly ValidationEntry[] }
  | {
      kind: 'validation'
      entries: readonly ValidationEntry[]
      /** What is validated of the organization; silent where it was not asked for. */
      organization?: OrderStatus['organizationValidation']
      order?: RemoteOrder | undefined
    }
  /** Until when what the next certificate needs is validated; `undefined` where CertCentral did not answer. */
  | { kind: 'validity'; entries: readonly KnownValidity[] | undefined }
  | { kind: 'stored'; certificate: CertificateFacts; orderId: number }
  /** CertCentral does not link the renewal to the order that ends; it is ordered without. */
  | { kind: 'unlinked'; intent: Intent }
  /** CertCentral was asked to end the order. */
  | {
      kind: 'ended'
      what: string
      orderId: number
      /** The request that a person has to approve in CertCentral before anything is revoked. */
      waitsFor?: number
    }
  /** The object goes with its namespace, and what the message names stays in CertCentral as it is. */
  | { kind: 'left'; message: string }
  /** The object changed under us; nothing happened, look again. */
  | { kind: 'conflict' }
  /** CertCentral or the cluster refused; `intent` is what to keep of it, without the mark that it was sent. */
  | { kind: 'refused'; reason: Reason; code: string; message: string; intent?: Intent | undefined }
  /** Nothing left, or CertCentral asked for a pause. */
  | { kind: 'unsent'; retryAt: Date; throttled: 'yes' | 'no'; message: string; intent?: Intent | undefined }
  /** Something left and no answer came: it may or may not have happened. */
  | { kind: 'ambiguous'; message: string; intent: Intent }
