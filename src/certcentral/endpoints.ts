import type { z } from 'zod'
import { CertCentralError, notSendable, unreadable } from './errors.ts'
import type { Turn } from './rate-limiter.ts'
import { faultsOfOrderBody, faultsOfReissueBody } from './request-schemas.ts'
import type { Answer, CallOptions, Calls } from './request-pipeline.ts'
import * as schemas from './response-schemas.ts'
import { parseJson } from './schema-helpers.ts'
import type {
  DcvCheck,
  DcvRandomValue,
  DomainInfo,
  OrderInfo,
  OrderSummary,
  OrderValidation,
  OrganizationValidation,
  PlacedOrder,
  Reissue,
  RequestInfo,
  Revocation,
  RevocationAnswer,
  User,
} from './types.ts'

/** A status-changes window is at most seven days (docs/certcentral.md#the-feed-of-changes). */
export const MAX_STATUS_CHANGES_SECONDS = 604_800

/** Bound of an answer that lists orders. */
export const LIST_BYTES = 8 * 1_048_576
const CERTIFICATE_BYTES = 330_000

/** Answers of check-dcv that mean "not found yet" (docs/certcentral.md#asking-for-a-check). */
const NOT_YET = new Set(['file_random_value_not_found', 'invalid_dns_txt', 'invalid_dns_cname', 'invalid_dns_method'])

/** Reads the whole answer of an endpoint; what has not the documented shape is `unreadable`. */
export const read = <Value>(operation: string, { status, text }: Answer, schema: z.ZodType<Value>): Value => {
  const body = parseJson(text)
  if (body === undefined) throw unreadable(operation, status, 'its body is no JSON')
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const where = error.issues[0]?.path.join('.') ?? ''
  throw unreadable(operation, status, `its body has not the documented shape${where === '' ? '' : ` (${where})`}`)
}

const isEmptyArray = (text: string): boolean => /^\s*\[\s*\]\s*$/.test(text)

/** Whether an answer has no content, in any of the forms in which PHP writes that. */
export const saysNothing = ({ text }: Answer): boolean =>
  text.trim() === '' || isEmptyArray(text) || /^\s*\{\s*\}\s*$/.test(text)

/**
 * Reads an object all of whose members may be missing, such as one with a list. `[]` as the whole of a 200 is an empty
 * one: PHP writes an object without members so.
 */
export const readObject = <Value>(operation: string, answer: Answer, schema: z.ZodType<Value>): Value =>
  read(operation, answer.status === 200 && isEmptyArray(answer.text) ? { ...answer, text: '{}' } : answer, schema)

/** Fails for a request that is not worth sending. */
export const refuse = (operation: string, field: string, message: string): never => {
  throw notSendable(operation, [{ code: 'invalid_value', field, message }])
}

/** An id as a part of a path; anything else could name another resource. */
export const idPart = (operation: string, id: number): string =>
  Number.isSafeInteger(id) && id > 0 ? String(id) : refuse(operation, 'id', 'is no id of CertCentral')

/** The path of one order. */
export const orderPath = (operation: string, orderId: number): string =>
  `/order/certificate/${idPart(operation, orderId)}`

/** Places an order. On a fresh connection: an idle one that the server just closed would leave the outcome unknown. */
export const placeOrder =
  ({ callInTurn }: Calls) =>
  async (
    productId: string,
    body: Readonly<Record<string, unknown>>,
    { turn, signal }: { turn: Turn; signal?: AbortSignal | undefined },
  ): Promise<PlacedOrder> => {
    const operation = 'placeOrder'
    if (!/^[a-z0-9_]{1,128}$/i.test(productId)) refuse(operation, 'product', 'is no product id')
    const faults = faultsOfOrderBody(body)
    if (faults.length > 0) throw notSendable(operation, faults)
    const path = `/order/certificate/${productId}`
    const answer = await callInTurn({ operation, method: 'POST', path, body, connection: 'fresh' }, turn, signal)
    return read(operation, answer, schemas.placedOrder)
  }

export const orderInfo =
  ({ call }: Calls) =>
  async (orderId: number, options?: CallOptions): Promise<OrderInfo> => {
    const operation = 'orderInfo'
    const answer = await call({ operation, method: 'GET', path: orderPath(operation, orderId) }, options)
    const info = read(operation, answer, schemas.orderInfo)
    if (info.orderId !== orderId) throw unreadable(operation, answer.status, 'with another order')
    return info
  }

export const statusChanges =
  ({ call }: Calls) =>
  async ({ seconds }: { seconds: number }, options?: CallOptions): Promise<OrderSummary[]> => {
    const operation = 'statusChanges'
    const query = { seconds: Math.min(Math.max(1, Math.ceil(seconds)), MAX_STATUS_CHANGES_SECONDS) }
    const path = '/order/certificate/status-changes'
    const answer = await call({ operation, method: 'GET', path, query, maxBytes: LIST_BYTES }, options)
    return readObject(operation, answer, schemas.statusFeed)
  }

export const orderValidation =
  ({ call }: Calls) =>
  async (orderId: number, options?: CallOptions): Promise<OrderValidation> => {
    const operation = 'orderValidation'
    const path = `${orderPath(operation, orderId)}/validation`
    return readObject(operation, await call({ operation, method: 'GET', path }, options), schemas.orderValidation)
  }

export const dcvRandomValue =
  ({ call }: Calls) =>
  async (orderId: number, options?: CallOptions): Promise<DcvRandomValue> => {
    const operation = 'dcvRandomValue'
    const path = `${orderPath(operation, orderId)}/dcv-random-value`
    return read(operation, await call({ operation, method: 'PUT', path }, options), schemas.dcvRandomValue)
  }

const notYetCode = (error: unknown): string | undefined =>
  error instanceof CertCentralError && error.status === 400
    ? error.errors.find(({ code }) => NOT_YET.has(code))?.code
    : undefined

export const checkDcv =
  ({ call }: Calls) =>
  async (orderId: number, options?: CallOptions): Promise<DcvCheck> => {
    const operation = 'checkDcv'
    const path = `${orderPath(operation, orderId)}/check-dcv`
    try {
      return readObject(operation, await call({ operation, method: 'PUT', path }, options), schemas.dcvCheck)
    } catch (error) {
      const notYet = notYetCode(error)
      if (notYet === undefined) throw error
      return { notYet, names: [] }
    }
  }

const occurrences = (text: string, part: string): number => text.split(part).length - 1

/** A body that ends in the middle of a certificate, or holds none, is no bundle. */
const holdsWholeCertificates = (text: string): boolean => {
  const begun = occurrences(text, '-----BEGIN CERTIFICATE-----')
  return begun > 0 && begun === occurrences(text, '-----END CERTIFICATE-----')
}

export const downloadCertificate =
  ({ call }: Calls) =>
  async (certificateId: number, options?: CallOptions): Promise<string> => {
    const operation = 'downloadCertificate'
    const path = `/certificate/${idPart(operation, certificateId)}/download/format/pem_all`
    const answer = await call({ operation, method: 'GET', path, accept: '*/*', maxBytes: CERTIFICATE_BYTES }, options)
    if (!holdsWholeCertificates(answer.text)) throw unreadable(operation, answer.status, 'without whole certificates')
    return answer.text
  }

/** Leaf first in practice, whatever its only member is called (docs/certcentral.md#download). */
export const certificateChain =
  ({ call }: Calls) =>
  async (certificateId: number, options?: CallOptions): Promise<string> => {
    const operation = 'certificateChain'
    const path = `/certificate/${idPart(operation, certificateId)}/chain`
    const answer = await call({ operation, method: 'GET', path, maxBytes: CERTIFICATE_BYTES }, options)
    return read(operation, answer, schemas.certificateChain).join('\n')
  }

export const addCsr =
  ({ call }: Calls) =>
  async (orderId: number, csr: string, options?: CallOptions): Promise<void> => {
    const operation = 'addCsr'
    await call({ operation, method: 'POST', path: `${orderPath(operation, orderId)}/csr`, body: { csr } }, options)
  }

export const cancelOrder =
  ({ call }: Calls) =>
  async (orderId: number, note: string, options?: CallOptions): Promise<void> => {
    const operation = 'cancelOrder'
    const body = { status: 'canceled', note }
    await call({ operation, method: 'PUT', path: `${orderPath(operation, orderId)}/status`, body }, options)
  }

export const requestInfo =
  ({ call }: Calls) =>
  async (requestId: number, options?: CallOptions): Promise<RequestInfo> => {
    const operation = 'requestInfo'
    const path = `/request/${idPart(operation, requestId)}`
    return read(operation, await call({ operation, method: 'GET', path }, options), schemas.requestInfo)
  }

export const userMe =
  ({ call }: Calls) =>
  async (options?: CallOptions): Promise<User> => {
    const operation = 'userMe'
    return read(operation, await call({ operation, method: 'GET', path: '/user/me' }, options), schemas.user)
  }

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

/** Until when what was proven of a domain serves (docs/certcentral.md#how-long-a-validation-serves). */
export const domainInfo =
  ({ call }: Calls) =>
  async (domainId: number, options?: CallOptions): Promise<DomainInfo> => {
    const operation = 'domainInfo'
    const query = { include_dcv: 'true', include_validation: 'true' }
    const path = `/domain/${idPart(operation, domainId)}`
    return readObject(operation, await call({ operation, method: 'GET', path, query }, options), schemas.domainInfo)
  }

/** What an organization is validated for, and until when (docs/certcentral.md#how-long-a-validation-serves). */
export const organizationValidations =
  ({ call }: Calls) =>
  async (organizationId: number, options?: CallOptions): Promise<OrganizationValidation[]> => {
    const operation = 'organizationValidations'
    const path = `/organization/${idPart(operation, organizationId)}/validation`
    const answer = await call({ operation, method: 'GET', path }, options)
    return readObject(operation, answer, schemas.organizationValidations)
  }
