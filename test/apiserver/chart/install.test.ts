import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Made, type Release, helm, rendered, succeedHelm, valuesOf } from '../../support/chart.ts'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts'
import { guardedDirectory } from '../../support/guard.ts'
import { kubectlFor } from '../../support/kubectl.ts'
import { MONITORING_CRDS } from '../../support/kubernetes-schemas.ts'
import { waitFor } from '../../support/wait-for.ts'
import { ROW_SETS, valuesIn } from '../../unit/chart/value-rows.ts'

const NAMESPACE = 'digicert-operator'
const ACCOUNTS = {
  accounts: [
    { name: 'own', spec: { apiKeySecretRef: { name: 'own' } } },
    { kind: 'ClusterDigiCertAccount', name: 'shared', spec: { apiKeySecretRef: { name: 'shared' } } },
  ],
}

/* A control plane that has never heard of our kinds, unlike the one that the other tests share. */
let plane: ControlPlane
let cluster: Cluster
let release: Release

beforeAll(async () => {
  const directory = guardedDirectory('chart')
  plane = await startControlPlane({ directory, log: (line) => process.stderr.write(`${line}\n`), env: process.env })
  cluster = openCluster(plane.kubeconfig)
  release = { name: NAMESPACE, namespace: NAMESPACE, kubeconfig: plane.kubeconfig }
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } })
}, 120_000)
afterAll(() => plane.stop())

const accountsThere = async () => {
  const kinds = ['DigiCertAccount', 'ClusterDigiCertAccount']
  const lists = await Promise.all(kinds.map((kind) => cluster.list({ kind })))
  return lists.flat().map(({ metadata }) => metadata.name)
}

describe('helm install', () => {
  test('says what to do where accounts come with their kinds, and makes nothing', async () => {
    const { code, stderr } = await helm(['install'], release, ACCOUNTS)

    expect(code).not.toBe(0)
    expect(stderr).toContain('install without accounts, then add them with helm upgrade')
    const { stdout } = await plane.kubectl(['get', 'crd', '-o', 'name'])
    expect(stdout).not.toContain('digicert')
  })

  test('installs the kinds with the operator, and helm upgrade adds the accounts and takes them away', async () => {
    await succeedHelm(['install'], release)
    await succeedHelm(['upgrade'], release, ACCOUNTS)
    expect(await accountsThere()).toEqual(['own', 'shared'])

    await succeedHelm(['upgrade'], release, { accounts: [] })
    expect(await accountsThere()).toEqual([])
  })

  test('of another release of that name goes into another namespace beside it', async () => {
    const second = { ...release, name: 'second', namespace: 'second' }

    await succeedHelm(['install', '--create-namespace'], second, { crds: { enabled: false }, watchNamespaces: [] })

    const apiVersion = 'admissionregistration.k8s.io/v1'
    expect(await cluster.list({ apiVersion, kind: 'ValidatingAdmissionPolicy' })).toHaveLength(6)
    await succeedHelm(['uninstall'], second)
  })
})

describe('the API server', () => {
  beforeAll(async () => {
    const crds = MONITORING_CRDS.map((crd) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      ...crd,
    }))
    await cluster.apply(crds)
    for (const name of ['shop', 'blog'])
      await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
  }, 60_000)

  /* As Helm, which takes back what it gave before and does not give now. */
  const dryRun = (objects: readonly object[]) =>
    plane.kubectl(['apply', '--server-side', '--field-manager=helm', '--dry-run=server', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    })

  test.each(ROW_SETS)('takes every object of the values that ask for $name', async (set) => {
    const made = await rendered(valuesIn(set))

    const { code, stdout, stderr } = await dryRun(made)

    expect(stderr.replaceAll(/^Warning: .*\n/gm, '')).toBe('')
    expect([code, stdout.trim().split('\n').length]).toEqual([0, made.length])
  })

  const podOf = (made: readonly Made[]) => {
    const deployment = made.find(({ kind }) => kind === 'Deployment')
    const { template } = deployment?.['spec'] as { template: { metadata: object; spec: object } }
    return { apiVersion: 'v1', kind: 'Pod', ...template, metadata: { name: 'pod', namespace: NAMESPACE } }
  }

  test('lets the pod into a namespace that takes restricted pods only, and not one with more rights', async () => {
    const values = valuesOf({ 'containerSecurityContext.allowPrivilegeEscalation': true })

    const allowed = await dryRun([podOf(await rendered())])
    const refused = await dryRun([podOf(await rendered(values))])

    expect([allowed.code, allowed.stderr]).toEqual([0, ''])
    expect(refused.stderr).toContain('violates PodSecurity "restricted:latest"')
  })

  test('counts the Lease of the operator among leader elections, and its other calls among those of everybody', async () => {
    const kubeconfig = await plane.userKubeconfig({ namespace: NAMESPACE, name: NAMESPACE })
    const asOperator = kubectlFor(plane.kubectlPath, kubeconfig)
    const level = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'PriorityLevelConfiguration' }
    const uidOf = async (name: string) => (await cluster.get({ ...level, name }))?.metadata.uid
    /** The priority level that the API server says it put a call in. */
    const levelOf = async (...args: string[]) => {
      const { stderr } = await asOperator([...args, '-n', NAMESPACE, '-v=8'])
      return /X-Kubernetes-Pf-Prioritylevel-Uid: (\S+)/i.exec(stderr)?.[1]
    }
    const election = await uidOf('leader-election')

    await waitFor(async () => (await levelOf('get', '--raw', leasePath)) === election, {
      what: 'Lease among the leader elections',
      limitMs: 45_000,
    })
    const orders = '/apis/digicert-operator.io/v1alpha1/digicertorders'
    expect(await levelOf('get', '--raw', orders)).toBe(await uidOf('workload-low'))
  })
})

const leasePath = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/digicert-operator`
