import { describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { ANNOTATIONS } from '../../../src/api/names.ts'
import {
  ORDER_INDEXES,
  accountKeyOf,
  givenSecretsOf,
  isNewToAccount,
  keyOfAccount,
  orderIdValue,
  ordersOfAccount,
  ordersOfSecret,
  placedOn,
  rivalsOf,
} from '../../../src/controller/watches.ts'
import { createStore } from '../../../src/kube/store.ts'
import { CERTIFICATE_ID, ORDER_ID, aSpec, anOrder, named, withStatus } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'

const inNamespace = (namespace: string) => ({ metadata: { namespace } })
const of = (kind: 'DigiCertAccount' | 'ClusterDigiCertAccount') => ({
  spec: aSpec({ accountRef: { kind, name: 'certcentral' } }),
})

const ORDERS = [
  anOrder(named('shop'), withStatus()),
  anOrder(named('blog'), { spec: { secretName: 'blog-tls' } }),
  anOrder(named('rival')),
  anOrder(named('shop'), inNamespace('web'), of('ClusterDigiCertAccount'), withStatus(), {
    metadata: { uid: 'uid-web' },
  }),
]

const store = createStore<DigiCertOrder>(ORDER_INDEXES)
store.replace(ORDERS, '1')

const secretOf = (namespace: string, name: string, owner?: string) => ({
  metadata: { namespace, name, annotations: owner === undefined ? {} : { [ANNOTATIONS.owner]: owner } },
})

describe('a change is told to the orders that it concerns', () => {
  test.each<readonly [string, ReturnType<typeof secretOf>, readonly string[]]>([
    ['by the name in their spec', secretOf('shop', 'shop-tls'), ['shop/rival', 'shop/shop']],
    ['by the owner that a key Secret names', secretOf('shop', 'shop-key-1', 'shop'), ['shop/shop']],
    ['once where both say the same', secretOf('shop', 'blog-tls', 'blog'), ['shop/blog']],
    ['in its own namespace alone', secretOf('web', 'shop-tls'), ['web/shop']],
    ['and to nobody else', secretOf('shop', 'stranger'), []],
  ])('of a Secret, %s', (_how, secret, wanted) => {
    expect(ordersOfSecret(secret, store).sort()).toEqual(wanted)
  })

  test.each<readonly [string, Parameters<typeof aSpec>[0], readonly string[]]>([
    ['none where it names none', {}, []],
    [
      'the Secrets of its passwords, each once',
      {
        keystores: {
          pkcs12: { create: true, passwordSecretRef: { name: 'stores' } },
          jks: { create: true, passwordSecretRef: { name: 'stores' } },
        },
      },
      ['shop/stores'],
    ],
    [
      'no password of a keystore that is not made',
      { keystores: { pkcs12: { create: false, passwordSecretRef: { name: 'stores' } } } },
      [],
    ],
    ['the Secret of its CSR', { csrSecretRef: { name: 'hsm' } }, ['shop/hsm']],
  ])('reads what people write into Secrets: %s', (_what, spec, wanted) => {
    expect(givenSecretsOf(anOrder({ spec: aSpec(spec) }))).toEqual(wanted)
  })

  test('of an account', () => {
    expect(ordersOfAccount('DigiCertAccount/shop/certcentral', store).sort()).toEqual([
      'shop/blog',
      'shop/rival',
      'shop/shop',
    ])
    expect(ordersOfAccount('ClusterDigiCertAccount/certcentral', store)).toEqual(['web/shop'])
    expect(ordersOfAccount('DigiCertAccount/web/certcentral', store)).toEqual([])
  })

  test('of an order that names the same Secret', () => {
    expect(rivalsOf(ORDERS[2]!, store).sort()).toEqual(['shop/rival', 'shop/shop'])
  })

  test('of an order id, apart by account', () => {
    const named = (account: string) =>
      store.byIndex('orderId', orderIdValue(account, ORDER_ID)).map(({ metadata }) => metadata.uid)
    expect(named('DigiCertAccount/shop/certcentral')).toEqual(['uid-shop'])
    expect(named('ClusterDigiCertAccount/certcentral')).toEqual(['uid-web'])
  })
})

test('the key of an account is the same from the order and from the account', () => {
  const account = anAccount()
  expect(keyOfAccount('DigiCertAccount', account)).toBe(accountKeyOf(anOrder()))
  const cluster = { ...account, metadata: { name: 'certcentral' } }
  expect(keyOfAccount('ClusterDigiCertAccount', cluster)).toBe(accountKeyOf(ORDERS[3]!))
})

test('a namespaced account cannot be mistaken for a cluster account', () => {
  const tricky = anOrder(inNamespace('certcentral'), { spec: { accountRef: { kind: 'DigiCertAccount', name: 'x' } } })
  expect(accountKeyOf(tricky)).toBe('DigiCertAccount/certcentral/x')
})

describe('an account has news', () => {
  const object = anAccount()
  const edited = { ...object, metadata: { ...object.metadata, generation: 2 } }

  test.each([
    ['when it is added', { type: 'added', object } as const, true],
    ['when it goes', { type: 'deleted', object } as const, true],
    ['when its spec was edited', { type: 'updated', object: edited, previous: object } as const, true],
    ['but not when only its status was', { type: 'updated', object, previous: object } as const, false],
  ])('%s', (_when, change, wanted) => {
    expect(isNewToAccount(change)).toBe(wanted)
  })
})

test('orders of a day are counted by what their statuses tell, renewals and all', () => {
  const history = [
    { at: '2026-11-24T00:00:00.000Z', what: 'Ordered' as const, orderId: 1 },
    { at: '2026-11-24T23:59:59.999Z', what: 'Renewed' as const, orderId: 2 },
    { at: '2026-11-24T12:00:00.000Z', what: 'Reissued' as const, orderId: 2, certificateId: CERTIFICATE_ID },
    { at: '2026-11-24T12:00:00.000Z', what: 'Adopted' as const, orderId: 3 },
    { at: '2026-11-23T23:59:59.999Z', what: 'Ordered' as const, orderId: 4 },
  ]
  const own = createStore<DigiCertOrder>(ORDER_INDEXES)
  own.replace([anOrder(withStatus({ history })), anOrder(named('blog'))], '1')
  expect(placedOn('DigiCertAccount/shop/certcentral', '2026-11-24', own)).toEqual(['shop', 'shop'])
  expect(placedOn('ClusterDigiCertAccount/certcentral', '2026-11-24', own)).toEqual([])
})
