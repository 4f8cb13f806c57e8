import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { SecretContent } from '../../support/cluster.ts'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  orderNamed,
  reasonOf,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'
import { waitFor } from '../../support/wait-for.ts'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

const base64 = (content: Buffer | string): string => Buffer.from(content).toString('base64')

const target = (name: string) => ({ kind: 'Secret', namespace: journey.namespace, name: `${name}-tls` })
const secretOf = (name: string) => journey.cluster.secret(journey.namespace, `${name}-tls`)
const orderOf = async (name: string): Promise<DigiCertOrder> => {
  const order = await journey.cluster.order(journey.namespace, name)
  if (!order) throw new Error(`order ${name} does not exist`)
  return order
}

const issuedOrder = async (name: string, spec: object = {}): Promise<SecretContent> => {
  await journey.apply(orderNamed(name, spec))
  await journey.ready(name)
  return journey.secretOf(name)
}

/** What another controller writes, under its own name. */
const patchAs = (manager: string, name: string, body: object) =>
  journey.cluster.send({
    method: 'PATCH',
    path: `/api/v1/namespaces/${journey.namespace}/secrets/${name}-tls?fieldManager=${manager}`,
    body,
    contentType: 'application/merge-patch+json',
  })

const downloads = async (): Promise<number> =>
  (await journey.certCentral.calls()).last.filter(({ path }) => path.includes('/download/')).length

/** Writes of a Secret by the operator, without rehearsals; and of the status of an order. */
const written = (path: string): number =>
  journey.traffic
    .calls()
    .filter((call) => call.method !== 'GET' && call.path.includes(path) && !/dryRun/.test(call.path)).length
const repairsOf = (name: string): number => written(`/secrets/${name}-tls`)
const statusesOf = (name: string): number => written(`/digicertorders/${name}/status`)

const metric = async (name: string, manager: string): Promise<number> => {
  const text = await (await fetch(journey.operator.metricsUrl)).text()
  const labels = `namespace="${journey.namespace}",name="${name}",manager="${manager}"`
  const line = text.split('\n').find((one) => one.startsWith(`digicert_operator_secret_repairs_total{${labels}}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const warnings = async (name: string) =>
  (await journey.cluster.events(journey.namespace, name)).filter(({ reason }) => reason === 'SecretModifiedByOthers')

type Striking = {
  isWhole: () => Promise<boolean>
  strike: () => Promise<unknown>
  /** The Ready condition while the Secret is harmed. */
  ready: 'True' | 'False'
}

type Fight = {
  /** Seconds from the first strike to each repair. */
  repairs: number[]
  statuses: number
}

/** Strikes whenever the Secret is whole, as a controller with a will of its own does, until it was repaired so often. */
const fight = async (name: string, times: number, { isWhole, strike, ready }: Striking): Promise<Fight> => {
  const [began, before, statuses] = [performance.now(), repairsOf(name), statusesOf(name)]
  const found: Fight = { repairs: [], statuses: 0 }
  await strike()
  for (let repairs = 1; repairs <= times; repairs += 1) {
    await waitFor(isWhole, { what: `repair ${repairs} of ${name}`, limitMs: 30_000, everyMs: 20 })
    found.repairs.push((performance.now() - began) / 1000)
    await strike()
  }
  const held = await waitFor(
    async () => {
      const order = await orderOf(name)
      const isSaid = reasonOf(order) === 'SecretModifiedByOthers' && conditionOf(order, 'Ready')?.status === ready
      return isSaid && order
    },
    { what: `a word on ${name}`, limitMs: 10_000 },
  )
  expect(statusFaults(held)).toEqual([])
  expect(repairsOf(name) - before).toBe(times)
  return { ...found, statuses: statusesOf(name) - statuses }
}

/** At once, then a second, two and four after the one before. */
const expectPauses = ({ repairs }: Fight): void => {
  const pauses = repairs.slice(1).map((second, at) => second - (repairs[at] ?? 0))
  for (const [at, pause] of pauses.entries()) expect(pause).toBeGreaterThan(2 ** at - 0.15)
  expect(repairs[0]).toBeLessThan(1)
}

describe('a Secret that another controller fights over', () => {
  test('by overwriting the certificate is repaired with growing pauses and one download, and the controller is named', async () => {
    const before = await issuedOrder('pushed')
    const fetched = await downloads()
    const crt = before.data['tls.crt']!

    const found = await fight('pushed', 4, {
      isWhole: async () => (await secretOf('pushed'))?.data['tls.crt']?.equals(crt) === true,
      strike: () => patchAs('external-secrets', 'pushed', { data: { 'tls.crt': base64('a copy of long ago') } }),
      ready: 'False',
    })

    expectPauses(found)
    expect(await downloads()).toBe(fetched + 1)
    const sentence = sentenceOf(await orderOf('pushed'))
    expect(sentence).toContain('Field manager external-secrets changes Secret pushed-tls again and again')
    const said = await eventually('the Event', async () => {
      const events = await warnings('pushed')
      return events.length > 0 && events
    })
    expect(said).toHaveLength(1)
    expect(said[0]).toMatchObject({ type: 'Warning', message: expect.stringContaining('external-secrets') })
    expect([await metric('pushed', 'external-secrets'), await metric('pushed', '')]).toEqual([3, 1])
    // Ready says each time whether the pair is good; nothing else is written.
    expect(found.statuses).toBeLessThanOrEqual(2 * found.repairs.length + 2)
  })

  test('with a pair of its own is not Ready while it holds that pair', async () => {
    const own = await issuedOrder('swapped')
    const other = await issuedOrder('swap-source')
    const [pair, crt] = [other.data, own.data['tls.crt']!]

    const found = await fight('swapped', 3, {
      isWhole: async () => (await secretOf('swapped'))?.data['tls.crt']?.equals(crt) === true,
      strike: () =>
        patchAs('reflector', 'swapped', {
          data: { 'tls.crt': base64(pair['tls.crt']!), 'tls.key': base64(pair['tls.key']!) },
        }),
      ready: 'False',
    })

    expectPauses(found)
    expect(sentenceOf(await orderOf('swapped'))).toContain('Field manager reflector')
  })

  test('by deleting it is not Ready while it is missing, and that it is deleted is said', async () => {
    const before = await issuedOrder('deleted')
    const fetched = await downloads()

    const found = await fight('deleted', 4, {
      isWhole: async () => (await secretOf('deleted')) !== undefined,
      strike: () => journey.cluster.remove(target('deleted')),
      ready: 'False',
    })

    expectPauses(found)
    expect(await downloads()).toBe(fetched + 1)
    expect(sentenceOf(await orderOf('deleted'))).toContain('Secret deleted-tls is deleted again and again')
    expect(await metric('deleted', '')).toBe(4)
    const healed = await eventually('the Secret as it was', async () => secretOf('deleted'), 30_000)
    expect(healed.data).toEqual(before.data)
  })

  test('by a label alone stays Ready, costs no call, and its status is written once', async () => {
    await issuedOrder('labelled', { secretTemplate: { labels: { team: 'shop' } } })
    const fetched = await downloads()
    const label = async () => (await secretOf('labelled'))?.metadata.labels?.['team']

    const found = await fight('labelled', 4, {
      isWhole: async () => (await label()) === 'shop',
      strike: () => patchAs('kyverno', 'labelled', { metadata: { labels: { team: 'blog' } } }),
      ready: 'True',
    })

    expectPauses(found)
    expect(await downloads()).toBe(fetched)
    expect(sentenceOf(await orderOf('labelled'))).toContain('Field manager kyverno changes Secret labelled-tls')
    expect(found.statuses).toBe(1)
  })
})

test('a Secret that is deleted after a reissue and a restart comes back without a call to CertCentral', async () => {
  await issuedOrder('kept')
  const annotations = { 'digicert-operator.io/reissue-requested-at': 'now' }
  await journey.cluster.patch({ ...target('kept'), kind: 'DigiCertOrder', name: 'kept' }, { metadata: { annotations } })
  await journey.cluster.waitForOrder(journey.namespace, 'kept', ({ status }) => status?.revision === 2)
  await journey.ready('kept')
  const [before, fetched] = [await journey.secretOf('kept'), await downloads()]
  await journey.operator.restart()

  await journey.cluster.remove(target('kept'))

  const healed = await eventually('the Secret', () => secretOf('kept'))
  expect(healed.data).toEqual(before.data)
  expect(await downloads()).toBe(fetched)
})
