import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually, orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
let life: Life
beforeAll(async () => {
  machine = await startTimeMachine({ quirks: 'all' })
  life = lifeOf(machine)
})
afterAll(() => machine.close())

/** Publishes what proves control once it is asked for, and gives the values. */
const proven = async (): Promise<string[]> => {
  const order = await machine.until('shop', 'a value to publish', ({ status, ...seen }) => {
    const isAsked = reasonOf({ status, ...seen }) === 'AwaitingValidation'
    return isAsked && (status?.validation ?? []).some(({ record }) => record !== undefined)
  })
  const records = (order.status?.validation ?? []).flatMap(({ record }) => record ?? [])
  for (const { name, type, value } of records) await machine.certCentral.publishRecord(name, type, [value])
  await machine.travel(1 / 24)
  return records.map(({ value }) => value)
}

const kinds = async () =>
  (await machine.certCentral.journal()).map(({ kind }) => kind).filter((kind) => kind !== 'issue')

test('an order lives its whole life with a CertCentral that answers as recordings of it do', async () => {
  const spec = { dcv: { method: 'dns-cname-token' }, deletionPolicy: 'RevokeOrder' }
  await machine.apply(orderNamed('shop', { ...spec, dnsNames: ['www.shop.example.com'] }))
  expect(await proven()).toContainEqual(expect.stringMatching(/^_[a-z0-9]{31}\.dcv\.digicert\.com$/))
  const issued = await machine.settled('shop')
  expect(issued.status?.revision).toBe(1)

  await life.annotate('shop', { 'reissue-requested-at': 'once' })
  await proven()
  expect(orderIdOf(await life.revised('shop', 2))).toBe(orderIdOf(issued))

  for (let revision = 3; (await kinds()).filter((kind) => kind === 'order').length < 2; revision += 1) {
    const { status } = await machine.until('shop', 'the next step', (seen) => seen.status?.next !== undefined)
    await machine.travelTo(new Date(new Date(status?.next?.at ?? '').getTime() + 1000))
    if (status?.next?.action === 'Look') continue
    await proven()
    await life.revised('shop', revision)
  }
  const renewed = await machine.settled('shop')
  expect(orderIdOf(renewed)).not.toBe(orderIdOf(issued))
  expect(await machine.certCentral.paid()).toHaveLength(2)

  await machine.certCentral.changeSettings({ approval: 'one-step' })
  await life.remove('shop')
  await life.isGone('shop')
  const state = () => machine.certCentral.order(orderIdOf(renewed))
  expect((await state())['status']).toBe('issued')
  const said = async () =>
    (await machine.cluster.events(machine.namespace, 'shop')).find(({ reason }) => reason === 'RevocationRequested')
  const { message } = await eventually('a word of the request', said)
  expect(message).toContain(`revoke order ${orderIdOf(renewed)}. Nothing is revoked yet`)

  await machine.certCentral.approve(orderIdOf(renewed))
  expect((await state())['status']).toBe('revoked')
  expect(await machine.faults()).toEqual([])
})
