import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { CHECKOUT } from '../../apiserver/docs/markdown.ts'

const textOf = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8')

const GLOSSARY = 'docs/glossary.md'

/** Where given-up words are refused: a name, and the files. A further scope is one line. */
const SCOPES: readonly (readonly [string, readonly string[]])[] = [
  ['docs', ['docs/**', 'README.md', 'SECURITY.md', 'CONTRIBUTING.md']],
  ['the chart', ['helm/**']],
  ['manifests and examples', ['deploy/**', 'crds/**']],
  ['what the API and the flags say', ['src/api/*.ts', 'src/config.ts']],
  ['messages of conditions and Events', ['src/order/messages.ts', 'src/order/left-behind.ts']],
  ['help of metrics', ['src/telemetry/metric-definitions.ts']],
]

/** The words of the glossary's table of those that are refused: first column, separated by commas. */
const refused = (glossary: string): string[] => {
  const [, section = ''] = glossary.split('\n## Words that are refused\n')
  const [table = ''] = section.split('\n## ')
  return [...table.matchAll(/^\| ([^|]+) \|/gm)]
    .map(([, cell = '']) => cell.trim())
    .filter((cell) => cell !== 'Given up' && !cell.startsWith('---'))
    .flatMap((cell) => cell.split(', '))
}

/** A text without the line breaks, signs of comments and quotes that a sentence may run over. */
const flowing = (text: string): string => text.replaceAll(/\s*\n[ \t]*(?:(?:#|\/\/|--|\*|>)[ \t])?[ \t]*/g, ' ')

const given = refused(textOf(GLOSSARY))

/** Each given-up word in a text, with the words around it. */
const found = (text: string): string[] =>
  [
    ...flowing(text).matchAll(new RegExp(`.{0,40}\\b(?:${given.join('|').replaceAll(' ', '\\s+')})\\b.{0,40}`, 'gi')),
  ].map(([match]) => match.trim())

const filesOf = (globs: readonly string[]): string[] =>
  globSync([...globs], { cwd: CHECKOUT }).filter((file) => file !== GLOSSARY && statSync(join(CHECKOUT, file)).isFile())

test('the glossary refuses at least the words that were given up first', () => {
  const first = [
    'anew',
    'told',
    'tells',
    'heard',
    'rouse',
    'hands',
    'deeds',
    'purse',
    'whoever',
    'by itself',
    'somebody',
  ]
  expect(given).toEqual(expect.arrayContaining(first))
})

test.each(['It starts anew.', 'Tells what is.', '# The order goes on by\n# itself.', '> Somebody\n> acts.'])(
  'a given-up word is found in: %s',
  (text) => {
    expect(found(text)).toHaveLength(1)
  },
)

test.each(['The operator foretells nothing.', 'Another client acts; it goes on\nby hand.'])(
  'none is in: %s',
  (text) => {
    expect(found(text)).toEqual([])
  },
)

describe('no given-up word (docs/glossary.md) stands in', () => {
  test.each(SCOPES)('%s', (_name, globs) => {
    const files = filesOf(globs)
    expect(files.length).toBeGreaterThan(0)
    expect(files.flatMap((file) => found(textOf(file)).map((match) => `${file}: ${match}`))).toEqual([])
  })
})
