import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { succeed } from './kubectl.ts'
import type { ConfigMapSource, Pod, Projection, TokenSource, Volume } from './pod-shape.ts'
import type { Mount } from './sandbox.ts'

/** Files of a volume, by their path in it. */
type Files = Record<string, string>

/** The volumes of a pod on this machine. */
export type PodVolumes = {
  /** What its first container mounts, and where. */
  readonly mounts: readonly Mount[]
  /** Fetches everything that is projected anew, tokens as well, and swaps it in one step, as the kubelet does. */
  readonly refresh: (tokensOf: Pod) => Promise<void>
}

/**
 * Makes the volumes of a pod as the kubelet would: projected ones with a token bound to the pod, ConfigMaps, Secrets, and
 * empty directories.
 *
 * @throws Error for a volume of another kind
 */
export async function makeVolumes(plane: ControlPlane, pod: Pod, directory: string): Promise<PodVolumes> {
  const volumes = pod.spec.volumes ?? []
  const placeOf = (name: string): string => join(directory, name)
  const fill = async (tokensOf: Pod): Promise<void> => {
    for (const volume of volumes) {
      if (volume.emptyDir !== undefined) mkdirSync(placeOf(volume.name), { recursive: true })
      else swap(placeOf(volume.name), await filesOf(plane, tokensOf, volume))
    }
  }
  await fill(pod)
  const mounts = (pod.spec.containers[0]?.volumeMounts ?? []).map(({ name, mountPath, readOnly, subPath }) => {
    if (subPath !== undefined) throw new Error(`volume ${name}: no subPath here`)
    const isEmpty = volumes.find((volume) => volume.name === name)?.emptyDir !== undefined
    return { from: placeOf(name), to: mountPath, writable: isEmpty && readOnly !== true }
  })
  return { mounts, refresh: fill }
}

/* The names that a container opens are links to a link, which alone is replaced: it sees all new files or none. */
function swap(volume: string, files: Files): void {
  mkdirSync(volume, { recursive: true })
  const version = `..${String(Date.now())}-${Math.random().toString(36).slice(2)}`
  for (const [path, text] of Object.entries(files)) {
    const file = join(volume, version, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const tops = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path))
  for (const top of tops) {
    rmSync(join(volume, top), { force: true })
    symlinkSync(join('..data', top), join(volume, top))
  }
  symlinkSync(version, join(volume, '..data.next'))
  renameSync(join(volume, '..data.next'), join(volume, '..data'))
}

async function filesOf(plane: ControlPlane, pod: Pod, { name, ...kind }: Volume): Promise<Files> {
  if (kind.projected !== undefined) return projected(plane, pod, kind.projected.sources ?? [])
  if (kind.configMap !== undefined) return projected(plane, pod, [{ configMap: kind.configMap }])
  if (kind.secret !== undefined) {
    const { secretName, ...rest } = kind.secret
    return projected(plane, pod, [{ secret: { ...rest, ...(secretName === undefined ? {} : { name: secretName }) } }])
  }
  throw new Error(`volume ${name}: ${Object.keys(kind).join(', ')} is nothing that is made here`)
}

async function projected(plane: ControlPlane, pod: Pod, sources: readonly Projection[]): Promise<Files> {
  const parts: Files[] = []
  for (const source of sources) parts.push(await filesOfSource(plane, pod, source))
  return Object.assign({}, ...parts) as Files
}

async function filesOfSource(plane: ControlPlane, pod: Pod, source: Projection): Promise<Files> {
  const { serviceAccountToken, configMap, secret, downwardAPI } = source
  if (serviceAccountToken !== undefined)
    return { [serviceAccountToken.path]: await tokenOf(plane, pod, serviceAccountToken) }
  if (configMap !== undefined) return keysOf(plane, pod, { kind: 'configmap', ...configMap })
  if (secret !== undefined) return keysOf(plane, pod, { kind: 'secret', ...secret })
  const items = downwardAPI?.items ?? []
  return Object.fromEntries(items.map(({ path, fieldRef }) => [path, fieldOf(pod, fieldRef?.fieldPath ?? '')]))
}

/** A token by TokenRequest, which is void as soon as the pod is gone. */
function tokenOf({ kubectl }: ControlPlane, pod: Pod, { audience, expirationSeconds }: TokenSource): Promise<string> {
  const { name = '', namespace = '', uid = '' } = pod.metadata
  const account = pod.spec.serviceAccountName ?? 'default'
  const bound = ['--bound-object-kind=Pod', `--bound-object-name=${name}`, `--bound-object-uid=${uid}`]
  const lasting = expirationSeconds === undefined ? [] : [`--duration=${String(expirationSeconds)}s`]
  const forWhom = audience === undefined ? [] : [`--audience=${audience}`]
  return succeed(kubectl, ['create', 'token', account, '-n', namespace, ...bound, ...lasting, ...forWhom]).then(
    (text) => text.trim(),
  )
}

type KeySource = ConfigMapSource & { readonly kind: 'configmap' | 'secret' }

async function keysOf({ kubectl }: ControlPlane, pod: Pod, source: KeySource): Promise<Files> {
  const { kind, name = '', items, optional } = source
  const { code, stdout, stderr } = await kubectl(['get', kind, name, '-n', pod.metadata.namespace ?? '', '-o', 'json'])
  if (code !== 0 && optional === true) return {}
  if (code !== 0) throw new Error(`the pod needs ${kind} ${name}: ${stderr}`)
  const { data = {} } = JSON.parse(stdout) as { data?: Files }
  const text = (key: string): string =>
    kind === 'secret' ? Buffer.from(data[key] ?? '', 'base64').toString() : (data[key] ?? '')
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }))
  return Object.fromEntries(wanted.map(({ key, path }) => [path, text(key)]))
}

/**
 * A field of a pod, as the downward API gives it.
 * @throws Error for one that only a node could tell
 */
export function fieldOf({ metadata, spec }: Pod, path: string): string {
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
    'metadata.uid': metadata.uid,
    'spec.serviceAccountName': spec.serviceAccountName,
    'spec.nodeName': 'this-machine',
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
  }
  const value = fields[path]
  if (value === undefined) throw new Error(`${path} of the pod is nothing that is known here`)
  return value
}
