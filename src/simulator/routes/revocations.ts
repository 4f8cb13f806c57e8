import { z } from 'zod'
import { type Answer, type Call, created, noContent } from '../http/answer.ts'
import { ApiError, invalidValue } from '../http/api-error.ts'
import type { Order } from '../orders/model.ts'
import { openRequest } from '../orders/requests.ts'
import { assertRevocable, revokeNow } from '../orders/revocation.ts'
import type { World } from '../world.ts'
import { certificateOf, orderOf } from './find.ts'
import { requestFields } from './order-info.ts'
import type { ApiRoute } from './route.ts'

/** Revocation of one certificate or of a whole order (docs/certcentral.md#a-revocation). */
export const revocationRoutes: ApiRoute[] = [
  { method: 'PUT', template: '/certificate/{certificate_id}/revoke', handle: revokeOne },
  { method: 'PUT', template: '/order/certificate/{order_id}/revoke', handle: revokeOrder },
]

const reasons = ['unspecified', 'keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation'] as const

const revocationBody = z
  .object({ revocation_reason: z.literal(reasons), comments: z.string(), skip_approval: z.boolean() })
  .partial()

function revokeOne(world: World, call: Call): Answer {
  const { order, certificate } = certificateOf(world, call)
  assertRevocable(order, certificate)
  return revoke(world, call, order, certificate.id)
}

function revokeOrder(world: World, call: Call): Answer {
  const order = orderOf(world, call)
  assertRevocable(order, undefined)
  return revoke(world, call, order, undefined)
}

function revoke(world: World, call: Call, order: Order, certificateId: number | undefined): Answer {
  const body = revocationBody.safeParse(call.body ?? {})
  if (!body.success) throw new ApiError(400, [invalidValue('revocation_reason')])
  const request = openRequest(world, order, {
    type: 'revoke',
    requester: call.key.user,
    skipApproval: body.data.skip_approval ?? false,
    comments: body.data.comments,
    revokes: certificateId,
  })
  if (request === undefined || request.status === 'approved') revokeNow(world, order, certificateId)
  return request === undefined ? noContent : created(requestFields(request))
}
