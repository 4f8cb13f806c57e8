import type { Failure, Observation, RemoteOrder, Stored } from '../observation.ts'

/** Whether a request waits for a person; `submitted` is the first of two steps. */
export const isOpen = ({ status }: { status: string }): boolean => status === 'submitted' || status === 'pending'

const ISSUED = ['issued', 'reissue_pending']

/** Whether an order has a certificate that is good as far as its status shows. */
export const isIssued = ({ status }: { status: string }): boolean => ISSUED.includes(status)

const OVER = ['rejected', 'canceled', 'revoked', 'expired']

/** Whether an order has ended for good. */
export const isOver = ({ status }: RemoteOrder): boolean => OVER.includes(status)

/** Whether the Secret holds the newest certificate of the order, as it was written. */
export const isStored = (stored: Stored | undefined, order: RemoteOrder): stored is Stored =>
  stored !== undefined &&
  stored.harmed === undefined &&
  (stored.orderId === undefined || stored.orderId === order.orderId) &&
  (order.certificateId === undefined || stored.facts.id === order.certificateId)

/** Words under which CertCentral takes another CSR. */
const OPEN_FOR_CSR = ['needs_approval', 'pending', 'needs_csr']

/**
 * Whether the order waits with a CSR whose key is not the one we keep (a resource that was deleted and made again,
 * whose key went with it), and handing in another one was not refused lately.
 */
export const csrIsForeign = (o: Observation, order: RemoteOrder): boolean =>
  OPEN_FOR_CSR.includes(order.status) && order.csr === 'other' && o.failure?.reason !== 'SendingCSR'

/** How often a certificate that does not fit is fetched again before a person is called. */
export const PATIENCE = 3

/** Code of the failure that no certificate in the answer belongs to the key we keep (`pki/bundle.ts`). */
const FOREIGN_KEY = 'foreign-key'

/**
 * CertCentral has been seen to answer with the PEM of another certificate; one that comes again and again is that of the
 * order, made with a key that is not ours.
 */
export const isForeignForGood = (failure: Failure | undefined): boolean =>
  failure?.reason === 'BadCertificate' && failure.code === FOREIGN_KEY && failure.count >= PATIENCE
