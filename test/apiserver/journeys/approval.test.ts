import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

const purchasesFor = async (...orderIds: number[]) =>
  (await journey.certCentral.paid()).filter(({ orderId }) => orderIds.includes(orderId)).length

describe('an order that a person must approve', () => {
  test('says in one step which request waits where, and is Ready once it was approved', async () => {
    await journey.certCentral.changeSettings({ approval: 'one-step' })
    await journey.apply(orderNamed('one-step'))

    const waiting = await journey.says('one-step', 'AwaitingApproval')
    const [request] = waiting.status?.order?.requests ?? []
    expect(sentenceOf(waiting)).toContain(
      `Order ${orderIdOf(waiting)} waits for approval of request ${request?.id} (one-step); approve it in CertCentral under Requests`,
    )
    expect([kstatusOf(waiting), statusFaults(waiting)]).toEqual(['InProgress', []])
    expect(await journey.cluster.secret(journey.namespace, 'one-step-tls')).toBeUndefined()

    await journey.certCentral.approveRequest(request?.id ?? 0)

    const issued = await journey.ready('one-step')
    expect(orderIdOf(issued)).toBe(orderIdOf(waiting))
    expect([kstatusOf(issued), statusFaults(issued)]).toEqual(['Current', []])
    expect(await purchasesFor(orderIdOf(issued))).toBe(1)
  })

  test('waits through both steps of a two-step approval', async () => {
    await journey.certCentral.changeSettings({ approval: 'two-step' })
    await journey.apply(orderNamed('two-step'))

    const waiting = await journey.says('two-step', 'AwaitingApproval')
    const [request] = waiting.status?.order?.requests ?? []
    expect(sentenceOf(waiting)).toContain(`approval of request ${request?.id} (two-step)`)

    await journey.certCentral.approveRequest(request?.id ?? 0)
    await journey.certCentral.resetCalls()
    await eventually('two more polls', async () => (await journey.certCentral.calls()).total >= 2)
    expect(conditionOf(await journey.says('two-step', 'AwaitingApproval'), 'Ready')?.status).toBe('False')

    await journey.certCentral.approveRequest(request?.id ?? 0)
    const issued = await journey.ready('two-step')
    expect(await purchasesFor(orderIdOf(issued))).toBe(1)
  })

  test.each([
    ['automatic', 'auto', {}],
    ['skipped', 'one-step', { skipApproval: true }],
  ] as const)('is Ready without a person when approval is %s', async (way, approval, changes) => {
    await journey.certCentral.changeSettings({ approval })
    await journey.apply(orderNamed(way, changes))

    const issued = await journey.ready(way)

    expect(statusFaults(issued)).toEqual([])
    expect(await purchasesFor(orderIdOf(issued))).toBe(1)
  })
})
