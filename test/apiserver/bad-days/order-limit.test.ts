import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Account } from '../../../src/api/account.ts'
import { hasCondition, isReady } from '../../support/cluster.ts'
import {
  type Bed,
  accountIn,
  leaks,
  orderIn,
  orderPost,
  place,
  startBed,
  untilReady,
  untilStalled,
  untilWaiting,
} from '../../support/bad-days.ts'
import { waitFor } from '../../support/wait-for.ts'

/* The limit of an account that says nothing of it, and more orders than that. */
const LIMIT = 20
const NAMES = Array.from({ length: 24 }, (_, index) => `order-${index}`)

let bed: Bed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

const orders = () => Promise.all(NAMES.map((name) => bed.cluster.order(bed.namespace, name)))
const waiting = async () =>
  (await orders()).filter((order) => order && hasCondition(order, 'Issuing', 'True', 'OrderLimitReached'))
const ready = async () => (await orders()).filter((order) => order && isReady(order))
const statusOf = async (name: string) => {
  const account = await bed.cluster.get({ kind: 'DigiCertAccount', namespace: bed.namespace, name })
  return (account as unknown as Account | undefined)?.status
}
const paid = async () => (await bed.control.paid()).length

describe('an account that says nothing of a limit buys twenty orders a day', () => {
  test('of those that come at once, all others wait and say until when', async () => {
    await bed.cluster.apply(NAMES.map((name) => orderIn(bed.namespace, name)))

    await waitFor(async () => (await ready()).length + (await waiting()).length === NAMES.length, {
      what: 'end of all orders',
      limitMs: 30_000,
    })

    expect(await paid()).toBe(LIMIT)
    const [late] = await waiting()
    expect(await untilWaiting(bed, late!.metadata.name, 'OrderLimitReached')).toMatch(
      /as policy\.maxOrdersPerDay, or policy\.maxOrdersPerDayPerNamespace, allows; this one is placed after \d{4}-\d\d-\d\dT00:00:00/,
    )
  })

  test('which deleting and making orders does not evade', async () => {
    const [first] = await ready()
    await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name: first!.metadata.name })
    for (const name of ['again-0', 'again-1', 'again-2']) {
      await place(bed, name)
      await untilWaiting(bed, name, 'OrderLimitReached')
      await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name })
    }
    expect(await paid()).toBe(LIMIT)
  })

  test('nor a restart of the operator', async () => {
    expect((await statusOf('certcentral'))?.dailyOrders?.count).toBe(LIMIT)
    await bed.operator.kill()
    await bed.operator.restart()

    await place(bed, 'after-restart')

    await untilWaiting(bed, 'after-restart', 'OrderLimitReached')
    expect(await paid()).toBe(LIMIT)
  })

  test('until the limit is raised', async () => {
    const [late] = await waiting()
    await bed.cluster.apply(accountIn(bed, 'certcentral', { policy: { maxOrdersPerDay: 100 } }))

    await untilReady(bed, late!.metadata.name)
    await untilReady(bed, 'after-restart')
  })

  test('and the last one that is left goes to another order when CertCentral refuses the first', async () => {
    await bed.cluster.apply(accountIn(bed, 'single', { policy: { maxOrdersPerDay: 1 } }))
    const spec = { accountRef: { name: 'single' } }
    await bed.control.addFault({ match: orderPost('ssl_dv_thawte'), action: 'hang', seconds: 2 })
    await place(bed, 'refused', { ...spec, product: 'ssl_dv_thawte', commonName: 'host.local' })
    await bed.cluster.waitForOrder(bed.namespace, 'refused', ({ status }) => status?.intent?.sentAt !== undefined)
    await place(bed, 'second', spec)
    await untilWaiting(bed, 'second', 'OrderLimitReached')

    await untilStalled(bed, 'refused', 'OrderRefused')

    await untilReady(bed, 'second')
  })

  test('and what was bought stays counted when the orders are deleted and the operator is killed at once', async () => {
    await bed.cluster.apply(accountIn(bed, 'pair', { policy: { maxOrdersPerDay: 2 } }))
    const spec = { accountRef: { name: 'pair' } }
    for (const name of ['pair-0', 'pair-1']) await place(bed, name, spec)
    for (const name of ['pair-0', 'pair-1']) await untilReady(bed, name)
    const before = await paid()
    for (const name of ['pair-0', 'pair-1'])
      await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name })
    await bed.operator.kill()
    await bed.operator.restart()

    await place(bed, 'pair-2', spec)

    await untilWaiting(bed, 'pair-2', 'OrderLimitReached')
    expect(await paid()).toBe(before)
    const status = await statusOf('pair')
    expect(status?.dailyOrders?.count).toBe(2)
    expect(status?.purchases?.map(({ name, purchase }) => `${name} ${String(purchase)}`).toSorted()).toEqual([
      'pair-0 1',
      'pair-1 1',
    ])
  })

  test('and an account with a limit of zero buys nothing', async () => {
    const before = await paid()
    await bed.cluster.apply(accountIn(bed, 'closed', { policy: { maxOrdersPerDay: 0 } }))
    await place(bed, 'closed', { accountRef: { name: 'closed' } })

    await untilWaiting(bed, 'closed', 'OrderLimitReached')
    expect(await paid()).toBe(before)
  })
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
