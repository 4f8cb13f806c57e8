import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { FAULTS, type Fault } from '../../support/fault-line.ts'
import { SCENARIOS, type Stage, endStage, plansFor, play, startStage } from '../../support/sweep.ts'
import { leaks } from '../../support/bad-days.ts'

/** `make sweep` goes through everything; the rest of the tests make do with the scenario and the faults that cost most. */
const isWhole = process.env['SWEEP'] === 'all'
const NAMES = isWhole ? Object.keys(SCENARIOS) : ['issued at once', 'reissued with another key']
const KINDS = Object.keys(FAULTS) as Fault[]
const PART: readonly Fault[] = ['crash before it', 'crash after it', 'answer lost']

type Row = { scenario: string; fault: Fault; runs: number; orders: number; broken: string[] }

let stage: Stage
const rows: Row[] = []
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await endStage(stage)
  console.log(tableOf(rows))
})

const tableOf = (all: readonly Row[]): string =>
  [
    'scenario | fault | runs | orders placed | promises broken',
    ...all.map(
      ({ scenario, fault, runs, orders, broken }) => `${scenario} | ${fault} | ${runs} | ${orders} | ${broken.length}`,
    ),
    `${all.reduce((sum, { runs }) => sum + runs, 0)} runs`,
  ].join('\n')

const rowOf = (scenario: string, fault: Fault): Row => {
  const known = rows.find((row) => row.scenario === scenario && row.fault === fault)
  if (known) return known
  const fresh: Row = { scenario, fault, runs: 0, orders: 0, broken: [] }
  rows.push(fresh)
  return fresh
}

describe('an order, under a fault at each of its calls', () => {
  test.each(NAMES)(
    '%s ends as without one, and is bought as often',
    async (scenario) => {
      const way = SCENARIOS[scenario]!
      const slug = scenario.replaceAll(/[^a-z]+/g, '-')
      const plain = await play(stage, way, `${slug}-plain`)
      expect(plain.broken).toEqual([])
      console.log(`${scenario}:\n${plain.trace.map(({ label }, at) => `  ${at} ${label}`).join('\n')}`)
      for (const { at, fault } of plansFor(plain.trace, isWhole ? KINDS : PART)) {
        const name = `${slug}-${at}-${KINDS.indexOf(fault)}`
        const run = await play(stage, way, name, { strike: { at, fault }, reference: plain.end })
        const row = rowOf(scenario, fault)
        row.runs += 1
        row.orders += run.purchases
        const missed = run.struck ? [] : ['the fault never struck']
        row.broken.push(
          ...[...run.broken, ...missed].map((what) => `${name} (${plain.trace[at]?.label ?? ''}): ${what}`),
        )
      }
      expect(rows.filter((row) => row.scenario === scenario).flatMap(({ broken }) => broken)).toEqual([])
    },
    isWhole ? 3_600_000 : 300_000,
  )

  test('is seen to be bought twice where both guards of a lost answer are gone: so this sweep can see it', async () => {
    const { bed, line } = stage
    line.blind('blind')
    await bed.control.changeSettings({ uniqueAlternativeOrderIds: false })
    const way = SCENARIOS['issued at once']!
    const at = (await play(stage, way, 'guarded')).trace.findIndex(({ label }) => label.startsWith('POST order/'))
    const run = await play(stage, way, 'unguarded', { strike: { at, fault: 'answer lost' } })
    line.blind('seeing')
    await bed.control.changeSettings({ uniqueAlternativeOrderIds: true })
    expect(run.broken).toEqual(['2 purchases, not 1'])
  })

  test('tells no key in logs, Events, statuses or metrics', async () => {
    expect(await leaks(stage.bed)).toEqual([])
  })
})
