import type { AccountStatus } from '../../src/api/account.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { waitFor } from '../../test/support/wait-for.ts'
import { cpuSeconds, memory, requestsOf, since, writesIn } from './measure.ts'
import { type Stand, submit } from './stand.ts'

/** What an operator with so many issued orders costs while nothing is to be done. */
export type Rest = {
  readonly orders: number
  readonly restart: {
    readonly syncedSeconds: number
    readonly writes: number
    /** Calls to CertCentral until it was synced and 10 s on, by endpoint. */
    readonly calls: Readonly<Record<string, number>>
    /** From `kubectl apply` of a new order right after to its first call. */
    readonly firstCallSeconds: number
  }
  readonly idle: {
    readonly seconds: number
    readonly residentMiB: number
    readonly peakMiB: number
    readonly cpuPercent: number
    readonly writes: number
    readonly requestsPerMinute: number
    readonly callsPerMinute: number
  }
}

/** Orders are counted before they are sent; what was given back is written at the next turn of the account. */
async function untilTold({ cluster, namespace }: Stand, count: number): Promise<void> {
  const look = async () => {
    const accounts = await cluster.list({ kind: 'DigiCertAccount', namespace })
    const counts = accounts.map(({ status }) => (status as AccountStatus | undefined)?.dailyOrders?.count ?? 0)
    return counts.reduce((sum, n) => sum + n, 0) === count
  }
  await waitFor(look, { what: 'orders of today in the accounts', limitMs: 600_000, everyMs: 5000 })
}

/** Two polls and the two minutes by which their windows reach back, in milliseconds. */
const UNTIL_QUIET = 240_000

/** Starts an operator over so many issued orders, and measures its start, its first new order and a quiet time. */
export async function rest(stand: Stand, count: number, idleSeconds: number): Promise<Rest> {
  const { cluster, simulator } = stand
  const before = await stand.startOperator()
  await untilTold(stand, count)
  await before.stop()
  await simulator.control.resetCalls()
  const [requests, began] = [await requestsOf(cluster), performance.now()]
  const operator = await stand.startOperator()
  const syncedSeconds = (performance.now() - began) / 1000
  const firstCallSeconds = await firstCall(stand)
  await pause(10_000)
  const made = since(requests, await requestsOf(cluster))
  const { byEndpoint } = await simulator.control.calls()
  const writes = writesIn(made) - WRITES_OF_AN_ORDER
  // The first polls tell of all that was issued of late, and accounts say once that their key is good. Then comes the quiet.
  await pause(UNTIL_QUIET)
  const idle = await quietTime(stand, operator.pid()!, idleSeconds)
  await operator.stop()
  return { orders: count, restart: { syncedSeconds, writes, calls: byEndpoint, firstCallSeconds }, idle }
}

/** Its own creation, the five that make it Ready, and its reservation in the account. */
const WRITES_OF_AN_ORDER = 7

async function firstCall(stand: Stand): Promise<number> {
  const index = Date.now() % 100_000
  const began = performance.now()
  await submit(stand, 'new', index)
  const asked = async () => {
    const { byEndpoint } = await stand.simulator.control.calls()
    return Object.keys(byEndpoint).some((endpoint) => endpoint.includes('/order/alternate/'))
  }
  await waitFor(asked, { what: 'first call of a new order', limitMs: 120_000, everyMs: 20 })
  return (performance.now() - began) / 1000
}

async function quietTime({ cluster, simulator }: Stand, pid: number, seconds: number): Promise<Rest['idle']> {
  await simulator.control.resetCalls()
  const [requests, cpu] = [await requestsOf(cluster), cpuSeconds(pid)]
  await pause(seconds * 1000)
  const made = since(requests, await requestsOf(cluster))
  // The look at the figures is not the operator's.
  const all = [...made].reduce((sum, [, n]) => sum + n, 0)
  const { total } = await simulator.control.calls()
  const { now, peak } = memory(pid)
  return {
    seconds,
    residentMiB: now,
    peakMiB: peak,
    cpuPercent: ((cpuSeconds(pid) - cpu) / seconds) * 100,
    writes: writesIn(made),
    requestsPerMinute: (all / seconds) * 60,
    callsPerMinute: (total / seconds) * 60,
  }
}
