import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import type { SecretContent } from '../../support/cluster.ts'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  statusFaults,
} from '../../support/journey.ts'

const MANAGED = 'digicert-operator.io/managed'
const POST = 'POST /order/certificate/{product_id}'
const FEED = 'GET /order/certificate/status-changes'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

const target = (name: string) => ({ kind: 'Secret', namespace: journey.namespace, name: `${name}-tls` })
const base64 = (text: string): string => Buffer.from(text).toString('base64')

async function issuedOrder(name: string): Promise<{ order: DigiCertOrder; secret: SecretContent }> {
  await journey.apply(orderNamed(name))
  const order = await journey.ready(name)
  await journey.certCentral.resetCalls()
  return { order, secret: await journey.secretOf(name) }
}

const purchases = async () => (await journey.certCentral.calls()).byEndpoint[POST] ?? 0

const changedKeys = (now: SecretContent, before: SecretContent): string[] =>
  Object.keys({ ...now.data, ...before.data }).filter((key) => now.data[key]?.equals(before.data[key]!) !== true)

/** Waits until the Secret is again what it was, label and annotations included. */
const isAsBefore = (name: string, before: SecretContent) =>
  eventually(`Secret of ${name} as it was`, async () => {
    const now = await journey.cluster.secret(journey.namespace, `${name}-tls`)
    if (now === undefined) return false
    const { labels, annotations } = now.metadata
    expect({ type: now.type, labels, annotations }).toMatchObject({
      type: before.type,
      labels: before.metadata.labels,
      annotations: before.metadata.annotations,
    })
    expect(changedKeys(now, before)).toEqual([])
    return true
  })

describe('a Secret that somebody harms by hand', () => {
  test.each([
    ['deleted', () => journey.cluster.remove(target('deleted'))],
    [
      'cut-short',
      () => journey.cluster.patch(target('cut-short'), { data: { 'tls.crt': base64('-----BEGIN CERTIFICATE-----') } }),
    ],
    ['emptied', () => journey.cluster.patch(target('emptied'), { data: { 'tls.crt': '', 'tls.key': '' } })],
    ['unlabelled', () => journey.cluster.patch(target('unlabelled'), { metadata: { labels: { [MANAGED]: null } } })],
    [
      'without-its-root',
      () => journey.cluster.patch(target('without-its-root'), { data: { 'ca.crt': base64('nothing') } }),
    ],
  ])('is what it was after it was %s, and nothing is bought for it', async (name, harm) => {
    const { order, secret } = await issuedOrder(name)

    await harm()

    await isAsBefore(name, secret)
    const healed = await journey.ready(name)
    expect([orderIdOf(healed), healed.status?.revision]).toEqual([orderIdOf(order), 1])
    expect([kstatusOf(healed), statusFaults(healed)]).toEqual(['Current', []])
    expect(await purchases()).toBe(0)
  })

  test('is given back its own pair when it holds the pair of another order', async () => {
    const { secret } = await issuedOrder('swapped')
    const other = await issuedOrder('swap-source')
    const data = Object.fromEntries(
      Object.entries(other.secret.data).map(([key, value]) => [key, value.toString('base64')]),
    )

    await journey.cluster.patch(target('swapped'), { data })

    await isAsBefore('swapped', secret)
    expect(await purchases()).toBe(0)
  })

  test('keeps what others added to it', async () => {
    const { secret } = await issuedOrder('shared')
    const added = {
      metadata: { labels: { team: 'web' }, annotations: { note: 'ours' } },
      data: { 'dh.pem': base64('x') },
    }
    await journey.cluster.patch(target('shared'), added)
    await journey.cluster.patch(target('shared'), { data: { 'tls.crt': '' } })

    const healed = await eventually('healed Secret', async () => {
      const now = await journey.secretOf('shared')
      return now.data['tls.crt']?.equals(secret.data['tls.crt']!) === true && now
    })

    expect(healed.data['dh.pem']?.toString()).toBe('x')
    expect(healed.metadata.labels).toEqual({ ...secret.metadata.labels, team: 'web' })
    expect(healed.metadata.annotations?.['note']).toBe('ours')
  })
})

describe('a certificate that was reissued in the console with the same CSR', () => {
  afterEach(() => journey.certCentral.clearFaults())

  test('takes the place of the old one, which stays until the new one is there', async () => {
    const { order, secret } = await issuedOrder('reissued')
    const download = { method: 'GET', path: '^/certificate/', times: 0 }
    await journey.certCentral.addFault({ match: download, action: 'status', status: 503 })
    await journey.certCentral.consoleReissue(orderIdOf(order))

    await eventually('refused download', async () =>
      (await journey.certCentral.calls()).last.some(
        ({ path, status }) => path.startsWith('/certificate/') && status === 503,
      ),
    )
    const held = await journey.says('reissued', 'CertCentralUnavailable')
    expect([conditionOf(held, 'Ready')?.status, statusFaults(held)]).toEqual(['True', []])
    expect(changedKeys(await journey.secretOf('reissued'), secret)).toEqual([])
    await journey.certCentral.clearFaults()

    const renewed = await journey.cluster.waitForOrder(
      journey.namespace,
      'reissued',
      ({ status }) => status?.revision === 2,
      30_000,
    )
    const after = await journey.secretOf('reissued')
    expect(changedKeys(after, secret)).toEqual(['tls.crt'])
    expect(orderIdOf(renewed)).toBe(orderIdOf(order))
    expect(renewed.status?.history?.map(({ what }) => what)).toEqual(['Ordered', 'Reissued'])
    const settled = await journey.ready('reissued')
    expect([kstatusOf(settled), statusFaults(settled)]).toEqual(['Current', []])
    expect(await purchases()).toBe(0)
  })

  test('is fetched for the key of the Secret when the kept key was deleted by hand', async () => {
    const { order, secret } = await issuedOrder('keyless')
    await journey.cluster.remove({ ...target('keyless'), name: 'keyless-key-1' })
    await journey.certCentral.consoleReissue(orderIdOf(order))

    await journey.cluster.waitForOrder(journey.namespace, 'keyless', ({ status }) => status?.revision === 2)

    expect(changedKeys(await journey.secretOf('keyless'), secret)).toEqual(['tls.crt'])
    expect(await purchases()).toBe(0)
  })
})

describe('an issued order at rest', () => {
  test('costs no write and no call but the poll of its account, ten polls long (P6)', async () => {
    await Promise.all(['rest-1', 'rest-2', 'rest-3'].map(issuedOrder))
    const versions = async () => {
      const kinds = ['DigiCertOrder', 'DigiCertAccount', 'Secret', 'Event'] as const
      const lists = await Promise.all(kinds.map((kind) => journey.cluster.list({ kind, namespace: journey.namespace })))
      return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
    }
    const polled = async () => (await journey.certCentral.calls()).byEndpoint[FEED] ?? 0
    // The polls that are under way may still tell of what was issued a moment ago.
    const first = await polled()
    await eventually('two polls', async () => (await polled()) >= first + 2)
    const before = { objects: await versions(), writes: journey.traffic.calls().length }
    await journey.certCentral.resetCalls()

    await eventually('ten polls', async () => (await polled()) >= 10)

    expect(Object.keys((await journey.certCentral.calls()).byEndpoint)).toEqual([FEED])
    expect(await versions()).toEqual(before.objects)
    const since = journey.traffic.calls().slice(before.writes)
    expect(since.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})
