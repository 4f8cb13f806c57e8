import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { accountSpec } from '../../../src/api/account.ts'
import { checkSpec } from '../../../src/api/order.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '../../..')
const read = (file: string): string => readFileSync(path.join(CHECKOUT, file), 'utf8')

const markdownIn = (directory: string): string[] =>
  readdirSync(path.join(CHECKOUT, directory))
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(directory, name))

const PAGES = ['.', 'docs', 'docs/adr'].flatMap(markdownIn)

const targetsOf = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g),
  ]
    .map(([, target]) => target!)
    .filter((target) => !/^https?:/.test(target))

describe('the documentation', () => {
  test.each(PAGES)('%s links to files that exist', (page) => {
    const missing = targetsOf(page).filter((target) => !existsSync(path.join(CHECKOUT, path.dirname(page), target)))
    expect(missing).toEqual([])
  })

  test('names every page of docs/adr in its list', () => {
    const pages = markdownIn('docs/adr').map((page) => path.basename(page))
    const listed = targetsOf('docs/adr/README.md')
    expect(['README.md', ...listed].sort()).toEqual(pages.sort())
  })

  test('gives a first order that the schemas take', () => {
    const [, yaml] = /```yaml\n([^]*?)```/.exec(read('README.md'))!
    const [, account, order] = parseAllDocuments(yaml!).map((document) => document.toJS() as { spec: unknown })
    expect(accountSpec.safeParse(account!.spec).success).toBe(true)
    expect(checkSpec(order!.spec)).toMatchObject({ ok: true })
  })
})
