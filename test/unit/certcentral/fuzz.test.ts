import { afterAll, beforeAll, describe, test } from '@jest/globals'
import fc from 'fast-check'
import { CertCentralError, type CertCentral, type PlacedOrder } from '../../../src/certcentral/index.ts'
import { placeOrder as buy, type Purchase, type PurchaseMeans } from '../../../src/controller/place-order.ts'
import type { OrderStatus } from '../../../src/api/status.ts'
import { aSpec, anOrder } from '../../support/builders.ts'
import { aSession } from '../../support/session.ts'
import { callOf } from './every-call.ts'
import { type FakeServer, answer, clientOf, fixtureNames, provenance, startServer, textOf } from './fake-server.ts'
import { anyMutations, mutated } from './mutations.ts'

/** FUZZ=n answers are tried where it is set, and SEED=n says where they begin. */
const RUNS = Number(process.env['FUZZ'] ?? 600)
const SEED = Number(process.env['SEED'] ?? 20_261_130)
const LIMIT = process.env['FUZZ'] === undefined ? 60_000 : 24 * 60 * 60_000
const settings = { numRuns: RUNS, seed: SEED }

const INDEX = provenance()
const STATUSES = [
  ...[
    200, 201, 202, 203, 204, 206, 301, 302, 307, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 422, 425, 429,
  ],
  ...[451, 499, 500, 501, 502, 503, 504, 520],
]

type Sent = { status: number; text: string }

let server: FakeServer
let sent: Sent = { status: 200, text: '' }
beforeAll(async () => {
  server = await startServer((request, response) => answer(sent.status, sent.text)(request, response))
})
afterAll(() => server.close())

/** What came of one call with an answer: what was read, or the error; and how many calls of each method arrived. */
const tried = async <T>(run: (client: CertCentral) => Promise<T>, given: Sent) => {
  sent = given
  server.seen.length = 0
  const client = clientOf(server)
  try {
    const value = await run(client)
    return { value, error: undefined }
  } catch (error) {
    return { value: undefined, error }
  } finally {
    client.close()
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

const codesIn = (text: string): string[] => {
  const errors = member(parsed(text), 'errors')
  const list: unknown[] = Array.isArray(errors) ? errors : [errors]
  return list
    .map((one) => member(one, 'code'))
    .filter((code): code is string => typeof code === 'string' && code !== '')
}

/** Whether an answer is a refusal: of CertCentral in its own form, or 429, which means the same from everybody. */
const isRefusal = ({ status, text }: Sent): boolean =>
  status === 429 || (status >= 400 && status < 500 && status !== 408 && codesIn(text).length > 0)

/** Answers of the same call as the fixture's, mutated, at any status. */
const anyAnswer = (names: readonly string[]) =>
  fc.record({
    name: fc.constantFrom(...names),
    status: fc.constantFrom(...STATUSES),
    mutations: anyMutations,
  })

type AnyAnswer = { name: string; status: number; mutations: Parameters<typeof mutated>[1] }

const sentOf = ({ name, status, mutations }: AnyAnswer): Sent => ({
  status,
  // 204 has no body on the wire.
  text: status === 204 ? '' : mutated(textOf(name), mutations),
})

const fail = (why: string, given: Sent): never => {
  throw new Error(`${why}: ${given.status} ${given.text.slice(0, 2000)}`)
}

/** The laws of every call. */
const obeys = (error: unknown, given: Sent): CertCentralError => {
  if (!(error instanceof CertCentralError)) return fail(`an error that is none of ours (${String(error)})`, given)
  if (error.outcome === 'unsent') return fail('what was sent counts as unsent', given)
  if (error.outcome === 'refused' && !isRefusal(given)) return fail('what nobody refused counts as refused', given)
  return error
}

const namesOf = (...calls: readonly string[]): string[] =>
  fixtureNames().filter((name) => calls.includes(INDEX[name]?.call ?? ''))

describe('whatever CertCentral, or what is before it, answers:', () => {
  test(
    'an error is ours, and a refusal is only what CertCentral refused',
    async () => {
      const law = async (any: AnyAnswer) => {
        const given = sentOf(any)
        const { error } = await tried(callOf(INDEX[any.name]?.call ?? ''), given)
        if (error !== undefined) obeys(error, given)
      }
      await fc.assert(fc.asyncProperty(anyAnswer(fixtureNames()), law), settings)
    },
    LIMIT,
  )

  test(
    'an order is sent once, and counts as placed only with the id that the answer has',
    async () => {
      const law = async (any: AnyAnswer) => {
        const given = sentOf(any)
        const { value, error } = await tried(callOf('placeOrder'), given)
        if (server.seen.filter(({ method }) => method === 'POST').length !== 1) fail('not sent once', given)
        if (error !== undefined) return void obeys(error, given)
        const id = member(parsed(given.text), 'id')
        if (given.status >= 300 || Number(id) !== (value as PlacedOrder).orderId) fail('an order from nowhere', given)
      }
      await fc.assert(fc.asyncProperty(anyAnswer(fixtureNames()), law), settings)
    },
    LIMIT,
  )

  /** Whether an answer says that there is no order: an empty list, or CertCentral's own word for it. */
  const saysNone = ({ status, text }: Sent, first: 'id' | 'order_id'): boolean => {
    const body = parsed(text)
    if (status === 404 || status === 410) {
      const codes = codesIn(text)
      return codes.length > 0 && codes.every((code) => /^(?:[a-z_]*not_found|no_orders)/i.test(code))
    }
    if (status < 200 || status >= 300) return false
    if (Array.isArray(body)) return status === 200 && body.length === 0
    const orders = member(body, 'orders')
    const isShown = JSON.stringify(body ?? '').includes(`"${first}"`)
    return !isShown && (orders === undefined || (Array.isArray(orders) && orders.length === 0))
  }

  /** Whether an entry of the list does not say which order it is: it may be the one that is looked for. */
  const hidesOne = ({ text }: Sent, id: 'id' | 'order_id'): boolean => {
    const orders = member(parsed(text), 'orders')
    return Array.isArray(orders) && orders.some((one) => !(Number(member(one, id)) > 0))
  }

  test.each([
    ['ordersByAlternativeId', 'order_id'],
    ['ordersOfName', 'id'],
  ] as const)(
    'no order is absent for %s, and so bought again, that an answer may show',
    async (call, first) => {
      const law = async (any: AnyAnswer) => {
        const given = sentOf(any)
        const { value, error } = await tried(callOf(call), given)
        if (error !== undefined) return void obeys(error, given)
        if (hidesOne(given, first)) fail('an entry that cannot be read was passed over', given)
        const isOfOthers = call === 'ordersOfName' && !given.text.includes('"client.example.com"')
        if ((value as unknown[]).length === 0 && !isOfOthers && !saysNone(given, first)) fail('absent', given)
      }
      await fc.assert(fc.asyncProperty(anyAnswer([...namesOf(call), 'errors/route']), law), settings)
    },
    LIMIT,
  )
})

const INTENT = {
  purpose: 'Order',
  purchase: 1,
  alternativeOrderId: 'k7f3a',
  keySecretName: 'shop-key-1',
  payloadHash: 'hash',
  recordedAt: '2026-11-30T00:00:00.000Z',
} as const

describe('whatever is answered to a purchase', () => {
  const now = () => new Date('2026-11-30T00:00:00Z')
  const order = anOrder({ spec: aSpec() })
  const status: OrderStatus = { intent: INTENT }

  /** A purchase by a client, with the statuses that it writes. */
  const purchaseBy = async (client: CertCentral, written: OrderStatus[]) => {
    const means = {
      secrets: { read: () => Promise.resolve(undefined), rehearse: () => Promise.resolve() },
      write: (next: OrderStatus) => {
        written.push(next)
        return Promise.resolve(order)
      },
      leadershipMs: () => 60_000,
      claimOrder: () => Promise.resolve('granted'),
      returnOrder: () => undefined,
      now,
    } as unknown as PurchaseMeans
    const held = { csr: '-----BEGIN CERTIFICATE REQUEST-----' }
    const purchase: Purchase = {
      ...{ session: aSession({ client }), order, status, held, traits: 'traits' },
      ...{ delivery: 'pair', target: 'free', memory: {} as Purchase['memory'] },
    }
    return buy(purchase, means)
  }

  test(
    'its mark is kept until CertCentral refused it, and it is sent once',
    async () => {
      const law = async (any: AnyAnswer) => {
        const given = sentOf(any)
        const written: OrderStatus[] = []
        const { value: outcome, error } = await tried((client) => purchaseBy(client, written), given)
        if (error !== undefined || outcome === undefined) return fail(`it throws ${String(error)}`, given)
        if (written.length !== 1 || written[0]?.intent?.sentAt === undefined) fail('it was sent without a mark', given)
        const orders = server.seen.filter(({ method, url }) => method === 'POST' && /certificate\/[a-z_]+$/.test(url))
        if (orders.length !== 1) fail('not sent once', given)
        const isMarked = 'intent' in outcome && outcome.intent?.sentAt !== undefined
        const isKept = outcome.kind === 'placed' || outcome.kind === 'ambiguous'
        if (isKept !== isMarked) fail('a mark that says otherwise than the outcome', given)
        if (!isKept && !isRefusal(given)) fail(`the mark is taken back (${outcome.kind})`, given)
      }
      await fc.assert(fc.asyncProperty(anyAnswer(fixtureNames()), law), settings)
    },
    LIMIT,
  )
})
