import { startApiTraffic } from './api-traffic.ts'
import { type Bed, type BedOptions, startBed } from './bad-days.ts'
import { createMovedClock } from './moved-clock.ts'
import { watchSecrets } from './secret-watch.ts'
import { pairFaults } from './time-machine.ts'
import { waitFor } from './wait-for.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** What an operator did while nothing happened. */
export type Idling = {
  /** Calls to CertCentral beside the poll of the account. */
  readonly calls: number
  /** Passes over orders. */
  readonly passes: number
}

/** A bed whose operator and whose CertCentral have clocks that are moved apart from the rest of the world. */
export type TimeBed = Bed & {
  /** Sets the operator's clock to that many milliseconds after the real time, or before it. */
  readonly setClock: (offsetMs: number) => void
  readonly setCertCentral: (offsetMs: number) => Promise<void>
  /** Waits until the operator has polled so many times since. */
  readonly polls: (count: number) => Promise<void>
  /** What the operator does in the time of some polls. */
  readonly idle: () => Promise<Idling>
  /** Passes over orders since the operator started. */
  readonly passes: () => Promise<number>
  /** Whatever was wrong with a Secret, in any version, by the time of CertCentral. */
  readonly secretFaults: () => Promise<string[]>
}

export type TimeBedOptions = BedOptions & { readonly offsetMs?: number }

const POLLS_OF_AN_IDLING = 4

/** Starts a bed with one operator; `offsetMs` is how far its clock is ahead from the start. */
export async function startTimeBed({ offsetMs = 0, ...options }: TimeBedOptions = {}): Promise<TimeBed> {
  const clock = createMovedClock(offsetMs)
  const bed = await startBed({ ...options, operator: 'none' })
  let certCentralMs = 0
  const faults: string[] = []
  const watch = await watchSecrets(process.env['KUBECONFIG'] ?? '', bed.namespace, (secret) => {
    faults.push(...pairFaults(secret, new Date(Date.now() + certCentralMs)))
  })
  // Not by TLS: a clock far enough off keeps any client from a server whose certificate is not valid by it.
  const traffic = await startApiTraffic(process.env['KUBECONFIG'] ?? '')
  const operator = await bed.startOperator({ env: clock.env, kubeconfig: traffic.kubeconfig })
  const polls = async (count: number): Promise<void> => {
    const enough = (await counted(bed)).polls + count
    await waitFor(async () => (await counted(bed)).polls >= enough, { what: `${count} polls`, limitMs: 40_000 })
  }
  return {
    ...{ ...bed, operator, setClock: clock.set, polls },
    setCertCentral: async (ms) => {
      certCentralMs = ms
      await bed.control.setClock(new Date(Date.now() + ms))
    },
    idle: async () => {
      const before = { ...(await counted(bed)), passes: await passes(operator.metricsUrl) }
      await polls(POLLS_OF_AN_IDLING)
      const after = await counted(bed)
      return { calls: after.others - before.others, passes: (await passes(operator.metricsUrl)) - before.passes }
    },
    passes: () => passes(operator.metricsUrl),
    secretFaults: async () => {
      await watch.upToDate()
      return faults
    },
    close: async () => {
      watch.stop()
      await bed.close()
      await traffic.close()
    },
  }
}

async function counted({ control }: Pick<Bed, 'control'>): Promise<{ polls: number; others: number }> {
  const { total, byEndpoint } = await control.calls()
  const polls = Object.entries(byEndpoint).reduce(
    (sum, [name, n]) => sum + (name.includes('status-changes') ? n : 0),
    0,
  )
  return { polls, others: total - polls }
}

async function passes(metricsUrl: string): Promise<number> {
  const text = await fetch(metricsUrl).then((answer) => answer.text())
  const lines = text.match(/^controller_runtime_reconcile_total\{controller="digicertorder",\S* \d+$/gm) ?? []
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
