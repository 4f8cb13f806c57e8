import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { accountSpec, clusterAccountSpec } from '../../../src/api/account.ts'
import { checkSpec, unpurchasable } from '../../../src/api/order.ts'
import type { Resource } from '../../support/api-server.ts'
import { openCluster } from '../../support/cluster.ts'
import { kubectlOf } from '../../support/journey.ts'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'fixtures', 'bad-orders')
const SMALLEST = 40

type Example = { readonly file: string; readonly expected: string; readonly documents: readonly Resource[] }

const examples: Example[] = readdirSync(DIRECTORY).map((file) => {
  const text = readFileSync(join(DIRECTORY, file), 'utf8')
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Resource)
  return { file, expected: /^# expect: (.+)$/m.exec(text)?.[1] ?? '', documents }
})

const cluster = openCluster()
const kubectl = kubectlOf(process.env['KUBECONFIG'] ?? '')
let namespace: string
beforeAll(async () => {
  namespace = await cluster.newNamespace()
})
afterAll(() => cluster.deleteNamespace(namespace))

describe('an example of what may not be ordered', () => {
  test('exists for every rule, each with the sentence that is expected', () => {
    expect(examples.length).toBeGreaterThanOrEqual(SMALLEST)
    expect(examples.filter(({ expected }) => expected === '').map(({ file }) => file)).toEqual([])
  })

  test.each(examples)('is refused by kubectl apply --dry-run=server: $file', async ({ expected, documents }) => {
    // Of two documents the first is what exists, and the second the change that is refused.
    for (const existing of documents.slice(0, -1)) await cluster.apply(existing, namespace)
    const input = JSON.stringify(documents.at(-1))

    const { code, stderr } = await kubectl(['apply', '--dry-run=server', '-n', namespace, '-f', '-'], { input })

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(expected) })
  })
})

/*
 * What only the API server can judge: it prunes unknown fields, knows the old object, and the object's name. A guard
 * rail that stands twice is the same guard rail, and no harm to an operator that meets it.
 */
const serverAlone = ({ file, expected }: Example) =>
  ['unknown field', 'metadata.name'].some((words) => expected.includes(words)) ||
  ['changed-', 'account-product-twice'].some((name) => file.startsWith(name))

const specOf = ({ documents }: Example): unknown => documents.at(-1)?.['spec']
const kindOf = ({ documents }: Example): string => documents.at(-1)?.kind ?? ''
const judged = examples.filter((example) => !serverAlone(example))

/** What the controller says of a spec, by the rules of the spec and by those of a purchase to come. */
const problemsOf = (spec: unknown): string[] => {
  const checked = checkSpec(spec)
  return checked.ok ? unpurchasable(checked.spec) : checked.problems
}

describe('the rules in TypeScript, for objects that are older than a rule of the CRD', () => {
  test.each(judged.filter((example) => kindOf(example) === 'DigiCertOrder'))('refuse as well: $file', (example) => {
    const problems = problemsOf(specOf(example))

    expect(problems).not.toEqual([])
    expect(problems.filter((problem) => problem.trim() === '')).toEqual([])
  })

  test.each(judged.filter((example) => kindOf(example).endsWith('Account')))('refuse as well: $file', (example) => {
    const schema = kindOf(example) === 'DigiCertAccount' ? accountSpec : clusterAccountSpec

    expect(schema.safeParse(specOf(example)).success).toBe(false)
  })

  test('say a cross-field rule in the very sentence of the CRD', () => {
    const sentences = judged.filter(({ expected }) => / (must|cannot|needs) /.test(expected))
    const others = sentences.filter((example) => {
      const own = problemsOf(specOf(example))
      return !own.some((problem) => problem.includes(example.expected) || problem.includes('is not a DNS name'))
    })

    expect(others.map(({ file }) => file)).toEqual([])
  })
})
