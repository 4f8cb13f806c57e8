import type { ORDER_REASONS } from '../../src/api/reasons.ts'
import type { DigiCertOrder, OrderSpec } from '../../src/api/order.ts'
import { type ApiTraffic, startApiTraffic } from './api-traffic.ts'
import { type Cluster, isReady, openCluster, type SecretContent } from './cluster.ts'
import { openControlPlane } from './control-plane.ts'
import { type Kubectl, kubectlFor, succeed } from './kubectl.ts'
import { type OperatorProcess, startOperator } from './operator-process.ts'
import type { SimulatorControl } from './simulator-control.ts'
import { type SimulatorFlags, startSimulatorProcess } from './simulator-process.ts'
import { lintStatus } from './status-lint.ts'
import { waitFor } from './wait-for.ts'

/** A namespace with an account, an operator that watches it, and a CertCentral of its own. */
export type Journey = {
  readonly namespace: string
  readonly cluster: Cluster
  readonly kubectl: Kubectl
  readonly operator: OperatorProcess
  readonly certCentral: SimulatorControl
  /** The operator's calls to the API server. */
  readonly traffic: ApiTraffic
  /** `kubectl apply` of an order, as a person would. */
  readonly apply: (order: object) => Promise<void>
  /** `kubectl delete` of an order; it does not wait for what the order owned. */
  readonly remove: (name: string) => Promise<void>
  /** Waits until an order is Ready and nothing more is to do for its present spec. */
  readonly ready: (name: string, limitMs?: number) => Promise<DigiCertOrder>
  /** Waits until an order says that reason about its work. */
  readonly says: (name: string, reason: keyof typeof ORDER_REASONS, limitMs?: number) => Promise<DigiCertOrder>
  /** The Secret of an order made by `orderNamed`. */
  readonly secretOf: (name: string) => Promise<SecretContent>
  readonly close: () => Promise<void>
}

/** How to begin: flags of the two programs; `pollInterval` undefined leaves the operator its default. */
export type JourneyOptions = {
  readonly simulator?: SimulatorFlags
  readonly operator?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Starts everything that an order needs on its way. */
export async function beginJourney(options: JourneyOptions = {}): Promise<Journey> {
  const kubeconfig = process.env['KUBECONFIG'] ?? ''
  const cluster = openCluster(kubeconfig)
  const namespace = await cluster.newNamespace()
  const [simulator, traffic] = await Promise.all([
    startSimulatorProcess(options.simulator),
    startApiTraffic(kubeconfig),
  ])
  await cluster.apply(accountAt(simulator.url), namespace)
  const flags = { 'watch-namespaces': namespace, 'poll-interval': '1s', ...options.operator }
  const operator = await startOperator({ kubeconfig: traffic.kubeconfig, certCentral: simulator.url, flags })
  const kubectl = kubectlOf(kubeconfig)
  return {
    namespace,
    cluster,
    kubectl,
    operator,
    traffic,
    certCentral: simulator.control,
    apply: async (order) => {
      await succeed(kubectl, ['apply', '-n', namespace, '-f', '-'], JSON.stringify(order))
    },
    remove: async (name) => {
      await succeed(kubectl, ['delete', 'dco', name, '-n', namespace])
    },
    ready: (name, limitMs) => withLog(operator, cluster.waitForOrder(namespace, name, isSettled, limitMs)),
    says: (name, reason, limitMs) => {
      const isSaid = (order: DigiCertOrder) => isCurrent(order) && reasonOf(order) === reason
      return withLog(operator, cluster.waitForOrder(namespace, name, isSaid, limitMs))
    },
    secretOf: async (name) => {
      const secret = await cluster.secret(namespace, `${name}-tls`)
      if (secret === undefined) throw new Error(`Secret ${name}-tls does not exist`)
      return secret
    },
    close: async () => {
      await operator.stop()
      await Promise.all([simulator.stop(), traffic.close(), cluster.deleteNamespace(namespace)])
    },
  }
}

/** Adds the end of the operator's log to the error of a wait that was in vain. */
async function withLog<T>(operator: OperatorProcess, wait: Promise<T>): Promise<T> {
  try {
    return await wait
  } catch (cause) {
    throw new Error([(cause as Error).message, ...operator.logs().slice(-15)].join('\n'), { cause })
  }
}

/** The kubectl of the control plane that the suite started, else the one in the path. */
export function kubectlOf(kubeconfig: string): Kubectl {
  const directory = process.env['TEST_CONTROL_PLANE']
  const plane = directory === undefined ? undefined : openControlPlane(directory)
  return plane?.kubectl ?? kubectlFor('kubectl', kubeconfig)
}

/** The name of the account that orders of `orderNamed` use. */
export const ACCOUNT = 'certcentral'

/** An account for orders of `orderNamed`, with its Secret. */
export const accountAt = (url: string): object[] => [
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: ACCOUNT }, stringData: { 'api-key': 'simulator' } },
  {
    apiVersion: 'digicert-operator.io/v1alpha1',
    kind: 'DigiCertAccount',
    metadata: { name: ACCOUNT },
    spec: {
      url,
      apiKeySecretRef: { name: ACCOUNT },
      defaults: { organization: { id: 117483 } },
      policy: { maxOrdersPerDay: 1000 },
    },
  },
]

/** An order of a DV certificate for `<name>.example.com` into Secret `<name>-tls`, with changes to its spec. */
export const orderNamed = (name: string, changes: object = {}) => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'DigiCertOrder',
  metadata: { name },
  spec: {
    accountRef: { name: ACCOUNT },
    product: 'ssl_dv_geotrust_flex',
    secretName: `${name}-tls`,
    commonName: `${name}.example.com`,
    orderValidity: { years: 1 },
    privateKey: { algorithm: 'ECDSA' } satisfies Partial<OrderSpec['privateKey']>,
    dcv: { method: 'dns-txt-token' },
    ...changes,
  },
})

type Condition = NonNullable<NonNullable<DigiCertOrder['status']>['conditions']>[number]

/** A condition of an order by its type. */
export const conditionOf = (order: DigiCertOrder, type: string): Condition | undefined =>
  order.status?.conditions?.find((condition) => condition.type === type)

/** The reason that an order gives for the state of its work. */
export const reasonOf = (order: DigiCertOrder): string => conditionOf(order, 'Issuing')?.reason ?? ''

/** The sentence that tells a person about the work on an order. */
export const sentenceOf = (order: DigiCertOrder): string => conditionOf(order, 'Issuing')?.message ?? ''

/** The id that CertCentral gave an order. */
export function orderIdOf({ metadata, status }: DigiCertOrder): number {
  if (status?.order === undefined) throw new Error(`${metadata.name} has no order: ${JSON.stringify(status)}`)
  return status.order.id
}

const isCurrent = ({ metadata, status }: DigiCertOrder): boolean => status?.observedGeneration === metadata.generation

const isSettled = (order: DigiCertOrder): boolean => isReady(order) && reasonOf(order) === 'Issued'

/**
 * How kstatus, and by it Argo CD and Flux, read an object: a generation not seen yet is InProgress, Stalled is Failed,
 * Ready False is InProgress, Ready True is Current (Kubernetes: sigs.k8s.io/cli-utils, kstatus).
 */
export function kstatusOf(order: DigiCertOrder): 'Current' | 'InProgress' | 'Failed' {
  if (!isCurrent(order)) return 'InProgress'
  if (conditionOf(order, 'Stalled')?.status === 'True') return 'Failed'
  return conditionOf(order, 'Ready')?.status === 'True' ? 'Current' : 'InProgress'
}

/** What is wrong with a status, whatever it says: nothing, where people and programs can read it. */
export function statusFaults({ status, metadata }: DigiCertOrder): string[] {
  const secret = /PRIVATE KEY|CERTIFICATE REQUEST/.test(JSON.stringify(status)) ? ['a key or CSR stands in it'] : []
  return [...secret, ...lintStatus({ generation: metadata.generation ?? 0, status: status ?? {} })]
}

/** Waits until something holds; a journey's limit is 20 s unless told another. */
export const eventually = <T>(what: string, condition: () => T | Promise<T>, limitMs = 20_000) =>
  waitFor(condition, { what, limitMs, everyMs: 100 })
