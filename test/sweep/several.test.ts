import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mulberry } from '../../src/simulator/ids.ts'
import { leaks } from '../support/bad-days.ts'
import { type Fault, faultsOf } from '../support/faults.ts'
import { SCENARIOS, type ScenarioName } from '../support/scenarios.ts'
import { note } from '../support/sweep-table.ts'
import { endStage, play, type Plan, type Stage, startStage } from '../support/sweep.ts'

/* SEED=n make sweep plays the same runs again. */
const SEED = Number(process.env['SEED'] ?? 20_261_124)
const RUNS = Number(process.env['RUNS'] ?? 60)

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => endStage(stage))

const random = mulberry(SEED)
const below = (limit: number): number => Math.floor(random() * limit)
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)]!

/* Those that strike every call, so that none of several waits for a call that does not come. */
const ANYWHERE: readonly Fault[] = faultsOf('anywhere')
const drawn = Array.from({ length: RUNS }, (_, number) => ({
  number,
  scenario: oneOf(Object.keys(SCENARIOS) as ScenarioName[]),
  plans: Array.from({ length: 2 + below(3) }, (): Plan => ({ at: below(4), fault: oneOf(ANYWHERE) })),
}))

describe(`an order, under two to four faults one after the other, drawn from seed ${SEED}`, () => {
  const references = new Map<ScenarioName, string>()
  test.each(drawn)('$number: $scenario ends as without them', async ({ number, scenario, plans }) => {
    const way = SCENARIOS[scenario]
    if (!references.has(scenario))
      references.set(scenario, (await play(stage, way, `plain-${scenario.replaceAll(/[^a-z]+/g, '-')}`)).end)
    const run = await play(stage, way, `several-${number}`, { plans, reference: references.get(scenario)! })
    // The order may be done before the last of its faults is due.
    const { broken } = run
    note({ scenario, fault: 'several, by seed', runs: 1, orders: run.purchases, broken })

    expect({ plans, broken }).toEqual({ plans, broken: [] })
  })

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
