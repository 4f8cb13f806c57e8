import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { forecast } from '../../../src/order/forecast.ts'
import { habitsOf } from '../../../src/order/reissue.ts'
import { orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

const DAY = 86_400_000
const YEARS = 3

let machine: TimeMachine
beforeEach(async () => {
  machine = await startTimeMachine()
})
afterEach(() => machine.close())

type Told = { action: string; at: string }

/** What an order says it will do next, once it knows when its plan ends: it hears that by its daily look. */
const told = async (name: string): Promise<Told> => {
  await machine.travel(1.01)
  await machine.until(name, 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
  const { status } = await machine.settled(name)
  if (!status?.next) throw new Error(`nothing is said of what is next: ${JSON.stringify(status)}`)
  return status.next
}

/** What has to happen at CertCentral before an order, a reissue or a renewal comes to an end. */
type Meanwhile = (name: string) => Promise<void>

const nothing: Meanwhile = () => Promise.resolve()

/** People approve whatever waits for them. */
const approved: Meanwhile = async (name) => {
  const order = await machine.until(name, 'a request', (seen) => reasonOf(seen) === 'AwaitingApproval')
  await machine.certCentral.approve(orderIdOf(order))
  // The feed tells of it, and the next look would be minutes of this clock away.
  await machine.travel(1 / 48)
}

/** The values that prove control are published where they belong. */
const proven: Meanwhile = async (name) => {
  const order = await machine.until(name, 'a value to publish', (seen) => reasonOf(seen) === 'AwaitingValidation')
  for (const { record } of order.status?.validation ?? [])
    if (record) await machine.certCentral.publishRecord(record.name, record.type, [record.value])
  await machine.travel(1 / 48)
}

/** Plays an order forward from one told date to the next, and gives what was told and what then happened. */
const play = async (
  name: string,
  {
    years = YEARS,
    meanwhile = nothing,
    each = () => Promise.resolve(),
  }: {
    years?: number
    meanwhile?: Meanwhile
    /** Called after each step, with the number of days that have passed. */
    each?: (days: number) => Promise<void>
  } = {},
) => {
  const begun = machine.now().getTime()
  await meanwhile(name)
  await machine.settled(name)
  const tellings: Told[] = []
  while (machine.now().getTime() - begun < years * 365 * DAY) {
    const next = await told(name)
    tellings.push(next)
    await machine.travelTo(new Date(new Date(next.at).getTime() + 1000))
    const before = (await machine.order(name)).status?.revision ?? 0
    await meanwhile(name)
    await machine.until(name, 'another revision', isPast(before))
    await machine.settled(name)
    await each((machine.now().getTime() - begun) / DAY)
  }
  const history = (await machine.order(name)).status?.history ?? []
  return { tellings, history, paid: await machine.certCentral.paid() }
}

const isPast =
  (revision: number) =>
  ({ status }: DigiCertOrder): boolean =>
    (status?.revision ?? 0) > revision

const DONE: Readonly<Record<string, string>> = { Reissue: 'Reissued', Renew: 'Renewed' }

const MINUTE = 60_000

/** Everything that was told came true, at its time, and nothing else did; the history keeps the last ten. */
const expectKept = (tellings: readonly Told[], history: readonly { at: string; what: string }[], lateMs = MINUTE) => {
  const kept = history.filter(({ what }) => what !== 'Ordered')
  const last = tellings.slice(-kept.length)
  expect(kept.map(({ what }) => what)).toEqual(last.map(({ action }) => DONE[action]))
  for (const [at, entry] of kept.entries()) {
    const late = Date.parse(entry.at) - Date.parse(last[at]?.at ?? '')
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(lateMs)
  }
}

/** What `digicert-operator plan` says will happen, while certificates live 199 days at most. */
const foretold = async (name: string, begun: Date, years: number): Promise<Told[]> => {
  const { spec, metadata } = await machine.order(name)
  const caps = [{ from: new Date(0), days: 199 }]
  const until = new Date(begun.getTime() + (years + 1) * 365 * DAY)
  const steps = forecast({ spec, habits: habitsOf(spec, metadata.uid ?? ''), caps, from: begun, until })
  return steps.slice(1).map(({ action, at }) => ({ action, at: at.toISOString().slice(0, 16) }))
}

const toMinute = ({ action, at }: Told): Told => ({ action, at: new Date(at).toISOString().slice(0, 16) })

const renewals = (tellings: readonly Told[]) => tellings.filter(({ action }) => action === 'Renew').length

describe('three years of an order', () => {
  test('are one purchase per plan, and the reissues in between that were told ahead', async () => {
    const begun = machine.now()
    await machine.apply(orderNamed('shop'))

    const { tellings, history, paid } = await play('shop')

    expectKept(tellings, history)
    expect(tellings.map(toMinute)).toEqual((await foretold('shop', begun, YEARS)).slice(0, tellings.length))
    expect(renewals(tellings)).toBeGreaterThanOrEqual(3)
    expect(paid.map(({ kind }) => kind)).toEqual(['order', ...Array<string>(renewals(tellings)).fill('renewal')])
    expect(new Set(paid.map(({ alternativeOrderId }) => alternativeOrderId)).size).toBe(paid.length)
    expect(await machine.faults()).toEqual([])
  }, 240_000)

  test('inside one plan of three years are one purchase, and reissues', async () => {
    const begun = machine.now()
    await machine.apply(orderNamed('long', { orderValidity: { years: 3 } }))

    const { tellings, history, paid } = await play('long', { years: 2.9 })

    expectKept(tellings, history)
    expect(tellings.map(toMinute)).toEqual((await foretold('long', begun, YEARS)).slice(0, tellings.length))
    expect(tellings.map(({ action }) => action).filter((action) => action === 'Reissue').length).toBeGreaterThanOrEqual(
      5,
    )
    expect(paid).toHaveLength(1 + renewals(tellings))
    expect(await machine.faults()).toEqual([])
  }, 240_000)

  test('go on when the longest certificate falls from 199 days to 100 and to 47', async () => {
    await machine.apply(orderNamed('caps'))
    const cap = async (days: number) => {
      if (days > 365) await machine.certCentral.changeSettings({ certificateCapDays: 100 })
      if (days > 730) await machine.certCentral.changeSettings({ certificateCapDays: 47 })
    }

    const { tellings, history, paid } = await play('caps', { each: cap })

    expectKept(tellings, history)
    expect(tellings.length).toBeGreaterThan(12)
    expect(paid).toHaveLength(1 + renewals(tellings))
    expect(await machine.faults()).toEqual([])
  }, 240_000)

  test('with an approval each time leave the old pair in place until it came', async () => {
    await machine.certCentral.changeSettings({ approval: 'one-step' })
    await machine.apply(orderNamed('approved'))

    const { tellings, history, paid } = await play('approved', { meanwhile: approved })

    expectKept(tellings, history, 60 * MINUTE)
    expect(paid).toHaveLength(1 + renewals(tellings))
    expect(await machine.faults()).toEqual([])
  }, 240_000)

  test('with a proof of control each time leave the old pair in place until it was given', async () => {
    await machine.certCentral.changeSettings({ instant: false })
    await machine.apply(orderNamed('proven'))

    const { tellings, history, paid } = await play('proven', { meanwhile: proven })

    expectKept(tellings, history, 60 * MINUTE)
    expect(paid).toHaveLength(1 + renewals(tellings))
    expect(await machine.faults()).toEqual([])
  }, 240_000)
})

describe('a reissue that is due', () => {
  test('while CertCentral is away for two weeks is made when it is back, and nothing is bought', async () => {
    await machine.apply(orderNamed('away'))
    await machine.settled('away')
    const next = await told('away')
    await machine.travelTo(new Date(Date.parse(next.at) - DAY))

    await machine.certCentral.addFault({ match: { path: '.*', times: 0 }, action: 'error-before' })
    for (let day = 0; day < 14; day += 1) {
      await machine.travel(1)
      await machine.until('away', 'a good certificate', (order) => order.status?.revision === 1)
    }
    await machine.certCentral.clearFaults()
    await machine.travel(1)

    const order = await machine.until('away', 'the reissue', ({ status }) => status?.revision === 2)
    expect(order.status?.history?.map(({ what }) => what)).toEqual(['Ordered', 'Reissued'])
    expect(await machine.certCentral.paid()).toHaveLength(1)
    expect(await machine.faults()).toEqual([])
  }, 120_000)

  test('and that DigiCert makes by itself is followed with the same key, and none is asked for', async () => {
    await machine.apply(orderNamed('theirs', { reissue: { by: 'DigiCert' } }))
    const before = await machine.settled('theirs')
    const key = (await machine.cluster.secret(machine.namespace, 'theirs-tls'))?.data['tls.key']
    const end = Date.parse(before.status?.certificate?.notAfter ?? '')
    while (machine.now().getTime() < end - DAY) await machine.travel(5)

    const order = await machine.until('theirs', 'the reissue', ({ status }) => (status?.revision ?? 0) >= 2)
    expect(order.status?.history?.map(({ what }) => what)).toEqual(['Ordered', 'Reissued'])
    expect((await machine.cluster.secret(machine.namespace, 'theirs-tls'))?.data['tls.key']).toEqual(key)
    const kinds = (await machine.certCentral.journal()).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind !== 'issue')).toEqual(['order', 'auto-reissue'])
    expect(await machine.faults()).toEqual([])
  }, 120_000)
})
