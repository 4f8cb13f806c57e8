import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { conditionOf, orderIdOf, reasonOf, sentenceOf } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

const DAY = 86_400_000
const RENEWED = { orderValidity: { days: 150 }, renewal: { byDigiCert: true } }

let machine: TimeMachine
let life: Life
beforeEach(async () => {
  machine = await startTimeMachine()
  life = lifeOf(machine)
})
afterEach(async () => {
  expect(await machine.faults()).toEqual([])
  await machine.close()
})

/** When DigiCert renews the order that was just bought: 30 days before the end of its plan. */
const dayOfRenewal = async (): Promise<number> => {
  await machine.travel(1.01)
  const { status } = await machine.until('shop', 'the end of its plan', (seen) => !!seen.status?.order?.validUntil)
  return Date.parse(`${status?.order?.validUntil ?? ''}T23:59:59Z`) - 30 * DAY
}

/** All but what DigiCert issued. */
const happened = async () =>
  (await machine.certCentral.journal()).map(({ kind }) => kind).filter((kind) => kind !== 'issue')

describe('renewal.byDigiCert', () => {
  test('buys nothing at the end of the plan, and takes over what DigiCert bought, with the key there is', async () => {
    const first = await life.applied('shop', RENEWED)
    const day = await dayOfRenewal()
    expect((await machine.settled('shop')).status?.next?.why).toContain('and DigiCert renews it')

    await machine.travelTo(new Date(day - 2 * DAY))
    await machine.settled('shop')
    expect(await happened()).toEqual(['order'])
    await machine.travelTo(new Date(day + 1.1 * DAY))
    const renewed = await life.revised('shop', 2)

    expect(await happened()).toEqual(['order', 'renewal'])
    expect(orderIdOf(renewed)).not.toBe(orderIdOf(first))
    expect(renewed.status?.order?.purchase).toBe(2)
    expect(reasonOf(renewed)).toBe('Issued')
    await machine.travel(40)
    expect(conditionOf(await machine.settled('shop'), 'Ready')?.status).toBe('True')
    expect(await happened()).toEqual(['order', 'renewal'])
  })

  test('says so where DigiCert does not renew, and renews once it is told to', async () => {
    await life.applied('shop', { orderValidity: { days: 150 } })
    await life.edit('shop', { renewal: { byDigiCert: true } })
    const day = await dayOfRenewal()
    await machine.travelTo(new Date(day + 5.5 * DAY))
    const late = await life.says('shop', 'ReissueDue')
    expect(sentenceOf(late)).toContain('(renewal.byDigiCert), but CertCentral shows no renewal yet')
    expect(await machine.certCentral.paid()).toHaveLength(1)

    await life.edit('shop', { renewal: null })
    await life.revised('shop', 2)
    expect(await life.happened('shop')).toEqual(['order', 'renewal'])
  })
})
