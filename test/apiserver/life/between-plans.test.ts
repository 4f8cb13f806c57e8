import { describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('test')

const inNamespace = (kind: string, name: string) => ({ kind, name, namespace: here.machine.namespace })
const secret = async () =>
  (await here.machine.cluster.secret(here.machine.namespace, 'shop-tls'))?.data['tls.crt']?.toString()

/** An order whose renewal waits for a person. */
const renewing = async (changes: object = {}): Promise<{ former: number; order: DigiCertOrder }> => {
  await here.machine.apply(orderNamed('shop', { orderValidity: { days: 150 }, ...changes }))
  const former = orderIdOf(await here.machine.settled('shop'))
  await here.machine.travel(1.01)
  await here.machine.until('shop', 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
  const { status } = await here.machine.settled('shop')
  expect(status?.next?.action).toBe('Renew')
  await here.machine.certCentral.changeSettings({ approval: 'one-step' })
  await here.machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
  const order = await here.machine.until(
    'shop',
    'an approval to wait for',
    (seen) => reasonOf(seen) === 'AwaitingApproval',
  )
  expect(orderIdOf(order)).not.toBe(former)
  return { former, order }
}

const DISASTERS: readonly (readonly [what: string, strike: () => Promise<unknown>])[] = [
  ['deleted', () => here.machine.cluster.remove(inNamespace('Secret', 'shop-tls'))],
  [
    'damaged',
    () => here.machine.cluster.patch(inNamespace('Secret', 'shop-tls'), { data: { 'tls.key': 'ZGFtYWdlZA==' } }),
  ],
]

describe('while a renewal waits for its approval', () => {
  test.each(DISASTERS)('a Secret that is %s comes back as it was, and the renewal goes on', async (_, strike) => {
    const { order } = await renewing()
    const [before, paid] = [await secret(), await here.machine.certCentral.paid()]
    expect(before).toBeDefined()

    await strike()

    await eventually('the Secret of before', async () => (await secret()) === before)
    const waiting = await here.machine.until(
      'shop',
      'its wait',
      (seen) => conditionOf(seen, 'Ready')?.status === 'True',
    )
    expect(reasonOf(waiting)).toBe('AwaitingApproval')
    expect(waiting.status?.order).toEqual(order.status?.order)
    expect(await here.machine.certCentral.paid()).toEqual(paid)

    await here.machine.certCentral.approve(orderIdOf(order))
    await here.machine.travel(1 / 48)
    await here.machine.until('shop', 'the new certificate', (seen) => seen.status?.revision === 2)
    expect(await secret()).not.toBe(before)
    expect(await here.machine.certCentral.paid()).toEqual(paid)
  })

  test('a Secret that is deleted again and again comes back each time, and that is said', async () => {
    const { order } = await renewing()
    const before = await secret()
    const fetched = (await here.machine.certCentral.calls()).last.length

    for (const pause of [0, 1, 2, 4]) {
      await here.machine.cluster.remove(inNamespace('Secret', 'shop-tls'))
      await here.machine.travel(pause / 86_400)
      await eventually('the Secret of before', async () => (await secret()) === before)
    }
    await here.machine.cluster.remove(inNamespace('Secret', 'shop-tls'))

    const missing = await here.machine.until(
      'shop',
      'a word on that',
      (seen) => conditionOf(seen, 'Ready')?.reason === 'SecretModifiedByOthers',
    )
    expect([conditionOf(missing, 'Ready')?.status, reasonOf(missing)]).toEqual(['False', 'AwaitingApproval'])
    const calls = (await here.machine.certCentral.calls()).last.slice(fetched)
    expect(calls.filter(({ path }) => path.includes('/download/')).length).toBeLessThanOrEqual(1)
    await here.machine.certCentral.approve(orderIdOf(order))
    await here.machine.travel(1 / 48)
    await here.machine.until('shop', 'the new certificate', (seen) => seen.status?.revision === 2)
  })

  test('a Secret that CertCentral gives nothing for holds the renewal up in nothing', async () => {
    const { former, order } = await renewing()
    const certificate = (await here.machine.order('shop')).status?.certificate?.id ?? 0
    await here.machine.certCentral.addFault({
      match: { path: `/certificate/${String(certificate)}/`, times: 0 },
      action: 'status',
      status: 404,
    })
    await here.machine.cluster.remove(inNamespace('Secret', 'shop-tls'))
    await here.machine.until('shop', 'the loss', (seen) => conditionOf(seen, 'Ready')?.status === 'False')

    await here.machine.certCentral.approve(orderIdOf(order))
    await here.machine.travel(1 / 48)
    const renewed = await here.machine.until('shop', 'the new certificate', (seen) => seen.status?.revision === 2)
    expect(orderIdOf(renewed)).not.toBe(former)
    expect(await here.machine.certCentral.paid()).toHaveLength(2)
  })

  test.each([
    ['Retain', []],
    ['CancelPending', ['reject']],
    ['RevokeCertificate', ['revoke', 'reject']],
    ['RevokeOrder', ['revoke', 'reject']],
  ])('its resource is deleted: %s does so with both orders, and says so before', async (deletionPolicy, done) => {
    const { former, order } = await renewing({ deletionPolicy })
    await here.machine.certCentral.changeSettings({ approval: 'none' })
    const before = (await here.machine.certCentral.journal()).length
    const revokes = deletionPolicy.startsWith('Revoke')
    expect(order.status?.onDeletion?.includes(`order ${String(former)} before it`)).toBe(revokes)

    await here.machine.cluster.remove(inNamespace('DigiCertOrder', 'shop'))
    await eventually(
      'it to be gone',
      async () => !(await here.machine.cluster.get(inNamespace('DigiCertOrder', 'shop'))),
    )

    const journal = (await here.machine.certCentral.journal()).slice(before)
    expect(journal.map(({ kind }) => kind)).toEqual(done)
    expect(await here.machine.certCentral.paid()).toHaveLength(2)
  })
})
