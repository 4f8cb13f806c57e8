import type { DigiCertOrder } from '../../src/api/order.ts'
import { faultOfPair } from '../../test/support/secret-witness.ts'
import { abreast } from './abreast.ts'
import { cpuSeconds, memory, percentile, requestsOf, since, writesIn } from './measure.ts'
import { observe } from './observer.ts'
import { type Stand, nameOf, orderAt } from './stand.ts'

export type Kind = {
  readonly prefix: string
  readonly algorithm: 'ECDSA' | 'RSA'
  /** `waited` orders are approved and validated by a person who is quick. */
  readonly way: 'instant' | 'waited'
}

/** What one run of so many orders cost, for each certificate where nothing else is said. */
export type Cost = {
  readonly perSecond: number
  readonly writes: number
  readonly requests: Readonly<Record<string, number>>
  readonly calls: number
  readonly callsByEndpoint: Readonly<Record<string, number>>
  readonly operatorCpuMs: number
  readonly apiServerCpuMs: number
  readonly etcdCpuMs: number
  readonly peakMiB: number
  readonly p50Seconds: number
  readonly p99Seconds: number
  readonly purchases: number
}

/** How many orders are applied at the same time. */
const APPLYING = 25
const LIMIT = 1_800_000

/** Applies orders, waits until all are Ready, checks each Secret and what was bought, and says what it cost. */
export async function issue(stand: Stand, kind: Kind, count: number): Promise<Cost> {
  const { cluster, simulator, namespace, plane } = stand
  await simulator.control.changeSettings(SETTINGS[kind.way])
  const operator = await stand.startOperator()
  const person = kind.way === 'waited' ? quickPerson(stand) : undefined
  const observer = await observe(plane.kubeconfig, namespace, person?.told)
  const names = Array.from({ length: count }, (_, index) => nameOf(kind.prefix, index))
  const paidBefore = (await simulator.control.state()).counts.paid
  const pids = { operator: operator.pid()!, api: plane.pids()['kube-apiserver']!, etcd: plane.pids().etcd! }
  const usage = () => ({
    operator: cpuSeconds(pids.operator),
    api: cpuSeconds(pids.api),
    etcd: cpuSeconds(pids.etcd),
  })
  await simulator.control.resetCalls()
  const [requests, cpu, began] = [await requestsOf(cluster), usage(), performance.now()]
  const appliedAt = new Map<string, number>()

  await abreast(count, APPLYING, async (index) => {
    const name = names[index]!
    await cluster.apply(orderAt(stand, kind.prefix, index, { privateKey: { algorithm: kind.algorithm } }))
    appliedAt.set(name, performance.now())
  })
  await observer.untilReady(count, LIMIT)

  const seconds = (performance.now() - began) / 1000
  const [spent, made] = [usage(), since(requests, await requestsOf(cluster))]
  const { total, byEndpoint } = await simulator.control.calls()
  const { peak } = memory(pids.operator)
  await person?.done()
  const waits = names.map((name) => (observer.readyAt.get(name)! - appliedAt.get(name)!) / 1000)
  await observer.close()
  await operator.stop()
  const purchases = (await simulator.control.state()).counts.paid - paidBefore
  if (purchases !== count) throw new Error(`${purchases} purchases for ${count} orders`)
  await checkSecrets(stand, names)
  const each = (value: number): number => value / count
  return {
    perSecond: count / seconds,
    writes: each(writesIn(made) - (made.get('APPLY digicertorders') ?? 0)),
    requests: Object.fromEntries([...made].map(([name, n]) => [name, each(n)])),
    calls: each(total),
    callsByEndpoint: Object.fromEntries(Object.entries(byEndpoint).map(([name, n]) => [name, each(n)])),
    operatorCpuMs: each((spent.operator - cpu.operator) * 1000),
    apiServerCpuMs: each((spent.api - cpu.api) * 1000),
    etcdCpuMs: each((spent.etcd - cpu.etcd) * 1000),
    peakMiB: peak,
    p50Seconds: percentile(waits, 0.5),
    p99Seconds: percentile(waits, 0.99),
    purchases,
  }
}

const SETTINGS = {
  instant: { instant: true, approval: 'none' },
  waited: { instant: false, approval: 'one-step', ownDcvPolling: true },
} as const

/** A good certificate in each Secret, or the run does not count. */
async function checkSecrets({ cluster, namespace }: Stand, names: readonly string[]): Promise<void> {
  const secrets = await cluster.list({ kind: 'Secret', namespace })
  const byName = new Map(secrets.map((secret) => [secret.metadata.name, secret]))
  for (const name of names) {
    const data = (byName.get(`${name}-tls`) as { data?: Record<string, string> } | undefined)?.data ?? {}
    const fault = faultOfPair({ data }, [`${name}.example.com`])
    if (fault !== undefined) throw new Error(`Secret ${name}-tls: ${fault}`)
  }
}

/** Approves each order once and publishes its records once, as soon as the status asks for it. */
function quickPerson({ simulator: { control } }: Stand) {
  const done = new Set<string>()
  const under: Promise<void>[] = []
  const once = (key: string, act: () => Promise<void>): void => {
    if (done.has(key)) return
    done.add(key)
    under.push(act())
  }
  return {
    told: ({ status }: DigiCertOrder): void => {
      const id = status?.order?.id
      if (id !== undefined && status?.order?.status === 'needs_approval')
        once(`approve ${id}`, () => control.approve(id))
      for (const { record } of status?.validation ?? []) {
        if (record !== undefined)
          once(`publish ${record.name}`, () => control.publishRecord(record.name, record.type, [record.value]))
      }
    },
    done: async () => {
      await Promise.all(under)
    },
  }
}
