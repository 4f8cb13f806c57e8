import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { openCluster } from '../../support/cluster.ts'
import { kubectlOf } from '../../support/journey.ts'
import { type Kubectl, succeed } from '../../support/kubectl.ts'
import { type Example, GITOPS, objectsOf } from '../../unit/gitops/examples.ts'

const KUSTOMIZE = join(GITOPS, '..', 'kustomize')
const DIRECTORIES = [
  'crds',
  'base',
  'namespaced',
  'overlays/production',
  'overlays/custom-ca-and-proxy',
  'overlays/simulator',
]

let kubectl: Kubectl
beforeAll(async () => {
  kubectl = kubectlOf(process.env['KUBECONFIG'] ?? '')
  for (const name of ['digicert-operator', 'shop'])
    await openCluster().apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
})

type Container = { image: string; args: string[]; env?: { name: string; value: string }[] }
type Deployment = { replicas: number; template: { spec: { priorityClassName?: string; containers: Container[] } } }

const rendered = async (directory: string): Promise<Example[]> =>
  objectsOf(await succeed(kubectl, ['kustomize', join(KUSTOMIZE, directory)]))

const deploymentOf = async (directory: string, name = 'digicert-operator'): Promise<Deployment> => {
  const found = (await rendered(directory)).find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === name,
  )
  return found?.spec as unknown as Deployment
}

describe('kubectl apply -k', () => {
  test.each(DIRECTORIES)('%s is what the API server takes, every object of it', async (directory) => {
    const path = join(KUSTOMIZE, directory)
    const told = await succeed(kubectl, ['apply', '--dry-run=server', '--server-side', '--force-conflicts', '-k', path])
    expect(told.trim().split('\n')).toHaveLength((await rendered(directory)).length)
  })
})

describe('what an overlay changes:', () => {
  test('namespaced has no object outside of its two namespaces', async () => {
    const objects = await rendered('namespaced')
    const namespaces = objects.map(({ metadata }) => metadata.namespace ?? 'none')
    expect([...new Set(namespaces)].sort()).toEqual(['digicert-operator', 'shop'])
    const { template } = await deploymentOf('namespaced')
    expect(template.spec.containers[0]?.args).toEqual(
      expect.arrayContaining(['--watch-namespaces=shop', '--cluster-accounts=false', '--cluster-id=production']),
    )
  })

  test('production names registry, replicas, cluster and priority', async () => {
    const { replicas, template } = await deploymentOf('overlays/production')
    const [container] = template.spec.containers
    expect([replicas, template.spec.priorityClassName]).toEqual([3, 'system-cluster-critical'])
    expect(container?.image).toMatch(/^registry\.example\.com\/digicert-operator:/)
    expect(container?.args.at(-1)).toBe('--cluster-id=production')
  })

  test('custom-ca-and-proxy brings the CA under the name that its hash gives it', async () => {
    const objects = await rendered('overlays/custom-ca-and-proxy')
    const config = objects.find(({ kind }) => kind === 'ConfigMap')
    expect(config?.data?.['ca.crt']).toMatch(/^-----BEGIN CERTIFICATE-----/)
    const { template } = await deploymentOf('overlays/custom-ca-and-proxy')
    expect(JSON.stringify(template)).toContain(JSON.stringify(config?.metadata.name))
    expect(template.spec.containers[0]?.env?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS']),
    )
  })

  test('simulator runs the same image, and the operator may call it and nobody else', async () => {
    const own = await deploymentOf('overlays/simulator')
    const simulator = await deploymentOf('overlays/simulator', 'simulator')
    expect(simulator.template.spec.containers[0]?.image).toBe(own.template.spec.containers[0]?.image)
    const hosts = own.template.spec.containers[0]?.args.filter((argument) => argument.startsWith('--allowed-hosts'))
    expect(hosts?.at(-1)).toBe('--allowed-hosts=simulator.digicert-operator.svc:8080')
  })

  test('simulator has its account call the simulator where its Service is, at a host that is allowed', async () => {
    const objects = await rendered('overlays/simulator')
    const specOf = (of: string, name: string) =>
      objects.find(({ kind, metadata }) => kind === of && metadata.name === name)?.spec
    const { host } = new URL(specOf('ClusterDigiCertAccount', 'simulator')?.['url'] as string)
    const [{ port }] = specOf('Service', 'simulator')?.['ports'] as [{ port: number }]
    expect(host).toBe(`simulator.digicert-operator.svc:${port}`)
  })
})
