import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
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
  const ofChart = verb === 'uninstall' ? [] : [CHART, '--values', '-']
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', KUBECONFIG: kubeconfig }
  const running = run(helmOf(CHECKOUT), [verb, name, ...ofChart, '--namespace', namespace, ...flags], {
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
  // Helm that fails early closes its stdin; its exit code tells the story.
  running.child.stdin?.on('error', () => undefined)
  running.child.stdin?.end(stringify(values))
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
