import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts'
import { freePort } from '../../support/free-port.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { succeed } from '../../support/kubectl.ts'
import { programArgs } from '../../support/operator-process.ts'
import { type SimulatorProcess, startSimulatorProcess } from '../../support/simulator-process.ts'
import { CHECKOUT } from './markdown.ts'
import { openShell, type Ran } from './shell.ts'
import { type StandInKubelet, startStandInKubelet } from './stand-in-kubelet.ts'

/** A cluster of its own, as a reader of the documentation has it, and the programs that pages call. */
export type Stage = {
  readonly cluster: Cluster
  readonly plane: ControlPlane
  /** Where pages find the programs, and the API key that stands for a reader's own. */
  readonly env: NodeJS.ProcessEnv
  readonly certCentral: () => SimulatorProcess
  /** Where the operator that was installed serves its figures. */
  readonly metricsUrl: () => string
  /** Puts a new CertCentral, without orders, at the place of the one before. */
  readonly newCertCentral: () => Promise<void>
  /** A new directory that looks like the checkout, in which a page's files are saved. */
  readonly newDirectory: () => string
  readonly close: () => Promise<void>
}

/** Starts it: an API server without our kinds, and nothing installed. */
export async function openStage(): Promise<Stage> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const plane = await startControlPlane({ directory: guardedDirectory('docs-plane'), log, env: process.env })
  const cluster = openCluster(plane.kubeconfig)
  const listen = `127.0.0.1:${await freePort()}`
  const url = `http://${listen}/services/v2`
  const kubelet = startStandInKubelet(cluster, plane, url)
  await succeed(plane.kubectl, ['apply', '-f', '-'], JSON.stringify(accountsAt(url)))
  let certCentral = await startSimulatorProcess({ listen })
  return {
    cluster,
    plane,
    env: {
      PATH: `${await toolsFor(plane, kubelet)}:${process.env['PATH'] ?? ''}`,
      HOME: guardedDirectory('docs-home'),
      LANG: 'C.UTF-8',
      KUBECONFIG: plane.kubeconfig,
      KUBERC: 'off',
      CERTCENTRAL_API_KEY: 'simulator',
    },
    certCentral: () => certCentral,
    metricsUrl: kubelet.metricsUrl,
    newCertCentral: async () => {
      await certCentral.stop()
      certCentral = await startSimulatorProcess({ listen })
    },
    newDirectory,
    close: async () => {
      await kubelet.stop()
      await certCentral.stop()
      await plane.stop()
    },
  }
}

/*
 * Pages name DigiCert's URL, or none; here every account is sent to the simulator. The API server does it, so that what a
 * page says is applied as it stands.
 */
const POLICY = 'accounts-of-the-documentation'
const accountsAt = (url: string) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: POLICY },
      spec: {
        reinvocationPolicy: 'Never',
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['digicert-operator.io'],
              apiVersions: ['*'],
              resources: ['digicertaccounts', 'clusterdigicertaccounts'],
              operations: ['CREATE', 'UPDATE'],
            },
          ],
        },
        mutations: [
          {
            patchType: 'JSONPatch',
            jsonPatch: { expression: `[JSONPatch{op: "add", path: "/spec/url", value: "${url}"}]` },
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: POLICY },
      spec: { policyName: POLICY },
    },
  ],
})

/** A directory with the programs that pages call. */
async function toolsFor(plane: ControlPlane, kubelet: StandInKubelet): Promise<string> {
  const tools = guardedDirectory('docs-tools')
  const { stdout } = await promisify(execFile)(join(CHECKOUT, 'scripts', 'control-plane.sh'), ['helm'])
  const program = programArgs().map((arg) => `'${arg}'`)
  const scripts = {
    helm: `exec '${join(stdout.trim(), 'helm')}' "$@"`,
    // Without nodes there is nobody to ask for a log.
    kubectl: `[ "$1" != logs ] || exec cat '${kubelet.logLink(tools)}'\nexec '${plane.kubectlPath}' "$@"`,
    'digicert-operator': `exec '${process.execPath}' ${program.join(' ')} "$@"`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(tools, name), 0o755)
  }
  return tools
}

function newDirectory(): string {
  const directory = guardedDirectory('docs-page')
  const entries = readdirSync(CHECKOUT).filter((name) => !name.startsWith('.'))
  for (const name of entries) symlinkSync(join(CHECKOUT, name), join(directory, name))
  return directory
}

/** What is there when the reading of a page begins. */
export type Beginning = 'nothing' | 'the operator' | 'an account'

const INSTALL = `helm install digicert-operator helm/digicert-operator -n digicert-operator --create-namespace --set clusterId=docs
kubectl rollout status deployment/digicert-operator -n digicert-operator --timeout=60s`

const ACCOUNT = `kubectl get namespace shop || kubectl create namespace shop
kubectl create secret generic certcentral -n shop --from-literal=api-key="$CERTCENTRAL_API_KEY"
kubectl apply -f - <<END
{ apiVersion: digicert-operator.io/v1alpha1, kind: DigiCertAccount, metadata: { name: certcentral, namespace: shop },
  spec: { apiKeySecretRef: { name: certcentral } } }
END
kubectl wait dca/certcentral -n shop --for=condition=Ready --timeout=30s`

const SYSTEM = /^(default|kube-.*)$/

/*
 * All that can be installed, whichever way it was; a namespace takes five seconds to go, so that of the operator, which
 * comes first in the file, stays.
 */
const UNINSTALL = `helm uninstall digicert-operator -n digicert-operator --ignore-not-found
sed '1,/^---$/d' deploy/install.yaml | kubectl delete --ignore-not-found --timeout=60s -f -
kubectl delete secrets,leases --all -n digicert-operator`

/** Takes away what the page before left, and makes what the next one begins with. */
export async function setStage(stage: Stage, beginning: Beginning): Promise<void> {
  const run = openShell(stage.newDirectory(), stage.env)
  const must = async (commands: string): Promise<Ran> => {
    const ran = await run(commands)
    if (ran.code !== 0) throw new Error(`${commands}\nended with ${ran.code}: ${ran.output}`)
    return ran
  }
  const isInstalled = (await stage.cluster.list({ apiVersion: 'apps/v1', kind: 'Deployment' })).length > 0
  const names = (await stage.cluster.list({ kind: 'Namespace' })).map(({ metadata: { name } }) => name)
  const others = names.filter((name) => !SYSTEM.test(name) && name !== 'digicert-operator')
  if (isInstalled) await must('kubectl delete dco,dca,cdca --all -A --timeout=60s')
  for (const name of others) await must(`kubectl delete secrets --all -n ${name}`)
  const left = others.filter((name) => beginning !== 'an account' || name !== 'shop')
  if (left.length > 0) await must(`kubectl delete namespace ${left.join(' ')} --timeout=60s`)
  await stage.newCertCentral()
  if (beginning === 'nothing' && isInstalled) await must(UNINSTALL)
  if (beginning !== 'nothing' && !isInstalled) await must(INSTALL)
  if (beginning === 'an account') await must(ACCOUNT)
}

export const saved = (directory: string, name: string, text: string): void => {
  if (existsSync(join(CHECKOUT, name))) throw new Error(`${name} is a file of the checkout`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), text)
}
