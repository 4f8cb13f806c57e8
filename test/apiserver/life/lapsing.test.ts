import { describe, expect, test } from '@jest/globals'
import { conditionOf, orderNamed, reasonOf, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const DAY = 86_400_000
const ORGANIZATION = { id: 117483, name: 'Example Corporation' }

const here = holdTimeMachine('test', {})

const proven = async () => {
  const order = await here.machine.until(
    'shop',
    'a value to publish',
    (seen) => reasonOf(seen) === 'AwaitingValidation',
  )
  for (const { record } of order.status?.validation ?? [])
    if (record) await here.machine.certCentral.publishRecord(record.name, record.type, [record.value])
  await here.machine.travel(1 / 48)
}

/** The day of the reissue of an order that is issued, once CertCentral has told where its plan ends. */
const dayOfReissue = async (): Promise<number> => {
  await here.machine.settled('shop')
  await here.machine.travel(1.01)
  await here.machine.until('shop', 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
  const { status } = await here.machine.settled('shop')
  expect(status?.next?.action).toBe('Reissue')
  return Date.parse(status?.next?.at ?? '')
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)

describe('a validation that ends before the next reissue', () => {
  test('is said a month before that, with its day, in status and Event, and until it is mended', async () => {
    await here.machine.certCentral.changeSettings({ dcvReuseDays: 150 })
    await here.machine.apply(orderNamed('shop', { product: 'ssl_basic' }))
    await proven()
    const due = await dayOfReissue()
    const ends = day(due - 10 * DAY)
    await here.machine.certCentral.changeSettings({ organizations: [{ ...ORGANIZATION, validatedUntil: ends }] })

    await here.machine.travelTo(new Date(due - 32 * DAY))
    const quiet = await here.machine.settled('shop')
    expect(reasonOf(quiet)).toBe('Issued')
    expect(quiet.status?.validity).toBeUndefined()

    await here.machine.travelTo(new Date(due - 28.5 * DAY))
    const warned = await here.machine.until('shop', 'a warning', (seen) => reasonOf(seen) === 'ValidationLapsing')
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
    const events = await here.machine.cluster.events(here.machine.namespace, 'shop')
    expect(events.filter(({ reason, type }) => reason === 'ValidationLapsing' && type === 'Warning')).toHaveLength(1)

    await here.machine.certCentral.changeSettings({ dcvReuseDays: 1000, organizations: [ORGANIZATION] })
    await here.machine.travel(1.1)
    await here.machine.until('shop', 'an end of the warning', (seen) => reasonOf(seen) === 'Issued')
    expect(await here.machine.certCentral.paid()).toHaveLength(1)
  })

  test('is not asked for where each certificate is proven anew', async () => {
    await here.machine.certCentral.changeSettings({ instant: true })
    await here.machine.apply(orderNamed('shop'))
    await here.machine.travelTo(new Date((await dayOfReissue()) - 20 * DAY))
    await here.machine.travel(1.1)
    expect((await here.machine.settled('shop')).status?.validity).toBeUndefined()
  })

  test('that CertCentral does not tell of harms nothing, and is not asked for all day', async () => {
    await here.machine.certCentral.changeSettings({ instant: true })
    await here.machine.apply(orderNamed('shop', { product: 'ssl_basic' }))
    const due = await dayOfReissue()
    await here.machine.certCentral.addFault({
      match: { path: '^/(domain|organization|order/certificate/[0-9]+/validation)', times: 0 },
      action: 'status',
      status: 403,
    })
    await here.machine.travelTo(new Date(due - 28.5 * DAY))
    await here.machine.until('shop', 'an answer', ({ status }) => status?.validity !== undefined)
    await here.machine.travel(1.1)
    const order = await here.machine.settled('shop')
    expect(reasonOf(order)).toBe('Issued')
    expect(order.status?.validity?.entries).toEqual([])
    const { last } = await here.machine.certCentral.calls()
    expect(last.filter(({ path }) => path.endsWith('/validation'))).toHaveLength(1)
  })
})
