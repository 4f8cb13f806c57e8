import { z } from 'zod'
import { ApiError, invalidValue, missingValue, notFound, refusal } from '../http/api-error.ts'
import { type Answer, type Call, created, noContent, ok } from '../http/answer.ts'
import { autoReissue } from '../orders/auto-reissue.ts'
import { placeOrder } from '../orders/create.ts'
import { progress } from '../orders/progress.ts'
import { cancel } from '../orders/rejection.ts'
import { csrErrors } from '../validation/certificate-rules.ts'
import type { World } from '../world.ts'
import { createAnswer } from './create-answer.ts'
import { orderByAnyId, orderOf } from './find.ts'
import { orderInfo } from './order-info.ts'
import type { ApiRoute } from './route.ts'

/** Placing, reading and changing one order (docs/certcentral.md#the-request). */
export const orderRoutes: ApiRoute[] = [
  { method: 'POST', template: '/order/certificate/{product_id}', handle: place },
  {
    method: 'GET',
    template: '/order/certificate/{order_id}',
    handle: (world, call) => ok(orderInfo(world, orderByAnyId(world, call))),
  },
  { method: 'PUT', template: '/order/certificate/{order_id}/status', handle: changeStatus },
  { method: 'POST', template: '/order/certificate/{order_id}/csr', handle: addCsr },
  { method: 'PUT', template: '/order/certificate/{order_id}/auto-reissue', handle: switchAutoReissue },
  { method: 'PUT', template: '/order/certificate/{order_id}/renewal-emails/{status}', handle: acknowledge },
  { method: 'PUT', template: '/order/certificate/{order_id}/custom-renewal-message', handle: acknowledge },
  { method: 'POST', template: '/order/certificate/{order_id}/custom-field', handle: acknowledge },
]

function place(world: World, call: Call): Answer {
  const product = world.settings.products.find(({ nameId }) => nameId === call.params.product_id)
  if (product === undefined) throw notFound('product')
  const { order, newOrganizationId } = placeOrder(world, product, call.body, call.key)
  const certificate = order.certificates[0]
  if (certificate === undefined) throw refusal(500, 'internal_error', 'The order has no certificate.')
  const organization = newOrganizationId === undefined ? {} : { organization: { id: newOrganizationId } }
  return created({ ...createAnswer(world, order, certificate, call.present), ...organization })
}

const statusBody = z.object({ status: z.string(), note: z.string().min(1) })

/** Words are case sensitive; a note is required (DigiCert's page "Update order status"). */
function changeStatus(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  const body = statusBody.safeParse(call.body)
  if (!body.success) throw new ApiError(400, [missingValue('note')])
  if (body.data.status !== 'canceled') throw new ApiError(400, [invalidValue('status')])
  cancel(world, order)
  return noContent
}

function addCsr(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  const body = z.object({ csr: z.string() }).safeParse(call.body)
  const errors = csrErrors(body.data?.csr, true)
  if (errors.length > 0) throw new ApiError(400, errors)
  if (order.work === undefined) throw refusal(400, 'invalid_order_status', 'The order does not wait for a CSR.')
  order.work.certificate.csr = body.data?.csr
  progress(world, order)
  return noContent
}

function switchAutoReissue(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  const body = z.object({ auto_reissue: z.literal([0, 1]) }).safeParse(call.body)
  if (!body.success) throw new ApiError(400, [invalidValue('auto_reissue')])
  order.autoReissue = body.data.auto_reissue
  const lastDays = (order.current?.issued?.notAfter ?? Infinity) - 30 * 86_400_000
  if (world.clock.now() >= lastDays) autoReissue(world, order)
  return noContent
}

/** Settings that change nothing which could be seen here. */
function acknowledge(world: World, call: Call): Answer {
  orderOf(world, call)
  return noContent
}
