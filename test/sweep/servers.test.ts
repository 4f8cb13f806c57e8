import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { leaks } from '../support/bad-days.ts'
import type { ControlPlane } from '../support/control-plane.ts'
import { faultsOf } from '../support/faults.ts'
import { sweepThrough } from '../support/sweep-table.ts'
import { endStage, type Stage, startStage } from '../support/sweep.ts'
import { startOwnTestBed } from '../support/test-bed.ts'

let plane: ControlPlane
let stage: Stage
beforeAll(async () => {
  // The others of the sweep run on a control plane that nobody strikes.
  plane = await startOwnTestBed(process.env, () => undefined)
  stage = await startStage({ plane })
})
afterAll(async () => {
  await endStage(stage)
  await plane.stop()
})

describe('an order, while the servers of the cluster die, freeze and forget at each of its calls', () => {
  test.each(['issued at once', 'reissued with another key'] as const)(
    '%s ends as without that, and is bought as often',
    async (name) => {
      expect(await sweepThrough(stage, name, faultsOf('servers'))).toEqual([])
    },
  )

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
