import { waitFor } from '../../test/support/wait-for.ts'
import { abreast } from './abreast.ts'
import { observe } from './observer.ts'
import { ORDERS, type Stand, nameOf, rebudget, submit } from './stand.ts'

/** Calls a second of a key, of those that CertCentral's stricter page lets it make: 1,000 in 5 minutes. */
export const STRICT = 3.3

/** So many calls under CertCentral's limits, and how long they took beside the least that the budgets of the keys allow. */
export type Budgeted = {
  readonly orders: number
  readonly seconds: number
  readonly floorSeconds: number
  readonly calls: number
  readonly tooMany: number
}

/** Buys so many under enforced limits. */
export async function underLimits(stand: Stand, count: number): Promise<Budgeted> {
  const operator = await stand.startOperator()
  const observer = await observe(stand.kubeconfig, stand.namespace)
  const meter = await startMeter(stand)
  await abreast(count, 25, (index) => submit(stand, 'limit', index))
  const cost = await meter.until(() => observer.readyAt.size >= count)
  await observer.close()
  await operator.stop()
  const { paid } = (await stand.simulator.control.state()).counts
  if (paid !== count) throw new Error(`${paid} purchases for ${count} orders`)
  return { orders: count, ...cost }
}

export type MassReissue = Budgeted & {
  /** From `kubectl apply` of an order in the middle of it until that was Ready. */
  readonly newOrderSeconds: number
}

/** Buys so many without limits, then asks for all of them anew at once, under enforced limits. */
export async function massReissue(stand: Stand, count: number): Promise<MassReissue> {
  const { client, namespace, simulator } = stand
  const revised = new Set<string>()
  const observer = await observe(stand.kubeconfig, namespace, ({ metadata, status }) => {
    if (status?.revision === 2) revised.add(metadata.name)
  })
  const before = await stand.startOperator()
  await abreast(count, 25, (index) => submit(stand, 'mass', index))
  await observer.untilReady(count, 7_200_000)
  await before.stop()
  // What was called to buy them counts with nobody any more.
  await rebudget(stand, STRICT)
  const operator = await stand.startOperator()
  await simulator.control.changeSettings({ rateLimits: { enabled: true } })
  const meter = await startMeter(stand)
  const annotations = { 'digicert-operator.io/reissue-requested-at': new Date().toISOString() }
  await abreast(count, 25, (index) =>
    client.mergePatch(ORDERS, { namespace, name: nameOf('mass', index) }, { metadata: { annotations } }),
  )
  await meter.until(() => revised.size >= count / 2)
  const applied = performance.now()
  await submit(stand, 'amid', 0)
  const cost = await meter.until(() => revised.size >= count)
  const newOrderSeconds = ((observer.readyAt.get(nameOf('amid', 0)) ?? Number.NaN) - applied) / 1000
  await observer.close()
  await operator.stop()
  const { paid, reissues } = (await simulator.control.state()).counts
  if (paid !== count + 1 || reissues !== count) throw new Error(`${paid} purchases and ${reissues} reissues`)
  return { orders: count, ...cost, newOrderSeconds }
}

/** Counts calls and refusals. The simulator keeps its last thousand calls, so it is asked each second. */
async function startMeter({ simulator: { control }, accounts }: Stand) {
  await control.resetCalls()
  const began = performance.now()
  let [seen, tooMany] = [0, 0]
  const look = async () => {
    const { total, last } = await control.calls()
    tooMany += last.slice(Math.max(0, last.length - (total - seen))).filter(({ status }) => status === 429).length
    seen = total
  }
  return {
    until: async (isOver: () => boolean): Promise<Omit<Budgeted, 'orders'>> => {
      const over = async () => {
        await look()
        return isOver()
      }
      await waitFor(over, { what: 'end of a run under limits', limitMs: 7_200_000, everyMs: 1000 })
      const seconds = (performance.now() - began) / 1000
      return { seconds, floorSeconds: seen / (STRICT * accounts), calls: seen, tooMany }
    },
  }
}
