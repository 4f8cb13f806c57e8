import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { ACCOUNT_REASONS, ORDER_REASONS } from '../../../src/api/reasons.ts'
import { CHECKOUT } from '../../apiserver/docs/markdown.ts'

const PAGE = 'docs/certcentral.md'

const textOf = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8')

const page = textOf(PAGE)

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

type Entry = { heading: string; bullets: string[] }

/** The beliefs of the page: what stands below each heading of the third rank. */
const entries: Entry[] = page
  .split(/^### /m)
  .slice(1)
  .map((part) => {
    const [heading = '', ...lines] = part.split(/^(?:## |\[)/m)[0]?.split('\n') ?? []
    const bullets = lines.join('\n').split(/^- /m).slice(1)
    return { heading, bullets: bullets.map((bullet) => bullet.replaceAll(/\s+/g, ' ').trim()) }
  })

const GRADES = ['Documented', 'Seen', 'Practised', 'Simulator only', 'Guess']

describe('the page of beliefs', () => {
  test('has beliefs, each under a heading of its own', () => {
    expect(entries.length).toBeGreaterThan(30)
    expect(new Set(anchorsOf(page)).size).toBe(anchorsOf(page).length)
  })

  test.each(entries)('$heading: what, how sure, what rests on it, and what if it is wrong', ({ bullets }) => {
    const [belief = '', sure = '', ...rest] = bullets
    expect(belief).toMatch(/\.$/)
    expect(sure).toMatch(new RegExp(`^\\*\\*(${GRADES.join('|')})\\*\\*`))
    expect(rest).toHaveLength(2)
    expect(rest[0]).toMatch(/^Rests on it: `/)
    expect(rest[1]).toMatch(/^(If|Until) .*\.$/)
  })

  test('uses no grade but those that it explains', () => {
    const used = new Set([...page.matchAll(/\*\*([^*]+)\*\*/g)].map(([, grade]) => grade))
    expect([...used].sort()).toEqual([...GRADES].sort())
  })

  test('names reasons that there are', () => {
    const reasons = [...page.matchAll(/`([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)`/g)].map(([, reason = '']) => reason)
    expect(reasons.length).toBeGreaterThan(30)
    expect(reasons.filter((reason) => !(reason in { ...ORDER_REASONS, ...ACCOUNT_REASONS }))).toEqual([])
  })

  test('defines each source that it refers to, and no other', () => {
    const defined = [...page.matchAll(/^\[([a-z0-9-]+)\]: https:\/\/\S+$/gm)].map(([, name]) => name)
    const used = new Set([...page.matchAll(/\]\[([a-z0-9-]+)\]/g)].map(([, name]) => name))
    expect(defined.toSorted()).toEqual([...used].toSorted())
  })

  const PAIR = /((?:`\w+`(?:, | and )?)+) in `([\w./-]+\.ts)`/g
  const pairs = entries.flatMap(({ bullets }) =>
    bullets.flatMap((bullet) =>
      [...bullet.matchAll(PAIR)].flatMap(([, names = '', file = '']) =>
        [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, file })),
      ),
    ),
  )

  test.each(pairs)('$name is declared in $file', ({ name, file }) => {
    expect(textOf(file)).toMatch(new RegExp(`^(?:export )?(?:async )?(?:const|function) ${name}\\b`, 'm'))
  })

  test('says of every file that it names where the belief is in it', () => {
    const named = [...page.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g)].map(([, file = '']) => file)
    expect(named.filter((file) => !existsSync(join(CHECKOUT, file)))).toEqual([])
    for (const { bullets } of entries) expect([...(bullets[2] ?? '').matchAll(PAIR)].length).toBeGreaterThan(0)
  })
})

const PLACES = ['src', 'test', 'scripts', 'docs', 'helm', 'deploy', 'tools', 'crds', '.ci']

/** Text files of the repository, but for the lists of dependencies. */
const files: readonly string[] = [
  ...readdirSync(CHECKOUT, { withFileTypes: true }),
  ...PLACES.flatMap((place) => readdirSync(join(CHECKOUT, place), { withFileTypes: true, recursive: true })),
]
  .filter((entry) => entry.isFile())
  .map((entry) => normalize(join(entry.parentPath, entry.name)).slice(CHECKOUT.length + 1))
  .filter(
    (file) => /\.(ts|js|json|md|ya?ml|sh|tpl)$|^Makefile$|^Dockerfile$/.test(file) && file !== 'package-lock.json',
  )

/** A page without what stands in backticks, where brackets are no links. */
const proseOf = (file: string): string => textOf(file).replaceAll(/`[^`\n]*`/g, '')

/** Every match of a pattern in the repository, as `file: match`. */
const cited = (pattern: RegExp): { file: string; what: string }[] =>
  files.flatMap((file) => [...textOf(file).matchAll(pattern)].map(([what]) => ({ file, what })))

describe('what is cited is in the repository', () => {
  test('no file cites the notes that the project was begun with', () => {
    const notes =
      /(?<![\w./-])(?:reference\/[\w-]*|seeds\/)|\b(?:design|certcentral-(?:api|lifecycle)|codebases|newcomer|pages-audit|field-[a-z]+|api-review)\.md/gi
    expect(cited(notes)).toEqual([])
  })

  test('pages of docs, by path and heading', () => {
    const lost = cited(/(?<![\w.-])docs\/[\w/-]+\.md(?:#[\w-]+)?/g).filter(({ what }) => {
      const [file = '', anchor] = what.split('#')
      if (!existsSync(join(CHECKOUT, file))) return true
      return anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor)
    })
    expect(lost).toEqual([])
  })

  test('headings of the page of beliefs, from the code', () => {
    const citing = cited(/docs\/certcentral\.md#[\w-]+/g).map(({ file }) => file.split('/')[0])
    for (const place of ['src', 'test']) expect(citing).toContain(place)
  })

  test('decisions, by number', () => {
    const known = readdirSync(join(CHECKOUT, 'docs/adr')).map((name) => name.slice(0, 4))
    expect(cited(/ADR \d{4}/g).filter(({ what }) => !known.includes(what.slice(4)))).toEqual([])
  })

  test('links between pages', () => {
    const pages = files.filter((file) => file.endsWith('.md') && !file.startsWith('test/'))
    const lost = pages.flatMap((file) =>
      [...proseOf(file).matchAll(/\]\(((?!https?:|mailto:)[^)\s]+)\)/g)].flatMap(([, link = '']) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : normalize(join(dirname(file), path))
        if (!existsSync(join(CHECKOUT, target))) return [`${file}: ${link}`]
        const isLost = anchor !== undefined && target.endsWith('.md') && !anchorsOf(textOf(target)).includes(anchor)
        return isLost ? [`${file}: ${link}`] : []
      }),
    )
    expect(pages.length).toBeGreaterThan(20)
    expect(lost).toEqual([])
  })
})
