import type { KubeObject } from './types.ts'

/** The fields of a `metadata.managedFields` entry that are read here. */
type ManagedFieldsEntry = { manager?: string; time?: string; fieldsV1?: unknown }

/** The path of a field, such as `['data', 'tls.crt']`. */
export type FieldPath = readonly string[]

/**
 * Names of the field managers that changed an object since `ours` last did, the newest first: those that own one of the
 * fields. If none does, all that changed the object, because a client that removes a field does not own it. Times are
 * whole seconds, so a change within the same second counts as later.
 *
 * @param object with its `managedFields`
 */
export function managersSince(object: KubeObject, ours: string, fields: readonly FieldPath[]): string[] {
  const entries = managedFieldsOf(object)
  const times = entries.flatMap(({ manager, time }) => (manager === ours && time !== undefined ? [time] : []))
  const since = times.toSorted().at(-1) ?? ''
  const later = entries
    .filter(({ manager = ours, time = '' }) => manager !== ours && time >= since)
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))
  const owners = later.filter((entry) => fields.some((path) => owns(entry, path)))
  return [...new Set((owners.length > 0 ? owners : later).flatMap(({ manager }) => manager ?? []))]
}

function managedFieldsOf({ metadata }: KubeObject): readonly ManagedFieldsEntry[] {
  const { managedFields } = metadata as { managedFields?: unknown }
  return Array.isArray(managedFields) ? (managedFields as ManagedFieldsEntry[]) : []
}

function owns({ fieldsV1 }: ManagedFieldsEntry, path: FieldPath): boolean {
  return path.reduce(childField, fieldsV1) !== undefined
}

function childField(fields: unknown, name: string): unknown {
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, `f:${name}`)
    ? (fields as Record<string, unknown>)[`f:${name}`]
    : undefined
}

/** Drops `managedFields`, which are often larger than the rest of an object and are not read from caches. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields, ...metadata } = object.metadata as KubeObject['metadata'] & { managedFields?: unknown }
  return managedFields === undefined ? object : { ...object, metadata }
}

/** Where `kubectl apply` keeps the whole object once more. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * Drops `managedFields` and the annotation of `kubectl apply`. Only for kinds whose metadata is never written back: a
 * write would remove the annotation from the object.
 */
export function withoutBookkeeping<T extends KubeObject>(object: T): T {
  const bare = withoutManagedFields(object)
  const { [LAST_APPLIED]: lastApplied, ...annotations } = bare.metadata.annotations ?? {}
  return lastApplied === undefined ? bare : { ...bare, metadata: { ...bare.metadata, annotations } }
}
