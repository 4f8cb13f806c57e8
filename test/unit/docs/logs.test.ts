import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createWorld } from '../../model/world.ts'
import { run } from '../../model/drive.ts'
import { schedule } from '../../model/faults.ts'
import { CHECKOUT } from '../../apiserver/docs/markdown.ts'
import { type LogLine, keptLog } from '../../support/log-lines.ts'

const page = readFileSync(join(CHECKOUT, 'docs/logs.md'), 'utf8')
const [, block = ''] = /```json\n([^]*?)```/.exec(page) ?? []
const shown = block
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as LogLine)

/** A line without the time at which it was written. */
const timeless = ({ time, ...line }: LogLine): object => ({ ...line, hasTime: typeof time === 'string' })

test('docs/logs.md shows the lines of an order that had to be approved as the operator writes them', async () => {
  const { log, told } = keptLog('info')
  await run(createWorld({ uniqueIds: 'no', course: 'approval', log }, schedule()))
  const written = told().map(timeless)
  expect(shown.map(timeless)).toEqual(written.slice(-shown.length))
})

test('docs/logs.md has a row for each field of the lines that it shows', () => {
  const rows = [...page.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, field = '']) => field),
  )
  const fields = new Set(shown.flatMap((line) => Object.keys(line)))
  expect([...fields].filter((field) => !rows.includes(field) && !ONLY_SOMETIMES.includes(field))).toEqual([])
})

/** Facts of one step, which its name explains. */
const ONLY_SOMETIMES = ['orderStatus', 'notAfter']
