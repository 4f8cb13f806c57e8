import type { Config } from '@jest/types'
import type { ControlPlane } from './control-plane.ts'
import { isKept, openKeptTestBed, startOwnTestBed } from './test-bed.ts'

declare global {
  /** The control planes that the tear-down ends; absent where they are kept or belong to somebody else. */
  var ownControlPlanes: ControlPlane[] | undefined
}

const log = (line: string): void => void process.stderr.write(`${line}\n`)

/**
 * Gives each worker of the suite a control plane with our CRDs, of which `choose-plane.ts` takes its own. A KUBECONFIG of
 * the user's shell counts only with TEST_USE_KUBECONFIG=1, because the suite writes to the cluster; the CRDs are expected
 * there.
 */
export default async function setup({ maxWorkers }: Config.GlobalConfig): Promise<void> {
  const { env } = process
  if (env['TEST_USE_KUBECONFIG'] === '1' && env['KUBECONFIG'] !== undefined) {
    log(`test bed: the cluster of ${env['KUBECONFIG']}`)
    return
  }
  const began = performance.now()
  const planes = isKept(env) ? [await openKeptTestBed(env, log)] : await startOwn(maxWorkers)
  if (!isKept(env)) globalThis.ownControlPlanes = planes
  env['TEST_CONTROL_PLANES'] = planes.map(({ directory }) => directory).join(':')
  const fate = isKept(env) ? 'kept for the next run, make testbed-stop ends it' : 'ends with this run'
  const urls = planes.map(({ url }) => url).join(', ')
  log(`test bed: ${urls} after ${((performance.now() - began) / 1000).toFixed(1)} s; ${fate}`)
}

/** One after the other: what is missing is built once. */
async function startOwn(count: number): Promise<ControlPlane[]> {
  const planes: ControlPlane[] = []
  while (planes.length < count) planes.push(await startOwnTestBed(process.env, log))
  return planes
}
