import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import { CHECKOUT } from '../../apiserver/docs/markdown.ts'

const textOf = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8')

const GLOSSARY = 'docs/glossary.md'

/** What a program can print or send: its string literals, one a line. */
const strings = (text: string): string => {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push(node.text)
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest))
  return found.join('\n')
}

type Scope = readonly [name: string, files: readonly string[], part?: (text: string) => string]

/** Where given-up words are refused: a name, the files, and which part of them if not all. A further scope is one line. */
const SCOPES: readonly Scope[] = [
  ['docs', ['docs/**', 'README.md', 'SECURITY.md', 'CONTRIBUTING.md']],
  ['the chart', ['helm/**']],
  ['manifests and examples', ['deploy/**', 'crds/**']],
  ['the API and its descriptions', ['src/api/*.ts']],
  ['messages of conditions and Events', ['src/order/messages.ts', 'src/order/left-behind.ts']],
  ['keys and certificates', ['src/pki/**']],
  ['the Kubernetes machinery', ['src/kube/**']],
  ['logs, metrics and traces', ['src/telemetry/**']],
  ['the simulator', ['src/simulator/**']],
  ['flags and what starts the operator', ['src/{caches,config,crds,figures,main,operator,plan}.ts']],
  ['every string of the program', ['src/**/*.ts'], strings],
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

const REFUSED = new RegExp(`\\b(?:${given.join('|').replaceAll(' ', '\\s+')})\\b`, 'gi')

/** Each given-up word in a text, with the words around it. */
const found = (text: string): string[] => {
  const flow = flowing(text)
  return [...flow.matchAll(REFUSED)].map(({ index }) => flow.slice(Math.max(0, index - 40), index + 50).trim())
}

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

test('the strings of a program are those that it prints, not its names, comments and imports', () => {
  const program = "import { told } from './told.ts'\nconst anew = `b ${told('c')} d` // somebody"
  expect(strings(program).split('\n')).toEqual(['b ', 'c', ' d'])
})

describe('no given-up word (docs/glossary.md) stands in', () => {
  test.each(SCOPES)('%s', (_name, globs, part = (text) => text) => {
    const files = filesOf(globs)
    expect(files.length).toBeGreaterThan(0)
    expect(files.flatMap((file) => found(part(textOf(file))).map((match) => `${file}: ${match}`))).toEqual([])
  })
})
