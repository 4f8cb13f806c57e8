import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { accountSpec, clusterAccountSpec } from '../../../src/api/account.ts'
import * as names from '../../../src/api/names.ts'
import { orderSpec } from '../../../src/api/order.ts'
import { ORDER_REASONS } from '../../../src/api/reasons.ts'
import { runCommand } from '../../../src/config.ts'

/* SECURITY.md promises by the names of fields, flags and values. A name that does not exist is a promise that does not. */

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const read = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8')

type Node = { properties?: Record<string, Node>; items?: Node }

/** Every path of fields in a schema, such as `policy.maxNames`. */
const pathsOf = ({ properties = {}, items }: Node, above = ''): string[] => [
  ...Object.entries(properties).flatMap(([name, child]) => {
    const path = above === '' ? name : `${above}.${name}`
    return [path, ...pathsOf(child, path)]
  }),
  ...(items ? pathsOf(items, above) : []),
]

/** Every path of keys in a tree of values. */
const keysOf = (value: unknown, above = ''): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, child]) => {
        const path = above === '' ? name : `${above}.${name}`
        return [path, ...keysOf(child, path)]
      })
    : []

const schema = (of: z.ZodType): Node => z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as Node

const FIELDS = new Set([orderSpec, accountSpec, clusterAccountSpec].flatMap((of) => pathsOf(schema(of))))
const VALUES = new Set(keysOf(parse(read('helm/digicert-operator/values.yaml'))))
const FLAGS = new Set(runCommand(() => Promise.resolve(), { podNamespace: undefined }).options.map(({ long }) => long))
const ANNOTATIONS = new Set(
  Object.values(names).flatMap((value) => (typeof value === 'object' ? Object.values(value) : [value])),
)
const KINDS = ['DigiCertOrder', 'DigiCertAccount', 'ClusterDigiCertAccount']
const POLICIES = ['own-secrets', 'own-finalizers', 'use-cluster-accounts']
/** Words of Kubernetes, of the chart and of the command line. */
const OTHERS = [
  'chain-<id>.pem',
  ...['edit', 'use', 'restricted', 'kube-system', 'kubernetes.io/tls', 'Opaque', 'Forbidden', '/metrics'],
  ...['…-edit', '…-use-accounts', 'digicert-operator', 'digicert-operator simulator'],
  ...POLICIES.map((policy) => `…${policy}`),
]

const exists = (name: string): boolean => {
  const [bare = ''] = name.split(':')
  return (
    [...KINDS, ...OTHERS].includes(name) ||
    FIELDS.has(bare) ||
    VALUES.has(bare) ||
    FLAGS.has(name) ||
    name in ORDER_REASONS ||
    ANNOTATIONS.has(name) ||
    ANNOTATIONS.has(`${names.GROUP}/${name}`)
  )
}

const isPath = (name: string): boolean => name.includes('/') && !name.startsWith('digicert-operator.io')

const quoted = [...new Set([...read('SECURITY.md').matchAll(/`([^`\n]+)`/g)].map(([, name = '']) => name))]

test('SECURITY.md names things at all', () => {
  expect(quoted.length).toBeGreaterThan(40)
})

test.each(quoted.filter((name) => !isPath(name)))('SECURITY.md names %s, which exists', (name) => {
  expect(exists(name)).toBe(true)
})

test.each(['policy.domains', 'spec.nothing', '--allow-hosts', 'digicert-operator.io/orders'])(
  '%s, which does not exist, would be found',
  (name) => {
    expect(exists(name)).toBe(false)
  },
)
