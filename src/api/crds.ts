import { z } from 'zod'
import { accountSpec, accountStatus, clusterAccountSpec } from './account.ts'
import { GROUP, VERSION } from './names.ts'
import { orderSpec } from './order.ts'
import { orderStatus } from './status.ts'
import { WIRE } from './wire.ts'

/** A node of an OpenAPI v3 schema, as far as a CRD carries it. */
export type Schema = {
  type?: string
  description?: string
  properties?: Record<string, Schema>
  items?: Schema
  [key: string]: unknown
}

/** Constructs that the API server refuses as not structural, or that would lose their meaning on the way. */
const UNSTRUCTURAL = ['anyOf', 'oneOf', 'allOf', 'not', '$ref', 'definitions', '$defs', 'prefixItems', 'const']

const MAX_SAFE = Number.MAX_SAFE_INTEGER

const withoutNoise = (node: Schema): Schema => {
  const kept = { ...node }
  for (const key of ['readOnly', 'contentEncoding', '$schema', WIRE]) Reflect.deleteProperty(kept, key)
  if (kept['minimum'] === -MAX_SAFE) delete kept['minimum']
  if (kept['maximum'] === MAX_SAFE) delete kept['maximum']
  if (kept.properties) delete kept['additionalProperties']
  return kept
}

/**
 * Turns what zod prints into a structural schema (Kubernetes: "Specifying a structural schema").
 *
 * @throws where the schema uses a construct that a CRD cannot have: the generator must fail then, not the cluster.
 */
export const toStructural = (noisy: Schema, path = '$'): Schema => {
  const node = withoutNoise(noisy)
  const refused = UNSTRUCTURAL.find((key) => key in node)
  if (refused !== undefined) throw new Error(`${path}: ${refused} is not possible in a CRD`)
  if (node.type === undefined) throw new Error(`${path}: a CRD needs a type here`)
  if (node.properties)
    node.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, child]) => [name, toStructural(child, `${path}.${name}`)]),
    )
  if (node.items) node.items = toStructural(node.items, `${path}[]`)
  return node
}

/** A zod schema as it is printed, with all of its notes. `io: 'input'` so that fields with defaults are not required. */
export const printed = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' }) as Schema

/** The structural schema of one zod schema. */
export const schemaOf = (schema: z.ZodType): Schema => toStructural(printed(schema))

/** Whether nothing was bought for the object, nor sent: a mistake in its product or account can be corrected until then. */
const UNBOUGHT = [
  '!has(oldSelf.status)',
  `(${[
    '!has(oldSelf.status.order)',
    '!has(oldSelf.status.certificate)',
    '(!has(oldSelf.status.history) || oldSelf.status.history.size() == 0)',
    '(!has(oldSelf.status.intent) || !has(oldSelf.status.intent.sentAt))',
  ].join(' && ')})`,
].join(' || ')

const fixedOnceBought = (field: string) => ({
  rule: `self.spec.${field} == oldSelf.spec.${field} || ${UNBOUGHT}`,
  message: `${field} cannot be changed once the order was sent to CertCentral; make a new DigiCertOrder under another name`,
})

type Column = { name: string; type: string; jsonPath: string; priority?: number }

type Kind = {
  kind: string
  plural: string
  shortName: string
  scope: 'Namespaced' | 'Cluster'
  spec: z.ZodType
  status: z.ZodType
  columns: Column[]
  rules?: { rule: string; message: string }[]
}

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`
const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

const accountColumns: Column[] = [
  { name: 'Ready', type: 'string', jsonPath: condition('Ready', 'status') },
  { name: 'Reason', type: 'string', jsonPath: condition('Ready', 'reason') },
  { name: 'Orders-Today', type: 'integer', jsonPath: '.status.dailyOrders.count' },
  { name: 'URL', type: 'string', jsonPath: '.spec.url', priority: 1 },
  { name: 'Message', type: 'string', jsonPath: condition('Ready', 'message'), priority: 1 },
  AGE,
]

export const KINDS: readonly Kind[] = [
  {
    kind: 'DigiCertOrder',
    plural: 'digicertorders',
    shortName: 'dco',
    scope: 'Namespaced',
    spec: orderSpec,
    status: orderStatus,
    rules: [
      {
        rule: 'self.metadata.name.size() <= 240',
        message: 'metadata.name must have at most 240 characters: names of key Secrets are made from it',
      },
      fixedOnceBought('accountRef'),
      fixedOnceBought('product'),
    ],
    columns: [
      { name: 'Ready', type: 'string', jsonPath: condition('Ready', 'status') },
      { name: 'Reason', type: 'string', jsonPath: condition('Issuing', 'reason') },
      { name: 'Order', type: 'integer', jsonPath: '.status.order.id' },
      { name: 'Secret', type: 'string', jsonPath: '.spec.secretName' },
      { name: 'Expires', type: 'string', jsonPath: '.status.certificate.notAfter' },
      { name: 'Next', type: 'string', jsonPath: '.status.next.at' },
      { name: 'Product', type: 'string', jsonPath: '.spec.product', priority: 1 },
      { name: 'Account', type: 'string', jsonPath: '.spec.accountRef.name', priority: 1 },
      { name: 'Message', type: 'string', jsonPath: condition('Issuing', 'message'), priority: 1 },
      AGE,
    ],
  },
  {
    kind: 'DigiCertAccount',
    plural: 'digicertaccounts',
    shortName: 'dca',
    scope: 'Namespaced',
    spec: accountSpec,
    status: accountStatus,
    columns: accountColumns,
  },
  {
    kind: 'ClusterDigiCertAccount',
    plural: 'clusterdigicertaccounts',
    shortName: 'cdca',
    scope: 'Cluster',
    spec: clusterAccountSpec,
    status: accountStatus,
    columns: accountColumns,
  },
]

const schemaOfKind = ({ kind, spec, status, rules }: Kind): Schema => ({
  type: 'object',
  description: `${kind} (${GROUP}/${VERSION})`,
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: schemaOf(spec),
    status: schemaOf(status),
  },
  ...(rules ? { 'x-kubernetes-validations': rules } : {}),
})

/** The CustomResourceDefinition of one kind. */
export const crdOf = (kind: Kind) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.plural}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: kind.scope,
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.kind.toLowerCase(),
      shortNames: [kind.shortName],
      categories: ['digicert'],
    },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: kind.columns,
        schema: { openAPIV3Schema: schemaOfKind(kind) },
      },
    ],
  },
})
