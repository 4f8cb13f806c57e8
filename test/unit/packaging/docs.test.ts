import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'

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
})
