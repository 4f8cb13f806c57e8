import { type KeyObject, type X509Certificate, createHash, randomBytes } from 'node:crypto'
import type { Contents } from './pkcs12.ts'

// The format has no specification but its readers: sun.security.provider.JavaKeyStore and KeyProtector of the OpenJDK.
const MAGIC = 0xfeedfeed
const VERSION = 2
const KEY_ENTRY = 1
const TRUSTED_ENTRY = 2
const WHITENER = 'Mighty Aphrodite'
const SALT_BYTES = 20
/** 1.3.6.1.4.1.42.2.17.1.1, by which Java knows its own protection of a key. */
const PROTECTOR = Buffer.from('300e060a2b060104012a021101010500', 'hex')

const u32 = (value: number): Buffer => {
  const four = Buffer.alloc(4)
  four.writeUInt32BE(value)
  return four
}

const u64 = (value: number): Buffer => {
  const eight = Buffer.alloc(8)
  eight.writeBigUInt64BE(BigInt(value))
  return eight
}

/** A text as DataOutputStream.writeUTF has it; aliases are printable ASCII. */
const utf = (text: string): Buffer => {
  const body = Buffer.from(text, 'latin1')
  return Buffer.concat([u32(body.length).subarray(2), body])
}

const counted = (body: Buffer): Buffer => Buffer.concat([u32(body.length), body])

/** A password as two bytes a character, the higher first. */
const wide = (password: string): Buffer => Buffer.from(password, 'utf16le').swap16()

const sha1 = (...parts: readonly Buffer[]): Buffer => {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Tag and length of DER around a body. */
const der = (tag: number, body: Buffer): Buffer => {
  const size = u32(body.length)
  const short = size.subarray(size.findIndex((byte) => byte !== 0))
  const length =
    body.length < 0x80 ? Buffer.from([body.length]) : Buffer.concat([Buffer.from([0x80 | short.length]), short])
  return Buffer.concat([Buffer.from([tag]), length, body])
}

/** Java's protection of a key, which is XOR with a chain of SHA-1; PKCS#12 is for those who need more. */
const protectedKey = (key: Buffer, password: Buffer): Buffer => {
  const salt = randomBytes(SALT_BYTES)
  const veiled = Buffer.alloc(key.length)
  let pad: Buffer = salt
  for (let at = 0; at < key.length; at += 1) {
    if (at % SALT_BYTES === 0) pad = sha1(password, pad)
    veiled[at] = (key[at] ?? 0) ^ (pad[at % SALT_BYTES] ?? 0)
  }
  const body = Buffer.concat([salt, veiled, sha1(password, key)])
  return der(0x30, Buffer.concat([PROTECTOR, der(0x04, body)]))
}

const certificateEntry = ({ raw }: X509Certificate): Buffer => Buffer.concat([utf('X.509'), counted(raw)])

const store = (entry: Buffer, password: Buffer): Buffer => {
  const body = Buffer.concat([u32(MAGIC), u32(VERSION), u32(1), entry])
  return Buffer.concat([body, sha1(password, Buffer.from(WHITENER, 'latin1'), body)])
}

/** A JKS file of a private key and the chain of its certificate, the leaf first. Key and store have the same password. */
export const keyStoreJks = (
  key: KeyObject,
  chain: readonly X509Certificate[],
  { alias, password, now }: Contents & { now: Date },
): Buffer => {
  const secret = wide(password)
  const entry = Buffer.concat([
    u32(KEY_ENTRY),
    // Java looks aliases up in lower case.
    utf(alias.toLowerCase()),
    u64(now.getTime()),
    counted(protectedKey(key.export({ type: 'pkcs8', format: 'der' }), secret)),
    u32(chain.length),
    ...chain.map(certificateEntry),
  ])
  return store(entry, secret)
}

/** A JKS file of one certificate that is trusted. */
export const trustStoreJks = (
  certificate: X509Certificate,
  { alias, password, now }: Contents & { now: Date },
): Buffer => {
  const entry = [u32(TRUSTED_ENTRY), utf(alias.toLowerCase()), u64(now.getTime()), certificateEntry(certificate)]
  return store(Buffer.concat(entry), wide(password))
}
