import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import forge from 'node-forge'
import { createCsr, csrFingerprint, readCsr } from '../../../src/pki/csr.ts'
import { type KeyWish, generateKey, publicFingerprint } from '../../../src/pki/keys.ts'

const WISHES: readonly KeyWish[] = [
  { algorithm: 'RSA' },
  { algorithm: 'RSA', size: 3072 },
  { algorithm: 'ECDSA' },
  { algorithm: 'ECDSA', size: 384 },
]
const NAMES = ['shop.example.com', 'www.shop.example.com', '*.xn--bcher-kva.example'] as const

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const withOpenssl = hasOpenssl ? test : test.skip

const made = await Promise.all(
  WISHES.map(async (wish) => {
    const key = await generateKey(wish)
    return { wish, key, pem: await createCsr(key, NAMES) }
  }),
)
const [rsa, , ecdsa] = made

describe.each(made)('the CSR of a key of $wish', ({ key, pem }) => {
  test('is PEM of short lines', () => {
    expect(pem).toMatch(
      /^-----BEGIN CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE REQUEST-----\n$/,
    )
  })

  withOpenssl('is signed by its key and names all names, as openssl reads it', () => {
    const { stdout, stderr, status } = spawnSync('openssl', ['req', '-verify', '-noout', '-text'], {
      input: pem,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, expect.stringMatching(/verify OK/i)])
    expect(stdout).toMatch(/Subject: CN ?= ?shop\.example\.com\n/)
    expect(stdout).toContain(NAMES.map((name) => `DNS:${name}`).join(', '))
  })

  withOpenssl('carries the public key that openssl finds in it', () => {
    const der = execFileSync('openssl', ['req', '-noout', '-pubkey'], { input: pem, encoding: 'utf8' })
    expect(der).toContain('BEGIN PUBLIC KEY')
    expect(csrFingerprint(pem)).toBe(publicFingerprint(key))
  })

  test.each<readonly [string, (pem: string) => string]>([
    ['as it is', (text) => text],
    ['without a line break at its end', (text) => text.trimEnd()],
    ['with the line ends of Windows', (text) => text.replaceAll('\n', '\r\n')],
    [
      'without line breaks inside',
      (text) =>
        text.replace(/\n([^-][^]*)\n-----END/, (_all, body: string) => `\n${body.replaceAll('\n', '')}\n-----END`),
    ],
    ['under the older label', (text) => text.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')],
    ['with words before it', (text) => `a CSR:\n${text}`],
  ])('tells its key %s', (_how, change) => {
    expect(csrFingerprint(change(pem))).toBe(publicFingerprint(key))
  })
})

test('the CSR of an RSA key is one that node-forge verifies', () => {
  const request = forge.pki.certificationRequestFromPem(rsa!.pem)
  expect(request.verify()).toBe(true)
  expect(request.subject.getField('CN')).toMatchObject({ value: 'shop.example.com' })
  const extensions = request.getAttribute({ name: 'extensionRequest' }) as unknown as {
    extensions: { name: string; altNames: { value: string }[] }[]
  }
  expect(extensions.extensions[0]!.altNames.map(({ value }) => value)).toEqual([...NAMES])
})

test('a CSR of the same key is another text each time and tells the same key', async () => {
  const again = await createCsr(ecdsa!.key, NAMES)
  expect(again).not.toBe(ecdsa!.pem)
  expect(csrFingerprint(again)).toBe(csrFingerprint(ecdsa!.pem))
})

test('250 long names are taken and read again', async () => {
  const label = 'a'.repeat(60)
  const names = Array.from({ length: 250 }, (_, n) => `${label}.${label}.${label}.${n}.example.com`)
  const pem = await createCsr(ecdsa!.key, ['shop.example.com', ...names])
  expect(csrFingerprint(pem)).toBe(publicFingerprint(ecdsa!.key))
})

describe('what is no CSR has no fingerprint', () => {
  test.each([
    ['nothing', ''],
    ['words', 'no CSR'],
    ['a CSR cut off', rsa!.pem.slice(0, 400)],
    ['garbage in the right clothes', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n'],
    ['a megabyte', 'A'.repeat(2 ** 20)],
  ])('%s', (_what, text) => {
    expect(csrFingerprint(text)).toBeUndefined()
  })

  test('and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .base64String()
            .map((body) => `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----`),
        ),
        (text) => {
          expect(csrFingerprint(text)).toBeUndefined()
        },
      ),
    )
  })
})

describe('a CSR that is made to be read for ever', () => {
  const inPem = (der: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`

  test.each<[string, string]>([
    ['of nested sequences', inPem(Buffer.from('3080'.repeat(36_000), 'hex'))],
    ['of a long sequence', inPem(Buffer.from(`3084000119400500${'0500'.repeat(36_000)}`, 'hex'))],
    ['of beginnings without an end', '-----BEGIN CERTIFICATE REQUEST-----\n'.repeat(2700)],
    ['of line breaks', `-----BEGIN CERTIFICATE REQUEST-----${'\n'.repeat(99_000)}`],
    ['of headers', `-----BEGIN CERTIFICATE REQUEST-----\n${'a: b\n'.repeat(19_000)}`],
    ['of spaces', `${' '.repeat(99_000)}x`],
  ])('%s is refused quickly', async (_what, text) => {
    const began = performance.now()
    expect(await readCsr(text)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
