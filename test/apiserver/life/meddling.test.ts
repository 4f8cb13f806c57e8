import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { SecretContent } from '../../support/cluster.ts'
import { conditionOf, eventually, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('file')

const PREFIX = 'digicert-operator.io'

const secret = (name: string) => ({ kind: 'Secret', namespace: here.machine.namespace, name })
const read = (name: string) => here.machine.cluster.secret(here.machine.namespace, name)
const patch = (name: string, metadata: object) => here.machine.cluster.patch(secret(name), { metadata })

/** An order in its second year of work: with another key than it was bought with. */
const reissuedOrder = async (name: string) => {
  await here.life.applied(name)
  await here.life.annotate(name, { 'reissue-requested-at': 'once' })
  return here.life.revised(name, 2)
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
    const journal = await here.life.happened(name)

    await harm(`${name}-tls`)

    await eventually('the Secret as it was', async () => {
      const now = await read(`${name}-tls`)
      return ours(now?.metadata) === ours(before?.metadata)
    })
    expect(dataOf(await read(`${name}-tls`))).toEqual(dataOf(before))
    const after = await here.life.looked(name)
    expect([orderIdOf(after), after.status?.revision]).toEqual([orderIdOf(order), 2])
    expect(await here.life.happened(name)).toEqual(journal)
  })

  test('loses everything by which it is ours is left alone with a word on it, and is ours again once it is deleted', async () => {
    await reissuedOrder('stripped')
    const before = await read('stripped-tls')
    const journal = await here.life.happened('stripped')
    const notes = Object.keys(before?.metadata.annotations ?? {})

    await patch('stripped-tls', {
      labels: { [`${PREFIX}/managed`]: null },
      annotations: Object.fromEntries(notes.map((note) => [note, null] as const)),
    })

    const held = await here.life.says('stripped', 'SecretConflict')
    expect(sentenceOf(held)).toContain('stripped-tls')
    expect(dataOf(await read('stripped-tls'))).toEqual(dataOf(before))
    await here.machine.cluster.remove(secret('stripped-tls'))
    await here.machine.travel(1 / 24)
    await eventually('the Secret as it was', async () => {
      const now = await read('stripped-tls')
      return ours(now?.metadata) === ours(before?.metadata)
    })
    expect(dataOf(await read('stripped-tls'))).toEqual(dataOf(before))
    expect(await here.life.happened('stripped')).toEqual(journal)
  })
})

describe('the key that is kept for a reissued order', () => {
  const KEY_HARMS: readonly Harm[] = [
    ['is deleted', 'gone', (name) => here.machine.cluster.remove(secret(name))],
    ['loses what says whose it is', 'lost', (name) => patch(name, { labels: null, annotations: null })],
    ['loses its owner', 'orphan', (name) => patch(name, { ownerReferences: null })],
  ]

  test.each(KEY_HARMS)('and %s is kept again, and CertCentral is asked for nothing', async (_what, name, harm) => {
    const order = await reissuedOrder(name)
    const before = await read(`${name}-tls`)
    const journal = await here.life.happened(name)

    await harm(`${name}-key-1`)
    await here.life.looked(name)

    await eventually('the key of the Secret', async () => {
      const kept = await read(`${name}-key-1`)
      if (!kept || kept.metadata.ownerReferences?.[0]?.uid !== order.metadata.uid) return false
      return publicPart(kept.data['tls.key']) === publicPart(before?.data['tls.key'])
    })
    await here.machine.cluster.remove(secret(`${name}-tls`))
    await eventually('the same pair', async () => {
      expect(dataOf(await read(`${name}-tls`))).toEqual(dataOf(before))
      return true
    })
    expect(orderIdOf(await here.life.looked(name))).toBe(orderIdOf(order))
    expect(await here.life.happened(name)).toEqual(journal)
  })

  test('and is lost together with the Secret while nobody looked gives way to another one by a reissue', async () => {
    const before = await reissuedOrder('both')
    await here.life.edit('both', { suspend: true })
    await here.life.says('both', 'Suspended')
    await here.machine.cluster.remove(secret('both-tls'))
    await here.machine.cluster.remove(secret('both-key-1'))

    await here.life.edit('both', { suspend: null })

    await eventually('a pair', async () => {
      await here.machine.travel(1 / 96)
      return (await read('both-tls'))?.data['tls.crt'] !== undefined
    })
    expect(orderIdOf(await here.life.looked('both'))).toBe(orderIdOf(before))
    expect(await here.life.happened('both')).toEqual(['order', 'reissue', 'reissue'])
  })

  test('and is damaged gives way to another one by a reissue, and nothing is bought', async () => {
    await reissuedOrder('damaged')

    await here.machine.cluster.patch(secret('damaged-key-1'), { data: { 'tls.key': 'AAAA' } })

    await here.life.revised('damaged', 3)
    const [kept, target] = [await read('damaged-key-1'), await read('damaged-tls')]
    expect(publicPart(kept?.data['tls.key'])).toBe(publicPart(target?.data['tls.key']))
    expect(await here.life.happened('damaged')).toEqual(['order', 'reissue', 'reissue'])
  })
})

describe('the resource of an issued order that loses', () => {
  test('its finalizer has it again, and still ends the order when it is deleted', async () => {
    await here.life.applied('final', { deletionPolicy: 'RevokeOrder' })

    await here.machine.cluster.patch(
      { kind: 'DigiCertOrder', namespace: here.machine.namespace, name: 'final' },
      { metadata: { finalizers: null } },
    )

    await here.machine.until('final', 'a finalizer', ({ metadata }) => metadata.finalizers?.length === 1)
    await here.life.remove('final')
    await here.life.isGone('final')
    expect(await here.life.happened('final')).toEqual(['order', 'revoke'])
  })

  test('its status while a name is held for want of consent still holds it, also in the reissue that follows', async () => {
    await here.life.applied('held', { dnsNames: ['old.held.example.com'] })
    await here.machine.apply(orderNamed('held'))
    await here.life.says('held', 'NameRemovalBlocked')

    const order = { kind: 'DigiCertOrder', namespace: here.machine.namespace, name: 'held' }
    await here.machine.cluster.patch(order, { status: null }, 'status')

    expect(sentenceOf(await here.life.says('held', 'NameRemovalBlocked'))).toContain('old.held.example.com')
    await here.life.annotate('held', { 'reissue-requested-at': 'once' })
    await eventually('a reissue', async () => (await here.life.happened('held')).length === 2)
    const after = await here.life.says('held', 'NameRemovalBlocked')
    expect(conditionOf(after, 'Ready')?.status).toBe('True')
    expect(after.status?.certificate?.dnsNames.toSorted()).toEqual(['held.example.com', 'old.held.example.com'])
    await here.machine.travel(4)
    expect(await here.life.happened('held')).toEqual(['order', 'reissue'])
  })

  test('its status has a later edit of its hash made all the same', async () => {
    const product = 'ssl_dv_rapidssl'
    await here.life.applied('wiped', { product })
    const order = { kind: 'DigiCertOrder', namespace: here.machine.namespace, name: 'wiped' }
    await here.machine.cluster.patch(order, { status: null }, 'status')
    const before = await here.machine.settled('wiped')

    await here.life.edit('wiped', { signatureHash: 'sha384' })

    await here.machine.until('wiped', 'another certificate', ({ status }) => {
      const { serialNumber } = status?.certificate ?? {}
      return serialNumber !== undefined && serialNumber !== before.status?.certificate?.serialNumber
    })
    expect(await here.life.happened('wiped')).toEqual(['order', 'reissue'])
  })
})
