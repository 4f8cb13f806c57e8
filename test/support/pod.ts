import { join } from 'node:path'
import { endChild, isAlive, logLines, logTail, runningPid, startChild } from './child.ts'
import type { ControlPlane } from './control-plane.ts'
import { freePort } from './free-port.ts'
import { guardedDirectory } from './guard.ts'
import type { Image } from './image.ts'
import { succeed } from './kubectl.ts'
import type { Deployment, Pod, PodContainer, Probe } from './pod-shape.ts'
import { fieldOf, makeVolumes } from './pod-volumes.ts'
import { innerPid, sandboxArgs } from './sandbox.ts'
import { waitFor } from './wait-for.ts'

/** A pod of the Deployment, run on this machine. */
export type RunningPod = {
  readonly pod: Pod
  readonly metricsUrl: string
  /** Process id, on this machine, of what is process 1 of the pod. */
  readonly pid: () => number
  readonly logs: () => string[]
  readonly waitUntilReady: () => Promise<void>
  /** The status of the answer to a probe of the pod. */
  readonly probe: (which: 'livenessProbe' | 'readinessProbe') => Promise<number>
  /** Gives the pod another token, and makes the one before void at once. */
  readonly rotateToken: () => Promise<void>
  /** Ends it as the kubelet does, by SIGTERM, and gives its exit code; the pod is deleted. */
  readonly stop: () => Promise<number | string>
}

/** Which pod to run, and what stands in for the node. */
export type PodOptions = {
  readonly plane: ControlPlane
  readonly image: Image
  readonly namespace: string
  readonly deployment: string
}

const PORT_FLAGS = { metrics: '--metrics-bind-address', health: '--health-probe-bind-address' }

/**
 * Does for one pod of a Deployment what its controller and a kubelet would: creates it from the template, so that the API
 * server admits and completes it, makes its volumes and environment, and runs its container in bubblewrap. Only the ports
 * are others, as all pods share the network of this machine.
 */
export async function runPod({ plane, image, namespace, deployment }: PodOptions): Promise<RunningPod> {
  const create = () => createPod(plane, namespace, deployment)
  const pod = await create()
  const directory = guardedDirectory('pod')
  const volumes = await makeVolumes(plane, pod, join(directory, 'volumes'))
  const container = containerOf(pod)
  const ports = { metrics: await freePort(), health: await freePort() }
  const place = { name: 'container', directory }
  const args = sandboxArgs({
    image,
    hostname: pod.metadata.name ?? '',
    command: [...(container.command ?? image.config.entrypoint), ...onPorts(container.args ?? [], ports)],
    environment: { ...image.config.environment, ...environmentOf(plane, pod) },
    ...userOf(pod, image),
    mounts: volumes.mounts,
    isRootReadOnly: container.securityContext?.readOnlyRootFilesystem === true,
    scratch: join(directory, 'etc'),
  })
  const child = await startChild({ ...place, command: 'bwrap', args })
  const innermost = await waitFor(() => innerPid(child.pid), { what: 'process in bubblewrap', limitMs: 10_000 })
  let tokenHolder = pod
  return {
    pod,
    metricsUrl: `http://127.0.0.1:${String(ports.metrics)}/metrics`,
    pid: () => innermost,
    logs: () => logLines(place),
    probe: (which) => ask(container[which], ports.health),
    waitUntilReady: async () => {
      const look = async () =>
        runningPid(place) === undefined
          ? 'ended'
          : (await ask(container.readinessProbe, ports.health)) === 200 && 'ready'
      const seen = await waitFor(look, { what: 'ready pod', limitMs: 60_000 }).catch(() => 'late')
      if (seen !== 'ready') throw new Error(`the pod did not become ready (${seen}); ${logTail(place)}`)
    },
    rotateToken: async () => {
      const next = await create()
      await volumes.refresh(next)
      await removePod(plane, tokenHolder)
      tokenHolder = next
    },
    stop: async () => {
      if (isAlive(innermost)) process.kill(innermost, 'SIGTERM')
      const code = await child.exit()
      await endChild(place, 'SIGKILL')
      await removePod(plane, tokenHolder)
      return code
    },
  }
}

async function createPod({ kubectl }: ControlPlane, namespace: string, deployment: string): Promise<Pod> {
  const found = await succeed(kubectl, ['get', 'deployment', deployment, '-n', namespace, '-o', 'json'])
  const { template } = (JSON.parse(found) as Deployment).spec
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, generateName: `${deployment}-`, namespace },
    spec: template.spec,
  }
  return JSON.parse(await succeed(kubectl, ['create', '-f', '-', '-o', 'json'], JSON.stringify(pod))) as Pod
}

async function removePod({ kubectl }: ControlPlane, { metadata }: Pod): Promise<void> {
  const { name = '', namespace = '' } = metadata
  await succeed(kubectl, ['delete', 'pod', name, '-n', namespace, '--ignore-not-found', '--grace-period=0', '--force'])
}

function containerOf({ spec }: Pod): PodContainer {
  const [container, ...others] = spec.containers
  if (container === undefined || others.length > 0) throw new Error('the pod has not exactly one container')
  return container
}

/** @throws Error when the Deployment does not say an address, which then could not be moved out of the way */
function onPorts(args: readonly string[], ports: Readonly<Record<keyof typeof PORT_FLAGS, number>>): string[] {
  return Object.entries(PORT_FLAGS).reduce(
    (result, [name, flag]) => {
      const at = result.findIndex((arg) => arg.startsWith(`${flag}=`))
      if (at < 0) throw new Error(`the Deployment says no ${flag}`)
      return result.with(at, `${flag}=127.0.0.1:${String(ports[name as keyof typeof ports])}`)
    },
    [...args],
  )
}

function environmentOf(plane: ControlPlane, pod: Pod): Record<string, string> {
  const { hostname, port } = new URL(plane.url)
  const given = (containerOf(pod).env ?? []).map(({ name, value, valueFrom }) => {
    if (valueFrom === undefined) return [name, value ?? '']
    if (valueFrom.fieldRef === undefined) throw new Error(`variable ${name} comes from nothing that is known here`)
    return [name, fieldOf(pod, valueFrom.fieldRef.fieldPath)]
  })
  const kubelets = {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    HOSTNAME: fieldOf(pod, 'metadata.name'),
  }
  return { ...kubelets, ...(Object.fromEntries(given) as Record<string, string>) }
}

function userOf({ spec }: Pod, { config }: Image): { uid: number; gid: number } {
  const context = { ...spec.securityContext, ...spec.containers[0]?.securityContext }
  return { uid: context.runAsUser ?? config.uid, gid: context.runAsGroup ?? config.gid }
}

async function ask(probe: Probe | undefined, port: number): Promise<number> {
  if (probe?.httpGet?.port !== 'health') throw new Error('the pod has no probe at its port "health"')
  const answer = await fetch(`http://127.0.0.1:${String(port)}${probe.httpGet.path ?? '/'}`, {
    signal: AbortSignal.timeout(2000),
  })
  await answer.body?.cancel()
  return answer.status
}
