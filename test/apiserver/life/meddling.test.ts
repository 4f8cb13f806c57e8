import { createPrivateKey, createPublicKey } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { SecretContent } from '../../support/cluster.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { type Life, lifeOf } from '../../support/life.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
let life: Life
beforeAll(async () => {
  machine = await startTimeMachine()
  life = lifeOf(machine)
})
afterAll(() => machine.close())
afterEach(async () => expect(await machine.faults()).toEqual([]))

const PREFIX = 'digicert-operator.io'

const secret = (name: string) => ({ kind: 'Secret', namespace: machine.namespace, name })
const read = (name: string) => machine.cluster.secret(machine.namespace, name)
const patch = (name: string, metadata: object) => machine.cluster.patch(secret(name), { metadata })

/** An order in its second year of work: with another key than it was bought with. */
const reissuedOrder = async (name: string) => {
  await life.applied(name)
  await life.annotate(name, { 'reissue-requested-at': 'once' })
  return life.revised(name, 2)
}

const ours = (metadata: SecretContent['metadata'] | undefined) => {
  const { labels, annotations } = metadata ?? {}
  return JSON.stringify([labels, annotations])
}

const dataOf = (content: SecretContent | undefined) =>
  Object.fromEntries(Object.entries(content?.data ?? {}).map(([key, value]) => [key, value.toString()]))

const publicPart = (pem: Buffer | undefined) =>
  createPublicKey(createPrivateKey(pem ?? '')).export({ type: 'spki', format: 'pem' })

type Harm = readonly [what: string, name: string, harm: (name: string) => Promise<unknown>]

const TARGET_HARMS: readonly Harm[] = [
  ['loses our label', 'label', (target) => patch(target, { labels: { [`${PREFIX}/managed`]: null } })],
  [
    'gets the serial number of another certificate noted on it',
    'serial',
    (target) => patch(target, { annotations: { [`${PREFIX}/serial-number`]: '00AA' } }),
  ],
  [
    'gets another certificate id noted on it',
    'certificate-id',
    (target) => patch(target, { annotations: { [`${PREFIX}/certificate-id`]: '1' } }),
  ],
  [
    'gets another order id noted on it',
    'order-id',
    (target) => patch(target, { annotations: { [`${PREFIX}/order-id`]: '1' } }),
  ],
  [
    'loses what is noted on it of order and certificate',
    'notes',
    (target) =>
      patch(target, {
        annotations: Object.fromEntries(
          ['order-id', 'certificate-id', 'serial-number', 'not-after'].map((note) => [`${PREFIX}/${note}`, null]),
        ),
      }),
  ],
  [
    'is said to belong to an order that nobody has',
    'owner',
    (target) => patch(target, { annotations: { [`${PREFIX}/order`]: 'nobody' } }),
  ],
  [
    'does not say any more whose it is',
    'ownerless',
    (target) => patch(target, { annotations: { [`${PREFIX}/order`]: null } }),
  ],
]

describe('the Secret of a reissued order that', () => {
  test.each(TARGET_HARMS)('%s, is what it was, and CertCentral is asked for nothing', async (_what, name, harm) => {
    const order = await reissuedOrder(name)
    const before = await read(`${name}-tls`)
    const journal = await life.happened(name)

    await harm(`${name}-tls`)

    await eventually('the Secret as it was', async () => {
      const now = await read(`${name}-tls`)
      return ours(now?.metadata) === ours(before?.metadata)
    })
    expect(dataOf(await read(`${name}-tls`))).toEqual(dataOf(before))
    const after = await life.looked(name)
    expect([orderIdOf(after), after.status?.revision]).toEqual([orderIdOf(order), 2])
    expect(await life.happened(name)).toEqual(journal)
  })

  test('loses everything by which it is ours is left alone with a word on it, and is ours again once it is deleted', async () => {
    await reissuedOrder('stripped')
    const before = await read('stripped-tls')
    const journal = await life.happened('stripped')
    const notes = Object.keys(before?.metadata.annotations ?? {})

    await patch('stripped-tls', {
      labels: { [`${PREFIX}/managed`]: null },
      annotations: Object.fromEntries(notes.map((note) => [note, null] as const)),
    })

    const held = await life.says('stripped', 'SecretConflict')
    expect(sentenceOf(held)).toContain('stripped-tls')
    expect(dataOf(await read('stripped-tls'))).toEqual(dataOf(before))
    await machine.cluster.remove(secret('stripped-tls'))
    await machine.travel(1 / 24)
    await eventually('the Secret as it was', async () => {
      const now = await read('stripped-tls')
      return ours(now?.metadata) === ours(before?.metadata)
    })
    expect(dataOf(await read('stripped-tls'))).toEqual(dataOf(before))
    expect(await life.happened('stripped')).toEqual(journal)
  })
})

describe('the key that is kept for a reissued order', () => {
  const KEY_HARMS: readonly Harm[] = [
    ['is deleted', 'gone', (name) => machine.cluster.remove(secret(name))],
    ['loses what says whose it is', 'lost', (name) => patch(name, { labels: null, annotations: null })],
    ['loses its owner', 'orphan', (name) => patch(name, { ownerReferences: null })],
  ]

  test.each(KEY_HARMS)('and %s is kept again, and CertCentral is asked for nothing', async (_what, name, harm) => {
    const order = await reissuedOrder(name)
    const before = await read(`${name}-tls`)
    const journal = await life.happened(name)

    await harm(`${name}-key-1`)
    await life.looked(name)

    await eventually('the key of the Secret', async () => {
      const kept = await read(`${name}-key-1`)
      if (!kept || kept.metadata.ownerReferences?.[0]?.uid !== order.metadata.uid) return false
      return publicPart(kept.data['tls.key']) === publicPart(before?.data['tls.key'])
    })
    await machine.cluster.remove(secret(`${name}-tls`))
    await eventually('the same pair', async () => {
      expect(dataOf(await read(`${name}-tls`))).toEqual(dataOf(before))
      return true
    })
    expect(orderIdOf(await life.looked(name))).toBe(orderIdOf(order))
    expect(await life.happened(name)).toEqual(journal)
  })

  test('and is lost together with the Secret while nobody looked gives way to another one by a reissue', async () => {
    const before = await reissuedOrder('both')
    await life.edit('both', { suspend: true })
    await life.says('both', 'Suspended')
    await machine.cluster.remove(secret('both-tls'))
    await machine.cluster.remove(secret('both-key-1'))

    await life.edit('both', { suspend: null })

    await eventually('a pair', async () => {
      await machine.travel(1 / 96)
      return (await read('both-tls'))?.data['tls.crt'] !== undefined
    })
    expect(orderIdOf(await life.looked('both'))).toBe(orderIdOf(before))
    expect(await life.happened('both')).toEqual(['order', 'reissue', 'reissue'])
  })

  test('and is damaged gives way to another one by a reissue, and nothing is bought', async () => {
    await reissuedOrder('damaged')

    await machine.cluster.patch(secret('damaged-key-1'), { data: { 'tls.key': 'AAAA' } })

    await life.revised('damaged', 3)
    const [kept, target] = [await read('damaged-key-1'), await read('damaged-tls')]
    expect(publicPart(kept?.data['tls.key'])).toBe(publicPart(target?.data['tls.key']))
    expect(await life.happened('damaged')).toEqual(['order', 'reissue', 'reissue'])
  })
})

describe('the resource of an issued order that loses', () => {
  test('its finalizer has it again, and still ends the order when it is deleted', async () => {
    await life.applied('final', { deletionPolicy: 'RevokeOrder' })

    await machine.cluster.patch(
      { kind: 'DigiCertOrder', namespace: machine.namespace, name: 'final' },
      { metadata: { finalizers: null } },
    )

    await machine.until('final', 'a finalizer', ({ metadata }) => metadata.finalizers?.length === 1)
    await life.remove('final')
    await life.isGone('final')
    expect(await life.happened('final')).toEqual(['order', 'revoke'])
  })

  test('its status while a name is held for want of consent still holds it, also in the reissue that follows', async () => {
    await life.applied('held', { dnsNames: ['old.held.example.com'] })
    await machine.apply(orderNamed('held'))
    await life.says('held', 'NameRemovalHeld')

    const order = { kind: 'DigiCertOrder', namespace: machine.namespace, name: 'held' }
    await machine.cluster.patch(order, { status: null }, 'status')

    expect(sentenceOf(await life.says('held', 'NameRemovalHeld'))).toContain('old.held.example.com')
    await life.annotate('held', { 'reissue-requested-at': 'once' })
    await eventually('a reissue', async () => (await life.happened('held')).length === 2)
    const after = await life.says('held', 'NameRemovalHeld')
    expect(conditionOf(after, 'Ready')?.status).toBe('True')
    expect(after.status?.certificate?.dnsNames.toSorted()).toEqual(['held.example.com', 'old.held.example.com'])
    await machine.travel(4)
    expect(await life.happened('held')).toEqual(['order', 'reissue'])
  })

  test('its status has a later edit of its hash made all the same', async () => {
    const product = 'ssl_dv_rapidssl'
    await life.applied('wiped', { product })
    const order = { kind: 'DigiCertOrder', namespace: machine.namespace, name: 'wiped' }
    await machine.cluster.patch(order, { status: null }, 'status')
    const before = await machine.settled('wiped')

    await life.edit('wiped', { signatureHash: 'sha384' })

    await machine.until('wiped', 'another certificate', ({ status }) => {
      const { serialNumber } = status?.certificate ?? {}
      return serialNumber !== undefined && serialNumber !== before.status?.certificate?.serialNumber
    })
    expect(await life.happened('wiped')).toEqual(['order', 'reissue'])
  })
})
