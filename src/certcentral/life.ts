import type { PlacedOrder, Reissue, RevocationAnswer } from './answers.ts'
import type { Answer, Calls, CallOptions } from './calls.ts'
import { idPart, LIST_BYTES, orderPath, read, readObject, saysNothing } from './endpoints.ts'
import { notSendable } from './errors.ts'
import { faultsOfReissueBody } from './order-body.ts'
import * as schemas from './schemas.ts'

/** Why a certificate is revoked (docs/certcentral.md#a-revocation). */
export type RevocationReason =
  'unspecified' | 'keyCompromise' | 'affiliationChanged' | 'superseded' | 'cessationOfOperation'

export type Revocation = { reason: RevocationReason; comments: string; skipApproval?: boolean | undefined }

/** Asks for another certificate of an order. It is free, and sent once: a second one would be a second certificate. */
export const reissue =
  ({ call }: Calls) =>
  async (orderId: number, body: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<PlacedOrder> => {
    const operation = 'reissue'
    const faults = faultsOfReissueBody(body)
    if (faults.length > 0) throw notSendable(operation, faults)
    const path = `${orderPath(operation, orderId)}/reissue`
    const answer = await call({ operation, method: 'POST', path, body, connection: 'fresh' }, options)
    return read(operation, answer, schemas.placedOrder)
  }

/** A list that decides about a reissue: an entry that cannot be read makes all of it unreadable. */
export const reissues =
  ({ call }: Calls) =>
  async (orderId: number, options?: CallOptions): Promise<Reissue[]> => {
    const operation = 'reissues'
    const path = `${orderPath(operation, orderId)}/reissue`
    const answer = await call({ operation, method: 'GET', path, maxBytes: LIST_BYTES }, options)
    return readObject(operation, answer, schemas.reissueList)
  }

export const switchAutoReissue =
  ({ call }: Calls) =>
  async (orderId: number, to: 'on' | 'off', options?: CallOptions): Promise<void> => {
    const operation = 'switchAutoReissue'
    const path = `${orderPath(operation, orderId)}/auto-reissue`
    await call({ operation, method: 'PUT', path, body: { auto_reissue: to === 'on' ? 1 : 0 } }, options)
  }

const revocationBody = ({ reason, comments, skipApproval }: Revocation) => ({
  revocation_reason: reason,
  comments,
  ...(skipApproval === undefined ? {} : { skip_approval: skipApproval }),
})

/**
 * No content means that it was done. A request that is approved already was done as well; any other waits for a person,
 * also one that does not say how it stands.
 */
const revocationAnswer = (operation: string, answer: Answer): RevocationAnswer => {
  if (saysNothing(answer)) return {}
  const request = read(operation, answer, schemas.requestSummary)
  return request.status === 'approved' ? {} : { request }
}

export const revokeCertificate =
  ({ call }: Calls) =>
  async (certificateId: number, revocation: Revocation, options?: CallOptions): Promise<RevocationAnswer> => {
    const operation = 'revokeCertificate'
    const path = `/certificate/${idPart(operation, certificateId)}/revoke`
    const answer = await call({ operation, method: 'PUT', path, body: revocationBody(revocation) }, options)
    return revocationAnswer(operation, answer)
  }

export const revokeOrder =
  ({ call }: Calls) =>
  async (orderId: number, revocation: Revocation, options?: CallOptions): Promise<RevocationAnswer> => {
    const operation = 'revokeOrder'
    const path = `${orderPath(operation, orderId)}/revoke`
    const answer = await call({ operation, method: 'PUT', path, body: revocationBody(revocation) }, options)
    return revocationAnswer(operation, answer)
  }

export const rejectRequest =
  ({ call }: Calls) =>
  async (requestId: number, comment: string, options?: CallOptions): Promise<void> => {
    const operation = 'rejectRequest'
    const path = `/request/${idPart(operation, requestId)}/status`
    await call({ operation, method: 'PUT', path, body: { status: 'rejected', processor_comment: comment } }, options)
  }
