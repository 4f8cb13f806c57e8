import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  reasonOf,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'

const ORDER_AGAIN = 'digicert-operator.io/order-again'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

/** All that was bought for the orders of this name, as CertCentral wrote it down. */
const purchasesOf = async (name: string) =>
  (await journey.certCentral.paid()).filter(({ body }) => JSON.stringify(body).includes(`"${name}.example.com"`))

const approval = (mode: 'none' | 'one-step') => journey.certCentral.changeSettings({ approval: mode })

/** Several polls of the account: whatever a timer or the feed could start has started by then. */
async function polls(count: number): Promise<void> {
  await journey.certCentral.resetCalls()
  const polled = async () => (await journey.certCentral.calls()).byEndpoint[FEED] ?? 0
  await eventually(`${count} polls`, async () => (await polled()) >= count)
}
const FEED = 'GET /order/certificate/status-changes'

const annotate = (name: string, value: string, by: 'order-again' | 'release-brake' = 'order-again') =>
  journey.cluster.patch(
    { kind: 'DigiCertOrder', namespace: journey.namespace, name },
    { metadata: { annotations: { [`digicert-operator.io/${by}`]: value } } },
  )

const readyOf = (order: DigiCertOrder) => conditionOf(order, 'Ready')?.status

const UNRENEWED = { renewal: { policy: 'Never' } }

const issuedOrder = async (name: string, spec: object = {}): Promise<DigiCertOrder> => {
  await approval('none')
  await journey.apply(orderNamed(name, spec))
  return journey.ready(name)
}

const waitingOrder = async (name: string): Promise<DigiCertOrder> => {
  await approval('one-step')
  await journey.apply(orderNamed(name))
  return journey.says(name, 'AwaitingApproval')
}

describe('an order that is over before anything was issued', () => {
  test('stays rejected until its spec is edited, and is then bought as the second purchase', async () => {
    const first = await waitingOrder('rejected')
    await journey.certCentral.rejectRequest(first.status?.order?.requests?.[0]?.id ?? 0)
    const over = await journey.says('rejected', 'OrderRejected')

    expect(sentenceOf(over)).toContain(`Order ${orderIdOf(first)} was rejected in CertCentral. It cost nothing`)
    expect([kstatusOf(over), statusFaults(over), readyOf(over)]).toEqual(['Failed', [], 'False'])
    await polls(3)
    expect(await purchasesOf('rejected')).toHaveLength(1)

    await approval('none')
    await journey.apply(orderNamed('rejected', { comments: 'With the form that was asked for.' }))
    const second = await journey.ready('rejected')

    expect(orderIdOf(second)).not.toBe(orderIdOf(first))
    expect(second.status?.order?.purchase).toBe(2)
    expect([kstatusOf(second), statusFaults(second)]).toEqual(['Current', []])
    expect((await purchasesOf('rejected')).map(({ orderId }) => orderId)).toEqual([orderIdOf(first), orderIdOf(second)])
    expect(second.status?.history?.map(({ orderId }) => orderId)).toEqual([orderIdOf(first), orderIdOf(second)])
  })

  test('is not bought again for an edit that CertCentral never sees', async () => {
    const first = await waitingOrder('renamed')
    await journey.certCentral.rejectRequest(first.status?.order?.requests?.[0]?.id ?? 0)
    await journey.says('renamed', 'OrderRejected')

    await journey.apply(orderNamed('renamed', { secretName: 'renamed-elsewhere' }))
    await polls(3)

    expect(reasonOf(await journey.says('renamed', 'OrderRejected'))).toBe('OrderRejected')
    expect(await purchasesOf('renamed')).toHaveLength(1)
  })

  test('stays canceled, and is ordered once more for the annotation that names it', async () => {
    const first = await waitingOrder('canceled')
    await journey.certCentral.setStatus(orderIdOf(first), 'canceled')
    const over = await journey.says('canceled', 'OrderCanceled')
    expect(sentenceOf(over)).toContain(`${ORDER_AGAIN}: "${orderIdOf(first)}"`)
    await polls(2)
    expect(await purchasesOf('canceled')).toHaveLength(1)

    await approval('none')
    await annotate('canceled', String(orderIdOf(first)))
    const second = await journey.ready('canceled')

    expect(second.status?.order?.purchase).toBe(2)
    expect(await purchasesOf('canceled')).toHaveLength(2)
  })
})

describe('an order that is over after its certificate was issued', () => {
  test('is not Ready once it is revoked, and its Secret stays as it was', async () => {
    const issued = await issuedOrder('revoked')
    const before = await journey.secretOf('revoked')
    await journey.certCentral.setStatus(orderIdOf(issued), 'revoked')

    const over = await journey.says('revoked', 'OrderRevoked')

    expect([kstatusOf(over), statusFaults(over), readyOf(over)]).toEqual(['Failed', [], 'False'])
    expect((await journey.secretOf('revoked')).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  })

  test('is bought again after a revocation for the annotation that names it, and once only', async () => {
    const issued = await issuedOrder('replaced')
    const before = await journey.secretOf('replaced')
    await journey.certCentral.setStatus(orderIdOf(issued), 'revoked')
    await journey.says('replaced', 'OrderRevoked')
    await polls(2)
    await journey.apply(orderNamed('replaced', { comments: 'An edit asks for nothing new here.' }))
    await polls(2)
    expect(await purchasesOf('replaced')).toHaveLength(1)

    await annotate('replaced', String(orderIdOf(issued)))
    const second = await journey.ready('replaced')

    expect([second.status?.order?.purchase, second.status?.revision]).toEqual([2, 2])
    const after = await journey.secretOf('replaced')
    expect(after.metadata.annotations?.['digicert-operator.io/order-id']).toBe(String(orderIdOf(second)))
    expect(['tls.crt', 'tls.key'].filter((key) => after.data[key]?.equals(before.data[key]!))).toEqual([])

    await journey.certCentral.setStatus(orderIdOf(second), 'revoked')
    await journey.says('replaced', 'OrderRevoked')
    await polls(3)
    expect(await purchasesOf('replaced')).toHaveLength(2)
  })

  test('is not called Ready while the order in place of a revoked one waits for its approval', async () => {
    const issued = await issuedOrder('again')
    await journey.certCentral.setStatus(orderIdOf(issued), 'revoked')
    await journey.says('again', 'OrderRevoked')
    await approval('one-step')

    await annotate('again', String(orderIdOf(issued)))

    const waiting = await journey.says('again', 'AwaitingApproval')
    expect([readyOf(waiting), kstatusOf(waiting), statusFaults(waiting)]).toEqual(['False', 'InProgress', []])
    await journey.certCentral.approve(orderIdOf(waiting))
    expect(readyOf(await journey.ready('again'))).toBe('True')
  })

  test.each([
    ['expired', 'OrderExpired', 'found expired'],
    ['canceled', 'OrderCanceled', 'canceled'],
  ] as const)('keeps its good certificate Ready when it is %s, and says so', async (status, reason, said) => {
    const name = `later-${status}`
    const issued = await issuedOrder(name, UNRENEWED)
    await journey.certCentral.setStatus(orderIdOf(issued), status)

    const over = await journey.says(name, reason)

    expect(sentenceOf(over)).toContain(`Order ${orderIdOf(issued)} was ${said} in CertCentral`)
    expect([readyOf(over), conditionOf(over, 'Issuing')?.status, statusFaults(over)]).toEqual(['True', 'False', []])
    await journey.apply(orderNamed(name, { ...UNRENEWED, comments: 'An edit asks for nothing new here.' }))
    await polls(2)
    expect(await purchasesOf(name)).toHaveLength(1)
  })

  test('is not renewed while its dates say that most of the plan is ahead, and once when a person lets that pass', async () => {
    const issued = await issuedOrder('lapsed')
    await journey.certCentral.setStatus(orderIdOf(issued), 'expired')

    expect(sentenceOf(await journey.says('lapsed', 'HeldByBrake'))).toMatch(/The brake holds the next purchase/)
    expect(await purchasesOf('lapsed')).toHaveLength(1)
    await annotate('lapsed', String(orderIdOf(issued)), 'release-brake')
    await eventually('a renewal', async () => (await purchasesOf('lapsed')).length === 2)

    expect(readyOf(await journey.ready('lapsed'))).toBe('True')
    await polls(2)
    expect(await purchasesOf('lapsed')).toHaveLength(2)
  })
})
