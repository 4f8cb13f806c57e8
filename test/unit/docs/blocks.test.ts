import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { accountSpec, clusterAccountSpec } from '../../../src/api/account.ts'
import { checkSpec } from '../../../src/api/order.ts'
import {
  CHECKOUT,
  PAGES,
  READ_ELSEWHERE,
  fencesIn,
  fencesOf,
  manifestsOf,
  pageText,
  said,
  stepsOf,
} from '../../apiserver/docs/markdown.ts'
import { isPrinted } from '../../apiserver/docs/printed.ts'

/** Every block that no test runs, and why. One more is one more line here. */
const NOT_RUN = [
  'README.md: no container engine',
  'README.md: the demo and the test run itself',
  'docs/install.md: no container engine',
  'docs/logs.md: the pods of a cluster with nodes',
  'docs/performance.md: a bench, of more than an hour',
]

/** Blocks that are neither commands, manifests nor text, by language: what makes sure of them. */
const OTHERS: Readonly<Record<string, string>> = {
  promql: 'test/unit/monitoring',
  lua: 'the tests of the Argo CD examples',
  json: 'test/unit/docs/logs.test.ts',
}

const all = PAGES.flatMap(fencesIn)
const pageOf = (at: string): string => at.split(':')[0] ?? ''

describe('the blocks of the documentation', () => {
  test('say what they are', () => {
    const known = ['sh', 'bash', 'console', 'yaml', 'text', ...Object.keys(OTHERS)]
    expect(all.filter(({ language }) => !known.includes(language)).map(({ at }) => at)).toEqual([])
  })

  test('are run, but for these', () => {
    const left = all.flatMap((fence) => {
      const why = said(fence, 'not run')
      return why === undefined ? [] : [`${pageOf(fence.at)}: ${why}`]
    })
    expect(left.sort()).toEqual(NOT_RUN)
  })

  test('that another test runs are named by it', () => {
    for (const [page, file] of Object.entries(READ_ELSEWHERE)) {
      if (existsSync(join(CHECKOUT, page))) expect(readFileSync(join(CHECKOUT, file), 'utf8')).toContain(page)
    }
  })

  test('begin on a stage that there is', () => {
    const stages = PAGES.flatMap((page) => [...pageText(page).matchAll(/^<!-- begins with: (.*) -->$/gm)])
    expect(stages.length).toBeGreaterThan(2)
    for (const [, words] of stages) expect(['nothing', 'the operator', 'an account']).toContain(words)
  })

  const SPECS: Readonly<Record<string, (spec: unknown) => unknown>> = {
    DigiCertOrder: (spec) => checkSpec(spec),
    DigiCertAccount: (spec) => ({ ok: accountSpec.safeParse(spec).success }),
    ClusterDigiCertAccount: (spec) => ({ ok: clusterAccountSpec.safeParse(spec).success }),
  }
  const ours = manifestsOf(all).flatMap(([{ at }, documents]) =>
    documents.filter(({ kind }) => kind in SPECS).map((document) => [at, document] as const),
  )
  test.each(ours)('%s is taken by the schemas', (_at, { kind, spec }) => {
    expect(SPECS[kind]?.(spec)).toMatchObject({ ok: true })
  })
})

describe('reading a page', () => {
  const page = [
    '<!-- meanwhile: approve -->',
    '',
    'Then:',
    '',
    '   ```sh',
    '   kubectl get dco',
    '   ```',
    '',
    '```text',
    'NAME',
    '```',
    '```yaml',
    '# order.yaml',
    'a: b',
    '```',
    '```console',
    '$ echo a',
    'a',
    '$ true',
    '```',
    '',
  ].join('\n')

  test('gives commands with what they print, files, and what others do first', () => {
    const [look, file, ...dialogue] = stepsOf(fencesOf('page.md', page))
    expect(look).toMatchObject({
      commands: 'kubectl get dco\n',
      printed: 'NAME\n',
      fence: { at: 'page.md:5', comments: ['meanwhile: approve'] },
    })
    expect(file).toMatchObject({ language: 'yaml', text: '# order.yaml\na: b\n', comments: [] })
    expect(dialogue).toMatchObject([
      { commands: 'echo a', printed: 'a\n' },
      { commands: 'true', printed: undefined },
    ])
  })

  test.each<readonly [string, string, string, boolean]>([
    ['another id, date and width', 'api  Order 7000001  2026-11-24', 'api Order 7085002 2027-01-01', true],
    ['other words', 'api False', 'api True', false],
    ['a line less', 'a\nb', 'a', false],
    ['a line more', 'a', 'a\nb', false],
    ['any lines', 'a\n…\nd', 'a\nb\nc\nd', true],
    ['any text', 'belongs to …', 'belongs to Ada', true],
    ['another record', 'TXT 9nj1jutsr4ernp0qvsbjekw1m5bqka1h', 'TXT 8nj1jutsr4ernp0qvsbjekw1m5bqka1h', true],
    ['no record', 'TXT 9nj1jutsr4ernp0qvsbjekw1m5bqka1h', 'TXT', false],
  ])('takes or refuses %s', (_what, expected, actual, taken) => {
    expect(isPrinted(expected, actual)).toBe(taken)
  })
})
