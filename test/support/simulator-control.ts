import type { z } from 'zod'
import type { faultSchema } from '../../src/simulator/faults/rules.ts'
import type { RecordedCall } from '../../src/simulator/http/calls.ts'
import type { JournalEntry } from '../../src/simulator/journal.ts'
import type { Settings, SettingsPatch } from '../../src/simulator/settings.ts'

/** One fault: which calls it hits (`path` is a regular expression), and what happens to them. */
export type Fault = z.input<typeof faultSchema>

/** What the simulator counted. */
export type SimulatorState = {
  readonly now: string
  readonly settings: Settings
  readonly counts: Readonly<Record<'orders' | 'paid' | 'reissues' | 'certificates', number>>
}

/** The calls of the API that came in since the last reset: by endpoint, and the last thousand one by one. */
export type CallCounts = {
  readonly total: number
  readonly byEndpoint: Readonly<Record<string, number>>
  readonly last: readonly RecordedCall[]
}

/** One order in a list. */
export type OrderSummary = {
  readonly id: number
  readonly status: string
  readonly product: string
  readonly alternativeOrderId?: string
  readonly createdAt: string
}

/** The hidden side of the simulator: what people, DNS and DigiCert's staff do, and what really happened. */
export type SimulatorControl = {
  readonly state: () => Promise<SimulatorState>
  readonly changeSettings: (patch: SettingsPatch) => Promise<void>
  readonly advance: (seconds: number) => Promise<void>
  /** Sets its clock, back as well; it goes on running from there. */
  readonly setClock: (time: Date) => Promise<void>
  readonly journal: () => Promise<JournalEntry[]>
  /** Entries of the journal that cost money. */
  readonly paid: () => Promise<JournalEntry[]>
  readonly calls: () => Promise<CallCounts>
  readonly resetCalls: () => Promise<void>
  readonly orders: () => Promise<OrderSummary[]>
  readonly order: (id: number) => Promise<Record<string, unknown>>
  /** Approves the open request of an order: one step of it. */
  readonly approve: (orderId: number) => Promise<void>
  readonly approveRequest: (requestId: number) => Promise<void>
  readonly rejectRequest: (requestId: number) => Promise<void>
  /** Any word; the order then rests until somebody acts on it. */
  readonly setStatus: (orderId: number, status: string) => Promise<void>
  readonly issue: (orderId: number) => Promise<void>
  readonly consoleReissue: (orderId: number) => Promise<void>
  readonly confirmEmail: (orderId: number, dnsName?: string) => Promise<void>
  /** Replaces the values of a record. */
  readonly publishRecord: (name: string, type: string, values: readonly string[]) => Promise<void>
  readonly publishFile: (url: string, content: string) => Promise<void>
  readonly changeOrganization: (id: number, change: { readonly validated: boolean }) => Promise<void>
  readonly addFault: (fault: Fault) => Promise<void>
  readonly clearFaults: () => Promise<void>
}

/** The control API behind a `controlUrl` of the simulator, such as `http://127.0.0.1:8443/simulator`. */
export function simulatorControl(controlUrl: string): SimulatorControl {
  const get = <T>(path: string) => call(controlUrl, 'GET', path) as Promise<T>
  const tell = async (method: string, path: string, body?: unknown): Promise<void> => {
    await call(controlUrl, method, path, body)
  }
  const journal = async () => (await get<{ entries: JournalEntry[] }>('/journal')).entries
  return {
    state: () => get('/state'),
    changeSettings: (patch) => tell('PUT', '/settings', patch),
    advance: (seconds) => tell('POST', '/clock', { advanceSeconds: seconds }),
    setClock: (time) => tell('POST', '/clock', { set: time.toISOString() }),
    journal,
    paid: async () => (await journal()).filter(({ paid }) => paid),
    calls: () => get('/calls'),
    resetCalls: () => tell('DELETE', '/calls'),
    orders: async () => (await get<{ orders: OrderSummary[] }>('/orders')).orders,
    order: (id) => get(`/orders/${id}`),
    approve: (id) => tell('POST', `/orders/${id}/approve`),
    approveRequest: (id) => tell('POST', `/requests/${id}/approve`),
    rejectRequest: (id) => tell('POST', `/requests/${id}/reject`),
    setStatus: (id, status) => tell('POST', `/orders/${id}/status`, { status }),
    issue: (id) => tell('POST', `/orders/${id}/issue`),
    consoleReissue: (id) => tell('POST', `/orders/${id}/console-reissue`),
    confirmEmail: (id, dnsName) =>
      tell('POST', `/orders/${id}/confirm-email`, dnsName === undefined ? {} : { dnsName }),
    publishRecord: (name, type, values) => tell('PUT', '/dns', { name, type, values }),
    publishFile: (url, content) => tell('PUT', '/http', { url, content }),
    changeOrganization: (id, change) => tell('PUT', `/organizations/${id}`, change),
    addFault: (fault) => tell('POST', '/faults', fault),
    clearFaults: () => tell('DELETE', '/faults'),
  }
}

/** @throws Error with the answer of the simulator when it is not 2xx. */
async function call(base: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path} of the simulator: ${answer.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
