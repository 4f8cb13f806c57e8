import { type Schema, printed } from '../../src/api/crds.ts'
import { orderSpec } from '../../src/api/order.ts'
import { ORDER_PAGES, type OrderPage, type PageId } from '../../src/api/pages.ts'
import { WIRE } from '../../src/api/wire.ts'
import { code, table } from './markdown.ts'
import {
  ANSWER_ROWS,
  EXCEPTIONS,
  NOTES,
  type Note,
  OFF_PAGES,
  SHOWN_BY,
  type Shown,
  type Verdict,
} from './page-rows.ts'

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

/** What is known of the longest beginning of a field's name. */
const shownBy = (field: string): Shown | undefined => {
  const parts = field.split('.')
  return parts
    .map((_, drop) => SHOWN_BY[parts.slice(0, parts.length - drop).join('.')])
    .find((shown) => shown !== undefined)
}

/** A row of a page, and what the operator does about it. */
export type PageRow = { page: PageId; field: string; kind: 'request' | 'answer'; verdict: Verdict | undefined }

const sent = (field: string): Verdict | undefined => {
  const test = shownBy(field)
  return test && { does: 'sent', test }
}

/** Every row of the tables of the order pages, in their order; those of requests first. */
export const pageRows = (): PageRow[] =>
  Object.entries<OrderPage>(ORDER_PAGES).flatMap(([page, { fields }]) => [
    ...fields.map((field) => ({
      ...{ page: page as PageId, field, kind: 'request' as const },
      verdict: EXCEPTIONS[`${page} ${field}`] ?? EXCEPTIONS[`* ${field}`] ?? sent(field),
    })),
    ...Object.entries(ANSWER_ROWS[page as PageId]).map(([field, verdict]) => ({
      ...{ page: page as PageId, field, kind: 'answer' as const, verdict },
    })),
  ])

const doneAbout = ({ does, because }: Verdict): string => {
  const reason = because === undefined ? '' : `: ${because}`
  return does === 'differs' ? `differs${reason}` : `${does}${reason}`
}

const testOf = ([file, name]: Shown): string => `[${file.split('/').at(-1) ?? ''}](../${file}): ${name}`

const rowsOf = (page: PageId, kind: PageRow['kind'], paths: ReadonlyMap<string, readonly string[]>): string[][] =>
  pageRows()
    .filter((row) => row.page === page && row.kind === kind)
    .map(({ field, verdict }) => {
      if (!verdict)
        throw new Error(`${page} ${field}: scripts/generated/page-rows.ts does not say what is done about it`)
      const from = kind === 'request' ? [whereFrom(field, paths)] : []
      return [code(field), ...from, doneAbout(verdict), testOf(verdict.test)]
    })

const pageSection = (page: PageId, paths: ReadonlyMap<string, readonly string[]>): string => {
  const { title, endpoint, products } = ORDER_PAGES[page] as OrderPage
  const answers = rowsOf(page, 'answer', paths)
  return `
## Page ${page}: ${title}

\`POST ${endpoint}\`, for ${products.map(code).join(', ')}.

${table(['Field of the request', 'Field of the spec', 'The operator', 'Shown by'], rowsOf(page, 'request', paths))}
${answers.length === 0 ? '' : `\n${table(['Field of the answer', 'The operator', 'Shown by'], answers)}\n`}`
}

const noteTable = (notes: readonly Note[], head: readonly string[]): string =>
  table(
    [...head, 'The operator', 'Shown by'],
    notes.map(({ page, says, does, test }) => [...(head.length > 1 ? [page] : []), says, does, testOf(test)]),
  )

/** `docs/pages.md`: every row of the order pages, the field of the spec that becomes it, and a test. */
export const orderPagesPage = (): string => {
  const paths = specPaths()
  const ids = Object.keys(ORDER_PAGES) as PageId[]
  return `<!-- Generated from src/api/pages.ts and scripts/generated/page-rows.ts by \`npm run generate\`; not to be edited. -->

# The order pages, row by row

DigiCert's documentation of the Services API describes orders on five pages. This is every row of their tables, the field of a
DigiCertOrder that becomes it, what the operator does about it, and the test that shows it. _Sent_: where the spec, or the
account, says it, and as it says. _Differs_: there is a reason. The tests run with \`npm run unit\`.

A product has the fields of the pages that list it: ${ids.map((page) => `[${page}](#page-${page}-${ORDER_PAGES[page].title.toLowerCase().replaceAll(' ', '-')})`).join(', ')}.

## What no page of a product documents

${noteTable(OFF_PAGES, ['Field'])}

## What the pages ask in prose

${noteTable(NOTES, ['Page', 'Says'])}
${ids.map((page) => pageSection(page, paths)).join('')}`
}
