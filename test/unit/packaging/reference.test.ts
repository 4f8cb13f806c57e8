import { expect, test } from '@jest/globals'
import { fieldTable, fieldsOf, ruleTable } from '../../../scripts/generated/fields.ts'
import { table } from '../../../scripts/generated/markdown.ts'
import { reference } from '../../../scripts/generated/reference.ts'
import { KINDS, schemaOf } from '../../../src/api/crds.ts'
import { ORDER_PAGES, type OrderPage } from '../../../src/api/pages.ts'
import { ACCOUNT_REASONS, EVENT_REASONS, ORDER_REASONS } from '../../../src/api/reasons.ts'

const lines = reference().split('\n')

test('every reason has a row of its own, and there is no row without a reason', () => {
  const reasons = { ...ORDER_REASONS, ...ACCOUNT_REASONS, ...EVENT_REASONS }
  for (const [reason, sentence] of Object.entries(reasons)) expect(lines).toContain(`| \`${reason}\` | ${sentence} |`)
  const start = lines.indexOf('### Reasons of an order')
  const rows = lines.slice(start, lines.indexOf('## Fields of CertCentral')).filter((line) => /^\| `/.test(line))
  expect(rows).toHaveLength(Object.keys(reasons).length)
})

test.each(KINDS.map((kind) => [kind.kind, kind] as const))(
  'every field and every rule of %s is there',
  (_name, kind) => {
    const spec = schemaOf(kind.spec)
    const fields = fieldsOf('spec', spec)
    expect(fields.length).toBeGreaterThan(5)
    for (const { path } of fields) expect(reference()).toContain(`| \`${path}\` |`)
    const messages = JSON.stringify(spec).match(/"message":/g) ?? []
    expect(ruleTable('spec', spec).split('\n').length - 2).toBe(messages.length === 0 ? -1 : messages.length)
  },
)

test('every field of the five order pages has a row, and a field of the spec or a reason why not', () => {
  const start = lines.indexOf('## Fields of CertCentral')
  const section = lines.slice(start, lines.indexOf('## Labels, annotations and Secrets'))
  const rows = new Map(
    section.map((line) => {
      const [, field = '', , from = ''] = line.split('|').map((cell) => cell.trim())
      return [field.replaceAll('`', ''), from]
    }),
  )
  const fields = [...new Set(Object.values<OrderPage>(ORDER_PAGES).flatMap((page) => page.fields))]
  expect(fields.length).toBe(106)
  expect(fields.filter((field) => (rows.get(field) ?? '') === '')).toEqual([])
})

test('a field is told with its type, its bounds, whether it is needed, and its default', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: 'string', maxLength: 3, description: 'One of *.x | y.' },
      b: { type: 'array', maxItems: 2, items: { type: 'integer', minimum: 1 }, default: 7 },
      c: { type: 'object', additionalProperties: { type: 'string' } },
    },
  }
  expect(fieldTable('spec', schema).split('\n').slice(2)).toEqual([
    '| `spec.a` | text, up to 3 characters, **required** |  | One of \\*.x \\| y. |',
    '| `spec.b` | list of integer, up to 2 | `7` |  |',
    '| `spec.c` | map of text |  |  |',
  ])
})

test('a cell keeps code as it is and hides what Markdown would swallow', () => {
  expect(table(['a'], [['`<b>` and <c> and *.d and **e**']])).toBe(
    '| a |\n| --- |\n| `<b>` and \\<c> and \\*.d and **e** |',
  )
})
