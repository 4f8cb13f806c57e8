import { refusal } from '../http/api-error.ts'
import type { World } from '../world.ts'
import type { Order } from './model.ts'
import { dropWork, setStatus } from './status.ts'

/** Ends the open work as refused: a new order becomes `rejected`, a reissue leaves the order `issued`. */
export function rejectWork(world: World, order: Order): void {
  endWork(world, order, 'rejected')
}

/**
 * Cancels a new order, or the open reissue of an issued one (docs/certcentral.md#requests).
 * @throws ApiError 400 for an order in any other state.
 */
export function cancel(world: World, order: Order): void {
  if (!['pending', 'needs_csr', 'waiting_pickup', 'reissue_pending'].includes(order.status))
    throw refusal(400, 'invalid_order_status', `An order with status ${order.status} cannot be canceled.`)
  endWork(world, order, 'canceled')
  world.journal.write(world.clock.now(), { kind: 'cancel', orderId: order.id })
}

function endWork(world: World, order: Order, word: string): void {
  const work = order.work
  if (work !== undefined) work.certificate.status = 'rejected'
  for (const request of order.requests) if (request.id === work?.requestId) request.status = 'rejected'
  dropWork(world, order)
  setStatus(world, order, order.current === undefined ? word : 'issued')
  if (order.current === undefined) releaseRenewal(world, order)
}

/** An order whose renewal came to nothing may be renewed again. */
export function releaseRenewal(world: World, order: Order): void {
  for (const renewed of world.orders.values()) if (renewed.renewedBy === order.id) delete renewed.renewedBy
}
