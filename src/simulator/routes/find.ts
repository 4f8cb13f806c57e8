import type { Call } from '../http/answer.ts'
import { notFound } from '../http/api-error.ts'
import { maySee } from '../http/keys.ts'
import type { Certificate, Order } from '../orders/model.ts'
import type { World } from '../world.ts'

/**
 * The order that the path names. An order that the key's user may not see is as good as absent.
 * @throws ApiError 404 `not_found|order`.
 */
export function orderOf(world: World, call: Call): Order {
  const order = world.orders.get(Number(call.params.order_id))
  if (order === undefined || !maySee(call.key, order.user)) throw notFound('order')
  return order
}

/**
 * The order by its id, or by thumbprint or serial number of its primary certificate; order info takes all three.
 * @throws ApiError 404 `not_found|order`.
 */
export function orderByAnyId(world: World, call: Call): Order {
  const id = (call.params.order_id ?? '').toUpperCase()
  if (/^\d{1,12}$/.test(id)) return orderOf(world, call)
  const order = [...world.orders.values()].find(({ current }) =>
    [current?.issued?.thumbprint, current?.issued?.serialNumber].includes(id),
  )
  if (order === undefined || !maySee(call.key, order.user)) throw notFound('order')
  return order
}

/**
 * The certificate that the path names by id or serial number, with its order.
 * @throws ApiError 404 `not_found|certificate`.
 */
export function certificateOf(world: World, call: Call): { order: Order; certificate: Certificate } {
  const name = call.params.certificate_id ?? ''
  const found = world.certificates.get(Number(name)) ?? bySerialNumber(world, name.toUpperCase())
  if (found === undefined || !maySee(call.key, found.order.user)) throw notFound('certificate')
  return found
}

function bySerialNumber(world: World, serial: string): { order: Order; certificate: Certificate } | undefined {
  return [...world.certificates.values()].find(({ certificate }) => certificate.issued?.serialNumber === serial)
}
