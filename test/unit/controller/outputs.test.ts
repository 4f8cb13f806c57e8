import { X509Certificate, createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { ANNOTATIONS } from '../../../src/api/names.ts'
import type { OrderSpec } from '../../../src/api/order.ts'
import {
  type GivenPasswords,
  NO_PASSWORDS,
  areOutputsStale,
  makeOutputs,
  readPasswords,
} from '../../../src/controller/outputs.ts'
import type { Secret } from '../../../src/controller/secrets.ts'
import { exportKey } from '../../../src/pki/keys.ts'
import { NOW, aSpec, anOrder } from '../../support/builders.ts'
import { issueChain } from '../../support/ca.ts'

const { root, intermediate, leaf } = await issueChain(['shop.example.com'], NOW)
const MATERIAL = { key: leaf.key, certificate: leaf.pem + intermediate.pem, ca: root.pem }

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

const PASSWORD_REF = { passwordSecretRef: { name: 'stores' } }
const EVERYTHING = {
  secretTemplate: { labels: { team: 'shop' }, annotations: { 'example.com/copy-to': 'edge' } },
  additionalOutputFormats: [{ type: 'CombinedPEM' }, { type: 'DER' }],
  keystores: { pkcs12: PASSWORD_REF, jks: PASSWORD_REF },
}
const ALL = aSpec(EVERYTHING)
const NONE = aSpec()
const GIVEN: GivenPasswords = { pkcs12: 'one password', jks: 'another', problem: undefined, version: '7' }

/** A Secret as it stands after a write. */
const written = async (spec: OrderSpec, passwords = GIVEN, before?: Secret): Promise<Secret> => {
  const { labels, annotations, data } = await makeOutputs(spec, passwords, MATERIAL, { before, now: NOW })
  const pair = {
    'tls.crt': base64(MATERIAL.certificate),
    'tls.key': base64(exportKey(leaf.key, spec.privateKey.encoding)),
  }
  return { metadata: { name: 'shop-tls', namespace: 'shop', labels, annotations }, data: { ...data, ...pair } }
}

const isStale = (secret: Secret, spec: OrderSpec, passwords = GIVEN): boolean =>
  areOutputsStale(secret, spec, passwords, leaf.key)

const WHOLE = await written(ALL)
const entry = (name: string, secret = WHOLE): Buffer => Buffer.from(secret.data?.[name] ?? '', 'base64')

describe('what stands beside a pair', () => {
  test('is nothing where the spec asks for nothing', async () => {
    const bare = await written(NONE)
    expect(bare.metadata).toMatchObject({ labels: {}, annotations: {} })
    expect(Object.keys(bare.data ?? {})).toEqual(['tls.crt', 'tls.key'])
  })

  test('is named as cert-manager names it', () => {
    const stores = ['keystore.jks', 'keystore.p12', 'truststore.jks', 'truststore.p12']
    expect(Object.keys(WHOLE.data ?? {}).toSorted()).toEqual(
      ['key.der', ...stores, 'tls-combined.pem', 'tls.crt', 'tls.key'].toSorted(),
    )
    expect(WHOLE.metadata).toMatchObject({
      labels: { team: 'shop' },
      annotations: { 'example.com/copy-to': 'edge', [ANNOTATIONS.outputs]: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  test('is key and chain in one PEM, and the key in DER', () => {
    const combined = entry('tls-combined.pem').toString('utf8')
    expect(createPrivateKey(combined).equals(leaf.key)).toBe(true)
    expect(new X509Certificate(combined).raw).toEqual(new X509Certificate(leaf.pem).raw)
    expect(createPrivateKey({ key: entry('key.der'), format: 'der', type: 'pkcs8' }).equals(leaf.key)).toBe(true)
  })

  test('leaves out a keystore that is not to be made', async () => {
    const spec = aSpec({ keystores: { pkcs12: { ...PASSWORD_REF, create: false }, jks: PASSWORD_REF } })
    const names = Object.keys((await written(spec)).data ?? {})
    expect(names.filter((name) => name.includes('store'))).toEqual(['keystore.jks', 'truststore.jks'])
  })
})

describe('a Secret', () => {
  test.each([
    ['with nothing beside the pair', NONE],
    ['with everything', ALL],
    ['of the older encoding', aSpec({ privateKey: { algorithm: 'ECDSA', encoding: 'PKCS1' } })],
  ])('%s is in step with the spec that it was written from', async (_, spec) => {
    expect(isStale(await written(spec), spec)).toBe(false)
  })

  const damaged = (name: string): Secret => ({ ...WHOLE, data: { ...WHOLE.data, [name]: base64('damaged') } })
  const metadata = (more: object): Secret => ({ ...WHOLE, metadata: { ...WHOLE.metadata, ...more } })

  test.each<readonly [string, Secret, OrderSpec, GivenPasswords]>([
    ['a keystore was damaged', damaged('keystore.p12'), ALL, GIVEN],
    ['the certificate is another', damaged('tls.crt'), ALL, GIVEN],
    ['an entry was taken away', { ...WHOLE, data: { 'tls.crt': WHOLE.data!['tls.crt']! } }, ALL, GIVEN],
    ['a label was changed', metadata({ labels: { team: 'blog' } }), ALL, GIVEN],
    ['the annotations were taken away', metadata({ annotations: {} }), ALL, GIVEN],
    ['a password was changed', WHOLE, ALL, { ...GIVEN, jks: 'a third' }],
    ['the spec asks for nothing any more', WHOLE, NONE, GIVEN],
    ['the spec has another label', WHOLE, aSpec({ ...EVERYTHING, secretTemplate: {} }), GIVEN],
    ['the spec has one form less', WHOLE, aSpec({ ...EVERYTHING, additionalOutputFormats: [] }), GIVEN],
    [
      'the spec has another alias',
      WHOLE,
      aSpec({ ...EVERYTHING, keystores: { jks: { ...PASSWORD_REF, alias: 'shop' } } }),
      GIVEN,
    ],
    [
      'the key stands in another encoding',
      WHOLE,
      aSpec({ ...EVERYTHING, privateKey: { algorithm: 'ECDSA', encoding: 'PKCS1' } }),
      GIVEN,
    ],
  ])('is out of step where %s', (_, secret, spec, passwords) => {
    expect(isStale(secret, spec, passwords)).toBe(true)
  })

  test('keeps its keystores of before while their password is missing, and is in step with that', async () => {
    const without: GivenPasswords = { problem: 'it is missing', version: 'none' }
    const rewritten = await written(ALL, without, WHOLE)
    expect(rewritten.data?.['keystore.p12']).toBe(WHOLE.data?.['keystore.p12'])
    expect(isStale(rewritten, ALL, without)).toBe(false)
    expect(isStale(rewritten, ALL, GIVEN)).toBe(true)
  })
})

describe('the passwords of the keystores', () => {
  const store = (data: Record<string, string> | undefined) => ({
    read: (namespace: string, name: string) =>
      Promise.resolve(
        data && {
          metadata: { name, namespace, resourceVersion: '7' },
          data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])),
        },
      ),
  })
  const order = anOrder({ spec: ALL })

  test('are read from their Secret', async () => {
    const given = await readPasswords(store({ password: 'one of many' }), order)
    expect(given).toEqual({ pkcs12: 'one of many', jks: 'one of many', problem: undefined, version: '7 7 ' })
  })

  test.each([
    ['is missing', undefined, 'Secret stores, entry password, does not exist; create it with the password'],
    ['lacks the entry', { other: 'x' }, 'does not exist'],
    ['ends in a line break', { password: 'secret-word\n' }, 'printable ASCII characters (a line break at its end?)'],
    ['is empty', { password: '' }, 'printable ASCII'],
    ['is beyond ASCII', { password: 'pässwörd' }, 'printable ASCII'],
  ])('that %s are a sentence which does not hold them', async (_, data, sentence) => {
    const { problem = '', version, ...passwords } = await readPasswords(store(data), order)
    expect(problem).toContain(sentence)
    expect(problem).toContain('keystores.pkcs12.passwordSecretRef')
    expect(problem).not.toMatch(/secret-word|pässwörd/)
    expect(passwords).toEqual({})
    expect(version).toBe(data ? '7 7 ' : 'none none ')
  })

  test('are not looked for where no keystore is made', async () => {
    const unread = { read: () => Promise.reject(new Error('nothing is to be read')) }
    expect(await readPasswords(unread, anOrder({ spec: NONE }))).toEqual(NO_PASSWORDS)
  })
})
