import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Writes a kubeconfig with one cluster and one user into a new directory; answers its path. */
export function writeKubeconfig(cluster: Record<string, unknown>, user: Record<string, unknown>): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'kube-')), 'config')
  rewriteKubeconfig(file, cluster, user)
  return file
}

/** Writes another content to that path. */
export function rewriteKubeconfig(file: string, cluster: Record<string, unknown>, user: Record<string, unknown>): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'there',
    clusters: [{ name: 'fake', cluster }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'there', context: { cluster: 'fake', user: 'me' } }],
  }
  writeFileSync(file, JSON.stringify(config))
}
