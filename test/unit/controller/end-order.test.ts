import { describe, expect, test } from '@jest/globals'
import { endOrder } from '../../../src/controller/end-order.ts'
import { ORDER_ID, aSpec, anObservation, anOrder, ordered, seen } from '../../support/builders.ts'
import { type Answering, answer, withServer } from '../certcentral/fake-server.ts'

const json = (body: unknown): Answering => answer(200, JSON.stringify(body))
const DONE = answer(201, '{"id":1,"type":"revoke","status":"approved"}')

type How = 'revoke-certificate' | 'revoke-order'

const ending = (
  answers: readonly Answering[],
  observation: ReturnType<typeof anObservation>,
  how: How = 'revoke-certificate',
) =>
  withServer(answers, async (client, server) => {
    const order = anOrder({ spec: aSpec() })
    const action = { kind: 'EndOrder', orderId: ORDER_ID, how } as const
    const outcome = await endOrder({ client, order, seen: observation }, action).catch((error: unknown) => error)
    return { outcome, calls: server.seen.map(({ method, url }) => `${method} ${url.split('/').slice(-3).join('/')}`) }
  })

describe('a certificate that is revoked', () => {
  test('is the one that CertCentral named a moment ago', async () => {
    const { outcome, calls } = await ending([DONE], anObservation(ordered('issued'), seen({ certificateId: 34 })))
    expect(outcome).toEqual({ kind: 'ended', what: 'revoke-certificate', orderId: ORDER_ID })
    expect(calls).toEqual(['PUT certificate/34/revoke'])
  })

  test('is asked for where what is known of it may be written by others, such as an annotation of the Secret', async () => {
    const info = json({ id: ORDER_ID, status: 'issued', certificate: { id: 34 } })
    const former = { orderId: ORDER_ID, certificateId: 666, notAfter: new Date(), tryAt: undefined }
    const { calls } = await ending([info, DONE], anObservation({ former }))
    expect(calls.at(-1)).toBe('PUT certificate/34/revoke')
  })

  test('is none where CertCentral names none', async () => {
    const { outcome, calls } = await ending([json({ id: ORDER_ID, status: 'issued' })], anObservation())
    expect(outcome).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('does not say which certificate'),
    })
    expect(calls).toHaveLength(1)
  })
})

describe('a revocation', () => {
  const done = { kind: 'ended', orderId: ORDER_ID }

  test.each<[string, number, string, object]>([
    ['without content', 204, '', {}],
    ['with an empty object, as PHP writes it', 200, '[]', {}],
    ['with a request that is approved', 201, '{"id":31,"type":"revoke","status":"approved"}', {}],
    ['with a request that waits', 201, '{"id":31,"type":"revoke","status":"pending"}', { waitsFor: 31 }],
    ['with a request of two approvals', 201, '{"id":31,"type":"revoke","status":"submitted"}', { waitsFor: 31 }],
    ['with a request that does not say how it stands', 201, '{"id":31}', { waitsFor: 31 }],
  ])('that is answered %s is done only where nothing waits', async (_, status, body, more) => {
    for (const how of ['revoke-certificate', 'revoke-order'] as const) {
      const facts = anObservation(ordered('issued'), seen({ certificateId: 34 }))
      const { outcome } = await ending([answer(status, body)], facts, how)
      expect(outcome).toEqual({ ...done, what: how, ...more })
    }
  })

  test('whose answer cannot be read is not taken for done', async () => {
    const { outcome } = await ending(
      [answer(201, '{"id":"?"}')],
      anObservation(ordered('issued'), seen({})),
      'revoke-order',
    )
    expect(outcome).toMatchObject({ outcome: 'ambiguous', kind: 'unreadable' })
  })

  test.each(['submitted', 'pending'])(
    'that was asked for before, and is %s, is not asked for twice',
    async (status) => {
      const facts = anObservation(ordered('issued'), seen({ requests: [{ id: 31, type: 'revoke', status }] }))
      const { outcome, calls } = await ending([], facts, 'revoke-order')
      expect(outcome).toEqual({ ...done, what: 'revoke-order', waitsFor: 31 })
      expect(calls).toEqual([])
    },
  )

  test.each([
    ['was rejected', { id: 31, type: 'revoke', status: 'rejected' }],
    ['was for a certificate before, and approved', { id: 31, type: 'revoke', status: 'approved' }],
    ['is for a reissue', { id: 31, type: 'reissue', status: 'pending' }],
  ])('is asked for where the request that there is %s', async (_, request) => {
    const facts = anObservation(ordered('issued'), seen({ requests: [request] }))
    const { outcome, calls } = await ending([answer(204, '')], facts, 'revoke-order')
    expect(outcome).toEqual({ ...done, what: 'revoke-order' })
    expect(calls).toHaveLength(1)
  })

  test('of a plan that is being renewed sees the request that was made before', async () => {
    const info = json({ id: ORDER_ID, status: 'issued', requests: [{ id: 31, type: 'revoke', status: 'pending' }] })
    const former = { orderId: ORDER_ID, certificateId: 666, notAfter: new Date(), tryAt: undefined }
    const { outcome, calls } = await ending([info], anObservation({ former }), 'revoke-order')
    expect(outcome).toMatchObject({ waitsFor: 31 })
    expect(calls).toEqual([`GET order/certificate/${ORDER_ID}`])
  })
})
