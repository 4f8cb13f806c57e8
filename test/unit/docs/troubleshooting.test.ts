import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { ACCOUNT_REASONS, EVENT_REASONS, ORDER_REASONS, type Reason } from '../../../src/api/reasons.ts'
import { decide } from '../../../src/order/decide.ts'
import { messageOf } from '../../../src/order/messages.ts'
import { ABOUT, NOW, anObservation } from '../../support/builders.ts'
import { SAID_OF } from './account-messages.ts'
import { FACTS_OF_REASONS } from './facts-of-reasons.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8')

/** The parts of the page that begin with a heading of that depth, by its words. */
const partsOf = (text: string, depth: string): Map<string, string> =>
  new Map(
    text
      .split(new RegExp(`^${depth} `, 'm'))
      .slice(1)
      .map((part) => [part.split('\n')[0] ?? '', part]),
  )

const groups = partsOf(page, '##')
const sections = (group: string): Map<string, string> => partsOf(groups.get(group) ?? '', '###')
const GROUPS = ['Waits for a person', 'Waits for a machine', 'Cannot go on', 'Is well']
const all = new Map(GROUPS.flatMap((group) => [...sections(group)]))

/** The message that a section quotes, in one line. */
const quoted = (section: string | undefined): string =>
  [...(section ?? '').matchAll(/^> (.*)$/gm)]
    .map(([, line]) => line)
    .join(' ')
    .replaceAll(/\\([_*|])/g, '$1')

describe('docs/troubleshooting.md has a section for every reason, and for nothing else', () => {
  test('of an order', () => {
    expect([...all.keys()].sort()).toEqual(Object.keys(ORDER_REASONS).sort())
  })

  test.each([
    ['of an account', 'Accounts', ACCOUNT_REASONS],
    ['of an Event alone', 'Events', EVENT_REASONS],
  ])('%s', (_what, group, reasons) => {
    expect([...sections(group).keys()].sort()).toEqual(Object.keys(reasons).sort())
  })

  test('and tells of each what there is to know', () => {
    const questions = ['Why', 'What to do', 'The operator', 'Money', 'Certificate']
    for (const section of all.values())
      expect([...section.matchAll(/^- \*\*(.*?):\*\* /gm)].map(([, question]) => question)).toEqual(questions)
  })
})

describe('what docs/troubleshooting.md quotes is what the operator says', () => {
  const reasons = Object.keys(ORDER_REASONS) as Reason[]
  test.each(reasons)('of %s', (reason) => {
    const o = anObservation(...FACTS_OF_REASONS[reason])
    expect(decide(o, NOW).reason).toBe(reason)
    expect(quoted(all.get(reason))).toBe(messageOf(reason, o, ABOUT))
  })

  test.each(Object.entries(SAID_OF))('of %s', async (reason, say) => {
    const section = sections('Accounts').get(reason) ?? sections('Events').get(reason)
    expect(quoted(section)).toBe(await say())
  })
})

test.each<readonly [string, readonly string[]]>([
  ['Waits for a machine', ['wait', 'act', 'look']],
  ['Cannot go on', ['stalled']],
  ['Is well', ['ready', 'held']],
])('%s: the operator judges so', (group, verdicts) => {
  const judged = ([...sections(group).keys()] as Reason[]).map((reason) => [
    reason,
    decide(anObservation(...FACTS_OF_REASONS[reason]), NOW).verdict,
  ])
  expect(judged.filter(([, verdict]) => !verdicts.includes(verdict ?? ''))).toEqual([])
})
