import { readFileSync } from 'node:fs'
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

const OF_OPERATOR = ['own-finalizers', 'own-secrets']

describe('the admission policies', () => {
  /** Names of the policies that deny what they refuse, without those of the release. */
  const denying = (objects: readonly Example[]) => {
    const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
    const bindings = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding')
    const bound = ({ metadata }: Example) =>
      bindings.some(
        ({ spec }) =>
          spec['policyName'] === metadata.name &&
          JSON.stringify(spec['validationActions']) === JSON.stringify(['Deny']),
      )
    return policies.filter(bound).map(({ metadata }) => metadata.name.split('.').at(-1))
  }

  test.each(DIRECTORIES.filter((directory) => directory !== 'crds'))(
    '%s has those that it needs',
    async (directory) => {
      const needed = directory === 'namespaced' ? OF_OPERATOR : [...OF_OPERATOR, 'use-cluster-accounts']
      expect(denying(await rendered(directory)).sort()).toEqual(needed)
    },
  )

  test('install.yaml has those of the base, to the letter', async () => {
    const policiesOf = (objects: readonly Example[]) => objects.filter(({ kind }) => kind.startsWith('Validating'))
    const manifest = objectsOf(readFileSync(join(KUSTOMIZE, '..', 'install.yaml'), 'utf8'))
    expect(policiesOf(manifest)).toEqual(policiesOf(await rendered('base')))
    expect(policiesOf(manifest)).toHaveLength(6)
  })
})

describe('what an overlay changes:', () => {
  test('namespaced has no object outside of its two namespaces, but the policies', async () => {
    const objects = await rendered('namespaced')
    const outside = objects.filter(({ metadata }) => metadata.namespace === undefined)
    const namespaces = objects.flatMap(({ metadata }) => metadata.namespace ?? [])
    expect([...new Set(outside.map(({ kind }) => kind))].sort()).toEqual([
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ])
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
