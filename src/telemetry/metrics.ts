import { type MetricValue, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from '@prometheus-io/client'
import {
  type CollectedName,
  type CounterName,
  type HistogramName,
  type LabelsOf,
  METRIC_ROWS,
} from './metric-definitions.ts'

/** One value that is collected at the scrape. */
export type Sample = {
  [Name in CollectedName]: { readonly name: Name; readonly labels: LabelsOf<Name>; readonly value: number }
}[CollectedName]

/** The metrics of one operator process, as defined in `metric-definitions.ts`. */
export type Metrics = {
  /** The response to a scrape of Prometheus. */
  text: () => Promise<{ contentType: string; body: string }>
  /** Adds 1. Adding 0 creates the series, so that Prometheus sees its first 1 as an increase. */
  count: <Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: 0 | 1) => void
  /** Removes the counters of a deleted account. */
  removeAccount: (account: string) => void
  /** Adds a duration to a histogram. */
  observe: <Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, seconds: number) => void
}

/**
 * Milliseconds between measurements of the event loop. The defaults, 10 and 100, use more processor time than ten thousand
 * idle orders. The measured delay includes this interval, so that an idle loop has a delay of 50 ms.
 */
const LOOP_MONITORING = { eventLoopMonitoringPrecision: 50, eventLoopUtilizationTimeout: 1000 }

type Row = (typeof METRIC_ROWS)[number]
type Values = MetricValue<string>[]

/**
 * A metric whose values are replaced at each scrape, so that the values of a deleted order disappear. A gauge of the client
 * keeps each value until it is removed by its labels.
 */
class CollectedMetric extends Gauge<string> {
  #values: Values = []

  constructor({ name, help, type, labels }: Row, registers: Registry[]) {
    super({ name, help, labelNames: [...labels], registers })
    Object.assign(this, { type })
  }

  setValues(values: Values): void {
    this.#values = values
  }

  override async get(): ReturnType<Gauge<string>['get']> {
    // Read before the first await: another scrape may run.
    const values = this.#values
    return { ...(await super.get()), values }
  }
}

const isCollected = ({ type, value }: Row): boolean => type === 'gauge' || value === 'collected'

const byName = <Made>(rows: readonly Row[], make: (row: Row) => Made): Map<string, Made> =>
  new Map(rows.map((row) => [row.name, make(row)]))

type Labels = Readonly<Record<string, string>>

/** Tracks the series of each account, because the client can remove a series only by all of its labels. */
const createSeriesTracker = () => {
  const byAccount = new Map<string, Map<string, () => void>>()
  return {
    add: (name: string, labels: Labels, remove: () => void): void => {
      const { account } = labels
      if (account === undefined) return
      const series = byAccount.get(account) ?? new Map<string, () => void>()
      byAccount.set(account, series.set(JSON.stringify([name, labels]), remove))
    },
    removeAccount: (account: string): void => {
      for (const remove of byAccount.get(account)?.values() ?? []) remove()
      byAccount.delete(account)
    },
  }
}

/**
 * Creates the metrics, in a registry of their own so that several operators in one process (tests) do not share them.
 *
 * @param collect returns the current values for one scrape; must be cheap and must not throw
 */
export const createMetrics = (collect: () => Iterable<Sample>): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, ...LOOP_MONITORING })
  const collected = byName(METRIC_ROWS.filter(isCollected), (row) => new CollectedMetric(row, registers))
  const counters = byName(
    METRIC_ROWS.filter((row) => row.type === 'counter' && !isCollected(row)),
    ({ name, help, labels }) => new Counter<string>({ name, help, labelNames: [...labels], registers }),
  )
  const accountSeries = createSeriesTracker()
  const histograms = byName(
    METRIC_ROWS.filter(({ type }) => type === 'histogram'),
    ({ name, help, labels, buckets = [] }) =>
      new Histogram<string>({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
  )
  const collectAll = (): void => {
    const values = new Map<string, Values>()
    for (const name of collected.keys()) values.set(name, [])
    for (const sample of collect()) values.get(sample.name)?.push(sample)
    for (const [name, metric] of collected) metric.setValues(values.get(name) ?? [])
  }
  return {
    text: async () => {
      collectAll()
      const body = await registry.metrics()
      // Free tens of thousands of samples; the next scrape collects them again.
      for (const metric of collected.values()) metric.setValues([])
      return { contentType: registry.contentType, body }
    },
    count: (name, labels, by = 1) => {
      const counter = counters.get(name)
      if (!counter) return
      counter.inc(labels, by)
      accountSeries.add(name, labels, () => counter.remove(labels))
    },
    removeAccount: accountSeries.removeAccount,
    observe: (name, labels, seconds) => histograms.get(name)?.observe(labels, seconds),
  }
}
