import { type Cluster, openCluster } from '../../test/support/cluster.ts'
import { type ControlPlane, startControlPlane } from '../../test/support/control-plane.ts'
import { guardedDirectory } from '../../test/support/guard.ts'
import { type OperatorOptions, type OperatorProcess, startOperator } from '../../test/support/operator-process.ts'
import { type SimulatorProcess, startSimulatorProcess } from '../../test/support/simulator-process.ts'
import { CRDS } from '../../test/support/test-bed.ts'

/** Servers of a bench: real ones, on this machine, with fresh data and an etcd that waits for the disk. */
export type Stand = {
  readonly plane: ControlPlane
  readonly cluster: Cluster
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

const accounts = (namespace: string, url: string, count: number): object[] =>
  Array.from({ length: count }, (_, index) => {
    const name = accountOf(index)
    const data = { 'api-key': keyOf(index) }
    return [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: data },
      {
        apiVersion: 'digicert-operator.io/v1alpha1',
        kind: 'DigiCertAccount',
        metadata: { name, namespace },
        spec: { url, apiKeySecretRef: { name }, policy: { maxOrdersPerDay: 100_000 }, requestsPerSecond: 5 },
      },
    ]
  }).flat()

export type StandOptions = {
  /** How many API keys of CertCentral the orders are spread over. */
  readonly accounts: number
  /** Whether CertCentral enforces its documented limits. */
  readonly limited: boolean
}

/** Starts the servers, and accounts; no operator yet. */
export async function startStand({ accounts: count, limited }: StandOptions): Promise<Stand> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const directory = guardedDirectory('bench')
  const plane = await startControlPlane({ directory, log, env: process.env, crds: CRDS, durable: true })
  const cluster = openCluster(plane.kubeconfig)
  const simulator = await startSimulatorProcess({
    instant: true,
    'api-key': Array.from({ length: count }, (_, index) => keyOf(index)),
  })
  await simulator.control.changeSettings({ rateLimits: { enabled: limited } })
  const namespace = await cluster.newNamespace()
  await cluster.apply(accounts(namespace, simulator.url, count))
  return {
    ...{ plane, cluster, simulator, namespace, accounts: count },
    startOperator: (flags, env) =>
      startOperator({
        kubeconfig: plane.kubeconfig,
        ...(env ? { env } : {}),
        flags: { 'operator-namespace': namespace, 'log-level': 'warn', 'log-format': 'json', ...flags },
      }),
    close: async () => {
      await simulator.stop()
      await plane.stop()
    },
  }
}

/** The order of that index. Names are of fixed length, so that one costs what the next does. */
export const orderAt = ({ namespace, accounts: count }: Stand, prefix: string, index: number, spec: object = {}) => {
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
