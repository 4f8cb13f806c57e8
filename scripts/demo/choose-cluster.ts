import { createInterface } from 'node:readline/promises'
import { type Kubectl, kubectlFor } from '../../test/support/kubectl.ts'
import { findKubectl } from '../../test/support/programs.ts'
import { applyCrds } from '../../test/support/control-plane.ts'
import { CRDS, startOwnTestBed } from '../../test/support/test-bed.ts'
import type { Say } from './say.ts'

/** The cluster that the demo plays in. */
export type DemoCluster = {
  readonly kubeconfig: string
  readonly kubectl: Kubectl
  readonly kubectlPath: string
  /** Whether it was there before, so that what the demo made has to be removed from it. */
  readonly owner: 'demo' | 'user'
  readonly end: () => Promise<void>
}

/**
 * The cluster of `KUBECONFIG`, when its user agrees to it: by `DIGICERT_OPERATOR_USE_KUBECONFIG=1`, or by a yes where
 * somebody can be asked. Else a control plane of our own.
 */
export async function chooseCluster(env: NodeJS.ProcessEnv, say: Say): Promise<DemoCluster> {
  const kubeconfig = env['KUBECONFIG']
  if (kubeconfig === undefined || kubeconfig === '') return ownCluster(env, say)
  const kubectlPath = await findKubectl(env, say)
  const kubectl = kubectlFor(kubectlPath, kubeconfig)
  const server = await serverOf(kubectl)
  if (server === undefined || !(await isAgreed(env, server))) {
    say(
      `KUBECONFIG (${server ?? 'which has no cluster'}) is left alone; DIGICERT_OPERATOR_USE_KUBECONFIG=1 would play the demo there`,
    )
    return ownCluster(env, say)
  }
  say(`the cluster of KUBECONFIG: ${server}`)
  await applyCrds(kubectl, CRDS)
  return { kubeconfig, kubectl, kubectlPath, owner: 'user', end: () => Promise.resolve() }
}

async function ownCluster(env: NodeJS.ProcessEnv, say: Say): Promise<DemoCluster> {
  const plane = await startOwnTestBed(env, say)
  say(`etcd, kube-apiserver and kube-controller-manager are up at ${plane.url}`)
  const { kubeconfig, kubectl, kubectlPath } = plane
  return { kubeconfig, kubectl, kubectlPath, owner: 'demo', end: () => plane.stop() }
}

/* A kubeconfig without a current context has none. */
async function serverOf(kubectl: Kubectl): Promise<string | undefined> {
  const path = '{.current-context}{" at "}{.clusters[0].cluster.server}'
  const { code, stdout } = await kubectl(['config', 'view', '--minify', '-o', `jsonpath=${path}`])
  return code === 0 ? stdout : undefined
}

async function isAgreed(env: NodeJS.ProcessEnv, server: string): Promise<boolean> {
  if (env['DIGICERT_OPERATOR_USE_KUBECONFIG'] === '1') return true
  if (!process.stdin.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Play the demo in the cluster of your KUBECONFIG, ${server}? [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
