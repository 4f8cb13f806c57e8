import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { conditionOf, orderNamed, reasonOf, sentenceOf } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

const DAY = 86_400_000
const ORGANIZATION = { id: 117483, name: 'Example Corporation' }

let machine: TimeMachine
beforeEach(async () => {
  machine = await startTimeMachine({})
})
afterEach(async () => {
  expect(await machine.faults()).toEqual([])
  await machine.close()
})

const proven = async () => {
  const order = await machine.until('shop', 'a value to publish', (seen) => reasonOf(seen) === 'AwaitingValidation')
  for (const { record } of order.status?.validation ?? [])
    if (record) await machine.certCentral.publishRecord(record.name, record.type, [record.value])
  await machine.travel(1 / 48)
}

/** The day of the reissue of an order that is issued, once CertCentral has told where its plan ends. */
const dayOfReissue = async (): Promise<number> => {
  await machine.settled('shop')
  await machine.travel(1.01)
  await machine.until('shop', 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
  const { status } = await machine.settled('shop')
  expect(status?.next?.action).toBe('Reissue')
  return Date.parse(status?.next?.at ?? '')
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

describe('a validation that ends before the next reissue', () => {
  test('is said a month before that, with its day, in status and Event, and until it is mended', async () => {
    await machine.certCentral.changeSettings({ dcvReuseDays: 150 })
    await machine.apply(orderNamed('shop', { product: 'ssl_basic' }))
    await proven()
    const due = await dayOfReissue()
    const ends = day(due - 10 * DAY)
    await machine.certCentral.changeSettings({ organizations: [{ ...ORGANIZATION, validatedUntil: ends }] })

    await machine.travelTo(new Date(due - 32 * DAY))
    const quiet = await machine.settled('shop')
    expect(reasonOf(quiet)).toBe('Issued')
    expect(quiet.status?.validity).toBeUndefined()

    await machine.travelTo(new Date(due - 28.5 * DAY))
    const warned = await machine.until('shop', 'a warning', (seen) => reasonOf(seen) === 'ValidationLapsing')
    const [domain, organization] = ['Domain', 'Organization'].map((type) =>
      warned.status?.validity?.entries.find((entry) => entry.type === type),
    )
    expect(domain?.name).toBe('shop.example.com')
    expect(sentenceOf(warned)).toContain(`due on ${day(due)} and would wait`)
    expect(sentenceOf(warned)).toContain(
      `control of shop.example.com lapses on ${domain?.validatedUntil.slice(0, 10) ?? ''}`,
    )
    expect(sentenceOf(warned)).toContain(`the validation of organization 117483 lapses on ${ends}`)
    expect(organization?.validatedUntil).toContain(ends)
    expect(conditionOf(warned, 'Ready')?.status).toBe('True')
    const events = await machine.cluster.events(machine.namespace, 'shop')
    expect(events.filter(({ reason, type }) => reason === 'ValidationLapsing' && type === 'Warning')).toHaveLength(1)

    await machine.certCentral.changeSettings({ dcvReuseDays: 1000, organizations: [ORGANIZATION] })
    await machine.travel(1.1)
    await machine.until('shop', 'an end of the warning', (seen) => reasonOf(seen) === 'Issued')
    expect(await machine.certCentral.paid()).toHaveLength(1)
  })

  test('is not asked for where each certificate is proven anew', async () => {
    await machine.certCentral.changeSettings({ instant: true })
    await machine.apply(orderNamed('shop'))
    await machine.travelTo(new Date((await dayOfReissue()) - 20 * DAY))
    await machine.travel(1.1)
    expect((await machine.settled('shop')).status?.validity).toBeUndefined()
  })

  test('that CertCentral does not tell of harms nothing, and is not asked for all day', async () => {
    await machine.certCentral.changeSettings({ instant: true })
    await machine.apply(orderNamed('shop', { product: 'ssl_basic' }))
    const due = await dayOfReissue()
    await machine.certCentral.addFault({
      match: { path: '^/(domain|organization|order/certificate/[0-9]+/validation)', times: 0 },
      action: 'status',
      status: 403,
    })
    await machine.travelTo(new Date(due - 28.5 * DAY))
    await machine.until('shop', 'an answer', ({ status }) => status?.validity !== undefined)
    await machine.travel(1.1)
    const order = await machine.settled('shop')
    expect(reasonOf(order)).toBe('Issued')
    expect(order.status?.validity?.entries).toEqual([])
    const { last } = await machine.certCentral.calls()
    expect(last.filter(({ path }) => path.endsWith('/validation'))).toHaveLength(1)
  })
})
