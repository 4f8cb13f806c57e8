/**
 * `make demo`: a control plane, a CertCentral to buy from and the operator, each as a program of its own; the samples of
 * deploy/examples go through approval and validation to a Secret that nginx serves and openssl verifies. Needs no
 * account, no cluster and no Docker. KEEP=1 leaves all of it up until Ctrl-C; with PEOPLE=you besides, orders of yours
 * wait for you, and the demo prints the call by which you approve or publish. Ends with 1 when an order did not become
 * Ready, the handshake failed or something was bought twice.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DigiCertOrder } from '../src/api/order.ts'
import { type Kubectl, succeed } from '../test/support/kubectl.ts'
import { type OperatorProcess, startOperator } from '../test/support/operator-process.ts'
import { type SimulatorProcess, startSimulatorProcess } from '../test/support/simulator-process.ts'
import { keptDirectory } from '../test/support/test-bed.ts'
import { waitFor } from '../test/support/wait-for.ts'
import { chooseCluster, type DemoCluster } from './demo/choose-cluster.ts'
import {
  accountsFor,
  DEMO_LABEL,
  type ExampleFile,
  isApplicableAsIs,
  namespacesOf,
  ordersOf,
  readExamples,
  withoutAccounts,
} from './demo/examples.ts'
import { isTrue, nameOf, narrateOrders } from './demo/narrate.ts'
import { askYou, people } from './demo/people.ts'
import { heading, narrator } from './demo/say.ts'
import { serveWithNginx } from './demo/serve-with-nginx.ts'
import { watchOrders } from './demo/watch-orders.ts'
import { boughtTwice, whatWasBought } from './demo/what-was-bought.ts'

const CHECKOUT = join(import.meta.dirname, '..')
const EXAMPLES = join(CHECKOUT, 'deploy', 'examples')
const OPERATOR_NAMESPACE = 'digicert-operator'
/* The simulator is told to accept it; it opens nothing else. */
const API_KEY = 'demo'
/* How long all orders together may take, in milliseconds. */
const LIMIT = 90_000

const print = (text: string): void => console.log(text)
const say = narrator(() => performance.now(), print)
const ending = new AbortController()
const undo: (() => Promise<unknown>)[] = []
process.once('SIGINT', () => ending.abort())
process.once('SIGTERM', () => ending.abort())

/* Whether orders wait for the person at the keyboard: from the end of the samples on, with PEOPLE=you. */
let areYou = false

// Until play() knows better: what a shell says of a program that Ctrl-C ended.
process.exitCode = 130
const interruption = new Promise<void>((resolve) => {
  ending.signal.addEventListener('abort', () => resolve())
})
try {
  await Promise.race([play(), interruption])
} catch (error) {
  process.exitCode = 1
  say(`the demo failed: ${(error as Error).message}`)
} finally {
  ending.abort()
  for (const step of undo.reverse()) await step().catch((error: unknown) => say(String(error)))
}
// An interrupted play() may still wait for something, and everything that it started has ended.
process.exit()

/* Sets the exit code before it waits for Ctrl-C. */
async function play(): Promise<void> {
  print(heading('a control plane, a CertCentral, the operator'))
  const files = readExamples(EXAMPLES)
  const cluster = await chooseCluster(process.env, say)
  undo.push(cluster.end)
  const simulator = await startSimulatorProcess({ 'api-key': API_KEY, approval: 'one-step' })
  undo.push(simulator.stop)
  await simulator.control.changeSettings({
    approval: 'one-step',
    issueDelaySeconds: 2,
    uniqueAlternativeOrderIds: true,
  })
  say(`the CertCentral simulator answers at ${simulator.url}`)
  const namespaces = [...new Set([OPERATOR_NAMESPACE, ...namespacesOf(files)])]
  // In a cluster of somebody else this refuses to play in a namespace that exists.
  for (const name of namespaces) await succeed(cluster.kubectl, ['create', 'namespace', name])
  const operator = await runOperator(cluster, simulator)
  if (cluster.owner === 'user') undo.push(() => tidyUp(cluster.kubectl, namespaces))

  print(heading('sample orders'))
  const seen = watchAndPlay(cluster, simulator)
  await applyExamples(cluster.kubectl, files, simulator)
  const orders = await untilDone(seen, ordersOf(files).length, operator)
  const isServed = await serveOne(cluster.kubectl, orders)
  const isClean = await summary(cluster.kubectl, simulator)
  const areReady = orders.length > 0 && orders.every((order) => isTrue(order, 'Ready'))
  process.exitCode = areReady && isServed && isClean ? 0 : 1
  if (process.env['KEEP'] === '1') await keep(cluster, simulator, operator)
}

/* While the operator still runs, so that it can let go of what it holds. The CRDs stay: others may use them. */
async function tidyUp(kubectl: Kubectl, namespaces: readonly string[]): Promise<void> {
  say(`removing the namespaces ${namespaces.join(', ')}; the CRDs stay`)
  await kubectl(['delete', 'clusterdigicertaccounts', '-l', `${DEMO_LABEL}=true`])
  await succeed(kubectl, ['delete', 'namespace', '--timeout=60s', ...namespaces])
}

async function runOperator({ kubeconfig }: DemoCluster, { url }: SimulatorProcess): Promise<OperatorProcess> {
  const log = join(dirname(keptDirectory(process.env)), 'demo', 'operator.log')
  mkdirSync(dirname(log), { recursive: true })
  rmSync(log, { force: true })
  const flags = { 'operator-namespace': OPERATOR_NAMESPACE, 'poll-interval': '2s', 'log-level': 'info' }
  const operator = await startOperator({ kubeconfig, certCentral: url, flags, log })
  undo.push(operator.stop)
  say(`the operator runs; its log is ${operator.logFile}`)
  return operator
}

/* Tells of every change and does what people are asked for; gives the orders as they were seen last. */
function watchAndPlay(cluster: DemoCluster, { control, controlUrl }: SimulatorProcess): Map<string, DigiCertOrder> {
  const seen = new Map<string, DigiCertOrder>()
  const narrate = narrateOrders(say)
  const { help, passTime } = people(control, say, () => performance.now())
  const ask = askYou(controlUrl, say)
  const serve = async (order: DigiCertOrder): Promise<void> => (areYou ? ask(order) : help(order))
  const { signal } = ending
  const watching = watchOrders({ ...cluster, signal }, (order) => {
    if (signal.aborted) return
    seen.set(nameOf(order), order)
    narrate(order)
    void serve(order)
  })
  // Whatever people did too early they try again.
  const timer = setInterval(() => {
    for (const order of seen.values()) void serve(order)
    passTime().catch((error: unknown) => say(String(error)))
  }, 500)
  undo.push(() => {
    clearInterval(timer)
    return watching
  })
  return seen
}

async function applyExamples(
  kubectl: Kubectl,
  files: readonly ExampleFile[],
  simulator: SimulatorProcess,
): Promise<void> {
  const accounts = accountsFor(files, {
    url: simulator.url,
    apiKey: API_KEY,
    operatorNamespace: OPERATOR_NAMESPACE,
  })
  await applyObjects(kubectl, accounts)
  for (const file of files) {
    const path = file.path.slice(CHECKOUT.length + 1)
    say(`$ kubectl apply -f ${path}`)
    if (isApplicableAsIs(file)) await succeed(kubectl, ['apply', '-f', file.path])
    else await applyObjects(kubectl, withoutAccounts(file))
  }
}

async function applyObjects(kubectl: Kubectl, items: readonly object[]): Promise<void> {
  if (items.length === 0) return
  await succeed(kubectl, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
}

/* An order is done when it is Ready, or when it is Stalled and only a change of the sample could help. */
async function untilDone(
  seen: ReadonlyMap<string, DigiCertOrder>,
  count: number,
  operator: OperatorProcess,
): Promise<DigiCertOrder[]> {
  const isDone = (order: DigiCertOrder) => isTrue(order, 'Ready') || isTrue(order, 'Stalled')
  const allDone = () => seen.size >= count && [...seen.values()].every(isDone)
  await waitFor(allDone, { what: 'end of all orders', limitMs: LIMIT }).catch((error: unknown) => {
    say(`${(error as Error).message}; the end of ${operator.logFile}:`)
    print(operator.logs().slice(-15).join('\n'))
  })
  return [...seen.values()]
}

async function serveOne(kubectl: Kubectl, orders: readonly DigiCertOrder[]): Promise<boolean> {
  const order = orders.find((candidate) => isTrue(candidate, 'Ready'))
  if (order === undefined) return false
  print(heading(`nginx serves Secret ${order.spec.secretName}, openssl verifies chain and name`))
  const { isGood, report, command } = await serveWithNginx(kubectl, order)
  say(`$ ${command}`)
  print(report)
  if (!isGood) say('the handshake FAILED')
  return isGood
}

async function summary(kubectl: Kubectl, { control }: SimulatorProcess): Promise<boolean> {
  print(heading('kubectl get dco -A'))
  print((await succeed(kubectl, ['get', 'dco', '-A'])).trimEnd())
  print(heading('what CertCentral did and sold'))
  const journal = await control.journal()
  print(whatWasBought(journal))
  const twice = boughtTwice(journal)
  const sold = journal.filter(({ paid }) => paid).length
  print(twice.length === 0 ? `\n${sold} orders paid, none of them twice.` : `\nBOUGHT TWICE: ${twice.join(', ')}`)
  return twice.length === 0
}

async function keep(cluster: DemoCluster, simulator: SimulatorProcess, operator: OperatorProcess): Promise<void> {
  areYou = process.env['PEOPLE'] === 'you'
  const accounts = await succeed(cluster.kubectl, ['get', 'dca,cdca', '-A'])
  print(heading('accounts that your orders may name'))
  print(accounts.trimEnd())
  print(`The API key of the simulator is ${API_KEY}; an account of yours names its URL, ${simulator.url}.`)
  print(heading('everything stays up until Ctrl-C; in another shell'))
  print(`  export KUBECONFIG=${cluster.kubeconfig}
  export PATH=${dirname(cluster.kubectlPath)}:$PATH
  kubectl get dco -A -o wide -w
  kubectl delete secret -n <namespace> <name>          # built again, at no cost
  kubectl edit dco -n <namespace> <name>               # one more name in dnsNames: a reissue inside the plan
  kubectl apply -f your-order.yaml                     # ${areYou ? 'you approve and validate it: the calls are printed here' : 'people approve and validate it as above; with PEOPLE=you you do'}
  curl -s ${simulator.controlUrl}/journal                        # what was bought
  curl -s ${operator.metricsUrl}                   # metrics
  tail -f ${operator.logFile}\n`)
  await new Promise((resolve) => {
    ending.signal.addEventListener('abort', resolve)
  })
}
