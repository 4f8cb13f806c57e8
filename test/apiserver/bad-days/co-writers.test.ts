import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bed, annotate, bought, leaks, orderPost, place, startBed, untilReady } from '../../support/bad-days.ts'
import { isReady } from '../../support/cluster.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())

describe('somebody who writes to an order all the time', () => {
  test('does not keep it from being bought once and becoming Ready meanwhile', async () => {
    const names = ['bumped-0', 'bumped-1', 'bumped-2']
    await bed.control.addFault({ match: { ...orderPost(), times: 3 }, action: 'hang', after: true, seconds: 1 })
    for (const name of names) await place(bed, name)
    const end = performance.now() + 10_000
    let readyMeanwhile = 0
    for (let bump = 0; performance.now() < end; bump += 1) {
      for (const name of names) await annotate(bed, name, { 'example.com/bump': String(bump) })
      const orders = await Promise.all(names.map((name) => bed.cluster.order(bed.namespace, name)))
      readyMeanwhile = orders.filter((order) => order !== undefined && isReady(order)).length
      await pause(50)
    }

    expect(readyMeanwhile).toBe(names.length)
    for (const name of names) {
      await untilReady(bed, name)
      expect(await bought(bed, name)).toHaveLength(1)
    }
  })
})

describe('somebody who wipes the status', () => {
  const wipe = async (name: string) =>
    bed.cluster.patch({ kind: 'DigiCertOrder', namespace: bed.namespace, name }, { status: null }, 'status')

  test('of an order that is issued does not make it bought again', async () => {
    await place(bed, 'wiped')
    const { status } = await untilReady(bed, 'wiped')

    await wipe('wiped')

    const again = await untilReady(bed, 'wiped')
    expect(again.status?.order?.id).toBe(status?.order?.id)
    expect(await bought(bed, 'wiped')).toHaveLength(1)
  })

  test('of an order that is just being placed does not make it bought again', async () => {
    await bed.control.addFault({ match: orderPost(), action: 'hang', after: true, seconds: 2 })
    await place(bed, 'wiped-early')
    await bed.cluster.waitForOrder(bed.namespace, 'wiped-early', ({ status }) => status?.intent?.sentAt !== undefined)

    await wipe('wiped-early')

    await untilReady(bed, 'wiped-early', 30_000)
    expect(await bought(bed, 'wiped-early')).toHaveLength(1)
  })
})

describe('somebody who deletes and makes an order again', () => {
  test('gets the order that was bought, and no second one', async () => {
    await place(bed, 'again')
    const { status } = await untilReady(bed, 'again')

    await bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name: 'again' })
    await place(bed, 'again')

    const again = await untilReady(bed, 'again', 30_000)
    expect(again.status?.order?.id).toBe(status?.order?.id)
    expect(await bought(bed, 'again')).toHaveLength(1)
  })
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
