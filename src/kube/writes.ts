import { callJson } from './call.ts'
import type { Caller, JsonCall } from './call.ts'
import { isFailure } from './error.ts'
import { collectionPath, objectPath, withQuery } from './paths.ts'
import { createReads } from './reads.ts'
import { apiVersionOf } from './resource.ts'
import type { KubeObject, ObjectName, Resource } from './resource.ts'
import type { KubeClient, RemoveOptions, WriteOptions } from './verbs.ts'

type Writes = Pick<KubeClient, 'create' | 'replace' | 'apply' | 'merge' | 'remove'>

/** The calls that change something. */
export function createWrites(caller: Caller): Writes {
  const send = async <T>(call: JsonCall): Promise<T> => (await callJson(caller, call)) as T
  return {
    create: (resource, object, options = {}) => {
      const path = collectionPath(resource, object.metadata.namespace)
      return send(writeOf('POST', { resource, name: object.metadata, path, options, body: typed(resource, object) }))
    },
    replace: (resource, object, options = {}) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      return send(writeOf('PUT', { resource, name: object.metadata, path, options, body: typed(resource, object) }))
    },
    apply: (resource, object, options) => {
      const path = objectPath(resource, object.metadata, options.subresource)
      const write = { resource, name: object.metadata, path, options, body: typed(resource, object) }
      return send(writeOf('PATCH', write, 'application/apply-patch+yaml'))
    },
    merge: (resource, name, patch, options = {}) => {
      const path = objectPath(resource, name, options.subresource)
      return send(writeOf('PATCH', { resource, name, path, options, body: patch }, 'application/merge-patch+json'))
    },
    remove: (resource, name, options = {}) => remove(caller, resource, name, options),
  }
}

type Write = {
  readonly resource: Resource
  readonly name: ObjectName
  readonly path: string
  readonly options: WriteOptions & { readonly force?: 'force' | undefined }
  readonly body: object
}

function writeOf(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  write: Write,
  contentType = 'application/json',
): JsonCall {
  const { resource, name, options } = write
  const force = options.force === undefined ? undefined : 'true'
  const query = { fieldManager: options.fieldManager, force, dryRun: options.dryRun }
  return {
    method,
    path: withQuery(write.path, query),
    body: JSON.stringify(write.body),
    contentType,
    label: `${words[method]} ${resource.plural} ${name.name}`,
    resource: resource.plural,
    writes: true,
    timeoutMs: options.timeoutMs,
  }
}

const words = { POST: 'create', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' } as const

function typed<T extends KubeObject>(resource: Resource, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

async function remove(caller: Caller, resource: Resource, name: ObjectName, options: RemoveOptions): Promise<void> {
  const { uid, propagation, timeoutMs } = options
  const body = {
    ...(uid !== undefined && { preconditions: { uid } }),
    ...(propagation !== undefined && { propagationPolicy: propagation }),
  }
  const write = { resource, name, path: objectPath(resource, name), options: { timeoutMs }, body }
  try {
    await callJson(caller, writeOf('DELETE', write))
  } catch (error) {
    if (isFailure(error, 'not-found')) return
    if (!isFailure(error, 'conflict') || uid === undefined || !(await isGone(caller, resource, { ...name, uid }))) {
      throw error
    }
  }
}

// The server says conflict when another object has the name; only its UID tells that from any other conflict.
async function isGone(caller: Caller, resource: Resource, { uid, ...name }: ObjectName & { uid: string }) {
  const found = await createReads(caller).get<KubeObject>(resource, name)
  return found?.metadata.uid !== uid
}
