import { describe, expect, test } from '@jest/globals'
import type { OrderInfo, PlacedOrder } from '../../../src/certcentral/index.ts'
import { CertCentralError } from '../../../src/certcentral/index.ts'
import { askByIntent } from '../../../src/controller/find-order.ts'
import {
  type Question,
  askByOrderId,
  failedCall,
  mismatches,
  placedOrder,
  wordOf,
} from '../../../src/controller/remote.ts'
import { afterLook } from '../../../src/order/progress.ts'
import { createCsr } from '../../../src/pki/csr.ts'
import { generateKey, publicFingerprint } from '../../../src/pki/keys.ts'
import { ALTERNATIVE_ID, NOW, aSpec, anOrder, inMinutes } from '../../support/builders.ts'
import { aSession } from '../../support/session.ts'
import { type Answering, answer, hang, replay, reset, withServer } from '../certcentral/fake-server.ts'

const key = await generateKey({ algorithm: 'ECDSA' })
const fingerprint = publicFingerprint(key)
const CSR = await createCsr(key, ['example.com'])
const FOREIGN_CSR = await createCsr(await generateKey({ algorithm: 'ECDSA' }), ['example.com'])
const RETRY_AT = inMinutes(3)

const ORDER = anOrder({
  spec: aSpec({
    product: 'ssl_securesite_pro',
    commonName: 'example.com',
    dnsNames: ['sub.example.com'],
    organization: { id: 117_483 },
  }),
})

const asking = <T>(
  answers: readonly Answering[],
  ask: (question: Question) => Promise<T>,
  changes: Partial<Question> = {},
): Promise<T> =>
  withServer(
    answers,
    (client) =>
      ask({
        session: aSession({ client }),
        order: ORDER,
        isHeld: () => false,
        alternativeOrderIdOf: (purchase) => `${ALTERNATIVE_ID.slice(0, -1)}${String(purchase)}`,
        purchase: 1,
        renewalOf: undefined,
        fingerprint,
        retryAt: RETRY_AT,
        now: NOW,
        commonName: 'example.com',
        keySearch: undefined,
        claim: undefined,
        sent: undefined,
        ...changes,
      }),
    { requestTimeoutMs: 300 },
  )

const json = (body: unknown): Answering => answer(200, JSON.stringify(body))

const info = (changes: Record<string, unknown> = {}) => ({
  id: 123,
  status: 'pending',
  certificate: { common_name: 'example.com', dns_names: ['sub.example.com'], csr: CSR },
  product: { name_id: 'ssl_securesite_pro' },
  organization: { id: 117_483 },
  date_created: '2026-11-24T11:30:00+00:00',
  ...changes,
})

describe('the look-up by our own id', () => {
  test('finds an order that is what the spec asks for', async () => {
    const remote = await asking([replay('alternate/one'), json(info())], askByIntent)
    expect(remote).toEqual({
      kind: 'found',
      order: {
        orderId: 123,
        status: 'pending',
        organizationId: 117_483,
        requests: [],
        csr: 'ours',
        asked: { dnsNames: ['example.com', 'sub.example.com'] },
        names: ['example.com', 'sub.example.com'],
        furtherNames: [],
        mismatches: [],
        older: 'no',
      },
      purchase: 1,
    })
  })

  test('counts names that the order has beside those of the spec as asked for', async () => {
    const certificate = { common_name: 'old.example.com', dns_names: ['example.com', 'sub.example.com'], csr: CSR }
    expect(await asking([replay('alternate/one'), json(info({ certificate }))], askByIntent)).toMatchObject({
      order: { asked: { dnsNames: ['example.com', 'sub.example.com', 'old.example.com'] }, mismatches: [] },
    })
  })

  test.each([
    ['is over', { status: 'expired' }],
    ['was renewed', { status: 'issued', renewed_order_id: 124 }],
  ])('goes on to the next purchase where an order %s', async (_what, changes) => {
    const second = json({ orders: [{ order_id: 124, status: 'issued' }] })
    const answers = [replay('alternate/one'), json(info(changes)), second, json(info({ id: 124, status: 'issued' }))]
    expect(await asking(answers, askByIntent)).toMatchObject({ kind: 'found', purchase: 2, order: { orderId: 124 } })
  })

  test('goes on to the next purchase where the Secret names another order, which CertCentral does not link yet', async () => {
    const second = json({ orders: [{ order_id: 124, status: 'issued' }] })
    const answers = [replay('alternate/one'), json(info({})), second, json(info({ id: 124, status: 'issued' }))]
    const claim = { orderId: 124, takenBy: undefined, fingerprint }
    expect(await asking(answers, (question) => askByIntent({ ...question, claim }))).toMatchObject({
      kind: 'found',
      purchase: 2,
      order: { orderId: 124 },
    })
  })

  test('tells that an order which is to be renewed was renewed by somebody else', async () => {
    const answers = [
      json({ orders: [] }),
      json(info({ id: 77, status: 'issued', renewed_order_id: 88 })),
      json(info({ id: 88, status: 'issued' })),
    ]
    expect(await asking(answers, (question) => askByIntent({ ...question, renewalOf: 77 }))).toEqual({
      kind: 'renewed',
      orderId: 88,
    })
  })

  test.each<readonly [string, Record<string, unknown>, object]>([
    ['that is of another product', { product: { name_id: 'ssl_basic' } }, { mismatches: ['its product is ssl_basic'] }],
    [
      'that lacks names',
      { certificate: { common_name: 'example.com', dns_names: [], csr: CSR } },
      { mismatches: ['it lacks sub.example.com'] },
    ],
    ['that is of another organization', { organization: { id: 5 } }, { mismatches: ['its organization is 5'] }],
    [
      'whose CSR carries another key',
      { certificate: { common_name: 'example.com', dns_names: ['sub.example.com'], csr: FOREIGN_CSR } },
      { csr: 'other', mismatches: [] },
    ],
    [
      'whose CSR is not told',
      { certificate: { common_name: 'example.com', dns_names: ['sub.example.com'] } },
      { csr: 'unknown' },
    ],
    [
      'whose CSR cannot be read',
      { certificate: { common_name: 'example.com', dns_names: ['sub.example.com'], csr: 'garbage' } },
      { csr: 'unknown' },
    ],
    [
      'that was placed before the resource was made',
      { date_created: '2026-11-24T10:59:59+00:00' },
      { older: 'than-resource' },
    ],
    ['whose date is not told', { date_created: undefined }, { older: 'no' }],
    ['of a status that nobody knows', { status: 'Awaiting_Stars' }, { status: 'Awaiting_Stars' }],
  ])('finds an order %s', async (_what, changes, wanted) => {
    const remote = await asking([replay('alternate/one'), json(info(changes))], askByIntent)
    expect(remote).toMatchObject({ kind: 'found', order: wanted })
  })

  test.each(['alternate/none', 'alternate/none-404'])('finds none where CertCentral answers as in %s', async (name) => {
    expect(await asking([replay(name)], askByIntent)).toEqual({ kind: 'absent' })
  })

  test('finds several', async () => {
    expect(await asking([replay('alternate/two')], askByIntent)).toEqual({ kind: 'several', orderIds: [123, 124] })
  })

  test('takes the one that lives among those that were given up', async () => {
    const orders = [
      { order_id: 124, status: 'canceled' },
      { order_id: 123, status: 'pending' },
      { order_id: 125, status: 'rejected' },
    ]
    const remote = await asking([json({ orders }), json(info())], askByIntent)
    expect(remote).toMatchObject({ kind: 'found', order: { orderId: 123 } })
  })

  test('takes the newest where all were given up', async () => {
    const orders = [
      { order_id: 124, status: 'canceled' },
      { order_id: 125, status: 'rejected' },
      { order_id: 123, status: 'rejected' },
    ]
    const answers = [json({ orders }), json(info({ id: 125, status: 'rejected' })), json({ orders: [] })]
    const remote = await asking(answers, askByIntent)
    expect(remote).toMatchObject({ kind: 'found', order: { orderId: 125, status: 'rejected' } })
  })

  test('never takes an expired or revoked order for one that was given up', async () => {
    const orders = [
      { order_id: 124, status: 'revoked' },
      { order_id: 125, status: 'expired' },
    ]
    expect(await asking([json({ orders })], askByIntent)).toEqual({ kind: 'several', orderIds: [124, 125] })
  })
})

describe('a look-up that fails is not an absent order', () => {
  test.each<readonly [string, readonly Answering[], object]>([
    [
      'where CertCentral answers with an error',
      [answer(500, '{}')],
      { kind: 'unavailable', throttled: 'no', retryAt: RETRY_AT },
    ],
    [
      'where CertCentral answers with a page of HTML',
      [answer(200, '<html>')],
      { kind: 'unavailable', throttled: 'no' },
    ],
    ['where the answer has no list', [answer(200, '{"error":"x"}')], { kind: 'unavailable' }],
    ['where the connection breaks', [reset], { kind: 'unavailable' }],
    ['where no answer comes', [hang], { kind: 'unavailable' }],
    ['where the details do not come', [replay('alternate/one'), answer(500, '{}')], { kind: 'unavailable' }],
    [
      'where the key is refused',
      [answer(401, '{"errors":[{"code":"access_denied|invalid_api_key","message":"no"}]}')],
      { kind: 'refused' },
    ],
    [
      'where the key may not look',
      [answer(403, '{"errors":[{"code":"access_denied|missing_permission","message":"no"}]}')],
      { kind: 'refused' },
    ],
    [
      'where CertCentral asks for a pause',
      [answer(429, '{}', { 'Retry-After': '60' })],
      { kind: 'unavailable', throttled: 'yes' },
    ],
  ])(
    '%s',
    async (_what, answers, wanted) => {
      expect(await asking(answers, askByIntent)).toMatchObject(wanted)
    },
    20_000,
  )

  test('and errors that are none of CertCentral rise', () => {
    expect(() => failedCall(new TypeError('a bug'), RETRY_AT)).toThrow('a bug')
  })

  test('waits as long as CertCentral said', () => {
    const error = new CertCentralError({ outcome: 'refused', kind: 'throttled', message: '429', retryAt: inMinutes(9) })
    expect(failedCall(error, RETRY_AT)).toEqual({
      kind: 'unavailable',
      retryAt: inMinutes(9),
      throttled: 'yes',
      message: '429',
    })
  })
})

describe("the look by CertCentral's id", () => {
  const ask = (question: Question) => askByOrderId(question, 112_233)

  test('tells an issued order', async () => {
    expect(await asking([replay('order-info/issued')], ask)).toEqual({
      kind: 'order',
      order: {
        orderId: 112_233,
        status: 'issued',
        certificateId: 113,
        serialNumber: '0E2B4D6F8A',
        organizationId: 117_483,
        autoReissue: 'on',
        validFrom: new Date('2026-11-23T00:00:00.000Z'),
        validUntil: new Date('2027-11-23T23:59:59.999Z'),
        requests: [{ id: 113, type: 'new_request', status: 'approved' }],
        csr: 'unknown',
      },
    })
  })

  test('tells an order that waits for approval, with the request to approve', async () => {
    expect(await asking([replay('order-info/needs-approval')], ask)).toMatchObject({
      kind: 'order',
      order: { status: 'needs_approval', requests: [{ id: 113, status: 'pending', type: 'new_request' }] },
    })
  })

  test('tells that an order is not shown', async () => {
    expect(await asking([replay('alternate/none-404')], ask)).toEqual({ kind: 'absent' })
  })

  test('tells no absence where the key is refused', async () => {
    expect(
      await asking([answer(403, '{"errors":[{"code":"access_denied|missing_permission","message":"no"}]}')], ask),
    ).toMatchObject({ kind: 'refused' })
  })
})

describe('an order right after it was placed', () => {
  const placed = (changes: Partial<PlacedOrder> = {}): PlacedOrder => ({
    orderId: 1,
    requests: [],
    domains: [],
    ...changes,
  })

  test.each<readonly [string, Partial<PlacedOrder>, string]>([
    ['pending where nothing is to be approved', {}, 'pending'],
    ['pending where its request is approved', { requests: [{ id: 5, status: 'approved' }] }, 'pending'],
    ['waiting for approval where a request is pending', { requests: [{ id: 5, status: 'pending' }] }, 'needs_approval'],
    [
      'waiting for approval where a request is submitted',
      { requests: [{ id: 5, status: 'submitted' }] },
      'needs_approval',
    ],
    ['rejected where its request was', { requests: [{ id: 5, status: 'rejected' }] }, 'rejected'],
    ['issued where the chain is there', { chain: ['PEM'], certificateId: 7 }, 'issued'],
    [
      'waiting for approval where a request does not say how it stands',
      { requests: [{ id: 5, status: '' }] },
      'needs_approval',
    ],
    [
      'pending where such a request has its certificate',
      { requests: [{ id: 5, status: '' }], certificateId: 7 },
      'pending',
    ],
    ['not issued for a certificate id alone', { certificateId: 7 }, 'pending'],
  ])('is %s', (_sentence, changes, status) => {
    expect(placedOrder(placed(changes))).toMatchObject({ orderId: 1, status })
  })
})

test('what CertCentral leaves unsaid of an order is no difference', () => {
  const silent: OrderInfo = { orderId: 1, status: { word: 'pending', raw: 'pending' }, dnsNames: [], requests: [] }
  expect(mismatches(silent, ORDER.spec)).toEqual([])
})

test('names are held against each other in the form of the wire', () => {
  const theirs: OrderInfo = {
    orderId: 1,
    status: { word: 'pending', raw: 'pending' },
    commonName: 'Xn--Bcher-Kva.example',
    dnsNames: ['WWW.example.com'],
    requests: [],
  }
  expect(mismatches(theirs, aSpec({ commonName: 'bücher.example', dnsNames: ['www.Example.com'] }))).toEqual([])
})

test.each([
  [{ word: 'issued', raw: 'ISSUED' } as const, 'issued'],
  [{ word: 'unrecognised', raw: 'stars' } as const, 'stars'],
  [{ word: 'unrecognised', raw: '' } as const, 'unknown'],
  [{ word: 'unrecognised', raw: 'x'.repeat(100) } as const, 'x'.repeat(64)],
])('the word of %j is %s', (status, word) => {
  expect(wordOf(status)).toBe(word)
})

test('what CertCentral shows of CA, renewals and reissues is read back into the status', async () => {
  const shown = {
    ...{ auto_renew: 1, auto_reissue: '0' },
    certificate: { id: 9, common_name: 'example.com', ca_cert: { id: 'DF3689F672CCB90C', name: 'An intermediate' } },
  }
  const remote = await asking([json(info(shown))], (question) => askByOrderId(question, 123))
  expect(remote).toMatchObject({
    kind: 'order',
    order: { caCertId: 'DF3689F672CCB90C', autoRenew: 'on', autoReissue: 'off' },
  })
  const before = { order: { id: 123, status: 'pending', purchase: 1 } }
  expect(afterLook(before, remote, NOW).order).toMatchObject({
    ...{ caCertId: 'DF3689F672CCB90C', autoRenew: true, autoReissue: false },
  })
  const silent = await asking([json(info())], (question) => askByOrderId(question, 123))
  expect(afterLook(before, silent, NOW).order).not.toHaveProperty('autoRenew')
})
