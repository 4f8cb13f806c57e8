import { type KubeConnection, type Resource, connect } from '../../src/kube/client.ts'
import { type Cluster, openCluster } from '../../test/support/cluster.ts'
import { applyCrds, startControlPlane } from '../../test/support/control-plane.ts'
import { guardedDirectory } from '../../test/support/guard.ts'
import { type OperatorOptions, type OperatorProcess, startOperator } from '../../test/support/operator-process.ts'
import { kubectlFor } from '../../test/support/kubectl.ts'
import { findKubectl } from '../../test/support/programs.ts'
import { type SimulatorProcess, startSimulatorProcess } from '../../test/support/simulator-process.ts'
import { CRDS } from '../../test/support/test-bed.ts'

export const ORDERS: Resource = {
  group: 'digicert-operator.io',
  version: 'v1alpha1',
  plural: 'digicertorders',
  kind: 'DigiCertOrder',
}

const ACCOUNTS: Resource = {
  group: 'digicert-operator.io',
  version: 'v1alpha1',
  plural: 'digicertaccounts',
  kind: 'DigiCertAccount',
}

/** Servers of a bench: real ones, on this machine, with fresh data and an etcd that waits for the disk. */
export type Stand = {
  /** Of an admin of the cluster. */
  readonly kubeconfig: string
  /** Servers whose processor time can be read; of a cluster that was there before, none. */
  readonly pids: { readonly api: number | undefined; readonly etcd: number | undefined }
  /** For what is done once; it opens a connection for each call. */
  readonly cluster: Cluster
  /** For what is done by the thousand, over connections that are kept. */
  readonly client: KubeConnection
  readonly simulator: SimulatorProcess
  /** The namespace of the orders. */
  readonly namespace: string
  readonly accounts: number
  readonly startOperator: (flags?: OperatorOptions['flags'], env?: OperatorOptions['env']) => Promise<OperatorProcess>
  readonly close: () => Promise<void>
}

/** Each key of an account has a budget of its own; so many of them leave the speed of the operator to be seen. */
const keyOf = (index: number): string => `BENCH0KEY${String(index).padStart(4, '0')}`
const accountOf = (index: number): string => `account-${String(index).padStart(4, '0')}`

const accounts = (namespace: string, url: string, count: number, requestsPerSecond: number): object[] =>
  Array.from({ length: count }, (_, index) => {
    const name = accountOf(index)
    const data = { 'api-key': keyOf(index) }
    return [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: data },
      {
        apiVersion: 'digicert-operator.io/v1alpha1',
        kind: 'DigiCertAccount',
        metadata: { name, namespace },
        spec: { url, apiKeySecretRef: { name }, policy: { maxOrdersPerDay: 100_000 }, requestsPerSecond },
      },
    ]
  }).flat()

export type StandOptions = {
  /** How many API keys of CertCentral the orders are spread over. */
  readonly accounts: number
  /** Whether CertCentral enforces its documented limits. */
  readonly limited: boolean
  /** The budget of each key. */
  readonly requestsPerSecond: number
}

/** What Node makes of the memory limit of the chart, 512 MiB; without a limit its heap grows as it likes. */
const AS_IN_THE_POD = '--max-old-space-size=256'

type Plane = {
  readonly kubeconfig: string
  readonly pids: () => Stand['pids']
  /** What else the operator is told: in a cluster of others it looks at nothing of theirs. */
  readonly flags: (namespace: string) => Record<string, string>
  /** Ends what was started for the bench; a cluster that was there before is left as `tidy` leaves it. */
  readonly close: (tidy: () => Promise<void>) => Promise<void>
}

const log = (line: string): void => void process.stderr.write(`${line}\n`)

/** A control plane of its own, or the cluster of BENCH_KUBECONFIG with the CRDs of this checkout. */
async function openPlane(): Promise<Plane> {
  const kubeconfig = process.env['BENCH_KUBECONFIG']
  if (kubeconfig !== undefined) {
    await applyCrds(kubectlFor(await findKubectl(process.env, log), kubeconfig), CRDS)
    return {
      kubeconfig,
      pids: () => ({ api: undefined, etcd: undefined }),
      flags: (namespace) => ({ 'watch-namespaces': namespace }),
      close: (tidy) => tidy(),
    }
  }
  const directory = guardedDirectory('bench')
  const plane = await startControlPlane({ directory, log, env: process.env, crds: CRDS, durable: true })
  return {
    kubeconfig: plane.kubeconfig,
    pids: () => ({ api: plane.pids()['kube-apiserver'], etcd: plane.pids().etcd }),
    flags: () => ({}),
    close: () => plane.stop(),
  }
}

/** Starts the servers, and accounts; no operator yet. */
export async function startStand({ accounts: count, limited, requestsPerSecond }: StandOptions): Promise<Stand> {
  const plane = await openPlane()
  const { kubeconfig } = plane
  const cluster = openCluster(kubeconfig)
  const client = connect({ kubeconfig, userAgent: 'bench' })
  const simulator = await startSimulatorProcess({
    instant: true,
    'api-key': Array.from({ length: count }, (_, index) => keyOf(index)),
  })
  await simulator.control.changeSettings({ rateLimits: { enabled: limited } })
  const namespace = await cluster.newNamespace()
  await cluster.apply(accounts(namespace, simulator.url, count, requestsPerSecond))
  return {
    ...{ kubeconfig, pids: plane.pids(), cluster, client, simulator, namespace, accounts: count },
    startOperator: (flags, env) =>
      startOperator({
        kubeconfig,
        certCentral: simulator.url,
        env: { ...env, NODE_OPTIONS: `${AS_IN_THE_POD} ${env?.['NODE_OPTIONS'] ?? ''}` },
        flags: {
          'operator-namespace': namespace,
          ...plane.flags(namespace),
          'log-level': 'warn',
          'log-format': 'json',
          ...flags,
        },
      }),
    close: async () => {
      await client.close()
      await simulator.stop()
      await plane.close(() => cluster.deleteNamespace(namespace))
    },
  }
}

/** Gives each key of the stand another budget; an operator that starts after that knows no other. */
export async function rebudget(
  { client, namespace, accounts: count }: Stand,
  requestsPerSecond: number,
): Promise<void> {
  for (let index = 0; index < count; index++)
    await client.mergePatch(ACCOUNTS, { namespace, name: accountOf(index) }, { spec: { requestsPerSecond } })
}

/** Creates the order of that index. */
export const submit = (stand: Stand, prefix: string, index: number, spec: object = {}): Promise<unknown> =>
  stand.client.create(ORDERS, orderAt(stand, prefix, index, spec))

/** The order of that index. Names are of fixed length, so that one costs what the next does. */
const orderAt = ({ namespace, accounts: count }: Stand, prefix: string, index: number, spec: object = {}) => {
  const name = nameOf(prefix, index)
  return {
    apiVersion: 'digicert-operator.io/v1alpha1',
    kind: 'DigiCertOrder',
    metadata: { name, namespace },
    spec: {
      accountRef: { name: accountOf(index % count) },
      product: 'ssl_dv_geotrust_flex',
      secretName: `${name}-tls`,
      commonName: `${name}.example.com`,
      orderValidity: { years: 1 },
      privateKey: { algorithm: 'ECDSA' },
      ...spec,
    },
  }
}

export const nameOf = (prefix: string, index: number): string => `${prefix}-${String(index).padStart(5, '0')}`
