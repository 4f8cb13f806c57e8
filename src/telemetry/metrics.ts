import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from '@prometheus-io/client'

/** The figures of one operator process, under the names that kubebuilder's controllers use where there is one. */
export type Metrics = {
  /** The text that Prometheus scrapes, and its content type. */
  text: () => Promise<{ contentType: string; body: string }>
  /** One pass over an order ended: `succeeded`, `conflict` (repeated at once) or `failed`. */
  reconciled: (result: 'succeeded' | 'conflict' | 'failed', seconds: number) => void
  /** One call to CertCentral ended. */
  called: (endpoint: string, code: string) => void
  /** An order was placed, that is, paid for. */
  purchased: () => void
}

export type Gauges = { queueDepth: () => number; leading: () => boolean; orders: () => number }

/** A registry of our own, so that several operators in one process (tests) do not share figures. */
export const createMetrics = (gauges: Gauges): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  gauge('workqueue_depth', 'Orders that wait for a worker.', gauges.queueDepth)
  gauge('leader_election_master_status', '1 while this replica leads.', () => (gauges.leading() ? 1 : 0))
  gauge('digicert_operator_orders', 'DigiCertOrders that are watched.', gauges.orders)
  const passes = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Passes over an order by result.',
    labelNames: ['result'],
    registers,
  })
  const times = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of a pass in seconds.',
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  })
  const calls = new Counter({
    name: 'digicert_api_requests_total',
    help: 'Calls to CertCentral by endpoint and outcome.',
    labelNames: ['endpoint', 'code'],
    registers,
  })
  const purchases = new Counter({
    name: 'digicert_operator_purchases_total',
    help: 'Orders that were placed and paid for.',
    registers,
  })
  return {
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    reconciled: (result, seconds) => {
      passes.inc({ result })
      times.observe(seconds)
    },
    called: (endpoint, code) => calls.inc({ endpoint, code }),
    purchased: () => purchases.inc(),
  }
}
