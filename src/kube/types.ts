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

/** Milliseconds for the whole call, retries included, where the connection's default is too long. */
export type CallLimit = { readonly timeoutMs?: number | undefined }

export type WriteOptions = CallLimit & {
  readonly fieldManager?: string | undefined
  /** Validated, admitted and defaulted by the server, and not stored. */
  readonly dryRun?: 'All' | undefined
  readonly subresource?: 'status' | undefined
}

export type ListOptions = CallLimit & {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  readonly resourceVersion?: string | undefined
}

export type Page<T> = { readonly items: T[]; readonly resourceVersion: string; readonly continue?: string }

/** A bookmark's object has only a resource version. */
export type WatchEvent<T extends KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

export type WatchOptions = {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly resourceVersion: string
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

export type RemoveOptions = CallLimit & {
  /** Removes only the object of this UID; another one of the same name counts as absent. */
  readonly uid?: string | undefined
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan' | undefined
}

/**
 * The Kubernetes API as raw JSON, nothing left out and nothing typed away. Every call has a deadline and rejects with a
 * KubeError. Reads that go unanswered are retried for a moment within the call; writes only after a 429.
 */
export type KubeClient = {
  /** The object as it is now (a quorum read), or undefined when it does not exist. */
  get: <T extends KubeObject>(resource: Resource, object: ObjectName & CallLimit) => Promise<T | undefined>
  /**
   * The metadata of an object alone, or undefined when it does not exist: from the API server's own cache, which may lag
   * somewhat, so that etcd is not asked, and without what the object holds.
   */
  getMetadata: (resource: Resource, object: ObjectName & CallLimit) => Promise<KubeObject | undefined>
  list: <T extends KubeObject>(resource: Resource, options?: ListOptions) => Promise<Page<T>>
  create: <T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions) => Promise<T>
  /** A compare-and-swap on `metadata.resourceVersion`: `conflict` when the object has changed since it was read. */
  replace: <T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions) => Promise<T>
  /** Server-side apply. Without `force`, fields that others own make a `conflict`. */
  apply: <T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: 'force' | undefined },
  ) => Promise<T>
  /** JSON merge patch: null removes a field, lists are replaced whole. */
  merge: <T extends KubeObject>(
    resource: Resource,
    object: ObjectName,
    patch: object,
    options?: WriteOptions,
  ) => Promise<T>
  /** That the object is absent already is success. */
  remove: (resource: Resource, object: ObjectName, options?: RemoveOptions) => Promise<void>
  /** The events of one watch, bookmarks included, until the server ends it; throws on anything else. */
  watch: <T extends KubeObject>(resource: Resource, options: WatchOptions) => AsyncIterable<WatchEvent<T>>
  /** The server's version, as `v1.37.2`. */
  version: () => Promise<string>
}
