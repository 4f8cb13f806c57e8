import { z } from 'zod'
import { isoDate, isoTime } from '../dates.ts'
import { isProven, lookForProofs, provenUntil } from '../dcv/proofs.ts'
import { targetOf } from '../dcv/published.ts'
import { domainOf } from '../dcv/proofs.ts'
import { isTokenMethod, randomValue } from '../dcv/random-value.ts'
import { type Answer, type Call, noContent, ok } from '../http/answer.ts'
import { ApiError, invalidValue, refusal } from '../http/api-error.ts'
import type { NameProof, Order } from '../orders/model.ts'
import { progress } from '../orders/progress.ts'
import { isControlProven, isOrganizationValidated, organizationOf, validatedUntil } from '../orders/validation.ts'
import { dcvMethod } from '../validation/fields.ts'
import type { World } from '../world.ts'
import { orderOf } from './find.ts'
import { primaryCertificate } from './order-info.ts'
import type { ApiRoute } from './route.ts'

/** Domain control on the level of an order (docs/certcentral.md#domain-validation). */
export const orderDcvRoutes: ApiRoute[] = [
  { method: 'PUT', template: '/order/certificate/{order_id}/dcv-random-value', handle: newRandomValue },
  { method: 'PUT', template: '/order/certificate/{order_id}/dcv-method', handle: changeMethod },
  { method: 'PUT', template: '/order/certificate/{order_id}/check-dcv', handle: check },
  { method: 'PUT', template: '/order/certificate/{order_id}/resend-emails', handle: resend },
  { method: 'GET', template: '/order/certificate/{order_id}/validation', handle: validation },
]

/** The same value again while it is good, so that the call may be repeated. */
function newRandomValue(world: World, call: Call): Answer {
  const order = openOrder(world, call)
  if (!isTokenMethod(order.dcvMethod)) throw refusal(400, 'invalid_dcv_method', 'The DCV method needs no random value.')
  return ok(randomFields(world, order))
}

function changeMethod(world: World, call: Call): Answer {
  const order = openOrder(world, call)
  const body = z.object({ dcv_method: dcvMethod }).safeParse(call.body)
  if (!body.success) throw new ApiError(400, [invalidValue('dcv_method')])
  const method = body.data.dcv_method
  order.dcvMethod = method
  order.names = order.names.map((proof) => {
    const target = targetOf(proof.dnsName, order.scope, method)
    return { ...proof, method, target, domainId: domainOf(world, target).id }
  })
  return ok(isTokenMethod(method) ? randomFields(world, order) : {})
}

function randomFields(world: World, order: Order): Record<string, unknown> {
  const { value, expiresAt } = randomValue(world, order)
  return { dcv_random_value: value, expiration_date: isoTime(expiresAt) }
}

/** Both spellings of the docs are taken; names may be given as strings or as objects. */
const subset = z.array(z.union([z.string(), z.object({ dns_name: z.string() }).transform(({ dns_name }) => dns_name)]))
const checkBody = z.object({ dns_names_validations: subset, dns_name_validations: subset }).partial()

/** Looks at once, and may issue on the spot. */
function check(world: World, call: Call): Answer {
  const order = openOrder(world, call)
  const body = checkBody.safeParse(call.body ?? {})
  const only = body.data?.dns_names_validations ?? body.data?.dns_name_validations
  lookForProofs(
    world,
    order,
    only?.map((name) => name.toLowerCase()),
  )
  progress(world, order)
  if (!isControlProven(world, order)) refuseOpen(order, world.settings.quirks.checkDcvOf2019)
  return ok({
    order_status: order.status,
    certificate_id: primaryCertificate(order)?.id,
    dcv_status: isControlProven(world, order) ? 'complete' : 'pending',
    dns_name_validations: order.names.map((proof) => ({
      dns_name: proof.dnsName,
      status: statusOf(world, order, proof),
    })),
  })
}

/** Files and mail are refused where DNS answers with a list, which it did not always. */
function refuseOpen(order: Order, isDnsRefused: boolean): void {
  if (order.dcvMethod === 'http-token')
    throw refusal(400, 'file_random_value_not_found', 'The random value was not found in the file.')
  if (order.dcvMethod !== 'email' && isDnsRefused)
    throw refusal(400, 'invalid_dns_txt', 'The random value was not found in DNS.')
  if (order.dcvMethod === 'email')
    throw refusal(400, 'invalid_dns_method', 'The DCV method of the order cannot be checked this way.')
}

function resend(world: World, call: Call): Answer {
  openOrder(world, call)
  return noContent
}

function openOrder(world: World, call: Call): Order {
  const order = orderOf(world, call)
  const open = ['needs_approval', 'pending', 'needs_csr', 'processing', 'reissue_pending', 'issued'].includes(
    order.status,
  )
  if (!open) throw refusal(400, 'invalid_order_status', `The order has status ${order.status}.`)
  return order
}

/** Ids are strings here, unlike everywhere else (docs/certcentral.md#ids-switches-and-empty-values). */
function validation(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  return ok({
    order_id: String(order.id),
    order_status: order.status,
    order_name_scope: order.scope,
    order_dcv_method: order.dcvMethod,
    ...organizationValidation(world, order),
    dns_name_validations: domainValidations(world, order),
  })
}

function organizationValidation(world: World, order: Order): Record<string, unknown> {
  const organization = organizationOf(world, order)
  if (organization === undefined) return {}
  const isDone = isOrganizationValidated(world, order)
  const isDated = isDone && world.settings.quirks.fullValidations
  const until = isDated ? isoDate(validatedUntil(world, organization)) : null
  const status = isDone ? 'complete' : 'pending'
  const entry = { type: order.product.validation, status, validated_until: until, verified_contacts: [] }
  return { organization_id: String(organization.id), organization_validations: [entry] }
}

function domainValidations(world: World, order: Order): Record<string, unknown>[] {
  const targets = new Map<string, NameProof[]>()
  for (const proof of order.names) targets.set(proof.target, [...(targets.get(proof.target) ?? []), proof])
  return [...targets].map(([target, proofs]) => {
    const until = provenUntil(world, target)
    return {
      domain_id: String(domainOf(world, target).id),
      name_scope: target,
      status: proofs.every((proof) => isProven(world, order, proof)) ? 'complete' : 'pending',
      method: proofs[0]?.method,
      dns_names: proofs.map(({ dnsName }) => dnsName),
      ...(until === undefined ? {} : { validated_until: isoTime(until) }),
    }
  })
}

function statusOf(world: World, order: Order, proof: NameProof): string {
  return isProven(world, order, proof) ? 'complete' : 'pending'
}
