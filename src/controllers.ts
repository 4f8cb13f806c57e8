import { type Caches, type Handlers, createCaches } from './caches.ts'
import type { Config } from './config.ts'
import { partsOf } from './controller/account-access.ts'
import { Accounts } from './controller/accounts.ts'
import { beginCounts, countCall, countStep } from './controller/figures/deeds.ts'
import { type GivenSecrets, createGivenSecrets } from './controller/given-secrets.ts'
import { createHolders } from './controller/holders.ts'
import { createHomeAnnouncer } from './controller/home-announcer.ts'
import { type Memory, createMemory } from './controller/memory.ts'
import { createNamespaceCheck, createTerminationCheck } from './controller/namespaces.ts'
import { createStatusWriter, withTypeMeta } from './controller/orders.ts'
import { type SelfWriteTracker, createSelfWriteTracker } from './controller/own-writes.ts'
import { Reconciler } from './controller/reconcile.ts'
import { createSecretStore } from './controller/secrets.ts'
import { type RateLimiters, createRateLimiters } from './controller/rate-limiters.ts'
import { createStatusFeed } from './controller/status-feed.ts'
import { accountOfFlow, placementOf, priorityOf } from './controller/turns.ts'
import * as watches from './controller/watches.ts'
import { type Controlled, CONTROLLERS, countReconcile, queueObserver, samplesOf } from './figures.ts'
import { type KubeClient, type KubeObject, keyOf, nameOf } from './kube/client.ts'
import type { Clock } from './kube/clock.ts'
import type { EventRecorder } from './kube/events.ts'
import type { LeaderElector } from './kube/leader-election.ts'
import { type Controller, type ReconcileResult, startController } from './kube/controller.ts'
import { type Workqueue, createWorkqueue } from './kube/workqueue.ts'
import type { Log } from './telemetry/log.ts'
import type { Metrics, Sample } from './telemetry/metrics.ts'
import type { Redactor } from './telemetry/redact.ts'
import type { Tracing } from './telemetry/tracing.ts'

export { traceWrite } from './controller/traces.ts'

/** Accounts that are reconciled at the same time. */
const ACCOUNT_WORKERS = 4

/** Secrets of users that are read at the same time: few, to spread the reads of many Secrets. */
const GIVEN_WORKERS = 2

type Queues = { orders: Workqueue; accounts: Workqueue; given: Workqueue }

/**
 * Orders leave the queue by priority and fair share, and wait in it while their API key has no calls left. `caches` is a
 * function because the caches are created after the queues.
 */
const createQueues = (
  { clock, metrics }: Pick<Surroundings, 'clock' | 'metrics'>,
  caches: () => Caches,
  { groupOf, canStart }: RateLimiters,
): Queues => ({
  orders: createWorkqueue({
    clock,
    observer: queueObserver(metrics, CONTROLLERS.orders),
    placementOf: (key) => placementOf(caches().orders.get(key)),
    admission: {
      groupOf: (flow) => groupOf(accountOfFlow(flow)),
      canStart,
    },
  }),
  accounts: createWorkqueue({ clock, observer: queueObserver(metrics, CONTROLLERS.accounts) }),
  given: createWorkqueue({ clock }),
})

type Surroundings = {
  clock: Clock
  config: Config
  kube: KubeClient
  log: Log
  metrics: Metrics
  recorder: EventRecorder
  redactor: Redactor
  tracing: Tracing
  leader: LeaderElector
  userAgent: string
}

export type Controllers = {
  caches: Caches
  /** The samples of one scrape. */
  figures: () => Sample[]
  /** Starts the controllers of orders, accounts and Secrets that users provide. */
  run: (clusterId: string) => readonly Controller[]
}

type Parts = Surroundings & {
  queues: Queues
  rateLimiters: RateLimiters
  now: () => Date
  own: SelfWriteTracker
  memory: Memory
  given: GivenSecrets
  /** Adds orders at high priority. */
  enqueue: (keys: readonly string[]) => void
  /** Adds orders at low priority if they have a certificate. */
  enqueueByPriority: (keys: readonly string[]) => void
  caches: Caches
}

type Change = { type: 'added' | 'updated' | 'deleted'; object: KubeObject }

/** False for events of our own writes. A deletion always counts, though its event has the version that we wrote last. */
const isForeignChange = (own: SelfWriteTracker, { type, object }: Change): boolean => {
  if (type !== 'deleted') return !own.has(object)
  own.forget(object)
  return true
}

/** Event handlers: they add keys to the queues. `caches` is a function because the caches are created after them. */
const handlers = (parts: Omit<Parts, 'caches'> & { caches: () => Caches }): Handlers => {
  const { queues, own, given, enqueue, enqueueByPriority, caches } = parts
  return {
    order: (change) => {
      if (change.type === 'deleted') enqueue(watches.rivalsOf(change.object, caches().orders))
      else given.follow(watches.givenSecretsOf(change.object))
      if (isForeignChange(own, change))
        queues.orders.add(keyOf(change.object), change.initial ? priorityOf(change.object) : 'high')
    },
    account: (kind) => (change) => {
      if (!watches.isNewToAccount(change)) return
      const key = watches.keyOfAccount(kind, change.object)
      queues.accounts.add(key)
      if (!change.initial) enqueueByPriority(watches.ordersOfAccount(key, caches().orders))
    },
    secret: (change) => {
      const isForeign = isForeignChange(own, change)
      if (isForeign && !change.initial) enqueue(watches.ordersOfSecret(change.object, caches().orders))
    },
  }
}

const accountsOf = ({
  config,
  kube,
  caches,
  metrics,
  redactor,
  rateLimiters,
  userAgent,
  queues,
  recorder,
  enqueueByPriority,
  now,
  log,
}: Parts): Accounts =>
  new Accounts({
    kube,
    caches: caches.accounts,
    operatorNamespace: config.operatorNamespace,
    reach: { allowedHosts: config.allowedHosts, allowHttp: config.allowHttp ? 'yes' : 'no' },
    requestTimeoutMs: config.requestTimeout,
    userAgent,
    rateLimiters,
    now,
    holdSecret: redactor.track,
    log,
    onCall: (key, record) => countCall(metrics, key, record),
    placedOn: (key, date) => watches.placedOn(key, date, caches.orders),
    ordersOf: (key) => caches.orders.byIndex('account', key),
    wakeOrders: (key) => enqueueByPriority(watches.ordersOfAccount(key, caches.orders)),
    lookAgain: (key) => queues.accounts.add(key),
    announce: recorder.record,
  })

/** Reconciles an account: its API key, its status, and the poll for all of its orders. */
const accountReconciler = (parts: Parts, accounts: Accounts, keeping: Set<string>) => {
  const { config, caches, memory, metrics, queues, now } = parts
  const feed = createStatusFeed({
    accounts,
    memory,
    ordersById: (account, orderId) => caches.orders.byIndex('orderId', watches.orderIdValue(account, orderId)),
    wake: (key) => queues.orders.add(key),
    now,
  })
  return async (key: string): Promise<ReconcileResult> => {
    const session = await accounts.refresh(key)
    if (!accounts.exists(key) && !accounts.isKept(key)) {
      accounts.forget(key)
      feed.forget(key)
      metrics.removeAccount(key)
      keeping.delete(key)
      return 'never'
    }
    if (session && caches.orders.byIndex('account', key).length > 0) await feed.poll(session)
    return new Date(now().getTime() + config.pollInterval)
  }
}

const orderReconciler = (
  parts: Parts,
  accounts: Accounts,
  { clusterId, keeping }: { clusterId: string; keeping: Set<string> },
): Reconciler => {
  const { kube, caches, own, memory, given, leader, metrics, recorder, config, log, now } = parts
  return new Reconciler({
    orders: caches.orders,
    statuses: createStatusWriter(kube, caches.orders, own),
    secrets: createSecretStore({ kube, cache: caches.secrets, own, clusterId }),
    sources: {
      accountOf: (order) => accounts.of(order),
      left: (key, namespace) => accounts.left(key, namespace),
      isReserved: (key, claim) => accounts.isReserved(key, claim),
      namespaceForbidden: createNamespaceCheck(kube, now),
      rivals: (namespace, secretName) => caches.orders.byIndex('secret', `${namespace}/${secretName}`),
      holders: createHolders({
        orders: caches.orders,
        secrets: caches.secrets,
        hostOf: (account) => accounts.hostOf(account),
        clusterId,
      }),
      keepsIds: (account) => keeping.has(account),
      noteGiven: given.note,
      clusterId,
    },
    memory,
    ids: {
      note: (account) => {
        if (accounts.exists(account)) keeping.add(account)
      },
      known: (account) => watches.knownIds(account, caches.orders),
    },
    leadershipMs: leader.remainingMs,
    claimOrder: (session, claim) => accounts.claimOrder(session, claim),
    returnOrder: (session, claim) => accounts.returnOrder(session, claim),
    onStep: (step) => {
      // Series of an account end with it; what is left of its orders has none of its own.
      const account = watches.accountKeyOf(step.order)
      const isCounted = accounts.exists(account) || accounts.isKept(account) || step.outcome.kind === 'left'
      if (isCounted) countStep(metrics, step)
    },
    namespaceOf: createTerminationCheck(kube, now),
    announce: (order, announcement) => recorder.record(withTypeMeta(order), announcement),
    announceAtHome: createHomeAnnouncer(kube, recorder, config),
    unknownOutcomeTimeoutMs: config.unknownOutcomeTimeout,
    now,
    random: Math.random,
    log,
  })
}

const startControllers = (parts: Parts, accounts: Accounts, clusterId: string): Controller[] => {
  const { queues, given, config, log, metrics, tracing } = parts
  beginCounts(metrics)
  /** Accounts that were seen to keep alternative order ids. */
  const keeping = new Set<string>()
  const reconciler = orderReconciler(parts, accounts, { clusterId, keeping })
  return [
    startController({
      queue: queues.orders,
      maxConcurrentReconciles: config.workers,
      reconcile: (key) => reconciler.reconcile(key),
      log,
      wrap: (key, run) => tracing.traceReconcile({ kind: 'DigiCertOrder', ...nameOf(key) }, run),
      observer: countReconcile(metrics, CONTROLLERS.orders),
    }),
    startController({
      queue: queues.accounts,
      maxConcurrentReconciles: ACCOUNT_WORKERS,
      reconcile: accountReconciler(parts, accounts, keeping),
      log,
      wrap: (key, run) => tracing.traceReconcile(partsOf(key), run),
      observer: countReconcile(metrics, CONTROLLERS.accounts),
    }),
    startController({ queue: queues.given, maxConcurrentReconciles: GIVEN_WORKERS, reconcile: given.look, log }),
  ]
}

const figuresOf = (
  { queues, config, caches, rateLimiters, memory, leader }: Parts,
  known: () => Accounts | undefined,
) => {
  const controlled: Controlled[] = [
    { name: CONTROLLERS.orders, queue: queues.orders, workers: config.workers },
    { name: CONTROLLERS.accounts, queue: queues.accounts, workers: ACCOUNT_WORKERS },
  ]
  return () => samplesOf({ caches, controlled, rateLimiters, memory, leading: leader.isLeader, known })
}

/** Creates the controllers of orders and accounts, with their queues and caches. */
export const createControllers = (given: Surroundings): Controllers => {
  const { config, kube, log, clock } = given
  const now = (): Date => new Date(clock.now())
  const rateLimiters = createRateLimiters()
  const queues = createQueues(given, () => caches, rateLimiters)
  const enqueue = (keys: readonly string[]): void => {
    for (const key of keys) queues.orders.add(key)
  }
  const enqueueByPriority = (keys: readonly string[]): void => {
    for (const key of keys) queues.orders.add(key, priorityOf(caches.orders.get(key)))
  }
  const secretsOfPeople = createGivenSecrets({
    kube,
    ordersOf: (key) => caches.orders.byIndex('given', key).map(keyOf),
    wake: enqueueByPriority,
    lookAt: (key, date) => queues.given.addAt(key, date, 'low'),
    now,
    random: Math.random,
  })
  const remembered = { own: createSelfWriteTracker(), memory: createMemory(now()), given: secretsOfPeople }
  const shared = { ...given, ...remembered, queues, rateLimiters, now, enqueue, enqueueByPriority }
  const { watchNamespaces: namespaces, secretWatch: watchSecrets, clusterAccounts } = config
  const scope = { client: kube, log, namespaces, watchSecrets, clusterAccounts }
  const caches: Caches = createCaches(scope, handlers({ ...shared, caches: () => caches }))
  const parts: Parts = { ...shared, caches }
  let accounts: Accounts | undefined
  return {
    caches,
    figures: figuresOf(parts, () => accounts),
    run: (clusterId) => {
      accounts = accountsOf(parts)
      return startControllers(parts, accounts, clusterId)
    },
  }
}
