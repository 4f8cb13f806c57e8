import { afterEach, describe, expect, test } from '@jest/globals'
import {
  bought,
  nudge,
  orderPost,
  place,
  untilBought,
  untilReady,
  untilStalled,
  untilWaiting,
} from '../../support/bad-days.ts'
import { DAY, HOUR, type TimeBed, type TimeBedOptions, startTimeBed } from '../../support/time-bed.ts'

let bed: TimeBed
afterEach(() => bed.close())

const begin = async (options: TimeBedOptions): Promise<void> => {
  bed = await startTimeBed(options)
}

/**
 * Begins at noon of this day for CertCentral, and so much beside it for the operator: a certificate begins with the day of
 * CertCentral, which at noon is that of a clock an hour off as well. Gives how far noon is from the real time.
 */
const beginAtNoon = async (offsetMs: number, options: TimeBedOptions = {}): Promise<number> => {
  const now = Date.now()
  const toNoon = Math.floor(now / DAY) * DAY + DAY / 2 - now
  await begin({ ...options, offsetMs: toNoon + offsetMs })
  await bed.setCertCentral(toNoon)
  return toNoon
}

const SKEWS = [
  ['an hour fast', 'fast', HOUR],
  ['an hour slow', 'slow', -HOUR],
] as const

/** One purchase, no bad pair in any version of the Secret, and nothing done while nothing happens. */
async function expectPeace(name: string): Promise<void> {
  const { calls, passes } = await bed.idle()
  expect(calls).toBeLessThanOrEqual(2)
  expect(passes).toBeLessThanOrEqual(3)
  expect(await bought(bed, name)).toHaveLength(1)
  expect(await bed.secretFaults()).toEqual([])
}

/** Calls to CertCentral's endpoints of that name. */
async function callsOf(endpoint: string): Promise<number> {
  const counted = Object.entries((await bed.control.calls()).byEndpoint).filter(([name]) => name.includes(endpoint))
  return counted.reduce((sum, [, count]) => sum + count, 0)
}

describe('an operator whose clock is', () => {
  test.each(SKEWS)(
    '%s takes a lost answer over by its own id, and delivers',
    async (_what, name, offsetMs) => {
      await beginAtNoon(offsetMs, { settings: { lookupLagSeconds: 1 } })
      await bed.control.addFault({ match: orderPost(), action: 'drop-after' })

      await place(bed, name)

      await untilBought(bed, name)
      await untilReady(bed, name, 40_000)
      await expectPeace(name)
    },
    90_000,
  )

  test.each(SKEWS)(
    '%s rests while CertCentral asks it to, and no longer',
    async (_what, name, offsetMs) => {
      const toNoon = await beginAtNoon(0)
      await place(bed, 'settled')
      await untilReady(bed, 'settled')
      bed.setClock(toNoon + offsetMs)
      await bed.control.addFault({ match: { path: '^/order/alternate/' }, action: 'too-many', retryAfterSeconds: 6 })

      await place(bed, name)

      await untilWaiting(bed, name, 'Throttled')
      await untilReady(bed, name, 30_000)
      expect(await bought(bed, name)).toHaveLength(1)
      expect(await callsOf('/order/alternate/')).toBeLessThanOrEqual(4)
      expect(await bed.passes()).toBeLessThanOrEqual(20)
    },
    90_000,
  )

  test('an hour fast and then set right does not repeat in a loop what is refused', async () => {
    await begin({ offsetMs: HOUR })
    await bed.control.addFault({ match: { ...orderPost(), times: 0 }, action: 'status', status: 400 })
    await place(bed, 'refused')
    await untilStalled(bed, 'refused', 'OrderRefused')

    bed.setClock(0)

    await nudge(bed, 'refused')
    await bed.polls(4)
    expect(await callsOf('POST')).toBeLessThanOrEqual(2)
    expect(await bed.passes()).toBeLessThanOrEqual(20)
    expect(await bought(bed, 'refused')).toEqual([])
  }, 60_000)

  test('so slow that the certificate is not valid yet waits for it with a reason, and delivers when it is set right', async () => {
    await begin({ offsetMs: -26 * HOUR })
    await place(bed, 'early')

    expect(await untilWaiting(bed, 'early', 'BadCertificate')).toContain('not valid before')
    expect(await bed.cluster.secret(bed.namespace, 'early-tls')).toBeUndefined()

    bed.setClock(0)

    await untilReady(bed, 'early', 75_000)
    await expectPeace('early')
  }, 120_000)
})
