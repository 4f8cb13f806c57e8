/**
 * What is other each time a page is run: times, days, ages, ids, random values, digests, and how wide a table is.
 */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '<minute>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<day>'],
  [/\b\d+(?:d|h|m|s|ms)(?:\d+[hms])?\b/g, '<age>'],
  [/\b[0-9a-f]{40,64}\b/gi, '<digest>'],
  [/\b[0-9a-z]{32}\b/g, '<value>'],
  [/\b\d{6,}\b/g, '<id>'],
  [/\s+/g, ' '],
]

export const masked = (line: string): string =>
  MASKS.reduce((text, [pattern, mask]) => text.replaceAll(pattern, mask), line.trim())

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(masked)
    .filter((line) => line !== '')

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** An expected line as a pattern; `…` in it stands for any text, alone on a line for any lines. */
const pattern = (line: string): string =>
  line === '…' ? String.raw`(?:.*\n)*?` : `${line.split('…').map(escaped).join('.*')}\n`

/** Whether a command printed what its page says. */
export function isPrinted(expected: string, actual: string): boolean {
  const whole = new RegExp(`^${linesOf(expected).map(pattern).join('')}$`)
  return whole.test(
    linesOf(actual)
      .map((line) => `${line}\n`)
      .join(''),
  )
}
