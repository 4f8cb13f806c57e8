import { day } from '../dates.ts'
import type { Order } from '../orders/model.ts'
import type { World } from '../world.ts'

/** The order's random value: one serves every domain; a new one is made when the old one lapsed. */
export function randomValue(world: World, order: Order): { value: string; expiresAt: number } {
  const now = world.clock.now()
  if (order.random !== undefined && order.random.expiresAt > now) return order.random
  const isUnderscored = world.settings.quirks.underscoredValues && order.dcvMethod === 'dns-cname-token'
  const token = world.ids.token()
  const value = isUnderscored ? `_${token.slice(0, 31)}` : token
  order.random = { value, expiresAt: now + world.settings.randomValueDays * day }
  return order.random
}

/** Whether a method needs a random value. */
export function isTokenMethod(method: string): boolean {
  return ['dns-txt-token', 'dns-cname-token', 'http-token'].includes(method)
}
