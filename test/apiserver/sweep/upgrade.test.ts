import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import type { ControlPlane } from '../../support/control-plane.ts'
import { earlierVersion, earlierVersionLacks } from '../../support/earlier-version.ts'
import type { ScenarioName } from '../../support/scenarios.ts'
import { type Deaths, startEarlierPlane, upgradeThrough } from '../../support/upgrade-stage.ts'
import { upgradeTest } from '../../support/upgrade-tests.ts'

let plane: ControlPlane | undefined
beforeAll(async () => {
  if (earlierVersionLacks() === undefined) plane = await startEarlierPlane(earlierVersion())
})
afterAll(() => plane?.stop())

const atPurchase: Deaths = (label) => label.startsWith('POST order/certificate')

/* What `make sweep` goes through whole: here the moments that cost most. */
describe('an order of the version before, which dies as it sends the order and is followed by this one', () => {
  upgradeTest.each<ScenarioName>(['issued at once', 'renewed'])(
    '%s ends as under the version before alone, and is bought as often',
    async (name) => {
      expect(await upgradeThrough(plane!, earlierVersion(), name, atPurchase)).toEqual([])
    },
    300_000,
  )
})
