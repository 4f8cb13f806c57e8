import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
beforeEach(async () => {
  machine = await startTimeMachine()
})
afterEach(async () => {
  expect(await machine.faults()).toEqual([])
  await machine.close()
})

const inNamespace = (kind: string, name: string) => ({ kind, name, namespace: machine.namespace })
const secret = async () => (await machine.cluster.secret(machine.namespace, 'shop-tls'))?.data['tls.crt']?.toString()

/** An order whose renewal waits for a person. */
const renewing = async (changes: object = {}): Promise<{ former: number; order: DigiCertOrder }> => {
  await machine.apply(orderNamed('shop', { orderValidity: { days: 150 }, ...changes }))
  const former = orderIdOf(await machine.settled('shop'))
  await machine.travel(1.01)
  await machine.until('shop', 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
  const { status } = await machine.settled('shop')
  expect(status?.next?.action).toBe('Renew')
  await machine.certCentral.changeSettings({ approval: 'one-step' })
  await machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
  const order = await machine.until('shop', 'an approval to wait for', (seen) => reasonOf(seen) === 'AwaitingApproval')
  expect(orderIdOf(order)).not.toBe(former)
  return { former, order }
}

const DISASTERS: readonly (readonly [what: string, strike: () => Promise<unknown>])[] = [
  ['deleted', () => machine.cluster.remove(inNamespace('Secret', 'shop-tls'))],
  ['damaged', () => machine.cluster.patch(inNamespace('Secret', 'shop-tls'), { data: { 'tls.key': 'ZGFtYWdlZA==' } })],
]

describe('while a renewal waits for its approval', () => {
  test.each(DISASTERS)('a Secret that is %s comes back as it was, and the renewal goes on', async (_, strike) => {
    const { order } = await renewing()
    const [before, paid] = [await secret(), await machine.certCentral.paid()]
    expect(before).toBeDefined()

    await strike()

    await eventually('the Secret of before', async () => (await secret()) === before)
    const waiting = await machine.until('shop', 'its wait', (seen) => conditionOf(seen, 'Ready')?.status === 'True')
    expect(reasonOf(waiting)).toBe('AwaitingApproval')
    expect(waiting.status?.order).toEqual(order.status?.order)
    expect(await machine.certCentral.paid()).toEqual(paid)

    await machine.certCentral.approve(orderIdOf(order))
    await machine.travel(1 / 48)
    await machine.until('shop', 'the new certificate', (seen) => seen.status?.revision === 2)
    expect(await secret()).not.toBe(before)
    expect(await machine.certCentral.paid()).toEqual(paid)
  })

  test('a Secret that CertCentral gives nothing for holds the renewal up in nothing', async () => {
    const { former, order } = await renewing()
    const certificate = (await machine.order('shop')).status?.certificate?.id ?? 0
    await machine.certCentral.addFault({
      match: { path: `/certificate/${String(certificate)}/`, times: 0 },
      action: 'status',
      status: 404,
    })
    await machine.cluster.remove(inNamespace('Secret', 'shop-tls'))
    await machine.until('shop', 'the loss', (seen) => conditionOf(seen, 'Ready')?.status === 'False')

    await machine.certCentral.approve(orderIdOf(order))
    await machine.travel(1 / 48)
    const renewed = await machine.until('shop', 'the new certificate', (seen) => seen.status?.revision === 2)
    expect(orderIdOf(renewed)).not.toBe(former)
    expect(await machine.certCentral.paid()).toHaveLength(2)
  })

  test.each([
    ['Retain', []],
    ['CancelPending', ['reject']],
    ['RevokeCertificate', ['revoke', 'reject']],
    ['RevokeOrder', ['revoke', 'reject']],
  ])('its resource is deleted: %s does so with both orders, and says so before', async (deletionPolicy, done) => {
    const { former, order } = await renewing({ deletionPolicy })
    await machine.certCentral.changeSettings({ approval: 'none' })
    const before = (await machine.certCentral.journal()).length
    const revokes = deletionPolicy.startsWith('Revoke')
    expect(order.status?.onDeletion?.includes(`order ${String(former)} before it`)).toBe(revokes)

    await machine.cluster.remove(inNamespace('DigiCertOrder', 'shop'))
    await eventually('it to be gone', async () => !(await machine.cluster.get(inNamespace('DigiCertOrder', 'shop'))))

    const journal = (await machine.certCentral.journal()).slice(before)
    expect(journal.map(({ kind }) => kind)).toEqual(done)
    expect(await machine.certCentral.paid()).toHaveLength(2)
  })
})
