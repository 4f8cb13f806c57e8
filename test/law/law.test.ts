import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { playThrough } from './engine.ts'
import { difference } from './foretold.ts'
import { IS_COVERED } from './laws.ts'
import { anyPlay, peacefulPlay, quickPlay } from './plays.ts'
import { lawOf, yearsOf } from './property.ts'

/** `make law` plays a million years; these are for every change. */
const PLAYS = 3700
const YEARS = 10_000
/** The same plays each time: a change is judged by them, and `make law` plays others. */
const SEED = 20_261_129
const LIMIT = 600_000

describe('the law of money', () => {
  test(
    'holds in ten thousand years of resources, whatever their specs, CertCentral, clocks, people and crashes do',
    async () => {
      let years = 0
      const count = lawOf(anyPlay, (life) => void (years += yearsOf(life)))
      await fc.assert(count, { numRuns: PLAYS, seed: SEED })
      expect(years).toBeGreaterThan(YEARS)
    },
    LIMIT,
  )

  test(
    'leaves no moment without a certificate, where CertCentral issues within two days and the spec leaves time for it',
    () =>
      fc.assert(
        lawOf(quickPlay, () => undefined, [IS_COVERED]),
        { numRuns: 300 },
      ),
    LIMIT,
  )

  test(
    'is what digicert-operator plan foretells, where nothing goes wrong',
    async () => {
      const foretells = fc.asyncProperty(peacefulPlay, async (play) =>
        expect(difference(await playThrough(play))).toBeUndefined(),
      )
      await fc.assert(foretells, { numRuns: 400, seed: SEED })
    },
    LIMIT,
  )
})
