import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { type Fault, plansFor } from './faults.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import { play, type Run, type Stage } from './sweep.ts'

/** What came of all runs of a scenario under a fault. */
export type Row = {
  readonly scenario: string
  readonly fault: string
  readonly runs: number
  readonly orders: number
  readonly broken: readonly string[]
}

/** Plays a scenario without a fault, and then under each fault at each of its calls. Gives what was broken. */
export async function sweepThrough(stage: Stage, scenario: ScenarioName, faults: readonly Fault[]): Promise<string[]> {
  const slug = scenario.replaceAll(/[^a-z]+/g, '-')
  const plain = await play(stage, SCENARIOS[scenario], `${slug}-plain`)
  if (plain.broken.length > 0) return [`without a fault: ${plain.broken.join('; ')}`]
  const broken: string[] = []
  for (const { at, fault } of plansFor(plain.trace, faults)) {
    const name = `${slug}-${at}-${fault.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
    const run = await play(stage, SCENARIOS[scenario], name, { plans: [{ at, fault }], reference: plain.end })
    const faulty = wrongWith(run).map((what) => `${name} (${plain.trace[at]?.label ?? ''}): ${what}`)
    note({ scenario, fault, runs: 1, orders: run.purchases, broken: faulty })
    broken.push(...faulty)
  }
  return broken
}

/** What is wrong with a run, and that its fault never happened, as then it shows nothing. */
export const wrongWith = ({ broken, struck }: Run): string[] => [...broken, ...(struck ? [] : ['a fault never struck'])]

const file = (): string => process.env['SWEEP_REPORT'] ?? ''

/** Writes a run where the table is made from, which several processes fill. */
export const note = (row: Row): void => {
  if (file() !== '') appendFileSync(file(), `${JSON.stringify(row)}\n`)
}

/** The table of all runs so far, or undefined where there are none. */
export function table(): string | undefined {
  if (file() === '' || !existsSync(file())) return undefined
  const rows = new Map<string, Row>()
  for (const line of readFileSync(file(), 'utf8').split('\n').filter(Boolean)) {
    const row = JSON.parse(line) as Row
    const key = `${row.scenario} | ${row.fault}`
    const sum = rows.get(key)
    if (sum === undefined) rows.set(key, row)
    else rows.set(key, added(sum, row))
  }
  const all = [...rows.values()].toSorted((a, b) => (a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0))
  const runs = all.reduce((total, row) => total + row.runs, 0)
  const lines = all.map(
    ({ scenario, fault, runs: count, orders, broken }) =>
      `| ${scenario} | ${fault} | ${count} | ${orders} | ${broken.length} |`,
  )
  return [
    '| scenario | fault | runs | orders placed | promises broken |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `${runs} runs, ${all.flatMap(({ broken }) => broken).length} promises broken`,
    ...all.flatMap(({ broken }) => broken),
  ].join('\n')
}

const added = (sum: Row, row: Row): Row => ({
  ...sum,
  runs: sum.runs + row.runs,
  orders: sum.orders + row.orders,
  broken: [...sum.broken, ...row.broken],
})
