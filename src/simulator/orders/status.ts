import type { World } from '../world.ts'
import type { Order, OrderStatus } from './model.ts'

/** Changes an order's status, notes when, and lets the order go on again. */
export function setStatus(world: World, order: Order, status: OrderStatus): void {
  order.held = false
  if (order.status === status) return
  order.status = status
  order.statusChangedAt = world.clock.now()
}

/** Takes the open work off an order. */
export function dropWork(world: World, order: Order): void {
  delete order.work
  world.open.delete(order.id)
}
