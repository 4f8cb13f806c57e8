import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Guard } from '../../support/guards-off.ts'
import { SCENARIOS } from '../../support/scenarios.ts'
import { endStage, play, type Plan, type Stage, startStage } from '../../support/sweep.ts'

const ISSUED = SCENARIOS['issued at once']
const LOOK_UP = 'GET order/alternate/'

const MANY = 3600

let stage: Stage
let post: number
beforeAll(async () => {
  // Look-ups show an order 12 s late: more than a restart takes, less than the unknown-outcome timeout. CertCentral takes an id twice,
  // and lists show nothing, so that an order is found by its id alone.
  // Two operators meet at calls that neither has given up, or one would meet itself.
  stage = await startStage({ flags: { 'unknown-outcome-timeout': '15s', 'request-timeout': '20s' } })
  await stage.bed.control.changeSettings({
    uniqueAlternativeOrderIds: false,
    lookupLagSeconds: 12,
    listLagSeconds: MANY,
  })
  const { trace } = await play(stage, ISSUED, 'plain')
  post = trace.findIndex(({ label }) => label.startsWith('POST order/'))
})
afterAll(() => endStage(stage))

/** How often is bought what two operators order at the same moment, none of which leads. */
const purchasesOfTwo = async (name: string): Promise<number> => {
  const { bed, line } = stage
  const second = await bed.startOperator({ kubeconfig: line.kubeconfig, certCentral: line.certCentralUrl })
  const met = line.meet(LOOK_UP, 2)
  const { purchases } = await play(stage, ISSUED, name)
  await met
  await second.kill()
  return purchases
}

const purchasesUnder = async (name: string, fault: Plan['fault']): Promise<number> =>
  (await play(stage, ISSUED, name, { plans: [{ at: post, fault }] })).purchases

/** The same where lists show orders at once, and look-ups do not show them at all. */
const purchasesByKey = async (name: string): Promise<number> => {
  await stage.bed.control.changeSettings({ listLagSeconds: 0, lookupLagSeconds: MANY })
  const purchases = await purchasesUnder(name, 'answer lost')
  await stage.bed.control.changeSettings({ listLagSeconds: MANY, lookupLagSeconds: 12 })
  return purchases
}

type KnockOut = { guard: Guard; fault: string; bought: (name: string) => Promise<number> }

const KNOCK_OUTS: readonly KnockOut[] = [
  {
    guard: 'look-up',
    fault: 'the answer to the order is lost',
    bought: (name) => purchasesUnder(name, 'answer lost'),
  },
  // That the account keeps ids is known by what was found before; CertCentral then ceases to show them.
  { guard: 'list', fault: 'the answer is lost, and look-ups by id find nothing', bought: purchasesByKey },
  {
    guard: 'sent mark',
    fault: 'the operator dies after the order, and look-ups show it late',
    bought: (name) => purchasesUnder(name, 'crash after it'),
  },
  { guard: 'optimistic lock', fault: 'two operators order at once', bought: purchasesOfTwo },
]

describe('each guard against a second purchase, and its absence', () => {
  test.each(KNOCK_OUTS)(
    'with the $guard, one is bought where $fault; without it, two',
    async ({ guard, bought }) => {
      const slug = guard.replaceAll(' ', '-')

      const guarded = await bought(`with-${slug}`)
      stage.line.without(guard)
      const bare = await bought(`without-${slug}`)
      stage.line.without()

      expect([guarded, bare]).toEqual([1, 2])
    },
    200_000,
  )
})
