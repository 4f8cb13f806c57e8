import { describe, expect, test } from '@jest/globals'
import { endOrder } from '../../../src/controller/end-order.ts'
import { ORDER_ID, aSpec, anObservation, anOrder, ordered, seen } from '../../support/builders.ts'
import { type Answering, answer, withServer } from '../certcentral/fake-server.ts'

const json = (body: unknown): Answering => answer(200, JSON.stringify(body))
const DONE = answer(201, '{"id":1,"type":"revoke","status":"approved"}')

const ending = (answers: readonly Answering[], observation: ReturnType<typeof anObservation>) =>
  withServer(answers, async (client, server) => {
    const order = anOrder({ spec: aSpec() })
    const action = { kind: 'EndOrder', orderId: ORDER_ID, how: 'revoke-certificate' } as const
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
