import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { unpurchasable } from '../../src/api/order.ts'
import { DAY } from '../../src/order/schedule.ts'
import type { KnockOut, Play } from './life.ts'
import { LAWS_OF_THE_BRAKE } from './laws.ts'
import { anyPlay } from './plays.ts'
import { lawOf } from './property.ts'

const LIMIT = 120_000

/** The same plays for some months, without a guard. A clock that is off is none of what the guards are for. */
const without = (...guards: KnockOut[]): fc.Arbitrary<Play> =>
  anyPlay.map((play) => ({ ...play, lasts: 200 * DAY, without: guards, skews: [], crashes: [] }))

/** A plan of a day may be over a second after it is bought: such a spec is refused, and what is bought has the brake. */
const withoutBrake = without('brake').filter(({ spec }) => unpurchasable(spec).length === 0)

const nothing = (): void => undefined

describe('the guards of money, knocked out one by one', () => {
  test(
    'the brake holds the law where everything is due at once',
    () => fc.assert(lawOf(without('bounds'), nothing, LAWS_OF_THE_BRAKE), { numRuns: 300, seed: 1 }),
    LIMIT,
  )

  test(
    'the bounds hold the law without the brake',
    () => fc.assert(lawOf(withoutBrake, nothing), { numRuns: 300, seed: 1 }),
    LIMIT,
  )

  test(
    'without both, the law is broken: it would show a fault in either',
    async () => {
      const { failed } = await fc.check(lawOf(without('bounds', 'brake'), nothing, LAWS_OF_THE_BRAKE), {
        numRuns: 100,
        seed: 1,
      })
      expect(failed).toBe(true)
    },
    LIMIT,
  )
})
