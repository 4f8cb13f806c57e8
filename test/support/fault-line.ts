import { kubeconfigThrough, upstreamOf } from './api-traffic.ts'
import { type Passing, startProxy } from './proxy.ts'

/** What happens to one call. A crash is that of the operator: by SIGKILL, from outside. */
export const FAULTS = {
  'crash before it': 'the operator dies, and the call never arrives',
  'crash after it': 'the call is carried out, and the operator dies without its answer',
  'answer lost': 'the call is carried out, and its connection ends',
  'call lost': 'the connection ends, and the call never arrives',
  'error before it': 'the server says 500 and does nothing',
  'error after it': 'the call is carried out, and the server says 500',
  conflict: 'the API server says 409',
} as const

export type Fault = keyof typeof FAULTS

/** One call as the trace has it. */
export type TracedCall = { readonly side: 'kubernetes' | 'certcentral'; readonly label: string }

/** A fault at the n-th call from when it is set, counted from 0. */
export type Strike = { readonly at: number; readonly fault: Fault; readonly crash: () => void }

/** The lines between an operator and both of its servers. */
export type FaultLine = {
  readonly kubeconfig: string
  readonly certCentralUrl: string
  /** Begins a new trace, with a fault or without. */
  readonly begin: (strike?: Strike) => void
  /** The calls since then that change something in the cluster, and all to CertCentral that are about orders. */
  readonly trace: () => readonly TracedCall[]
  /** Whether look-ups by our own id find nothing, as with a server that forgot what it took. */
  readonly blind: (look: 'blind' | 'seeing') => void
  /** Whether the fault is under way. */
  readonly isStriking: () => boolean
  /** Whether the fault happened. */
  readonly struck: () => boolean
  readonly close: () => Promise<void>
}

const isOfOrders = ({ method, path }: Passing): boolean =>
  method !== 'GET' && /\/(digicertorders|secrets)(\/|\?|$)/.test(path) && !/dryRun=/.test(path)

const isOfCertCentral = ({ path }: Passing): boolean => !/\/(user\/me|status-changes)/.test(path)

const labelOf = (side: TracedCall['side'], { method, path }: Passing): string => {
  const [bare = ''] = path.replace(/^\/(apis?\/[^/]+(\/v[0-9a-z]+)?|services\/v2)\//, '').split('?')
  const general = bare.replace(/namespaces\/[^/]+\//, '').replace(/[0-9]{4,}|dco[0-9a-z]{30,}/g, '*')
  return `${method} ${side === 'kubernetes' ? general.replace(/\/[^/]+(\/status)?$/, '$1') : general}`
}

/** Starts a proxy before each of the two servers. */
export async function startFaultLine(kubeconfig: string, certCentralUrl: string): Promise<FaultLine> {
  let [isBlind, striking] = [false, false]
  let [trace, strike, struck]: [TracedCall[], Strike | undefined, boolean] = [[], undefined, false]
  const decide = (side: TracedCall['side'], isCounted: (call: Passing) => boolean) => (call: Passing) => {
    if (!isCounted(call)) {
      call.pass()
      return
    }
    trace.push({ side, label: labelOf(side, call) })
    if (isBlind && /\/order\/alternate\//.test(call.path)) {
      call.answer(200, { orders: [], page: { total: 0, limit: 1000, offset: 0 } })
      return
    }
    const isHit = strike !== undefined && !struck && trace.length === strike.at + 1
    if (!isHit || (strike?.fault === 'conflict' && side !== 'kubernetes')) {
      call.pass()
      return
    }
    struck = true
    const { fault, crash } = strike ?? { fault: 'call lost', crash: () => undefined }
    striking = true
    void Promise.resolve(STRIKES[fault](call, crash)).finally(() => {
      striking = false
    })
  }
  const kubernetes = await startProxy(await upstreamOf(kubeconfig), decide('kubernetes', isOfOrders))
  const { origin, pathname } = new URL(certCentralUrl)
  const certCentral = await startProxy({ target: origin }, decide('certcentral', isOfCertCentral))
  return {
    kubeconfig: kubeconfigThrough(kubernetes.url),
    certCentralUrl: `${certCentral.url}${pathname}`,
    begin: (next) => {
      ;[trace, strike, struck] = [[], next, false]
    },
    blind: (look) => {
      isBlind = look === 'blind'
    },
    trace: () => [...trace],
    isStriking: () => striking,
    struck: () => struck,
    close: async () => {
      await Promise.all([kubernetes.close(), certCentral.close()])
    },
  }
}

const STATUS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const
const ERROR = { ...STATUS, reason: 'InternalError', code: 500, message: 'a fault of the test', errors: [] }
const CONFLICT = { ...STATUS, reason: 'Conflict', code: 409, message: 'a fault of the test' }

const STRIKES: Readonly<Record<Fault, (call: Passing, crash: () => void) => unknown>> = {
  'crash before it': ({ drop }, crash) => {
    crash()
    drop()
  },
  'crash after it': async ({ commit, drop }, crash) => {
    await commit()
    crash()
    drop()
  },
  'answer lost': async ({ commit, drop }) => {
    await commit()
    drop()
  },
  'call lost': ({ drop }) => {
    drop()
  },
  'error before it': ({ answer }) => {
    answer(500, ERROR)
  },
  'error after it': async ({ commit, answer }) => {
    await commit()
    answer(500, ERROR)
  },
  conflict: ({ answer }) => {
    answer(409, CONFLICT)
  },
}
