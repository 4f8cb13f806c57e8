import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { SecretContent } from '../../support/cluster.ts'
import {
  beginJourney,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  statusFaults,
} from '../../support/journey.ts'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true, approval: 'one-step' } })
})
afterAll(() => journey.close())

const purchasesOf = async (name: string) =>
  (await journey.certCentral.paid()).filter(({ body }) => JSON.stringify(body).includes(`"${name}.example.com"`))

const keySecret = (name: string) => journey.cluster.secret(journey.namespace, `${name}-key-1`)

/** The garbage collector of the real controller manager takes what the order owned. */
const keyIsCollected = (name: string) =>
  eventually(`end of the key of ${name}`, async () => (await keySecret(name)) === undefined, 30_000)

/** Whether the two halves of the Secret belong together, and to the key that is kept. */
async function isUsable(name: string): Promise<boolean> {
  const { data } = await journey.secretOf(name)
  const kept = (await keySecret(name))?.data['tls.key']
  const publicPart = (pem: Buffer | undefined) => createPublicKey(createPrivateKey(pem ?? '')).export(SPKI)
  const certified = new X509Certificate(data['tls.crt'] ?? '').publicKey.export(SPKI)
  return certified === publicPart(data['tls.key']) && certified === publicPart(kept)
}
const textsOf = ({ data }: SecretContent) =>
  Object.entries(data).map(([key, value]) => `${key} ${value.toString('hex')}`)
const SPKI = { type: 'spki', format: 'pem' } as const

async function waitingOrder(name: string): Promise<DigiCertOrder> {
  await journey.certCentral.changeSettings({ approval: 'one-step' })
  await journey.apply(orderNamed(name))
  return journey.says(name, 'AwaitingApproval')
}

async function issuedOrder(name: string, spec: object = {}): Promise<DigiCertOrder> {
  await journey.certCentral.changeSettings({ approval: 'none' })
  await journey.apply(orderNamed(name, spec))
  return journey.ready(name)
}

/** An order is deleted, and its key and its Secret with it. */
async function losesBoth(name: string): Promise<void> {
  await journey.remove(name)
  await journey.cluster.remove({ kind: 'Secret', namespace: journey.namespace, name: `${name}-tls` })
  await keyIsCollected(name)
}

describe('an order that is deleted while it waits, and created again under its name', () => {
  test.each([
    ['at once, with the key that was left', () => Promise.resolve()],
    ['after its key was collected, with a new one', keyIsCollected],
  ])('finds its order %s', async (when, until) => {
    const name = when.startsWith('at once') ? 'at-once' : 'collected'
    const first = await waitingOrder(name)
    await journey.remove(name)
    await until(name)
    await journey.apply(orderNamed(name))

    const second = await journey.says(name, 'AwaitingApproval')
    expect(orderIdOf(second)).toBe(orderIdOf(first))
    expect(second.metadata.uid).not.toBe(first.metadata.uid)
    expect(statusFaults(second)).toEqual([])

    await journey.certCentral.approve(orderIdOf(first))
    const issued = await journey.ready(name)

    expect(await isUsable(name)).toBe(true)
    expect(await purchasesOf(name)).toHaveLength(1)
    expect(issued.status?.history?.map(({ what, orderId }) => [what, orderId])).toEqual([['Adopted', orderIdOf(first)]])
    expect([kstatusOf(issued), statusFaults(issued)]).toEqual(['Current', []])
  })

  test('is told apart from its order when its spec asks for other names, and buys nothing', async () => {
    const first = await waitingOrder('other')
    await journey.remove('other')
    await journey.apply(orderNamed('other', { dnsNames: ['www.other.example.com'] }))

    const stalled = await journey.says('other', 'OrderMismatch')

    expect([kstatusOf(stalled), statusFaults(stalled)]).toEqual(['Failed', []])
    expect(stalled.status?.conditions?.[0]?.message).toContain(
      `Order ${orderIdOf(first)} has the alternative order id of this resource but is not what the spec asks for: it lacks www.other.example.com`,
    )
    expect(await purchasesOf('other')).toHaveLength(1)
  })
})

describe('an issued order that is deleted', () => {
  test('leaves its Secret, and created again it is Ready with the same pair', async () => {
    const first = await issuedOrder('kept')
    const before = await journey.secretOf('kept')
    await journey.remove('kept')
    await keyIsCollected('kept')
    expect(textsOf(await journey.secretOf('kept'))).toEqual(textsOf(before))

    await journey.apply(orderNamed('kept'))
    const second = await journey.ready('kept')

    expect(orderIdOf(second)).toBe(orderIdOf(first))
    expect(textsOf(await journey.secretOf('kept'))).toEqual(textsOf(before))
    expect(await purchasesOf('kept')).toHaveLength(1)
    expect(statusFaults(second)).toEqual([])
  })

  test('keeps the key of its Secret when it is created again, so that the Secret can be rebuilt', async () => {
    await issuedOrder('rebuilt')
    const before = await journey.secretOf('rebuilt')
    await journey.remove('rebuilt')
    await keyIsCollected('rebuilt')
    await journey.apply(orderNamed('rebuilt'))
    await journey.ready('rebuilt')

    expect(await isUsable('rebuilt')).toBe(true)
    expect((await keySecret('rebuilt'))?.data['tls.key']?.equals(before.data['tls.key']!)).toBe(true)
  })

  test('is reissued with a key of ours when Secret and key are both gone, and buys nothing', async () => {
    const first = await issuedOrder('lost')
    await losesBoth('lost')

    await journey.apply(orderNamed('lost'))

    const second = await journey.ready('lost')
    expect(orderIdOf(second)).toBe(orderIdOf(first))
    expect(await isUsable('lost')).toBe(true)
    expect(second.status?.certificate?.serialNumber).not.toBe(first.status?.certificate?.serialNumber)
    expect(await purchasesOf('lost')).toHaveLength(1)
  })

  test('says that the key is lost where it may not be reissued, and buys nothing', async () => {
    const unreissued = { reissue: { by: 'Never' } }
    const first = await issuedOrder('locked', unreissued)
    await losesBoth('locked')

    await journey.apply(orderNamed('locked', unreissued))

    const stuck = await journey.cluster.waitForOrder(journey.namespace, 'locked', (order) =>
      ['PrivateKeyMissing', 'BadCertificate'].includes(order.status?.conditions?.[0]?.reason ?? ''),
    )
    expect([kstatusOf(stuck) === 'Current', statusFaults(stuck)]).toEqual([false, []])
    expect(stuck.status?.conditions?.[0]?.message).toContain(`rder ${orderIdOf(first)}`)
    expect(await purchasesOf('locked')).toHaveLength(1)
  })
})
