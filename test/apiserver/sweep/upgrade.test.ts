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

/* What `make sweep` goes through whole: here the moments that cost most. */
const BUYS = 'POST order/certificate'
const DEATHS: readonly (readonly [ScenarioName, Deaths])[] = [
  ['issued at once', (label) => label.startsWith(BUYS)],
  ['renewed', (label, crash) => label.startsWith(BUYS) && crash === 'crash after it'],
]

describe('an order of the version before, which dies as it sends the order and is followed by this one', () => {
  upgradeTest.each(DEATHS)(
    '%s ends as under the version before alone, and is bought as often',
    async (name, dies) => {
      expect(await upgradeThrough(plane!, earlierVersion(), name, dies)).toEqual([])
    },
    300_000,
  )
})
