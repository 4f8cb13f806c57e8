import type { Schema } from '../../src/api/crds.ts'
import { code, table } from './markdown.ts'

type Field = { path: string; schema: Schema; needed: 'yes' | 'no' }

const MAP_OF_TEXT = 'map of text'

const isMap = ({ additionalProperties }: Schema): boolean => typeof additionalProperties === 'object'

/** The fields below a node, in the order of the schema; `[]` marks the items of a list. */
export const fieldsOf = (path: string, schema: Schema): Field[] => {
  const required = (schema['required'] ?? []) as string[]
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const here = `${path}.${name}`
    const field: Field = { path: here, schema: child, needed: required.includes(name) ? 'yes' : 'no' }
    return [field, ...fieldsOf(here, child), ...fieldsOf(`${here}[]`, child.items ?? {})]
  })
}

type Bounds = { minimum?: number; maximum?: number; maxLength?: number; maxItems?: number }

const range = ({ minimum, maximum }: Bounds): string => {
  if (minimum === undefined && maximum === undefined) return ''
  if (maximum === undefined) return `at least ${minimum}`
  return minimum === undefined ? `at most ${maximum}` : `${minimum} to ${maximum}`
}

const size = ({ maxLength, maxItems }: Bounds): string => {
  if (maxLength !== undefined) return `up to ${maxLength} characters`
  return maxItems === undefined ? '' : `up to ${maxItems}`
}

const words = ({ enum: choices }: Schema): string =>
  Array.isArray(choices) ? `one of ${choices.map((choice) => code(String(choice))).join(', ')}` : ''

const WORDS: Readonly<Record<string, string>> = { array: 'list', object: 'object', string: 'text' }

const typeName = (schema: Schema): string => {
  if (isMap(schema)) return MAP_OF_TEXT
  const name = WORDS[schema.type ?? ''] ?? schema.type ?? ''
  return schema.items && !schema.items.properties ? `list of ${typeName(schema.items)}` : name
}

const typeOf = ({ schema, needed }: Field): string =>
  [
    typeName(schema),
    words(schema),
    range(schema as Bounds),
    size(schema as Bounds),
    needed === 'yes' ? '**required**' : '',
  ]
    .filter((part) => part !== '')
    .join(', ')

const defaultOf = ({ schema }: Field): string => {
  const value = schema['default']
  return value === undefined || typeof value === 'object' ? '' : code(JSON.stringify(value).replaceAll('"', ''))
}

const patternOf = (schema: Schema): string => {
  const pattern = schema['pattern'] ?? schema.items?.['pattern']
  return typeof pattern === 'string' ? ` Matches ${code(pattern)}.` : ''
}

const descriptionOf = ({ schema }: Field): string =>
  `${schema.description ?? schema.items?.description ?? ''}${patternOf(schema)}`.trim()

/** A table of all fields below a node. */
export const fieldTable = (path: string, schema: Schema): string =>
  table(
    ['Field', 'Type', 'Default', 'Meaning'],
    fieldsOf(path, schema).map((field) => [code(field.path), typeOf(field), defaultOf(field), descriptionOf(field)]),
  )

type Rule = { message: string }

const messagesOf = (schema: Schema): string[] =>
  ((schema['x-kubernetes-validations'] ?? []) as Rule[]).map(({ message }) => message)

const rulesBelow = (path: string, schema: Schema): string[][] => [
  ...messagesOf(schema).map((message) => [code(path), message]),
  ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) => rulesBelow(`${path}.${name}`, child)),
  ...(schema.items ? rulesBelow(`${path}[]`, schema.items) : []),
]

/** A table of the rules that the API server checks, with the sentence it answers; empty where there is none. */
export const ruleTable = (path: string, schema: Schema): string => {
  const rows = rulesBelow(path, schema)
  return rows.length === 0 ? '' : table(['Where', 'Rule'], rows)
}
