/** A kind and where it is served; `group` is empty for the core group. */
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

/** The part of ObjectMeta that controllers use. Other fields are kept as they are. */
export type ObjectMeta = {
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

export type KubeObject = { apiVersion?: string; kind?: string; metadata: ObjectMeta }

/** Name of an object; without a namespace for cluster-scoped kinds. */
export type ObjectName = { readonly namespace?: string | undefined; readonly name: string }

/** The `apiVersion` of a kind's objects: `group/version`, or only the version for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** The key of an object in caches and queues: `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf({ metadata }: { readonly metadata: ObjectName }): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

/** The inverse of {@link keyOf}. */
export function nameOf(key: string): ObjectName {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/**
 * Compares two resource versions of one kind: negative when `a` is older. They are decimal numbers without leading zeros
 * (Kubernetes API conventions since 1.35), so the longer one is greater. An absent version is older than any other.
 */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  const left = a ?? ''
  const right = b ?? ''
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** `timeoutMs` limits the whole call, retries included; by default the limit is that of the connection. */
export type CallOptions = { readonly timeoutMs?: number | undefined }

export type WriteOptions = CallOptions & {
  readonly fieldManager?: string | undefined
  /** The server validates, admits and defaults the object, but does not store it. */
  readonly dryRun?: 'All' | undefined
  readonly subresource?: 'status' | undefined
}

export type ListOptions = CallOptions & {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  readonly resourceVersion?: string | undefined
}

export type Page<T> = { readonly items: T[]; readonly resourceVersion: string; readonly continue?: string }

/** The object of a bookmark has only a resource version. */
export type WatchEvent<T extends KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

export type WatchOptions = {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly resourceVersion: string
  /** The server ends the watch after this time. */
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

export type DeleteOptions = CallOptions & {
  /** Deletes only the object with this UID; another one of that name counts as absent. */
  readonly uid?: string | undefined
}

/**
 * The Kubernetes API as raw JSON, with every field of an object. Every call has a deadline and rejects with a KubeError.
 * Within its deadline a call repeats a read that got no response; it repeats a write only after a 429.
 */
export type KubeClient = {
  /** The current object (a quorum read), or undefined when it does not exist. */
  get: <T extends KubeObject>(resource: Resource, object: ObjectName & CallOptions) => Promise<T | undefined>
  /**
   * Only the metadata of an object, or undefined when it does not exist. Comes from the cache of the API server, which
   * spares etcd and may lag a little.
   */
  getMetadata: (resource: Resource, object: ObjectName & CallOptions) => Promise<KubeObject | undefined>
  list: <T extends KubeObject>(resource: Resource, options?: ListOptions) => Promise<Page<T>>
  create: <T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions) => Promise<T>
  /** A compare-and-swap on `metadata.resourceVersion`: fails with `conflict` when the object changed since it was read. */
  replace: <T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions) => Promise<T>
  /** Server-side apply. Without `force`, a field of another manager makes it fail with `conflict`. */
  apply: <T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: 'force' | undefined },
  ) => Promise<T>
  /** JSON merge patch: null removes a field, a list replaces the whole list. */
  mergePatch: <T extends KubeObject>(
    resource: Resource,
    object: ObjectName,
    patch: object,
    options?: WriteOptions,
  ) => Promise<T>
  /** Succeeds also when the object does not exist. */
  delete: (resource: Resource, object: ObjectName, options?: DeleteOptions) => Promise<void>
  /** The events of one watch, bookmarks included, until the server ends it. Throws a KubeError on any other end. */
  watch: <T extends KubeObject>(resource: Resource, options: WatchOptions) => AsyncIterable<WatchEvent<T>>
}
