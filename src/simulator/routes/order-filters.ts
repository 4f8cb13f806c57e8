import { isoDate, isoTime } from '../dates.ts'
import type { Order } from '../orders/model.ts'
import { primaryCertificate } from './order-info.ts'

/** The value that a filter looks at; several for names. */
const properties: Readonly<Record<string, (order: Order) => readonly string[]>> = {
  id: (order) => [String(order.id)],
  status: (order) => (order.status === 'expired' ? ['expired', 'issued'] : [order.status]),
  organization_id: (order) => [String(order.organizationId ?? '')],
  product_name_id: (order) => [order.product.nameId],
  container_id: (order) => [String(order.fields.container?.id ?? '')],
  common_name: (order) => [primaryCertificate(order)?.commonName ?? ''],
  domain_name: names,
  search: names,
  certificate_id: (order) => order.certificates.map(({ id }) => String(id ?? '')),
  serial_number: (order) => order.certificates.map(({ issued }) => issued?.serialNumber ?? ''),
  date_created: (order) => [isoTime(order.createdAt)],
  valid_till: (order) => [isoDate(primaryCertificate(order)?.issued?.notAfter ?? order.validTill)],
  is_renewed: (order) => [order.renewedBy === undefined ? '0' : '1'],
}

function names(order: Order): string[] {
  const certificate = primaryCertificate(order)
  return [certificate?.commonName ?? '', ...(certificate?.dnsNames ?? [])]
}

/** The filters of a query: `filters[prop]=v`, `filters[prop][0]=v`, `<`, `>`, `a...b` and `%`. */
export function orderFilters(query: URLSearchParams): ((order: Order) => boolean)[] {
  const wanted = new Map<string, string[]>()
  for (const [key, value] of query) {
    const property = /^filters\[([a-z_]+)\](\[\d*\])?$/.exec(key)?.[1]
    if (property !== undefined) wanted.set(property, [...(wanted.get(property) ?? []), value])
  }
  return [...wanted].map(([property, values]) => {
    const read = properties[property]
    return (order) => read === undefined || read(order).some((value) => values.some((test) => accepts(test, value)))
  })
}

function accepts(test: string, value: string): boolean {
  const range = test.split('...')
  if (range.length === 2) return value >= (range[0] ?? '') && value <= (range[1] ?? '')
  if (test.startsWith('>')) return value > test.slice(1)
  if (test.startsWith('<')) return value < test.slice(1)
  return test.includes('%') ? value.includes(test.replaceAll('%', '')) : value === test
}
