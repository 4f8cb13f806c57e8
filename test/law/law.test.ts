import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PROPERTIES, yearsOf } from './property.ts'

const YEARS = 10_000
/** The same plays each time: a change is judged by them, and `make law` plays others. */
const SEED = 20_261_129
const LIMIT = 600_000

/** Plays, and gives the years that were played. */
const played = async ({ of, playsInTest: numRuns }: (typeof PROPERTIES)[keyof typeof PROPERTIES]): Promise<number> => {
  let years = 0
  await fc.assert(
    of((life) => void (years += yearsOf(life))),
    { numRuns, seed: SEED },
  )
  return years
}

describe('the law of money', () => {
  test(
    'holds in ten thousand years of resources, whatever their specs, CertCentral, clocks, people and crashes do',
    async () => {
      expect(await played(PROPERTIES.law)).toBeGreaterThan(YEARS)
    },
    LIMIT,
  )

  test(
    'leaves no moment without a certificate, where CertCentral issues within two days and the spec leaves time for it',
    async () => {
      expect(await played(PROPERTIES.covered)).toBeGreaterThan(0)
    },
    LIMIT,
  )

  test(
    'is what digicert-operator plan foretells, where nothing goes wrong',
    async () => {
      expect(await played(PROPERTIES.foretold)).toBeGreaterThan(0)
    },
    LIMIT,
  )
})
