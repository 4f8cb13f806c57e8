import type { DigiCertOrder } from '../api/order.ts'
import { type CertCentral, CertCentralError } from '../certcentral/index.ts'
import type { Action } from '../order/decision.ts'
import type { Observation } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import { isOpen } from '../order/rules/words.ts'

type Ending = Extract<Action, { kind: 'EndOrder' }>

/** Codes that say that there is nothing left to end. */
const ENDED_BEFORE = ['order_already_revoked', 'order_is_revoked', 'certificate_already_revoked']

const isEndedBefore = (error: unknown): boolean =>
  error instanceof CertCentralError && error.errors.some(({ code }) => ENDED_BEFORE.includes(code))

const NOTE = 'Its DigiCertOrder was deleted'

/** An order that waits for approval is ended by rejecting its request, as no other state lets it be canceled. */
const cancel = async (client: CertCentral, { remote, order: known }: Observation, orderId: number): Promise<void> => {
  const order = remote.kind === 'order' || remote.kind === 'found' ? remote.order : known
  const open = order?.requests?.find(isOpen)
  if (order?.status === 'needs_approval' && open) await client.rejectRequest(open.id, NOTE)
  else await client.cancelOrder(orderId, NOTE)
}

/**
 * The certificate of an order, as CertCentral names it now: a revocation cannot be undone, and what else names certificates, such
 * as an annotation, may be written by others.
 */
const certificateOf = async (client: CertCentral, { remote }: Observation, orderId: number): Promise<number> => {
  const isFresh = remote.kind === 'order' && remote.order.orderId === orderId
  const { certificateId } = isFresh ? remote.order : await client.orderInfo(orderId)
  if (certificateId !== undefined) return certificateId
  const message = `CertCentral does not say which certificate order ${String(orderId)} has`
  throw new CertCentralError({ outcome: 'refused', kind: 'invalid', message })
}

/** Does what the deletion policy says about an order whose resource goes; what was ended before counts as done. */
export const endOrder = async (
  { client, order, seen }: { client: CertCentral; order: DigiCertOrder; seen: Observation },
  { how, orderId }: Ending,
): Promise<Outcome> => {
  const { skipApproval } = order.spec
  const revocation = { reason: 'cessationOfOperation', comments: NOTE, skipApproval } as const
  try {
    if (how === 'cancel') await cancel(client, seen, orderId)
    else if (how === 'revoke-order') await client.revokeOrder(orderId, revocation)
    else await client.revokeCertificate(await certificateOf(client, seen, orderId), revocation)
  } catch (error) {
    // A key that may do everything but this is none that the account is in trouble with: a person has to know.
    if (error instanceof CertCentralError && error.kind === 'forbidden')
      return { kind: 'refused', reason: 'DeletionBlocked', code: error.kind, message: error.message }
    if (!isEndedBefore(error)) throw error
  }
  return { kind: 'ended', what: how, orderId }
}
