import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
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

/** The values that were published so far. */
const published = new Set<string>()

const openRecords = (order: DigiCertOrder) =>
  reasonOf(order) === 'AwaitingValidation'
    ? (order.status?.validation ?? []).flatMap(({ record }) => (record && !published.has(record.value) ? [record] : []))
    : []

/** Waits for that revision, and publishes on the way what proves control, as often as another value is asked for. */
const revised = async (revision: number): Promise<DigiCertOrder> => {
  const isRevised = ({ status }: DigiCertOrder) => status?.revision === revision
  const seen = await machine.until(
    'shop',
    'a revision or a value',
    (one) => isRevised(one) || openRecords(one).length > 0,
  )
  if (isRevised(seen)) return machine.settled('shop')
  for (const { name, type, value } of openRecords(seen)) {
    await machine.certCentral.publishRecord(name, type, [value])
    published.add(value)
  }
  await machine.travel(1 / 24)
  return revised(revision)
}

test('an order lives its whole life with a CertCentral that answers as recordings of it do', async () => {
  const spec = { dcv: { method: 'dns-cname-token' }, deletionPolicy: 'RevokeOrder' }
  await machine.apply(orderNamed('shop', { ...spec, dnsNames: ['www.shop.example.com'] }))
  const issued = await revised(1)
  expect([...published]).toEqual([expect.stringMatching(/^_[a-z0-9]{31}\.dcv\.digicert\.com$/)])

  await life.annotate('shop', { 'reissue-requested-at': 'once' })
  expect(orderIdOf(await revised(2))).toBe(orderIdOf(issued))

  let revision = 2
  while ((await machine.certCentral.paid()).length < 2) {
    const { status } = await machine.settled('shop')
    await machine.travelTo(new Date(new Date(status?.next?.at ?? '').getTime() + 1000))
    if (status?.next?.action === 'Look') continue
    revision += 1
    await revised(revision)
  }
  const renewed = await machine.settled('shop')
  expect(orderIdOf(renewed)).not.toBe(orderIdOf(issued))
  expect((await life.happened('shop')).filter((kind) => kind === 'order' || kind === 'renewal')).toHaveLength(2)

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
