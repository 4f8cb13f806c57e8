import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS, KEY_SECRET_TYPE, MANAGED_LABEL } from '../../../src/api/names.ts'
import type { OrderStatus } from '../../../src/api/status.ts'
import { type Gathered, type Sources, gather } from '../../../src/controller/gather.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { readBundle } from '../../../src/pki/bundle.ts'
import { exportKey, generateKey, publicFingerprint } from '../../../src/pki/keys.ts'
import { NOW, aSpec, anOrder } from '../../support/builders.ts'
import { issueChain } from '../../support/ca.ts'
import { aSession, anAccount } from '../../support/session.ts'

const NAMES = ['shop.example.com', 'www.shop.example.com']
const { leaf, intermediate, root } = await issueChain(NAMES, NOW)
const read = readBundle(leaf.pem + intermediate.pem + root.pem, { key: leaf.key, names: NAMES, now: NOW })
if (!read.ok) throw new Error(read.message)
const other = await generateKey({ algorithm: 'ECDSA' })

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
const ECDSA = aSpec({ privateKey: { algorithm: 'ECDSA' } })

type Shape = { type?: string; owner?: string; cluster?: string; uid?: string; key?: typeof leaf.key; data?: object }

const keySecret = (name: string, shape: Shape = {}): Secret => {
  const { type = KEY_SECRET_TYPE, owner = 'shop', cluster, uid, key = leaf.key, data } = shape
  return {
    type,
    metadata: {
      ...{ name, namespace: 'shop', labels: { [MANAGED_LABEL]: 'true' } },
      annotations: {
        [ANNOTATIONS.owner]: owner,
        ...(cluster === undefined ? {} : { [ANNOTATIONS.clusterId]: cluster }),
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'DigiCertOrder', name: owner, uid: uid ?? 'uid-shop' }],
    },
    data: { 'tls.key': base64(exportKey(key, 'PKCS8')), ...data },
  }
}

const target = (metadata: object = {}): Secret => ({
  type: 'kubernetes.io/tls',
  metadata: {
    ...{ name: 'shop-tls', namespace: 'shop', labels: { [MANAGED_LABEL]: 'true' } },
    annotations: { [ANNOTATIONS.owner]: 'shop', [ANNOTATIONS.orderId]: '12' },
    ...metadata,
  },
  data: {
    'tls.key': base64(exportKey(leaf.key, 'PKCS8')),
    'tls.crt': base64(read.bundle.certificate),
    'ca.crt': base64(read.bundle.ca),
  },
})

const gathering = (secrets: readonly Secret[], status: OrderStatus = {}, more: Partial<Sources> = {}) => {
  const session = aSession({ client: {} as never, account: anAccount() })
  return gather({ ...anOrder({ spec: ECDSA }), status }, status, {
    secrets: { read: (_namespace, name) => Promise.resolve(secrets.find(({ metadata }) => metadata.name === name)) },
    accountOf: () => Promise.resolve({ kind: 'ready', name: session.name, session }),
    left: () => ({ orders: 1, nameChanges: 1 }),
    isReserved: () => false,
    namespaceForbidden: () => Promise.resolve(undefined),
    rivals: () => [],
    holders: () => [],
    keepsIds: () => true,
    clusterId: 'here',
    noteGiven: () => undefined,
    now: () => NOW,
    ...more,
  })
}

const keyOf = ({ key, keySecret: secret, keyIsLeft }: Gathered) => [key.state, secret !== undefined, keyIsLeft]

describe('the key Secret of an order', () => {
  const KEY_1 = 'shop-key-1'

  test.each<readonly [string, readonly Secret[], ReturnType<typeof keyOf>]>([
    ['is absent', [], ['absent', false, false]],
    ['is its own', [keySecret(KEY_1)], ['fits', true, false]],
    ['was left by one of its name', [keySecret(KEY_1, { uid: 'uid-before', cluster: 'here' })], ['fits', true, true]],
    ['is of another type', [keySecret(KEY_1, { type: 'kubernetes.io/tls' })], ['foreign', false, false]],
    ['is of no type in particular', [keySecret(KEY_1, { type: 'Opaque' })], ['foreign', false, false]],
    ['is that of another order', [keySecret(KEY_1, { owner: 'blog' })], ['foreign', false, false]],
    [
      'is of another cluster, and nothing is known of it',
      [keySecret(KEY_1, { uid: 'uid-before', cluster: 'there' })],
      ['foreign', false, false],
    ],
    [
      'is of another cluster, and of another key than the certificate in use',
      [keySecret(KEY_1, { uid: 'uid-before', cluster: 'there', key: other }), target()],
      ['foreign', false, false],
    ],
    [
      'is of another cluster, and of the key of the certificate in use',
      [keySecret(KEY_1, { uid: 'uid-before', cluster: 'there' }), target()],
      ['fits', true, true],
    ],
  ])('%s', async (_which, secrets, wanted) => {
    expect(keyOf(await gathering(secrets))).toEqual(wanted)
  })

  test('that is not its own keeps no key of a reissue either', async () => {
    const planted = { type: 'Opaque', data: { 'next.key': base64(exportKey(other, 'PKCS8')) } }
    const { nextKey } = await gathering([keySecret(KEY_1, planted)])
    expect(nextKey).toEqual({ state: 'absent', key: undefined, fingerprint: undefined })
  })
})

describe('the keys of the plans before a renewal', () => {
  const renewing = {
    intent: {
      ...{ purpose: 'Renewal' as const, purchase: 2, renewalOf: 12 },
      ...{ alternativeOrderId: 'dcoa', payloadHash: 'h', recordedAt: 'then' },
    },
  }

  test.each<readonly [string, Shape, readonly string[]]>([
    ['are read from the key Secrets of the order', {}, [publicFingerprint(leaf.key)]],
    ['are not read from a Secret of another type', { type: 'kubernetes.io/tls' }, []],
    ['are not read from a Secret of another order', { owner: 'blog' }, []],
    ['are not read from a Secret of another cluster', { uid: 'uid-before', cluster: 'there' }, []],
  ])('%s', async (_sentence, shape, wanted) => {
    const { formerKeys } = await gathering([keySecret('shop-key-1', shape)], renewing)
    expect(formerKeys.map(({ fingerprint }) => fingerprint)).toEqual(wanted)
  })
})

describe('the target Secret of an order', () => {
  test.each<readonly [string, object, string]>([
    ['is its own', {}, 'ours'],
    ['is foreign without a mark', { labels: {}, annotations: {} }, 'foreign'],
  ])('%s', async (_which, metadata, kind) => {
    const { target: seen, stored } = await gathering([target(metadata)])
    expect([seen.kind, stored !== undefined]).toEqual([kind, kind === 'ours'])
  })

  test('is foreign where it keeps a private key', async () => {
    const { target: seen, stored } = await gathering([{ ...target(), type: KEY_SECRET_TYPE }])
    expect([seen.kind, stored]).toEqual(['foreign', undefined])
  })
})
