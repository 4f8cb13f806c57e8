import { afterAll, beforeEach } from '@jest/globals'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/index.ts'

type Errors = { errors: { code: string; message: string }[] }
type OrderInfo = {
  id: number
  status: string
  certificate: { id: number; serial_number: string; thumbprint: string; valid_till: string }
  organization: { id: number }
  order_valid_till: string
}
type OrderAnswer = {
  certificate_id: number
  dcv_random_value: string
  certificate_chain: { subject_common_name: string; pem: string }[]
  requests: { id: number; status: string }[]
  domains: { id: number; name: string; dcv_token: unknown }[]
  type: string
}
type Lists = {
  orders: OrderInfo[]
  page: { total: number }
  certificates: { status: string; csr: string; pem: string }[]
  intermediates: { subject_common_name: string }[]
  dcv_status: string
  order_status: string
}
type ControlAnswer = {
  now: string
  counts: { orders: number; paid: number }
  entries: { kind: string; ignoredFields: string[]; body: { certificate: { csr: string } } }[]
  faults: unknown[]
  last: { status: number }[]
  filler: string
}

/** The fields of answers that tests look at; one that is absent fails the test that reads it. */
export type Body = Errors & OrderInfo & OrderAnswer & Lists & ControlAnswer

/** What came back: the status, the text, and what it says when it is JSON. */
export type Reply = { status: number; text: string; body: Body; headers: Headers }

/** A simulator that a test file talks to by plain HTTP. */
export type Account = {
  readonly simulator: () => Simulator
  /** A call of the simulated API, with a key. */
  readonly api: (method: string, path: string, body?: unknown, key?: string) => Promise<Reply>
  /** A call of the control API. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<Reply>
  /** Moves the clock on. */
  readonly advance: (days: number) => Promise<void>
}

/** Starts a simulator for each test of the file, or of the describe block, that calls this. */
export function account(options: SimulatorOptions = {}): Account {
  let simulator: Simulator | undefined
  const running = (): Simulator => {
    if (simulator === undefined) throw new Error('the simulator is not running')
    return simulator
  }
  const start = async (): Promise<void> => {
    await simulator?.close()
    simulator = await startSimulator({ seed: 7, ...options })
  }
  beforeEach(start)
  afterAll(() => simulator?.close())
  const control: Account['control'] = (method, path, body) => call(`${running().controlUrl}${path}`, method, { body })
  return {
    simulator: running,
    api: (method, path, body, key = 'simulator') => call(`${running().url}${path}`, method, { body, key }),
    control,
    advance: async (days) => {
      await control('POST', '/clock', { advanceSeconds: days * 86_400 })
    },
  }
}

async function call(url: string, method: string, options: { body?: unknown; key?: string }): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...(options.key ? { 'X-DC-DEVKEY': options.key } : {}) }
  const body = options.body === undefined ? {} : { body: JSON.stringify(options.body) }
  const response = await fetch(url, { method, headers, ...body })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, text, body: (json ? JSON.parse(text) : {}) as Body, headers: response.headers }
}
