import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { applyCrds, type ControlPlane, openControlPlane, startControlPlane, stop } from './control-plane.ts'
import { guardedDirectory } from './guard.ts'
import type { Log } from './programs.ts'

/** The CRDs of this checkout. */
export const CRDS: readonly [string] = [join(import.meta.dirname, '..', '..', 'crds')]

/** Where the control plane is kept that outlives a test run: in the cache, one for each checkout. */
export function keptDirectory(env: NodeJS.ProcessEnv): string {
  const own = env['DIGICERT_OPERATOR_CACHE']
  const cache = own ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'digicert-operator')
  return join(
    cache,
    `test-bed-${createHash('sha256')
      .update(import.meta.dirname)
      .digest('hex')
      .slice(0, 8)}`,
  )
}

/** Whether the control plane shall be kept between runs: `DIGICERT_OPERATOR_TESTBED=keep`. */
export const isKept = (env: NodeJS.ProcessEnv): boolean => env['DIGICERT_OPERATOR_TESTBED'] === 'keep'

/** A control plane with our CRDs, or those of another version, that dies with this process. */
export function startOwnTestBed(
  env: NodeJS.ProcessEnv,
  log: Log,
  crds: readonly string[] = CRDS,
): Promise<ControlPlane> {
  return startControlPlane({ directory: guardedDirectory('control-plane'), log, env, crds })
}

/** The control plane that was kept, with the CRDs of this checkout; started when there is none that answers. */
export async function openKeptTestBed(env: NodeJS.ProcessEnv, log: Log): Promise<ControlPlane> {
  const directory = keptDirectory(env)
  const kept = openControlPlane(directory)
  if (kept !== undefined && Object.keys(kept.pids()).length === 3 && (await kept.isReady())) {
    await applyCrds(kept.kubectl, CRDS)
    return kept
  }
  await stop(directory)
  return startControlPlane({ directory, log, env, crds: CRDS })
}
