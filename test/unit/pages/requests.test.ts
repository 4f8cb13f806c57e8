import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type OrderSpec, checkSpec } from '../../../src/api/order.ts'
import { faultsOfOrderBody } from '../../../src/certcentral/request-schemas.ts'
import { effectiveSpec } from '../../../src/order/effective.ts'
import { orderPayload } from '../../../src/order/payload.ts'
import { ALTERNATIVE_ID } from '../../support/builders.ts'

const CHECKOUT = join(import.meta.dirname, '../../..')
const REQUESTS = join(CHECKOUT, 'test/fixtures/pages/requests')
const EXAMPLES = join(CHECKOUT, 'deploy/examples/pages')

type Sample = { product: string; body: Record<string, unknown> }

const sampleOf = (page: string): Sample => JSON.parse(readFileSync(join(REQUESTS, `${page}.json`), 'utf8')) as Sample

const specIn = (file: string): unknown =>
  (parse(readFileSync(join(EXAMPLES, file), 'utf8')) as { spec: Record<string, unknown> }).spec

const checkedSpec = (file: string): OrderSpec => {
  const checked = checkSpec(specIn(file))
  if (!checked.ok) throw new Error(checked.problems.join('; '))
  return checked.spec
}

/** What the operator sends for an example, in the account of somebody who set no defaults. */
const bodyOf = (file: string): Record<string, unknown> =>
  orderPayload(effectiveSpec(checkedSpec(file), {}), { csr: '<csr>', alternativeOrderId: ALTERNATIVE_ID })

/** What we send and no sample does: the id by which an order is found again. */
const ADDED = { alternative_order_id: ALTERNATIVE_ID }

/** What samples send and we do not: empty texts, which stand for absence. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  '001': [],
  '002': ['custom_expiration_date'],
  '003': ['custom_expiration_date'],
}

const cases: readonly (readonly [page: string, file: string])[] = [
  ['001', '001-multi-year-plan.yaml'],
  ['002', '002-dv.yaml'],
  ['003', '003-geotrust-dv.yaml'],
]

test('every sample request has an example, and no example is without one', () => {
  expect(cases.map(([page]) => `${page}.json`)).toEqual(readdirSync(REQUESTS).toSorted())
  expect(cases.map(([, file]) => file)).toEqual(readdirSync(EXAMPLES).toSorted())
})

describe('the sample request of a page', () => {
  test.each(cases)('%s is an order that the rules take', (page, file) => {
    expect(checkSpec(specIn(file))).toMatchObject({ ok: true, spec: { product: sampleOf(page).product } })
  })

  test.each(cases)('%s is sent member by member', (page, file) => {
    const { body } = sampleOf(page)
    const isLeftOut = (name: string): boolean => LEFT_OUT[page]!.includes(name)
    const sent = Object.fromEntries(Object.entries(body).filter(([name]) => !isLeftOut(name)))
    expect(bodyOf(file)).toStrictEqual({ ...sent, ...ADDED })
  })

  test.each(cases)('%s loses nothing but empty texts', (page) => {
    const empty = Object.entries(sampleOf(page).body).filter(([, value]) => value === '')
    expect(empty.map(([name]) => name)).toEqual(LEFT_OUT[page])
  })

  test.each(cases)('%s has no fault before it is sent', (_page, file) => {
    expect(faultsOfOrderBody(bodyOf(file))).toEqual([])
  })
})
