import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { API_VERSION } from '../../../src/api/names.ts'
import type { Cluster } from '../../support/cluster.ts'
import type { ControlPlane } from '../../support/control-plane.ts'
import { type OperatorProcess, allowedHostOf, startOperator } from '../../support/operator-process.ts'
import { waitFor } from '../../support/wait-for.ts'

type Deployment = {
  metadata: { name: string; namespace: string; generation: number; uid: string }
  spec: {
    replicas: number
    template: { spec: { serviceAccountName: string; containers: [{ args: string[]; env?: Variable[] }] } }
  }
}
type Variable = { name: string; value?: string }

/** What runs the pods of Deployments named digicert-operator: there are no nodes. */
export type StandInKubelet = {
  /** A link, in that directory, to the log of the operator that runs, or ran last. */
  readonly logLink: (directory: string) => string
  /** Where the pod that runs serves its figures. */
  readonly metricsUrl: () => string
  readonly stop: () => Promise<void>
}

/*
 * What is other than in the Deployment: the way to a CertCentral on this machine, and waits that a reader has and a test
 * has not.
 */
const HERE = {
  'allow-http': 'true',
  'poll-interval': '1s',
  'leader-elect': 'false',
  'log-format': undefined,
  'log-level': undefined,
}

const flagsOf = (args: readonly string[]): Record<string, string> =>
  Object.fromEntries(args.slice(1).map((arg) => [/^--([^=]+)/.exec(arg)?.[1] ?? '', arg.replace(/^[^=]*=?/, '')]))

const plain = (args: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(flagsOf(args)).filter(([name]) => !name.endsWith('-bind-address')))

/**
 * Runs the operator from the sources whenever there is a Deployment of it: with the arguments and environment of its
 * container, under its service account and nothing more.
 */
export function startStandInKubelet(cluster: Cluster, plane: ControlPlane, certCentral: string): StandInKubelet {
  let running: { key: string; operator: OperatorProcess } | undefined
  let link: string | undefined
  const ending = new AbortController()

  const start = async ({ metadata, spec }: Deployment): Promise<OperatorProcess> => {
    const { serviceAccountName, containers } = spec.template.spec
    const [{ args, env = [] }] = containers
    const kubeconfig = await plane.userKubeconfig({ namespace: metadata.namespace, name: serviceAccountName })
    const values = env.map(({ name, value = '' }) => [name, value] as const)
    const flags = { ...plain(args), ...HERE, 'allowed-hosts': allowedHostOf(certCentral) }
    return startOperator({ kubeconfig, flags, env: Object.fromEntries(values) })
  }

  const look = async (): Promise<void> => {
    const found = (await cluster.list({ apiVersion: 'apps/v1', kind: 'Deployment' })) as unknown as Deployment[]
    const wanted = found.find(({ spec }) => spec.template.spec.containers[0].args[0] === 'run')
    const key = wanted && `${wanted.metadata.uid} ${wanted.metadata.generation}`
    if (key === running?.key) return
    await running?.operator.stop()
    running = undefined
    if (wanted === undefined || key === undefined || wanted.spec.replicas === 0) return
    const operator = await start(wanted)
    if (link !== undefined) {
      rmSync(link, { force: true })
      symlinkSync(operator.logFile, link)
    }
    running = { key, operator }
    await waitFor(() => isServed(cluster), { what: 'kinds that admission knows', limitMs: 30_000 })
    await cluster.patch({ ...wanted.metadata, apiVersion: 'apps/v1', kind: 'Deployment' }, statusOf(wanted), 'status')
  }

  const loop = (async () => {
    let trouble: unknown
    while (!ending.signal.aborted) {
      await look().catch((error: unknown) => (trouble = error))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await running?.operator.stop()
    return trouble
  })()
  return {
    logLink: (directory) => (link = join(directory, 'operator.log')),
    metricsUrl: () => {
      if (running === undefined) throw new Error('no operator runs')
      return running.operator.metricsUrl
    },
    stop: async () => {
      ending.abort()
      await loop
    },
  }
}

/*
 * The policy that sends accounts to the simulator looks kinds up on its own, and is some seconds late for new ones. A
 * reader has no such policy, so that wait belongs to the stage.
 */
const isServed = async (cluster: Cluster): Promise<boolean> => {
  const metadata = { name: 'served' }
  const body = {
    apiVersion: API_VERSION,
    kind: 'ClusterDigiCertAccount',
    metadata,
    spec: { apiKeySecretRef: metadata },
  }
  await cluster.send({ method: 'POST', path: `/apis/${API_VERSION}/clusterdigicertaccounts?dryRun=All`, body })
  return true
}

/* Says what the Deployment controller says of pods that are ready. */
const statusOf = ({ metadata, spec: { replicas } }: Deployment) => ({
  status: {
    observedGeneration: metadata.generation,
    ...{ replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas },
    conditions: [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ],
  },
})
