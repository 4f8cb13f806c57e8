import type { DigiCertOrder } from '../../src/api/order.ts'
import { type Cost, checkSecrets, costOf } from './cost.ts'
import { loopDelayMs } from './measure.ts'
import { observe } from './observer.ts'
import { type Stand, nameOf, submit } from './stand.ts'

export type Kind = {
  readonly prefix: string
  readonly algorithm: 'ECDSA' | 'RSA'
  /** `approved` orders wait for a person who is quick; for `waited` ones it publishes a record in DNS as well. */
  readonly way: 'instant' | 'approved' | 'waited'
}

export type Issued = Cost & {
  /** Calls to CertCentral, for each certificate. */
  readonly calls: number
  readonly callsByEndpoint: Readonly<Record<string, number>>
  /** The longest that the operator's event loop stood still. */
  readonly blockedMs: number
  /** Orders that were paid for, in all. */
  readonly purchases: number
}

/** Has the operator buy so many, checks each Secret and what was bought, and says what it cost. */
export async function issue(stand: Stand, kind: Kind, count: number): Promise<Issued> {
  const { simulator, namespace, kubeconfig } = stand
  await simulator.control.changeSettings(SETTINGS[kind.way])
  const operator = await stand.startOperator()
  const person = kind.way === 'instant' ? undefined : quickPerson(stand)
  const observer = await observe(kubeconfig, namespace, person?.told)
  const names = Array.from({ length: count }, (_, index) => nameOf(kind.prefix, index))
  const paidBefore = (await simulator.control.state()).counts.paid
  await simulator.control.resetCalls()
  await loopDelayMs(operator.metricsUrl)
  const spec = { privateKey: { algorithm: kind.algorithm }, ...WAYS[kind.way] }
  const cost = await costOf(stand, {
    ...{ pid: operator.pid()!, observer, names, applied: 'POST digicertorders' },
    submit: (_name, index) => submit(stand, kind.prefix, index, spec),
  })
  const blockedMs = await loopDelayMs(operator.metricsUrl)
  const { total, byEndpoint } = await simulator.control.calls()
  await person?.done()
  await observer.close()
  await operator.stop()
  const purchases = (await simulator.control.state()).counts.paid - paidBefore
  if (purchases !== count) throw new Error(`${purchases} purchases for ${count} orders`)
  await checkSecrets(stand, names)
  const callsByEndpoint = Object.fromEntries(Object.entries(byEndpoint).map(([name, n]) => [name, n / count]))
  return { ...cost, calls: total / count, callsByEndpoint, blockedMs, purchases }
}

const SETTINGS = {
  instant: { instant: true, approval: 'none' },
  approved: { instant: true, approval: 'one-step' },
  waited: { instant: false, approval: 'one-step', ownDcvPolling: true },
} as const

/** What of a spec lets the person do its part. */
const WAYS = { instant: {}, approved: {}, waited: { dcv: { method: 'dns-txt-token' } } } as const

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
