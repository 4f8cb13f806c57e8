import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startApiGate } from '../../support/api-gate.ts'
import { type Bed, bought, place, startBed, untilReady } from '../../support/bad-days.ts'
import { freeze, placedOne, playLateCall, thaw, untilLeads } from '../../support/old-leader.ts'
import type { OperatorProcess } from '../../support/operator-process.ts'
import { waitFor } from '../../support/wait-for.ts'

const LEADERSHIP_LOST = 2

let bed: Bed
let started: OperatorProcess[] = []
beforeAll(async () => {
  bed = await startBed({ operator: 'none', flags: { 'leader-elect': true } })
})
afterEach(async () => {
  await Promise.all(started.map((operator) => operator.kill()))
  started = []
  // Nobody is to wait for the Lease of one that was killed.
  await bed.cluster.remove(LEASE())
})
afterAll(() => bed.close())

const LEASE = () => ({ kind: 'Lease', namespace: bed.operatorNamespace, name: 'digicert-operator' })

async function start(...args: Parameters<Bed['startOperator']>): Promise<OperatorProcess> {
  const operator = await bed.startOperator(...args)
  started.push(operator)
  return operator
}

/** Milliseconds until the old leader has ended. */
async function endOf(old: OperatorProcess): Promise<{ code: number | string; ms: number }> {
  const from = performance.now()
  return { code: await old.exit(), ms: performance.now() - from }
}

describe('a leader that is frozen for longer than its Lease', () => {
  test('ends at once when it wakes up, and sends nothing more', async () => {
    const old = await start()
    await untilLeads(old)
    const successor = await start()
    freeze(old)
    await untilLeads(successor)
    await place(bed, 'frozen')
    await untilReady(bed, 'frozen')

    thaw(old)

    const { code, ms } = await endOf(old)
    console.log(`a frozen leader ended ${Math.round(ms)} ms after it woke up`)
    expect(code).toBe(LEADERSHIP_LOST)
    expect(ms).toBeLessThan(5000)
    expect(placedOne(old)).toBe(false)
    expect(await bought(bed, 'frozen')).toHaveLength(1)
  }, 90_000)

  test.each([
    ['its write of the sent mark comes too late, and is refused', 'late-write', 'write', 409],
    ['the sent mark was written before it froze, and it does not send what it marked', 'late-post', 'answer', 200],
  ] as const)(
    '%s: one purchase',
    async (_what, name, frozenWith, status) => {
      const late = await playLateCall(bed, { name, frozenWith, fence: 'leader election' })
      started = [late.old, late.successor]

      expect(late.purchases).toBe(1)
      expect(late.status).toBe(status)
      expect(await late.old.exit()).toBe(LEADERSHIP_LOST)
      expect(placedOne(late.old)).toBe(false)
      expect((await untilReady(bed, name)).status?.history).toHaveLength(1)
    },
    120_000,
  )
})

test('without the election the same schedule is seen to buy twice', async () => {
  const late = await playLateCall(bed, { name: 'unfenced', frozenWith: 'answer', fence: 'none' })
  started = [late.old, late.successor]

  expect(late.purchases).toBe(2)
}, 120_000)

test('a leader that is cut off from the API server alone sends nothing more, and ends before another one leads', async () => {
  const gate = await startApiGate(process.env['KUBECONFIG'] ?? '')
  const old = await start({ kubeconfig: gate.kubeconfig })
  await untilLeads(old)
  const successor = await start()
  const isCut = gate.cutAtStatus('"sentAt"')
  await place(bed, 'parted')
  await isCut

  const { code, ms } = await endOf(old)

  console.log(`a leader that was cut off ended ${Math.round(ms)} ms later`)
  expect(code).toBe(LEADERSHIP_LOST)
  expect(await bought(bed, 'parted')).toEqual([])
  await untilReady(bed, 'parted', 40_000)
  expect(await bought(bed, 'parted')).toHaveLength(1)
  expect([old, successor].map(placedOne)).toEqual([false, true])
  await gate.close()
}, 120_000)

describe('the Lease', () => {
  const leading = async (): Promise<number> => {
    const alive = started.filter((operator) => operator.pid() !== undefined)
    const texts = await Promise.all(alive.map(({ metricsUrl }) => fetch(metricsUrl).then((answer) => answer.text())))
    return texts.filter((text) => /^leader_election_master_status(\{.*\})? 1$/m.test(text)).length
  }

  test.each([
    ['is deleted', 'deleted', () => bed.cluster.remove(LEASE())],
    ['is emptied', 'emptied', () => bed.cluster.patch(LEASE(), { spec: { holderIdentity: '' } })],
    ['loses its spec', 'bare', () => bed.cluster.patch(LEASE(), { spec: null })],
  ])(
    '%s by hand: one leads afterwards, and buys once',
    async (_what, name, meddle) => {
      const replicas = [await start(), await start()]
      await waitFor(async () => (await leading()) === 1, { what: 'leader', limitMs: 30_000 })

      await meddle()

      const isHeld = async () => {
        const { spec } = ((await bed.cluster.get(LEASE())) ?? {}) as { spec?: { holderIdentity?: string } }
        return spec?.holderIdentity !== undefined && spec.holderIdentity !== '' && (await leading()) === 1
      }
      await waitFor(isHeld, { what: 'one leader that holds the Lease', limitMs: 40_000 })
      await place(bed, name)
      await untilReady(bed, name)
      expect(await bought(bed, name)).toHaveLength(1)
      expect(replicas.filter(placedOne)).toHaveLength(1)
      expect(await leading()).toBe(1)
    },
    90_000,
  )
})
