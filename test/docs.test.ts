import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ACCOUNT_REASONS, ORDER_REASONS } from '../src/api/reasons.ts'

const page = readFileSync(`${import.meta.dirname}/../docs/reference.md`, 'utf8')

/** The first cells of the tables below a heading, up to the next heading. */
const rowsBelow = (heading: string): string[] => {
  const [, section = ''] = page.split(`### ${heading}\n`)
  const [own = ''] = section.split(/^#{1,3} /m)
  return [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell)
}

describe('docs/reference.md tells of every reason, and of no other', () => {
  test.each<readonly [string, readonly string[]]>([
    ['Reasons of an order', Object.keys(ORDER_REASONS)],
    ['Reasons of an account', Object.keys(ACCOUNT_REASONS)],
  ])('%s', (heading, reasons) => {
    expect(rowsBelow(heading).sort()).toEqual([...reasons].sort())
  })

  test.each(Object.entries({ ...ORDER_REASONS, ...ACCOUNT_REASONS }))('with the sentence of %s', (reason, sentence) => {
    expect(page).toContain(`| \`${reason}\` | ${sentence} |`)
  })
})

test('a reason is a word in camel case, and its sentence ends', () => {
  for (const [reason, sentence] of Object.entries({ ...ORDER_REASONS, ...ACCOUNT_REASONS })) {
    expect(reason).toMatch(/^[A-Z][A-Za-z]+$/)
    expect(sentence).toMatch(/^\S.*\.$/)
  }
})
