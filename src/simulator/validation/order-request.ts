import { ApiError, type ErrorEntry, missingValue, refusal } from '../http/api-error.ts'
import { forgetsId, ordersKnownBy } from '../orders/alternative-id.ts'
import type { Product } from '../products.ts'
import type { World } from '../world.ts'
import { accountErrors } from './account-rules.ts'
import { csrErrors, hashErrors, tlsCertificateErrors } from './certificate-rules.ts'
import { type OrderFields, orderSchema } from './fields.ts'
import { checkTypes, withoutRepeats } from './issues.ts'
import { lengthErrors } from './lengths.ts'
import { peopleErrors } from './people-rules.ts'
import { renewalErrors } from './renewal-rules.ts'

/**
 * Judges an order request by the rules of its product's page and of the account.
 * @throws ApiError 400 with every error that was found, not only the first.
 */
export function validateOrder(world: World, product: Product, body: unknown): OrderFields {
  const { fields, errors } = checkTypes(orderSchema, asObject(body))
  const all = withoutRepeats(errors, ruleErrors(world, product, fields))
  if (all.length > 0) throw new ApiError(400, all)
  return fields
}

/** @throws ApiError 400 `bad_request_format` when the body is not a JSON object. */
export function asObject(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw refusal(400, 'bad_request_format', 'The request body must be a JSON object.')
}

function ruleErrors(world: World, product: Product, fields: OrderFields): ErrorEntry[] {
  const { settings, clock } = world
  return [
    ...certificateErrors(product, fields),
    ...lengthErrors(product, fields, settings, clock.now()),
    ...peopleErrors(product, fields, settings),
    ...accountErrors(fields, settings),
    ...renewalErrors(world, fields),
    ...uniquenessErrors(world, product, fields),
    ...(product.page === 'old-dv' && fields.dcv_method === undefined ? [missingValue('dcv_method')] : []),
  ]
}

function certificateErrors(product: Product, fields: OrderFields): ErrorEntry[] {
  const certificate = fields.certificate
  if (certificate === undefined) return [missingValue('certificate')]
  if (product.validation !== 'ds') return tlsCertificateErrors(product, certificate)
  return [
    ...csrErrors(certificate.csr, fields.cs_provisioning_method === 'email'),
    ...hashErrors(product, certificate),
    ...(fields.subject === undefined ? [missingValue('subject')] : []),
  ]
}

/** Only where the account has the option on (docs/certcentral.md#unique-alternative-order-ids). */
function uniquenessErrors(world: World, product: Product, fields: OrderFields): ErrorEntry[] {
  const id = fields.alternative_order_id
  if (id === undefined || !world.settings.uniqueAlternativeOrderIds || forgetsId(world.settings, product)) return []
  if (ordersKnownBy(world, id).length === 0) return []
  return [
    { code: world.settings.duplicateIdCode, message: 'The alternative order ID is already assigned to an order.' },
  ]
}
