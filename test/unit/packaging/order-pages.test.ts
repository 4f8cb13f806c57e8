import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { ANSWER_ROWS, EXCEPTIONS, NOTES, OFF_PAGES, SHOWN_BY } from '../../../scripts/generated/page-rows.ts'
import { orderPagesPage, pageRows, specPaths } from '../../../scripts/generated/pages.ts'
import { ORDER_PAGES, type OrderPage } from '../../../src/api/pages.ts'

const CHECKOUT = path.join(import.meta.dirname, '../../..')
const rows = pageRows()
const page = orderPagesPage().split('\n')

const shown = [
  ...Object.values(SHOWN_BY),
  ...Object.values(EXCEPTIONS).map(({ test: shownBy }) => shownBy),
  ...Object.values(ANSWER_ROWS).flatMap((answers) => Object.values(answers).map(({ test: shownBy }) => shownBy)),
  ...[...NOTES, ...OFF_PAGES].map(({ test: shownBy }) => shownBy),
]

describe('docs/pages.md', () => {
  test('has every row of the five pages, once', () => {
    const ofKind = (kind: string) => rows.filter((row) => row.kind === kind)
    expect([ofKind('request').length, ofKind('answer').length]).toEqual([287, 29])
    const keys = rows.map(({ page: number, kind, field }) => `${number} ${kind} ${field}`)
    expect(new Set(keys).size).toBe(keys.length)
    for (const { field } of rows) expect(page.some((line) => line.startsWith(`| \`${field}\` |`))).toBe(true)
  })

  test('says of every row what the operator does, and why where that is not what the page says', () => {
    const silent = rows.filter(({ verdict }) => verdict === undefined)
    expect(silent).toEqual([])
    const unfounded = rows.filter(
      ({ verdict }) => ['differs', 'left out'].includes(verdict?.does ?? '') && (verdict?.because ?? '') === '',
    )
    expect(unfounded).toEqual([])
  })

  test('names a field of the spec for every row that is sent', () => {
    const made = ['certificate', 'alternative_order_id']
    const paths = specPaths()
    const sent = rows.filter(({ kind, verdict }) => kind === 'request' && verdict?.does === 'sent')
    expect(sent.filter(({ field }) => !paths.has(field) && !made.includes(field))).toEqual([])
  })

  test.each([...new Set(shown.map((one) => one.join(' » ')))])('names a test that exists: %s', (named) => {
    const [file = '', name = ''] = named.split(' » ')
    const text = readFileSync(path.join(CHECKOUT, file), 'utf8')
    expect([`'${name}'`, `"${name}"`].some((quoted) => text.includes(quoted))).toBe(true)
  })

  test('has no exception for a row that is not there', () => {
    const known = new Set(
      Object.entries<OrderPage>(ORDER_PAGES).flatMap(([number, { fields }]) =>
        fields.flatMap((field) => [`${number} ${field}`, `* ${field}`]),
      ),
    )
    expect(Object.keys(EXCEPTIONS).filter((key) => !known.has(key))).toEqual([])
  })
})
