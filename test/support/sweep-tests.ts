import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { leaks } from './bad-days.ts'
import { faultsOf } from './faults.ts'
import type { ScenarioName } from './scenarios.ts'
import { sweepThrough } from './sweep-table.ts'
import { endStage, type Stage, startStage } from './sweep.ts'

/** The tests of one part of `make sweep`: each of these scenarios under each fault at each of its calls. */
export function sweepOf(...names: readonly ScenarioName[]): void {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage()
  })
  afterAll(() => endStage(stage))

  describe('an order, under every fault at each of its calls', () => {
    test.each(names)('%s ends as without one, and is bought as often', async (name) => {
      expect(await sweepThrough(stage, name, faultsOf('calls'))).toEqual([])
    })

    test('tells no key in logs, Events, statuses or metrics', async () => {
      expect(await leaks(stage.bed)).toEqual([])
    })
  })
}
