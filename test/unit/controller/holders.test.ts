import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS } from '../../../src/api/names.ts'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { OrderStatus } from '../../../src/api/status.ts'
import { type Evidence, createHolders, holderFor } from '../../../src/controller/holders.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { ORDER_INDEXES, SECRET_INDEXES } from '../../../src/controller/watches.ts'
import { digest } from '../../../src/controller/digest.ts'
import { alternativeOrderId } from '../../../src/order/intent.ts'
import { createStore } from '../../../src/kube/store.ts'
import { anOrder } from '../../support/builders.ts'

const ORDER = 7_000_012

const bought = { at: 'then', what: 'Ordered', orderId: ORDER } as const
const order = { id: ORDER, status: 'issued', purchase: 1 }
const intent = {
  ...{ purpose: 'Renewal' as const, purchase: 2, alternativeOrderId: 'dcoa', payloadHash: 'h', recordedAt: 'then' },
}
const certificate = {
  ...{ serialNumber: '01', sha1Thumbprint: 'aabbcc', sha256Fingerprint: 'dd', notBefore: 'then', notAfter: 'later' },
  ...{ dnsNames: [], issuer: 'CN=CA' },
}

const another = (status: OrderStatus, account: object = {}, namespace = 'team'): DigiCertOrder => ({
  ...anOrder({ metadata: { name: 'pay', namespace, uid: `uid-pay-of-${namespace}` }, spec: account }),
  status,
})

const secretOf = (owner: string): Secret => ({
  metadata: {
    ...{ name: 'pay-tls', namespace: 'team' },
    annotations: { [ANNOTATIONS.owner]: owner, [ANNOTATIONS.orderId]: String(ORDER) },
  },
})

const ownId = (name: string, purchase: number): string =>
  alternativeOrderId(digest, { clusterId: 'here', namespace: 'team', name, purchase })

const HOSTS: Readonly<Record<string, string>> = {
  'DigiCertAccount/shop/certcentral': 'www.digicert.com',
  'DigiCertAccount/team/certcentral': 'www.digicert.com',
  'ClusterDigiCertAccount/shared': 'www.digicert.com',
  'ClusterDigiCertAccount/european': 'certcentral.digicert.eu',
}

const registerOf = (orders: readonly DigiCertOrder[], secrets: readonly Secret[] | 'unseen' = []) => {
  const store = createStore<DigiCertOrder>(ORDER_INDEXES)
  store.replace([...orders], '1')
  const seen = createStore<Secret>(SECRET_INDEXES)
  if (secrets !== 'unseen') seen.replace([...secrets], '1')
  return createHolders({
    orders: store,
    secrets: secrets === 'unseen' ? undefined : seen,
    hostOf: (account) => HOSTS[account],
    clusterId: 'here',
  })
}

const held = (
  orders: readonly DigiCertOrder[],
  secrets: readonly Secret[] | 'unseen' = [],
  evidence: Evidence = 'status or Secret',
) => registerOf(orders, secrets)('www.digicert.com', { orderId: ORDER }, evidence)

describe('an order of CertCentral is held', () => {
  test.each<readonly [string, OrderStatus, object]>([
    ['by the DigiCertOrder that has it', { order }, {}],
    ['by one that renews it', { intent: { ...intent, renewalOf: ORDER } }, {}],
    ['by one that had it', { history: [bought], order: { ...order, id: 5 } }, {}],
    [
      'by one whose purchase follows it',
      { intent: { ...intent, previousPlan: { orderId: ORDER, validFrom: 'a', validUntil: 'b' } } },
      {},
    ],
    [
      'through an account of the cluster',
      { order },
      { accountRef: { kind: 'ClusterDigiCertAccount', name: 'shared' } },
    ],
    ['through an account that does not exist', { order }, { accountRef: { kind: 'DigiCertAccount', name: 'gone' } }],
  ])('%s', (_how, status, spec) => {
    expect(held([another(status, spec)], [], 'status')).toHaveLength(1)
  })

  test.each<readonly [string, OrderStatus, object]>([
    ['has another one', { order: { ...order, id: 5 } }, {}],
    ['has none', {}, {}],
    ['buys elsewhere', { order }, { accountRef: { kind: 'ClusterDigiCertAccount', name: 'european' } }],
  ])('not by one that %s', (_which, status, spec) => {
    expect(held([another(status, spec)])).toEqual([])
  })

  test('by the DigiCertOrder that a Secret names, against others and not against who looks for their own', () => {
    const named = [another({}, { secretName: 'pay-tls' })]
    expect(held(named, [secretOf('pay')])).toHaveLength(1)
    expect(held(named, [secretOf('pay')], 'status')).toEqual([])
    expect(held(named, [secretOf('deleted')])).toEqual([])
    expect(held(named, 'unseen')).toEqual([])
    expect(held([another({}, { secretName: 'other-tls' })], [secretOf('pay')])).toEqual([])
  })

  test.each<readonly [string, OrderStatus, object, number]>([
    [
      'by the one that sent it, before its status knows it',
      { intent: { ...intent, sentAt: 'now' } },
      { alternativeOrderId: 'dcoa' },
      1,
    ],
    [
      'by the one that has it, by its own id',
      { order: { ...order, id: 5, alternativeOrderId: 'dcoa' } },
      { alternativeOrderId: 'dcoa' },
      1,
    ],
    ['by the one whose status was lost, by its own id', {}, { alternativeOrderId: ownId('pay', 2) }, 1],
    ['not by one whose own id it has not', {}, { alternativeOrderId: ownId('other', 1) }, 0],
    ['by the one whose order it renews', { order: { ...order, id: 5 } }, { renewalOf: 5 }, 1],
    [
      'by the one that sent such names, where CertCentral forgets ids',
      {
        intent: {
          ...intent,
          sentAt: 'now',
          request: '{"certificate":{"common_name":"pay.example.com","dns_names":[]}}',
        },
      },
      { sent: 'pay.example.com' },
      1,
    ],
    [
      'not by one that sent other names',
      {
        intent: {
          ...intent,
          sentAt: 'now',
          request: '{"certificate":{"common_name":"api.example.com","dns_names":[]}}',
        },
      },
      { sent: 'pay.example.com' },
      0,
    ],
  ])('%s', (_how, status, more, count) => {
    const find = registerOf([another(status)])
    expect(find('www.digicert.com', { orderId: ORDER, ...more }, 'status or Secret')).toHaveLength(count)
  })

  test('once, however many ways lead to it', () => {
    expect(held([another({ order, history: [bought] })], [secretOf('pay')])).toHaveLength(1)
  })

  test.each(['AA:BB:CC', 'aabbcc'])('by the thumbprint %s of its certificate', (thumbprint) => {
    const found = registerOf([another({ certificate })])('www.digicert.com', { thumbprint }, 'status')
    expect(found).toHaveLength(1)
  })
})

describe('a holder', () => {
  const asking = anOrder()
  test.each<readonly [string, readonly DigiCertOrder[], string | undefined]>([
    ['is none where the order is held by the one who asks', [asking], undefined],
    ['is named in the own namespace', [another({}, {}, 'team'), another({}, {}, 'shop')], 'DigiCertOrder pay'],
    ['is not named in another namespace', [another({}, {}, 'team')], 'another DigiCertOrder of the cluster'],
  ])('%s', (_sentence, holders, wanted) => {
    expect(holderFor(asking, holders)).toBe(wanted)
  })
})
