import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import { CHECKOUT } from '../../apiserver/docs/markdown.ts'

const textOf = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8')

const GLOSSARY = 'docs/glossary.md'

type Part = (text: string) => string

type Literal = { content: string; start: number; end: number }

/** The string literals of a program, but for its imports: what it prints or sends. */
const literals = (text: string): readonly Literal[] => {
  const found: Literal[] = []
  const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest)
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.push({ content: node.text, start: node.getStart(file), end: node.end })
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

const strings: Part = (text) =>
  literals(text)
    .map(({ content }) => content)
    .join('\n')

/** The comments of a program. A string is blanked where it holds what would begin a comment. */
const comments: Part = (text) => {
  let code = text
  for (const { content, start, end } of literals(text))
    if (/\/[/*]/.test(content)) code = code.slice(0, start) + ' '.repeat(end - start) + code.slice(end)
  return [...code.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)].map(([comment]) => comment).join('\n')
}

type Scope = readonly [name: string, files: readonly string[], part?: Part]

/** Where given-up words are refused: a name, the files, and which part of them if not all. A further scope is one line. */
const SCOPES: readonly Scope[] = [
  ['docs', ['docs/**', 'README.md', 'SECURITY.md', 'CONTRIBUTING.md']],
  ['the chart', ['helm/**']],
  ['manifests and examples', ['deploy/**', 'crds/**']],
  ['the API and its descriptions', ['src/api/*.ts']],
  ['messages of conditions and Events', ['src/order/messages.ts', 'src/order/left-behind.ts']],
  ['comments of the decisions', ['src/order/**'], comments],
  ['the client of CertCentral', ['src/certcentral/**']],
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

describe('of a program', () => {
  const program =
    "import { told } from './told.ts'\n/** deeds */\nconst anew = `http://b ${told('c')} d` // somebody\n// by\n// itself"

  test('strings are what it prints, not its names, comments and imports', () => {
    expect(strings(program).split('\n')).toEqual(['http://b ', 'c', ' d'])
  })

  test('comments are not its names and strings', () => {
    expect(comments(program).split('\n')).toEqual(['/** deeds */', '// somebody', '// by', '// itself'])
  })
})

describe('no given-up word (docs/glossary.md) stands in', () => {
  test.each(SCOPES)('%s', (_name, globs, part = (text) => text) => {
    const files = filesOf(globs)
    expect(files.length).toBeGreaterThan(0)
    expect(files.flatMap((file) => found(part(textOf(file))).map((match) => `${file}: ${match}`))).toEqual([])
  })
})
