import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { endChild, startChild } from '../../test/support/child.ts'
import { applyCrds } from '../../test/support/control-plane.ts'
import { guardedDirectory } from '../../test/support/guard.ts'
import { kubectlFor } from '../../test/support/kubectl.ts'
import { findKubectl } from '../../test/support/programs.ts'
import { type Cost, checkSecrets, costOf } from './cost.ts'
import { observeAll } from './observer.ts'
import { type Stand, nameOf } from './stand.ts'

const MODULE = join(import.meta.dirname, '..', '..', 'tools', 'cert-manager')
const GROUP = 'cert-manager.io'
const CERTIFICATES = { group: GROUP, version: 'v1', plural: 'certificates', kind: 'Certificate' }

/** Settings of cert-manager that its users turn for speed. */
export type Tuning = { readonly workers: number; readonly gates: string }

const log = (line: string): void => void process.stderr.write(`${line}\n`)
const outputOf = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { cwd: MODULE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()

const certificate = (namespace: string, name: string, spec: object) => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Certificate',
  metadata: { name, namespace },
  spec: { secretName: `${name}-tls`, ...spec },
})

const issuer = (namespace: string, name: string, spec: object) => ({
  apiVersion: `${GROUP}/v1`,
  kind: 'Issuer',
  metadata: { name, namespace },
  spec,
})

const EC = { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' }
const KEYS = { ECDSA: EC, RSA: { algorithm: 'RSA', size: 2048, rotationPolicy: 'Always' } } as const
const authority = (name: string, issuerName: string) => ({
  ...{ isCA: true, commonName: name, duration: '8760h', privateKey: EC },
  issuerRef: { name: issuerName },
})

/** A root, and an intermediate that issues: as many links as CertCentral's chain has. */
async function prepareIssuer({ cluster, namespace, kubeconfig }: Stand): Promise<void> {
  const observer = await observeAll({ kubeconfig, namespace, resource: CERTIFICATES })
  await cluster.apply([
    issuer(namespace, 'self-signed', { selfSigned: {} }),
    certificate(namespace, 'root', authority('root', 'self-signed')),
    issuer(namespace, 'root', { ca: { secretName: 'root-tls' } }),
    certificate(namespace, 'intermediate', authority('intermediate', 'root')),
    issuer(namespace, 'ca', { ca: { secretName: 'intermediate-tls' } }),
  ])
  await observer.untilReady(2, 120_000)
  await observer.close()
}

/** Has cert-manager issue so many by its CA issuer, checks each Secret, and says what it cost. */
export async function certManager(
  stand: Stand,
  { workers, gates }: Tuning,
  { algorithm, count }: { algorithm: 'ECDSA' | 'RSA'; count: number },
): Promise<Cost> {
  const { client, namespace, kubeconfig } = stand
  const program = outputOf('./build.sh', [])
  const source = outputOf('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/cert-manager/cert-manager'])
  await applyCrds(kubectlFor(await findKubectl(process.env, log), kubeconfig), [join(source, 'deploy', 'crds')])
  const place = { name: 'cert-manager', directory: guardedDirectory('cert-manager') }
  const args = [`--kubeconfig=${kubeconfig}`, `--concurrent-workers=${workers}`, `--feature-gates=${gates}`]
  const child = await startChild({ ...place, command: program, args })
  try {
    await prepareIssuer(stand)
    const observer = await observeAll({ kubeconfig, namespace, resource: CERTIFICATES })
    const names = Array.from({ length: count }, (_, index) => nameOf('cold', index))
    const cost = await costOf(stand, {
      ...{ pid: child.pid, observer, names, applied: 'POST certificates' },
      submit: (name) =>
        client.create(
          CERTIFICATES,
          certificate(namespace, name, {
            ...{ commonName: `${name}.example.com`, dnsNames: [`${name}.example.com`] },
            ...{ privateKey: KEYS[algorithm], issuerRef: { name: 'ca' } },
          }),
        ),
    })
    await observer.close()
    await checkSecrets(stand, names)
    return cost
  } finally {
    await endChild(place, 'SIGTERM')
  }
}
