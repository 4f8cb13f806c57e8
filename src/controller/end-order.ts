import type { DigiCertOrder } from '../api/order.ts'
import { type CertCentral, CertCentralError, type RequestSummary } from '../certcentral/index.ts'
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

type Fresh = { certificateId?: number | undefined; requests?: readonly KnownRequest[] | undefined }
type KnownRequest = { id: number; status: string; type?: string | undefined }

/** An order as CertCentral knows it now. */
const freshly = async (client: CertCentral, { remote }: Observation, orderId: number): Promise<Fresh> =>
  remote.kind === 'order' && remote.order.orderId === orderId ? remote.order : client.orderInfo(orderId)

/**
 * The certificate of an order, as CertCentral names it now: a revocation cannot be undone, and what else names certificates, such
 * as an annotation, may be written by others.
 */
const certificateOf = ({ certificateId }: Fresh, orderId: number): number => {
  if (certificateId !== undefined) return certificateId
  const message = `CertCentral does not say which certificate order ${String(orderId)} has`
  throw new CertCentralError({ outcome: 'refused', kind: 'invalid', message })
}

/**
 * Revokes an order or its present certificate. Gives the request that a person has to approve, where CertCentral made one
 * of it, or has one from an earlier try.
 */
const revoke = async (
  { client, order, seen }: Means,
  { how, orderId }: Ending,
): Promise<Pick<RequestSummary, 'id'> | undefined> => {
  const fresh = await freshly(client, seen, orderId)
  const waiting = fresh.requests?.find((request) => request.type === 'revoke' && isOpen(request))
  if (waiting) return waiting
  const revocation = { reason: 'cessationOfOperation', comments: NOTE, skipApproval: order.spec.skipApproval } as const
  const answer =
    how === 'revoke-order'
      ? await client.revokeOrder(orderId, revocation)
      : await client.revokeCertificate(certificateOf(fresh, orderId), revocation)
  return answer.request
}

type Means = { client: CertCentral; order: DigiCertOrder; seen: Observation }

const carryOut = async (means: Means, ending: Ending): Promise<Outcome> => {
  const { how: what, orderId } = ending
  const ended = { kind: 'ended', what, orderId } as const
  if (what !== 'cancel') {
    const waiting = await revoke(means, ending)
    return waiting ? { ...ended, waitsFor: waiting.id } : ended
  }
  await cancel(means.client, means.seen, orderId)
  return ended
}

/**
 * Does what the deletion policy says about an order whose resource goes; what was ended before counts as done. A revocation
 * that waits for approval names its request: nothing is revoked yet.
 */
export const endOrder = async (means: Means, ending: Ending): Promise<Outcome> => {
  try {
    return await carryOut(means, ending)
  } catch (error) {
    // A key that may do everything but this is none that the account is in trouble with: a person has to know.
    if (error instanceof CertCentralError && error.kind === 'forbidden')
      return { kind: 'refused', reason: 'DeletionBlocked', code: error.kind, message: error.message }
    if (!isEndedBefore(error)) throw error
    return { kind: 'ended', what: ending.how, orderId: ending.orderId }
  }
}
