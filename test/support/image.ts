import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { guardedDirectory } from './guard.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')

/** What the Dockerfile says about running the image. */
export type ImageConfig = {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly uid: number
  readonly gid: number
}

/** The image of a checkout: what lies on top of its base, and how it is run. */
export type Image = { readonly root: string; readonly config: ImageConfig }

/**
 * Puts an image together by the script that the Dockerfile calls, in a directory that goes with this process; 4 s.
 * @throws Error with what the script said, when it fails
 */
export async function assembleImage(checkout: string = CHECKOUT): Promise<Image> {
  const root = guardedDirectory('image')
  await promisify(execFile)(process.execPath, [join(checkout, 'scripts/image/assemble.ts'), root])
  return { root, config: imageConfig(readFileSync(join(checkout, 'Dockerfile'), 'utf8')) }
}

/**
 * Reads the last stage of a Dockerfile.
 * @throws Error when it lacks an entry point, a user or a directory, or says them in a form that needs a shell or names
 */
export function imageConfig(dockerfile: string): ImageConfig {
  const stage = dockerfile.split(/^FROM .*$/m).at(-1) ?? ''
  const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(stage) ?? []
  const [, workingDirectory] = /^WORKDIR (\/\S*)$/m.exec(stage) ?? []
  if (uid === undefined || gid === undefined || workingDirectory === undefined)
    throw new Error('the Dockerfile says no USER uid:gid, or no WORKDIR')
  const environment = [...stage.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value])
  return {
    entrypoint: vectorOf(stage, 'ENTRYPOINT'),
    command: vectorOf(stage, 'CMD'),
    environment: Object.fromEntries(environment) as Record<string, string>,
    workingDirectory,
    uid: Number(uid),
    gid: Number(gid),
  }
}

function vectorOf(stage: string, instruction: string): string[] {
  const [, vector] = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(stage) ?? []
  if (vector === undefined) throw new Error(`the Dockerfile says no ${instruction} as a vector`)
  return JSON.parse(vector) as string[]
}
