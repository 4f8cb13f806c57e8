import { setTimeout as pause } from 'node:timers/promises'
import { abreast } from './abreast.ts'
import { observe } from './observer.ts'
import { type Stand, submit } from './stand.ts'

/** The longest time in which no order became Ready, around the end of the leader, and what was bought twice. */
export type Failover = { readonly gapSeconds: number; readonly boughtTwice: number }

/** Ends the leader of two replicas in the middle of so many orders. */
export async function failover(stand: Stand, count: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<Failover> {
  const leader = await stand.startOperator({ 'leader-elect': true })
  const standby = await stand.startOperator({ 'leader-elect': true })
  const observer = await observe(stand.kubeconfig, stand.namespace)
  const applying = abreast(count, 25, (index) => submit(stand, 'fail', index))
  await observer.untilReady(Math.floor(count / 4), 600_000)
  const at = performance.now()
  const ended = leader.kill(signal)
  await Promise.all([ended, applying])
  await observer.untilReady(count, 600_000)
  await pause(1000)
  const times = [at, ...[...observer.readyAt.values()].filter((time) => time > at).sort((a, b) => a - b)]
  const gaps = times.slice(1).map((time, index) => time - times[index]!)
  await observer.close()
  await standby.stop()
  const { paid } = (await stand.simulator.control.state()).counts
  return { gapSeconds: Math.max(...gaps) / 1000, boughtTwice: paid - count }
}
