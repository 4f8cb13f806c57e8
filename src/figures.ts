import type { Caches } from './caches.ts'
import { type KnownOfAccounts, samplesOfAccounts, samplesOfRateLimiters } from './controller/figures/accounts.ts'
import { samplesOfOrders } from './controller/figures/orders.ts'
import { samplesOfRepairs } from './controller/figures/repairs.ts'
import type { Memory } from './controller/memory.ts'
import type { RateLimiters } from './controller/rate-limiters.ts'
import type { QueueObserver, Workqueue } from './kube/workqueue.ts'
import type { ReconcileObserver, ReconcileOutcome } from './kube/controller.ts'
import type { Metrics, Sample } from './telemetry/metrics.ts'

/** Names of the controllers in metrics, as controller-runtime would name them. */
export const CONTROLLERS = { orders: 'digicertorder', accounts: 'digicertaccount' } as const
export type ControllerName = (typeof CONTROLLERS)[keyof typeof CONTROLLERS]

/** As controller-runtime calls them: what is only repeated is no error. */
const RESULTS: Readonly<Record<ReconcileOutcome, string>> = {
  succeeded: 'success',
  conflict: 'requeue',
  failed: 'error',
}

/** Counts each reconcile of a controller. */
export const countReconcile = ({ count, observe }: Metrics, controller: ControllerName): ReconcileObserver => {
  for (const result of Object.values(RESULTS)) count('controller_runtime_reconcile_total', { controller, result }, 0)
  count('workqueue_retries_total', { name: controller }, 0)
  return (_key, result, durationMs) => {
    count('controller_runtime_reconcile_total', { controller, result: RESULTS[result] })
    observe('controller_runtime_reconcile_time_seconds', { controller }, durationMs / 1000)
    observe('workqueue_work_duration_seconds', { name: controller }, durationMs / 1000)
  }
}

/** Counts what happens in a queue. */
export const queueObserver = ({ count, observe }: Metrics, name: ControllerName): QueueObserver => ({
  added: () => count('workqueue_adds_total', { name }),
  taken: (waitedMs) => observe('workqueue_queue_duration_seconds', { name }, waitedMs / 1000),
  retried: () => count('workqueue_retries_total', { name }),
})

/** A controller, as far as metrics go. */
export type Controlled = { name: ControllerName; queue: Pick<Workqueue, 'snapshot'>; workers: number }

const samplesOfController = ({ name, queue, workers }: Controlled): Sample[] => {
  const { high, low, processing, longestRunningMs } = queue.snapshot()
  return [
    { name: 'workqueue_depth', labels: { name }, value: high + low },
    { name: 'workqueue_longest_running_processor_seconds', labels: { name }, value: longestRunningMs / 1000 },
    { name: 'controller_runtime_active_workers', labels: { controller: name }, value: processing },
    { name: 'controller_runtime_max_concurrent_reconciles', labels: { controller: name }, value: workers },
  ]
}

const samplesOfWatches = (caches: Pick<Caches, 'watches'>): Sample[] =>
  caches.watches().flatMap(({ resource, synced, silentMs }): Sample[] => [
    { name: 'digicert_operator_informer_synced', labels: { resource }, value: synced ? 1 : 0 },
    ...(silentMs === undefined
      ? []
      : [
          {
            name: 'digicert_operator_informer_silent_seconds' as const,
            labels: { resource },
            value: silentMs / 1000,
          },
        ]),
  ])

export type Figured = {
  caches: Pick<Caches, 'orders' | 'accounts' | 'watches'>
  controlled: readonly Controlled[]
  rateLimiters: Pick<RateLimiters, 'states'>
  memory: Pick<Memory, 'repaired'>
  leading: () => boolean
  /** What the leader knows of accounts; `undefined` while nothing runs. */
  known: () => KnownOfAccounts | undefined
}

/** What only the leader exports, as another replica would export it a second time. */
const samplesOfLeader = ({ caches, controlled, rateLimiters, memory }: Figured, known: KnownOfAccounts): Sample[] => [
  ...controlled.flatMap(samplesOfController),
  ...samplesOfOrders(caches.orders.list()),
  ...samplesOfRepairs(memory),
  ...samplesOfAccounts('DigiCertAccount', caches.accounts.DigiCertAccount.list(), known),
  ...samplesOfAccounts('ClusterDigiCertAccount', caches.accounts.ClusterDigiCertAccount.list(), known),
  ...samplesOfRateLimiters(rateLimiters),
]

/** Everything that is read at a scrape. */
export const samplesOf = (figured: Figured): Sample[] => {
  const known = figured.leading() ? figured.known() : undefined
  return [...samplesOfWatches(figured.caches), ...(known ? samplesOfLeader(figured, known) : [])]
}
