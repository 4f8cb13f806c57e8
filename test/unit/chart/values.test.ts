import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { valuesIn as chartValuesIn } from '../../../scripts/generated/chart.ts'
import { leavesOf } from '../../../scripts/generated/chart-values.ts'
import { rendered, prepareHelm } from '../../support/chart.ts'
import { ROW_SETS, standing, valuesIn } from './value-rows.ts'

prepareHelm()

const CHECKOUT = path.resolve(import.meta.dirname, '../../..')

describe.each(ROW_SETS)('of the values that ask for $name', (set) => {
  const given = valuesIn(set)

  test.each(set.rows)('%s does what it says', async (_value, _set, place, stands) => {
    expect(standing(await rendered(given), place)).toEqual(stands)
    expect(standing(await rendered(), place)).not.toEqual(stands)
  })
})

test('every value of values.yaml is among them', () => {
  const shown = ROW_SETS.flatMap(({ rows }) => rows.map(([value]) => value))
  const present = leavesOf(chartValuesIn(CHECKOUT)).map((leaf) => leaf.path)
  expect(shown.sort()).toEqual(present.sort())
})
