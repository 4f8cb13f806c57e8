import { beforeAll } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { helmOf } from '../../scripts/generated/install-manifest.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const CHART = join(CHECKOUT, 'helm', 'digicert-operator')

/** Values of the chart, as in a file that is given to Helm. */
export type Values = Readonly<Record<string, unknown>>

/** What a run of Helm came to. */
export type HelmResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** A release, and the cluster that it is for; without a kubeconfig none is asked. */
export type Release = { readonly name: string; readonly namespace: string; readonly kubeconfig?: string }

type Command = readonly [verb: string, ...flags: string[]]

const run = promisify(execFile)

/** Runs the real Helm on the chart of this checkout. Never throws because of the exit code. */
export async function helm([verb, ...flags]: Command, release: Release, values: Values = {}): Promise<HelmResult> {
  const { name, namespace, kubeconfig = '/dev/null' } = release
  const ofName = verb === 'lint' ? [] : [name]
  const ofChart = verb === 'uninstall' ? [] : [CHART, '--values', '-']
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: kubeconfig }
  const running = run(helmOf(CHECKOUT), [verb, ...ofName, ...ofChart, '--namespace', namespace, ...flags], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
  // Helm that fails early closes its stdin; its exit code tells the story.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(JSON.stringify(values))
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as HelmResult,
  )
}

/**
 * Runs Helm and gives its stdout.
 * @throws Error with what Helm said, when it ends with anything but 0
 */
export async function succeedHelm(command: Command, release: Release, values: Values = {}): Promise<string> {
  const { code, stdout, stderr } = await helm(command, release, values)
  if (code !== 0) throw new Error(`helm ${command.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout
}

/** An object as the chart makes it. */
export type Made = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

/** The release that the tests render. */
export const RELEASE: Release = { name: 'digicert-operator', namespace: 'digicert-operator' }

const renderings = new Map<string, Promise<readonly Made[]>>()

/**
 * The objects that the chart makes of values, by `helm template`; the same values are rendered once.
 * @throws Error with what Helm said, when it refuses the values
 */
export function rendered(values: Values = {}, release = RELEASE): Promise<readonly Made[]> {
  const key = JSON.stringify([values, release])
  const known = renderings.get(key) ?? render(values, release)
  renderings.set(key, known)
  return known
}

async function render(values: Values, release: Release): Promise<readonly Made[]> {
  const text = await succeedHelm(['template'], release, values)
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Made | null)
    .filter((made) => made !== null)
}

/** What `helm template` says of values that it refuses. */
export async function refusalOf(values: Values): Promise<string> {
  const { code, stderr } = await helm(['template'], RELEASE, values)
  return code === 0 ? 'was taken' : stderr
}

/** Values from single ones, by their paths: `{ 'image.tag': 'x' }` as `{ image: { tag: 'x' } }`. */
export function valuesOf(single: Values): Values {
  const all: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(single)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let at = all
    for (const name of names) at = (at[name] ??= {}) as Record<string, unknown>
    at[last] = value
  }
  return all
}

/** Has Helm there before the tests of a file begin: a machine that never ran it builds it first, which takes minutes. */
export function prepareHelm(): void {
  beforeAll(() => void helmOf(CHECKOUT), 600_000)
}
