import { execFile } from 'node:child_process'
import { X509Certificate, createPrivateKey, webcrypto } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from '@jest/globals'
import { keyStoreJks, trustStoreJks } from '../../../src/pki/jks.ts'
import { exportKey } from '../../../src/pki/keys.ts'
import { keyStoreP12, trustStoreP12 } from '../../../src/pki/pkcs12.ts'
import { NOW } from '../../support/builders.ts'
import { issue, issueChain } from '../../support/ca.ts'

const run = promisify(execFile)

const PASSWORD = 'changeit & more'
const ENTRY = { alias: 'certificate', password: PASSWORD, now: NOW }
const TRUST = { ...ENTRY, alias: 'ca' }

const NAMES = ['shop.example.com']
const { root, intermediate, leaf } = await issueChain(NAMES, NOW)
const rsaPair = await webcrypto.subtle.generateKey(
  { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  true,
  ['sign', 'verify'],
)
const rsaLeaf = await issue({ subject: 'rsa.example.com', issuer: intermediate, pair: rsaPair }, NOW)

const CASES = [
  ['ECDSA', leaf],
  ['RSA', rsaLeaf],
] as const

const chainOf = (own: { pem: string }) => [own, intermediate].map(({ pem }) => new X509Certificate(pem))
const anchor = new X509Certificate(root.pem)

const directory = await mkdtemp(join(tmpdir(), 'keystores-'))
afterAll(() => rm(directory, { recursive: true }))

let files = 0
const written = async (content: Buffer): Promise<string> => {
  files += 1
  const path = join(directory, `store-${String(files)}`)
  await writeFile(path, content)
  return path
}

const openssl = async (path: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await run('openssl', ['pkcs12', '-in', path, '-passin', `pass:${PASSWORD}`, ...args])
  return stdout + stderr
}

const keytool = async (path: string, ...args: string[]): Promise<string> => {
  const { stdout } = await run('keytool', [...args, '-keystore', path, '-storepass', PASSWORD])
  return stdout
}

/** What a JKS file holds, as keytool carries it over into a PKCS#12 file that openssl opens. */
const carriedOver = async (path: string): Promise<string> => {
  const to = await written(Buffer.alloc(0))
  await rm(to)
  const stores = ['-srckeystore', path, '-destkeystore', to, '-deststoretype', 'PKCS12']
  await run('keytool', ['-importkeystore', ...stores, '-srcstorepass', PASSWORD, '-deststorepass', PASSWORD])
  return openssl(to, '-nodes')
}

const serialsIn = (listing: string): string[] =>
  (listing.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [])
    .map((pem) => new X509Certificate(pem).serialNumber)
    .toSorted()

const keyIn = (listing: string): string => {
  const [pem = ''] = listing.match(/-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----/) ?? []
  return exportKey(createPrivateKey(pem), 'PKCS8')
}

describe.each(CASES)('of an %s key', (_, own) => {
  const chain = chainOf(own)
  const serials = chain.map(({ serialNumber }) => serialNumber).toSorted()

  test('a PKCS#12 file gives openssl its key and chain, under AES-256 and SHA-256 throughout', async () => {
    const path = await written(await keyStoreP12(own.key, chain, ENTRY))
    const listing = await openssl(path, '-nodes', '-info')
    expect(keyIn(listing)).toBe(exportKey(own.key, 'PKCS8'))
    expect(serialsIn(listing)).toEqual(serials)
    expect(listing).toContain('MAC: sha256, Iteration 10000')
    const ways = listing.match(/PBES2, .*/g) ?? []
    expect(new Set(ways)).toEqual(new Set(['PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256']))
    expect(ways).toHaveLength(2)
  })

  test('a PKCS#12 file is one entry of a private key with its chain to keytool', async () => {
    const path = await written(await keyStoreP12(own.key, chain, ENTRY))
    const listing = await keytool(path, '-list', '-v')
    expect(listing).toContain('contains 1 entry')
    expect(listing).toContain('Alias name: certificate')
    expect(listing).toContain('Entry type: PrivateKeyEntry')
    expect(listing).toContain('Certificate chain length: 2')
  })

  test('a JKS file gives keytool its key and chain', async () => {
    const path = await written(keyStoreJks(own.key, chain, ENTRY))
    const listing = await carriedOver(path)
    expect(keyIn(listing)).toBe(exportKey(own.key, 'PKCS8'))
    expect(serialsIn(listing)).toEqual(serials)
    expect(listing).toContain('friendlyName: certificate')
  })
})

describe('a truststore', () => {
  test.each([
    ['PKCS#12', () => trustStoreP12(anchor, TRUST)],
    ['JKS', () => Promise.resolve(trustStoreJks(anchor, TRUST))],
  ])('of %s is one trusted certificate to keytool', async (_, make) => {
    const listing = await keytool(await written(await make()), '-list', '-v')
    expect(listing).toContain('contains 1 entry')
    expect(listing).toContain('Alias name: ca')
    expect(listing).toContain('Entry type: trustedCertEntry')
    expect(listing).toContain('CN=Test Root')
  })
})

describe('another password', () => {
  test.each([
    ['PKCS#12', () => keyStoreP12(leaf.key, chainOf(leaf), { ...ENTRY, password: 'another one' })],
    ['JKS', () => Promise.resolve(keyStoreJks(leaf.key, chainOf(leaf), { ...ENTRY, password: 'another one' }))],
  ])('opens no %s file', async (_, make) => {
    const path = await written(await make())
    await expect(keytool(path, '-list')).rejects.toMatchObject({
      stdout: expect.stringContaining('password was incorrect'),
    })
  })
})
