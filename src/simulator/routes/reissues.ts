import { type Answer, type Call, created, ok } from '../http/answer.ts'
import type { Certificate } from '../orders/model.ts'
import { duplicate, reissue } from '../orders/reissue.ts'
import type { World } from '../world.ts'
import { createAnswer } from './create-answer.ts'
import { orderOf } from './find.ts'
import { certificateFields } from './order-info.ts'
import type { ApiRoute } from './route.ts'

/** Reissues and duplicates (docs/certcentral.md#a-reissue). */
export const reissueRoutes: ApiRoute[] = [
  { method: 'POST', template: '/order/certificate/{order_id}/reissue', handle: ask(reissue) },
  { method: 'GET', template: '/order/certificate/{order_id}/reissue', handle: list('reissue') },
  { method: 'POST', template: '/order/certificate/{order_id}/duplicate', handle: ask(duplicate) },
  { method: 'GET', template: '/order/certificate/{order_id}/duplicate', handle: list('duplicate') },
]

function ask(act: typeof reissue): ApiRoute['handle'] {
  return (world, call) => {
    const order = orderOf(world, call)
    const certificate = act(world, order, call.body, call.key)
    return created(createAnswer(world, order, certificate, call.present))
  }
}

/** Newest first. The original is in no list; order info shows it until a reissue takes its place. */
function list(kind: Certificate['kind']): ApiRoute['handle'] {
  return (world, call): Answer => ok({ certificates: entries(world, call, kind) })
}

function entries(world: World, call: Call, kind: Certificate['kind']): Record<string, unknown>[] {
  const order = orderOf(world, call)
  return order.certificates
    .filter((certificate) => certificate.kind === kind)
    .map((certificate) => ({
      ...certificateFields(world, certificate),
      status: certificate.status,
      archived: '0',
      user_id: 1,
      firstname: order.user,
      lastname: 'User',
    }))
    .reverse()
}
