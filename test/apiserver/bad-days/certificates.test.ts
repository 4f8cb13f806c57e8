import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import {
  type Bed,
  bought,
  leaks,
  orderPost,
  place,
  startBed,
  untilReady,
  untilWaiting,
} from '../../support/bad-days.ts'
import { hasCondition } from '../../support/cluster.ts'
import { faultOfPair, type SecretWitness, witnessSecrets } from '../../support/secret-witness.ts'
import type { Fault } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'

type Action = Fault['action']

/* What comes with the answer to the order; what comes 15 s later, when it is fetched; what the status says at first. */
const BAD: [what: string, name: string, answered: Action, fetched: Action, sentence: RegExp][] = [
  ['that is no PEM', 'garbage', 'garbage-pem', 'garbage-pem', /not a list of PEM|belongs to our private key/],
  ['of another key', 'foreign', 'foreign-key', 'foreign-key', /belongs to our private key/],
  ['of somebody else', 'wrong', 'wrong-certificate', 'wrong-certificate', /does not cover wrong\.example\.com/],
  ['that lacks a name', 'names', 'missing-names', 'missing-names', /does not cover www\.names\.example\.com/],
  ['that has expired', 'expired', 'expired-certificate', 'expired-certificate', /expired on/],
  [
    'without its intermediate',
    'chain',
    'no-intermediate',
    'no-intermediate',
    /no certificate of its issuer|PEM|our private key/,
  ],
  ['that has no end when it is fetched', 'huge', 'garbage-pem', 'huge-body', /our private key|PEM/],
  ['that is cut when it is fetched', 'half', 'garbage-pem', 'half-body', /our private key|PEM/],
]
/* What a download has in so bad a form is asked for as a chain as well, in the same fetch. */
const ALSO_AS_CHAIN: readonly Action[] = ['garbage-pem', 'no-intermediate', 'huge-body', 'half-body']
const productOf = (name: string) => `ssl_bad_${name}`
const namesOf = (name: string) => [`${name}.example.com`, `www.${name}.example.com`]
const SECOND_FETCH = 70_000

let bed: Bed
let witness: SecretWitness
beforeAll(async () => {
  const products = [...BAD.map(([, name]) => name), 'shuffled'].map((name) => ({
    nameId: productOf(name),
    validation: 'dv' as const,
  }))
  bed = await startBed({ settings: { products }, flags: { 'request-timeout': '2s' } })
  witness = await witnessSecrets(bed.namespace)
})
afterAll(async () => {
  witness.close()
  await bed.close()
})

const versionsOf = (name: string) => witness.versions().filter((version) => version.name === `${name}-tls`)
const order = (name: string, product: string) => place(bed, name, { product, dnsNames: [`www.${name}.example.com`] })

test('a chain in the wrong order is put right', async () => {
  await bed.control.addFault({ match: orderPost(productOf('shuffled')), action: 'shuffled-chain' })
  await order('shuffled', productOf('shuffled'))

  await untilReady(bed, 'shuffled')

  expect(versionsOf('shuffled').map((version) => faultOfPair(version, namesOf('shuffled')))).toEqual([undefined])
})

test('a good pair stays, and the order Ready, when a reissue comes with a certificate of another key', async () => {
  await order('reissued', 'ssl_dv_geotrust_flex')
  const { status } = await untilReady(bed, 'reissued')
  const [first] = versionsOf('reissued')
  await bed.control.addFault({ match: { path: '^/certificate/' }, action: 'foreign-key' })
  await bed.control.consoleReissue(status!.order!.id)

  const troubled = await bed.cluster.waitForOrder(bed.namespace, 'reissued', (seen) =>
    hasCondition(seen, 'Issuing', 'True', 'BadCertificate'),
  )
  expect(hasCondition(troubled, 'Ready', 'True')).toBe(true)
  expect(versionsOf('reissued')).toEqual([first])

  await waitFor(() => versionsOf('reissued').length === 2, { what: 'second pair', limitMs: 40_000 })
  const [, second] = versionsOf('reissued')
  expect(second!.data['tls.crt']).not.toBe(first!.data['tls.crt'])
  expect(faultOfPair(second!, namesOf('reissued'))).toBeUndefined()
}, 90_000)

describe('a certificate', () => {
  beforeAll(async () => {
    for (const [, name, action] of BAD) await bed.control.addFault({ match: orderPost(productOf(name)), action })
    // What cannot be read is asked for as a chain at once, which is as bad the first time.
    const times = BAD.filter(([, , answered]) => ALSO_AS_CHAIN.includes(answered)).length
    await bed.control.addFault({ match: { path: '^/certificate/[0-9]+/chain$', times }, action: 'garbage-pem' })
    for (const [, name] of BAD) await order(name, productOf(name))
    for (const [, name, , action] of BAD) {
      const isPlaced = (seen: DigiCertOrder) => seen.status?.order?.certificateId !== undefined
      const { status } = await bed.cluster.waitForOrder(bed.namespace, name, isPlaced)
      const path = `^/certificate/${status!.order!.certificateId!}/`
      await bed.control.addFault({ match: { path, times: ALSO_AS_CHAIN.includes(action) ? 2 : 1 }, action })
    }
  })

  test.each(BAD)(
    '%s is never written, is said, and is fetched again',
    async (_what, name, _answered, _fetched, sentence) => {
      expect(await untilWaiting(bed, name, 'BadCertificate')).toMatch(sentence)
      expect(versionsOf(name)).toEqual([])
    },
  )

  test.each(BAD)(
    '%s gives way to the right one, and nothing is bought for it',
    async (_what, name) => {
      await untilReady(bed, name, SECOND_FETCH)

      expect(versionsOf(name).map((version) => faultOfPair(version, namesOf(name)))).toEqual([undefined])
      expect(await bought(bed, name)).toHaveLength(1)
    },
    SECOND_FETCH + 10_000,
  )
})

test('every version of every Secret was whole, and no key is told in logs, Events, statuses or metrics', async () => {
  const faults = witness.versions().map((version) => faultOfPair(version, namesOf(version.name.replace(/-tls$/, ''))))
  expect(faults.filter((fault) => fault !== undefined)).toEqual([])
  expect(await leaks(bed)).toEqual([])
})
