import { describe, expect, test } from '@jest/globals'
import { createCsr } from '../../../src/pki/csr.ts'
import { generateKey } from '../../../src/pki/keys.ts'
import { conditionOf, kubectlOf, orderIdOf, orderNamed, sentenceOf } from '../../support/journey.ts'
import { holdTimeMachine } from '../../support/held-machine.ts'

const here = holdTimeMachine('file')

type Asked = { certificate?: Record<string, unknown> } | undefined

/** What CertCentral was asked for with the last reissue of an order. */
const lastReissue = async (name: string) =>
  ((await here.life.journal(name)).findLast(({ kind }) => kind === 'reissue')?.body as Asked)?.certificate

describe('a live order whose spec is edited', () => {
  /* GeoTrust's DV product has one hash; this one has them all. */
  const product = 'ssl_dv_rapidssl'

  test.each([
    ['hash', { signatureHash: 'sha384' }, { signature_hash: 'sha384' }],
    ['issuer', { caCertId: 'DF3689F672CCB90C' }, { ca_cert_id: 'DF3689F672CCB90C' }],
    ['platform', { serverPlatform: 45 }, { server_platform: { id: 45 } }],
  ])('gets another %s by one reissue that asks for it, and nothing is bought', async (name, edit, asked) => {
    const before = await here.life.applied(name, { product })

    await here.life.applied(name, { product, ...edit })

    const after = await here.life.revised(name, 2)
    expect(after.status?.certificate?.serialNumber).not.toBe(before.status?.certificate?.serialNumber)
    expect(await lastReissue(name)).toMatchObject(asked)
    await here.life.looked(name)
    expect(await here.life.happened(name)).toEqual(['order', 'reissue'])
  })

  test('in everything that a reissue can change gets it all by one', async () => {
    await here.life.applied('all', { product: 'ssl_basic' })

    await here.machine.apply(
      orderNamed('all', {
        ...{ product: 'ssl_basic', signatureHash: 'sha512', serverPlatform: 2 },
        ...{ privateKey: { algorithm: 'ECDSA', size: 384 }, dnsNames: ['www.all.example.com'] },
      }),
    )

    const { status } = await here.life.revised('all', 2)
    expect(status?.certificate?.dnsNames.toSorted()).toEqual(['all.example.com', 'www.all.example.com'])
    expect(await lastReissue('all')).toMatchObject({ signature_hash: 'sha512', server_platform: { id: 2 } })
    await here.life.looked('all')
    expect(await here.life.happened('all')).toEqual(['order', 'reissue'])
  })

  test('in what only the next plan can have is not reissued for it, and buys nothing', async () => {
    const before = await here.life.applied('plan')

    await here.life.edit('plan', { orderValidity: { years: 2 }, comments: 'for the next one' })

    const after = await here.life.looked('plan')
    expect([orderIdOf(after), after.status?.revision]).toEqual([orderIdOf(before), 1])
    expect(await here.life.happened('plan')).toEqual(['order'])
  })
})

describe('a name that is taken out of a live order', () => {
  test('is held with a warning of 72 hours, and DigiCert revokes what came before once a person consents', async () => {
    await here.life.applied('fewer', { dnsNames: ['old.fewer.example.com'] })
    await here.machine.apply(orderNamed('fewer'))
    const held = await here.life.says('fewer', 'NameRemovalBlocked')
    expect(sentenceOf(held)).toMatch(/^old\.fewer\.example\.com is not in the spec and stays .* within 72 hours/)
    expect([conditionOf(held, 'Ready')?.status, held.status?.revision]).toEqual(['True', 1])
    await here.machine.travel(4)
    expect(await here.life.happened('fewer')).toEqual(['order'])

    await here.life.edit('fewer', { reissue: { allowNameRemoval: true } })

    const { status } = await here.life.revised('fewer', 2)
    expect(status?.certificate?.dnsNames).toEqual(['fewer.example.com'])
    await here.machine.travel(4)
    expect(conditionOf(await here.life.looked('fewer'), 'Ready')?.status).toBe('True')
    const entries = await here.life.journal('fewer')
    expect(entries.map(({ kind }) => kind)).toEqual(['order', 'reissue', 'revoke'])
    expect(entries.at(-1)?.certificateId).not.toBe(status?.certificate?.id)
  })
})

describe('a change that no reissue can make', () => {
  const kubectl = kubectlOf(process.env['KUBECONFIG'] ?? '')

  /** A CSR that is made elsewhere, in its Secret. */
  const csrIn = async (name: string, commonName: string) => {
    const csr = await createCsr(await generateKey({ algorithm: 'ECDSA', size: 256 }), [commonName], commonName)
    await here.machine.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { 'tls.csr': csr } })
    return { csrSecretRef: { name, key: 'tls.csr' } }
  }

  test.each([
    ['product', {}, { product: 'ssl_dv_rapidssl' }, 'product cannot be changed once the order was sent to CertCentral'],
    ['account', {}, { accountRef: { name: 'other' } }, 'accountRef cannot be changed once'],
    ['added-csr', {}, { csrSecretRef: { name: 'any' } }, 'csrSecretRef cannot be added or taken away'],
    ['removed-csr', 'csr', {}, 'csrSecretRef cannot be added or taken away'],
  ])('is refused by kubectl apply, and the order goes on as it was: %s', async (name, first, edit, said) => {
    const spec = first === 'csr' ? await csrIn(`${name}-csr`, `${name}.example.com`) : {}
    const before = await here.life.applied(name, spec)

    const args = ['apply', '--server-side', '--field-manager=test', '-n', here.machine.namespace, '-f', '-']
    const { code, stderr } = await kubectl(args, { input: JSON.stringify(orderNamed(name, edit)) })

    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) })
    const after = await here.life.looked(name)
    expect(after.spec).toEqual(before.spec)
    expect(after.status?.certificate).toEqual(before.status?.certificate)
    expect(await here.life.happened(name)).toEqual(['order'])
  })
})
