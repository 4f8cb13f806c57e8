import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import { PRODUCTS } from '../../../src/api/products.ts'
import { beginJourney, type Journey, kstatusOf, statusFaults } from '../../support/journey.ts'

const DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'deploy', 'examples', 'products')

const examples = readdirSync(DIRECTORY).map(
  (file) => parse(readFileSync(join(DIRECTORY, file), 'utf8')) as DigiCertOrder,
)
const isOnToken = ({ spec }: DigiCertOrder): boolean =>
  spec.documentSigning !== undefined && spec.documentSigning.provisioningMethod !== 'email'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
  for (const example of examples) {
    const { name } = example.metadata
    await journey.apply({ ...example, metadata: { name } })
  }
}, 60_000)
afterAll(() => journey.close())

const paidFor = async (product: string) =>
  (await journey.certCentral.paid()).filter((entry) => entry.product === product)

test('there is an example of each product of the pages', () => {
  expect(examples.map(({ spec }) => spec.product).toSorted()).toEqual(Object.keys(PRODUCTS).toSorted())
})

describe('the example of a product', () => {
  test.each(
    examples.filter((example) => !isOnToken(example)).map((example) => [example.spec.product, example] as const),
  )('goes to Ready, for one purchase: %s', async (product, { metadata, spec }) => {
    const order = await journey.ready(metadata.name)
    const secret = await journey.cluster.secret(journey.namespace, spec.secretName ?? '')
    const leaf = new X509Certificate(secret?.data['tls.crt'] ?? '')

    expect([kstatusOf(order), statusFaults(order)]).toEqual(['Current', []])
    expect(secret?.type).toBe('kubernetes.io/tls')
    expect(leaf.subjectAltName ?? '').toContain(spec.commonName ?? spec.documentSigning?.subject.email)
    expect(await paidFor(product)).toEqual([expect.objectContaining({ ignoredFields: offPage(product) })])
  })

  test.each(examples.filter(isOnToken).map((example) => [example.spec.product, example] as const))(
    'waits for a person to pick it up, without a Secret: %s',
    async (product, { metadata, spec }) => {
      const order = await journey.says(metadata.name, 'AwaitingPickup')

      expect([kstatusOf(order), statusFaults(order)]).toEqual(['InProgress', []])
      expect(spec.secretName).toBeUndefined()
      expect(await journey.cluster.list({ kind: 'Secret', namespace: journey.namespace })).not.toContainEqual(
        expect.objectContaining({ metadata: expect.objectContaining({ name: expect.stringMatching(metadata.name) }) }),
      )
      expect(await paidFor(product)).toHaveLength(1)
    },
  )
})

/* Pages 001 and 002 are older than the field. */
const offPage = (product: string): string[] => {
  const newer = ['ssl_securesite_pro', 'ssl_dv_geotrust_flex', 'document_signing_org_1', 'document_signing_org_2']
  return newer.includes(product) ? [] : ['alternative_order_id']
}
