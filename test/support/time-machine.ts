import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Config } from '../../src/config.ts'
import type { DigiCertOrder } from '../../src/api/order.ts'
import { type Means, startOperator } from '../../src/operator.ts'
import { type Cluster, openCluster } from './cluster.ts'
import { ACCOUNT, conditionOf, statusFaults } from './journey.ts'
import { createLeapingClock } from './leaping-clock.ts'
import { allowedHostOf } from './operator-process.ts'
import type { SimulatorControl } from './simulator-control.ts'
import { type SimulatorFlags, startSimulatorProcess } from './simulator-process.ts'
import { type Written, watchSecrets } from './secret-watch.ts'
import { waitFor } from './wait-for.ts'

const DAY = 24 * 60 * 60_000

/** A real API server, a CertCentral and an operator whose clocks are moved together. */
export type TimeMachine = {
  readonly namespace: string
  readonly cluster: Cluster
  readonly certCentral: SimulatorControl
  readonly now: () => Date
  /** Moves both clocks ahead to that moment. */
  readonly travelTo: (date: Date) => Promise<void>
  readonly travel: (days: number) => Promise<void>
  readonly apply: (object: object) => Promise<void>
  readonly order: (name: string) => Promise<DigiCertOrder>
  /** Waits until an order holds what is asked of it. */
  readonly until: (name: string, what: string, holds: (order: DigiCertOrder) => boolean) => Promise<DigiCertOrder>
  /** Waits until an order is Ready and has nothing to do before a later moment. */
  readonly settled: (name: string) => Promise<DigiCertOrder>
  /** Everything that was ever wrong with a Secret, at any version that was seen. */
  readonly faults: () => Promise<string[]>
  readonly close: () => Promise<void>
}

const configOf = (kubeconfig: string, namespace: string, certCentralUrl: string): Config => ({
  inPod: false,
  kubeconfig,
  watchNamespaces: [namespace],
  operatorNamespace: namespace,
  deploymentName: 'digicert-operator',
  clusterId: 'time-machine',
  leaderElect: false,
  workers: 4,
  pollInterval: 500,
  requestTimeout: 10_000,
  unknownOutcomeTimeout: 60_000,
  metricsBindAddress: '127.0.0.1:0',
  healthProbeBindAddress: '127.0.0.1:0',
  logLevel: 'error',
  logFormat: 'text',
  allowedHosts: [allowedHostOf(certCentralUrl)],
  allowHttp: true,
  secretWatch: true,
  clusterAccounts: true,
})

/** What is wrong with a Secret of a certificate: key and chain that do not fit, or a certificate that is over. */
export function pairFaults({ name, data }: Written, now: Date): string[] {
  const [leaf, ...issuers] = (data['tls.crt']?.toString() ?? '')
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((pem) => pem.trim() !== '')
    .map((pem) => new X509Certificate(pem))
  if (!leaf) return [`${name}: no certificate`]
  const key = data['tls.key'] && createPrivateKey(data['tls.key'])
  const root = data['ca.crt'] && new X509Certificate(data['ca.crt'])
  const chain = [leaf, ...issuers, ...(root ? [root] : [])]
  return [
    ...(key && !leaf.checkPrivateKey(key) ? [`${name}: the key is of another certificate`] : []),
    ...chain.slice(1).flatMap((issuer, at) => (chain[at]?.verify(issuer.publicKey) ? [] : ['a link does not verify'])),
    ...(new Date(leaf.validTo) <= now ? [`${name}: expired ${leaf.validTo} at ${now.toISOString()}`] : []),
  ]
}

/** Where the log of the operator goes, as JSON at level debug; without it errors go to the standard output. */
export type MachineLog = Pick<Means, 'stream'>

export async function startTimeMachine(
  simulatorFlags: SimulatorFlags = { instant: true },
  { stream }: MachineLog = {},
): Promise<TimeMachine> {
  const kubeconfig = process.env['KUBECONFIG'] ?? ''
  const cluster = openCluster(kubeconfig)
  const namespace = await cluster.newNamespace()
  const simulator = await startSimulatorProcess(simulatorFlags)
  const clock = createLeapingClock()
  const now = () => new Date(clock.now())
  await cluster.apply(
    [
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: ACCOUNT }, stringData: { 'api-key': 'simulator' } },
      {
        apiVersion: 'digicert-operator.io/v1alpha1',
        kind: 'DigiCertAccount',
        metadata: { name: ACCOUNT },
        spec: {
          url: simulator.url,
          apiKeySecretRef: { name: ACCOUNT },
          defaults: { organization: { id: 117483 } },
          policy: { maxOrdersPerDay: 1000 },
          requestsPerSecond: 5.5,
        },
      },
    ],
    namespace,
  )
  const config = configOf(kubeconfig, namespace, simulator.url)
  const operator = stream
    ? await startOperator({ ...config, logLevel: 'debug', logFormat: 'json' }, { clock, stream })
    : await startOperator(config, { clock })
  const found: string[] = []
  const watcher = await watchSecrets(kubeconfig, namespace, (secret) => found.push(...pairFaults(secret, now())))
  const order = async (name: string): Promise<DigiCertOrder> => {
    const seen = await cluster.order(namespace, name)
    if (!seen) throw new Error(`order ${name} does not exist`)
    return seen
  }
  const until: TimeMachine['until'] = async (name, what, holds) => {
    const last: { order?: DigiCertOrder } = {}
    const look = async () => {
      last.order = await order(name)
      return holds(last.order) && last.order
    }
    try {
      return await waitFor(look, { what, limitMs: 20_000, everyMs: 50 })
    } catch (cause) {
      throw new Error(`${(cause as Error).message} at ${now().toISOString()}: ${JSON.stringify(last.order?.status)}`, {
        cause,
      })
    }
  }
  const travelTo = async (date: Date): Promise<void> => {
    const ms = date.getTime() - clock.now()
    if (ms <= 0) return
    await simulator.control.advance(Math.ceil(ms / 1000))
    clock.leap(ms)
  }
  return {
    ...{ namespace, cluster, certCentral: simulator.control, now, travelTo, order, until },
    travel: (days) => travelTo(new Date(clock.now() + days * DAY)),
    apply: async (object) => {
      await cluster.apply(object, namespace)
    },
    settled: (name) => until(name, `a settled order ${name}`, (seen) => isSettled(seen, now())),
    faults: async () => {
      await watcher.upToDate()
      return found
    },
    close: async () => {
      watcher.stop()
      await operator.stop()
      await simulator.stop()
      await cluster.deleteNamespace(namespace)
    },
  }
}

/** Whether everything that is due by now has been done. */
const isSettled = (order: DigiCertOrder, now: Date): boolean => {
  const { status, metadata } = order
  const next = status?.next?.at
  return (
    status?.observedGeneration === metadata.generation &&
    conditionOf(order, 'Ready')?.status === 'True' &&
    conditionOf(order, 'Issuing')?.status === 'False' &&
    (next === undefined || new Date(next) > now) &&
    statusFaults(order).length === 0
  )
}
