import { type ChartValue, leavesOf } from './chart-values.ts'
import { SHAPES, type Shape } from './chart-shapes.ts'

type Shapes = Readonly<Record<string, Shape>>

const shapeOf = ({ path, default: value }: ChartValue, shapes: Shapes): Shape => {
  const given = Object.hasOwn(shapes, path) ? shapes[path] : undefined
  if (given) return given
  if (typeof value === 'boolean' || typeof value === 'string') return { type: typeof value }
  throw new Error(`${path}: chart-shapes.ts does not say what it may be`)
}

const described = (value: ChartValue, shapes: Shapes): Shape => {
  if (value.members) return group(value.members, value.says, shapes)
  if (value.says === '') throw new Error(`${value.path}: values.yaml has no comment on it`)
  return { description: value.says, ...shapeOf(value, shapes), default: value.default }
}

const nameOf = ({ path }: ChartValue): string => path.split('.').at(-1) ?? path

const group = (members: readonly ChartValue[], description: string, shapes: Shapes): Shape => ({
  ...(description === '' ? {} : { description }),
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(members.map((member) => [nameOf(member), described(member, shapes)])),
})

/**
 * `values.schema.json`: refuses a value that the chart does not have.
 *
 * @throws Error that names a value without a comment, one that is of no known kind, and a kind that is of no value
 */
export const valuesSchema = (values: readonly ChartValue[], shapes: Shapes = SHAPES): string => {
  const known = new Set(leavesOf(values).map(({ path }) => path))
  const strange = Object.keys(shapes).find((path) => !known.has(path))
  if (strange !== undefined) throw new Error(`chart-shapes.ts: ${strange} is no value of the chart`)
  const { properties, ...rest } = group(values, '', shapes)
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart digicert-operator',
    ...rest,
    // What a parent chart hands to all its charts.
    properties: { global: { type: 'object' }, ...(properties as object) },
  }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}
