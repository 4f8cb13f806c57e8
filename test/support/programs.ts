import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

const NAMES = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const

/** The programs of a control plane. */
export type ProgramName = (typeof NAMES)[number]

/** Where each program is. */
export type Programs = Readonly<Record<ProgramName, string>>

/** Receives lines of progress. */
export type Log = (line: string) => void

const CHECKOUT = join(import.meta.dirname, '..', '..')

/**
 * Finds the programs of a control plane: each in `KUBEBUILDER_ASSETS` where that has it, else built from the pinned Go
 * modules by `scripts/control-plane.sh`, which takes about 15 minutes once and tells its progress.
 * @throws Error when a program is missing and cannot be built.
 */
export async function findPrograms(env: NodeJS.ProcessEnv, log: Log): Promise<Programs> {
  const assets = env['KUBEBUILDER_ASSETS']
  const missing = NAMES.filter((name) => !isIn(assets, name))
  const built = missing.length === 0 ? '' : await build(missing, log)
  const place = (name: ProgramName): string => join(missing.includes(name) ? built : (assets ?? ''), name)
  return Object.fromEntries(NAMES.map((name) => [name, place(name)])) as Programs
}

/** A kubectl for a cluster that exists: the one on the PATH, else the one that belongs to the control plane. */
export async function findKubectl(env: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const directories = (env['PATH'] ?? '').split(delimiter)
  const found = directories.find((directory) => isIn(directory, 'kubectl'))
  return join(found ?? (await build(['kubectl'], log)), 'kubectl')
}

const isIn = (directory: string | undefined, name: string): boolean =>
  directory !== undefined && directory !== '' && existsSync(join(directory, name))

/* The script says where the programs are in the one line of its stdout; stderr is progress. */
async function build(names: readonly string[], log: Log): Promise<string> {
  const script = spawn(join(CHECKOUT, 'scripts', 'control-plane.sh'), names, { stdio: ['ignore', 'pipe', 'pipe'] })
  let directory = ''
  script.stdout.on('data', (chunk: Buffer) => (directory += chunk.toString()))
  createInterface({ input: script.stderr }).on('line', log)
  const code = await new Promise<number | null>((resolve, reject) => {
    script.once('error', reject)
    script.once('close', resolve)
  })
  if (code !== 0) throw new Error(`scripts/control-plane.sh ${names.join(' ')} ended with ${code ?? 'a signal'}`)
  return directory.trim()
}
