import { z } from 'zod'
import type { ListedOrder, OrderSummary } from './answers.ts'
import type { Reader } from './wire.ts'
import {
  atMost,
  comparable,
  compact,
  id,
  identifier,
  maybe,
  MOST_OF_PAGE,
  orderStatus,
  readable,
  startOf,
  UNNAMED,
} from './wire.ts'

const orderSummary: Reader<OrderSummary> = z
  .object({ order_id: id, certificate_id: maybe(id), status: orderStatus.catch(UNNAMED) })
  .transform((wire) => compact({ orderId: wire.order_id, certificateId: wire.certificate_id, status: wire.status }))

/** A week of a very large account has fewer changes; an answer with more would hold up everything else while it is read. */
const MOST_CHANGES = 100_000

/** A feed that informs: an entry that cannot be read is left out. Nothing new is `{}`. */
export const statusFeed: Reader<OrderSummary[]> = z
  .object({ orders: atMost(MOST_CHANGES).pipe(readable(orderSummary, MOST_CHANGES)) })
  .transform(({ orders }) => orders)

/** A page of orders; `total` counts those of all pages, where the server says how many. */
export type Page<Order> = { orders: Order[]; total?: number }

const total = maybe(z.union([z.number(), z.string().transform(Number)]).pipe(z.int().min(0)))

/**
 * A page of a look-up that decides about buying: one entry that cannot be read makes the whole page unreadable, for it
 * may be the order that is looked for. No `orders` at all is no match only when nothing else is there but a page of 0.
 */
const pageOf = <Order>(order: Reader<Order>): Reader<Page<Order>> =>
  z
    .looseObject({
      orders: atMost(MOST_OF_PAGE).pipe(z.array(order).optional()),
      page: maybe(z.object({ total })),
    })
    .refine((wire) => wire.orders !== undefined || Object.keys(wire).every((name) => name === 'page'))
    .transform(({ orders = [], page }) => compact({ orders, total: page?.total }))

/** `GET /order/alternate/{alternative_order_id}`. */
export const orderPage = pageOf(orderSummary)

const listedOrder: Reader<ListedOrder> = z
  .object({
    id,
    status: orderStatus.catch(UNNAMED),
    certificate: maybe(z.object({ common_name: maybe(comparable), dns_names: readable(comparable) })),
    product: maybe(z.object({ name_id: maybe(identifier) })),
    date_created: maybe(startOf),
  })
  .transform((wire) =>
    compact({
      orderId: wire.id,
      status: wire.status,
      commonName: wire.certificate?.common_name,
      dnsNames: wire.certificate?.dns_names ?? [],
      productId: wire.product?.name_id,
      dateCreated: wire.date_created,
    }),
  )

/** `GET /order/certificate`. */
export const listedPage = pageOf(listedOrder)
