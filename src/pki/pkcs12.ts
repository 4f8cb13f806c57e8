import type { KeyObject, X509Certificate } from 'node:crypto'
import * as asn1js from 'asn1js'
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs'

const KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** By these two Java distinguishes a certificate that is trusted from one of a chain: trustedKeyUsage, anyExtendedKeyUsage. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1'
const ANY_USAGE = '2.5.29.37.0'

/** Rounds of PBKDF2 and of the MAC, as many as Java's own keytool takes. */
const ITERATIONS = 10_000

/** What a PKCS#12 file is made of. Passwords are printable ASCII: Java takes no others. */
export type Contents = { alias: string; password: string }

const bytes = (text: string): ArrayBuffer => new Uint8Array(Buffer.from(text, 'latin1')).buffer

/** AES-256-CBC under PBKDF2 with HMAC-SHA-256 (RFC 8018), which OpenSSL 3 and Java since 8u301 read. */
const encryption = (password: string) => ({
  password: bytes(password),
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 } as const,
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: ITERATIONS,
})

const parsed = (der: Uint8Array) => asn1js.fromBER(new Uint8Array(der)).result

const named = (alias: string): Attribute =>
  new Attribute({ type: FRIENDLY_NAME, values: [new asn1js.BmpString({ value: alias })] })

const certificateBag = (certificate: X509Certificate, attributes: Attribute[]): SafeBag =>
  new SafeBag({
    bagId: CERTIFICATE_BAG,
    bagValue: new CertBag({ parsedValue: new Certificate({ schema: parsed(certificate.raw) }) }),
    ...(attributes.length > 0 ? { bagAttributes: attributes } : {}),
  })

const keyBag = async (key: KeyObject, password: string, attributes: Attribute[]): Promise<SafeBag> => {
  const info = new PrivateKeyInfo({ schema: parsed(key.export({ type: 'pkcs8', format: 'der' })) })
  const bag = new PKCS8ShroudedKeyBag({ parsedValue: info })
  await bag.makeInternalValues(encryption(password))
  return new SafeBag({ bagId: KEY_BAG, bagValue: bag, bagAttributes: attributes })
}

type Part = { bags: SafeBag[]; privacy: 'encrypted' | 'plain' }

const file = async (parts: readonly Part[], password: string): Promise<Buffer> => {
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: parts.map(({ bags, privacy }) => ({
        privacyMode: privacy === 'encrypted' ? 1 : 0,
        value: new SafeContents({ safeBags: bags }),
      })),
    },
  })
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } })
  await safe.makeInternalValues({
    safeContents: parts.map(({ privacy }) => (privacy === 'encrypted' ? encryption(password) : {})),
  })
  await pfx.makeInternalValues({
    password: bytes(password),
    iterations: ITERATIONS,
    pbkdf2HashAlgorithm: { name: 'SHA-256' },
    hmacHashAlgorithm: 'SHA-256',
  })
  return Buffer.from(pfx.toSchema().toBER())
}

/**
 * A PKCS#12 file (RFC 7292) of a private key and the chain of its certificate, the leaf first. The key lies in a bag that is
 * encrypted on its own, the certificates in one that is encrypted as a whole.
 */
export const keyStoreP12 = async (
  key: KeyObject,
  chain: readonly X509Certificate[],
  { alias, password }: Contents,
): Promise<Buffer> => {
  const id = new asn1js.OctetString({ valueHex: new Uint8Array([1]) })
  const ofLeaf = [named(alias), new Attribute({ type: LOCAL_KEY_ID, values: [id] })]
  const certificates = chain.map((certificate, at) => certificateBag(certificate, at === 0 ? ofLeaf : []))
  const keys = [await keyBag(key, password, ofLeaf)]
  return file(
    [
      { bags: certificates, privacy: 'encrypted' },
      { bags: keys, privacy: 'plain' },
    ],
    password,
  )
}

/** A PKCS#12 file of one certificate that is trusted, for Java's truststores. */
export const trustStoreP12 = (certificate: X509Certificate, { alias, password }: Contents): Promise<Buffer> => {
  const usage = new Attribute({
    type: TRUSTED_KEY_USAGE,
    values: [new asn1js.ObjectIdentifier({ value: ANY_USAGE })],
  })
  return file([{ bags: [certificateBag(certificate, [named(alias), usage])], privacy: 'encrypted' }], password)
}
