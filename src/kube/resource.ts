/** Where a kind is served: `group` is empty for core kinds. */
export type Resource = {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
}

export type OwnerReference = {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** The part of ObjectMeta that controllers use; fields that are not named here are carried along untouched. */
export type Meta = {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  creationTimestamp?: string
  deletionTimestamp?: string
}

export type KubeObject = { apiVersion?: string; kind?: string; metadata: Meta }

/** One object by name; no namespace for cluster-scoped kinds. */
export type ObjectName = { readonly namespace?: string | undefined; readonly name: string }

/** `group/version`, or only the version for core kinds: the `apiVersion` of the kind's objects. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and queues. */
export function keyOf({ metadata }: { readonly metadata: ObjectName }): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** The way back from {@link keyOf}. */
export function nameOf(key: string): ObjectName {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/**
 * Orders two resource versions: negative when `a` is the older one. They are decimal numbers without leading zeros and
 * comparable within one kind (Kubernetes API conventions since 1.35), so the longer one is the greater; an absent one
 * is older than any.
 */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  const left = a ?? ''
  const right = b ?? ''
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}
