import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Cluster, openCluster } from '../../support/cluster.ts'
import { eventually, kubectlOf } from '../../support/journey.ts'
import { type Kubectl, succeed } from '../../support/kubectl.ts'
import { type Example, GITOPS, examplesOf, objectsOf } from '../../unit/gitops/examples.ts'

const CRDS = join(GITOPS, '..', '..', 'tools', 'gitops', 'crds')

let cluster: Cluster
let kubectl: Kubectl
beforeAll(async () => {
  cluster = openCluster()
  kubectl = kubectlOf(process.env['KUBECONFIG'] ?? '')
  for (const name of ['argocd', 'flux-system', 'digicert-operator', 'shop'])
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  await succeed(kubectl, ['apply', '--server-side', '-f', CRDS])
  await succeed(kubectl, ['wait', '--for=condition=Established', '-f', CRDS, '--timeout=60s'])
})
afterAll(async () => {
  await succeed(kubectl, ['delete', '-f', CRDS, '--ignore-not-found', '--wait=false'])
})

/** What the API server, with the CRDs of Flux and Argo CD, thinks of an object; unknown fields are refused. */
const tried = (object: object) =>
  kubectl(['apply', '--dry-run=server', '--server-side', '--validate=strict', '-f', '-'], {
    input: JSON.stringify(object),
  })

test('the CRDs are those of the six kinds that the examples are made of', () => {
  const crds = readdirSync(CRDS).flatMap((file) => objectsOf(readFileSync(join(CRDS, file), 'utf8')))
  const kinds = crds.map(({ spec }) => (spec['names'] as { kind: string }).kind).sort()
  expect(kinds).toEqual(['AppProject', 'Application', 'GitRepository', 'HelmRelease', 'Kustomization', 'OCIRepository'])
})

describe('the API server takes', () => {
  const cases = [...examplesOf('flux'), ...examplesOf('argocd')].flatMap(([file, objects]) =>
    objects.map((object: Example) => [object.kind, object.metadata.name, file, object] as const),
  )

  test.each(cases)('%s %s of %s', async (_kind, _name, _file, object) => {
    expect(await tried(object)).toMatchObject({ code: 0 })
  })

  test('no misspelt field', async () => {
    const [, objects] = examplesOf('flux').find(([file]) => file === 'flux/operator.yaml')!
    const release = objects.find(({ kind }) => kind === 'HelmRelease')!
    const { code, stderr } = await tried({ ...release, spec: { ...release.spec, driftdetection: { mode: 'enabled' } } })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/driftdetection/)])
  })

  test('account and order, as kustomize renders them for both tools', async () => {
    const directory = join(GITOPS, 'certificates')
    await eventually('kubectl to know the kinds of the operator', async () => {
      const { code } = await kubectl(['get', 'digicertorders', '-n', 'shop'])
      return code === 0
    })
    const told = await succeed(kubectl, ['apply', '--dry-run=server', '-k', directory])
    expect(
      told
        .replace(/ \(server dry run\)|unchanged|configured|created/g, '')
        .trim()
        .split(/\s*\n/),
    ).toEqual([
      'namespace/shop',
      'digicertaccount.digicert-operator.io/certcentral',
      'digicertorder.digicert-operator.io/www',
    ])
  })
})
