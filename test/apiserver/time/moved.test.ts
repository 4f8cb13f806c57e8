import { afterEach, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { bought, nudge, place, untilReady, untilWaiting } from '../../support/bad-days.ts'
import { freeze, thaw } from '../../support/old-leader.ts'
import { DAY, HOUR, type TimeBed, type TimeBedOptions, startTimeBed } from '../../support/time-bed.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: TimeBed
afterEach(() => bed.close())

const begin = async (options?: TimeBedOptions): Promise<void> => {
  bed = await startTimeBed(options)
}

const certificateOf = async (name: string) => (await bed.cluster.order(bed.namespace, name))?.status?.certificate

/** Waits until a condition of an order has that reason. */
const untilReason = (name: string, wanted: string): Promise<DigiCertOrder> => {
  const isSaid = ({ status }: DigiCertOrder) => status?.conditions?.some(({ reason }) => reason === wanted) === true
  return bed.cluster.waitForOrder(bed.namespace, name, isSaid, 30_000)
}

/** As many purchases, no bad pair in any version of the Secret, and nothing done while nothing happens. */
async function expectPeace(name: string, purchases = 1): Promise<void> {
  const { calls, passes } = await bed.idle()
  expect(calls).toBeLessThanOrEqual(2)
  expect(passes).toBeLessThanOrEqual(3)
  expect(await bought(bed, name)).toHaveLength(purchases)
  expect(await bed.secretFaults()).toEqual([])
}

describe('the wall clock of a running operator', () => {
  test('shows nothing of what is due in 133 days: it is left alone until then', async () => {
    await begin()
    await place(bed, 'later')

    const { status } = await untilReady(bed, 'later')

    expect(new Date(status?.next?.at ?? 0).getTime()).toBeGreaterThan(Date.now() + 133 * DAY)
    await expectPeace('later')
  }, 60_000)

  test('goes an hour and 200 days ahead, and back: an order that waits goes on when it may', async () => {
    await begin({ settings: { approval: 'one-step' } })
    for (const [name, ms] of [
      ['hour', HOUR],
      ['days', 200 * DAY],
    ] as const) {
      await place(bed, name)
      await untilWaiting(bed, name, 'AwaitingApproval')
      bed.setClock(ms)
      await bed.polls(2)
      // So that it was looked after by the wrong clock as well.
      await nudge(bed, name)
      await bed.polls(2)

      bed.setClock(0)

      await bed.polls(2)
      const { status } = (await bed.cluster.order(bed.namespace, name)) ?? {}
      await bed.control.approve(status?.order?.id ?? 0)
      await untilReady(bed, name)
      await expectPeace(name)
    }
  }, 120_000)

  test('goes 200 days ahead of CertCentral: nothing is bought, the Secret stays, and all is well once it is back', async () => {
    await begin()
    await place(bed, 'leap')
    await untilReady(bed, 'leap')

    bed.setClock(200 * DAY)
    await nudge(bed, 'leap')

    await untilReason('leap', 'BadCertificate')
    await expectPeace('leap')

    bed.setClock(0)

    await untilReady(bed, 'leap', 75_000)
    await expectPeace('leap')
    expect((await bed.control.state()).counts.reissues).toBeLessThanOrEqual(1)
  }, 180_000)
})

test('a clock that leaps over the end of a plan buys one renewal, and says so when a second one would be due', async () => {
  await begin()
  await place(bed, 'renewal', { orderValidity: { days: 190 } })
  await untilReady(bed, 'renewal')
  // Until the order is looked at, nobody knows when its plan ends.
  await nudge(bed, 'renewal')
  const isKnown = ({ status }: DigiCertOrder) => status?.next?.action === 'Renew'
  await bed.cluster.waitForOrder(bed.namespace, 'renewal', isKnown)

  bed.setClock(170 * DAY)
  await nudge(bed, 'renewal')
  const isRenewed = ({ status }: DigiCertOrder) => status?.order?.purchase === 2 && status.certificate !== undefined
  await bed.cluster.waitForOrder(bed.namespace, 'renewal', isRenewed, 60_000)
  await nudge(bed, 'renewal')
  await untilReady(bed, 'renewal')
  await expectPeace('renewal', 2)

  bed.setClock(186 * DAY)
  await nudge(bed, 'renewal')

  await untilReason('renewal', 'ClockSkew')
  await expectPeace('renewal', 2)

  bed.setClock(0)

  await nudge(bed, 'renewal')
  await untilReady(bed, 'renewal')
  await expectPeace('renewal', 2)
}, 90_000)

describe('a suspended machine', () => {
  test('begins with what is overdue within 60 s of waking up, though its monotonic clock stood still', async () => {
    await begin({ flags: { 'leader-elect': true } })
    await place(bed, 'sleeper')
    await untilReady(bed, 'sleeper', 30_000)
    const first = await certificateOf('sleeper')

    freeze(bed.operator)
    bed.setClock(170 * DAY)
    await bed.setCertCentral(170 * DAY)
    thaw(bed.operator)

    const awake = performance.now()
    const isReplaced = async () => (await certificateOf('sleeper'))?.id !== first?.id
    await waitFor(isReplaced, { what: 'another certificate', limitMs: 60_000 })
    console.log(`overdue work was done ${Math.round(performance.now() - awake)} ms after waking up`)
    await untilReady(bed, 'sleeper')
    expect(await bought(bed, 'sleeper')).toHaveLength(1)

    bed.setClock(0)
    await bed.setCertCentral(0)

    await bed.polls(2)
    await nudge(bed, 'sleeper')
    await expectPeace('sleeper')
  }, 180_000)
})
