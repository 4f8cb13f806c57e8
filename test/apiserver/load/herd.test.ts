import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bed, SECOND_KEY, THIRD_KEY, accountIn, leaks, orderIn, startBed } from '../../support/bad-days.ts'
import { type Gauge, type Herd, applyHerd, areReady, namesOf, purchases, startGauge } from '../../support/herd.ts'
import { isReady } from '../../support/cluster.ts'
import { waitFor } from '../../support/wait-for.ts'

/** `make load` uses up the 5 minutes of a key twice; the rest of the tests make do with what one burst allows. */
const isWhole = process.env['LOAD'] === 'all'
const SIZE = isWhole ? { crowd: 880, neighbours: 20, others: 100 } : { crowd: 66, neighbours: 6, others: 10 }
const LIMIT = isWhole ? 1_800_000 : 120_000
const EVERY = isWhole ? 2000 : 500

/** Longer than there ever is between two purchases of a key that has calls left. */
const STANDSTILL = 8_000

const policy = { maxOrdersPerDay: 2000 }
const at = (began: Date, { at: date }: { at: Date }): string =>
  `${((date.getTime() - began.getTime()) / 1000).toFixed(0)} s`

let bed: Bed
let crowd: Herd
let neighbours: Herd
let others: Herd
beforeAll(async () => {
  bed = await startBed({
    account: { policy },
    settings: { rateLimits: { enabled: true } },
    flags: { 'poll-interval': '60s', 'log-level': 'info' },
  })
  const elsewhere = { ...bed, namespace: bed.otherNamespace }
  await bed.cluster.apply([
    ...accountIn(elsewhere, 'certcentral', { policy }),
    ...accountIn(elsewhere, 'second', { policy, apiKey: SECOND_KEY }),
  ])
  crowd = { prefix: 'crowd', namespace: bed.namespace, account: 'certcentral', count: SIZE.crowd }
  neighbours = { prefix: 'near', namespace: bed.otherNamespace, account: 'certcentral', count: SIZE.neighbours }
  others = { prefix: 'other', namespace: bed.otherNamespace, account: 'second', count: SIZE.others }
})
afterAll(() => bed.close())

describe('a herd of orders applied at once, most of them with one API key', () => {
  let gauge: Gauge
  let began: Date
  let came: Date
  let bought: { name: string; at: Date }[]
  beforeAll(async () => {
    began = new Date()
    gauge = await startGauge(bed)
    for (const herd of [crowd, neighbours, others]) await applyHerd(bed, herd)
    await theWorstMoment()
    came = new Date()
    await bed.cluster.apply(orderIn(bed.otherNamespace, 'urgent'))
    const settled = async () => {
      await gauge.look()
      const here = await areReady(bed, bed.namespace, SIZE.crowd)
      return here && (await areReady(bed, bed.otherNamespace, SIZE.neighbours + SIZE.others + 1))
    }
    await waitFor(settled, { what: 'herd that is Ready', limitMs: LIMIT, everyMs: EVERY })
    bought = await purchases(bed)
    tell()
  }, LIMIT + 60_000)

  /** Somebody comes when the calls of the key are used up, or where that never happens, when half of the crowd is through. */
  async function theWorstMoment(): Promise<void> {
    const look = async () => {
      await gauge.look()
      const times = (await purchases(bed)).filter(({ name }) => name.startsWith('crowd')).map(({ at: date }) => date)
      const last = times.at(-1)
      if (!isWhole || !last) return times.length >= SIZE.crowd / 2
      return times.length >= SIZE.crowd / 3 && Date.now() - last.getTime() > STANDSTILL
    }
    await waitFor(look, { what: 'moment in the middle', limitMs: LIMIT, everyMs: EVERY / 5 })
  }

  function tell(): void {
    const lines = [crowd, neighbours, others].map((herd) => {
      const own = bought.filter(({ name }) => name.startsWith(`${herd.prefix}-`))
      return `${herd.prefix}: ${own.length} bought, the first after ${at(began, own[0]!)}, the last after ${at(began, own.at(-1)!)}`
    })
    const urgent = bought.find(({ name }) => name === 'urgent')!
    const minutes = gauge
      .minutes()
      .map(({ calls, tooMany, rssMiB }, minute) => `${minute} | ${calls} | ${tooMany} | ${rssMiB}`)
    console.log(
      [
        ...lines,
        `urgent: came after ${at(began, { at: came })}, was bought after ${at(began, urgent)}`,
        'minute | calls | 429 | MiB',
        ...minutes,
      ].join('\n'),
    )
  }

  /** How many of the crowd had been bought when the last of some names was. */
  const crowdBefore = (names: readonly string[]): number => {
    const last = Math.max(...names.map((name) => bought.findIndex((purchase) => purchase.name === name)))
    return bought.slice(0, last).filter(({ name }) => name.startsWith('crowd')).length
  }

  test('is all issued, and each order is bought once', () => {
    const names = [...[crowd, neighbours, others].flatMap(namesOf), 'urgent']
    expect(bought.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  })

  test('earns no 429', () => {
    expect(gauge.minutes().map(({ tooMany }) => tooMany)).toEqual(gauge.minutes().map(() => 0))
  })

  test.each([
    ['orders with another API key', () => namesOf(others)],
    ['orders of another namespace with the same API key', () => namesOf(neighbours)],
  ])('leaves %s their share, though they were applied last', (_name, names) => {
    expect(crowdBefore(names())).toBeLessThan(SIZE.crowd * 0.75)
  })

  test('lets an order of somebody else through that comes in the middle of it', () => {
    const meanwhile = bought
      .slice(
        0,
        bought.findIndex(({ name }) => name === 'urgent'),
      )
      .filter(({ at: date }) => date > came)
    expect(meanwhile.length).toBeLessThan(SIZE.crowd * 0.4)
  })
})

describe('an account whose calls are used up', () => {
  /** 30 calls in 5 minutes, of which 28 at once: two for each order, if none is asked for in vain. */
  const requestsPerSecond = 0.1
  const slow: Omit<Herd, 'namespace'> = { prefix: 'slow', account: 'slow', count: 40 }
  const quick: Omit<Herd, 'namespace'> = { prefix: 'quick', account: 'second', count: 8 }
  /** Less than a call waits for its turn before it gives up: a worker that waits so long is one too many. */
  const PATIENCE = 25_000

  test('holds up no order of another one', async () => {
    await bed.cluster.apply(accountIn(bed, 'slow', { policy, apiKey: THIRD_KEY, requestsPerSecond }))
    await applyHerd(bed, { ...slow, namespace: bed.namespace })
    const slowOnes = async () => (await purchases(bed)).filter(({ name }) => name.startsWith('slow'))
    const isUsedUp = async () => {
      const last = (await slowOnes()).at(-1)
      return last !== undefined && Date.now() - last.at.getTime() > 4000
    }
    await waitFor(isUsedUp, { what: 'used-up account', limitMs: 60_000, everyMs: 500 })
    await applyHerd(bed, { ...quick, namespace: bed.otherNamespace })
    const areQuick = async () => {
      const orders = await Promise.all(
        namesOf({ ...quick, namespace: '' }).map((name) => bed.cluster.order(bed.otherNamespace, name)),
      )
      return orders.every((order) => order !== undefined && isReady(order))
    }
    await waitFor(areQuick, { what: 'orders of the other account that are Ready', limitMs: PATIENCE })
    expect((await slowOnes()).length).toBeLessThan(slow.count)
  }, 120_000)
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
