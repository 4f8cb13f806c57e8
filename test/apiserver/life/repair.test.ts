import { describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, reasonOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('test')

const order = { kind: 'DigiCertOrder', name: 'shop' }
const inNamespace = (object: { kind: string; name: string }) => ({ ...object, namespace: here.machine.namespace })

const secretNamed = (name: string) => here.machine.cluster.secret(here.machine.namespace, name)

const remove = (kind: string, name: string) => here.machine.cluster.remove(inNamespace({ kind, name }))

const wipeStatus = () => here.machine.cluster.patch(inNamespace(order), { status: null }, 'status')

const happened = async () =>
  (await here.machine.certCentral.journal()).map(({ kind }) => kind).filter((kind) => kind !== 'issue')

const serial = async () => (await here.machine.order('shop')).status?.certificate?.serialNumber

/** Plays the order forward until it did this, and gives it when all is settled. */
const playedTo = async (what: 'Reissued' | 'Renewed'): Promise<DigiCertOrder> => {
  await here.machine.apply(orderNamed('shop'))
  for (let done: string | undefined; done !== what;) {
    await here.machine.settled('shop')
    await here.machine.travel(1.01)
    await here.machine.until('shop', 'the end of its plan', ({ status }) => status?.order?.validUntil !== undefined)
    const { status } = await here.machine.settled('shop')
    await here.machine.travelTo(new Date(Date.parse(status?.next?.at ?? '') + 1000))
    const { revision = 0 } = status ?? {}
    await here.machine.until('shop', 'another revision', (seen) => (seen.status?.revision ?? 0) > revision)
    done = (await here.machine.settled('shop')).status?.history?.at(-1)?.what
  }
  return here.machine.settled('shop')
}

const DISASTERS: readonly (readonly [what: string, strike: () => Promise<unknown>])[] = [
  ['its status is wiped', wipeStatus],
  ['its Secret is deleted', () => remove('Secret', 'shop-tls')],
  [
    'its status is wiped and its Secret deleted',
    async () => {
      await remove('Secret', 'shop-tls')
      await wipeStatus()
    },
  ],
  [
    'its Secret is damaged',
    () =>
      here.machine.cluster.patch(inNamespace({ kind: 'Secret', name: 'shop-tls' }), {
        data: { 'tls.crt': Buffer.from('damaged').toString('base64') },
      }),
  ],
  [
    'its Secret gets another name',
    () => here.machine.cluster.patch(inNamespace(order), { spec: { secretName: 'elsewhere-tls' } }),
  ],
]

describe.each(['Reissued', 'Renewed'] as const)('an order that was %s, when', (life) => {
  test.each(DISASTERS)(
    '%s, has the same certificate again, and CertCentral is asked for nothing',
    async (_what, strike) => {
      const before = await playedTo(life)
      const journal = await happened()

      await strike()

      const after = await here.machine.until('shop', 'the same certificate', ({ status, spec, metadata }) => {
        const isSeen = status?.observedGeneration === metadata.generation
        return (
          isSeen &&
          spec.secretName !== undefined &&
          status?.certificate?.serialNumber === before.status?.certificate?.serialNumber
        )
      })
      await eventually('its Secret', async () => (await secretNamed(after.spec.secretName ?? ''))?.data['tls.crt'])
      await here.machine.travel(2)
      const settled = await here.machine.settled('shop')
      expect(orderIdOf(settled)).toBe(orderIdOf(before))
      expect(settled.status?.order?.purchase).toBe(before.status?.order?.purchase)
      expect(await happened()).toEqual(journal)
    },
  )

  test('its resource is deleted and made again, has its order again, and nothing is bought', async () => {
    const before = await playedTo(life)
    const paid = await here.machine.certCentral.paid()
    // CertCentral may link a renewal to its order a moment late.
    await here.machine.travel(1 / 96)

    await remove('DigiCertOrder', 'shop')
    await eventually('it to be gone', async () => !(await here.machine.cluster.get(inNamespace(order))))
    await here.machine.apply(orderNamed('shop'))

    expect(orderIdOf(await here.machine.settled('shop'))).toBe(orderIdOf(before))
    expect(await here.machine.certCentral.paid()).toEqual(paid)
  })

  test('both of its keys are deleted, is reissued with another one where it must, and nothing is bought', async () => {
    const before = await playedTo(life)
    const paid = await here.machine.certCentral.paid()

    await remove('Secret', 'shop-tls')
    await remove('Secret', `shop-key-${String(before.status?.order?.purchase)}`)

    await eventually('its Secret', async () => (await secretNamed('shop-tls'))?.data['tls.crt'], 20_000)
    expect(orderIdOf(await here.machine.settled('shop'))).toBe(orderIdOf(before))
    expect(await here.machine.certCentral.paid()).toEqual(paid)
  })
})

describe('a reissue that waits for approval, when', () => {
  const waiting = async () => {
    await here.machine.apply(orderNamed('shop'))
    const before = await here.machine.settled('shop')
    await here.machine.certCentral.changeSettings({ approval: 'one-step' })
    await here.machine.cluster.patch(inNamespace(order), {
      metadata: { annotations: { 'digicert-operator.io/reissue-requested-at': 'now' } },
    })
    await here.machine.until('shop', 'a request', (seen) => reasonOf(seen) === 'AwaitingApproval')
    return before
  }

  const approved = async (id: number) => {
    await here.machine.certCentral.approve(id)
    await here.machine.travel(1 / 24)
  }

  test.each(DISASTERS.slice(0, 4))(
    '%s, keeps the old pair until it came, and is asked for once',
    async (_what, strike) => {
      const before = await waiting()

      await strike()
      await eventually('the old pair', async () => {
        const pem = (await secretNamed('shop-tls'))?.data['tls.crt']?.toString() ?? ''
        return (
          pem.includes('BEGIN CERTIFICATE') && conditionOf(await here.machine.order('shop'), 'Ready')?.status === 'True'
        )
      })
      expect(await serial()).toBe(before.status?.certificate?.serialNumber)
      await approved(orderIdOf(before))

      await eventually('the new one', async () => (await serial()) !== before.status?.certificate?.serialNumber)
      await here.machine.settled('shop')
      expect((await happened()).filter((kind) => kind !== 'approve')).toEqual(['order', 'reissue'])
    },
  )

  test('the operator forgets the next key, ends with a certificate of a key that it has, and nothing is bought', async () => {
    const before = await waiting()
    await here.machine.cluster.patch(inNamespace({ kind: 'Secret', name: 'shop-key-1' }), {
      data: { 'next.key': null, 'next.csr': null },
    })
    await here.machine.certCentral.changeSettings({ approval: 'none' })
    await approved(orderIdOf(before))

    await eventually('another certificate', async () => {
      await here.machine.travel(1 / 96)
      return (await serial()) !== before.status?.certificate?.serialNumber
    })
    await here.machine.settled('shop')
    expect(await here.machine.certCentral.paid()).toHaveLength(1)
  })
})
