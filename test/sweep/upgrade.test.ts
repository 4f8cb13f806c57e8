import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import type { ControlPlane } from '../support/control-plane.ts'
import { earlierVersion, earlierVersionLacks } from '../support/earlier-version.ts'
import { SCENARIOS, type ScenarioName } from '../support/scenarios.ts'
import { startEarlierPlane, upgradeThrough } from '../support/upgrade-stage.ts'
import { upgradeTest } from '../support/upgrade-tests.ts'

let plane: ControlPlane | undefined
beforeAll(async () => {
  if (earlierVersionLacks() === undefined) plane = await startEarlierPlane(earlierVersion())
})
afterAll(() => plane?.stop())

describe('an order of the version before, which dies at each of its calls and is followed by this one', () => {
  upgradeTest.each(Object.keys(SCENARIOS) as ScenarioName[])(
    '%s ends as under the version before alone, and is bought as often',
    async (name) => {
      expect(await upgradeThrough(plane!, earlierVersion(), name)).toEqual([])
    },
  )
})
