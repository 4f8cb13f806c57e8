import { createHash } from 'node:crypto'
import type { DigiCertOrder } from '../../src/api/order.ts'
import type { JournalEntry } from '../../src/simulator/journal.ts'
import type { SettingsPatch } from '../../src/simulator/settings.ts'
import { alternativeOrderId } from '../../src/order/intent.ts'
import type { Resource } from './api-server.ts'
import { type Cluster, hasCondition, isReady, openCluster } from './cluster.ts'
import { type OperatorOptions, type OperatorProcess, startOperator } from './operator-process.ts'
import type { SimulatorControl } from './simulator-control.ts'
import { type SimulatorProcess, startSimulatorProcess } from './simulator-process.ts'
import { waitFor } from './wait-for.ts'

/** The API keys of the simulator. Each is a text that occurs nowhere else, so that a leak of it is found. */
export const API_KEY = 'MARKED0API0KEY0THAT0MUST0NOT0LEAK0A1'
export const VIEW_ONLY_KEY = 'MARKED0API0KEY0THAT0MUST0NOT0LEAK0B2'
/** Good as well, each with limits of its own. */
export const SECOND_KEY = 'MARKED0API0KEY0THAT0MUST0NOT0LEAK0D4'
export const THIRD_KEY = 'MARKED0API0KEY0THAT0MUST0NOT0LEAK0E5'
export const WRONG_KEY = 'MARKED0API0KEY0THAT0MUST0NOT0LEAK0C3'

const API_VERSION = 'digicert-operator.io/v1alpha1'
const CLUSTER_ID = 'bad-days'

/** The POST that buys; and that of one product, by which a fault hits one order and not the others of its file. */
export const orderPost = (product = '[a-z0-9_]+') => ({ method: 'POST', path: `^/order/certificate/${product}$` })

type Fields = Readonly<Record<string, unknown>>

/** How a bed differs from one operator with one good account. */
export type BedOptions = {
  /** Flags of the operator. */
  readonly flags?: OperatorOptions['flags']
  /** `none` leaves it to the test to start the operator. */
  readonly operator?: 'started' | 'none'
  /** Further fields of the account `certcentral`; `none` leaves the account out. */
  readonly account?: Fields | 'none'
  readonly settings?: SettingsPatch
  /** Whether the operator asks for the rights of an admin, or brings the kubeconfig of somebody else. */
  readonly kubeconfig?: (namespace: string) => Promise<string>
}

/** One operator, one simulator and the namespaces that the operator watches. */
export type Bed = {
  readonly cluster: Cluster
  readonly namespace: string
  /** Watched as well; labelled `team: web`. */
  readonly otherNamespace: string
  readonly operatorNamespace: string
  readonly simulator: SimulatorProcess
  readonly control: SimulatorControl
  /** The operator that was started with the bed. */
  readonly operator: OperatorProcess
  /** Starts an operator with the flags of the bed, and those that are given. */
  readonly startOperator: (options?: Partial<OperatorOptions>) => Promise<OperatorProcess>
  /** The alternative order id of the first purchase of an order. */
  readonly alternativeId: (name: string, namespace?: string) => string
  readonly close: () => Promise<void>
}

/** Starts a bed. One serves a whole test file; orders of several tests do not meet, as each has its own name. */
export async function startBed(options: BedOptions = {}): Promise<Bed> {
  const cluster = openCluster()
  const [namespace, otherNamespace, operatorNamespace] = [
    await cluster.newNamespace(),
    await cluster.newNamespace({ team: 'web' }),
    await cluster.newNamespace(),
  ]
  const simulator = await startSimulatorProcess({
    instant: true,
    'api-key': [API_KEY, SECOND_KEY, THIRD_KEY],
    'view-only-api-key': VIEW_ONLY_KEY,
  })
  const { control } = simulator
  await control.changeSettings({ ownDcvPolling: false, ...options.settings })
  const kubeconfig = (await options.kubeconfig?.(namespace)) ?? process.env['KUBECONFIG'] ?? ''
  const flags = {
    'watch-namespaces': `${namespace},${otherNamespace}`,
    'operator-namespace': operatorNamespace,
    'cluster-id': CLUSTER_ID,
    'poll-interval': '1s',
    ...options.flags,
  }
  const operators: OperatorProcess[] = []
  const start = async (more: Partial<OperatorOptions> = {}): Promise<OperatorProcess> => {
    const started = await startOperator({
      kubeconfig,
      certCentral: simulator.url,
      ...more,
      flags: { ...flags, ...more.flags },
    })
    operators.push(started)
    return started
  }
  const bed = {
    ...{ cluster, namespace, otherNamespace, operatorNamespace, simulator, control, startOperator: start },
    alternativeId: (name: string, of: string = namespace) =>
      alternativeOrderId((text) => createHash('sha256').update(text).digest('hex'), {
        clusterId: CLUSTER_ID,
        namespace: of,
        name,
        purchase: 1,
      }),
    get operator(): OperatorProcess {
      const [first] = operators
      if (first === undefined) throw new Error('no operator was started')
      return first
    },
    close: async () => {
      await Promise.all(operators.map((operator) => operator.kill()))
      await simulator.stop()
      await Promise.all([namespace, otherNamespace, operatorNamespace].map((name) => cluster.deleteNamespace(name)))
    },
  }
  if (options.account !== 'none') await cluster.apply(accountIn(bed, 'certcentral', options.account))
  if (options.operator !== 'none') await start()
  return bed
}

/** A Secret with an API key. */
export const keySecretIn = (namespace: string, name: string, apiKey = API_KEY) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: { 'api-key': apiKey },
})

/** An account of the bed's namespace, and before it its Secret. */
export const accountIn = (
  { namespace, simulator }: Pick<Bed, 'namespace' | 'simulator'>,
  name: string,
  { apiKey = API_KEY, ...spec }: Fields & { readonly apiKey?: string } = {},
) => [
  keySecretIn(namespace, name, apiKey),
  {
    apiVersion: API_VERSION,
    kind: 'DigiCertAccount',
    metadata: { name, namespace },
    spec: { url: simulator.url, apiKeySecretRef: { name }, ...spec },
  },
]

/** An order for `<name>.example.com` that the simulator issues at once. */
export const orderIn = (namespace: string, name: string, spec: object = {}) => ({
  apiVersion: API_VERSION,
  kind: 'DigiCertOrder',
  metadata: { name, namespace },
  spec: {
    accountRef: { name: 'certcentral' },
    product: 'ssl_dv_geotrust_flex',
    secretName: `${name}-tls`,
    commonName: `${name}.example.com`,
    orderValidity: { years: 1 },
    privateKey: { algorithm: 'ECDSA' },
    ...spec,
  },
})

/** Applies an order in the bed's namespace. */
export const place = ({ cluster, namespace }: Bed, name: string, spec: object = {}): Promise<Resource[]> =>
  cluster.apply(orderIn(namespace, name, spec))

/** Waits until an order is Ready. */
export const untilReady = (bed: Bed, name: string, limitMs = 20_000): Promise<DigiCertOrder> =>
  bed.cluster.waitForOrder(bed.namespace, name, isReady, limitMs)

/** Waits until an order has a condition for its present spec, and gives what the condition says. */
async function untilSaid(
  bed: Bed,
  name: string,
  said: [type: string, status: string, reason: string],
  limitMs = 20_000,
) {
  const [type, status, reason] = said
  const order = await bed.cluster.waitForOrder(
    bed.namespace,
    name,
    (seen) => seen.status?.observedGeneration === seen.metadata.generation && hasCondition(seen, type, status, reason),
    limitMs,
  )
  return order.status?.conditions?.find((condition) => condition.type === type)?.message ?? ''
}

/** Waits until an order is Stalled for a reason, and gives the sentence. */
export const untilStalled = (bed: Bed, name: string, reason: string, limitMs?: number): Promise<string> =>
  untilSaid(bed, name, ['Stalled', 'True', reason], limitMs)

/** Waits until an order goes on by itself but waits for something, and gives the sentence. */
export const untilWaiting = (bed: Bed, name: string, reason: string, limitMs?: number): Promise<string> =>
  untilSaid(bed, name, ['Issuing', 'True', reason], limitMs)

/** Makes the operator look at an order now, as a person does who has mended what nobody tells of. */
export const nudge = ({ cluster, namespace }: Bed, name: string): Promise<Resource> =>
  annotate({ cluster, namespace }, name, { 'digicert-operator.io/check-requested-at': new Date().toISOString() })

export const annotate = (
  { cluster, namespace }: Pick<Bed, 'cluster' | 'namespace'>,
  name: string,
  annotations: Record<string, string>,
): Promise<Resource> => cluster.patch({ kind: 'DigiCertOrder', namespace, name }, { metadata: { annotations } })

/** What was paid for the order of that name: the entries of the journal with its common name. */
export async function bought({ control }: Pick<Bed, 'control'>, name: string): Promise<JournalEntry[]> {
  const isOfName = ({ body }: JournalEntry) =>
    (body as { certificate?: { common_name?: string } } | undefined)?.certificate?.common_name === `${name}.example.com`
  return (await control.paid()).filter(isOfName)
}

/** Waits until the simulator has taken an order of that name, whatever became of the answer. */
export const untilBought = (bed: Bed, name: string, limitMs = 20_000): Promise<JournalEntry> =>
  waitFor(async () => (await bought(bed, name))[0], { what: `purchase of ${name}`, limitMs, everyMs: 5 })

/** Reasons of the Events about an order. Events are written a moment after the status. */
export const untilAnnounced = (bed: Bed, name: string, reason: string): Promise<boolean> =>
  waitFor(async () => (await bed.cluster.events(bed.namespace, name)).some((event) => event.reason === reason), {
    what: `Event ${reason} about ${name}`,
    limitMs: 10_000,
  })

/**
 * Where something secret can be read that is no Secret: API keys and private keys in logs, Events, statuses, metrics.
 * Gives sentences without the secret itself.
 */
export async function leaks(bed: Bed): Promise<string[]> {
  const needles = [...apiKeyNeedles, ...(await privateKeyNeedles(bed))]
  const places = await publicTexts(bed)
  return Object.entries(places).flatMap(([where, text]) =>
    needles.flatMap(({ what, needle }) => (text.includes(needle) ? [`${what} is in ${where}`] : [])),
  )
}

type Needle = { readonly what: string; readonly needle: string }

const apiKeyNeedles: Needle[] = [
  { what: 'a PEM private key', needle: 'PRIVATE KEY-----' },
  ...[API_KEY, SECOND_KEY, THIRD_KEY, VIEW_ONLY_KEY, WRONG_KEY].flatMap((key) => [
    { what: 'an API key', needle: key },
    { what: 'an API key in base64', needle: Buffer.from(key).toString('base64') },
  ]),
]

async function privateKeyNeedles({ cluster, namespace }: Bed): Promise<Needle[]> {
  const secrets = (await cluster.list({ kind: 'Secret', namespace })) as unknown as { data?: Record<string, string> }[]
  return secrets.flatMap(({ data }) => {
    const pem = Buffer.from(data?.['tls.key'] ?? '', 'base64').toString()
    // The first line of a PKCS #8 body is the same for all keys of a kind.
    const lines = pem.split('\n').filter((line) => line.length > 40 && !line.startsWith('-----'))
    return lines.slice(1).map((needle) => ({ what: 'a part of a private key', needle }))
  })
}

async function publicTexts(bed: Bed): Promise<Record<string, string>> {
  const { cluster, namespace, operator } = bed
  const events = await cluster.send({ method: 'GET', path: `/api/v1/namespaces/${namespace}/events` })
  const orders = await cluster.list({ kind: 'DigiCertOrder', namespace })
  const accounts = await cluster.list({ kind: 'DigiCertAccount', namespace })
  const metrics = await fetch(operator.metricsUrl).then((answer) => answer.text())
  return {
    'the log': operator.logs().join('\n'),
    Events: JSON.stringify(events),
    DigiCertOrders: JSON.stringify(orders),
    DigiCertAccounts: JSON.stringify(accounts),
    metrics,
  }
}
