import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { orderStatus } from '../../../src/api/status.ts'
import { type BundleFault, describe as factsOf, dnsNamesOf, readBundle, readPair } from '../../../src/pki/bundle.ts'
import { generateKey } from '../../../src/pki/keys.ts'
import { NOW, inDays, inMinutes } from '../../support/builders.ts'
import { CLIENT_AUTH, type CertificateWish, SERVER_AUTH, issue, issueChain } from '../../support/ca.ts'

const NAMES = ['shop.example.com', '*.shop.example.com']

const { root, intermediate, leaf } = await issueChain(NAMES, NOW)
const GOOD = [leaf, intermediate, root].map(({ pem }) => pem)

const read = (texts: readonly string[], now = NOW, names: readonly string[] = NAMES) =>
  readBundle(texts.join(''), { key: leaf.key, names, now })

/** A certificate for the key of the good leaf that is other than it. */
const likeLeaf = (wish: Partial<CertificateWish>) =>
  issue(
    { subject: NAMES[0]!, issuer: intermediate, pair: leaf.pair, dnsNames: NAMES, usages: [SERVER_AUTH], ...wish },
    NOW,
  )

const stranger = await issue({ subject: 'stranger.example.com', issuer: intermediate, dnsNames: NAMES }, NOW)
const impostor = await issue({ subject: 'Test Intermediate', issuer: root, ca: 'yes' }, NOW)
const harmless = await issue({ subject: 'Test Intermediate', issuer: root, pair: intermediate.pair }, NOW)
const [lapsed, unborn, soon, forClients, forAll, plain] = await Promise.all([
  likeLeaf({ notBefore: inDays(-9), notAfter: inMinutes(-1) }),
  likeLeaf({ notBefore: inMinutes(6) }),
  likeLeaf({ notBefore: inMinutes(4) }),
  likeLeaf({ usages: [CLIENT_AUTH] }),
  likeLeaf({ usages: [] }),
  likeLeaf({ dnsNames: ['shop.example.com'] }),
])
const oldIntermediate = await issue(
  {
    subject: 'Test Intermediate',
    issuer: root,
    ca: 'yes',
    pair: intermediate.pair,
    notBefore: inDays(-9),
    notAfter: inDays(-1),
  },
  NOW,
)

const faultOf = (texts: readonly string[], now?: Date): BundleFault | 'none' => {
  const result = read(texts, now)
  return result.ok ? 'none' : result.fault
}

const pemBlocks = (text: string): string[] => text.match(/-----BEGIN[^]*?-----END CERTIFICATE-----\n/g) ?? []

const normal = (pem: string): string => new X509Certificate(pem).toString()

describe('a bundle that fits', () => {
  test('gives leaf and intermediates without the root, and the root apart', () => {
    const result = read(GOOD)
    expect(result).toMatchObject({
      ok: true,
      bundle: { certificate: normal(leaf.pem) + normal(intermediate.pem), ca: normal(root.pem) },
    })
  })

  test('gives the topmost intermediate as ca.crt where it has no root', () => {
    expect(read(GOOD.slice(0, 2))).toMatchObject({
      ok: true,
      bundle: { certificate: normal(leaf.pem) + normal(intermediate.pem), ca: normal(intermediate.pem) },
    })
  })

  test('gives the same whatever its order, its line ends and what stands around it', () => {
    const wanted = read(GOOD)
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...GOOD, stranger.pem, GOOD[1]!], { minLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('', 'some words\n', '\n\n'),
        (texts, lineEnd, between) => {
          const result = read(texts.map((text) => (between + text).replaceAll('\n', lineEnd)))
          expect(result.ok && wanted.ok && result.bundle.certificate === wanted.bundle.certificate).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('goes the way of the intermediate where the root is there cross-signed as well', async () => {
    const older = await issue({ subject: 'Older Root', ca: 'yes' }, NOW)
    const crossed = await issue({ subject: root.subject, issuer: older, ca: 'yes', pair: root.pair }, NOW)
    const chain = normal(leaf.pem) + normal(intermediate.pem)
    for (const texts of [
      [...GOOD, crossed.pem, older.pem],
      [older.pem, crossed.pem, ...GOOD],
    ])
      expect(read(texts)).toMatchObject({
        ok: true,
        bundle: { certificate: chain + normal(crossed.pem), ca: normal(older.pem) },
      })
  })

  test('may begin a moment ahead of our clock, and may be for all uses', () => {
    expect([faultOf([soon.pem, ...GOOD.slice(1)]), faultOf([forAll.pem, ...GOOD.slice(1)])]).toEqual(['none', 'none'])
  })

  test('is known by its facts', () => {
    const result = read(GOOD)
    const facts = result.ok ? factsOf(result.bundle.leaf) : undefined
    expect(facts).toMatchObject({ dnsNames: NAMES, issuer: 'CN=Test Intermediate', notBefore: '2026-11-23T12:00:00Z' })
    expect(facts!.sha1Thumbprint).toMatch(/^[0-9a-f]{40}$/)
    expect(facts!.sha256Fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(facts!.serialNumber).toMatch(/^[0-9a-f]+$/)
  })
})

describe('a bundle is refused', () => {
  test.each<readonly [string, readonly string[], BundleFault]>([
    ['that is empty', [''], 'not-pem'],
    ['that is a page of HTML', ['<html><body>502 Bad Gateway</body></html>'], 'not-pem'],
    ['whose base64 is garbage', ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'], 'not-pem'],
    [
      'with one block of garbage among good ones',
      [...GOOD, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
      'not-pem',
    ],
    ['of NUL bytes', ['\0'.repeat(1000)], 'not-pem'],
    ['that is cut off', [GOOD.join('').slice(0, 300)], 'not-pem'],
    ['of private keys', [GOOD[0]!.replaceAll('CERTIFICATE', 'PRIVATE KEY')], 'not-pem'],
    ['of more certificates than any chain has', Array.from({ length: 21 }, () => root.pem), 'not-pem'],
    ['whose leaf is of another key', [stranger.pem, ...GOOD.slice(1)], 'foreign-key'],
    ['that has no leaf', GOOD.slice(1), 'foreign-key'],
    ['whose names do not cover the spec', [plain.pem, ...GOOD.slice(1)], 'names-missing'],
    ['that has expired', [lapsed.pem, ...GOOD.slice(1)], 'expired'],
    ['that is not valid yet', [unborn.pem, ...GOOD.slice(1)], 'not-yet-valid'],
    ['that is for clients only', [forClients.pem, ...GOOD.slice(1)], 'not-for-servers'],
    ['without an intermediate', [leaf.pem], 'chain-incomplete'],
    ['with the root and no intermediate', [leaf.pem, root.pem], 'chain-incomplete'],
    ['with a stranger under the name of the intermediate', [leaf.pem, impostor.pem, root.pem], 'chain-broken'],
    ['with an intermediate that is no authority', [leaf.pem, harmless.pem, root.pem], 'chain-broken'],
    ['with an intermediate that has expired', [leaf.pem, oldIntermediate.pem, root.pem], 'chain-broken'],
  ])('%s', (_what, texts, fault) => {
    expect(faultOf(texts)).toBe(fault)
  })

  test('that signs itself', async () => {
    const selfMade = await issue({ subject: NAMES[0]!, pair: leaf.pair, dnsNames: NAMES }, NOW)
    expect(faultOf([selfMade.pem])).toBe('chain-incomplete')
    expect(faultOf([selfMade.pem, root.pem])).toBe('chain-incomplete')
  })

  test('with a sentence that tells what to look at, and no byte of it', () => {
    const result = read([plain.pem, ...GOOD.slice(1)])
    expect(result).toEqual({ ok: false, fault: 'names-missing', message: 'it does not cover *.shop.example.com' })
  })

  test('whose leaf carries a key of another kind', async () => {
    const rsa = await generateKey({ algorithm: 'RSA' })
    expect(readBundle(GOOD.join(''), { key: rsa, names: NAMES, now: NOW })).toMatchObject({ fault: 'foreign-key' })
  })

  test.each([
    ['of 64 MB', () => 'A'.repeat(64 * 2 ** 20)],
    ['of 100,000 blocks', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(100_000)],
    ['of as many blocks as fit', () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'.repeat(5_600)],
    ['of beginnings without an end', () => '-----BEGIN CERTIFICATE-----\n'.repeat(11_000)],
    ['of dashes', () => '-'.repeat(329_000)],
    ['of one long line without an end', () => `-----BEGIN CERTIFICATE-----\n${'A'.repeat(329_000)}`],
    ['of line breaks', () => `-----BEGIN CERTIFICATE-----${'\n'.repeat(329_000)}`],
    ['of headers', () => `-----BEGIN CERTIFICATE-----\n${'a: b\n'.repeat(60_000)}-----END CERTIFICATE-----`],
  ])('quickly where it is %s', (_what, make) => {
    const text = make()
    const began = performance.now()
    expect(readBundle(text, { key: leaf.key, names: NAMES, now: NOW }).ok).toBe(false)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('that is good and longer than any bundle', () => {
    expect(faultOf([...GOOD, '\n'.repeat(330_000)])).toBe('too-large')
  })

  test('rather than thrown at us, whatever the text is', () => {
    const scraps = fc.constantFrom(
      ...GOOD,
      '-----BEGIN CERTIFICATE-----',
      '-----END CERTIFICATE-----',
      '\n',
      'MIIB',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(scraps, fc.string()), { maxLength: 12 }), (parts) => {
        expect(typeof read([parts.join('')]).ok).toBe('boolean')
      }),
      { numRuns: 300 },
    )
  })

  test('where any one byte of its leaf was changed', () => {
    const der = Buffer.from(pemBlocks(leaf.pem)[0]!.replaceAll(/-----.*-----|\s/g, ''), 'base64')
    fc.assert(
      fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(der)
        changed[at] = der[at]! ^ by
        const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----\n`
        expect(read([pem, ...GOOD.slice(1)]).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a leaf that is an authority', () => {
  test('is written as any other where it is ours, signed and named right', async () => {
    const authority = await likeLeaf({ ca: 'yes' })
    expect(faultOf([authority.pem, ...GOOD.slice(1)])).toBe('none')
  })

  test('is not taken for its own issuer', async () => {
    const authority = await likeLeaf({ ca: 'yes' })
    expect(faultOf([authority.pem])).toBe('chain-incomplete')
  })
})

describe('the pair in a Secret', () => {
  test('is whole where leaf and chain fit the key', () => {
    const pair = readPair(leaf.pem + intermediate.pem, leaf.key)
    expect(pair?.fingerprint256).toBe(new X509Certificate(leaf.pem).fingerprint256)
    expect(dnsNamesOf(pair!)).toEqual(NAMES)
  })

  test.each<readonly [string, string]>([
    ['is empty', ''],
    ['is garbage', 'garbage'],
    ['has no intermediate', leaf.pem],
    ['stands in the wrong order', intermediate.pem + leaf.pem],
    ['lacks a link', leaf.pem + root.pem],
    ['has a stranger for its intermediate', leaf.pem + impostor.pem],
    ['is of another key', stranger.pem + intermediate.pem],
    ['is longer than any chain', (leaf.pem + intermediate.pem).repeat(400)],
  ])('is none where it %s', (_what, text) => {
    expect(readPair(text, leaf.key)).toBeUndefined()
  })
})

describe('a certificate that says too much of itself', () => {
  /** By openssl: the library that makes the others refuses so many names. */
  const selfSigned = (names: readonly string[]): string => {
    const directory = mkdtempSync(join(tmpdir(), 'names-'))
    const [config, key] = [join(directory, 'config'), join(directory, 'key')]
    const listed = names.map((name, at) => `DNS.${String(at)}=${name}`).join('\n')
    writeFileSync(
      config,
      `[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\nsubjectAltName=@names\n[names]\n${listed}\n`,
    )
    writeFileSync(key, leaf.key.export({ type: 'pkcs8', format: 'pem' }))
    const args = ['req', '-x509', '-new', '-key', key, '-subj', '/CN=shop.example.com', '-config', config]
    const pem = execFileSync('openssl', args, { encoding: 'utf8', maxBuffer: 2 ** 24 })
    rmSync(directory, { recursive: true })
    return pem
  }
  const many = (count: number) => Array.from({ length: count }, (_, at) => `n${String(at)}.example.com`)

  test('with 100,000 names is too large to be looked at', () => {
    const huge = selfSigned([...NAMES, ...many(100_000)])
    expect(huge.length).toBeGreaterThan(2_000_000)
    expect(faultOf([huge, intermediate.pem])).toBe('too-large')
  }, 20_000)

  test('with 9,000 names is taken, and as many are told as a status holds', async () => {
    const large = await likeLeaf({ dnsNames: [...NAMES, ...many(9000)] })
    const began = performance.now()
    const result = read([large.pem, intermediate.pem])
    const facts = factsOf(new X509Certificate(large.pem))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(result.ok).toBe(true)
    expect(facts.dnsNames).toHaveLength(300)
    expect(orderStatus.safeParse({ certificate: facts }).error).toBeUndefined()
  })

  test.each([
    ['a name longer than a name can be', `${'a'.repeat(300)}.example.com`],
    ['a name that steers a terminal', 'a\u001b[2J.example.com'],
    ['a name with a line break', 'a\nDNS:b.example.com'],
  ])('does not have %s told', async (_what, name) => {
    const odd = await likeLeaf({ dnsNames: [...NAMES, name] })
    const { dnsNames } = factsOf(new X509Certificate(odd.pem))
    expect(dnsNames).toEqual(expect.arrayContaining(NAMES))
    expect(dnsNames.join()).not.toMatch(/[\p{C}]|a{254}/u)
  })

  test('does not pass for another name by one that holds a separator', async () => {
    const odd = await likeLeaf({ dnsNames: ['evil.example.net, DNS:shop.example.com, DNS:*.shop.example.com'] })
    expect(faultOf([odd.pem, intermediate.pem])).toBe('names-missing')
  })

  test('by an issuer that steers a terminal is told in plain text of one line', async () => {
    const subject = `CA\u001b[2J\u009b31m\u202e\n${'x'.repeat(2000)}`
    const odd = await issue({ subject, issuer: root, ca: 'yes' }, NOW)
    const certified = await likeLeaf({ issuer: odd })
    const facts = factsOf(new X509Certificate(certified.pem))
    expect(facts.issuer).toMatch(/^CN=CA/)
    expect(facts.issuer).not.toMatch(/[\p{C}\p{Zl}]/u)
    expect(orderStatus.safeParse({ certificate: facts }).error).toBeUndefined()
  })

  test('by an issuer that has expired says so in plain text of one line', async () => {
    const subject = `CA\u001b[2J\u202e${'x'.repeat(2000)}`
    const odd = await issue({ subject, issuer: root, ca: 'yes', notBefore: inDays(-9), notAfter: inDays(-1) }, NOW)
    const certified = await likeLeaf({ issuer: odd })
    const result = read([certified.pem, odd.pem])
    const message = result.ok ? '' : result.message
    expect(message).toMatch(/^its issuer CN=CA.* has expired$/)
    expect(message).not.toMatch(/\p{C}/u)
    expect(message.length).toBeLessThan(1100)
  })
})
