import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { accountSpec, clusterAccountSpec } from '../../../src/api/account.ts'
import { KINDS, type Schema, crdOf, schemaOf, toStructural } from '../../../src/api/crds.ts'
import { orderSpec } from '../../../src/api/order.ts'
import { SPEC_RULES } from '../../../src/api/spec-rules.ts'
import { ORDER_PAGES, type OrderPage, isDocumented } from '../../../src/api/pages.ts'
import { PRODUCTS, type ProductRules, productWith, rulesOf } from '../../../src/api/products.ts'
import { crdsYaml } from '../../../src/crds.ts'

const CRDS = path.resolve(import.meta.dirname, '../../../crds')

/** Every node of a schema, by its path. */
const nodes = (node: Schema, at: string): [path: string, node: Schema][] => [
  [at, node],
  ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => nodes(child, `${at}.${name}`)),
  ...(node.items ? nodes(node.items, `${at}[]`) : []),
]

describe('crds/', () => {
  test('holds what the schemas make, and nothing else', () => {
    expect(readdirSync(CRDS).sort()).toEqual(KINDS.map(({ plural }) => `${plural}.yaml`).sort())
    for (const kind of KINDS) {
      const text = readFileSync(path.join(CRDS, `${kind.plural}.yaml`), 'utf8')
      expect(parse(text)).toEqual(JSON.parse(JSON.stringify(crdOf(kind))))
    }
  })

  test('is what the command crds prints', () => {
    const printed = parseAllDocuments(crdsYaml()).map((document) => document.toJS() as unknown)
    expect(printed).toEqual(KINDS.map((kind) => JSON.parse(JSON.stringify(crdOf(kind))) as unknown))
  })
})

describe.each(KINDS.map((kind) => [kind.kind, kind] as const))('%s', (_name, kind) => {
  const schemas = [...nodes(schemaOf(kind.spec), 'spec'), ...nodes(schemaOf(kind.status), 'status')]

  test('has bounds wherever the API server counts the cost of a rule', () => {
    const spec = nodes(schemaOf(kind.spec), 'spec')
    const unbound = spec
      .filter(
        ([, node]) =>
          (node.type === 'string' &&
            !node['enum'] &&
            node['pattern'] === undefined &&
            node['maxLength'] === undefined) ||
          (node.type === 'array' && node['maxItems'] === undefined),
      )
      .map(([at]) => at)
    expect(unbound).toEqual([])
  })

  test('says of each list how it is merged, or leaves it atomic', () => {
    const wrong = schemas.filter(
      ([, node]) => node['x-kubernetes-list-type'] === 'map' && !Array.isArray(node['x-kubernetes-list-map-keys']),
    )
    expect(wrong).toEqual([])
  })

  test('asks for no field that has a default', () => {
    const contradictory = schemas.flatMap(([at, node]) =>
      ((node['required'] as string[] | undefined) ?? [])
        .filter((name) => node.properties?.[name]?.['default'] !== undefined)
        .map((name) => `${at}.${name}`),
    )
    expect(contradictory).toEqual([])
  })

  test('is in category digicert, has a status of its own and columns that name fields which exist', () => {
    const { names, versions } = crdOf(kind).spec
    const [version] = versions
    expect(names.categories).toEqual(['digicert'])
    expect(version!.subresources).toEqual({ status: {} })
    const known = schemas.map(([at]) => `.${at}`)
    const strange = version!.additionalPrinterColumns
      .map(({ jsonPath }) => jsonPath)
      .filter((at) => !at.startsWith('.metadata.') && !at.includes('[?(') && !known.includes(at))
    expect(strange).toEqual([])
  })
})

describe('a structural schema', () => {
  test.each<readonly [string, z.ZodType, RegExp]>([
    ['a union', z.object({ a: z.union([z.string(), z.object({})]) }), /\$\.a: anyOf is not possible/],
    ['anything', z.object({ a: z.any() }), /\$\.a: a CRD needs a type/],
    ['a union in a list', z.object({ a: z.array(z.union([z.string(), z.boolean()])) }), /\$\.a\[\]: /],
  ])('refuses %s', (_what, schema, message) => {
    expect(() => schemaOf(schema)).toThrow(message)
  })

  test.each(['$ref', 'not', 'allOf', 'oneOf', 'const', 'prefixItems'])('refuses %s', (word) => {
    expect(() => toStructural({ type: 'object', [word]: {} })).toThrow(`$: ${word} is not possible in a CRD`)
  })

  test('drops what says nothing, and keeps what a map holds', () => {
    expect(
      schemaOf(z.object({ n: z.int().min(1), map: z.record(z.string(), z.string()), nested: z.strictObject({}) })),
    ).toEqual({
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 1 },
        map: { type: 'object', additionalProperties: { type: 'string' } },
        nested: { type: 'object', properties: {} },
      },
      required: ['n', 'map', 'nested'],
    })
  })

  test('is the same for both kinds of account, but for what is of many namespaces', () => {
    const cluster = schemaOf(clusterAccountSpec).properties!
    const own = schemaOf(accountSpec).properties!
    const { namespaces, maxOrdersPerDayPerNamespace, adoption, skipApproval, ...shared } =
      cluster['policy']!.properties!
    const { adoption: ownAdoption, skipApproval: ownSkip, ...ownShared } = own['policy']!.properties!

    expect([namespaces, maxOrdersPerDayPerNamespace]).not.toContain(undefined)
    expect([adoption!.default, skipApproval!.default]).toEqual(['Forbidden', 'Forbidden'])
    expect([ownAdoption!.default, ownSkip!.default]).toEqual(['Allowed', 'Allowed'])
    expect(shared).toEqual(ownShared)
    expect({ ...cluster, policy: undefined }).toEqual({ ...own, policy: undefined })
  })
})

test('no value of a list of values is a word that YAML 1.1, which the API server reads, has as a boolean', () => {
  const booleans = /^(y|n|yes|no|on|off)$/i
  for (const kind of KINDS)
    for (const [at, node] of [...nodes(schemaOf(kind.spec), 'spec'), ...nodes(schemaOf(kind.status), 'status')])
      expect([at, ((node.enum ?? []) as unknown[]).filter((value) => booleans.test(String(value)))]).toEqual([at, []])
})

test('each rule over several fields begins with the field that a person can mend', () => {
  const fields = Object.keys(schemaOf(orderSpec).properties!)
  for (const { message } of SPEC_RULES) {
    const [first = ''] = message.split(/[ .:,]/)
    expect(fields).toContain(first)
  }
})

describe('the rules of a product', () => {
  const PLAN = { validityForm: 'object', signatureHash: 'sent', dcvMethod: 'optional', plan: 'yes' }
  const OLD = { validation: 'dv', validityForm: 'top-level', dcvMethod: 'required', telephone: 'required' }
  const UNKNOWN = { ...PLAN, validation: 'unknown', wildcard: 'yes' }
  test.each([
    ['ssl_securesite_pro', { ...PLAN, validation: 'ov', wildcard: 'yes' }],
    ['ssl_ev_basic', { ...PLAN, validation: 'ev', wildcard: 'no' }],
    ['ssl_dv_geotrust_flex', { ...PLAN, validation: 'dv', wildcard: 'yes', hashes: 'sha256' }],
    ['ssl_dv_geotrust', { ...OLD, wildcard: 'no', signatureHash: 'absent', plan: 'no' }],
    ['ssl_dv_rapidssl', { ...OLD, wildcard: 'no', signatureHash: 'sent', plan: 'yes', pages: ['001', '002'] }],
    ['wildcard_dv_geotrust', { ...OLD, wildcard: 'only', signatureHash: 'absent' }],
    ['document_signing_org_1', { validation: 'ds', wildcard: 'no', orderUnit: 'years', dcvMethod: 'absent' }],
    ['document_signing_of_tomorrow', { validation: 'ds', orderUnit: 'years' }],
    ['ssl_ev_of_tomorrow', { ...PLAN, validation: 'ev', wildcard: 'no' }],
    ['ssl_dv_ee', { ...PLAN, validation: 'dv', wildcard: 'yes', pages: [] }],
    ['cloud_dv_of_tomorrow', { ...PLAN, validation: 'dv', wildcard: 'yes', pages: [] }],
    ['wildcard_dv_of_tomorrow', { ...PLAN, validation: 'dv', wildcard: 'only', pages: [] }],
    ['wildcard_of_tomorrow', { ...PLAN, validation: 'unknown', wildcard: 'only', pages: [] }],
    ['of_tomorrow', UNKNOWN],
    ['constructor', UNKNOWN],
    ['__proto__', UNKNOWN],
  ])('%s are %j', (product, rules) => {
    expect(rulesOf(product)).toMatchObject(rules)
  })

  test('know the order pages that describe the product', () => {
    for (const [id, { pages }] of Object.entries(PRODUCTS))
      expect([id, pages]).toEqual([
        id,
        Object.entries<OrderPage>(ORDER_PAGES)
          .filter(([, { products }]) => products.includes(id))
          .map(([page]) => page),
      ])
    const described = Object.values<OrderPage>(ORDER_PAGES).flatMap(({ products }) => products)
    expect([...new Set(described)].toSorted()).toEqual(Object.keys(PRODUCTS).toSorted())
  })

  test.each([
    ['signature_hash', 'certificate.signature_hash', ({ signatureHash }: ProductRules) => signatureHash === 'sent'],
    ['dcv_method', 'dcv_method', ({ dcvMethod }: ProductRules) => dcvMethod !== 'absent'],
    ['cert_validity', 'certificate.cert_validity', ({ certificate }: ProductRules) => certificate !== 'none'],
  ])('send %s where a page of the product has it, and nowhere else', (_what, field, isSent) => {
    for (const [id, rules] of Object.entries(PRODUCTS))
      expect([id, isSent(rules)]).toEqual([id, isDocumented(rules.pages, field)])
  })

  test('are asked the same in CEL as in TypeScript', () => {
    const { cel, holds } = productWith(({ wildcard }) => wildcard === 'only')
    expect(cel).toBe("(self.product.startsWith('wildcard_'))")
    expect([holds('wildcard_dv_rapidssl'), holds('wildcard_of_tomorrow'), holds('ssl_basic')]).toEqual([
      true,
      true,
      false,
    ])
    expect(productWith(({ signatureHash }) => signatureHash === 'absent').cel).toBe(
      "(self.product in ['ssl_dv_geotrust', 'wildcard_dv_geotrust', 'cloud_dv_geotrust'])",
    )
  })

  test('cannot be asked what holds of products that nobody knows, or not of a whole family', () => {
    expect(() => productWith(({ wildcard }) => wildcard === 'yes')).toThrow('no list of products')
    expect(() => productWith(({ wildcard, validation }) => wildcard === 'only' && validation === 'unknown')).toThrow(
      'wildcard_dv_geotrust',
    )
  })
})
