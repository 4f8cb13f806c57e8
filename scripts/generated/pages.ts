import { type Schema, printed } from '../../src/api/crds.ts'
import { orderSpec } from '../../src/api/order.ts'
import { ORDER_PAGES, type OrderPage } from '../../src/api/pages.ts'
import { WIRE } from '../../src/api/wire.ts'
import { code, table } from './markdown.ts'

/** What no field of the spec becomes. */
const MADE: Readonly<Record<string, string>> = {
  certificate: 'the fields below',
  alternative_order_id: 'made by the operator, by which it finds its order again',
}

const wiresOf = (at: string, schema: Schema): [field: string, path: string][] => [
  ...((schema[WIRE] ?? []) as string[]).map((field): [string, string] => [field, at]),
  ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) => wiresOf(`${at}.${name}`, child)),
  ...(schema.items ? wiresOf(`${at}[]`, schema.items) : []),
]

/** Which fields of the spec become a field of a request, by the name of the latter. */
export const specPaths = (): ReadonlyMap<string, readonly string[]> => {
  const paths = new Map<string, string[]>()
  for (const [field, at] of wiresOf('spec', printed(orderSpec))) paths.set(field, [...(paths.get(field) ?? []), at])
  return paths
}

const whereFrom = (field: string, paths: ReadonlyMap<string, readonly string[]>): string =>
  paths.get(field)?.map(code).join(', ') ?? MADE[field] ?? ''

/** Every field of the pages, on which of them it stands, and the field of the spec that becomes it. */
export const pageTable = (): string => {
  const paths = specPaths()
  const fields = [...new Set(Object.values<OrderPage>(ORDER_PAGES).flatMap((page) => page.fields))]
  const extra = [...paths.keys()].filter((field) => !fields.includes(field))
  const pagesOf = (field: string): string =>
    Object.entries<OrderPage>(ORDER_PAGES)
      .filter(([, page]) => page.fields.includes(field))
      .map(([page]) => page)
      .join(', ')
  return table(
    ['Field of CertCentral', 'On page', 'Field of the spec'],
    [...fields, ...extra].map((field) => [code(field), pagesOf(field), whereFrom(field, paths)]),
  )
}
