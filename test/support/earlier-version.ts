import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { guardedDirectory } from './guard.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** The commit whose objects the version of this checkout must take up. */
const COMMIT = '2250723'
/** What the operator runs from, and its kinds. */
const PARTS = ['src', 'crds', 'package.json']

/** The sources of a version before this one. */
export type EarlierVersion = { readonly checkout: string; readonly crds: string }

let laid: EarlierVersion | undefined

/** The sources of the commit in a directory that is removed when this process ends; they are laid there once. */
export function earlierVersion(): EarlierVersion {
  laid ??= lay()
  return laid
}

function lay(): EarlierVersion {
  const checkout = guardedDirectory('earlier')
  const archive = git('archive', COMMIT, ...PARTS)
  execFileSync('tar', ['-x', '-C', checkout], { input: archive })
  symlinkSync(join(CHECKOUT, 'node_modules'), join(checkout, 'node_modules'))
  return { checkout, crds: join(checkout, 'crds') }
}

/** Why the sources of the commit cannot be had; undefined where they can. */
export function earlierVersionLacks(): string | undefined {
  try {
    git('cat-file', '-e', `${COMMIT}^{commit}`)
    return undefined
  } catch {
    return `commit ${COMMIT} is not in this clone: git fetch --unshallow brings it`
  }
}

const git = (...args: readonly string[]): Buffer =>
  execFileSync('git', args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 256 * 1024 * 1024 })
