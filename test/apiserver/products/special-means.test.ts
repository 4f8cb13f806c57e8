import { createPrivateKey, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  beginJourney,
  conditionOf,
  eventually,
  type Journey,
  orderIdOf,
  orderNamed,
  sentenceOf,
  statusFaults,
} from '../../support/journey.ts'
import { makeRequest } from '../../unit/simulator/bodies.ts'

let journey: Journey
beforeAll(async () => {
  journey = await beginJourney({ simulator: { instant: true } })
})
afterAll(() => journey.close())

const put = (name: string, stringData: Record<string, string>) =>
  journey.cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }, journey.namespace)

const remove = (name: string) => journey.cluster.remove({ kind: 'Secret', namespace: journey.namespace, name })

const boughtFor = async (commonName: string) =>
  (await journey.certCentral.paid()).filter(
    ({ body }) => (body as { certificate?: { common_name?: string } }).certificate?.common_name === commonName,
  )

describe('a CSR that is made elsewhere', () => {
  const { key, csr } = makeRequest('ec', 'hsm.example.com')
  const order = orderNamed('hsm', { csrSecretRef: { name: 'hsm-csr' } })

  test('is waited for, and nothing is bought without it', async () => {
    await journey.apply(order)
    const said = sentenceOf(await journey.says('hsm', 'CSRNotUsable'))

    expect(said).toContain('Secret hsm-csr, entry tls.csr, does not exist')
    expect(await boughtFor('hsm.example.com')).toEqual([])
  })

  test('of another order is refused before anything is bought', async () => {
    await put('hsm-csr', { 'tls.csr': makeRequest('ec', 'other.example.com').csr })
    await journey.cluster.patch(
      { kind: 'DigiCertOrder', namespace: journey.namespace, name: 'hsm' },
      { metadata: { annotations: { 'digicert-operator.io/check-requested-at': 'now' } } },
    )

    await eventually('a sentence about the names', async () => {
      const seen = await journey.cluster.waitForOrder(journey.namespace, 'hsm', () => true)
      return sentenceOf(seen).includes('names other.example.com, which the order does not')
    })
    expect(await boughtFor('hsm.example.com')).toEqual([])
  })

  test('leads to a Secret with the certificate alone, which fits the key that nobody saw', async () => {
    await put('hsm-csr', { 'tls.csr': csr })
    const ready = await journey.ready('hsm', 45_000)
    const secret = await journey.secretOf('hsm')

    expect([secret.type, Object.keys(secret.data).toSorted()]).toEqual(['Opaque', ['ca.crt', 'tls.crt']])
    expect(new X509Certificate(secret.data['tls.crt'] ?? '').checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(statusFaults(ready)).toEqual([])
    expect(await boughtFor('hsm.example.com')).toHaveLength(1)
  }, 60_000)

  test('is not needed any more: a deleted Secret is fetched again for the CSR that is kept', async () => {
    await remove('hsm-csr')
    const before = await journey.secretOf('hsm')
    await remove('hsm-tls')

    const after = await eventually('the Secret', () =>
      journey.cluster.secret(journey.namespace, 'hsm-tls').then((secret) => secret?.data['tls.crt']),
    )
    expect(after).toEqual(before.data['tls.crt'])
    expect(await boughtFor('hsm.example.com')).toHaveLength(1)
  })
})

describe('a card', () => {
  // Digits that are no number of any card: its check digit is wrong.
  const number = '4999000000000001'
  const payment = {
    method: 'card',
    creditCardSecretRef: { name: 'company-card' },
    billingAddress: { address: '1 Road', city: 'Town', country: 'US' },
  }
  const card = {
    number,
    expiration_month: '09',
    expiration_year: '2031',
    cvv: '7391',
    cardholder_name: 'Ada Cardholder',
  }

  test('that lacks a part buys nothing, and says which', async () => {
    await put('company-card', { number, cvv: 'x' })
    await journey.apply(orderNamed('paid', { payment }))

    expect(sentenceOf(await journey.says('paid', 'CardNotUsable'))).toMatch(
      /so nothing was bought: Secret company-card .* lacks expiration_month, expiration_year, cvv, cardholder_name/,
    )
    expect(await boughtFor('paid.example.com')).toEqual([])
  })

  test('pays, as page 000 has it, once it is whole', async () => {
    await put('company-card', card)
    await journey.ready('paid', 45_000)

    const [purchase] = await boughtFor('paid.example.com')
    expect(purchase?.body).toMatchObject({
      payment_method: 'card',
      credit_card: { number, expiration_month: 9, expiration_year: 2031, cvv: 7391, cardholder_name: 'Ada Cardholder' },
      billing_address: { address: '1 Road', city: 'Town', country: 'US' },
    })
  }, 60_000)

  test('stands in no log, Event or status', async () => {
    const { cluster, namespace, operator } = journey
    const events = await cluster.send({ method: 'GET', path: `/api/v1/namespaces/${namespace}/events` })
    const orders = await cluster.list({ kind: 'DigiCertOrder', namespace })
    const seen = [operator.logs().join('\n'), JSON.stringify(events), JSON.stringify(orders)].join('\n')

    for (const part of [number, 'Ada Cardholder', '7391']) {
      expect(seen).not.toContain(part)
      expect(seen).not.toContain(Buffer.from(part).toString('base64'))
    }
  })
})

describe('an organization that is given in full', () => {
  const organization = {
    name: 'Brand New Ltd',
    address: '1 Road',
    city: 'Town',
    state: 'Oregon',
    zip: '97477',
    country: 'US',
    telephone: '555 0100',
  }
  const spec = { product: 'ssl_basic', organization, skipApproval: false, dcv: undefined }
  const organizationSent = async () =>
    (await boughtFor('fresh.example.com')).map(({ body }) => (body as { organization: object }).organization)

  test('is made by the order, and its id is kept', async () => {
    await journey.certCentral.changeSettings({ approval: 'one-step' })
    await journey.apply(orderNamed('fresh', spec))
    const order = await journey.says('fresh', 'AwaitingApproval')

    expect(order.status?.organization).toEqual({ id: expect.any(Number), name: 'Brand New Ltd' })
    expect(order.status?.effective).toMatchObject({ organization: { name: 'Brand New Ltd' } })
    expect(await organizationSent()).toEqual([organization])
  })

  test('is named by that id when the order is placed anew', async () => {
    const { status } = await journey.says('fresh', 'AwaitingApproval')
    await journey.certCentral.rejectRequest(status?.order?.requests?.[0]?.id ?? 0)
    await journey.says('fresh', 'OrderRejected')
    await journey.certCentral.changeSettings({ approval: 'none' })
    await journey.apply(orderNamed('fresh', { ...spec, comments: 'once more' }))
    await journey.ready('fresh')

    expect(await organizationSent()).toEqual([organization, { id: status?.organization?.id }])
  })
})

describe('a token', () => {
  const spec = {
    product: 'document_signing_org_1',
    commonName: undefined,
    dcv: undefined,
    secretName: undefined,
    documentSigning: {
      subject: { name: 'Ada Example', jobTitle: 'CTO', phone: '555', email: 'ada@example.com' },
      provisioningMethod: 'client_app',
    },
  }

  test('waits for a person, who finds its code in CertCentral and nowhere else', async () => {
    await journey.apply(orderNamed('token', spec))
    const order = await journey.says('token', 'AwaitingPickup')

    expect(sentenceOf(order)).toContain('put on a token; the initialization code stands there')
    expect(JSON.stringify(order)).not.toContain('INIT-')
    expect(journey.operator.logs().join('\n')).not.toContain('INIT-')
  })

  test('is Ready once it was put on, without a key or a Secret in the cluster', async () => {
    const waiting = await journey.says('token', 'AwaitingPickup')
    await journey.certCentral.issue(orderIdOf(waiting))
    const order = await journey.ready('token')

    expect(conditionOf(order, 'Ready')?.message).toContain('is on hardware, and no Secret is written')
    expect(statusFaults(order)).toEqual([])
    const names = (await journey.cluster.list({ kind: 'Secret', namespace: journey.namespace })).map(
      ({ metadata }) => metadata.name,
    )
    expect(names.filter((name) => name.startsWith('token'))).toEqual([])
  })
})

test('departments in a public TLS certificate are sent, and said to have no effect', async () => {
  await journey.apply(orderNamed('units', { organizationUnits: ['Shipping'] }))
  await journey.ready('units')

  const [purchase] = await boughtFor('units.example.com')
  expect(purchase?.body).toMatchObject({ certificate: { organization_units: ['Shipping'] } })
  await eventually('the Event', async () =>
    (await journey.cluster.events(journey.namespace, 'units')).some(({ reason }) => reason === 'FieldIgnored'),
  )
})

const eventsOf = async (name: string): Promise<string[]> =>
  (await journey.cluster.events(journey.namespace, name)).map(({ reason, message }) => `${reason}: ${message}`)

test('a certificate that is longer than it was asked for is warned of before, and reported when it came', async () => {
  await journey.certCentral.changeSettings({ ignoreShortCertValidity: true })
  await journey.apply(
    orderNamed('short', {
      product: 'ssl_securesite_pro',
      organization: { id: 117483 },
      certificateValidity: { days: 90 },
    }),
  )
  const ready = await journey.ready('short')
  await journey.certCentral.changeSettings({ ignoreShortCertValidity: false })

  expect(ready.status?.differences).toEqual([
    expect.stringMatching(
      /^the certificate ends on .*, and certificateValidity asked for .*: DigiCert took another length/,
    ),
  ])
  expect(conditionOf(ready, 'Ready')?.message).toContain('The certificate ends on')
  expect(statusFaults(ready)).toEqual([])
  await eventually('both Events', async () => {
    const events = await eventsOf('short')
    return (
      events.some((event) => event.startsWith('FieldIgnored: certificateValidity of less than 365 days')) &&
      events.some((event) => event.startsWith('IssuedOtherwise: the certificate ends on'))
    )
  })
})

test('what no page of the product documents is sent as the spec asks, with an Event', async () => {
  await journey.apply(orderNamed('off-page', { serverLicenses: 2 }))
  await journey.ready('off-page')

  const [purchase] = await boughtFor('off-page.example.com')
  expect(purchase?.body).toMatchObject({ server_licenses: 2 })
  await eventually('the Event', async () =>
    (await eventsOf('off-page')).some((event) => event.startsWith('FieldIgnored: serverLicenses (server_licenses)')),
  )
})

test('an AuthKey issues a DV certificate without a record to publish', async () => {
  await journey.certCentral.changeSettings({ instant: false, authKey: 'published' })
  await journey.apply(orderNamed('by-key', { dcv: { method: 'dns-txt-token', useAuthKey: true } }))
  const ready = await journey.ready('by-key')
  await journey.certCentral.changeSettings({ instant: true, authKey: 'none' })

  expect(ready.status?.certificate?.dnsNames).toEqual(['by-key.example.com'])
  const [purchase] = await boughtFor('by-key.example.com')
  expect(purchase?.body).toMatchObject({ use_auth_key: true })
})

test('250 long names beside a common name of 64 characters are ordered and stored', async () => {
  const long = [60, 60, 60].map((length, at) => 'abc'.charAt(at).repeat(length)).join('.')
  const dnsNames = Array.from({ length: 250 }, (_, n) => `${long}.n${String(n)}.many.example.com`)
  const commonName = `${'x'.repeat(52)}.example.com`
  await journey.apply(orderNamed('many', { commonName, dnsNames, privateKey: { algorithm: 'RSA', size: 4096 } }))
  const order = await journey.ready('many', 30_000)

  expect(commonName).toHaveLength(64)
  expect(order.status?.certificate?.dnsNames.toSorted()).toEqual([commonName, ...dnsNames].toSorted())
})
