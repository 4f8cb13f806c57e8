import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Made } from './chart.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'kubernetes')

type Schema = Readonly<Record<string, unknown>>
type Kubernetes = {
  readonly kinds: Readonly<Record<string, string>>
  readonly definitions: Readonly<Record<string, Schema>>
}
type Crd = {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[]
  }
}

const read = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8'))

/** The versions of Kubernetes whose schemas are at hand. */
export const KUBERNETES_VERSIONS = readdirSync(FIXTURES)
  .filter((file) => file.startsWith('v'))
  .map((file) => file.slice(0, -'.json'.length))

/** The kinds of the Prometheus Operator, as its CRDs have them. */
export const MONITORING_CRDS = (read('monitoring') as { crds: readonly Crd[] }).crds

/** Gives what is wrong with an object, each in a line; an object of a kind that nobody knows is wrong. */
export type Validator = (made: Made) => string[]

/** The kinds of a version of Kubernetes, those of the Prometheus Operator, and those that `crds` bring. */
export function validatorFor(version: string, crds: readonly Made[]): Validator {
  const { kinds, definitions } = read(version) as Kubernetes
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false })
  ajv.addSchema({ $id: 'kubernetes', definitions })
  const known = new Map<string, ValidateFunction>()
  for (const [id, definition] of Object.entries(kinds))
    known.set(id, ajv.compile({ $ref: `kubernetes#/definitions/${definition}` }))
  for (const { spec } of [...MONITORING_CRDS, ...(crds as unknown as Crd[])])
    for (const { name, schema } of spec.versions)
      known.set(`${spec.group}/${name}/${spec.names.kind}`, ajv.compile(closed(schema.openAPIV3Schema) as Schema))
  return (made) => {
    const validate = known.get(`${made.apiVersion}/${made.kind}`)
    const where = `${made.kind} ${made.metadata.name}`
    if (!validate) return [`${where}: ${version} does not know ${made.apiVersion}`]
    if (validate(made)) return []
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [where, instancePath, message, JSON.stringify(params)].join(' '),
    )
  }
}

const ALTERNATIVES = new Set(['allOf', 'anyOf', 'oneOf', 'not'])

/** The API server drops a field that a CRD does not name; here it is a mistake. Alternatives name fields of others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const { properties, ...rest } = schema as Schema
  const others = Object.entries(rest).map(([key, value]): [string, unknown] => [key, other(key, value)])
  if (typeof properties !== 'object' || properties === null) return Object.fromEntries(others)
  const own = Object.entries(properties).map(([name, value]): [string, unknown] => [name, closed(value)])
  const isOpen = 'additionalProperties' in rest || 'x-kubernetes-preserve-unknown-fields' in rest
  return {
    ...(isOpen ? {} : { additionalProperties: false }),
    ...Object.fromEntries(others),
    properties: Object.fromEntries(own),
  }
}

/** The rest of a schema; patterns are those of Go, which says otherwise that case does not count. */
function other(key: string, value: unknown): unknown {
  if (key === 'pattern' && typeof value === 'string') return value.replace(/\(\?i\)(.*?)(\$?)$/, '(?i:$1)$2')
  return ALTERNATIVES.has(key) ? value : closed(value)
}
