import { writeFileSync } from 'node:fs'

/** What it takes to reach an API server with a bearer token. */
export type Access = {
  readonly url: string
  readonly caPem: string
  readonly user: string
  readonly token: string
}

/** Writes a kubeconfig that only its owner may read. */
export function writeKubeconfig(path: string, { url, caPem, user, token }: Access): string {
  const name = 'digicert-operator-test-bed'
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  }
  // JSON is YAML, and JSON.stringify quotes everything that has to be quoted.
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  return path
}
