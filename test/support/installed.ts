import { type Cluster, openCluster } from './cluster.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { guardedDirectory } from './guard.ts'
import { CHART, type Helm, helmFor } from './helm.ts'
import type { Image } from './image.ts'
import { accountAt } from './journey.ts'
import { succeed } from './kubectl.ts'
import { allowedHostOf } from './operator-process.ts'
import { type RunningPod, runPod } from './pod.ts'
import type { Deployment } from './pod-shape.ts'
import type { SimulatorControl } from './simulator-control.ts'
import { startSimulatorProcess } from './simulator-process.ts'

/** The name of the release, and of its Deployment and ServiceAccount. */
export const RELEASE = 'digicert-operator'
/** The namespace that the operator is installed into. */
export const HOME = 'digicert-operator'

/** A cluster where nothing of ours is installed, Helm, and a CertCentral. */
export type BareCluster = {
  readonly plane: ControlPlane
  readonly cluster: Cluster
  readonly helm: Helm
  readonly certCentral: SimulatorControl
  /** The entry of the value `allowedHosts` that lets accounts name that CertCentral. */
  readonly allowedHost: string
  /** Creates a namespace where orders can use the account `certcentral`; the kinds must be installed. */
  readonly newShop: () => Promise<string>
  readonly addAccount: (namespace: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a control plane of its own, as Helm must own the CRDs; 8 s. */
export async function startBareCluster(): Promise<BareCluster> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const [plane, simulator] = await Promise.all([
    startControlPlane({ directory: guardedDirectory('bare-cluster'), log, env: process.env }),
    startSimulatorProcess({ instant: true }),
  ])
  const cluster = openCluster(plane.kubeconfig)
  await prepareHome(plane)
  const addAccount = async (namespace: string) => {
    await cluster.apply(accountAt(simulator.url), namespace)
  }
  return {
    plane,
    cluster,
    helm: await helmFor(plane),
    certCentral: simulator.control,
    allowedHost: allowedHostOf(simulator.url),
    addAccount,
    newShop: async () => {
      const namespace = await cluster.newNamespace()
      await addAccount(namespace)
      return namespace
    },
    close: async () => {
      await simulator.stop()
      await plane.stop()
    },
  }
}

/* The controller that publishes the CA to each namespace does not run here. */
async function prepareHome({ kubectl, caPem }: ControlPlane): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: HOME, labels } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-root-ca.crt', namespace: HOME },
      data: { 'ca.crt': caPem },
    },
  ]
  for (const object of objects) await succeed(kubectl, ['apply', '-f', '-'], JSON.stringify(object))
}

/** Values that let the operator buy from a simulator on this machine, and look often. */
const simulatorValues = ({ allowedHost }: Pick<BareCluster, 'allowedHost'>): readonly string[] =>
  [`allowedHosts={${allowedHost}}`, 'allowHttp=true', 'pollInterval=1s'].flatMap((value) => ['--set', value])

/** Images by the tag that a Deployment names them by. */
export type Images = Readonly<Record<string, Image>>

/** A pod of the release, with the image that its Deployment names, once it is ready. */
export async function runInstalled({ plane, cluster }: BareCluster, images: Images): Promise<RunningPod> {
  const deployment = await cluster.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: HOME, name: RELEASE })
  const [container] = (deployment as unknown as Deployment).spec.template.spec.containers
  const tag = container?.image.split(':').at(-1) ?? ''
  const image = images[tag]
  if (image === undefined) throw new Error(`nobody built the image of ${container?.image ?? 'no container'}`)
  const pod = await runPod({ plane, image, namespace: HOME, deployment: RELEASE })
  await pod.waitUntilReady()
  return pod
}

/** `helm install` of a chart, with values for the simulator. */
export const install = (bed: BareCluster, values: readonly string[] = [], chart: string = CHART): Promise<string> =>
  bed.helm('install', RELEASE, chart, '-n', HOME, ...simulatorValues(bed), ...values)
