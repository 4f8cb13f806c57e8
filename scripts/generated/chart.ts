import { readFileSync } from 'node:fs'
import path from 'node:path'
import { chartReadme } from './chart-readme.ts'
import { valuesSchema } from './chart-schema.ts'
import { SHAPES } from './chart-shapes.ts'
import { type ChartValue, chartValues } from './chart-values.ts'

const CHART = 'helm/digicert-operator'

/** The values of the chart as they are in the checkout. */
export const valuesIn = (root: string): ChartValue[] =>
  chartValues(readFileSync(path.join(root, CHART, 'values.yaml'), 'utf8'), (value) => Object.hasOwn(SHAPES, value))

/** What is made from the values of the chart, by path. */
export const chartFiles = (root: string): Map<string, string> => {
  const values = valuesIn(root)
  return new Map([
    [`${CHART}/values.schema.json`, valuesSchema(values)],
    [`${CHART}/README.md`, chartReadme(values)],
  ])
}
