/** One metric, as docs/metrics.md shows it. */
export type Row = {
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Who exports it. Only the leader exports the state of the cluster, so that sums over replicas are right. */
  readonly from: 'leader' | 'each replica'
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
  /** `collected`: a counter whose value is collected at the scrape, as that of a gauge. */
  readonly value?: 'collected'
}

/** For waits and for calls to CertCentral, which may last until their deadline. */
const LONG_BUCKETS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

const ORDER = ['namespace', 'name'] as const

/** Collected by the leader from its caches. */
const CERTIFICATES = [
  {
    name: 'digicert_operator_certificate_not_before_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate in the Secret of an order becomes valid, in seconds since 1970.',
    labels: ORDER,
    from: 'leader',
  },
  {
    name: 'digicert_operator_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    help: 'When the certificate in the Secret of an order expires, in seconds since 1970.',
    labels: ORDER,
    from: 'leader',
  },
  {
    name: 'digicert_operator_certificate_renewal_timestamp_seconds',
    type: 'gauge',
    help: 'When the next action for a settled order is due, in seconds since 1970; action is Reissue, Renew or Look (CertCentral or a user acts).',
    labels: [...ORDER, 'action'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_certificate_ready_status',
    type: 'gauge',
    help: 'The Ready condition of an order: 1 for its current status, one of True, False and Unknown.',
    labels: [...ORDER, 'condition'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_order_plan_end_timestamp_seconds',
    type: 'gauge',
    help: 'When the plan of an order at CertCentral ends, in seconds since 1970.',
    labels: ORDER,
    from: 'leader',
  },
  {
    name: 'digicert_operator_order_state_since_timestamp_seconds',
    type: 'gauge',
    help: 'When an order entered its current state, in seconds since 1970, with the reason of its condition and whom it waits for.',
    labels: [...ORDER, 'state', 'reason', 'waiting_for'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_order_failures',
    type: 'gauge',
    help: 'Consecutive failures of an order with the same reason; absent after a success.',
    labels: [...ORDER, 'reason'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_secret_repairs_total',
    type: 'counter',
    help: 'How often the operator repaired the Secret of an order that others changed or deleted, by the field manager that did; manager is empty for a first repair, a deletion, and when it is unknown. Absent after the order is deleted.',
    labels: [...ORDER, 'manager'],
    from: 'leader',
    value: 'collected',
  },
  {
    name: 'digicert_operator_order_info',
    type: 'gauge',
    help: '1 for each order, with its account, its product and who renews it (Renew, DigiCert, Never).',
    labels: [...ORDER, 'account', 'product', 'renewal'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_orders',
    type: 'gauge',
    help: 'Orders by state.',
    labels: ['state'],
    from: 'leader',
  },
] as const satisfies readonly Row[]

const ACCOUNTS = [
  {
    name: 'digicert_operator_account_ready_status',
    type: 'gauge',
    help: 'The Ready condition of an account: 1 for its current status, one of True, False and Unknown.',
    labels: ['account', 'condition'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_account_status',
    type: 'gauge',
    help: '1 for each account, with the reason of its Ready condition, such as KeyRefused.',
    labels: ['account', 'reason'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_account_orders_today',
    type: 'gauge',
    help: 'Orders of an account since midnight UTC, counted before they are sent.',
    labels: ['account'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_account_max_orders_per_day',
    type: 'gauge',
    help: 'How many orders an account may place per day, in UTC (spec.policy.maxOrdersPerDay).',
    labels: ['account'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_account_clock_ahead_seconds',
    type: 'gauge',
    help: "How far the operator's clock is ahead of CertCentral's, in seconds, by the last response; negative when it is behind.",
    labels: ['account'],
    from: 'leader',
  },
] as const satisfies readonly Row[]

const ACTIONS = [
  {
    name: 'digicert_operator_purchases_total',
    type: 'counter',
    help: 'Orders that were placed and paid for, including those whose response was lost and that were found later; purpose is order or renewal.',
    labels: ['account', 'product', 'purpose'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_reissues_total',
    type: 'counter',
    help: 'Reissues that were requested; a reissue costs nothing.',
    labels: ['account', 'product'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_adoptions_total',
    type: 'counter',
    help: 'Existing orders at CertCentral that were adopted.',
    labels: ['account', 'product'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_failures_total',
    type: 'counter',
    help: 'Actions for orders that failed, by the reason in the condition of the order.',
    labels: ['account', 'reason'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_orders_left_total',
    type: 'counter',
    help: 'Deleted DigiCertOrders whose spec.deletionPolicy was not carried out at CertCentral; an Event about the Deployment names each.',
    labels: ['policy'],
    from: 'leader',
  },
] as const satisfies readonly Row[]

const CALLS = [
  {
    name: 'digicert_operator_certcentral_requests_total',
    type: 'counter',
    help: 'Calls to CertCentral by account, endpoint and HTTP status; without a response, code is the cause, such as unreachable or timeout.',
    labels: ['account', 'endpoint', 'code'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_certcentral_request_duration_seconds',
    type: 'histogram',
    help: 'Length of the calls to CertCentral in seconds, without the wait for the rate limit.',
    labels: ['endpoint'],
    from: 'leader',
    buckets: LONG_BUCKETS_SECONDS,
  },
  {
    name: 'digicert_operator_rate_limit_available_calls',
    type: 'gauge',
    help: 'Calls that an API key may make now.',
    labels: ['account'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_rate_limit_waiting_calls',
    type: 'gauge',
    help: 'Calls that wait for the rate limit of an API key.',
    labels: ['account'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_rate_limit_paused',
    type: 'gauge',
    help: '1 while calls are paused after a 429 of CertCentral.',
    labels: ['account'],
    from: 'leader',
  },
  {
    name: 'digicert_operator_rate_limit_waited_seconds_total',
    type: 'counter',
    help: 'Total seconds that calls waited for the rate limit.',
    labels: ['account'],
    from: 'leader',
    value: 'collected',
  },
  {
    name: 'digicert_operator_rate_limit_paused_seconds_total',
    type: 'counter',
    help: 'Total seconds of pauses after a 429 of CertCentral.',
    labels: ['account'],
    from: 'leader',
    value: 'collected',
  },
] as const satisfies readonly Row[]

/** For reconciles, which work in the process and at the API server. */
const SHORT_BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60]

/** With the names of controller-runtime and client-go, so that their dashboards work. */
const CONTROLLERS = [
  {
    name: 'controller_runtime_reconcile_total',
    type: 'counter',
    help: 'Reconciliations by controller and result: success, error, or requeue after a write conflict.',
    labels: ['controller', 'result'],
    from: 'leader',
  },
  {
    name: 'controller_runtime_reconcile_time_seconds',
    type: 'histogram',
    help: 'Length of a reconciliation in seconds.',
    labels: ['controller'],
    from: 'leader',
    buckets: SHORT_BUCKETS_SECONDS,
  },
  {
    name: 'controller_runtime_active_workers',
    type: 'gauge',
    help: 'Reconciliations that are running.',
    labels: ['controller'],
    from: 'leader',
  },
  {
    name: 'controller_runtime_max_concurrent_reconciles',
    type: 'gauge',
    help: 'Reconciliations that can run at the same time.',
    labels: ['controller'],
    from: 'leader',
  },
  {
    name: 'workqueue_depth',
    type: 'gauge',
    help: 'Keys that wait for a worker.',
    labels: ['name'],
    from: 'leader',
  },
  {
    name: 'workqueue_adds_total',
    type: 'counter',
    help: 'Keys that were added.',
    labels: ['name'],
    from: 'each replica',
  },
  {
    name: 'workqueue_queue_duration_seconds',
    type: 'histogram',
    help: 'How long a key waited for a worker, in seconds.',
    labels: ['name'],
    from: 'leader',
    buckets: LONG_BUCKETS_SECONDS,
  },
  {
    name: 'workqueue_work_duration_seconds',
    type: 'histogram',
    help: 'How long a worker processed a key, in seconds.',
    labels: ['name'],
    from: 'leader',
    buckets: SHORT_BUCKETS_SECONDS,
  },
  {
    name: 'workqueue_retries_total',
    type: 'counter',
    help: 'Keys that were added again after a failed reconciliation.',
    labels: ['name'],
    from: 'leader',
  },
  {
    name: 'workqueue_longest_running_processor_seconds',
    type: 'gauge',
    help: 'How long the oldest running reconciliation has taken so far, in seconds.',
    labels: ['name'],
    from: 'leader',
  },
] as const satisfies readonly Row[]

const PROCESS = [
  {
    name: 'leader_election_master_status',
    type: 'gauge',
    help: '1 while this replica is the leader.',
    labels: ['name'],
    from: 'each replica',
  },
  {
    name: 'rest_client_requests_total',
    type: 'counter',
    help: 'Requests to the Kubernetes API server by method and HTTP status; code is <error> when there was no response.',
    labels: ['method', 'code'],
    from: 'each replica',
  },
  {
    name: 'digicert_operator_informer_synced',
    type: 'gauge',
    help: '1 once the first list of a kind was read.',
    labels: ['resource'],
    from: 'each replica',
  },
  {
    name: 'digicert_operator_informer_silent_seconds',
    type: 'gauge',
    help: 'How long the watch of a kind has brought no event, not even the bookmark that is due each minute.',
    labels: ['resource'],
    from: 'each replica',
  },
  {
    name: 'digicert_operator_build_info',
    type: 'gauge',
    help: '1, with the versions of the operator and of Node.js.',
    labels: ['version', 'node_version'],
    from: 'each replica',
  },
] as const satisfies readonly Row[]

/** Every metric of the operator, except those of the process and of Node.js. Code and docs are generated from it. */
const METRICS = [...CERTIFICATES, ...ACCOUNTS, ...ACTIONS, ...CALLS, ...CONTROLLERS, ...PROCESS] as const

type Metric = (typeof METRICS)[number]
type CollectedCounter = Extract<Metric, { value: 'collected' }>

type MetricName = Metric['name']
/** Labels of a metric, all of which must be given. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<Extract<Metric, { name: Name }>['labels'][number], string>
>
export type CounterName = Exclude<Extract<Metric, { type: 'counter' }>, CollectedCounter>['name']
export type HistogramName = Extract<Metric, { type: 'histogram' }>['name']
/** Metrics that are collected at the scrape. */
export type CollectedName = (Extract<Metric, { type: 'gauge' }> | CollectedCounter)['name']

/** The same list, with rows of one type. */
export const METRIC_ROWS: readonly (Row & { readonly name: MetricName })[] = METRICS
