import { isoDate, isoTime } from '../dates.ts'
import { notFound, refusal } from '../http/api-error.ts'
import { type Answer, type Call, ok } from '../http/answer.ts'
import { maySee } from '../http/keys.ts'
import { ordersKnownBy } from '../orders/alternative-id.ts'
import type { Order } from '../orders/model.ts'
import type { World } from '../world.ts'
import { orderFilters } from './order-filters.ts'
import { isPlanShown, primaryCertificate } from './order-info.ts'
import { paged } from './paging.ts'
import { productSummary } from './product-info.ts'
import type { ApiRoute } from './route.ts'

/** Lists of orders (docs/certcentral.md#looking-an-order-up). */
export const orderListRoutes: ApiRoute[] = [
  { method: 'GET', template: '/order/certificate', handle: list },
  { method: 'GET', template: '/order/certificate/status-changes', handle: statusChanges },
  { method: 'GET', template: '/order/alternate/{alternative_order_id}', handle: byAlternativeId },
]

const longestWindow = 604_800

function list(world: World, call: Call): Answer {
  const shownBefore = world.clock.now() - world.settings.listLagSeconds * 1000
  const visible = [...world.orders.values()].filter(
    ({ user, createdAt }) => createdAt <= shownBefore && maySee(call.key, user),
  )
  const filters = orderFilters(call.query)
  const chosen = visible.filter((order) => filters.every((accepts) => accepts(order)))
  const { page, items } = paged(sorted(chosen, call.query.get('sort')), call.query)
  return ok({ orders: items.map((order) => listEntry(world, order)), page })
}

function listEntry(world: World, order: Order): Record<string, unknown> {
  const certificate = primaryCertificate(order)
  return {
    id: order.id,
    certificate: {
      id: certificate?.id,
      common_name: certificate?.commonName,
      dns_names: certificate?.dnsNames,
      signature_hash: certificate?.hash,
      ...(certificate?.issued === undefined ? {} : { valid_till: isoDate(certificate.issued.notAfter) }),
    },
    status: order.status,
    is_renewed: order.renewedBy !== undefined,
    date_created: isoTime(order.createdAt),
    ...(isPlanShown(world, order) ? { order_valid_till: isoDate(order.validTill) } : {}),
    product: productSummary(order.product),
    has_duplicates: order.certificates.some(({ kind }) => kind === 'duplicate'),
    has_reissues: order.certificates.some(({ kind }) => kind === 'reissue'),
  }
}

/** Newest first, unless `sort` says otherwise; only the sort by date is known here. */
function sorted(orders: Order[], sort: string | null): Order[] {
  return sort === 'date_created' ? orders : orders.reverse()
}

/** An empty answer is `{}`, without the list. */
function statusChanges(world: World, call: Call): Answer {
  const seconds = Number(call.query.get('minutes') ?? 0) * 60 + Number(call.query.get('seconds') ?? 0)
  if (!(seconds > 0)) throw refusal(400, 'missing_value:minutes', 'Give minutes or seconds.')
  if (seconds > longestWindow) throw refusal(400, 'time_frame_too_long', 'The time frame may not exceed 7 days.')
  const since = world.clock.now() - seconds * 1000
  const changed = [...world.orders.values()].filter(
    (order) => order.statusChangedAt >= since && maySee(call.key, order.user),
  )
  return ok(changed.length === 0 ? {} : { orders: changed.map(shortEntry) })
}

function byAlternativeId(world: World, call: Call): Answer {
  const visibleBefore = world.clock.now() - world.settings.lookupLagSeconds * 1000
  const all = ordersKnownBy(world, call.params.alternative_order_id ?? '')
  const found = all.filter((order) => order.createdAt <= visibleBefore && maySee(call.key, order.user))
  const { emptyLookup } = world.settings
  if (found.length === 0 && emptyLookup === '404') throw notFound('order')
  if (found.length === 0 && emptyLookup === 'empty-404') return { status: 404 }
  const { page, items } = paged(found, call.query)
  return ok({ orders: items.map(shortEntry), page })
}

function shortEntry(order: Order): Record<string, unknown> {
  return { order_id: order.id, certificate_id: primaryCertificate(order)?.id, status: order.status }
}
