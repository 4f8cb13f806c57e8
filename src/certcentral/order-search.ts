import { LIST_BYTES, readObject, refuse } from './endpoints.ts'
import { CertCentralError, saysNoSuchThing, unreadable } from './errors.ts'
import type { CallOptions, Calls } from './request-pipeline.ts'
import { listedPage, orderPage, type Page } from './response-schemas.ts'
import type { ListedOrder, OrderSummary } from './types.ts'

/** Which orders are looked for by name. */
export type NameSearch = {
  commonName: string
  /** Orders of the days before the day before this one are left out; all are taken where it is absent. */
  createdSince?: Date | undefined
}

const PAGE_LIMIT = 1000
const DAY_MS = 86_400_000

/** Pages of a look-up that are read at most. */
const MOST_PAGES = { byAlternativeId: 5, ofName: 10 }

/** Where the server does not say how many there are, a full page may have another one behind it. */
const isLast = <Order>({ orders, total }: Page<Order>, offset: number): boolean =>
  orders.length === 0 || (total === undefined ? orders.length < PAGE_LIMIT : offset >= total)

/**
 * All pages of a look-up that decides about buying. An empty later page ends it, whatever `total` says: that may count
 * orders which the key's user may not see. An empty first page beside such a count would hide what is looked for.
 */
const allPages = async <Order extends { orderId: number }>(
  operation: string,
  most: number,
  pageAt: (offset: number) => Promise<Page<Order>>,
): Promise<Order[]> => {
  const found = new Map<number, Order>()
  let offset = 0
  for (let count = 0; count < most; count += 1) {
    const page = await pageAt(offset)
    if (count === 0 && page.orders.length === 0 && (page.total ?? 0) > 0)
      throw unreadable(operation, 200, `it counts ${page.total} orders and shows none`)
    for (const order of page.orders) found.set(order.orderId, order)
    offset += page.orders.length
    if (isLast(page, offset)) return [...found.values()]
  }
  throw unreadable(operation, 200, `there are more than ${most} pages`)
}

export const ordersByAlternativeId =
  ({ call }: Calls) =>
  async (alternativeOrderId: string, options?: CallOptions): Promise<OrderSummary[]> => {
    const operation = 'ordersByAlternativeId'
    if (!/^[A-Za-z0-9]{1,64}$/.test(alternativeOrderId))
      refuse(operation, 'alternative_order_id', 'is not alphanumeric')
    const path = `/order/alternate/${alternativeOrderId}`
    const request = { operation, method: 'GET', path, maxBytes: LIST_BYTES, alsoReads: saysNoSuchThing } as const
    return allPages(operation, MOST_PAGES.byAlternativeId, async (offset) => {
      const answer = await call({ ...request, query: { offset, limit: PAGE_LIMIT } }, options)
      return answer.status >= 400 ? { orders: [] } : readObject(operation, answer, orderPage)
    })
  }

/**
 * The first moment, in UTC, of the day two days before a time. DigiCert dates some lists in Mountain time, seven hours behind,
 * and our clock may be off.
 */
const twoDaysBefore = (time: Date): Date => new Date((Math.floor(time.getTime() / DAY_MS) - 2) * DAY_MS)

const filtersOf = (commonName: string, since: Date | undefined): Record<string, string> => ({
  'filters[common_name]': commonName,
  ...(since === undefined ? {} : { 'filters[date_created]': `>${since.toISOString().slice(0, 10)}` }),
})

/** What the server may have left in, when it does not heed a filter. What an entry does not say speaks for it. */
const mayBeMeant =
  (commonName: string, since: Date | undefined) =>
  (order: ListedOrder): boolean => {
    const isOther = order.commonName !== undefined && order.commonName.toLowerCase() !== commonName.toLowerCase()
    const isOlder = order.dateCreated !== undefined && since !== undefined && order.dateCreated < since
    return !isOther && !isOlder
  }

/** CertCentral said no to the request itself, in its own form. */
const isRefusedAsInvalid = (error: unknown): boolean =>
  error instanceof CertCentralError && error.outcome === 'refused' && error.kind === 'invalid'

export const ordersOfName =
  ({ call }: Calls) =>
  async ({ commonName, createdSince }: NameSearch, options?: CallOptions): Promise<ListedOrder[]> => {
    const operation = 'ordersOfName'
    if (commonName.trim() === '') refuse(operation, 'common_name', 'is empty')
    if (Number.isNaN(createdSince?.getTime())) refuse(operation, 'date_created', 'is no date')
    const since = createdSince && twoDaysBefore(createdSince)
    const listed = (from: Date | undefined): Promise<ListedOrder[]> =>
      allPages(operation, MOST_PAGES.ofName, async (offset) => {
        const query = { ...filtersOf(commonName, from), offset, limit: PAGE_LIMIT }
        const request = { operation, method: 'GET', path: '/order/certificate', query, maxBytes: LIST_BYTES } as const
        return readObject(operation, await call(request, options), listedPage)
      })
    const found = await listed(since).catch((error: unknown) => {
      if (since === undefined || !isRefusedAsInvalid(error)) throw error
      return listed(undefined)
    })
    return found.filter(mayBeMeant(commonName, since))
  }
