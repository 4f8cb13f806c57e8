import type { KubeObject } from './types.ts'

/** One entry of `metadata.managedFields`, as far as it is read. */
type Entry = { manager?: string; time?: string; fieldsV1?: unknown; subresource?: string }

/** A field by its path, as `['data', 'tls.crt']`. */
export type FieldPath = readonly string[]

const entriesOf = ({ metadata }: KubeObject): readonly Entry[] => {
  const { managedFields } = metadata as { managedFields?: unknown }
  return Array.isArray(managedFields) ? (managedFields as Entry[]) : []
}

const childOf = (fields: unknown, name: string): unknown =>
  typeof fields === 'object' && fields !== null && Object.hasOwn(fields, `f:${name}`)
    ? (fields as Record<string, unknown>)[`f:${name}`]
    : undefined

const owns = ({ fieldsV1 }: Entry, path: FieldPath): boolean => path.reduce(childOf, fieldsV1) !== undefined

/**
 * Names of the field managers that changed an object since `ours` last did, the newest first: those that own one of the fields,
 * else, as a client that removes a field owns none of it, those that changed anything. Times are whole seconds, so what happened in the
 * same second counts as later.
 *
 * @param object as the API server has it, with its `managedFields`
 */
export const managersSince = (object: KubeObject, ours: string, fields: readonly FieldPath[]): string[] => {
  const entries = entriesOf(object)
  const since = entries.flatMap(({ manager, time }) => (manager === ours && time !== undefined ? [time] : []))
  const last = since.toSorted().at(-1) ?? ''
  const later = entries
    .filter(({ manager = ours, time = '' }) => manager !== ours && time >= last)
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))
  const owners = later.filter((entry) => fields.some((path) => owns(entry, path)))
  return [...new Set((owners.length > 0 ? owners : later).flatMap(({ manager }) => manager ?? []))]
}
