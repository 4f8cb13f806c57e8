import { isKept, openKeptTestBed, startOwnTestBed } from './test-bed.ts'
import type { ControlPlane } from './control-plane.ts'

declare global {
  /** The control plane that the tear-down ends; absent where it is kept or belongs to somebody else. */
  var ownControlPlane: ControlPlane | undefined
}

const log = (line: string): void => void process.stderr.write(`${line}\n`)

/**
 * Gives the suite a control plane with our CRDs: `KUBECONFIG` of it, and `TEST_CONTROL_PLANE`, the directory that
 * `openControlPlane` takes. A KUBECONFIG of the user's shell counts only with TEST_USE_KUBECONFIG=1, because the suite
 * writes to the cluster; the CRDs are expected there.
 */
export default async function setup(): Promise<void> {
  const { env } = process
  if (env['TEST_USE_KUBECONFIG'] === '1' && env['KUBECONFIG'] !== undefined) {
    log(`test bed: the cluster of ${env['KUBECONFIG']}`)
    return
  }
  const began = performance.now()
  const plane = isKept(env) ? await openKeptTestBed(env, log) : await startOwnTestBed(env, log)
  if (!isKept(env)) globalThis.ownControlPlane = plane
  env['KUBECONFIG'] = plane.kubeconfig
  env['TEST_CONTROL_PLANE'] = plane.directory
  const fate = isKept(env) ? 'kept for the next run, make testbed-stop ends it' : 'ends with this run'
  log(`test bed: ${plane.url} after ${((performance.now() - began) / 1000).toFixed(1)} s; ${fate}`)
}
