import {
  type KeyObject,
  type X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
} from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** What key a certificate shall have. Sizes: RSA 2048, 3072, 4096 bits; ECDSA 256 (P-256), 384 (P-384). */
export type KeyWish = { algorithm: 'RSA' | 'ECDSA'; size?: number | undefined }

const CURVES: Readonly<Record<number, string>> = { 256: 'prime256v1', 384: 'secp384r1' }

const DEFAULT_SIZE = { RSA: 2048, ECDSA: 256 } as const

/** Longest PEM private key that is read, in bytes; an RSA key of 4,096 bits has about 3,300. */
const MAX_KEY_BYTES = 13_000

const curveOf = (size: number): string => {
  const curve = CURVES[size]
  if (curve === undefined) throw new RangeError(`no curve of ${String(size)} bits; 256 and 384 are known`)
  return curve
}

/** Makes a private key on the thread pool: an RSA key takes tenths of a second and must not block the event loop. */
export const generateKey = async ({ algorithm, size = DEFAULT_SIZE[algorithm] }: KeyWish): Promise<KeyObject> => {
  const pair =
    algorithm === 'RSA'
      ? await generate('rsa', { modulusLength: size })
      : await generate('ec', { namedCurve: curveOf(size) })
  return pair.privateKey
}

/** Whether a key is what is wished for. */
export const keyFits = (key: KeyObject, { algorithm, size = DEFAULT_SIZE[algorithm] }: KeyWish): boolean => {
  const details = key.asymmetricKeyDetails
  return algorithm === 'RSA'
    ? key.asymmetricKeyType === 'rsa' && details?.modulusLength === size
    : key.asymmetricKeyType === 'ec' && details?.namedCurve === curveOf(size)
}

/** PEM of a private key: PKCS#8, or the older form of its kind (PKCS#1 for RSA, SEC 1 for ECDSA). */
export const exportKey = (key: KeyObject, encoding: 'PKCS8' | 'PKCS1'): string => {
  const old = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1'
  return key.export({ type: encoding === 'PKCS8' ? 'pkcs8' : old, format: 'pem' }).toString()
}

/** Reads a private key from PEM, of any writer; `undefined` where it is none. */
export const readKey = (pem: string): KeyObject | undefined => {
  if (pem.length > MAX_KEY_BYTES) return undefined
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** Whether a certificate was made for a key: a private one, or the public one where the other half is elsewhere. */
export const belongsTo = (certificate: X509Certificate, key: KeyObject): boolean =>
  key.type === 'private' ? certificate.checkPrivateKey(key) : certificate.publicKey.equals(key)

/** SHA-256, in hexadecimal, of a public key (SubjectPublicKeyInfo): distinguishes keys without showing them. */
export const publicFingerprint = (key: KeyObject): string => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}
