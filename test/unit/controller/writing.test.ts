import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ANNOTATIONS, KEY_SECRET_TYPE, MANAGED_LABEL, ORDER_AGAIN } from '../../../src/api/names.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { csrFor, keptIn, makeKey } from '../../../src/controller/keys.ts'
import { createStatusWriter } from '../../../src/controller/orders.ts'
import { ownershipOfKey } from '../../../src/controller/ownership.ts'
import { createSelfWriteTracker } from '../../../src/controller/own-writes.ts'
import { type Secret, createSecretStore, isClusterRefusal, textOf } from '../../../src/controller/secrets.ts'
import { type KubeConnection, KubeError, connect } from '../../../src/kube/client.ts'
import { describe as factsOf, readBundle } from '../../../src/pki/bundle.ts'
import { csrFingerprint } from '../../../src/pki/csr.ts'
import { exportKey, publicFingerprint, readKey } from '../../../src/pki/keys.ts'
import { NOW, aSpec, aStatus, anOrder, withStatus } from '../../support/builders.ts'
import { issueChain } from '../../support/ca.ts'
import { type FakeApi, refuse, startFakeApi } from '../kube/support/fake-api.ts'
import type { Stored } from '../kube/support/fake-world.ts'
import { writeKubeconfig } from '../kube/support/kubeconfig-file.ts'

const ORDERS_PATH = '/apis/digicert-operator.io/v1alpha1/namespaces/shop/digicertorders'
const SECRETS_PATH = '/api/v1/namespaces/shop/secrets'

const NAMES = ['shop.example.com', 'www.shop.example.com']
const { leaf, intermediate } = await issueChain(NAMES, NOW)
const order = anOrder({ spec: aSpec({ privateKey: { algorithm: 'ECDSA' } }) })

let api: FakeApi
let kube: KubeConnection

beforeEach(async () => {
  api = await startFakeApi()
  kube = connect({ kubeconfig: writeKubeconfig({ server: api.url }, {}), userAgent: 'test/1', random: () => 0 })
})

afterEach(async () => {
  await kube.close()
  await api.close()
})

const secretStore = () => {
  const cached = new Map<string, Secret>()
  const own = createSelfWriteTracker()
  const cache = {
    get: (key: string) => cached.get(key),
    applyLocalWrite: (secret: Secret) => void cached.set(`shop/${secret.metadata.name}`, secret),
  }
  return { store: createSecretStore({ kube, cache, own, clusterId: 'cluster-1' }), cached, own }
}

const inCluster = (name: string): Secret | undefined => api.world.get(SECRETS_PATH, name)

const put = (name: string, changes: Partial<Stored> = {}): Secret =>
  api.world.put(SECRETS_PATH, { metadata: { name, namespace: 'shop' }, ...changes })

const aPair = (outputs = { labels: {}, annotations: {}, data: {} }) => {
  const read = readBundle(leaf.pem + intermediate.pem, { key: leaf.key, names: NAMES, now: NOW })
  if (!read.ok) throw new Error(read.message)
  return { key: leaf.key, bundle: read.bundle, facts: { id: 34, ...factsOf(read.bundle.leaf) }, orderId: 12, outputs }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const calls = (): string[] => api.seen.map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)

const outcomeOf = async (store: ReturnType<typeof createSecretStore>) => (await makeKey(store, order, 1)).outcome

describe('a key Secret', () => {
  test('is made for the order, is of a type of its own, and holds the key alone', async () => {
    const { store, own } = secretStore()
    expect(await outcomeOf(store)).toEqual({ kind: 'done', keyIsNew: true })
    const secret = inCluster('shop-key-1')!
    expect(secret).toMatchObject({
      type: KEY_SECRET_TYPE,
      metadata: {
        labels: { [MANAGED_LABEL]: 'true' },
        annotations: { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.clusterId]: 'cluster-1' },
        ownerReferences: [{ kind: 'DigiCertOrder', name: 'shop', uid: 'uid-shop', controller: true }],
      },
    })
    expect(Object.keys(secret.data!)).toEqual(['tls.key'])
    expect(keptIn(secret, 'pair').key.asymmetricKeyType).toBe('ec')
    expect([own.has(secret), ownershipOfKey(secret, { order, clusterId: 'cluster-1' })]).toEqual([true, 'own'])
  })

  test('keeps a CSR that was made elsewhere in place of a key, as it was given', async () => {
    const { store } = secretStore()
    const given = { kind: 'good', pem: 'the CSR', publicKey: leaf.key } as const

    expect((await makeKey(store, order, 1, { given })).outcome).toEqual({ kind: 'done' })
    expect(inCluster('shop-key-1')?.data).toEqual({ 'tls.csr': base64('the CSR') })
  })

  test('that is there already is left as it is, and looked at', async () => {
    const { store } = secretStore()
    const there = put('shop-key-1', { data: { a: 'b' } })
    expect(await makeKey(store, order, 1)).toEqual({ outcome: { kind: 'conflict' } })
    expect(inCluster('shop-key-1')).toEqual(there)
  })

  test.each([
    [403, 'Forbidden', 'refused'],
    [422, 'Invalid', 'refused'],
  ])('that the cluster refuses with %d is a refusal', async (code, reason, kind) => {
    const { store } = secretStore()
    api.script((seen, response) => seen.method === 'POST' && refuse(code, reason)(seen, response))
    expect(await outcomeOf(store)).toMatchObject({ kind, reason: 'SecretWriteDenied' })
  })

  test('of which nobody knows whether it was made rises as an error', async () => {
    const { store } = secretStore()
    api.script((seen, response) => seen.method === 'POST' && refuse(500, 'InternalError')(seen, response))
    await expect(makeKey(store, order, 1)).rejects.toBeInstanceOf(KubeError)
  })

  test('that a resource of the same name left is inherited', async () => {
    const { store } = secretStore()
    await makeKey(store, order, 1)
    const again = anOrder({ metadata: { uid: 'uid-again' }, spec: order.spec })
    const left = inCluster('shop-key-1')!
    const owner = { order: again, clusterId: 'cluster-1' }
    expect(ownershipOfKey(left, owner)).toBe('left')
    await store.inherit(again, left)
    expect(ownershipOfKey(inCluster('shop-key-1')!, owner)).toBe('own')
    expect(inCluster('shop-key-1')!.data).toEqual(left.data)
  })

  test('is removed as the one that was seen, not another one of its name', async () => {
    const { store } = secretStore()
    await makeKey(store, order, 1)
    const seen = inCluster('shop-key-1')!
    await store.remove(order, { ...seen, metadata: { ...seen.metadata, uid: 'another' } })
    expect(inCluster('shop-key-1')).toBeDefined()
    await store.remove(order, seen)
    expect(inCluster('shop-key-1')).toBeUndefined()
  })
})

describe('a Secret that is not a key Secret of the order', () => {
  const marks = { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.clusterId]: 'cluster-1' }
  const metadata = { name: 'shop-key-1', namespace: 'shop', annotations: marks }
  const change = (data: Readonly<Record<string, string>>) => ({ ...data, 'next.key': 'changed' })

  test.each<readonly [string, Partial<Stored>]>([
    ['of another type', { type: 'kubernetes.io/tls', metadata }],
    ['without a mark', { type: KEY_SECRET_TYPE }],
    [
      'of another DigiCertOrder',
      { type: KEY_SECRET_TYPE, metadata: { ...metadata, annotations: { ...marks, [ANNOTATIONS.owner]: 'blog' } } },
    ],
  ])('is never written or removed as one, %s', async (_how, foreign) => {
    const { store } = secretStore()
    const there = put('shop-key-1', { ...foreign, data: { 'tls.key': base64('precious') } })
    const attempts = [
      () => store.remove(order, there),
      () => store.inherit(order, there),
      () => store.change(order, there, change),
    ]
    for (const attempt of attempts) await expect(async () => attempt()).rejects.toThrow('is not a key Secret of')
    expect(inCluster('shop-key-1')).toEqual(there)
  })
})

describe('the key in a Secret that a deleted order of this name left', () => {
  const target = (annotations: Record<string, string>) =>
    put('shop-tls', {
      metadata: { name: 'shop-tls', namespace: 'shop', annotations },
      data: { 'tls.key': base64(exportKey(leaf.key, 'PKCS8')) },
    })
  const keyMadeFor = async (subject: DigiCertOrder): Promise<string> => {
    await makeKey(secretStore().store, subject, 1, { left: inCluster('shop-tls') })
    return publicFingerprint(keptIn(inCluster('shop-key-1'), 'pair').key)
  }
  const ours = { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.orderId]: '12' }

  test.each([
    ['as it was', ours],
    ['though the Secret was written under another name', { ...ours, [ANNOTATIONS.owner]: 'blog' }],
  ])('is kept again %s', async (_how, annotations) => {
    target(annotations)
    expect(await keyMadeFor(order)).toBe(publicFingerprint(leaf.key))
  })

  test.each<readonly [string, Record<string, string>, DigiCertOrder]>([
    ['where the Secret is of nobody', {}, order],
    ['where no order id is noted', { [ANNOTATIONS.owner]: 'shop' }, order],
    [
      'where a person gave the order up',
      ours,
      { ...order, metadata: { ...order.metadata, annotations: { [ORDER_AGAIN]: '12' } } },
    ],
    ['where the spec asks for another kind of key', ours, anOrder()],
  ])('is not taken %s', async (_why, annotations, subject) => {
    target(annotations)
    expect(await keyMadeFor(subject)).not.toBe(publicFingerprint(leaf.key))
  })
})

describe('the target Secret', () => {
  test('is written in one apply, key and chain and what they are', async () => {
    const { store, cached, own } = secretStore()
    await store.applyTarget(order, aPair(), undefined)
    const secret = inCluster('shop-tls')!
    expect(secret).toMatchObject({
      type: 'kubernetes.io/tls',
      metadata: {
        labels: { [MANAGED_LABEL]: 'true' },
        annotations: {
          [ANNOTATIONS.owner]: 'shop',
          [ANNOTATIONS.orderId]: '12',
          [ANNOTATIONS.certificateId]: '34',
          [ANNOTATIONS.serialNumber]: aPair().facts.serialNumber,
          [ANNOTATIONS.notAfter]: aPair().facts.notAfter,
        },
      },
    })
    expect(Object.keys(secret.data!).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
    expect(readKey(textOf(secret, 'tls.key')!)!.equals(leaf.key)).toBe(true)
    expect([own.has(secret), cached.get('shop/shop-tls')]).toEqual([true, secret])
    expect(calls()).toEqual(['PATCH shop-tls'])
  })

  test('goes with no order: it has no owner that the garbage collector would follow', async () => {
    const { store } = secretStore()
    await store.applyTarget(order, aPair(), undefined)
    expect(inCluster('shop-tls')!.metadata.ownerReferences).toBeUndefined()
  })

  test('is taken by force only where it was ours', async () => {
    const { store } = secretStore()
    const made = await store.applyTarget(order, aPair(), undefined)
    await store.applyTarget(order, aPair(), made)
    await store.rehearse(order, 'free')
    await store.rehearse(order, 'ours')
    const asked = api.seen.map(({ query }) => [query.get('fieldManager'), query.get('force'), query.get('dryRun')])
    expect(asked).toEqual([
      ['digicert-operator', null, null],
      ['digicert-operator', 'true', null],
      ['digicert-operator', null, 'All'],
      ['digicert-operator', 'true', 'All'],
    ])
  })

  test('is not written over a Secret that the operator did not write, nor over another one than was read', async () => {
    const { store } = secretStore()
    const there = put('shop-tls', { type: 'kubernetes.io/tls', data: { 'tls.key': base64('precious') } })
    await expect(store.applyTarget(order, aPair(), there)).rejects.toThrow('was not written by the operator')
    const marked = { ...there, metadata: { ...there.metadata, annotations: { [ANNOTATIONS.owner]: 'shop' } } }
    await store.applyTarget(order, aPair(), marked)
    expect(JSON.parse(api.seen.at(-1)!.body)).toMatchObject({ metadata: { uid: there.metadata.uid } })
  })

  test('holds no key, and is of type Opaque, where the key is elsewhere', async () => {
    const { store } = secretStore()
    const elsewhere = anOrder({ spec: { csrSecretRef: { name: 'hsm', key: 'tls.csr' } } })
    await store.rehearse(elsewhere, 'free')
    await store.applyTarget(elsewhere, aPair(), undefined)

    const { type, data } = inCluster('shop-tls') ?? {}
    expect([type, Object.keys(data ?? {})]).toEqual(['Opaque', ['tls.crt', 'ca.crt']])
    expect(publicFingerprint(keptIn(inCluster('shop-tls'), 'certificate').key)).toBe(publicFingerprint(leaf.key))
  })

  test('is not merged into a Secret of type Opaque that was made meanwhile', async () => {
    const { store } = secretStore()
    const elsewhere = anOrder({ spec: { csrSecretRef: { name: 'hsm', key: 'tls.csr' } } })
    const there = put('shop-tls', { type: 'Opaque', data: { password: base64('precious') } })
    await expect(store.applyTarget(elsewhere, aPair(), undefined)).rejects.toMatchObject({ failure: 'conflict' })
    expect(inCluster('shop-tls')).toEqual(there)
  })

  test('is rehearsed with nothing in it', async () => {
    const { store, cached } = secretStore()
    await store.rehearse(order, 'free')
    const { body } = api.seen[0]!
    expect(JSON.parse(body)).toMatchObject({ data: { 'tls.crt': '', 'tls.key': '' } })
    expect(cached.size).toBe(0)
  })

  test('is written in the encoding of the spec', async () => {
    const { store } = secretStore()
    const sec1 = anOrder({ spec: aSpec({ privateKey: { algorithm: 'ECDSA', encoding: 'PKCS1' } }) })
    await store.applyTarget(sec1, aPair(), undefined)
    expect(textOf(inCluster('shop-tls'), 'tls.key')).toContain('BEGIN EC PRIVATE KEY')
  })

  test('is read from the cache, and from the API server where that knows nothing', async () => {
    const { store, cached } = secretStore()
    const there = put('shop-tls')
    expect(await store.read('shop', 'shop-tls')).toEqual(there)
    cached.set('shop/shop-tls', { metadata: { name: 'from-cache' } })
    expect((await store.read('shop', 'shop-tls'))?.metadata.name).toBe('from-cache')
    expect(await store.read('shop', 'nothing')).toBeUndefined()
  })
})

test.each([
  ['forbidden', true],
  ['invalid', true],
  ['not-found', true],
  ['already-exists', true],
  ['conflict', false],
  ['unknown', false],
  ['throttled', false],
] as const)('a cluster that answers %s refuses: %s', (failure, wanted) => {
  expect(isClusterRefusal(new KubeError(failure, 'no'))).toBe(wanted)
})

test('the CSR of an order is of its key and names the names of its spec', async () => {
  const csr = (await csrFor(anOrder({ spec: aSpec({ commonName: 'BÜCHER.example' }) }), { key: leaf.key })) ?? ''
  expect(csrFingerprint(csr)).toBe(publicFingerprint(leaf.key))
  expect(Buffer.from(csr.replaceAll(/-----.*-----|\s/g, ''), 'base64').toString('latin1')).toContain(
    'xn--bcher-kva.example',
  )
})

describe('the status of an order', () => {
  const writing = () => {
    const own = createSelfWriteTracker()
    const noted: DigiCertOrder[] = []
    const writer = createStatusWriter(kube, { applyLocalWrite: (one) => void noted.push(one) }, own)
    return { writer, own, noted }
  }
  const stored = (): DigiCertOrder => api.world.put(ORDERS_PATH, anOrder()) as unknown as DigiCertOrder
  const live = (): DigiCertOrder => api.world.get(ORDERS_PATH, 'shop') as unknown as DigiCertOrder
  const edit = (change: (one: DigiCertOrder) => DigiCertOrder): void => void api.world.put(ORDERS_PATH, change(live()))

  test('is written whole, and known as our own', async () => {
    const { writer, own, noted } = writing()
    const written = await writer.write(stored(), aStatus())
    expect(live().status).toEqual(aStatus())
    expect([own.has(written!), noted]).toEqual([true, [live()]])
    expect(calls()).toEqual(['PUT status'])
  })

  test('is not written where nothing changed', async () => {
    const { writer } = writing()
    const read = anOrder(withStatus())
    expect(await writer.write(read, aStatus())).toBe(read)
    expect(await writer.write(anOrder(), {})).toBeDefined()
    expect(calls()).toEqual([])
  })

  test('passes a change of annotations by, keeps it, and does not pass for our own', async () => {
    const { writer, own } = writing()
    const read = stored()
    edit((one) => ({ ...one, metadata: { ...one.metadata, annotations: { [ORDER_AGAIN]: '12' } } }))
    const written = await writer.write(read, aStatus())
    expect(written?.metadata.annotations).toEqual({ [ORDER_AGAIN]: '12' })
    expect(live().status).toEqual(aStatus())
    expect(own.has(written!)).toBe(false)
  })

  test.each<readonly [string, (one: DigiCertOrder) => DigiCertOrder]>([
    ['its spec', (one) => ({ ...one, metadata: { ...one.metadata, generation: 2 } })],
    ['its status, by another leader', (one) => ({ ...one, status: { observedGeneration: 1 } })],
    ['itself, by one of the same name', (one) => ({ ...one, metadata: { ...one.metadata, uid: 'uid-again' } })],
  ])('is not written over a change of %s', async (_what, change) => {
    const { writer, noted } = writing()
    const read = stored()
    edit(change)
    const before = live()
    expect(await writer.write(read, aStatus())).toBeUndefined()
    expect(live()).toEqual(before)
    expect(noted).toEqual([before])
  })

  test('of an order that is gone is not written', async () => {
    const { writer } = writing()
    const read = stored()
    api.world.delete(ORDERS_PATH, 'shop')
    expect(await writer.write(read, aStatus())).toBeUndefined()
    expect(live()).toBeUndefined()
  })

  test('is given up when somebody else writes all the time', async () => {
    const { writer } = writing()
    const read = stored()
    api.script((seen, response) => seen.method === 'PUT' && refuse(409, 'Conflict')(seen, response))
    expect(await writer.write(read, aStatus())).toBeUndefined()
    expect(calls().filter((call) => call.startsWith('PUT'))).toHaveLength(5)
  })

  test('that may or may not have been written rises as an error', async () => {
    const { writer } = writing()
    const read = stored()
    api.script((seen, response) => seen.method === 'PUT' && refuse(500, 'InternalError')(seen, response))
    await expect(writer.write(read, aStatus())).rejects.toBeInstanceOf(KubeError)
  })
})
