import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  API_KEY,
  type Bed,
  accountIn,
  annotate,
  bought,
  leaks,
  nudge,
  orderPost,
  place,
  startBed,
  untilAnnounced,
  untilBought,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'
import type { Fault } from '../../support/simulator-control.ts'

/** A product whose page has the alternative order id. */
const PRODUCT = 'ssl_dv_geotrust_flex'

/* Each order buys a product of its own, so that a fault hits it and no other. */
const productOf = (name: string) => `ssl_${name.replaceAll('-', '_')}`
const settings = (names: readonly string[]) => ({
  products: names.map((name) => ({ nameId: productOf(name), validation: 'dv' as const })),
})
type Case = [what: string, name: string, fault: Omit<Fault, 'match'>]

/* The order is there, and its answer is not. */
const TAKEN: Case[] = [
  ['its answer is lost', 'taken-drop', { action: 'drop-after' }],
  ['500 is answered though it was placed', 'taken-error', { action: 'error-after' }],
  ['a gateway answers 502 in HTML though it was placed', 'taken-html', { action: 'html', after: true }],
  ['a gateway answers 504 though it was placed', 'taken-gateway', { action: 'status', status: 504, after: true }],
  ['201 comes with what is no JSON', 'taken-garbage', { action: 'garbage-json' }],
  ['half of the answer comes', 'taken-half', { action: 'half-body' }],
  ['the answer has no end', 'taken-huge', { action: 'huge-body' }],
  ['the answer does not come in time', 'taken-hang', { action: 'hang', after: true }],
]

/* The order is not there, and nobody says so. */
const LOST: Case[] = [
  ['the line is cut before it arrives', 'lost-drop', { action: 'drop-before' }],
  ['500 is answered before anything is done', 'lost-error', { action: 'error-before' }],
  ['a gateway answers 502 in HTML', 'lost-html', { action: 'html' }],
  ['no answer comes in time', 'lost-hang', { action: 'hang' }],
]

/* Looked for 5 s after it was sent and 15 s after that; by then the unknown-outcome timeout is over. */
const SETTLED = 35_000

const flags = { 'request-timeout': '1s', 'unknown-outcome-timeout': '8s' }
const UNIQUE = { uniqueAlternativeOrderIds: true, policy: { maxOrdersPerDay: 1000 } }

describe('an order whose outcome is not known', () => {
  let bed: Bed
  const names = [...TAKEN, ...LOST].map(([, name]) => name)
  beforeAll(async () => {
    bed = await startBed({
      flags,
      account: { policy: { maxOrdersPerDay: 1000 } },
      settings: { uniqueAlternativeOrderIds: true, ...settings([...names, 'stuck']) },
    })
    await bed.cluster.apply(accountIn(bed, 'unique', UNIQUE))
    for (const [, name, fault] of [...TAKEN, ['', 'stuck', { action: 'drop-before' }] as const])
      await bed.control.addFault({ ...fault, match: orderPost(productOf(name)) })
    for (const [, name] of TAKEN) await place(bed, name, { product: productOf(name) })
    // By an order that was bought before, the account is seen to keep ids; only a product with a page has them.
    await place(bed, 'seen', { accountRef: { name: 'unique' } })
    await untilReady(bed, 'seen')
    for (const [, name, fault] of LOST) {
      await bed.control.addFault({ ...fault, match: orderPost(PRODUCT) })
      await place(bed, name, { accountRef: { name: 'unique' } })
      await untilAnnounced(bed, name, 'OutcomeUnknown')
    }
    await place(bed, 'stuck', { product: productOf('stuck') })
  })
  afterAll(() => bed.close())

  test.each(TAKEN)('%s: it is looked for, taken over, and never placed again', async (_what, name) => {
    await untilAnnounced(bed, name, 'OutcomeUnknown')
    await untilReady(bed, name, SETTLED)

    expect(await bought(bed, name)).toHaveLength(1)
    expect((await bed.cluster.order(bed.namespace, name))?.status?.history?.map(({ what }) => what)).toEqual([
      'Ordered',
    ])
  })

  test.each(LOST)(
    '%s: with unique ids the same id is posted again after the unknown-outcome timeout',
    async (_what, name) => {
      await untilAnnounced(bed, name, 'OutcomeUnknown')
      await untilReady(bed, name, SETTLED)

      const paid = await bought(bed, name)
      expect(paid.map(({ alternativeOrderId }) => alternativeOrderId)).toEqual([bed.alternativeId(name)])
    },
  )

  test('without unique ids it stalls and says the id and the window; a person releases it, and once only', async () => {
    const said = await untilStalled(bed, 'stuck', 'OutcomeUnknown', SETTLED)

    const id = bed.alternativeId('stuck')
    expect(said).toMatch(new RegExp(`sent at ${TIME} with the alternative order id ${id} and no answer came`))
    expect(said).toMatch(
      new RegExp(`does not exist in CertCentral after ${TIME}, set the annotation .*order-again: "${id}"`),
    )
    expect(await bought(bed, 'stuck')).toEqual([])

    await annotate(bed, 'stuck', { 'digicert-operator.io/order-again': 'another-id' })
    await nudge(bed, 'stuck')
    expect(await untilStalled(bed, 'stuck', 'OutcomeUnknown')).toContain(id)

    await annotate(bed, 'stuck', { 'digicert-operator.io/order-again': id })

    await untilReady(bed, 'stuck')
    expect(await bought(bed, 'stuck')).toHaveLength(1)
  })

  test('its key is told nowhere', async () => {
    expect(await leaks(bed)).toEqual([])
  })
})

const TIME = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z'

describe('an order that cannot be found yet though it was placed', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({
      flags,
      account: UNIQUE,
      settings: { uniqueAlternativeOrderIds: true },
    })
    // An order that is found by its id shows that the account keeps ids.
    await bed.control.addFault({ match: orderPost(PRODUCT), action: 'drop-after' })
    await place(bed, 'seen')
    await untilReady(bed, 'seen', SETTLED)
    await bed.control.changeSettings({ lookupLagSeconds: 3600, listLagSeconds: 3600 })
  })
  afterAll(() => bed.close())

  test('is not taken for refused when CertCentral refuses its id the second time, and is taken over in the end', async () => {
    await bed.control.addFault({ match: orderPost(PRODUCT), action: 'drop-after' })
    await place(bed, 'lag')
    const posts = async () =>
      (await bed.control.calls()).last.filter(({ method, path }) => method === 'POST' && path.endsWith(PRODUCT))
    const { waitFor } = await import('../../support/wait-for.ts')
    await waitFor(async () => (await posts()).some(({ status }) => status === 400), {
      what: 'second POST, refused',
      limitMs: SETTLED,
    })
    // The pass that was refused ends with a status, whatever it says.
    const { status } = await bed.cluster.waitForOrder(
      bed.namespace,
      'lag',
      ({ status: now }) => now?.intent?.sends === 2 || now?.failures !== undefined,
    )
    expect(await bought(bed, 'lag')).toHaveLength(1)
    expect(status?.intent?.sentAt).toBeDefined()
    expect(status?.conditions?.find(({ type }) => type === 'Issuing')?.message).not.toMatch(/nothing was bought/)

    await bed.control.changeSettings({ lookupLagSeconds: 0, listLagSeconds: 0 })

    await untilReady(bed, 'lag', SETTLED)
    expect(await bought(bed, 'lag')).toHaveLength(1)
  }, 120_000)
})

describe('two orders of one id at CertCentral', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({ flags })
  })
  afterAll(() => bed.close())

  test('stall with both ids, and the one that is left is taken over', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'drop-after' })
    await place(bed, 'double')
    const { body, orderId: first } = await untilBought(bed, 'double')
    const second = await postByHand(bed, body)

    const said = await untilStalled(bed, 'double', 'DuplicateOrders')
    expect(said).toContain(`${first}, ${second}`)
    expect(said).toContain('cancel all but one there')
    expect(await bought(bed, 'double')).toHaveLength(2)

    await bed.control.setStatus(second, 'canceled')
    await nudge(bed, 'double')

    const { status } = await untilReady(bed, 'double')
    expect(status?.order?.id).toBe(first)
    expect(await bought(bed, 'double')).toHaveLength(2)
  })
})

async function postByHand(bed: Bed, body: unknown): Promise<number> {
  const answer = await fetch(`${bed.simulator.url}/order/certificate/ssl_dv_geotrust_flex`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'X-DC-DEVKEY': API_KEY },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { id: number }).id
}
