import type { z } from 'zod'
import { CertCentralError, type Operation, notSendable, unreadable } from './errors.ts'
import type { Slot } from './rate-limiter.ts'
import { faultsOfOrderBody, faultsOfReissueBody } from './request-schemas.ts'
import type { CallOptions, RequestPipeline, TextResponse } from './request-pipeline.ts'
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
  RevocationResult,
  User,
} from './types.ts'

/** A status-changes window is at most seven days (docs/certcentral.md#the-feed-of-changes). */
export const MAX_STATUS_CHANGES_SECONDS = 604_800

/** Bound of a response that lists orders or reissues. */
export const MAX_LIST_BYTES = 8 * 1_048_576
const MAX_CERTIFICATE_BYTES = 330_000

/** Codes of check-dcv that mean "not found yet" (docs/certcentral.md#asking-for-a-check). */
const NOT_YET_CODES = new Set([
  'file_random_value_not_found',
  'invalid_dns_txt',
  'invalid_dns_cname',
  'invalid_dns_method',
])

/** Reads a response. One without the documented shape is `unreadable`. */
const read = <Value>(operation: Operation, { status, text }: TextResponse, schema: z.ZodType<Value>): Value => {
  const body = parseJson(text)
  if (body === undefined) throw unreadable(operation, status, 'its body is not JSON')
  const { success, data, error } = schema.safeParse(body)
  if (success) return data
  const where = error.issues[0]?.path.join('.') ?? ''
  throw unreadable(operation, status, `its body does not have the documented shape${where === '' ? '' : ` (${where})`}`)
}

const isEmptyArray = (text: string): boolean => /^\s*\[\s*\]\s*$/.test(text)

/** Whether a response has no content, in any of the forms in which PHP writes that. */
const isEmpty = ({ text }: TextResponse): boolean =>
  text.trim() === '' || isEmptyArray(text) || /^\s*\{\s*\}\s*$/.test(text)

/**
 * Reads an object whose members may all be missing, such as one with a list. A 200 with `[]` is an empty object, as PHP
 * writes it.
 */
export const readObject = <Value>(operation: Operation, response: TextResponse, schema: z.ZodType<Value>): Value =>
  read(
    operation,
    response.status === 200 && isEmptyArray(response.text) ? { ...response, text: '{}' } : response,
    schema,
  )

/** Throws for a request that CertCentral can only refuse. */
export const reject = (operation: Operation, field: string, message: string): never => {
  throw notSendable(operation, [{ code: 'invalid_value', field, message }])
}

/** An id as a segment of a path. Throws for anything else, which could name another resource. */
const idSegment = (operation: Operation, id: number): string =>
  Number.isSafeInteger(id) && id > 0 ? String(id) : reject(operation, 'id', 'is not an id of CertCentral')

const orderPath = (operation: Operation, orderId: number): string =>
  `/order/certificate/${idSegment(operation, orderId)}`

/** Places an order on a new connection: an idle one that the server has just closed would leave the outcome unknown. */
export const placeOrder =
  ({ sendReserved }: RequestPipeline) =>
  async (
    productId: string,
    body: Readonly<Record<string, unknown>>,
    { slot, signal }: { slot: Slot; signal?: AbortSignal | undefined },
  ): Promise<PlacedOrder> => {
    const operation = 'placeOrder'
    if (!/^[a-z0-9_]{1,128}$/i.test(productId)) reject(operation, 'product', 'is not a product id')
    const faults = faultsOfOrderBody(body)
    if (faults.length > 0) throw notSendable(operation, faults)
    const path = `/order/certificate/${productId}`
    const response = await sendReserved({ operation, method: 'POST', path, body, connection: 'new' }, slot, signal)
    return read(operation, response, schemas.placedOrder)
  }

export const orderInfo =
  ({ send }: RequestPipeline) =>
  async (orderId: number, options?: CallOptions): Promise<OrderInfo> => {
    const operation = 'orderInfo'
    const response = await send({ operation, method: 'GET', path: orderPath(operation, orderId) }, options)
    const info = read(operation, response, schemas.orderInfo)
    if (info.orderId !== orderId) throw unreadable(operation, response.status, 'with another order')
    return info
  }

export const statusChanges =
  ({ send }: RequestPipeline) =>
  async ({ seconds }: { seconds: number }, options?: CallOptions): Promise<OrderSummary[]> => {
    const operation = 'statusChanges'
    const query = { seconds: Math.min(Math.max(1, Math.ceil(seconds)), MAX_STATUS_CHANGES_SECONDS) }
    const path = '/order/certificate/status-changes'
    const response = await send({ operation, method: 'GET', path, query, maxBytes: MAX_LIST_BYTES }, options)
    return readObject(operation, response, schemas.statusFeed)
  }

export const orderValidation =
  ({ send }: RequestPipeline) =>
  async (orderId: number, options?: CallOptions): Promise<OrderValidation> => {
    const operation = 'orderValidation'
    const path = `${orderPath(operation, orderId)}/validation`
    return readObject(operation, await send({ operation, method: 'GET', path }, options), schemas.orderValidation)
  }

export const dcvRandomValue =
  ({ send }: RequestPipeline) =>
  async (orderId: number, options?: CallOptions): Promise<DcvRandomValue> => {
    const operation = 'dcvRandomValue'
    const path = `${orderPath(operation, orderId)}/dcv-random-value`
    return read(operation, await send({ operation, method: 'PUT', path }, options), schemas.dcvRandomValue)
  }

const notYetCode = (error: unknown): string | undefined =>
  error instanceof CertCentralError && error.status === 400
    ? error.errors.find(({ code }) => NOT_YET_CODES.has(code))?.code
    : undefined

export const checkDcv =
  ({ send }: RequestPipeline) =>
  async (orderId: number, options?: CallOptions): Promise<DcvCheck> => {
    const operation = 'checkDcv'
    const path = `${orderPath(operation, orderId)}/check-dcv`
    try {
      return readObject(operation, await send({ operation, method: 'PUT', path }, options), schemas.dcvCheck)
    } catch (error) {
      const notYet = notYetCode(error)
      if (notYet === undefined) throw error
      return { notYet, names: [] }
    }
  }

const occurrences = (text: string, part: string): number => text.split(part).length - 1

/** False for a body without certificates, or that ends within one. */
const holdsWholeCertificates = (text: string): boolean => {
  const begun = occurrences(text, '-----BEGIN CERTIFICATE-----')
  return begun > 0 && begun === occurrences(text, '-----END CERTIFICATE-----')
}

export const downloadCertificate =
  ({ send }: RequestPipeline) =>
  async (certificateId: number, options?: CallOptions): Promise<string> => {
    const operation = 'downloadCertificate'
    const path = `/certificate/${idSegment(operation, certificateId)}/download/format/pem_all`
    const response = await send(
      { operation, method: 'GET', path, accept: '*/*', maxBytes: MAX_CERTIFICATE_BYTES },
      options,
    )
    if (!holdsWholeCertificates(response.text))
      throw unreadable(operation, response.status, 'without whole certificates')
    return response.text
  }

/** Leaf first in practice, although its only member is called `intermediates` (docs/certcentral.md#download). */
export const certificateChain =
  ({ send }: RequestPipeline) =>
  async (certificateId: number, options?: CallOptions): Promise<string> => {
    const operation = 'certificateChain'
    const path = `/certificate/${idSegment(operation, certificateId)}/chain`
    const response = await send({ operation, method: 'GET', path, maxBytes: MAX_CERTIFICATE_BYTES }, options)
    return read(operation, response, schemas.certificateChain).join('\n')
  }

export const addCsr =
  ({ send }: RequestPipeline) =>
  async (orderId: number, csr: string, options?: CallOptions): Promise<void> => {
    const operation = 'addCsr'
    await send({ operation, method: 'POST', path: `${orderPath(operation, orderId)}/csr`, body: { csr } }, options)
  }

export const cancelOrder =
  ({ send }: RequestPipeline) =>
  async (orderId: number, note: string, options?: CallOptions): Promise<void> => {
    const operation = 'cancelOrder'
    const body = { status: 'canceled', note }
    await send({ operation, method: 'PUT', path: `${orderPath(operation, orderId)}/status`, body }, options)
  }

export const requestInfo =
  ({ send }: RequestPipeline) =>
  async (requestId: number, options?: CallOptions): Promise<RequestInfo> => {
    const operation = 'requestInfo'
    const path = `/request/${idSegment(operation, requestId)}`
    return read(operation, await send({ operation, method: 'GET', path }, options), schemas.requestInfo)
  }

export const userMe =
  ({ send }: RequestPipeline) =>
  async (options?: CallOptions): Promise<User> => {
    const operation = 'userMe'
    return read(operation, await send({ operation, method: 'GET', path: '/user/me' }, options), schemas.user)
  }

/** Requests another certificate of an order. It is free, and sent once: a second request would make a second certificate. */
export const reissue =
  ({ send }: RequestPipeline) =>
  async (orderId: number, body: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<PlacedOrder> => {
    const operation = 'reissue'
    const faults = faultsOfReissueBody(body)
    if (faults.length > 0) throw notSendable(operation, faults)
    const path = `${orderPath(operation, orderId)}/reissue`
    const response = await send({ operation, method: 'POST', path, body, connection: 'new' }, options)
    return read(operation, response, schemas.placedOrder)
  }

/** Lists reissues. The list decides about another one, so an entry that cannot be read makes all of it unreadable. */
export const reissues =
  ({ send }: RequestPipeline) =>
  async (orderId: number, options?: CallOptions): Promise<Reissue[]> => {
    const operation = 'reissues'
    const path = `${orderPath(operation, orderId)}/reissue`
    const response = await send({ operation, method: 'GET', path, maxBytes: MAX_LIST_BYTES }, options)
    return readObject(operation, response, schemas.reissueList)
  }

export const switchAutoReissue =
  ({ send }: RequestPipeline) =>
  async (orderId: number, to: 'on' | 'off', options?: CallOptions): Promise<void> => {
    const operation = 'switchAutoReissue'
    const path = `${orderPath(operation, orderId)}/auto-reissue`
    await send({ operation, method: 'PUT', path, body: { auto_reissue: to === 'on' ? 1 : 0 } }, options)
  }

const revocationBody = ({ reason, comments, skipApproval }: Revocation) => ({
  revocation_reason: reason,
  comments,
  ...(skipApproval === undefined ? {} : { skip_approval: skipApproval }),
})

/**
 * Reads the response to a revocation. No content, or a request that is approved already, means that it was done. Any other
 * request waits for a person, also one without a status.
 */
const readRevocation = (operation: Operation, response: TextResponse): RevocationResult => {
  if (isEmpty(response)) return {}
  const request = read(operation, response, schemas.requestSummary)
  return request.status === 'approved' ? {} : { request }
}

export const revokeCertificate =
  ({ send }: RequestPipeline) =>
  async (certificateId: number, revocation: Revocation, options?: CallOptions): Promise<RevocationResult> => {
    const operation = 'revokeCertificate'
    const path = `/certificate/${idSegment(operation, certificateId)}/revoke`
    const response = await send({ operation, method: 'PUT', path, body: revocationBody(revocation) }, options)
    return readRevocation(operation, response)
  }

export const revokeOrder =
  ({ send }: RequestPipeline) =>
  async (orderId: number, revocation: Revocation, options?: CallOptions): Promise<RevocationResult> => {
    const operation = 'revokeOrder'
    const path = `${orderPath(operation, orderId)}/revoke`
    const response = await send({ operation, method: 'PUT', path, body: revocationBody(revocation) }, options)
    return readRevocation(operation, response)
  }

export const rejectRequest =
  ({ send }: RequestPipeline) =>
  async (requestId: number, comment: string, options?: CallOptions): Promise<void> => {
    const operation = 'rejectRequest'
    const path = `/request/${idSegment(operation, requestId)}/status`
    await send({ operation, method: 'PUT', path, body: { status: 'rejected', processor_comment: comment } }, options)
  }

/** Reads until when the proof of a domain may be reused (docs/certcentral.md#how-long-a-validation-serves). */
export const domainInfo =
  ({ send }: RequestPipeline) =>
  async (domainId: number, options?: CallOptions): Promise<DomainInfo> => {
    const operation = 'domainInfo'
    const query = { include_dcv: 'true', include_validation: 'true' }
    const path = `/domain/${idSegment(operation, domainId)}`
    return readObject(operation, await send({ operation, method: 'GET', path, query }, options), schemas.domainInfo)
  }

/** Reads what an organization is validated for, and until when (docs/certcentral.md#how-long-a-validation-serves). */
export const organizationValidations =
  ({ send }: RequestPipeline) =>
  async (organizationId: number, options?: CallOptions): Promise<OrganizationValidation[]> => {
    const operation = 'organizationValidations'
    const path = `/organization/${idSegment(operation, organizationId)}/validation`
    const response = await send({ operation, method: 'GET', path }, options)
    return readObject(operation, response, schemas.organizationValidations)
  }
