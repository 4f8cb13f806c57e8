import { describe, expect, test } from '@jest/globals'
import { conditionOf, orderIdOf, reasonOf, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const DAY = 86_400_000
const RENEWED = { orderValidity: { days: 150 }, renewal: { byDigiCert: true } }

const here = holdTimeMachine('test')

/** When DigiCert renews the order that was just bought: 30 days before the end of its plan. */
const dayOfRenewal = async (): Promise<number> => {
  await here.life.looked('shop')
  const { status } = await here.machine.until('shop', 'the end of its plan', (seen) => !!seen.status?.order?.validUntil)
  return Date.parse(`${status?.order?.validUntil ?? ''}T23:59:59Z`) - 30 * DAY
}

/** All but what DigiCert issued. */
const happened = async () =>
  (await here.machine.certCentral.journal()).map(({ kind }) => kind).filter((kind) => kind !== 'issue')

describe('renewal.byDigiCert', () => {
  test('buys nothing at the end of the plan, and takes over what DigiCert bought, with the key there is', async () => {
    const first = await here.life.applied('shop', RENEWED)
    const day = await dayOfRenewal()
    expect((await here.machine.settled('shop')).status?.next?.why).toContain('and DigiCert renews it')

    await here.machine.travelTo(new Date(day - 2 * DAY))
    await here.machine.settled('shop')
    expect(await happened()).toEqual(['order'])
    await here.machine.travelTo(new Date(day + 1.1 * DAY))
    const renewed = await here.life.revised('shop', 2)

    expect(await happened()).toEqual(['order', 'renewal'])
    expect(orderIdOf(renewed)).not.toBe(orderIdOf(first))
    expect(renewed.status?.order?.purchase).toBe(2)
    expect(reasonOf(renewed)).toBe('Issued')
    await here.machine.travel(40)
    expect(conditionOf(await here.machine.settled('shop'), 'Ready')?.status).toBe('True')
    expect(await happened()).toEqual(['order', 'renewal'])
  })

  test('says so where DigiCert does not renew, and renews once it is told to', async () => {
    await here.life.applied('shop', { orderValidity: { days: 150 } })
    await here.life.edit('shop', { renewal: { byDigiCert: true } })
    const day = await dayOfRenewal()
    await here.machine.travelTo(new Date(day + 5.5 * DAY))
    const late = await here.life.says('shop', 'ReissueDue')
    expect(sentenceOf(late)).toContain('(renewal.byDigiCert), but CertCentral shows no renewal yet')
    expect(await here.machine.certCentral.paid()).toHaveLength(1)

    await here.life.edit('shop', { renewal: null })
    await here.life.revised('shop', 2)
    expect(await here.life.happened('shop')).toEqual(['order', 'renewal'])
  })
})
