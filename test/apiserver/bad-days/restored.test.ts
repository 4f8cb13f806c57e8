import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Bed, bought, place, startBed, untilReady } from '../../support/bad-days.ts'
import type { ControlPlane } from '../../support/control-plane.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { startOwnTestBed } from '../../support/test-bed.ts'
import { waitFor } from '../../support/wait-for.ts'

let plane: ControlPlane
let bed: Bed
beforeAll(async () => {
  plane = await startOwnTestBed(process.env, () => undefined)
  process.env['KUBECONFIG'] = plane.kubeconfig
  bed = await startBed({ operator: 'none', flags: { 'leader-elect': true } })
}, 60_000)
afterAll(async () => {
  await bed.close()
  await plane.stop()
})

const said = (operator: OperatorProcess, what: RegExp): Promise<unknown> =>
  waitFor(() => Promise.resolve(operator.logs().some((line) => what.test(line))), {
    what: String(what),
    limitMs: 60_000,
  })

/**
 * Waits for so many renewals of the Lease. They are two seconds apart and a candidate looks each four at the latest, so
 * after three of them each replica has seen a version that is in no backup from before.
 */
const untilRenewed = async (count: number): Promise<void> => {
  const seen = new Set<string | undefined>()
  const look = async () => {
    const [lease] = await bed.cluster.list({ kind: 'Lease', namespace: bed.operatorNamespace })
    return seen.add(lease?.metadata.resourceVersion).size > count
  }
  await waitFor(look, { what: `${count} renewals`, limitMs: 60_000 })
}

test('etcd restored to before a purchase: whoever leads and whoever waits starts anew, and nothing is bought twice', async () => {
  const operators = [await bed.startOperator()]
  await said(operators[0]!, /Became leader/)
  operators.push(await bed.startOperator())
  await place(bed, 'before')
  await untilReady(bed, 'before')
  const backup = await plane.backUp()
  await place(bed, 'lost')
  const first = await untilReady(bed, 'lost', 60_000)
  await untilRenewed(3)

  await plane.restore(backup)
  expect(await Promise.all(operators.map((operator) => operator.exit()))).toEqual([2, 2])
  await place(bed, 'after')
  await place(bed, 'lost')
  await Promise.all(operators.map((operator) => operator.restart()))

  await untilReady(bed, 'after', 60_000)
  const second = await untilReady(bed, 'lost', 60_000)
  expect(second.status?.order?.id).toBe(first.status?.order?.id)
  expect(await bought(bed, 'lost')).toHaveLength(1)
}, 240_000)
