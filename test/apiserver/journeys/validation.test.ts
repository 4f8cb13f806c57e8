import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { ValidationEntry } from '../../../src/api/status.ts'
import {
  beginJourney,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'
import { succeed } from '../../support/kubectl.ts'

/* The second look of the schedule comes a minute after the first (docs/certcentral.md#asking-for-a-check). */
const SECOND_CHECK = 80_000

const METHODS = ['dns-txt-token', 'dns-cname-token', 'http-token'] as const

let journey: Journey
let waiting: Record<string, DigiCertOrder>
beforeAll(async () => {
  journey = await beginJourney()
  // Nothing but the operator's own check-dcv may find what is published here.
  await journey.certCentral.changeSettings({ ownDcvPolling: false })
  for (const method of METHODS) await journey.apply(orderNamed(method, specFor(method)))
  await journey.says('dns-txt-token', 'AwaitingValidation')
  const orders = await Promise.all(METHODS.map((method) => told(method)))
  waiting = Object.fromEntries(METHODS.map((method, index) => [method, orders[index]!]))
})
afterAll(() => journey.close())

/* A file proves its exact name only, never a wildcard. */
const specFor = (method: (typeof METHODS)[number]) => ({
  dcv: { method },
  dnsNames: [method === 'http-token' ? `www.${method}.example.com` : `*.${method}.example.com`],
})

/** The order once its status says what to publish. */
const told = (name: string): Promise<DigiCertOrder> =>
  journey.cluster.waitForOrder(journey.namespace, name, (order) =>
    entriesOf(order).some(({ record, file }) => record !== undefined || file !== undefined),
  )

const entriesOf = (order: DigiCertOrder): readonly ValidationEntry[] => order.status?.validation ?? []

const tokenOf = async (name: string): Promise<string> =>
  String((await journey.certCentral.order(orderIdOf(waiting[name]!)))['dcvToken'])

async function publish({ record, file }: ValidationEntry): Promise<void> {
  if (record !== undefined) await journey.certCentral.publishRecord(record.name, record.type, [record.value])
  if (file !== undefined) await journey.certCentral.publishFile(file.url, file.content)
}

describe('what status.validation says is to be published', () => {
  test('is one TXT record for a name and its wildcard', async () => {
    const checked = { checkedAt: expect.any(String) }
    const record = { type: 'TXT', name: '_dnsauth.dns-txt-token.example.com', value: await tokenOf('dns-txt-token') }

    expect(entriesOf(waiting['dns-txt-token']!)).toMatchObject([
      { dnsName: 'dns-txt-token.example.com', method: 'dns-txt-token', status: 'pending', record, ...checked },
      { dnsName: '*.dns-txt-token.example.com', method: 'dns-txt-token', status: 'pending', record, ...checked },
    ])
    expect(sentenceOf(waiting['dns-txt-token']!)).toContain(`publish TXT ${record.name} = ${record.value}`)
  })

  test('is one CNAME record that points into dcv.digicert.com', async () => {
    const value = `${await tokenOf('dns-cname-token')}.dcv.digicert.com`
    const record = { type: 'CNAME', name: '_dnsauth.dns-cname-token.example.com', value }

    expect(entriesOf(waiting['dns-cname-token']!).map((entry) => entry.record)).toContainEqual(record)
    expect(sentenceOf(waiting['dns-cname-token']!)).toContain(`publish CNAME ${record.name} = ${value}`)
  })

  test('is a file on the web server of each name', async () => {
    const content = await tokenOf('http-token')
    const url = (host: string) => `http://${host}/.well-known/pki-validation/fileauth.txt`

    expect(entriesOf(waiting['http-token']!).map(({ file }) => file)).toEqual([
      { url: url('http-token.example.com'), content },
      { url: url('www.http-token.example.com'), content },
    ])
    expect(sentenceOf(waiting['http-token']!)).toContain(`serve ${content} at ${url('http-token.example.com')}`)
  })

  test.each(METHODS)('is a state of waiting that people and programs can read: %s', (method) => {
    expect([kstatusOf(waiting[method]!), statusFaults(waiting[method]!)]).toEqual(['InProgress', []])
  })
})

describe('an order whose proof was published between two checks', () => {
  const NAME = 'asked'

  test('is checked at once where the annotation says so, and says what was found and when', async () => {
    await journey.apply(orderNamed(NAME, { dcv: { method: 'http-token' } }))
    const order = await told(NAME)
    const checked = await journey.cluster.waitForOrder(
      journey.namespace,
      NAME,
      (seen) => entriesOf(seen)[0]?.checkedAt !== undefined && entriesOf(seen)[0]?.lastError !== undefined,
    )
    expect(sentenceOf(checked)).toMatch(
      /At [-\d]+ [:\d]+ UTC DigiCert did not find it \(file_random_value_not_found\); the operator asks for the next check at [-\d]+ [:\d]+ UTC\. Waiting since/,
    )
    // The next check by the schedule is a minute away.
    for (const entry of entriesOf(order)) await publish(entry)
    const dco = `dco/${NAME}`
    await succeed(journey.kubectl, [
      'annotate',
      dco,
      '-n',
      journey.namespace,
      'digicert-operator.io/check-requested-at=now',
    ])
    const ready = await journey.ready(NAME, 10_000)
    expect(ready.status?.lastHandledCheckRequestedAt).toBe('now')
    expect(ready.status?.order?.requests?.every(({ status }) => status === 'approved')).toBe(true)
  })
})

describe('an order whose proof was published just as its status says', () => {
  beforeAll(async () => {
    for (const method of METHODS) for (const entry of entriesOf(waiting[method]!)) await publish(entry)
  })

  test.each(METHODS)(
    'is Ready after the next check that the operator asks for: %s',
    async (method) => {
      const order = await journey.ready(method, SECOND_CHECK)

      expect(orderIdOf(order)).toBe(orderIdOf(waiting[method]!))
      expect([kstatusOf(order), statusFaults(order), order.status?.validation]).toEqual(['Current', [], undefined])
    },
    SECOND_CHECK + 10_000,
  )

  test('cost one purchase each', async () => {
    expect(await journey.certCentral.paid()).toHaveLength(METHODS.length + 1)
  })
})

describe('an order whose names are confirmed by mail', () => {
  const emails = ['mail', 'post'].map((label) => ({
    dnsName: `${label}.example.com`,
    emailDomain: 'example.com',
    email: 'admin@example.com',
  }))

  test('names every mail that is open, is asked to check none, and is Ready after the last click', async () => {
    await journey.apply(orderNamed('mail', { dnsNames: ['post.example.com'], dcv: { method: 'email', emails } }))
    const order = await journey.says('mail', 'AwaitingValidation')
    expect(sentenceOf(order)).toContain('confirm the mail that DigiCert sent for mail.example.com')
    expect(sentenceOf(order)).toContain('confirm the mail that DigiCert sent for post.example.com')
    expect(entriesOf(order).map(({ record, file, checkedAt }) => record ?? file ?? checkedAt)).toEqual([
      undefined,
      undefined,
    ])

    await journey.certCentral.confirmEmail(orderIdOf(order), 'mail.example.com')
    await journey.certCentral.confirmEmail(orderIdOf(order), 'post.example.com')

    expect(statusFaults(await journey.ready('mail'))).toEqual([])
    const { last } = await journey.certCentral.calls()
    expect(last.filter(({ path }) => path.includes(`/${orderIdOf(order)}/check-dcv`))).toEqual([])
  })
})

describe('DigiCert looks for the proof by itself', () => {
  test('and the operator hears of it by the feed, without a check of its own', async () => {
    await journey.apply(orderNamed('own', { dcv: { method: 'dns-txt-token' } }))
    const order = await told('own')
    const [entry] = entriesOf(order)
    await publish(entry!)
    await journey.certCentral.resetCalls()

    await journey.certCentral.issue(orderIdOf(order))

    await journey.ready('own')
    await eventually('no check', async () => {
      const { last } = await journey.certCentral.calls()
      return !last.some(({ path }) => path.endsWith('/check-dcv'))
    })
  })
})
