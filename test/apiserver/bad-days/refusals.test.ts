import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Bed,
  accountIn,
  bought,
  leaks,
  orderIn,
  place,
  startBed,
  untilReady,
  untilStalled,
} from '../../support/bad-days.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed({ account: { policy: { maxOrdersPerDay: 1000 } } })
})
afterAll(() => bed.close())

const OV = { product: 'ssl_basic' }

describe('an order that CertCentral refuses says why, buys nothing and waits for a person', () => {
  test.each([
    ['a product that does not exist', 'no-product', { product: 'ssl_no_such_product' }, /not_found\|?.*product/],
    ['a name that no CA certifies', 'internal-name', { commonName: 'host.local' }, /common_name/],
    ['an organization that does not exist', 'stranger', { ...OV, organization: { id: 42 } }, /organization/],
  ])('%s', async (_what, name, spec, sentence) => {
    await place(bed, name, spec)

    const said = await untilStalled(bed, name, 'OrderRefused')

    expect(said).toMatch(/^CertCentral refused the order, nothing was bought: /)
    expect(said).toMatch(sentence)
    expect(await bought(bed, name)).toEqual([])
    const posts = (await bed.control.calls()).last.filter(({ method }) => method === 'POST').length
    await untilPolled()
    expect((await bed.control.calls()).last.filter(({ method }) => method === 'POST')).toHaveLength(posts)
  })

  test.each([
    ['a corrected name', 'internal-name', {}],
    ['a corrected organization', 'stranger', { ...OV, organization: { id: 117483 } }],
  ])('%s is ordered at once', async (_what, name, spec) => {
    await place(bed, name, spec)

    await untilReady(bed, name)

    expect(await bought(bed, name)).toHaveLength(1)
  })

  test('an organization that is missing is named before anything is sent, and may come from the account', async () => {
    await place(bed, 'nobody', OV)

    expect(await untilStalled(bed, 'nobody', 'InvalidSpec')).toMatch(/organization\.id is missing/)
    await bed.cluster.apply(
      accountIn(bed, 'certcentral', { policy: { maxOrdersPerDay: 1000 }, defaults: { organization: { id: 117483 } } }),
    )

    await untilReady(bed, 'nobody')
    expect(await bought(bed, 'nobody')).toHaveLength(1)
  })
})

/* One more status-changes call has begun and ended since. */
async function untilPolled(): Promise<void> {
  const polls = async () => (await bed.control.calls()).byEndpoint['GET /order/certificate/status-changes'] ?? 0
  const before = await polls()
  const { waitFor } = await import('../../support/wait-for.ts')
  await waitFor(async () => (await polls()) >= before + 2, { what: 'two more polls', limitMs: 10_000 })
}

describe('the policy of an account', () => {
  const policy = (rules: object) => accountIn(bed, 'guarded', { policy: rules })
  const rules = { products: ['ssl_dv_geotrust_flex'], dnsNames: ['*.shop.example.com', 'bücher.example.com'] }
  beforeAll(async () => {
    await bed.cluster.apply(policy(rules))
  })
  const guarded = (name: string, spec: object) => place(bed, name, { accountRef: { name: 'guarded' }, ...spec })

  test.each([
    ['another product', 'p-product', { product: 'ssl_dv_thawte', commonName: 'a.shop.example.com' }, 'ssl_dv_thawte'],
    ['a name outside', 'p-outside', { commonName: 'www.example.com' }, 'www.example.com'],
    ['a further name outside', 'p-further', names('b.shop.example.com', 'Evil.Example.NET'), 'evil.example.net'],
    ['a name that only ends alike', 'p-suffix', { commonName: 'evilshop.example.com' }, 'evilshop.example.com'],
    ['the domain above', 'p-above', { commonName: 'shop.example.com' }, 'shop.example.com'],
    ['a wildcard for the domain above', 'p-wild', { commonName: '*.example.com' }, '*.example.com'],
    ['another name in letters beyond ASCII', 'p-idn', { commonName: 'büchér.example.com' }, 'xn--bchr'],
    ['a name that looks alike', 'p-alike', { commonName: 'a.shop.exampIe.cοm' }, 'xn--'],
    ['full-width letters', 'p-wide', { commonName: 'ｅｖｉｌ.example.com' }, 'evil.example.com'],
  ])('forbids %s', async (_what, name, spec, named) => {
    await guarded(name, spec)

    const said = await untilStalled(bed, name, 'DeniedByPolicy')

    expect(said).toContain(named)
    expect(said).toContain('Nothing was bought')
  })

  test('cannot be met by names that are none', async () => {
    for (const commonName of ['a.shop.example.com.', 'a.shop.example.com/evil.net', 'a。shop.example.com', '*.*.com'])
      await expect(bed.cluster.apply(orderIn(bed.namespace, 'p-none', { commonName }))).rejects.toMatchObject({
        status: 422,
      })
  })

  test.each([
    ['a name below', 'ok-below', { commonName: 'A.B.Shop.Example.COM' }],
    ['a wildcard below', 'ok-wild', { commonName: '*.shop.example.com' }],
    ['the A-labels of a name in Unicode', 'ok-idn', { commonName: 'xn--bcher-kva.example.com' }],
  ])('lets pass %s', async (_what, name, spec) => {
    await guarded(name, spec)

    await untilReady(bed, name)
  })

  test('lets an order go on once it is widened', async () => {
    await bed.cluster.apply(policy({ ...rules, dnsNames: ['*.example.com'] }))

    await untilReady(bed, 'p-outside')
    await untilReady(bed, 'p-above')
    expect(await untilStalled(bed, 'p-product', 'DeniedByPolicy')).toContain('ssl_dv_thawte')
  })
})

function names(commonName: string, ...dnsNames: string[]) {
  return { commonName, dnsNames }
}

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
