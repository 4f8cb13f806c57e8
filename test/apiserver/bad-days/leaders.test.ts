import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bed, bought, leaks, orderPost, place, startBed, untilBought, untilReady } from '../../support/bad-days.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: Bed
let operators: OperatorProcess[]
beforeAll(async () => {
  bed = await startBed({ operator: 'none', flags: { 'leader-elect': true } })
  operators = [await bed.startOperator(), await bed.startOperator()]
})
afterAll(() => bed.close())

const LEASE = () => ({ kind: 'Lease', namespace: bed.operatorNamespace, name: 'digicert-operator' })

async function holder(): Promise<string | undefined> {
  const lease = (await bed.cluster.get(LEASE())) as { spec?: { holderIdentity?: string } } | undefined
  return lease?.spec?.holderIdentity === '' ? undefined : lease?.spec?.holderIdentity
}

/** The replica that says in its log that it leads under the identity of the Lease. */
const untilLed = (limitMs: number): Promise<OperatorProcess> =>
  waitFor(
    async () => {
      const identity = await holder()
      const says = (line: string) => line.includes('Became leader') && line.includes(identity ?? 'nobody')
      return operators.find((operator) => operator.pid() !== undefined && operator.logs().some(says))
    },
    { what: 'leader', limitMs },
  )
/** Who leads next, and after how long: said, as the promise is an upper limit. */
async function successor(what: string, since: number, limitMs: number): Promise<OperatorProcess> {
  const next = await untilLed(limitMs)
  console.log(`${what}: another one leads ${Math.round(performance.now() - since)} ms later`)
  return next
}

const other = (than: OperatorProcess): OperatorProcess => operators.find((operator) => operator !== than)!

describe('of two operators', () => {
  test('one works, and each order is bought once', async () => {
    await untilLed(20_000)
    await place(bed, 'led')

    await untilReady(bed, 'led')

    expect(await bought(bed, 'led')).toHaveLength(1)
    expect(operators.filter((operator) => operator.logs().some((line) => line.includes('PlaceOrder')))).toHaveLength(1)
  })

  test('the other takes over within 20 s when the leader is killed while it orders, and buys nothing twice', async () => {
    const leader = await untilLed(20_000)
    await bed.control.addFault({ match: orderPost(), action: 'hang', after: true })
    await place(bed, 'orphan')
    await untilBought(bed, 'orphan')

    const killed = performance.now()
    await leader.kill('SIGKILL')

    expect(await successor('leader killed', killed, 20_000)).toBe(other(leader))
    await untilReady(bed, 'orphan', 30_000)
    expect(await bought(bed, 'orphan')).toHaveLength(1)
    await leader.restart()
  }, 120_000)

  test('the leader gives the Lease back when it is asked to stop, and the other has it within 5 s', async () => {
    const leader = await untilLed(20_000)

    const asked = performance.now()
    expect(await leader.stop()).toBe(0)

    expect(await successor('leader asked to stop', asked, 5000)).toBe(other(leader))
    await place(bed, 'after')
    await untilReady(bed, 'after')
    await leader.restart()
  }, 90_000)

  test('one that loses the Lease to somebody else ends with 2, and buys nothing more', async () => {
    const leader = await untilLed(20_000)
    const spec = { holderIdentity: 'somebody-else', renewTime: new Date().toISOString().replace('Z', '000Z') }
    await bed.cluster.patch(LEASE(), { spec })

    expect(await leader.exit()).toBe(2)

    expect(leader.logs().some((line) => line.includes('leadership was lost'))).toBe(true)
    await place(bed, 'last')
    await untilReady(bed, 'last', 40_000)
    expect(await bought(bed, 'last')).toHaveLength(1)
  }, 120_000)
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  for (const operator of operators.filter(({ pid }) => pid() !== undefined))
    expect(await leaks({ ...bed, operator })).toEqual([])
})
