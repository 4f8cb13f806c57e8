import { MAX_LIST_BYTES, readObject, reject } from './endpoints.ts'
import { CertCentralError, type Operation, saysNoSuchThing, unreadable } from './errors.ts'
import type { CallOptions, RequestPipeline } from './request-pipeline.ts'
import { type Page, listedPage, orderPage } from './response-schemas.ts'
import type { ListedOrder, NameSearch, OrderSummary } from './types.ts'

const PAGE_LIMIT = 1000
const DAY_MS = 86_400_000

/** Further pages make a list unreadable. */
const MAX_PAGES = { byAlternativeId: 5, ofName: 10 }

/** Without a total, another page may follow a full one. */
const isLast = <Order>({ orders, total }: Page<Order>, offset: number): boolean =>
  orders.length === 0 || (total === undefined ? orders.length < PAGE_LIMIT : offset >= total)

/**
 * Reads all pages of a list that decides about buying. An empty later page ends it, whatever `total` says: that may count
 * orders which the key's user may not see. An empty first page with such a total could hide the order.
 */
const readAllPages = async <Order extends { orderId: number }>(
  operation: Operation,
  maxPages: number,
  pageAt: (offset: number) => Promise<Page<Order>>,
): Promise<Order[]> => {
  const found = new Map<number, Order>()
  let offset = 0
  for (let count = 0; count < maxPages; count += 1) {
    const page = await pageAt(offset)
    if (count === 0 && page.orders.length === 0 && (page.total ?? 0) > 0)
      throw unreadable(operation, 200, `it counts ${page.total} orders and shows none`)
    for (const order of page.orders) found.set(order.orderId, order)
    offset += page.orders.length
    if (isLast(page, offset)) return [...found.values()]
  }
  throw unreadable(operation, 200, `there are more than ${maxPages} pages`)
}

export const ordersByAlternativeId =
  ({ send }: RequestPipeline) =>
  async (alternativeOrderId: string, options?: CallOptions): Promise<OrderSummary[]> => {
    const operation = 'ordersByAlternativeId'
    if (!/^[A-Za-z0-9]{1,64}$/.test(alternativeOrderId))
      reject(operation, 'alternative_order_id', 'is not alphanumeric')
    const path = `/order/alternate/${alternativeOrderId}`
    const request = { operation, method: 'GET', path, maxBytes: MAX_LIST_BYTES, accepts: saysNoSuchThing } as const
    return readAllPages(operation, MAX_PAGES.byAlternativeId, async (offset) => {
      const response = await send({ ...request, query: { offset, limit: PAGE_LIMIT } }, options)
      return response.status >= 400 ? { orders: [] } : readObject(operation, response, orderPage)
    })
  }

/**
 * The start, in UTC, of the day two days before a time. DigiCert dates some lists in Mountain time, seven hours behind UTC,
 * and the clock of this machine may be wrong.
 */
const twoDaysBefore = (time: Date): Date => new Date((Math.floor(time.getTime() / DAY_MS) - 2) * DAY_MS)

const filtersOf = (commonName: string, since: Date | undefined): Record<string, string> => ({
  'filters[common_name]': commonName,
  ...(since === undefined ? {} : { 'filters[date_created]': `>${since.toISOString().slice(0, 10)}` }),
})

/** Applies the filters again, because the server may ignore them. An entry without a name or date passes. */
const matches =
  (commonName: string, since: Date | undefined) =>
  (order: ListedOrder): boolean => {
    const isOther = order.commonName !== undefined && order.commonName.toLowerCase() !== commonName.toLowerCase()
    const isOlder = order.dateCreated !== undefined && since !== undefined && order.dateCreated < since
    return !isOther && !isOlder
  }

/** Whether CertCentral refused the request itself, in its own form. */
const isRefusedAsInvalid = (error: unknown): boolean =>
  error instanceof CertCentralError && error.outcome === 'refused' && error.kind === 'invalid'

export const ordersOfName =
  ({ send }: RequestPipeline) =>
  async ({ commonName, createdSince }: NameSearch, options?: CallOptions): Promise<ListedOrder[]> => {
    const operation = 'ordersOfName'
    if (commonName.trim() === '') reject(operation, 'common_name', 'is empty')
    if (Number.isNaN(createdSince?.getTime())) reject(operation, 'date_created', 'is not a date')
    const since = createdSince && twoDaysBefore(createdSince)
    const search = (from: Date | undefined): Promise<ListedOrder[]> =>
      readAllPages(operation, MAX_PAGES.ofName, async (offset) => {
        const query = { ...filtersOf(commonName, from), offset, limit: PAGE_LIMIT }
        const request = {
          operation,
          method: 'GET',
          path: '/order/certificate',
          query,
          maxBytes: MAX_LIST_BYTES,
        } as const
        return readObject(operation, await send(request, options), listedPage)
      })
    const found = await search(since).catch((error: unknown) => {
      if (since === undefined || !isRefusedAsInvalid(error)) throw error
      return search(undefined)
    })
    return found.filter(matches(commonName, since))
  }
