import { setTimeout as pause } from 'node:timers/promises'
import type { Passing, Received } from './proxy.ts'
import type { Weather } from './watch-gate.ts'

export type Side = 'kubernetes' | 'certcentral'

/** One call as the trace has it. */
export type TracedCall = { readonly side: Side; readonly label: string }

/** What a fault can do beside what it does to its call. */
export type Powers = {
  /** Ends the operator by SIGKILL, from outside. */
  readonly crash: () => void
  /** What becomes of the events of watches from now on. */
  readonly weather: (weather: Weather) => void
  /** Lists show what was there before this call, and watches tell nothing, for a while after the next list. */
  readonly showThePast: () => void
  /** All calls of the side are answered so until told otherwise; each may be let through after a while. */
  readonly rule: (side: Side, rule: ((call: Passing) => void) | undefined) => void
  /** Look-ups by our own id, and by key in the list of orders, find nothing while it is blind. */
  readonly blind: (look: 'blind' | 'seeing') => void
  /** The first answer that was ever given for the path. */
  readonly firstAnswer: (path: string) => Received | undefined
  readonly servers: Servers
}

/** What can be done to the servers of a control plane. */
export type Servers = {
  /** Ends the API server at once, and starts it again. */
  readonly restartApiServer: () => Promise<void>
  readonly restartEtcd: () => Promise<void>
  /** Freezes etcd, or lets it go on. */
  readonly signalEtcd: (signal: 'SIGSTOP' | 'SIGCONT') => void
  /** Makes etcd forget all versions but the present one. */
  readonly compact: () => Promise<void>
}

export type FaultKind = {
  /** What it is, for people. */
  readonly what: string
  /** The side whose calls it can strike; silent: both. */
  readonly side?: Side
  /** Whether it can strike that call, where the side does not say. */
  readonly strikes?: (trace: readonly TracedCall[], at: number) => boolean
  readonly happen: (call: Passing, powers: Powers) => unknown
}

/** How long a fault lasts that is no single moment, in milliseconds. */
const LASTING = 1500

const STATUS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const
const problem = (code: number, reason: string) => ({ ...STATUS, code, reason, message: 'a fault of the test' })
const ERROR = { ...problem(500, 'InternalError'), errors: [] }

/** Events of watches are told in another way for a while from this call on. */
const watched =
  (weather: Weather): FaultKind['happen'] =>
  async ({ pass }, powers) => {
    powers.weather(weather)
    pass()
    await pause(LASTING)
    powers.weather('clear')
  }

/** A side answers in its own way to this and all its calls for a while. */
const ruled =
  (side: Side, rule: (call: Passing) => void): FaultKind['happen'] =>
  async (call, powers) => {
    powers.rule(side, rule)
    rule(call)
    await pause(LASTING)
    powers.rule(side, undefined)
  }

const JUNK = { id: { nested: true }, orders: 'none', certificates: 7, requests: {}, status: ['issued'], page: null }

/** Faults of single moments, with which every sweep begins. */
const MOMENTS = {
  'crash before it': {
    what: 'the operator dies, and the call never arrives',
    happen: ({ drop }, { crash }) => {
      crash()
      drop()
    },
  },
  'crash after it': {
    what: 'the call is carried out, and the operator dies without its answer',
    happen: async ({ commit, drop }, { crash }) => {
      await commit()
      crash()
      drop()
    },
  },
  'answer lost': {
    what: 'the call is carried out, and its connection ends',
    happen: async ({ commit, drop }) => {
      await commit()
      drop()
    },
  },
  'call lost': {
    what: 'the connection ends, and the call never arrives',
    happen: ({ drop }) => {
      drop()
    },
  },
  'error before it': {
    what: 'the server says 500 and does nothing',
    happen: ({ answer }) => {
      answer(500, ERROR)
    },
  },
  'error after it': {
    what: 'the call is carried out, and the server says 500',
    happen: async ({ commit, answer }) => {
      await commit()
      answer(500, ERROR)
    },
  },
} satisfies Record<string, FaultKind>

const OF_KUBERNETES = {
  conflict: {
    side: 'kubernetes',
    what: 'the API server says 409',
    happen: ({ answer }) => {
      answer(409, problem(409, 'Conflict'))
    },
  },
  'token expired': {
    side: 'kubernetes',
    what: 'the API server says 401 to everything for 1.5 s',
    happen: ruled('kubernetes', ({ answer }) => {
      answer(401, problem(401, 'Unauthorized'))
    }),
  },
  'API server throttles': {
    side: 'kubernetes',
    what: 'the API server says 429 with Retry-After to everything for 1.5 s',
    happen: ruled('kubernetes', ({ answer }) => {
      answer(429, problem(429, 'TooManyRequests'), { 'retry-after': '1' })
    }),
  },
  'API server slow': {
    side: 'kubernetes',
    what: 'each call to the API server takes 0.4 s longer for 1.5 s',
    happen: ruled('kubernetes', ({ pass }) => {
      setTimeout(pass, 400)
    }),
  },
  'events late': { side: 'kubernetes', what: 'no watch tells anything for 1.5 s', happen: watched('held') },
  'events lost': {
    side: 'kubernetes',
    what: 'the events of 1.5 s are never told, and then the watches end with 410 Gone',
    happen: watched('swallowed'),
  },
  'events twice': {
    side: 'kubernetes',
    what: 'each event of 1.5 s is told twice',
    happen: watched('doubled'),
  },
  'crash, and the past': {
    side: 'kubernetes',
    what: 'the call is carried out, the operator dies, and at its start it is shown the world as it was before, for 1.5 s',
    happen: async ({ commit, drop }, { crash, showThePast }) => {
      showThePast()
      await commit()
      crash()
      drop()
    },
  },
} satisfies Record<string, FaultKind>

const OF_CERTCENTRAL = {
  'CertCentral throttles': {
    side: 'certcentral',
    what: 'CertCentral says 429 with Retry-After to everything for 1.5 s',
    happen: ruled('certcentral', ({ answer }) => {
      answer(429, { errors: [{ code: 'request_limit_exceeded', message: 'slow down' }] }, { 'retry-after': '1' })
    }),
  },
  'hang before it': {
    side: 'certcentral',
    what: 'the call never arrives, and nobody says so until it times out',
    happen: () => undefined,
  },
  'hang after it': {
    side: 'certcentral',
    what: 'the call is carried out, and nobody says so until it times out',
    happen: ({ commit }) => commit(),
  },
  'half an answer': {
    side: 'certcentral',
    what: 'the call is carried out, and its answer breaks off in the middle',
    happen: async ({ commit, tear }) => {
      tear(await commit())
    },
  },
  'a page of HTML': {
    side: 'certcentral',
    what: 'the call is carried out, and a gateway answers 200 with HTML',
    happen: async ({ commit, reply }) => {
      await commit()
      const body = Buffer.from('<!doctype html><title>We will be right back</title>')
      reply({ status: 200, headers: { 'content-type': 'text/html' }, body })
    },
  },
  'wrong types': {
    side: 'certcentral',
    what: 'the call is carried out, and the fields of the answer have other types than documented',
    happen: async ({ commit, answer }) => {
      const { status } = await commit()
      answer(status === 204 ? 200 : status, JUNK)
    },
  },
  'errors as an object': {
    side: 'certcentral',
    what: 'the call is carried out, and CertCentral says 500 with an object where a list belongs',
    happen: async ({ commit, answer }) => {
      await commit()
      answer(500, { errors: { code: { nested: 'internal' }, message: null } })
    },
  },
  'shown late': {
    side: 'certcentral',
    what: 'the call is carried out, its answer is lost, and look-ups by our id and by our key find nothing for 1.5 s',
    strikes: (trace, at) => trace[at]?.label.startsWith('POST') === true,
    happen: async ({ commit, drop }, { blind }) => {
      blind('blind')
      await commit()
      drop()
      await pause(LASTING)
      blind('seeing')
    },
  },
  'an older answer': {
    side: 'certcentral',
    what: 'a question about an order gets the answer that it got the first time: the status goes backwards',
    strikes: (trace, at) =>
      trace[at]?.label === 'GET order/certificate/*' &&
      trace.findIndex(({ label }) => label === 'GET order/certificate/*') < at,
    happen: ({ path, pass, reply }, { firstAnswer }) => {
      const first = firstAnswer(path)
      if (first) reply(first)
      else pass()
    },
  },
} satisfies Record<string, FaultKind>

/** Faults of the servers behind the API. They take some seconds each. */
const OF_SERVERS = {
  'API server killed': {
    side: 'kubernetes',
    what: 'the call is carried out, and the API server dies and comes back',
    happen: async ({ commit, drop }, { servers }) => {
      await commit()
      drop()
      await servers.restartApiServer()
    },
  },
  'etcd killed': {
    side: 'kubernetes',
    what: 'the call meets an etcd that dies and comes back',
    happen: async ({ pass }, { servers }) => {
      const back = servers.restartEtcd()
      pass()
      await back
    },
  },
  'etcd frozen': {
    side: 'kubernetes',
    what: 'the call meets an etcd that stands still for 3 s',
    happen: async ({ pass }, { servers }) => {
      servers.signalEtcd('SIGSTOP')
      pass()
      await pause(2 * LASTING)
      servers.signalEtcd('SIGCONT')
    },
  },
  'history compacted': {
    side: 'kubernetes',
    what: 'the call is carried out, etcd forgets its past and the API server comes back without it: 410 Gone to watches',
    happen: async ({ commit, drop }, { servers, weather }) => {
      weather('held')
      await commit()
      drop()
      await servers.compact()
      await servers.restartApiServer()
      weather('clear')
    },
  },
} satisfies Record<string, FaultKind>

export const FAULTS = { ...MOMENTS, ...OF_KUBERNETES, ...OF_CERTCENTRAL, ...OF_SERVERS } as const
export type Fault = keyof typeof FAULTS

export const kindOf = (fault: Fault): FaultKind => FAULTS[fault]
const GROUPS = {
  /** Those of a single moment, which can strike any call. */
  anywhere: MOMENTS,
  /** Those of calls. */
  calls: { ...MOMENTS, ...OF_KUBERNETES, ...OF_CERTCENTRAL },
  servers: OF_SERVERS,
}
export const faultsOf = (group: keyof typeof GROUPS): Fault[] => Object.keys(GROUPS[group]) as Fault[]

/** Every call of a trace under every fault that can strike it. */
export const plansFor = (trace: readonly TracedCall[], faults: readonly Fault[]): { at: number; fault: Fault }[] =>
  trace.flatMap(({ side }, at) =>
    faults
      .filter((fault) => {
        const kind = kindOf(fault)
        return (kind.side ?? side) === side && (kind.strikes?.(trace, at) ?? true)
      })
      .map((fault) => ({ at, fault })),
  )
