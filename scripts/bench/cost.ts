import { faultOfPair } from '../../test/support/secret-witness.ts'
import { abreast } from './abreast.ts'
import { cpuSeconds, memory, percentile, requestsOf, since, writesIn } from './measure.ts'
import type { Observer } from './observer.ts'
import type { Stand } from './stand.ts'

/** What one run of so many certificates cost, for each of them where nothing else is said. */
export type Cost = {
  readonly perSecond: number
  readonly writes: number
  readonly events: number
  readonly requests: Readonly<Record<string, number>>
  readonly operatorCpuMs: number
  /** Not a number where the servers are not of this machine; so is that of etcd. */
  readonly apiServerCpuMs: number
  readonly etcdCpuMs: number
  /** Whole memory of the program. */
  readonly peakMiB: number
  readonly p50Seconds: number
  readonly p99Seconds: number
}

/** A program under measure, and what it works on. */
export type Subject = {
  readonly pid: number
  readonly observer: Observer
  readonly names: readonly string[]
  /** Creates the object of that name. */
  readonly submit: (name: string, index: number) => Promise<unknown>
  /** How that shows in the counts of the API server, which are not those of the program. */
  readonly applied: string
}

/** How many objects are created at the same time. */
const APPLYING = 25
const LIMIT = 1_800_000

/** Creates so many, waits until all are Ready, and says what that cost. */
export async function costOf({ cluster, pids }: Stand, subject: Subject): Promise<Cost> {
  const { pid, observer, names } = subject
  const count = names.length
  const cpuOf = (of: number | undefined): number => (of === undefined ? Number.NaN : cpuSeconds(of))
  const usage = () => ({ operator: cpuSeconds(pid), api: cpuOf(pids.api), etcd: cpuOf(pids.etcd) })
  const [requests, cpu, began] = [await requestsOf(cluster), usage(), performance.now()]
  const appliedAt = new Map<string, number>()

  await abreast(count, APPLYING, async (index) => {
    const name = names[index]!
    await subject.submit(name, index)
    appliedAt.set(name, performance.now())
  })
  await observer.untilReady(count, LIMIT)

  const seconds = (performance.now() - began) / 1000
  const [spent, made] = [usage(), since(requests, await requestsOf(cluster))]
  const waits = names.map((name) => Math.max(0, observer.readyAt.get(name)! - appliedAt.get(name)!) / 1000)
  const each = (value: number): number => value / count
  return {
    perSecond: count / seconds,
    writes: each(writesIn(made) - (made.get(subject.applied) ?? 0)),
    events: each((made.get('POST events') ?? 0) + (made.get('PATCH events') ?? 0)),
    requests: Object.fromEntries([...made].map(([name, n]) => [name, each(n)])),
    operatorCpuMs: each((spent.operator - cpu.operator) * 1000),
    apiServerCpuMs: each((spent.api - cpu.api) * 1000),
    etcdCpuMs: each((spent.etcd - cpu.etcd) * 1000),
    peakMiB: memory(pid).peak,
    p50Seconds: percentile(waits, 0.5),
    p99Seconds: percentile(waits, 0.99),
  }
}

/** A good certificate in each Secret, or the run does not count. */
export async function checkSecrets({ cluster, namespace }: Stand, names: readonly string[]): Promise<void> {
  const secrets = await cluster.list({ kind: 'Secret', namespace })
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]))
  for (const name of names) {
    const data = (byName.get(`${name}-tls`) as { data?: Record<string, string> } | undefined)?.data ?? {}
    const fault = faultOfPair({ data }, [`${name}.example.com`])
    if (fault !== undefined) throw new Error(`Secret ${name}-tls: ${fault}`)
  }
}
