import { z } from 'zod'
import { type Answer, type Call, noContent, ok } from '../http/answer.ts'
import { ApiError, invalidValue, notFound, refusal } from '../http/api-error.ts'
import { maySee } from '../http/keys.ts'
import { approveRequest, rejectRequest } from '../orders/approvals.ts'
import type { ApprovalRequest, Order } from '../orders/model.ts'
import type { World } from '../world.ts'
import { isStale, primaryCertificate, requestFields } from './order-info.ts'
import { paged } from './paging.ts'
import type { ApiRoute } from './route.ts'

/** Approvals (docs/certcentral.md#approval). */
export const requestRoutes: ApiRoute[] = [
  { method: 'GET', template: '/request', handle: list },
  { method: 'GET', template: '/request/{request_id}', handle: info },
  { method: 'PUT', template: '/request/{request_id}/status', handle: decide },
]

type Found = { readonly order: Order; readonly request: ApprovalRequest }

function list(world: World, call: Call): Answer {
  const status = call.query.get('status') ?? call.query.get('filters[status]')
  const visible = [...world.requests.values()].filter(
    ({ order, request }) => maySee(call.key, order.user) && (status === null || request.status === status),
  )
  const { items, page } = paged(visible, call.query)
  return ok({ requests: items.map((one) => entry(world, one)), page })
}

function info(world: World, call: Call): Answer {
  return ok(entry(world, find(world, call)))
}

const decision = z.object({
  status: z.literal(['submitted', 'pending', 'approved', 'rejected']),
  processor_comment: z.string().optional(),
})

function decide(world: World, call: Call): Answer {
  const { request } = find(world, call)
  const body = decision.safeParse(call.body)
  if (!body.success || body.data.status === 'submitted') throw new ApiError(400, [invalidValue('status')])
  if (request.requester === call.key.user && !world.settings.selfApproval)
    throw refusal(403, 'access_denied|invalid_approver', 'The user may not process this request.')
  const { status, processor_comment } = body.data
  if (status === 'pending' && request.status !== 'submitted') throw new ApiError(400, [invalidValue('status')])
  const act = status === 'rejected' ? rejectRequest : approveRequest
  act(world, request.id, call.key.user, processor_comment)
  return noContent
}

function find(world: World, call: Call): Found {
  const found = world.requests.get(Number(call.params.request_id))
  if (found === undefined || !maySee(call.key, found.order.user)) throw notFound('request')
  return found
}

function entry(world: World, { order, request }: Found): Record<string, unknown> {
  const { id, product } = order
  const status = isStale(world, order.statusChangedAt) ? 'needs_approval' : order.status
  const certificate = { common_name: primaryCertificate(order)?.commonName }
  return { ...requestFields(request), order: { id, status, certificate, product: { name_id: product.nameId } } }
}
