import { describe, expect, test } from '@jest/globals'
import type { Intent } from '../../../src/api/status.ts'
import type { CertCentral } from '../../../src/certcentral/index.ts'
import {
  askByIntent,
  askByKey,
  askBySecret,
  askForAdoption,
  keepsIds,
  wantsProof,
} from '../../../src/controller/find-order.ts'
import { type Question, askByOrderId } from '../../../src/controller/remote.ts'
import { reissuePayload } from '../../../src/order/payload.ts'
import { reissueNames } from '../../../src/order/reissue.ts'
import type { Remote } from '../../../src/order/observation.ts'
import { createCsr } from '../../../src/pki/csr.ts'
import { generateKey, publicFingerprint } from '../../../src/pki/keys.ts'
import { ALTERNATIVE_ID, NOW, ORDER_ID, aSpec, anOrder, inDays, inMinutes } from '../../support/builders.ts'
import { aSession, anAccount } from '../../support/session.ts'
import { type Answering, answer, withServer } from '../certcentral/fake-server.ts'

const NAME = 'shop.example.com'
const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
const other = await generateKey({ algorithm: 'ECDSA', size: 256 })
const OURS = await createCsr(key, [NAME], NAME)
const THEIRS = await createCsr(other, [NAME], NAME)

const json = (body: unknown): Answering => answer(200, JSON.stringify(body))
const NOT_FOUND = answer(404, '{"errors":[{"code":"not_found|order","message":"no such order"}]}')

const entry = (id: number, more: object = {}) => ({
  id,
  status: 'pending',
  certificate: { common_name: NAME },
  product: { name_id: 'ssl_basic' },
  date_created: '2026-11-24T11:50:00+00:00',
  ...more,
})
const list = (...orders: object[]) => json({ orders, page: { total: orders.length, limit: 1000, offset: 0 } })
const info = (id: number, csr = THEIRS, more: object = {}) =>
  json({
    id,
    status: 'pending',
    certificate: { common_name: NAME, dns_names: [NAME], csr },
    product: { name_id: 'ssl_basic' },
    ...more,
  })

const asking = <T>(
  answers: readonly Answering[],
  ask: (question: Question) => Promise<T>,
  changes: Partial<Question> = {},
): Promise<{ found: T; paths: string[] }> =>
  withServer(answers, async (client, server) => {
    const found = await ask({
      session: aSession({ client }),
      order: anOrder({ spec: aSpec({ product: 'ssl_basic', dnsNames: [], organization: { id: 1 } }) }),
      alternativeOrderIdOf: (purchase) => `${ALTERNATIVE_ID.slice(0, -1)}${String(purchase)}`,
      purchase: 2,
      renewalOf: undefined,
      fingerprint: publicFingerprint(key),
      retryAt: inMinutes(2),
      now: NOW,
      commonName: NAME,
      keySearch: undefined,
      claim: undefined,
      isHeld: () => false,
      sent: undefined,
      ...changes,
    })
    return { found, paths: server.seen.map(({ url }) => url.replace(/^.*\/order/, '').replace(/\?.*$/, '')) }
  })

const search = (more: Partial<NonNullable<Question['keySearch']>> = {}) => ({
  since: inMinutes(-20),
  known: [],
  read: new Set<number>(),
  ...more,
})

describe('an order that is looked for by its key', () => {
  test('is the one whose CSR carries our public key, whatever its id says', async () => {
    const answers = [list(entry(5), entry(7), entry(6)), info(7), info(6, OURS)]
    const { found, paths } = await asking(answers, (question) => askByKey(question, search()))
    expect(found).toMatchObject({
      kind: 'found',
      by: 'key',
      purchase: 2,
      order: { orderId: 6, csr: 'ours', mismatches: [] },
    })
    expect(paths).toEqual(['/certificate', '/certificate/7', '/certificate/6'])
  })

  test.each<readonly [string, object]>([
    ['of another product', { product: { name_id: 'ssl_ev_basic' } }],
    ['of another name', { certificate: { common_name: 'blog.example.com' } }],
    ['that is ours already', { id: ORDER_ID }],
  ])('is none %s, which costs no call', async (_which, more) => {
    const { found, paths } = await asking([list(entry(5, more))], (question) =>
      askByKey(question, search({ known: [ORDER_ID] })),
    )
    expect([found, paths.length]).toEqual([{ kind: 'absent' }, 1])
  })

  test('is looked for in forty orders a pass, each read once, until the whole list is read', async () => {
    const orders = Array.from({ length: 100 }, (_, n) => entry(n + 1))
    const read = new Set<number>()
    const answers = (from: number) => [list(...orders), ...Array.from({ length: 40 }, (_, n) => info(from - n))]
    const first = await asking(answers(100), (question) => askByKey(question, search({ read })))
    expect(first.found).toEqual({ kind: 'searching', retryAt: new Date(NOW.getTime() + 2000), read: 40, of: 100 })
    const second = await asking(answers(60), (question) => askByKey(question, search({ read })))
    expect(second.found).toMatchObject({ kind: 'searching', read: 80 })
    const last = [list(...orders), ...Array.from({ length: 19 }, (_, n) => info(20 - n)), info(1, OURS)]
    const third = await asking(last, (question) => askByKey(question, search({ read })))
    expect(third.found).toMatchObject({ kind: 'found', order: { orderId: 1 } })
  })

  test('is not absent where the list cannot be read', async () => {
    const answers = [json({ orders: [] }), json({ orders: [{ status: 'pending' }] })]
    const { found } = await asking(answers, askByIntent, { keySearch: search() })
    expect(found).toMatchObject({ kind: 'unavailable' })
  })

  test('is looked for only where CertCentral knows no order of our id', async () => {
    const answers = [json({ orders: [] }), list(entry(6)), info(6, OURS)]
    const { found, paths } = await asking(answers, askByIntent, { keySearch: search() })
    expect(found).toMatchObject({ kind: 'found', by: 'key' })
    expect(paths[0]).toMatch(/^\/alternate\//)
  })

  test('costs nothing where no order can have the key', async () => {
    const { found, paths } = await asking([json({ orders: [] })], askByIntent)
    expect([found, paths.length]).toEqual([{ kind: 'absent' }, 1])
  })
})

describe('an order that the Secret names', () => {
  const claim = { orderId: 5, takenBy: undefined, fingerprint: publicFingerprint(key) }
  const reissues = (...csrs: string[]) =>
    json({ certificates: csrs.map((csr, n) => ({ id: n + 1, status: 'issued', csr })) })

  test('is found, and followed to the last order that renewed it', async () => {
    const answers = [info(5, OURS, { renewed_order_id: 6 }), info(6, OURS, { renewed_order_id: 7 }), info(7, OURS)]
    const { found } = await asking(answers, (question) => askBySecret(question, claim))
    expect(found).toMatchObject({ kind: 'found', by: 'link', order: { orderId: 7, csr: 'ours', mismatches: [] } })
  })

  test('is held against the spec', async () => {
    const { found } = await asking([info(5, OURS, { product: { name_id: 'ssl_ev_basic' } })], (question) =>
      askBySecret(question, claim),
    )
    expect(found).toMatchObject({ order: { mismatches: ['its product is ssl_ev_basic'] } })
  })

  test('is not taken from a resource that has it', async () => {
    const { found, paths } = await asking([], (question) =>
      askBySecret(question, { ...claim, takenBy: 'DigiCertOrder blog' }),
    )
    expect([found, paths]).toEqual([{ kind: 'claimed', orderId: 5, fault: 'DigiCertOrder blog has it' }, []])
  })

  test('is ours by a reissue that was made with the key in the Secret', async () => {
    const { found } = await asking([info(5, THEIRS), reissues(THEIRS, OURS)], (question) =>
      askBySecret(question, claim),
    )
    expect(found).toMatchObject({ kind: 'found', by: 'secret', order: { orderId: 5 } })
  })

  test.each([
    ['with another key', info(5, THEIRS)],
    ['with a key that CertCentral does not show', json({ id: 5, status: 'issued', product: { name_id: 'ssl_basic' } })],
  ])('is not ours for the word of the Secret alone: it was made %s', async (_how, answer5) => {
    const { found } = await asking([answer5, reissues(THEIRS)], (question) => askBySecret(question, claim))
    expect(found).toMatchObject({ kind: 'claimed', fault: expect.stringContaining('does not show that it was made') })
  })

  test('is not ours by a public key alone, as of a CSR that was made elsewhere', async () => {
    const { found } = await asking([info(5, OURS)], (question) =>
      askBySecret(question, { ...claim, fingerprint: undefined }),
    )
    expect(found).toMatchObject({ kind: 'claimed' })
  })

  test('is not followed to an order that covers none of our names', async () => {
    const evil = info(6, OURS, { certificate: { common_name: 'evil.example.org', dns_names: ['evil.example.org'] } })
    const answers = [info(5, OURS, { renewed_order_id: 6 }), evil]
    const { found } = await asking(answers, (question) => askBySecret(question, claim))
    expect(found).toMatchObject({ kind: 'found', order: { orderId: 5 } })
  })

  test('is not bought again where CertCentral does not show it', async () => {
    const { found } = await asking([NOT_FOUND], (question) => askBySecret(question, claim))
    expect(found).toEqual({ kind: 'claimed', orderId: 5, fault: 'CertCentral does not show it to this API key' })
  })
})

describe('a renewal of ours', () => {
  const renewing = { renewalOf: 5 }
  const unknown = json({ orders: [] })
  const old = info(5, OURS, { renewed_order_id: 6 })
  const other = (name: string) => info(6, THEIRS, { certificate: { common_name: name, dns_names: [name] } })

  test.each([
    ['is any that covers a name of ours', NAME, { kind: 'renewed', orderId: 6 }],
    ['is none that covers no name of ours', 'evil.example.org', { kind: 'absent' }],
  ])('%s', async (_sentence, name, wanted) => {
    const { found } = await asking([unknown, old, other(name)], askByIntent, renewing)
    expect(found).toEqual(wanted)
  })

  test('is none that another DigiCertOrder has, though it covers a name of ours', async () => {
    const { found, paths } = await asking([unknown, old], askByIntent, { ...renewing, isHeld: () => true })
    expect([found, paths.length]).toEqual([{ kind: 'absent' }, 2])
  })

  const byDigiCert = anOrder({ spec: aSpec({ product: 'ssl_basic', renewal: { byDigiCert: true } }) })
  const ORDERED = ['shop.example.com']

  test.each([
    ['is taken for it', ORDERED[0]!, 6],
    ['is not taken for it where it covers no name of ours', 'evil.example.org', undefined],
  ])('by DigiCert %s', async (_sentence, name, renewedBy) => {
    const { found } = await asking([old, other(name)], (question) => askByOrderId(question, 5), { order: byDigiCert })
    expect(found.kind === 'order' && found.order.renewedBy).toBe(renewedBy)
  })
})

test('what was sent without an answer is held against what was sent, and not against the spec of today', async () => {
  const answers = [json({ orders: [{ order_id: 9, status: 'pending' }] }), info(9, OURS)]
  const { found } = await asking(answers, askByIntent, {
    order: anOrder({ spec: aSpec({ product: 'ssl_basic', commonName: 'evil.example.org' }) }),
    sent: { names: [NAME], organizationId: undefined },
  })
  expect(found).toMatchObject({ order: { mismatches: [], asked: { dnsNames: [NAME] } } })
})

describe('an account keeps alternative order ids', () => {
  const known = [{ orderId: 5, alternativeOrderId: 'dcoa' }]
  test.each([
    [
      'where an order of ours is found by its own',
      [json({ orders: [{ order_id: 5, status: 'issued' }] })],
      known,
      true,
    ],
    ['not where another one is found', [json({ orders: [{ order_id: 6, status: 'issued' }] })], known, false],
    ['not where none is found', [json({ orders: [] })], known, false],
    ['not where there is no order yet', [], [], false],
  ] as const)('%s', async (_sentence, answers, ids, wanted) => {
    const { found } = await asking(answers, (question) => keepsIds(question, ids))
    expect(found).toBe(wanted)
  })
})

describe('proof that ids are kept is looked for', () => {
  const session = (unique: boolean) =>
    aSession({ client: {} as CertCentral, account: anAccount({ uniqueAlternativeOrderIds: unique }) })
  const sent = {
    alternativeOrderId: 'dcoa',
    payloadHash: 'h',
    purchase: 1,
    purpose: 'Order',
    recordedAt: 'then',
  } as const
  test.each<readonly [string, Remote, Partial<Intent>, boolean, boolean]>([
    ['for what was sent and is nowhere', { kind: 'absent' }, { sentAt: 'then', request: '{}' }, true, true],
    ['for what an earlier version sent', { kind: 'absent' }, { sentAt: 'then' }, true, true],
    ['not for what was never sent', { kind: 'absent' }, {}, true, false],
    [
      'not while the list is read',
      { kind: 'searching', retryAt: NOW, read: 1, of: 2 },
      { sentAt: 'then' },
      true,
      false,
    ],
    ['not where the account has no such option', { kind: 'absent' }, { sentAt: 'then' }, false, false],
  ])('%s', (_sentence, found, more, unique, wanted) => {
    expect(wantsProof(found, { intent: { ...sent, ...more } }, session(unique))).toBe(wanted)
  })
})

test('a search since days ago begins well before', async () => {
  const { found } = await asking([list(entry(6, { date_created: '2020-01-01' }))], (question) =>
    askByKey(question, search({ since: inDays(-1) })),
  )
  expect(found).toEqual({ kind: 'absent' })
})

describe('an order whose names hold numbers as long as those of cards', () => {
  const NUMBERED = '4111111111111111.example.com'
  const spec = aSpec({ product: 'ssl_basic', commonName: NUMBERED, dnsNames: [], organization: { id: 1 } })
  const answered = info(8, OURS, {
    certificate: { common_name: NUMBERED, dns_names: ['5105105105105100.example.com'] },
  })

  test('is the one that the spec asks for, and its further names go into the next reissue as they are', async () => {
    const { found } = await asking([answered], (question) => askForAdoption(question, 8), { order: anOrder({ spec }) })
    expect(found).toMatchObject({ kind: 'found', order: { mismatches: [] } })
    const asked = found.kind === 'found' ? found.order.asked : undefined
    const { sent } = reissueNames(spec, asked, 'no')
    expect(reissuePayload(spec, sent, { now: NOW, planEnd: undefined })).toMatchObject({
      certificate: { common_name: NUMBERED, dns_names: ['5105105105105100.example.com'] },
    })
  })
})
