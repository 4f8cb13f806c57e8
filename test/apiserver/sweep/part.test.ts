import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { leaks } from '../../support/bad-days.ts'
import type { Fault } from '../../support/faults.ts'
import { SCENARIOS } from '../../support/scenarios.ts'
import { wrongWith, sweepThrough } from '../../support/sweep-table.ts'
import { endStage, play, type Stage, startStage } from '../../support/sweep.ts'

/* What `make sweep` goes through whole: here the scenario that pays and the faults that cost most. */
const FAULTS: readonly Fault[] = [
  'crash before it',
  'crash after it',
  'answer lost',
  'crash, and the past',
  'shown late',
]

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => endStage(stage))

describe('an order, under a fault at each of its calls', () => {
  test('ends as without one, and is bought as often', async () => {
    expect(await sweepThrough(stage, 'issued at once', FAULTS)).toEqual([])
  }, 600_000)

  test('is bought once by an operator that dies twenty times, each time before it knows of its order', async () => {
    const deaths = Array.from({ length: 19 }, () => ({ at: 0, fault: 'crash before it' as const }))
    const { trace } = await play(stage, SCENARIOS['issued at once'], 'living')
    const afterPost = trace.findIndex(({ label }) => label.startsWith('POST order/')) + 1
    const plans = [{ at: afterPost, fault: 'crash before it' as const }, ...deaths]

    const run = await play(stage, SCENARIOS['issued at once'], 'dying', { plans, limitMs: 240_000 })

    expect(wrongWith(run)).toEqual([])
  }, 360_000)

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
