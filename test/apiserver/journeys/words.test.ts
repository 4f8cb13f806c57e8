import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { DigiCertOrder } from '../../../src/api/order.ts'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  kstatusOf,
  orderIdOf,
  orderNamed,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'

const UNCHECKED = 999001

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney()
  await journey.certCentral.changeSettings({ ownDcvPolling: false, validatedDomains: ['example.com'] })
})
afterAll(() => journey.close())

const ov = { product: 'ssl_basic', organization: { id: 117483 } }

/** An order that waits for its domain, as all do here until somebody acts. */
async function open(name: string): Promise<DigiCertOrder> {
  await journey.apply(orderNamed(name))
  return journey.says(name, 'AwaitingValidation')
}

const readable = (order: DigiCertOrder, kstatus: string) =>
  expect([kstatusOf(order), statusFaults(order)]).toEqual([kstatus, []])

describe('an order that waits for people at DigiCert', () => {
  test('says so while its organization is not validated, and is Ready once it is', async () => {
    await journey.apply(orderNamed('organization', { ...ov, organization: { id: UNCHECKED } }))
    const waiting = await journey.says('organization', 'AwaitingValidation')
    expect(sentenceOf(waiting)).toMatch(
      new RegExp(
        `^Order ${String(orderIdOf(waiting))} waits for validation: nothing is to be published\\. .*DigiCert validates the organization \\(ov: pending\\): .*\\. Waiting since`,
      ),
    )
    readable(waiting, 'InProgress')

    await journey.certCentral.changeOrganization(UNCHECKED, { validated: true })

    readable(await journey.ready('organization'), 'Current')
  })

  test('is followed through processing', async () => {
    await journey.certCentral.changeSettings({ issueDelaySeconds: 3 })
    await journey.apply(orderNamed('processing', ov))

    const working = await journey.says('processing', 'Processing')
    expect(sentenceOf(working)).toBe(`DigiCert is working on order ${orderIdOf(working)}`)
    readable(working, 'InProgress')

    readable(await journey.ready('processing'), 'Current')
    await journey.certCentral.changeSettings({ issueDelaySeconds: 0 })
  })

  test('waits to be picked up, and says that a person does that in CertCentral', async () => {
    const order = await open('pickup')
    await journey.certCentral.setStatus(orderIdOf(order), 'waiting_pickup')

    const waiting = await journey.says('pickup', 'AwaitingPickup')
    expect(sentenceOf(waiting)).toBe(`Order ${orderIdOf(order)} waits to be picked up by a person in CertCentral`)
    readable(waiting, 'InProgress')

    await journey.certCentral.issue(orderIdOf(order))
    readable(await journey.ready('pickup'), 'Current')
  })

  test('gets its CSR handed in, once, when it asks for one', async () => {
    const order = await open('csr')
    await journey.certCentral.resetCalls()
    await journey.certCentral.setStatus(orderIdOf(order), 'needs_csr')
    const handedIn = async () => (await journey.certCentral.calls()).byEndpoint[CSR] ?? 0
    await eventually('CSR', async () => (await handedIn()) > 0)
    readable(await journey.says('csr', 'SendingCSR'), 'InProgress')
    await polls(3)
    expect(await handedIn()).toBe(1)

    await journey.certCentral.issue(orderIdOf(order))
    await journey.ready('csr')

    const { data } = await journey.secretOf('csr')
    const spki = { type: 'spki', format: 'pem' } as const
    expect(new X509Certificate(data['tls.crt']!).publicKey.export(spki)).toEqual(
      createPublicKey(createPrivateKey(data['tls.key']!)).export(spki),
    )
  })
})
const CSR = 'POST /order/certificate/{order_id}/csr'

/** Several polls of the account: whatever the feed could start has started by then. */
async function polls(count: number): Promise<void> {
  const polled = async () =>
    (await journey.certCentral.calls()).byEndpoint['GET /order/certificate/status-changes'] ?? 0
  const before = await polled()
  await eventually(`${count} polls`, async () => (await polled()) >= before + count)
}

describe('a word of CertCentral', () => {
  test('that nobody has seen before is shown as it came, and the order is followed to its certificate', async () => {
    const order = await open('escrowed')
    await journey.certCentral.setStatus(orderIdOf(order), 'escrowed')

    const waiting = await journey.says('escrowed', 'UnknownStatus')
    // In the case in which CertCentral writes it.
    const word = waiting.status?.order?.status ?? ''
    expect(word.toLowerCase()).toBe('escrowed')
    expect(sentenceOf(waiting)).toBe(
      `Order ${orderIdOf(order)} has the status "${word}", which this version does not know; the operator goes on polling it`,
    )
    readable(waiting, 'InProgress')

    await journey.certCentral.issue(orderIdOf(order))
    readable(await journey.ready('escrowed'), 'Current')
  })

  test('that nobody has seen before does not cost a good certificate its Ready', async () => {
    await journey.apply(orderNamed('odd', ov))
    const issued = await journey.ready('odd')
    await journey.certCentral.setStatus(orderIdOf(issued), 'escrowed')

    const odd = await journey.says('odd', 'UnknownStatus')

    expect(conditionOf(odd, 'Ready')?.status).toBe('True')
    expect(statusFaults(odd)).toEqual([])
  })

  test.each([
    ['PROCESSING', 'Processing'],
    ['Waiting_Pickup', 'AwaitingPickup'],
    ['NEEDS_APPROVAL', 'AwaitingApproval'],
    ['Canceled', 'OrderCanceled'],
    ['REJECTED', 'OrderRejected'],
  ] as const)('means the same in other letters: %s', async (word, reason) => {
    const name = `letters-${word.toLowerCase().replace('_', '-')}`
    const order = await open(name)
    await journey.certCentral.setStatus(orderIdOf(order), word)

    expect(statusFaults(await journey.says(name, reason))).toEqual([])
  })

  test('means the same in other letters: ISSUED', async () => {
    await journey.apply(orderNamed('capitals', ov))
    const issued = await journey.ready('capitals')
    await journey.certCentral.setStatus(orderIdOf(issued), 'escrowed')
    await journey.says('capitals', 'UnknownStatus')

    await journey.certCentral.setStatus(orderIdOf(issued), 'ISSUED')

    readable(await journey.ready('capitals'), 'Current')
  })
})
