import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bought, leaks, place, untilReady } from '../support/bad-days.ts'
import { applyCrds, type ControlPlane } from '../support/control-plane.ts'
import { faultsOf } from '../support/faults.ts'
import { sweepThrough } from '../support/sweep-table.ts'
import { endStage, play, type Stage, startStage } from '../support/sweep.ts'
import { CRDS, startOwnTestBed } from '../support/test-bed.ts'
import { SCENARIOS } from '../support/scenarios.ts'
import { succeed } from '../support/kubectl.ts'

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

  test('is taken up again, and not bought again, when its kind was removed from the cluster with all orders', async () => {
    const { bed, operator } = stage
    const { broken } = await play(stage, SCENARIOS['issued at once'], 'unknown')
    expect(broken).toEqual([])

    await succeed(plane.kubectl, ['delete', 'crd', 'digicertorders.digicert-operator.io', '--wait=true'])
    await applyCrds(plane.kubectl, CRDS)
    await place(bed, 'unknown')

    await untilReady(bed, 'unknown', 120_000)
    expect(await bought(bed, 'unknown')).toHaveLength(1)
    expect(operator.pid()).toBeDefined()
  })

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
