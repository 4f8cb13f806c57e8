import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Caches } from './caches.ts'
import { createControllers, traceWrite } from './controllers.ts'
import { type KubeConnection, type KubeObject, connect, isFailure } from './kube/client.ts'
import { type Clock, systemClock } from './kube/clock.ts'
import { createEventRecorder } from './kube/events.ts'
import { type LeaderElector, alwaysLeader, candidateIdentity, createLeaderElector } from './kube/leader-election.ts'
import type { Controller } from './kube/controller.ts'
import { type Log, createLog } from './telemetry/log.ts'
import { type Metrics, type Sample, createMetrics } from './telemetry/metrics.ts'
import { type Redactor, createRedactor } from './telemetry/redact.ts'
import { type Tracing, startTracing, traceFields } from './telemetry/tracing.ts'
import { type Routes, type RunningServer, probe, serve } from './telemetry/http-server.ts'
import { VERSION } from './version.ts'

/** How long a shutdown waits for running reconciles. */
const SHUTDOWN_LIMIT_MS = 25_000
/** How long a shutdown waits for the export of spans. */
const TRACES_SHUTDOWN_LIMIT_MS = 3_000
/** Silence of the API server after which a watch counts as stuck. */
const STUCK_WATCH_MS = 300_000

const LEASE = 'digicert-operator'

const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' }

/** A running operator. */
export type Operator = {
  /** Resolves with the reason when leadership was lost; the process must end then, at once. */
  lost: Promise<string>
  /** Shuts down: waits for running reconciles, sends the queued Events and releases the Lease. */
  stop: () => Promise<void>
}

/** Asks until the API server answers: an operator that starts before it must not die of it. */
const clusterIdOf = async (kube: KubeConnection, config: Config, log: Log): Promise<string> => {
  if (config.clusterId !== undefined) return config.clusterId
  log.warn(
    'No cluster id is set: ids of orders are made from the UID of kube-system, and a cluster built in place of this one will not find them by id; set --cluster-id to a name that no other cluster has',
  )
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      const system = await kube.get<KubeObject>(NAMESPACES, { name: 'kube-system' })
      if (system?.metadata.uid !== undefined) return system.metadata.uid
      log.error('There is no namespace kube-system to take the cluster id from; set --cluster-id')
    } catch (error) {
      log.warn('The API server does not answer yet', { error })
    }
    await pause(wait)
  }
}

/**
 * Makes the namespace of the Lease where there is none: in a cluster it is the one the operator runs in, outside of one
 * nobody may have made it. A failure is logged and no more: the election goes on trying.
 */
const ensureNamespace = async (kube: KubeConnection, { operatorNamespace: name }: Config, log: Log): Promise<void> => {
  try {
    if (await kube.get<KubeObject>(NAMESPACES, { name })) return
    await kube.create<KubeObject>(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    log.info('Made the namespace of the Lease', { namespace: name })
  } catch (error) {
    if (!isFailure(error, 'already-exists'))
      log.warn('The namespace of the Lease cannot be made sure of; see --operator-namespace', {
        namespace: name,
        error,
      })
  }
}

const candidate = (kube: KubeConnection, { leaderElect, operatorNamespace }: Config, log: Log): LeaderElector =>
  leaderElect
    ? createLeaderElector({
        client: kube,
        namespace: operatorNamespace,
        name: LEASE,
        identity: candidateIdentity(hostname()),
        log,
      })
    : alwaysLeader()

/**
 * What the probes are answered. A watch that is silent is opened again after a while; where even that does not help, the
 * process is to be started again. A process that never got an answer of the API server would not gain by that: it is not ready.
 */
export const healthRoutes = (caches: Pick<Caches, 'stale' | 'synced'>): Routes => {
  const alive = probe(() =>
    caches.stale(STUCK_WATCH_MS)
      ? { ok: false, text: 'no answer from the API server for too long' }
      : { ok: true, text: 'ok' },
  )
  const ready = probe(() =>
    caches.synced() ? { ok: true, text: 'ok' } : { ok: false, text: 'the caches are not synced yet' },
  )
  return { '/healthz': alive, '/livez': alive, '/readyz': ready }
}

const startServers = async (config: Config, metrics: Metrics, caches: Caches): Promise<readonly RunningServer[]> => {
  const scrape = async () => {
    const { contentType, body } = await metrics.text()
    return { status: 200, type: contentType, body }
  }
  return [
    await serve(config.healthProbeBindAddress, healthRoutes(caches)),
    await serve(config.metricsBindAddress, { '/metrics': scrape }),
  ]
}

const samplesOfProcess = (leader: Pick<LeaderElector, 'isLeader'>): Sample[] => [
  { name: 'leader_election_master_status', labels: { name: LEASE }, value: leader.isLeader() ? 1 : 0 },
  {
    name: 'digicert_operator_build_info',
    labels: { version: VERSION, node_version: process.versions.node },
    value: 1,
  },
]

type Parts = {
  kube: KubeConnection
  leader: LeaderElector
  servers: readonly RunningServer[]
  watching: AbortController
  flush: () => Promise<void>
  tracing: Tracing
  log: Log
}

const stopAll = async (
  { kube, leader, servers, watching, flush, tracing, log }: Parts,
  controllers: readonly Controller[],
) => {
  log.info('The operator stops')
  const ends = await Promise.all(controllers.map((controller) => controller.stop(SHUTDOWN_LIMIT_MS)))
  if (ends.includes('abandoned')) log.warn('Work was still under way when the time to stop was over')
  watching.abort()
  await flush()
  await leader.release()
  await tracing.shutdown(TRACES_SHUTDOWN_LIMIT_MS)
  await Promise.all(servers.map((server) => server.close()))
  await kube.close()
}

/** Leads when elected, and works while leading. */
const lead = async (
  parts: Parts,
  start: () => Promise<readonly Controller[]>,
  running: Controller[],
): Promise<void> => {
  const { leader, watching, log } = parts
  try {
    await leader.whenElected(watching.signal)
    log.info('Became leader', { identity: leader.identity })
    running.push(...(await start()))
  } catch (error) {
    if (!watching.signal.aborted) throw error
  }
}

/** What a test brings along in the place of the machine's. */
export type Means = {
  clock?: Clock
  redactor?: Redactor
  /** Where the lines of the log go; the standard output by default. */
  stream?: NodeJS.WritableStream
}

/**
 * Starts the operator: the only place that knows every part. Certificates, orders and queues live by `clock`; leases,
 * timeouts and budgets by the clock of the machine.
 *
 * @throws where it cannot start at all: no kubeconfig, an address in use
 */
export const startOperator = async (
  config: Config,
  { clock = systemClock, redactor = createRedactor(), stream }: Means = {},
): Promise<Operator> => {
  const log = createLog({
    level: config.logLevel,
    format: config.logFormat,
    redactor,
    context: traceFields,
    ...(stream && { stream }),
  })
  const tracing = await startTracing({ env: process.env, version: VERSION, redactor, log })
  const userAgent = `digicert-operator/${VERSION}`
  const metrics = createMetrics(() => [...figures(), ...samplesOfProcess(leader)])
  const observer = (method: string, code: string) => metrics.count('rest_client_requests_total', { method, code })
  const kube = connect({ kubeconfig: config.kubeconfig, userAgent, observer, onWrite: traceWrite })
  const recorder = createEventRecorder({
    client: kube,
    source: { component: 'digicert-operator', instance: hostname() },
    log,
  })
  const leader = candidate(kube, config, log)
  const means = { clock, config, kube, log, metrics, recorder, redactor, tracing, leader, userAgent }
  const { caches, figures, run } = createControllers(means)
  const servers = await startServers(config, metrics, caches)
  const [health, scraped] = servers
  log.info('The operator starts', { version: VERSION, healthPort: health?.port, metricsPort: scraped?.port })

  const watching = new AbortController()
  const parts: Parts = { kube, leader, servers, watching, flush: recorder.flush, tracing, log }
  const controllers: Controller[] = []
  caches.start(watching.signal)
  if (config.leaderElect && !config.inPod) await ensureNamespace(kube, config, log)
  leader.start()
  const start = async () => {
    await caches.whenSynced(watching.signal)
    return run(await clusterIdOf(kube, config, log))
  }
  void lead(parts, start, controllers)
  const lost = leader.lost.then((reason) => {
    for (const controller of controllers) controller.abort()
    return reason
  })
  return { lost, stop: () => stopAll(parts, controllers) }
}
