import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

export const CHECKOUT = resolve(import.meta.dirname, '..', '..', '..')

/** A fenced block of a page. */
export type Fence = {
  /** The page and the line of its first fence, for messages. */
  readonly at: string
  readonly language: string
  readonly text: string
  /** What the HTML comments between the block before and it say. */
  readonly comments: readonly string[]
}

const OPEN = /^(\s*)```([A-Za-z]*)\s*$/
const COMMENT = /^\s*<!-- (.*) -->\s*$/

/** All fenced blocks of a page, in order. */
export function fencesOf(page: string, text: string): Fence[] {
  const fences: Fence[] = []
  let comments: string[] = []
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const [, comment] = COMMENT.exec(line) ?? []
    const [open, indent = '', language = ''] = OPEN.exec(line) ?? []
    if (comment !== undefined) comments.push(comment)
    if (open !== undefined) {
      const end = lines.findIndex((candidate, at) => at > index && candidate.trim() === '```')
      if (end < 0) throw new Error(`${page}:${index + 1} begins a block that does not end`)
      const body = lines.slice(index + 1, end).map((inner) => inner.slice(Math.min(indent.length, lead(inner))))
      fences.push({ at: `${page}:${index + 1}`, language, text: `${body.join('\n')}\n`, comments })
      comments = []
      index = end
    }
  }
  return fences
}

const lead = (line: string): number => line.length - line.trimStart().length

/** Every page that the tests of the documentation run: those of docs/ and the front page. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(CHECKOUT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .toSorted(),
]

export const pageText = (page: string): string => readFileSync(join(CHECKOUT, page), 'utf8')

/** The blocks of a page of the checkout. */
export const fencesIn = (page: string): Fence[] =>
  existsSync(join(CHECKOUT, page)) ? fencesOf(page, pageText(page)) : []

/** Pages whose commands a test of their own runs, since they are no sequence. */
export const READ_ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/upgrade.md': 'test/apiserver/installed/upgrade.test.ts',
}

/** Languages of blocks that are commands. */
const COMMANDS: readonly string[] = ['sh', 'bash', 'console']

export const isCommand = ({ language }: Fence): boolean => COMMANDS.includes(language)

/** What a comment `<!-- word: rest -->` before a block says; empty where there is just the word. */
export function said({ comments }: Fence, word: string): string | undefined {
  const found = comments.find((comment) => comment === word || comment.startsWith(`${word}: `))
  return found?.slice(word.length + 2)
}

/** The name of the file that a block is to be saved as: its first line says it in a comment. */
export const fileOf = ({ text }: Fence): string | undefined =>
  /^# ([a-z0-9.-]+\.ya?ml)$/m.exec(text.split('\n')[0] ?? '')?.[1]

/** One step of a page: commands, and what the page says that they print. */
export type Step = { readonly fence: Fence; readonly commands: string; readonly printed: string | undefined }

/** What a reader of the page does, in order: saves files, and runs commands. */
export function stepsOf(fences: readonly Fence[]): (Step | Fence)[] {
  return fences.flatMap((fence, index): (Step | Fence)[] => {
    if (!isCommand(fence)) return fence.language === 'yaml' && fileOf(fence) !== undefined ? [fence] : []
    if (fence.language === 'console') return dialogue(fence)
    const next = fences[index + 1]
    return [{ fence, commands: fence.text, printed: next?.language === 'text' ? next.text : undefined }]
  })
}

/** A block of commands after `$ ` with what each prints below it. */
function dialogue(fence: Fence): Step[] {
  const parts = fence.text.split(/^\$ /m).slice(1)
  return parts.map((part) => {
    const [command = '', ...rest] = part.split('\n')
    const printed = rest.join('\n').trim()
    return { fence, commands: command, printed: printed === '' ? undefined : `${printed}\n` }
  })
}

/** A document of a manifest, as far as a test looks at it. */
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
  spec?: unknown
}

/** The blocks of YAML that are checked, with their documents. */
export const manifestsOf = (fences: readonly Fence[]): (readonly [Fence, readonly Manifest[]])[] =>
  fences
    .filter((fence) => fence.language === 'yaml' && said(fence, 'not run') === undefined && !isValues(fence))
    .map((fence) => [fence, parseAllDocuments(fence.text).map((document) => document.toJS() as Manifest)])

/** Whether a block is a file of values for the chart. */
export const isValues = (fence: Fence): boolean => /^values[a-z0-9.-]*\.ya?ml$/.test(fileOf(fence) ?? '')

/**
 * Kinds that the API server of the tests does not serve, and why they are in the pages all the same. Their projects'
 * definitions are not at hand here.
 */
export const UNSERVED: Readonly<Record<string, string>> = {
  'source.toolkit.fluxcd.io': 'Flux: where the chart comes from',
  'helm.toolkit.fluxcd.io': 'Flux: the release of the chart',
  'kustomize.toolkit.fluxcd.io': 'Flux: orders from Git',
  'argoproj.io': 'Argo CD: the chart or orders as an Application',
  'monitoring.coreos.com': 'Prometheus operator: what is scraped, and the alerts',
  'kustomize.config.k8s.io': 'kustomize reads it, and no server does',
}

export const groupOf = ({ apiVersion }: Manifest): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '')
