import { kubeconfigThrough, upstreamOf } from './api-traffic.ts'
import { type Fault, kindOf, type Powers, type Servers, type Side, type TracedCall } from './faults.ts'
import { type Guard, withoutGuards } from './guards-off.ts'
import { type Passing, type Received, startProxy } from './proxy.ts'
import { createWatchGate } from './watch-gate.ts'

/** A fault at the n-th call from when it is set, counted from 0. */
export type Strike = {
  readonly at: number
  readonly fault: Fault
  readonly crash: () => void
}

/** The lines between operators and both of their servers. */
export type FaultLine = {
  readonly kubeconfig: string
  readonly certCentralUrl: string
  /** Begins a new trace, with faults or without. The place of a second one counts from after the first. */
  readonly begin: (...strikes: readonly Strike[]) => void
  /** The calls since then that change something in the cluster, and all to CertCentral that are about orders. */
  readonly trace: () => readonly TracedCall[]
  /** Takes guards away from the operators; none puts them back. */
  readonly without: (...guards: readonly Guard[]) => void
  /** Holds all calls of that label until so many wait, and lets all of them go; later ones pass. */
  readonly meet: (label: string, count: number) => Promise<void>
  /** Whether a fault is under way. */
  readonly isStriking: () => boolean
  /** Whether all faults happened. */
  readonly struck: () => boolean
  readonly close: () => Promise<void>
}

/** How long the past is shown after the list that begins with it, in milliseconds. */
const PAST = 1500

const KINDS = /\/(digicert(orders|accounts)|secrets)(\/|\?|$)/
const isWatch = ({ path }: Passing): boolean => /[?&]watch=1/.test(path)
const isCounted: Readonly<Record<Side, (call: Passing) => boolean>> = {
  kubernetes: ({ method, path }) => method !== 'GET' && KINDS.test(path) && !/dryRun=/.test(path),
  certcentral: ({ path }) => !/\/(user\/me|status-changes)/.test(path),
}

const labelOf = (side: Side, { method, path }: Passing): string => {
  const [bare = ''] = path.replace(/^\/(apis?\/[^/]+(\/v[0-9a-z]+)?|services\/v2)\//, '').split('?')
  const general = bare.replace(/namespaces\/[^/]+\//, '').replace(/[0-9]{4,}|dco[0-9a-z]{30,}/g, '*')
  return `${method} ${side === 'kubernetes' ? general.replace(/\/[^/]+(\/status)?$/, '$1') : general}`
}

const NOTHING_FOUND = { orders: [], page: { total: 0, limit: 1000, offset: 0 } }

/** Starts a proxy before each of the two servers. */
export async function startFaultLine(kubeconfig: string, certCentralUrl: string, servers: Servers): Promise<FaultLine> {
  const [gate, crossing] = [createWatchGate(), createCrossing()]
  const upstream = await upstreamOf(kubeconfig)
  const answers = new Map<string, Received>()
  const rules: Partial<Record<Side, ((call: Passing) => void) | undefined>> = {}
  let [isBlind, off]: [boolean, readonly Guard[]] = [false, []]
  let past: { version: string; isOpen: boolean } | undefined
  let [trace, strikes]: [TracedCall[], readonly Strike[]] = [[], []]
  let [since, striking] = [0, 0]

  const powers: Omit<Powers, 'crash'> = {
    weather: gate.set,
    servers,
    firstAnswer: (path) => answers.get(path),
    rule: (side, rule) => {
      rules[side] = rule
    },
    blind: (look) => {
      isBlind = look === 'blind'
    },
    showThePast: () => {
      const version = gate.latest()
      if (version !== undefined) past = { version, isOpen: true }
    },
  }

  // One after the other: between the version that one is given and its write, no other writes.
  let unlocked = Promise.resolve()
  const onward = (side: Side, call: Passing): void => {
    const change = side === 'kubernetes' ? withoutGuards(off, call, upstream) : {}
    if (change.body) unlocked = unlocked.then(() => call.commit(change).then(call.reply, call.drop))
    else if (side === 'kubernetes') call.pass(aged(call))
    else if (call.method === 'GET' && /\/order\/certificate\/\d+$/.test(call.path)) void remembered(call)
    else call.pass()
  }
  const remembered = async ({ path, commit, reply, drop }: Passing): Promise<void> => {
    try {
      const received = await commit()
      if (!answers.has(path)) answers.set(path, received)
      reply(received)
    } catch {
      drop()
    }
  }
  const aged = (call: Passing) => {
    if (call.method !== 'GET' || !/\/(digicert(orders|accounts)|secrets)\?/.test(call.path)) return {}
    if (isWatch(call)) return { lines: gate.lines }
    if (!past) return {}
    if (past.isOpen) {
      past.isOpen = false
      gate.set('held')
      setTimeout(() => {
        past = undefined
        gate.set('clear')
      }, PAST)
    }
    return { path: `${call.path}&resourceVersion=${past.version}&resourceVersionMatch=Exact` }
  }
  const isHidden = ({ method, path }: Passing): boolean => {
    if (method !== 'GET') return false
    if (/\/order\/alternate\//.test(path)) return isBlind || off.includes('look-up')
    return /\/order\/certificate\?/.test(path) && (isBlind || off.includes('list'))
  }
  const due = (): Strike | undefined => (trace.length === since + (strikes[0]?.at ?? NaN) + 1 ? strikes[0] : undefined)
  const strike = (call: Passing, { fault, crash }: Strike): void => {
    strikes = strikes.slice(1)
    since = trace.length
    striking += 1
    void Promise.resolve(kindOf(fault).happen(call, { ...powers, crash }))
      .catch(call.drop)
      .finally(() => (striking -= 1))
  }
  const decide = (side: Side) => (call: Passing) => {
    const rule = rules[side]
    if (!isCounted[side](call)) {
      if (rule) rule(call)
      else onward(side, call)
      return
    }
    const label = labelOf(side, call)
    trace.push({ side, label })
    const struck = due()
    if (struck) strike(call, struck)
    else if (rule) rule(call)
    else if (isHidden(call)) crossing.pass(label, () => call.answer(200, NOTHING_FOUND))
    else crossing.pass(label, () => onward(side, call))
  }
  const kubernetes = await startProxy(upstream, decide('kubernetes'))
  const { origin, pathname } = new URL(certCentralUrl)
  const certCentral = await startProxy({ target: origin }, decide('certcentral'))
  return {
    kubeconfig: kubeconfigThrough(kubernetes.url),
    certCentralUrl: `${certCentral.url}${pathname}`,
    begin: (...next) => {
      answers.clear()
      ;[trace, strikes, since] = [[], next, 0]
    },
    without: (...guards) => {
      off = guards
    },
    meet: crossing.meet,
    trace: () => [...trace],
    isStriking: () => striking > 0 || past !== undefined,
    struck: () => strikes.length === 0,
    close: async () => {
      await Promise.all([kubernetes.close(), certCentral.close()])
    },
  }
}

/** Where calls wait for each other. */
function createCrossing() {
  let meeting: { label: string; count: number; waiting: (() => void)[]; met: () => void } | undefined
  return {
    pass: (label: string, go: () => void): void => {
      if (meeting === undefined || !label.startsWith(meeting.label)) {
        go()
        return
      }
      const { count, waiting, met } = meeting
      if (waiting.push(go) < count) return
      meeting = undefined
      for (const waiter of waiting) waiter()
      met()
    },
    meet: (label: string, count: number) =>
      new Promise<void>((met) => {
        meeting = { label, count, waiting: [], met }
      }),
  }
}
