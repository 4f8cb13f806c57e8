import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type CertCentral, CertCentralError } from '../../../src/certcentral/index.ts'
import { CALLS, callOf } from './every-call.ts'
import {
  type Answering,
  type FakeServer,
  answer,
  clientOf,
  fixture,
  fixtureNames,
  provenance,
  startServer,
  textOf,
} from './fake-server.ts'

const INDEX = provenance()

let server: FakeServer
let now: Answering
beforeAll(async () => {
  server = await startServer((request, response) => now(request, response))
})
afterAll(() => server.close())

/** What the client makes of an answer: what it reads, or outcome and kind of its error. */
const made = async (call: (client: CertCentral) => Promise<unknown>, answering: Answering): Promise<unknown> => {
  now = answering
  const client = clientOf(server)
  try {
    return { read: await call(client) }
  } catch (error) {
    if (!(error instanceof CertCentralError)) throw error
    return { failed: `${error.outcome} ${error.kind}`, errors: error.errors }
  } finally {
    client.close()
  }
}

const entryOf = (name: string) => {
  const entry = INDEX[name]
  if (!entry) throw new Error(`provenance.json does not say where ${name} is from`)
  return entry
}

describe('the stored answers of CertCentral', () => {
  test('have an entry each in provenance.json, and no entry is of an answer that is not stored', () => {
    expect(Object.keys(INDEX).sort()).toEqual(fixtureNames())
  })

  test.each(fixtureNames())('%s is a recording, a sample of DigiCert or made by us, and says where from', (name) => {
    const { from, where, call } = entryOf(name)
    expect(['recording', 'DigiCert', 'us']).toContain(from)
    expect(Object.keys(CALLS)).toContain(call)
    if (from !== 'us') expect(where).toMatch(/^https:\/\//)
    expect(where).not.toBe('')
  })

  test('are of every call whose answer is read', () => {
    const answered = new Set(Object.values(INDEX).map(({ call }) => call))
    // These answer with PEM, or with what revokeCertificate is answered with.
    const others = ['downloadCertificate', 'addCsr', 'switchAutoReissue', 'rejectRequest', 'revokeOrder']
    expect(Object.keys(CALLS).filter((call) => !answered.has(call) && !others.includes(call))).toEqual([])
  })

  test.each(fixtureNames())('%s is made of what provenance.json says', async (name) => {
    const { call, result } = entryOf(name)
    const it = await made(callOf(call), answer(fixture(name).status, textOf(name)))
    expect(it).toMatchObject(result === 'read' ? { read: expect.anything() } : { failed: result })
  })
})

type Members = Record<string, unknown>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value with members that nobody knows in every object of it. */
const enriched = (value: unknown, extra: Members): unknown => {
  if (Array.isArray(value)) return value.map((one) => enriched(one, extra))
  if (!isMembers(value)) return value
  return { ...extra, ...Object.fromEntries(Object.entries(value).map(([name, one]) => [name, enriched(one, extra)])) }
}

const anyExtra = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 12 }).map((name) => `x_${name}`),
  fc.jsonValue({ maxDepth: 2 }),
  { minKeys: 1, maxKeys: 3 },
)

describe('an answer that gains members nobody knows loses nothing:', () => {
  const ofJson = fixtureNames().filter((name) => fixture(name).body !== undefined)

  test.each(ofJson)('%s', async (name) => {
    const { status, body } = fixture(name)
    const call = callOf(entryOf(name).call)
    const before = await made(call, answer(status, JSON.stringify(body)))
    const isAsBefore = async (extra: Members) => {
      expect(await made(call, answer(status, JSON.stringify(enriched(body, extra))))).toStrictEqual(before)
    }
    await fc.assert(fc.asyncProperty(anyExtra, isAsBefore), { numRuns: 10, seed: 20_261_130 })
  })
})

describe('PHP writes an object without members as an empty list, which is read as', () => {
  test.each<[string, unknown]>([
    ['ordersByAlternativeId', []],
    ['ordersOfName', []],
    ['statusChanges', []],
    ['reissues', []],
    ['orderValidation', { organization: [], names: [] }],
    ['organizationValidations', []],
    ['domainInfo', {}],
    ['checkDcv', { names: [] }],
    ['revokeCertificate', {}],
  ])('the empty answer of %s', async (call, read) => {
    for (const text of ['[]', ' [ ]\n']) expect(await made(callOf(call), answer(200, text))).toStrictEqual({ read })
  })

  test.each(['placeOrder', 'reissue', 'orderInfo', 'requestInfo', 'dcvRandomValue', 'certificateChain', 'userMe'])(
    'no answer of %s, which has to say something',
    async (call) => {
      expect(await made(callOf(call), answer(200, '[]'))).toMatchObject({ failed: 'ambiguous unreadable' })
    },
  )

  test('an organization, a certificate and a page that are not there', async () => {
    const info = { id: 112233, status: 'pending', organization: [], certificate: [], product: [], requests: [] }
    expect(await made(callOf('orderInfo'), answer(200, JSON.stringify(info)))).toMatchObject({
      read: { orderId: 112233, dnsNames: [], requests: [] },
    })
    expect(await made(callOf('ordersByAlternativeId'), answer(200, '{"orders":[],"page":[]}'))).toEqual({ read: [] })
  })
})
