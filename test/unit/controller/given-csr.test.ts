import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { readGivenCsr } from '../../../src/controller/given-csr.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { createCsr, csrKey, readCsr } from '../../../src/pki/csr.ts'
import { generateKey, publicFingerprint } from '../../../src/pki/keys.ts'
import { aSpec, anOrder } from '../../support/builders.ts'
import { makeRequest } from '../simulator/bodies.ts'

const key = await generateKey({ algorithm: 'ECDSA' })
const NAMES = ['shop.example.com', 'www.shop.example.com']
const good = await createCsr(key, NAMES)

const order = anOrder({ spec: { csrSecretRef: { name: 'hsm', key: 'tls.csr' } } })

const holding = (data: Record<string, string> | undefined) => ({
  read: (_namespace: string, name: string): Promise<Secret | undefined> =>
    Promise.resolve(
      data && {
        metadata: { name },
        data: Object.fromEntries(
          Object.entries(data).map(([entry, text]) => [entry, Buffer.from(text).toString('base64')]),
        ),
      },
    ),
})

const given = (data: Record<string, string> | undefined, of = order) => readGivenCsr(holding(data), of)

/** The same request with a signature of something else. */
const spoilt = (pem: string): string => {
  const body = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64')
  body[body.length - 3] = (body.at(-3) ?? 0) ^ 1
  return `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
}

const p521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' })

describe('a CSR from elsewhere', () => {
  test('is not looked for where the order names none', async () => {
    expect(await given({ 'tls.csr': good }, anOrder())).toBeUndefined()
  })

  test('is good where it is signed, strong, and names what the order names', async () => {
    const csr = await given({ 'tls.csr': good })
    expect(csr).toMatchObject({ kind: 'good', pem: good })
    expect(csr?.kind === 'good' && publicFingerprint(csr.publicKey)).toBe(publicFingerprint(key))
  })

  test('is good where it names less: CertCentral takes names from the order', async () => {
    expect(await given({ 'tls.csr': await createCsr(key, ['WWW.Shop.example.com']) })).toMatchObject({ kind: 'good' })
  })

  test('may name whatever it likes where the order certifies a person', async () => {
    const signing = anOrder({
      spec: {
        ...aSpec({ product: 'document_signing_org_1', commonName: undefined, dnsNames: undefined }),
        csrSecretRef: { name: 'hsm', key: 'tls.csr' },
      },
    })
    const unnamed = { ...signing, spec: { ...signing.spec } }
    delete unnamed.spec.commonName
    delete unnamed.spec.dnsNames
    expect(await given({ 'tls.csr': await createCsr(key, [], 'Ada Example') }, unnamed)).toMatchObject({ kind: 'good' })
  })

  test.each<readonly [string, () => Promise<Record<string, string> | undefined>, RegExp]>([
    ['there is no Secret', () => Promise.resolve(undefined), /Secret hsm, entry tls.csr, does not exist/],
    ['the Secret has no such entry', () => Promise.resolve({ 'tls.crt': good }), /does not exist; create it/],
    ['it is garbage', () => Promise.resolve({ 'tls.csr': 'garbage' }), /is no certificate signing request in PEM/],
    ['it is longer than any', () => Promise.resolve({ 'tls.csr': 'x'.repeat(200_000) }), /is no certificate signing/],
    ['its signature is wrong', () => Promise.resolve({ 'tls.csr': spoilt(good) }), /is not signed by its own key/],
    [
      'its RSA key is weak',
      () => Promise.resolve({ 'tls.csr': makeRequest('rsa:1024').csr }),
      /cannot be certified: its RSA key has 1024 bits, and 2048 are the least/,
    ],
    [
      'it names what the order does not',
      async () => ({ 'tls.csr': await createCsr(key, ['shop.example.com', 'evil.example.com']) }),
      /names evil.example.com, which the order does not/,
    ],
    [
      'its common name is another',
      async () => ({ 'tls.csr': await createCsr(key, NAMES, 'other.example.com') }),
      /names other.example.com, which/,
    ],
  ])('is refused with a sentence where %s', async (_what, data, sentence) => {
    const csr = await given(await data())
    expect(csr).toMatchObject({ kind: 'bad', problem: expect.stringMatching(sentence) })
    expect(csr?.kind === 'bad' && csr.problem).toMatch(/^csrSecretRef: /)
  })
})

describe('reading a CSR', () => {
  test('tells names and key as they stand', async () => {
    const csr = await readCsr(await createCsr(key, NAMES, 'Shop'))
    expect(csr).toMatchObject({ signature: 'good', commonName: 'Shop', dnsNames: NAMES })
  })

  test('reads one of openssl that has no extensions', async () => {
    expect(await readCsr(makeRequest('rsa:2048').csr)).toMatchObject({
      signature: 'good',
      commonName: 'x',
      dnsNames: [],
    })
  })

  test('finds no key where there is none', () => {
    expect([csrKey(''), csrKey('x'.repeat(200_000)), csrKey(good.replace('MI', 'AA'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('takes only curves that a public CA certifies', async () => {
    const { weaknessOf } = await import('../../../src/pki/csr.ts')
    expect(weaknessOf(p521.publicKey)).toContain('curve secp521r1')
    expect(weaknessOf(generateKeyPairSync('ed25519').publicKey)).toContain('of the kind ed25519')
    expect(weaknessOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)).toBeUndefined()
  })
})

describe('an entry of a Secret by a name that JavaScript gives a meaning to', () => {
  const of = (key: string) => anOrder({ spec: { csrSecretRef: { name: 'hsm', key } } })

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '%s does not exist unless it does',
    async (key) => {
      expect(await given({ 'tls.csr': good }, of(key))).toEqual({
        kind: 'bad',
        problem: expect.stringContaining('does not exist'),
      })
      const own = JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(good)}}`) as Record<string, string>
      expect(await given(own, of(key))).toMatchObject({ kind: 'good' })
    },
  )
})
