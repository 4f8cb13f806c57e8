import type { ObjectName, Resource } from './resource.ts'

/** Query parameters of a call; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** Path of all objects of a kind, in one namespace or in all of them. */
export function collectionPath({ group, version, plural }: Resource, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
}

/** Path of one object, or of a subresource of it. */
export function objectPath(resource: Resource, { namespace, name }: ObjectName, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

/** Adds the query to a path. */
export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}
