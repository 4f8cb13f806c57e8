import { day } from '../dates.ts'
import { type ErrorEntry, invalidValue } from '../http/api-error.ts'
import type { Order } from '../orders/model.ts'
import type { World } from '../world.ts'
import type { OrderFields } from './fields.ts'

/** The order that a request renews, by its id or by the thumbprint of its primary certificate. */
export function renewedOrder(world: World, fields: OrderFields): Order | undefined {
  if (fields.renewal_of_order_id !== undefined) return world.orders.get(fields.renewal_of_order_id)
  const thumbprint = fields.renewed_thumbprint?.toUpperCase()
  if (thumbprint === undefined) return undefined
  return [...world.orders.values()].find((order) => order.current?.issued?.thumbprint === thumbprint)
}

/** Checks that the order to renew exists, may be renewed and was not renewed before. */
export function renewalErrors(world: World, fields: OrderFields): ErrorEntry[] {
  const field = fields.renewal_of_order_id === undefined ? 'renewed_thumbprint' : 'renewal_of_order_id'
  if (fields[field] === undefined) return []
  const order = renewedOrder(world, fields)
  if (order === undefined) return [invalidValue(field)]
  if (order.renewedBy !== undefined)
    return [{ code: 'order_renewed_already', message: 'The order has already been renewed.' }]
  return isRenewable(world, order)
    ? []
    : [{ code: 'order_not_eligible_for_renewal', message: 'The order is not eligible for renewal.' }]
}

function isRenewable(world: World, order: Order): boolean {
  const opens = order.validTill - world.settings.renewalWindowDays * day
  return ['issued', 'reissue_pending', 'expired'].includes(order.status) && world.clock.now() >= opens
}
