import { type KeyObject, X509Certificate } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import forge from 'node-forge'
import { belongsTo } from './keys.ts'

/** Longest bundle that is read, in bytes; measured before anything is decoded. */
const MAX_BUNDLE_BYTES = 330_000
const MAX_CERTIFICATES = 20
/** How far ahead of our clock a certificate may begin, in milliseconds. */
const SKEW = 5 * 60_000

/** A leaf that fits, its chain in order, and the root where the bundle had one. All PEM, written by us. */
export type Bundle = {
  leaf: X509Certificate
  /** Leaf and intermediates, without the root: the content of `tls.crt`. */
  certificate: string
  /** The topmost certificate: the content of `ca.crt`. */
  ca: string
}

export type BundleFault =
  | 'too-large'
  | 'not-pem'
  | 'foreign-key'
  | 'names-missing'
  | 'expired'
  | 'not-yet-valid'
  | 'not-for-servers'
  | 'chain-incomplete'
  | 'chain-broken'

export type BundleResult = { ok: true; bundle: Bundle } | { ok: false; fault: BundleFault; message: string }

export type Wanted = {
  /** The key that the leaf must belong to; the public one where the private one is elsewhere. */
  key: KeyObject
  /** Names in wire form that the leaf must carry, each as it stands. */
  names: readonly string[]
  /** What it must be good for; a server unless said otherwise. */
  purpose?: 'server' | 'document'
  now: Date
}

const fault = (kind: BundleFault, message: string): BundleResult => ({ ok: false, fault: kind, message })

/**
 * Certificates that were read before, by their bytes: a CA has few intermediates, and each is in the chain of every leaf.
 * What was found out of them is found out once. Those that were not met for the longest time go first.
 */
const known = new LRUCache<string, X509Certificate>({ max: 256 })

const certificateOf = (body: string): X509Certificate => {
  const certificate = known.get(body) ?? new X509Certificate(Buffer.from(body, 'binary'))
  known.set(body, certificate)
  return certificate
}

const parse = (text: string): X509Certificate[] | undefined => {
  try {
    const blocks = forge.pem.decode(text).filter(({ type }) => type === 'CERTIFICATE')
    if (blocks.length === 0 || blocks.length > MAX_CERTIFICATES) return undefined
    return blocks.map(({ body }) => certificateOf(body))
  } catch {
    return undefined
  }
}

/** The DNS names of a certificate's subject alternative names, lower case. */
export const dnsNamesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))

/**
 * Lists which of some names a certificate lacks, without keeping it. A wildcard covers only itself here: what was ordered
 * must be there.
 */
export const missingFrom = (certificate: X509Certificate): ((names: readonly string[]) => string[]) => {
  const present = new Set(dnsNamesOf(certificate))
  return (names) => names.filter((name) => !present.has(name))
}

const isRoot = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate)

const isSignedBy = (subject: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey)

/** Which certificate signed which does not change, and finding out is the dear part of reading a chain. */
const links = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>()

const issued = (issuer: X509Certificate, subject: X509Certificate): boolean => {
  if (issuer === subject) return false
  const ofSubject = links.get(subject) ?? new WeakMap<X509Certificate, boolean>()
  links.set(subject, ofSubject)
  const link = ofSubject.get(issuer) ?? isSignedBy(subject, issuer)
  ofSubject.set(issuer, link)
  return link
}

/** From the leaf upwards, each signed by the next, whatever order the bundle had. */
const chainFrom = (leaf: X509Certificate, pool: readonly X509Certificate[]): X509Certificate[] => {
  const chain = [leaf]
  let top = leaf
  while (!isRoot(top) && chain.length <= pool.length) {
    const subject = top
    const issuers = pool.filter((candidate) => issued(candidate, subject) && !chain.includes(candidate))
    // Where a root is cross-signed, the intermediate path wins: clients have the root, not its cross-signed twin.
    const next = issuers.find((candidate) => !isRoot(candidate)) ?? issuers[0]
    if (!next) break
    chain.push(next)
    top = next
  }
  return chain
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

const leafFault = (leaf: X509Certificate, { names, purpose = 'server', now }: Wanted): BundleResult | undefined => {
  const lacking = missingFrom(leaf)(names)
  if (lacking.length > 0) return fault('names-missing', `it does not cover ${lacking.slice(0, 10).join(', ')}`)
  if (new Date(leaf.validTo) <= now) return fault('expired', `it expired on ${leaf.validTo}`)
  if (new Date(leaf.validFrom).getTime() > now.getTime() + SKEW)
    return fault('not-yet-valid', `it is not valid before ${leaf.validFrom}`)
  const usages = leaf.keyUsage as string[] | undefined
  if (purpose === 'server' && usages !== undefined && !usages.includes(SERVER_AUTH))
    return fault('not-for-servers', 'it may not be used by a TLS server (extended key usage)')
  return undefined
}

/** Characters that steer a terminal or turn the direction of text; Node escapes only some of them. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** The CRD holds to that many characters of who signed a certificate. */
const LONGEST_NAME = 1024

/** Who signed a certificate, as one line. */
const shown = (name: string): string => name.replaceAll('\n', ', ').replaceAll(UNPRINTABLE, ' ').slice(0, LONGEST_NAME)

const pemOf = (certificate: X509Certificate): string => certificate.toString()

const withChain = (leaf: X509Certificate, pool: readonly X509Certificate[], { now }: Wanted): BundleResult => {
  const chain = chainFrom(leaf, pool)
  const issuers = chain.slice(1)
  const top = issuers.at(-1)
  if (!top) {
    const claimed = pool.some((candidate) => candidate !== leaf && leaf.checkIssued(candidate))
    return claimed
      ? fault('chain-broken', "no certificate in the answer signed it, though one claims its issuer's name")
      : fault('chain-incomplete', 'the answer holds no certificate of its issuer')
  }
  const stale = issuers.find((issuer) => new Date(issuer.validTo) <= now)
  if (stale) return fault('chain-broken', `its issuer ${shown(stale.subject)} has expired`)
  const sent = chain.filter((certificate) => certificate === leaf || !isRoot(certificate))
  return { ok: true, bundle: { leaf, certificate: sent.map(pemOf).join(''), ca: pemOf(top) } }
}

/**
 * Makes of what CertCentral sent a leaf and chain that may be written, or says why not (promise P3): the leaf is found by our
 * key and not by its place, and each link is verified. Never throws, whatever the text is.
 */
export const readBundle = (text: string, wanted: Wanted): BundleResult => {
  if (text.length > MAX_BUNDLE_BYTES) return fault('too-large', `the answer has ${String(text.length)} characters`)
  const pool = parse(text)
  if (!pool) return fault('not-pem', 'the answer is not a list of PEM certificates')
  const leaf = pool.find((certificate) => belongsTo(certificate, wanted.key))
  if (!leaf) return fault('foreign-key', 'no certificate in the answer belongs to our private key')
  return leafFault(leaf, wanted) ?? withChain(leaf, pool, wanted)
}

/**
 * The leaf of a pair as it stands in a Secret, where key and chain fit each other; names and dates are the caller's to
 * judge. `undefined` for anything else.
 */
export const readPair = (certificate: string, key: KeyObject): X509Certificate | undefined => {
  const pool = certificate.length > MAX_BUNDLE_BYTES ? undefined : parse(certificate)
  const leaf = pool?.[0]
  if (!pool || !leaf || !belongsTo(leaf, key)) return undefined
  const linked = pool.every((link, at) => {
    const issuer = pool[at + 1]
    return issuer === undefined || issued(issuer, link)
  })
  return linked && pool.length > 1 ? leaf : undefined
}

/** The CRD holds to that much of what a certificate says of itself. */
const MOST_NAMES = 300
const LONGEST_DNS_NAME = 253
const LONGEST_SERIAL = 64

const shownNames = (leaf: X509Certificate): string[] =>
  dnsNamesOf(leaf)
    .filter((name) => name.length <= LONGEST_DNS_NAME && /^[!-~]+$/.test(name))
    .slice(0, MOST_NAMES)

/** What a status shows of a certificate. Fingerprints and serial number in lower-case hexadecimal. */
export const describe = (leaf: X509Certificate) => ({
  serialNumber: leaf.serialNumber.toLowerCase().slice(0, LONGEST_SERIAL),
  sha1Thumbprint: leaf.fingerprint.replaceAll(':', '').toLowerCase(),
  sha256Fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
  notBefore: new Date(leaf.validFrom).toISOString().replace('.000Z', 'Z'),
  notAfter: new Date(leaf.validTo).toISOString().replace('.000Z', 'Z'),
  dnsNames: shownNames(leaf),
  issuer: shown(leaf.issuer),
})
