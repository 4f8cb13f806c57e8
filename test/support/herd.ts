import { readFileSync } from 'node:fs'
import type { DigiCertOrder } from '../../src/api/order.ts'
import type { RecordedCall } from '../../src/simulator/http/calls.ts'
import { type Bed, orderIn } from './bad-days.ts'
import { isReady } from './cluster.ts'

/** Some orders of one namespace that are bought with one account. */
export type Herd = {
  readonly prefix: string
  readonly namespace: string
  readonly account: string
  readonly count: number
}

/** How many are applied at the same time: one after the other, the first would be issued before the last is there. */
const ABREAST = 25

export const namesOf = ({ prefix, count }: Herd): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

/** Applies a herd as fast as the API server takes it. */
export async function applyHerd({ cluster }: Pick<Bed, 'cluster'>, herd: Herd): Promise<void> {
  const names = namesOf(herd)
  const accountRef = { name: herd.account }
  for (let from = 0; from < names.length; from += ABREAST) {
    const some = names.slice(from, from + ABREAST)
    await Promise.all(some.map((name) => cluster.apply(orderIn(herd.namespace, name, { accountRef }))))
  }
}

/** Whether that many orders of a namespace exist, and all of them are Ready. */
export async function areReady({ cluster }: Pick<Bed, 'cluster'>, namespace: string, count: number): Promise<boolean> {
  const orders = (await cluster.list({ kind: 'DigiCertOrder', namespace })) as unknown as DigiCertOrder[]
  return orders.length === count && orders.every(isReady)
}

/** The names that were bought, first to last, and when. */
export async function purchases({ control }: Pick<Bed, 'control'>): Promise<{ name: string; at: Date }[]> {
  return (await control.paid()).map(({ at, body }) => {
    const { certificate } = body as { certificate: { common_name: string } }
    return { name: certificate.common_name.replace('.example.com', ''), at: new Date(at) }
  })
}

/** What a minute of a run saw. `rssMiB` is the most memory that the operator held in it. */
export type Minute = { calls: number; tooMany: number; rssMiB: number }

/** Counts calls and memory by minute. The simulator keeps its last thousand calls, so it must be asked in time. */
export type Gauge = { readonly look: () => Promise<void>; readonly minutes: () => readonly Minute[] }

const TOO_MANY = 429

export async function startGauge({ control, operator }: Pick<Bed, 'control' | 'operator'>): Promise<Gauge> {
  await control.resetCalls()
  const began = Date.parse((await control.state()).now)
  const minutes: Minute[] = []
  let seen = 0
  const minuteOf = (at: number): Minute => {
    const index = Math.max(0, Math.floor((at - began) / 60_000))
    while (minutes.length <= index) minutes.push({ calls: 0, tooMany: 0, rssMiB: 0 })
    return minutes[index]!
  }
  const note = ({ at, status }: RecordedCall): void => {
    const minute = minuteOf(Date.parse(at))
    minute.calls += 1
    if (status === TOO_MANY) minute.tooMany += 1
  }
  return {
    look: async () => {
      const { total, last } = await control.calls()
      for (const call of last.slice(Math.max(0, last.length - (total - seen)))) note(call)
      seen = total
      const minute = minuteOf(Date.now())
      minute.rssMiB = Math.max(minute.rssMiB, residentMiB(operator.pid()))
    },
    minutes: () => minutes,
  }
}

function residentMiB(pid: number | undefined): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? []
  return Math.round(Number(kib) / 1024)
}
