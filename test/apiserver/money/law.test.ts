import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { planOf } from '../../../src/plan.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import {
  API_KEY,
  type Bed,
  accountIn,
  annotate,
  bought,
  nudge,
  orderIn,
  orderPost,
  place,
  startBed,
  untilAnnounced,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'
import { waitFor } from '../../support/wait-for.ts'

const DAY = 86_400_000
const dayAfter = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10)

const orderOf = async ({ cluster, namespace }: Bed, name: string): Promise<DigiCertOrder> => {
  const order = await cluster.order(namespace, name)
  if (!order) throw new Error(`${name} is gone`)
  return order
}

const reissuesOf = async (bed: Bed, orderId: number | undefined): Promise<number> =>
  (await bed.control.journal()).filter((entry) => entry.kind === 'reissue' && entry.orderId === orderId).length

/** The dates of `digicert-operator plan` for an object: what it does, on which day, and whether that costs money. */
const planned = (object: DigiCertOrder): string[][] =>
  planOf(object, { now: new Date(), years: 3, caps: [{ from: new Date(0), days: 199 }] })
    .split('\n')
    .slice(2)
    .filter(Boolean)
    .map((line) => line.split(/ {2,}/).slice(0, 3))

/** Waits until the operator has polled so many times since: whatever it would do by itself, it has done by then. */
const polls = async (bed: Bed, count: number): Promise<void> => {
  const seen = async () => {
    const { byEndpoint } = await bed.control.calls()
    return Object.entries(byEndpoint).reduce((sum, [name, n]) => sum + (name.includes('status-changes') ? n : 0), 0)
  }
  const enough = (await seen()) + count
  await waitFor(async () => (await seen()) >= enough, { what: `${String(count)} polls`, limitMs: 60_000 })
}

describe('a spec that the API server takes is bought once, by a CertCentral that needs two seconds to issue', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({
      flags: { 'poll-interval': '1s' },
      account: { policy: { maxOrdersPerDay: 1000 } },
      settings: { issueDelaySeconds: 2 },
    })
  })
  afterAll(() => bed.close())

  const SPECS: readonly [string, string, () => object, 'Renew' | 'Reissue' | 'Look', RegExp][] = [
    ['a plan of twenty days', 'short', () => ({ orderValidity: { days: 20 } }), 'Renew', /plan ends/],
    [
      'a plan that ends in twelve days',
      'dated',
      () => ({ orderValidity: { expiresOn: dayAfter(12) } }),
      'Look',
      /expiresOn names no later day/,
    ],
    [
      'a plan whose renewal begins in its first half',
      'eager',
      () => ({ renewal: { before: '364d' } }),
      'Reissue',
      /certificate ends/,
    ],
    ['a plan of three days', 'days', () => ({ orderValidity: { days: 3 } }), 'Renew', /plan ends/],
    [
      'certificates that are reissued with 99 % of their life left',
      'percent',
      () => ({ reissue: { beforePercentage: 99 } }),
      'Reissue',
      /certificate ends/,
    ],
    [
      'certificates that end on a fixed day inside the plan',
      'fixed',
      () => ({ certificateValidity: { expiresOn: dayAfter(60) } }),
      'Reissue',
      /as certificateValidity.expiresOn says/,
    ],
  ]

  test.each(SPECS)('%s', async (_what, name, spec, action, why) => {
    await place(bed, name, spec())
    const { status } = await untilReady(bed, name, 30_000)
    expect(status?.next).toMatchObject({ action, why: expect.stringMatching(why) })
    expect(new Date(status?.next?.at ?? 0).getTime()).toBeGreaterThan(Date.now() + DAY)
  })

  test('dates CertCentral its certificates back by 300 days or not', async () => {
    await bed.control.changeSettings({ backdateDays: 300 })
    await place(bed, 'backdated')
    const { status } = await untilReady(bed, 'backdated', 30_000)
    await bed.control.changeSettings({ backdateDays: 0 })
    expect(new Date(status?.next?.at ?? 0).getTime()).toBeGreaterThan(Date.now() + 90 * DAY)
  })

  test('names CertCentral the end of the plan late or not', async () => {
    await bed.control.changeSettings({ planEndLagSeconds: 3600 })
    await place(bed, 'unsaid', { orderValidity: { days: 20 } })
    const { status } = await untilReady(bed, 'unsaid', 30_000)
    await bed.control.changeSettings({ planEndLagSeconds: 0 })
    expect(status?.order?.validUntil).toBeUndefined()
    expect(status?.next?.action).toBe('Renew')
  })

  test('and after ten polls each of them was bought once and reissued never, and the plan agrees', async () => {
    const names = [...SPECS.map(([, name]) => name), 'backdated', 'unsaid']
    for (const name of names) await nudge(bed, name)
    await polls(bed, 10)
    for (const name of names) {
      const order = await orderOf(bed, name)
      expect([name, (await bought(bed, name)).length]).toEqual([name, 1])
      expect([name, await reissuesOf(bed, order.status?.order?.id)]).toEqual([name, 0])
      const next = order.status?.next
      const [first] = planned(order)
      const stop = next?.action === 'Look' ? 'Stop' : next?.action
      expect([name, first?.[1], first?.[0]]).toEqual([name, stop, next?.at.slice(0, 10)])
      const days = planned(order).map(([date = '']) => date)
      expect(days).toEqual(days.toSorted())
    }
  }, 120_000)
})

describe('what has no sense is refused with a sentence, before anything is bought', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed()
  })
  afterAll(() => bed.close())

  test.each<readonly [string, object, RegExp]>([
    ['renewal.before of 400 days for a year', { renewal: { before: '400d' } }, /renewal.before must be shorter/],
    ['renewal.before of 8,760 hours for a year', { renewal: { before: '8760h' } }, /renewal.before must be shorter/],
    [
      'renewal.before of twenty days for twenty days',
      { orderValidity: { days: 20 }, renewal: { before: '480h0m0s' } },
      /renewal.before must be shorter/,
    ],
    ['a plan of two days', { orderValidity: { days: 2 } }, /less than 3 days cannot be renewed/],
  ])('%s: at apply', async (_what, spec, sentence) => {
    await expect(place(bed, 'senseless', spec)).rejects.toThrow(sentence)
  })

  test.each<readonly [string, object]>([
    ['renewal.before of 364 days and 23 hours for a year', { renewal: { before: '364d23h' } }],
    ['a plan of two days that nobody renews', { orderValidity: { days: 2 }, renewal: { policy: 'Never' } }],
    [
      'renewal.before of 400 days for a day of the calendar',
      { orderValidity: { expiresOn: dayAfter(500) }, renewal: { before: '400d' } },
    ],
  ])('%s is taken', async (_what, spec) => {
    await place(bed, 'sense', { ...spec, suspend: true })
    await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name: 'sense' })
  })

  test.each<readonly [string, string, object, RegExp]>([
    [
      'a plan that ended',
      'ended',
      { orderValidity: { expiresOn: dayAfter(-12) } },
      /orderValidity.expiresOn is .* not a day to come/,
    ],
    [
      'a certificate that ended',
      'past',
      { certificateValidity: { expiresOn: dayAfter(-28) } },
      /certificateValidity.expiresOn is .* not a day to come/,
    ],
    [
      'a certificate that outlives its plan',
      'outlives',
      { orderValidity: { expiresOn: dayAfter(30) }, certificateValidity: { days: 90 } },
      /certificateValidity would end on .*, after the plan/,
    ],
  ])('%s: by the controller, and by `plan`', async (_what, name, spec, sentence) => {
    await place(bed, name, spec)
    expect(await untilStalled(bed, name, 'InvalidSpec')).toMatch(sentence)
    expect(await bought(bed, name)).toEqual([])
    const program = ['src/main.ts', 'plan', '-f', '-']
    const told = promisify(execFile)(process.execPath, program)
    told.child.stdin?.end(stringify(orderIn(bed.namespace, name, spec)))
    await expect(told).rejects.toThrow(sentence)
  })
})

describe('a Secret that names its order is believed', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({ operator: 'none' })
    await bed.startOperator()
  })
  afterAll(() => bed.close())

  const remove = (name: string) => bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name })
  const tlsOf = async (name: string) => (await bed.cluster.secret(bed.namespace, name))?.data['tls.crt']?.toString()

  test('where it was written under another name: the order is taken over with its key, and nothing is bought or reissued', async () => {
    await place(bed, 'before')
    const { status: before } = await untilReady(bed, 'before')
    const tls = await tlsOf('before-tls')
    await remove('before')
    await place(bed, 'after', { secretName: 'before-tls', commonName: 'before.example.com' })

    const { status } = await untilReady(bed, 'after')

    expect(status?.order?.id).toBe(before?.order?.id)
    expect(await tlsOf('before-tls')).toBe(tls)
    expect(await bought(bed, 'before')).toHaveLength(1)
    expect(await reissuesOf(bed, before?.order?.id)).toBe(0)
  })

  test('where it was written in a cluster with another id', async () => {
    await place(bed, 'moved')
    const { status: before } = await untilReady(bed, 'moved')
    const tls = await tlsOf('moved-tls')
    await bed.operator.stop()
    await remove('moved')
    await place(bed, 'moved')
    const other = await bed.startOperator({ flags: { 'cluster-id': 'another-cluster' } })

    const { status } = await untilReady(bed, 'moved')

    expect(status?.order?.id).toBe(before?.order?.id)
    expect(await tlsOf('moved-tls')).toBe(tls)
    expect(await bought(bed, 'moved')).toHaveLength(1)
    await other.stop()
    await bed.operator.restart()
  })

  test('where another resource has its order, nothing is bought until a person says so', async () => {
    await place(bed, 'holder')
    const { status: held } = await untilReady(bed, 'holder')
    const tls = await tlsOf('holder-tls')
    await bed.cluster.patch(
      { kind: 'DigiCertOrder', namespace: bed.namespace, name: 'holder' },
      { spec: { secretName: 'holder-elsewhere-tls' } },
    )
    await waitFor(() => bed.cluster.secret(bed.namespace, 'holder-elsewhere-tls'), {
      what: 'new Secret',
      limitMs: 20_000,
    })
    await place(bed, 'rival', { secretName: 'holder-tls' })

    const said = await untilStalled(bed, 'rival', 'AdoptionRefused')

    expect(said).toMatch(/Secret holder-tls holds a good certificate of order \d+, .*holder has it/)
    expect(await bought(bed, 'rival')).toEqual([])
    expect(await tlsOf('holder-tls')).toBe(tls)

    await annotate(bed, 'rival', { 'digicert-operator.io/order-again': String(held?.order?.id) })
    await untilReady(bed, 'rival')
    expect(await bought(bed, 'rival')).toHaveLength(1)
    const [kept, given] = await Promise.all(
      ['holder-elsewhere-tls', 'holder-tls'].map(async (name) =>
        (await bed.cluster.secret(bed.namespace, name))?.data['tls.key']?.toString(),
      ),
    )
    expect(given).not.toBe(kept)
  })

  test('where its names are others, nothing is bought and the pair stays', async () => {
    await place(bed, 'named')
    await untilReady(bed, 'named')
    const tls = await tlsOf('named-tls')
    await remove('named')
    await place(bed, 'renamed', { secretName: 'named-tls' })

    expect(await untilStalled(bed, 'renamed', 'AdoptionRefused')).toMatch(/it lacks renamed.example.com/)
    expect(await bought(bed, 'renamed')).toEqual([])
    expect(await tlsOf('named-tls')).toBe(tls)
  })
})

/* Looked for 5 s after it was sent and 15 s after that; by then the time for unknown outcomes is over. */
const SETTLED = 45_000
const UNKNOWN = { 'request-timeout': '1s', 'unknown-outcome-timeout': '8s' }

describe('an answer that is lost', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({
      flags: UNKNOWN,
      account: { policy: { maxOrdersPerDay: 1000, dnsNames: ['*.example.com'] }, uniqueAlternativeOrderIds: true },
      settings: { uniqueAlternativeOrderIds: true, forgetsAlternativeOrderIds: 'undocumented' },
    })
    await bed.cluster.apply(accountIn(bed, 'plain', {}))
    await place(bed, 'seen')
    await untilReady(bed, 'seen')
  })
  afterAll(() => bed.close())

  const lost = async (name: string, product: string, spec: object, action: 'drop-before' | 'drop-after') => {
    await bed.control.addFault({ match: orderPost(product), action })
    await place(bed, name, { product, ...spec })
    await untilAnnounced(bed, name, 'OutcomeUnknown')
  }

  test.each([
    ['with unique ids declared', 'forgotten', {}],
    ['without', 'forgotten-plain', { accountRef: { name: 'plain' } }],
  ])('and whose id CertCentral forgets, is found by its key, %s', async (_how, name, spec) => {
    await lost(name, 'ssl_basic', { organization: { id: 117483 }, ...spec }, 'drop-after')
    await untilReady(bed, name, SETTLED)
    expect(await bought(bed, name)).toHaveLength(1)
  })

  test('among a thousand orders of that name, in a list that shows it late', async () => {
    const body = (await bought(bed, 'forgotten'))[0]?.body as { certificate: object }
    const others = { ...body, certificate: { ...body.certificate, common_name: 'crowd.example.com' } }
    for (let n = 0; n < 1000; n += 50)
      await Promise.all(Array.from({ length: 50 }, () => postByHand(bed, 'ssl_basic', others)))
    const before = (await bought(bed, 'crowd')).length
    await bed.control.changeSettings({ listLagSeconds: 4 })
    await lost('crowd', 'ssl_basic', { organization: { id: 117483 } }, 'drop-after')

    await untilReady(bed, 'crowd', 90_000)

    await bed.control.changeSettings({ listLagSeconds: 0 })
    expect((await bought(bed, 'crowd')).length).toBe(before + 1)
  }, 180_000)

  test('is not all that can be lost: an order whose status is gone, and its id forgotten, is found by its key', async () => {
    await bed.control.changeSettings({ approval: 'one-step' })
    await place(bed, 'wiped', { product: 'ssl_basic', organization: { id: 117483 } })
    const isWaiting = ({ status }: DigiCertOrder) => status?.order?.status === 'needs_approval'
    const { status } = await bed.cluster.waitForOrder(bed.namespace, 'wiped', isWaiting)
    await bed.cluster.send({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      path: `/apis/digicert-operator.io/v1alpha1/namespaces/${bed.namespace}/digicertorders/wiped/status`,
      body: { status: null },
    })
    const found = await bed.cluster.waitForOrder(bed.namespace, 'wiped', isWaiting)
    await bed.control.changeSettings({ approval: 'none' })
    expect(found.status?.order?.id).toBe(status?.order?.id)
    expect(await bought(bed, 'wiped')).toHaveLength(1)
  })

  test('of a product whose ids are forgotten, and that never arrived, waits for a person', async () => {
    await lost('nowhere', 'ssl_basic', { organization: { id: 117483 } }, 'drop-before')
    await untilStalled(bed, 'nowhere', 'OutcomeUnknown', SETTLED)
    await nudge(bed, 'nowhere')
    await polls(bed, 3)
    expect(await bought(bed, 'nowhere')).toEqual([])
  })

  test('is sent again as it was, whatever the spec says by then, and the edit is a reissue', async () => {
    await lost('edited', 'ssl_dv_geotrust_flex', {}, 'drop-before')
    await bed.cluster.patch(
      { kind: 'DigiCertOrder', namespace: bed.namespace, name: 'edited' },
      { spec: { dnsNames: ['more.edited.example.com'] } },
    )
    const ready = await bed.cluster.waitForOrder(
      bed.namespace,
      'edited',
      ({ status }) => status?.certificate?.dnsNames.includes('more.edited.example.com') === true,
      SETTLED,
    )
    const [paid, ...more] = await bought(bed, 'edited')
    expect(more).toEqual([])
    expect((paid?.body as { certificate: { dns_names?: string[] } }).certificate.dns_names ?? []).toEqual([])
    expect(await reissuesOf(bed, ready.status?.order?.id)).toBe(1)
  })

  test('lets nothing past the policy of the account', async () => {
    await lost('evil', 'ssl_dv_geotrust_flex', {}, 'drop-before')
    await bed.cluster.patch(
      { kind: 'DigiCertOrder', namespace: bed.namespace, name: 'evil' },
      { spec: { commonName: 'evil.example.org', dnsNames: ['www.bank.example'] } },
    )
    await untilReady(bed, 'evil', SETTLED).catch(() => undefined)
    const names = (await bed.control.paid()).map(({ body }) => JSON.stringify(body))
    expect(names.filter((body) => body.includes('bank.example') || body.includes('evil.example.org'))).toEqual([])
  }, 90_000)
})

describe('an answer that is not in the form of CertCentral', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await startBed({ flags: UNKNOWN })
  })
  afterAll(() => bed.close())

  test("to the POST is no refusal: a CDN's page leaves the outcome unknown, and the order is found", async () => {
    await bed.control.addFault({ match: orderPost(), action: 'html', status: 403, after: true })
    await place(bed, 'blocked')
    await untilAnnounced(bed, 'blocked', 'OutcomeUnknown')
    await untilReady(bed, 'blocked', SETTLED)
    expect(await bought(bed, 'blocked')).toHaveLength(1)
  })

  test('to a look-up says nothing of an order, and nothing is bought on its word', async () => {
    await bed.control.addFault({ match: { path: '^/order/alternate/', times: 0 }, action: 'html', status: 404 })
    await place(bed, 'gateway')
    await bed.cluster.waitForOrder(bed.namespace, 'gateway', ({ status }) =>
      (status?.conditions ?? []).some(({ reason }) => reason === 'CertCentralUnavailable'),
    )
    await polls(bed, 3)
    expect(await bought(bed, 'gateway')).toEqual([])
    await bed.control.clearFaults()
    await untilReady(bed, 'gateway', SETTLED)
  })
})

async function postByHand(bed: Bed, product: string, body: object): Promise<void> {
  const answer = await fetch(`${bed.simulator.url}/order/certificate/${product}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'X-DC-DEVKEY': API_KEY },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(201)
}
