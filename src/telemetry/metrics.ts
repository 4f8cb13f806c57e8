import { Counter, Gauge, Histogram, type MetricValue, Registry, collectDefaultMetrics } from '@prometheus-io/client'
import {
  type CounterName,
  type HistogramName,
  type LabelsOf,
  type CollectedName,
  METRIC_ROWS,
} from './metric-definitions.ts'

/** One figure that is read at the scrape. */
export type Sample = {
  [Name in CollectedName]: { readonly name: Name; readonly labels: LabelsOf<Name>; readonly value: number }
}[CollectedName]

/** The figures of one operator process; `metric-definitions.ts` says which there are. */
export type Metrics = {
  /** The text that Prometheus scrapes, and its content type. */
  text: () => Promise<{ contentType: string; body: string }>
  /** Adds 1; 0 makes a series known before anything happened, so that its first 1 is seen as an increase. */
  count: <Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: 0 | 1) => void
  /** Takes the counters of an account away that is gone: their series would else be kept, and scraped, for ever. */
  removeAccount: (account: string) => void
  /** Notes how many seconds something took. */
  observe: <Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, seconds: number) => void
}

/**
 * Milliseconds between looks at the event loop. The defaults, 10 and 100, take more processor time than ten thousand
 * orders at rest. The delay of a loop that is never late is then 50 ms, as the time between two looks is part of it.
 */
const LOOP_MONITORING = { eventLoopMonitoringPrecision: 50, eventLoopUtilizationTimeout: 1000 }

type Row = (typeof METRIC_ROWS)[number]
type Values = MetricValue<string>[]

/**
 * A metric whose values are made anew at each scrape, all at once, so that those of an order go with the order. The
 * client's own gauges keep each value under its labels until somebody takes it away.
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
    // Before anything is awaited: another scrape may be under way.
    const values = this.#values
    return { ...(await super.get()), values }
  }
}

const isCollected = ({ type, value }: Row): boolean => type === 'gauge' || value === 'collected'

const byName = <Made>(rows: readonly Row[], make: (row: Row) => Made): Map<string, Made> =>
  new Map(rows.map((row) => [row.name, make(row)]))

type Labels = Readonly<Record<string, string>>

/** Which series there are of each account: the client removes one by all of its labels only. */
const createSeriesTracker = () => {
  const ofAccounts = new Map<string, Map<string, () => void>>()
  return {
    note: (name: string, labels: Labels, remove: () => void): void => {
      const { account } = labels
      if (account === undefined) return
      const series = ofAccounts.get(account) ?? new Map<string, () => void>()
      ofAccounts.set(account, series.set(JSON.stringify([name, labels]), remove))
    },
    forget: (account: string): void => {
      for (const remove of ofAccounts.get(account)?.values() ?? []) remove()
      ofAccounts.delete(account)
    },
  }
}

/**
 * A registry of our own, so that several operators in one process (tests) do not share figures.
 *
 * @param collect gives what is so now, for one scrape; must be cheap and must not throw
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
  const refresh = (): void => {
    const values = new Map<string, Values>()
    for (const name of collected.keys()) values.set(name, [])
    for (const sample of collect()) values.get(sample.name)?.push(sample)
    for (const [name, reading] of collected) reading.setValues(values.get(name) ?? [])
  }
  return {
    text: async () => {
      refresh()
      const body = await registry.metrics()
      // Tens of thousands of samples, of which nobody wants to hear again.
      for (const reading of collected.values()) reading.setValues([])
      return { contentType: registry.contentType, body }
    },
    count: (name, labels, by = 1) => {
      const counter = counters.get(name)
      if (!counter) return
      counter.inc(labels, by)
      accountSeries.note(name, labels, () => counter.remove(labels))
    },
    removeAccount: accountSeries.forget,
    observe: (name, labels, seconds) => histograms.get(name)?.observe(labels, seconds),
  }
}
