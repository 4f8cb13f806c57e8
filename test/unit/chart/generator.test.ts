import { describe, expect, test } from '@jest/globals'
import { chartReadme } from '../../../scripts/generated/chart-readme.ts'
import { valuesSchema } from '../../../scripts/generated/chart-schema.ts'
import { chartValues, leavesOf } from '../../../scripts/generated/chart-values.ts'

const YAML = `# About the file.

# How many.
count: 1
group:
  # The first of two
  # lines.
  first: ''
  # Any labels.
  labels: {}
`
const SHAPES = {
  count: { type: 'integer', minimum: 0 },
  'group.labels': { type: 'object', additionalProperties: { type: 'string' } },
}

const valuesOf = (yaml: string) => chartValues(yaml, (path) => Object.hasOwn(SHAPES, path))
const schemaOf = (yaml: string) => JSON.parse(valuesSchema(valuesOf(yaml), SHAPES)) as { properties: object }

describe('the schema of values', () => {
  test('has each with its comment, its kind and its default, and nothing else', () => {
    expect(schemaOf(YAML).properties).toEqual({
      global: { type: 'object' },
      count: { description: 'How many.', type: 'integer', minimum: 0, default: 1 },
      group: {
        type: 'object',
        additionalProperties: false,
        properties: {
          first: { description: 'The first of two lines.', type: 'string', default: '' },
          labels: { description: 'Any labels.', ...SHAPES['group.labels'], default: {} },
        },
      },
    })
  })

  test.each([
    ['a value without a comment', `${YAML}other: true\n`, /other: values.yaml has no comment on it/],
    ['a list of nobody knows what', `${YAML}# Others.\nothers: []\n`, /others: chart-shapes.ts does not say/],
    ['a value whose kind is left over', YAML.replace(/# How many.\ncount: 1\n/, ''), /count is no value of the chart/],
  ])('is not made of %s', (_what, yaml, says) => {
    expect(() => schemaOf(yaml)).toThrow(says)
  })
})

test('the table of values names each by its path', () => {
  expect(leavesOf(valuesOf(YAML)).map(({ path }) => path)).toEqual(['count', 'group.first', 'group.labels'])
  expect(chartReadme(valuesOf(YAML))).toContain('| `group.first` | `""` | The first of two lines. |')
})
