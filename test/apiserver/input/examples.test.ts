import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { checkSpec } from '../../../src/api/order.ts'
import type { Resource } from '../../support/api-server.ts'
import { openCluster } from '../../support/cluster.ts'
import { kubectlOf } from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'

const DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'deploy', 'examples')
const files = readdirSync(DIRECTORY, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'))

const cluster = openCluster()
const kubectl = kubectlOf(process.env['KUBECONFIG'] ?? '')
let namespace: string
beforeAll(async () => {
  namespace = await cluster.newNamespace()
})
afterAll(() => cluster.deleteNamespace(namespace))

/** The documents of a file, in the namespace of this test where they have one at all. */
const documentsIn = (file: string): Resource[] =>
  parseAllDocuments(readFileSync(join(DIRECTORY, file), 'utf8')).map((document) => {
    const resource = document.toJS() as Resource
    const isNamespaced = resource.metadata.namespace !== undefined
    return { ...resource, metadata: { ...resource.metadata, ...(isNamespaced ? { namespace } : {}) } }
  })

describe('an example of deploy/examples', () => {
  test('exists', () => {
    expect(files.length).toBeGreaterThan(0)
  })

  test.each(files)('is accepted by kubectl apply without a warning: %s', async (file) => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documentsIn(file) })

    const { code, stderr } = await kubectl(['apply', '--validate=strict', '-f', '-'], { input })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each(files)('is accepted by the rules in TypeScript as well, as it is stored: %s', async (file) => {
    for (const { kind, metadata } of documentsIn(file).filter((document) => document.kind === 'DigiCertOrder')) {
      const stored = await cluster.get({ kind: kind ?? '', namespace, name: metadata.name })

      expect(checkSpec(stored?.['spec'])).toMatchObject({ ok: true })
    }
  })

  test.each(files)('changes nothing when it is applied once more: %s', async (file) => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documentsIn(file) })

    const { stdout } = await kubectl(['apply', '-f', '-'], { input })

    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' unchanged')),
    ).toEqual([])
  })
})

describe('kubectl explain', () => {
  test('knows every field of the spec', async () => {
    const text = await succeed(kubectl, ['explain', 'dco.spec', '--recursive'])

    for (const field of ['accountRef', 'commonName', 'orderValidity', 'privateKey', 'dcv', 'contacts', 'skipApproval'])
      expect(text).toContain(field)
    expect(text).toContain('What to buy, from which account, into which Secret.')
  })

  test('says what a key is made like and what its choices are', async () => {
    const text = await succeed(kubectl, ['explain', 'dco.spec.privateKey'])

    expect(text).toContain('The private key that the operator makes.')
    for (const choice of ['ECDSA', 'RSA', 'PKCS1', 'PKCS8', 'RSA: 2048 (default), 3072 or 4096 bits'])
      expect(text).toContain(choice)
    expect(text).not.toContain('<no description>')
  })
})

type Schema = { description?: string; properties?: Record<string, Schema>; items?: Schema }

/** The fields below a schema that say nothing of themselves. */
const silent = (schema: Schema, path: string): string[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    ...((child.description ?? '') === '' ? [`${path}.${name}`] : []),
    ...silent(child, `${path}.${name}`),
  ]),
  ...(schema.items === undefined ? [] : silent(schema.items, `${path}[]`)),
]

describe('a field of the CRDs', () => {
  test.each(['digicertorders', 'digicertaccounts', 'clusterdigicertaccounts'])(
    'has a description wherever people may read one: %s',
    async (plural) => {
      const crd = await cluster.get({ kind: 'CustomResourceDefinition', name: `${plural}.digicert-operator.io` })
      const { versions } = crd?.['spec'] as { versions: { schema: { openAPIV3Schema: Schema } }[] }
      const { spec, status } = versions[0]?.schema.openAPIV3Schema.properties ?? {}

      expect([...silent(spec ?? {}, 'spec'), ...silent(status ?? {}, 'status')]).toEqual([])
    },
  )
})
