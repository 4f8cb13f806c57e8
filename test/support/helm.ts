import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ControlPlane } from './control-plane.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

/** The chart of this checkout. */
export const CHART = join(CHECKOUT, 'helm', 'digicert-operator')

/**
 * Runs the real Helm and gives its stdout.
 * @throws Error with what Helm said, when it ends with anything but 0
 */
export type Helm = (...args: readonly string[]) => Promise<string>

/** A Helm that is bound to one cluster and keeps nothing in the home of the user; built first where it is missing. */
export async function helmFor(plane: ControlPlane, env: NodeJS.ProcessEnv = process.env): Promise<Helm> {
  const program = await findHelm(env)
  const home = join(plane.directory, 'helm')
  // Its cache of what the API server serves goes to HOME, or without one to where it stands.
  const own = {
    HOME: home,
    HELM_CACHE_HOME: home,
    HELM_CONFIG_HOME: home,
    HELM_DATA_HOME: home,
    KUBECONFIG: plane.kubeconfig,
  }
  return async (...args) => {
    const { stdout } = await run(program, args, {
      env: { PATH: env['PATH'], ...own },
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  }
}

/** Where Helm is: in `KUBEBUILDER_ASSETS`, else built from the pinned Go modules. */
export async function findHelm(env: NodeJS.ProcessEnv): Promise<string> {
  const brought = join(env['KUBEBUILDER_ASSETS'] ?? '', 'helm')
  if (env['KUBEBUILDER_ASSETS'] !== undefined && existsSync(brought)) return brought
  const { stdout } = await run(join(CHECKOUT, 'scripts', 'control-plane.sh'), ['helm'])
  return join(stdout.trim(), 'helm')
}
