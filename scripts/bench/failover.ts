import { setTimeout as pause } from 'node:timers/promises'
import type { DigiCertOrder } from '../../src/api/order.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { abreast } from './abreast.ts'
import { observe } from './observer.ts'
import { type Stand, submit } from './stand.ts'

export type Failover = {
  /** The longest time in which no order became Ready, around the end of the leader. */
  readonly gapSeconds: number
  /** Orders whose purchase was under way when the leader ended: nobody knows of them until the unknown-outcome timeout is over. */
  readonly unknown: number
  readonly boughtTwice: number
}

const isUnknown = ({ status }: DigiCertOrder): boolean =>
  status?.conditions?.some(({ reason }) => reason === 'OutcomeUnknown') ?? false

/** Ends the leader of two replicas in the middle of so many orders. */
export async function failover(stand: Stand, count: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<Failover> {
  const leader = await stand.startOperator({ 'leader-elect': true })
  const standby = await stand.startOperator({ 'leader-elect': true })
  const unknown = new Set<string>()
  const observer = await observe(stand.kubeconfig, stand.namespace, (order) => {
    if (isUnknown(order)) unknown.add(order.metadata.name)
    else unknown.delete(order.metadata.name)
  })
  const applying = abreast(count, 25, (index) => submit(stand, 'fail', index))
  await observer.untilReady(Math.floor(count / 4), 600_000)
  const at = performance.now()
  const ended = leader.kill(signal)
  await Promise.all([ended, applying])
  const isOver = () => Promise.resolve(observer.readyAt.size + unknown.size >= count)
  await waitFor(isOver, { what: `${count} Ready or unknown`, limitMs: 600_000 })
  await pause(1000)
  const times = [at, ...[...observer.readyAt.values()].filter((time) => time > at).sort((a, b) => a - b)]
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  await observer.close()
  await standby.stop()
  const bought = (await stand.simulator.control.orders()).map(({ alternativeOrderId }) => alternativeOrderId)
  return {
    gapSeconds: Math.max(...gaps) / 1000,
    unknown: unknown.size,
    boughtTwice: bought.length - new Set(bought).size,
  }
}
