import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { BUILD_LIMIT_MS, answerTo, evaluator } from './evaluator.ts'
import { type Example, examplesOf } from './examples.ts'
import { KINDS, manifest, testsOf, textOf } from './scripts.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

const all = [...examplesOf('flux'), ...examplesOf('argocd')]
const every = (kind: string) =>
  all.flatMap(([file, objects]) => objects.filter((object) => object.kind === kind).map((one) => [file, one] as const))

beforeAll(() => void evaluator(), BUILD_LIMIT_MS)

describe('the values of the examples', () => {
  const programs = execFileSync(join(ROOT, 'scripts/control-plane.sh'), ['helm'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()
  const rendered = (values: unknown): string =>
    execFileSync(
      join(programs, 'helm'),
      ['template', 'digicert-operator', join(ROOT, 'helm/digicert-operator'), '-n', 'digicert-operator', '-f', '-'],
      { encoding: 'utf8', input: JSON.stringify(values), maxBuffer: 64 * 1024 * 1024, stdio: ['pipe', 'pipe', 'pipe'] },
    )
  const releases = every('HelmRelease').map(([file, { spec }]) => [file, spec['values']] as const)
  const applications = every('Application').flatMap(([file, { spec }]) => {
    const { path, helm } = spec['source'] as { path: string; helm?: { valuesObject: unknown } }
    return path === 'helm/digicert-operator' ? [[file, helm?.valuesObject] as const] : []
  })

  test.each([...releases, ...applications])('of %s are values of the chart', (_file, values) => {
    const text = rendered(values)
    expect(text).toContain('image: "registry.example.com/digicert-operator:')
    expect(text).toContain('--cluster-id=production')
  })

  test('are those of two HelmReleases and an Application, and a value that the chart does not know is refused', () => {
    expect([releases.length, applications.length]).toEqual([2, 1])
    expect(() => rendered({ clusterID: 'production' })).toThrow(/clusterID/)
  })
})

describe('argocd-cm.yaml', () => {
  const [[, config] = [undefined, undefined]] = every('ConfigMap')
  const data = config?.data ?? {}

  test('holds the health script of every kind under the key that Argo CD looks for', () => {
    const keys = KINDS.map((kind) => `resource.customizations.health.digicert-operator.io_${kind}`)
    expect(
      Object.keys(data)
        .filter((key) => key.includes('.health.'))
        .sort(),
    ).toEqual(keys.sort())
    for (const kind of KINDS)
      expect(data[`resource.customizations.health.digicert-operator.io_${kind}`]).toBe(textOf(kind, 'health.lua'))
  })

  test('holds the actions of an order, each with its script', () => {
    const text = data['resource.customizations.actions.digicert-operator.io_DigiCertOrder'] ?? ''
    const actions = parse(text) as { 'discovery.lua': string; definitions: { name: string; 'action.lua': string }[] }
    const order = manifest('DigiCertOrder', 'testdata/issued.yaml')
    const offered = answerTo({ ask: 'discover', object: order, script: actions['discovery.lua'] }) as { name: string }[]
    expect(actions.definitions.map(({ name }) => name).sort()).toEqual(offered.map(({ name }) => name).sort())
    for (const { name, 'action.lua': script } of actions.definitions)
      expect(script).toBe(textOf('DigiCertOrder', 'actions', name, 'action.lua'))
  })
})

type Check = { kind: string; current: string; failed: string }

describe('Flux, by the healthCheckExprs of certificates.yaml, reads', () => {
  const checks = every('Kustomization').flatMap(
    ([, { spec }]) => (spec['healthCheckExprs'] as Check[] | undefined) ?? [],
  )
  /* Waiting for a person outside of the cluster is all that differs from kstatus; what is leaving is never asked for. */
  const wanted = (path: string, kstatus: string) => (/awaiting-(approval|validation)/.test(path) ? 'Current' : kstatus)
  const cases = KINDS.flatMap((kind) =>
    testsOf(kind, 'kstatus_test.yaml')
      .filter(({ healthStatus }) => healthStatus.status !== 'Terminating')
      .map(({ inputPath, healthStatus }) => [kind, inputPath, wanted(inputPath, healthStatus.status)] as const),
  )

  test.each(cases)('%s %s as %s', (kind, path, expected) => {
    const exprs = checks.find((check) => check.kind === kind)
    const judged = answerTo({ ask: 'flux', object: manifest(kind, path), exprs })
    expect(judged).toEqual({ status: expected })
  })
})

test('a step of certificates.yaml waits for the one before it', () => {
  const steps = every('Kustomization').map(([, { metadata, spec }]: readonly [string, Example]) => [
    metadata.name,
    ((spec['dependsOn'] ?? []) as { name: string }[]).map(({ name }) => name),
  ])
  expect(steps).toEqual([
    ['digicert-operator', []],
    ['digicert-accounts', ['digicert-operator']],
    ['digicert-orders', ['digicert-accounts']],
  ])
})
