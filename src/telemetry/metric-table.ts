import { ACCOUNTS, CALLS, CERTIFICATES, DEEDS, LONG, type Row } from './metric-rows.ts'

/** Seconds of work inside the process and at the API server. */
const SHORT = [0.005, 0.02, 0.1, 0.5, 2, 10, 60]

/** Under the names of controller-runtime and client-go, so that dashboards made for those fit. */
const CONTROLLERS = [
  {
    name: 'controller_runtime_reconcile_total',
    type: 'counter',
    help: 'Passes by controller and result: success, error, or requeue for a write that somebody else was ahead of.',
    labels: ['controller', 'result'],
    from: 'leader',
  },
  {
    name: 'controller_runtime_reconcile_time_seconds',
    type: 'histogram',
    help: 'Length of a pass in seconds.',
    labels: ['controller'],
    from: 'leader',
    buckets: SHORT,
  },
  {
    name: 'controller_runtime_active_workers',
    type: 'gauge',
    help: 'Passes that are under way.',
    labels: ['controller'],
    from: 'leader',
  },
  {
    name: 'controller_runtime_max_concurrent_reconciles',
    type: 'gauge',
    help: 'Passes that can be under way at the same time.',
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
    buckets: LONG,
  },
  {
    name: 'workqueue_work_duration_seconds',
    type: 'histogram',
    help: 'How long a worker held a key, in seconds.',
    labels: ['name'],
    from: 'leader',
    buckets: SHORT,
  },
  {
    name: 'workqueue_retries_total',
    type: 'counter',
    help: 'Keys that were put back after a pass that failed.',
    labels: ['name'],
    from: 'leader',
  },
  {
    name: 'workqueue_longest_running_processor_seconds',
    type: 'gauge',
    help: 'How long the oldest pass under way has been running, in seconds.',
    labels: ['name'],
    from: 'leader',
  },
] as const satisfies readonly Row[]

const PROCESS = [
  {
    name: 'leader_election_master_status',
    type: 'gauge',
    help: '1 while this replica leads.',
    labels: ['name'],
    from: 'each replica',
  },
  {
    name: 'rest_client_requests_total',
    type: 'counter',
    help: 'Requests to the Kubernetes API server by method and HTTP status; code is <error> where no answer came.',
    labels: ['method', 'code'],
    from: 'each replica',
  },
  {
    name: 'digicert_operator_informer_synced',
    type: 'gauge',
    help: '1 once the first list of a kind was taken in.',
    labels: ['resource'],
    from: 'each replica',
  },
  {
    name: 'digicert_operator_informer_silent_seconds',
    type: 'gauge',
    help: 'How long the watch of a kind has brought nothing, not even the bookmark of each minute.',
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

/** Every metric of the operator but those of the process and of Node.js. The one list: code and docs are made from it. */
export const METRICS = [...CERTIFICATES, ...ACCOUNTS, ...DEEDS, ...CALLS, ...CONTROLLERS, ...PROCESS] as const

type Metric = (typeof METRICS)[number]
type Kept = Extract<Metric, { kept: 'elsewhere' }>

export type MetricName = Metric['name']
/** Labels of a metric, all of which must be given. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<Extract<Metric, { name: Name }>['labels'][number], string>
>
export type CounterName = Exclude<Extract<Metric, { type: 'counter' }>, Kept>['name']
export type HistogramName = Extract<Metric, { type: 'histogram' }>['name']
/** What is read at the scrape. */
export type ReadName = (Extract<Metric, { type: 'gauge' }> | Kept)['name']

/** The same list for whoever takes the rows alike. */
export const METRIC_ROWS: readonly (Row & { readonly name: MetricName })[] = METRICS
