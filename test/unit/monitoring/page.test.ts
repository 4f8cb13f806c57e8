import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { metricsPage } from '../../../scripts/generated/metrics-page.ts'
import { ORDER_STATES, WAITED_FOR } from '../../../src/controller/figures/orders.ts'
import { METRIC_ROWS } from '../../../src/telemetry/metric-definitions.ts'

const CHECKOUT = path.join(import.meta.dirname, '../../..')
const page = readFileSync(path.join(CHECKOUT, 'docs/metrics.md'), 'utf8')
const rules = readFileSync(path.join(CHECKOUT, 'helm/digicert-operator/files/alerts.yaml'), 'utf8')
const alerts = (parse(rules) as { groups: { rules: { alert: string }[] }[] }).groups.flatMap(({ rules: own }) =>
  own.map(({ alert }) => alert),
)

/** First cells of the tables in a piece of the page, without the code marks. */
const firstCells = (piece: string): string[] =>
  [...piece.matchAll(/^\| `?([^`|]+?)`? +\|/gm)].map(([, cell = '']) => cell).filter((cell) => /^[a-z_]+$/.test(cell))

const below = (heading: string, until: string): string => page.slice(page.indexOf(heading), page.indexOf(until))

test('the page has the tables that its sources make', () => {
  expect(metricsPage(CHECKOUT)).toBe(page)
})

test('the table of metrics names every metric once', () => {
  expect(firstCells(below('<!-- begin metrics', '<!-- end metrics'))).toEqual(METRIC_ROWS.map(({ name }) => name))
})

test('each alert has a heading that says what to do, in the order of the rules, and no heading has no alert', () => {
  const headings = [...below('### What to do', '## Dashboard\n\nIt').matchAll(/^#### (\w+)\n\n\S/gm)].map(
    ([, name]) => name,
  )
  expect(headings).toEqual(alerts)
})

test('every state of an order and everybody who is waited for is explained', () => {
  const explained = firstCells(below('### States of an order', '### Several replicas'))
  expect(explained).toEqual(expect.arrayContaining([...ORDER_STATES, ...WAITED_FOR]))
  expect(explained).toHaveLength(ORDER_STATES.length + WAITED_FOR.length + 1)
})
