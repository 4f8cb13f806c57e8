import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { KINDS } from '../../../src/api/crds.ts'
import { type Config, runCommand } from '../../../src/config.ts'
import { VERSION } from '../../../src/version.ts'

const CHECKOUT = `${import.meta.dirname}/../../..`
const read = (file: string): string => readFileSync(`${CHECKOUT}/${file}`, 'utf8')

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }
type Container = { args: string[]; image: string; securityContext: object; ports: { containerPort: number }[] }
type Manifest = {
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
  rules?: Rule[]
  spec?: { template: { spec: { containers: [Container]; securityContext: object } } }
}

const manifests = parseAllDocuments(read('deploy/install.yaml')).map((document) => document.toJS() as Manifest)
const named = (kind: string, name: string): Manifest =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)!

const rights = (manifest: Manifest): string[] =>
  manifest
    .rules!.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}: ${verbs.join(' ')}`)),
    )
    .sort()

const configOf = async (args: readonly string[]): Promise<Config> => {
  const given: Config[] = []
  const command = runCommand(
    (config) => {
      given.push(config)
      return Promise.resolve()
    },
    { podNamespace: 'digicert-operator' },
  )
  await command.parseAsync([...args], { from: 'user' })
  return given[0]!
}

const pod = named('Deployment', 'digicert-operator').spec!.template.spec
const [container] = pod.containers

describe('deploy/install.yaml', () => {
  test('runs the operator with the defaults of its flags', async () => {
    const [command, ...args] = container.args
    expect(command).toBe('run')
    expect(await configOf(args)).toEqual(await configOf([]))
  })

  test('gives the operator these rights and no others', () => {
    expect(rights(named('ClusterRole', 'digicert-operator'))).toEqual([
      '/events: get create patch',
      '/namespaces: get',
      '/secrets: get create update patch delete list watch',
      'digicert-operator.io/clusterdigicertaccounts/status: update',
      'digicert-operator.io/clusterdigicertaccounts: get list watch',
      'digicert-operator.io/digicertaccounts/status: update',
      'digicert-operator.io/digicertaccounts: get list watch',
      'digicert-operator.io/digicertorders/status: update',
      'digicert-operator.io/digicertorders: get list watch',
      'digicert-operator.io/digicertorders: patch',
    ])
    expect(rights(named('Role', 'digicert-operator-home'))).toEqual([
      '/events: get create patch',
      '/secrets: get',
      'apps/deployments: get',
      'coordination.k8s.io/leases: create',
      'coordination.k8s.io/leases: get update',
    ])
  })

  test('lets no role of people write a status, or aggregate rights on cluster accounts', () => {
    const people = manifests.filter(
      ({ kind, metadata }) => kind === 'ClusterRole' && /-(view|edit)$/.test(metadata.name),
    )
    expect(people).toHaveLength(2)
    for (const role of people) {
      expect(rights(role).filter((right) => right.includes('/status'))).toEqual([])
      expect(rights(role).filter((right) => /clusterdigicertaccounts: .*(create|update)/.test(right))).toEqual([])
    }
  })

  test('runs as a user without privileges on a file system that cannot be written', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  test('installs every kind', () => {
    const installed = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition')
    expect(installed.map(({ metadata }) => metadata.name).sort()).toEqual(
      KINDS.map(({ plural }) => `${plural}.digicert-operator.io`).sort(),
    )
  })

  test('says nothing of Helm', () => {
    expect(read('deploy/install.yaml')).not.toMatch(/helm\.sh|managed-by/)
  })
})

test('chart, image and program have one version', () => {
  const { version, appVersion } = parse(read('helm/digicert-operator/Chart.yaml')) as Record<string, string>
  expect([version, appVersion]).toEqual([VERSION, VERSION])
  expect(container.image).toBe(`digicert-operator:${VERSION}`)
  expect(read('Dockerfile')).toContain(`org.opencontainers.image.version="${VERSION}"`)
})
