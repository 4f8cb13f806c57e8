import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { type KeyWish, exportKey, generateKey, keyFits, publicFingerprint, readKey } from '../../../src/pki/keys.ts'

const WISHES: readonly (readonly [KeyWish, Record<string, unknown>])[] = [
  [{ algorithm: 'RSA' }, { modulusLength: 2048 }],
  [{ algorithm: 'RSA', size: 3072 }, { modulusLength: 3072 }],
  [{ algorithm: 'ECDSA' }, { namedCurve: 'prime256v1' }],
  [{ algorithm: 'ECDSA', size: 384 }, { namedCurve: 'secp384r1' }],
]

const KEYS = await Promise.all(WISHES.map(async ([wish]) => [wish, await generateKey(wish)] as const))

describe('a key', () => {
  test.each(WISHES)('of the wish %j is what was wished for, and fits no other wish', async (wish, details) => {
    const key = await generateKey(wish)
    expect(key.asymmetricKeyDetails).toMatchObject(details)
    const fitting = WISHES.filter(([other]) => keyFits(key, other)).map(([other]) => other)
    expect(fitting).toEqual([wish])
  })

  test('of 4096 bits can be had', async () => {
    const wish = { algorithm: 'RSA', size: 4096 } as const
    expect(keyFits(await generateKey(wish), wish)).toBe(true)
  })

  test('of a size that no curve has is refused', async () => {
    await expect(generateKey({ algorithm: 'ECDSA', size: 2048 })).rejects.toThrow(RangeError)
  })

  test('is another one each time', async () => {
    const [one, two] = await Promise.all([generateKey({ algorithm: 'ECDSA' }), generateKey({ algorithm: 'ECDSA' })])
    expect(publicFingerprint(one)).not.toBe(publicFingerprint(two))
  })

  test.each([
    [0, 'PKCS8', 'PRIVATE KEY'],
    [0, 'PKCS1', 'RSA PRIVATE KEY'],
    [2, 'PKCS8', 'PRIVATE KEY'],
    [3, 'PKCS1', 'EC PRIVATE KEY'],
  ] as const)('of the list, number %d, is written as %s under the label %s and read again', (at, encoding, label) => {
    const [, key] = KEYS[at]!
    const pem = exportKey(key, encoding)
    expect(pem).toMatch(new RegExp(`^-----BEGIN ${label}-----\n[^]*-----END ${label}-----\n$`))
    expect(publicFingerprint(readKey(pem)!)).toBe(publicFingerprint(key))
    expect(createPrivateKey(pem).equals(key)).toBe(true)
  })

  test('has the fingerprint of its public half', () => {
    for (const [, key] of KEYS) expect(publicFingerprint(createPublicKey(key))).toBe(publicFingerprint(key))
  })

  test('has the SHA-256 of its SubjectPublicKeyInfo as fingerprint, as openssl tells it', () => {
    const pem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAGhRANCAARrF9Hy4SxCR/i85uVjpEDydwN9gS3r
M6D0oTlF2JjClk/jQuL+Gn+bjufrSnwPnhYrzjNXazFezsu2QGg3v1H1
-----END PRIVATE KEY-----
`
    expect(publicFingerprint(readKey(pem)!)).toBe('5cd252fb0ce8932436faf8ccd1040981b89ee4ad6b9fe9e2a2b7e71aacb27cd3')
    expect(keyFits(readKey(pem)!, { algorithm: 'ECDSA' })).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['words', 'no key'],
    ['a public key', createPublicKey(KEYS[2]![1]).export({ type: 'spki', format: 'pem' }).toString()],
    ['a key cut off', exportKey(KEYS[0]![1], 'PKCS8').slice(0, 300)],
    ['a megabyte', 'A'.repeat(2 ** 20)],
    ['NUL bytes', '\0'.repeat(100)],
  ])('is not read from %s', (_what, text) => {
    expect(readKey(text)).toBeUndefined()
  })

  test('of a kind nobody wishes for fits no wish', () => {
    const ed25519 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
-----END PRIVATE KEY-----
`
    const key = readKey(ed25519)!
    expect(WISHES.filter(([wish]) => keyFits(key, wish))).toEqual([])
  })
})
