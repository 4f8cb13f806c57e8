import { describe, expect, test } from '@jest/globals'
import { clusterAccountSpec } from '../../src/api/account.ts'
import { createRateLimiters } from '../../src/controller/rate-limiters.ts'
import { accountOfFlow, placementOf } from '../../src/controller/turns.ts'
import { CertCentralError } from '../../src/certcentral/index.ts'
import { type ReconcileResult, startController } from '../../src/kube/controller.ts'
import { createWorkqueue } from '../../src/kube/workqueue.ts'
import { type Standing, nextStep } from '../../src/order/plan.ts'
import { DAY } from '../../src/order/schedule.ts'
import { type Priority, isLapsing } from '../../src/order/priority.ts'
import { createRateLimit } from '../../src/simulator/http/rate-limit.ts'
import { defaultSettings } from '../../src/simulator/settings.ts'
import { CERTIFICATE, anOrder } from '../support/builders.ts'
import { createDrainedClock } from '../support/drained-clock.ts'
import { recordingLog } from '../unit/kube/support/recording-log.ts'

/**
 * A day on which thousands of certificates are due, in minutes: the real queue, workers, limiter and schedule live by a
 * clock that is moved, and each call arrives at the rate limit of the simulator. Of a pass only its calls are made.
 */
const COUNT = 5000
const HOUR = 3_600_000
const LIFETIME = 199 * DAY
/** A reissue asks how the order stands, which reissues it has, and for the reissue. */
const CALLS_OF_A_REISSUE = 3
const CALLS_OF_AN_ORDER = 2
const WORKERS = 16
/** To CertCentral, and the same back. */
const WAY_MS = 150

/** A machine that others use as well takes that long; alone it is a few seconds. */
const LIMIT = 120_000

const ACCOUNT = 'DigiCertAccount/shop/certcentral'
const API_KEY = 'simulator'
const SPEC = clusterAccountSpec.parse({
  url: 'https://certcentral.example.com/services/v2',
  apiKeySecretRef: { name: 'a' },
})
const HABITS = { reissueBy: 'Operator' as const, renew: 'Renew' as const, renewBefore: 30 * DAY }

type Done = { key: string; at: number; leftMs: number }

const startDay = () => {
  const clock = createDrainedClock(Date.parse('2027-03-01T00:00:00Z'))
  const rateLimiters = createRateLimiters(clock)
  const limiter = rateLimiters.limiterOf(ACCOUNT, API_KEY, SPEC)
  const rateLimit = createRateLimit()
  const limits = { ...defaultSettings().rateLimits, enabled: true }
  const certificates = new Map<string, Standing>()
  const [done, refused]: [Done[], number[]] = [[], []]

  const orderOf = (key: string) => {
    const held = certificates.get(key)
    const [notBefore, notAfter] = [held?.notBefore, held?.notAfter].map((date) => date?.toISOString() ?? '')
    return anOrder(
      held ? { status: { certificate: { ...CERTIFICATE, notBefore: notBefore!, notAfter: notAfter! } } } : {},
    )
  }
  const queue = createWorkqueue({
    clock,
    placementOf: (key) => placementOf(orderOf(key)),
    admission: {
      groupOf: (share) => rateLimiters.groupOf(accountOfFlow(share)),
      canStart: (gate, priority, held) => rateLimiters.canStart(gate, priority, held),
    },
  })
  const onTheWay = () => new Promise<void>((resolve) => void clock.after(WAY_MS, resolve))

  const call = async (priority: Priority): Promise<void> => {
    const slot = await limiter.acquire(priority)
    await onTheWay()
    if (!rateLimit.admit(API_KEY, clock.now(), limits)) refused.push(clock.now())
    await onTheWay()
    slot.release('used')
  }
  const make = async (key: string, held: Standing | undefined): Promise<void> => {
    const now = new Date(clock.now())
    const priority = !held || isLapsing(held, now) ? 'high' : 'low'
    for (let left = held ? CALLS_OF_A_REISSUE : CALLS_OF_AN_ORDER; left > 0; left -= 1) await call(priority)
    const at = clock.now()
    done.push({ key, at, leftMs: held ? held.notAfter.getTime() - at : 0 })
    certificates.set(key, { notBefore: new Date(at), notAfter: new Date(at + LIFETIME), planEnd: held?.planEnd })
  }
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const held = certificates.get(key)
    const step = held && nextStep(held, { ...HABITS, seed: key })
    if (step && step.at.getTime() > clock.now()) return step.at
    try {
      await make(key, held)
      return 'now'
    } catch (error) {
      if (error instanceof CertCentralError && error.retryAt) return error.retryAt
      throw error
    }
  }
  /** As the operator does, once it knows of every order. */
  const begin = () =>
    startController({ queue, maxConcurrentReconciles: WORKERS, reconcile, log: recordingLog(), clock })
  return { begin, clock, queue, certificates, done, refused }
}

/** The most entries of any stretch of that length. */
const mostIn = (times: readonly number[], spanMs: number): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let from = 0
  return sorted.reduce((most, at, to) => {
    while (sorted[from]! <= at - spanMs) from += 1
    return Math.max(most, to - from + 1)
  }, 0)
}

const keys = Array.from({ length: COUNT }, (_, index) => `shop/${index}-${(index * 2_654_435_761) % 4_294_967_296}`)

describe('five thousand certificates that were issued on one day', () => {
  test(
    'are reissued over a day and a half, at most a twentieth of them in any hour, and without a 429',
    async () => {
      const { begin, clock, queue, certificates, done, refused } = startDay()
      const notAfter = new Date(clock.now() + 36 * DAY)
      const notBefore = new Date(notAfter.getTime() - LIFETIME)
      for (const key of keys) certificates.set(key, { notBefore, notAfter, planEnd: undefined })
      for (const key of keys) queue.add(key, 'low')
      begin()
      await clock.advance(5 * DAY)
      expect(done).toHaveLength(COUNT)
      expect(refused).toEqual([])
      expect(
        mostIn(
          done.map(({ at }) => at),
          HOUR,
        ),
      ).toBeLessThanOrEqual(COUNT / 20)
      expect(Math.min(...done.map(({ leftMs }) => leftMs))).toBeGreaterThan(32 * DAY)
    },
    LIMIT,
  )
})

describe('five thousand reissues that are all overdue when the operator comes back', () => {
  /** An hour to thirty days of life are left, in an order that has nothing to do with the keys. */
  const leftOf = (index: number): number => HOUR + ((index * 7919) % COUNT) * ((30 * DAY) / COUNT)

  const comeBack = () => {
    const day = startDay()
    const { begin, clock, queue, certificates } = day
    keys.forEach((key, index) => {
      const notAfter = new Date(clock.now() + leftOf(index))
      certificates.set(key, { notBefore: new Date(notAfter.getTime() - LIFETIME), notAfter, planEnd: undefined })
    })
    for (const key of keys) queue.add(key, 'low')
    begin()
    return { ...day, began: clock.now() }
  }

  test(
    'are all done before they lapse, those first that end first, and within a tenth of what the rate allows',
    async () => {
      const { clock, done, refused, began } = comeBack()
      await clock.advance(4 * HOUR)
      expect(done).toHaveLength(COUNT)
      expect(refused).toEqual([])
      expect(Math.min(...done.map(({ leftMs }) => leftMs))).toBeGreaterThan(0)
      const ends = done.map(({ at, leftMs }) => at + leftMs)
      const sorted = ends.toSorted((a, b) => a - b)
      expect(Math.max(...ends.map((end, place) => Math.abs(sorted.indexOf(end) - place)))).toBeLessThanOrEqual(WORKERS)
      const floor = (COUNT * CALLS_OF_A_REISSUE * 1000) / SPEC.requestsPerSecond
      expect(done.at(-1)!.at - began).toBeLessThanOrEqual(floor * 1.1)
    },
    LIMIT,
  )

  test(
    'let a new order through within a minute, at any time',
    async () => {
      const { clock, queue, done, refused } = comeBack()
      const waits: number[] = []
      for (let minutes = 7; minutes < 90; minutes += 7) {
        await clock.advance(7 * 60_000 - 60_000)
        const [asked, key] = [clock.now(), `shop/new-${minutes}`]
        queue.add(key)
        await clock.advance(60_000)
        waits.push((done.find((one) => one.key === key)?.at ?? Infinity) - asked)
      }
      expect(Math.max(...waits)).toBeLessThanOrEqual(60_000)
      expect(refused).toEqual([])
    },
    LIMIT,
  )
})
