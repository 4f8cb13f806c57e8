import { ApiError, refusal } from '../http/api-error.ts'
import type { Key } from '../http/keys.ts'
import type { SignatureHash } from '../pki/sign.ts'
import type { ReissueFields } from '../validation/fields.ts'
import { duplicateErrors, validateReissue } from '../validation/reissue-request.ts'
import type { World } from '../world.ts'
import type { Certificate, Order } from './model.ts'
import { startWork } from './work.ts'
import { isOrderValidated } from './validation.ts'

/**
 * Reissues an order's certificate: free, with a new certificate id under the same order.
 * @throws ApiError 400 for an order that is not issued, and for a bad request.
 */
export function reissue(world: World, order: Order, body: unknown, key: Key): Certificate {
  assertIssued(order)
  const fields = validateReissue(world, order, body)
  if (fields.dcv_method !== undefined) order.dcvMethod = fields.dcv_method
  const certificate = certificateOf(world, fields, 'reissue')
  startWork(world, order, certificate, asking(fields, key, body, 'reissue'))
  return certificate
}

/**
 * Issues a further certificate with the same names, at once or not at all.
 * @throws ApiError 400 as for a reissue, for other names, and when control over the names is not proven any more.
 */
export function duplicate(world: World, order: Order, body: unknown, key: Key): Certificate {
  assertIssued(order)
  const fields = validateReissue(world, order, body)
  const errors = duplicateErrors(order, fields, world.settings.quirks)
  if (errors.length > 0) throw new ApiError(400, errors)
  if (!isOrderValidated(world, order))
    throw refusal(400, 'domain_validation_required', 'Domain validation is not current; reissue first.')
  const certificate = certificateOf(world, fields, 'duplicate')
  startWork(world, order, certificate, asking(fields, key, body, 'duplicate'))
  return certificate
}

function assertIssued(order: Order): void {
  if (order.status === 'reissue_pending' || order.work !== undefined)
    throw refusal(400, 'reissue_pending', 'A reissue or duplicate of this order is already pending.')
  if (order.status !== 'issued' || order.current === undefined)
    throw refusal(400, 'order_not_issued', `An order with status ${order.status} cannot be reissued.`)
}

function asking(fields: ReissueFields, key: Key, body: unknown, kind: 'reissue' | 'duplicate') {
  const { skip_approval: skipApproval = false, comments } = fields
  return { kind, skipApproval, comments, requester: key.user, body }
}

function certificateOf(world: World, fields: ReissueFields, kind: 'reissue' | 'duplicate'): Certificate {
  const certificate = fields.certificate ?? {}
  return {
    id: undefined,
    kind,
    status: 'pending',
    csr: certificate.csr,
    commonName: certificate.common_name ?? '',
    dnsNames: certificate.dns_names ?? [],
    validity: certificate.cert_validity,
    hash: (certificate.signature_hash ?? 'sha256') as SignatureHash,
    serverPlatformId: certificate.server_platform?.id ?? -1,
    createdAt: world.clock.now(),
  }
}
