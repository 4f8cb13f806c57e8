import { beforeAll, describe, expect, test } from '@jest/globals'
import { type Made, rendered, prepareHelm } from '../../support/chart.ts'
import { KUBERNETES_VERSIONS, type Validator, validatorFor } from '../../support/kubernetes-schemas.ts'
import { ROW_SETS, valuesIn } from './value-rows.ts'

prepareHelm()

const SETS = [
  { name: 'the defaults', values: {} },
  ...ROW_SETS.map((set) => ({ name: set.name, values: valuesIn(set) })),
]

const crdsOf = (objects: readonly Made[]) => objects.filter(({ kind }) => kind === 'CustomResourceDefinition')

test('the versions of Kubernetes begin with the one that the chart asks for at least', () => {
  expect(KUBERNETES_VERSIONS.length).toBeGreaterThanOrEqual(3)
  expect(KUBERNETES_VERSIONS[0]).toMatch(/^v1\.30\./)
})

describe.each(KUBERNETES_VERSIONS)('Kubernetes %s', (version) => {
  let validate: Validator
  beforeAll(async () => {
    validate = validatorFor(version, crdsOf(await rendered()))
  })

  test.each(SETS)('knows every field of what the chart makes of $name', async ({ values }) => {
    expect((await rendered(values)).flatMap(validate)).toEqual([])
  })

  test('does not know a field that nobody has, a wrong type, and a kind that it has not', async () => {
    const deployment = (await rendered()).find(({ kind }) => kind === 'Deployment')!
    const spec = deployment['spec'] as object

    expect(validate({ ...deployment, spec: { ...spec, replica: 2 } }).join()).toContain('"replica"')
    expect(validate({ ...deployment, spec: { ...spec, replicas: 'two' } }).join()).toContain('/spec/replicas')
    expect(validate({ ...deployment, apiVersion: 'apps/v1beta1' }).join()).toContain('does not know apps/v1beta1')
  })
})
