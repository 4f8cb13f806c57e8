import { sign, type KeyObject } from 'node:crypto'
import { BitString, Integer, fromBER } from 'asn1js'
import { AlgorithmIdentifier, Certificate, type Extension, PublicKeyInfo, Time, TimeType } from 'pkijs'
import { distinguishedName, type Subject } from './names.ts'

/** Hashes that a signature may use, by their names on the wire. */
export type SignatureHash = 'sha256' | 'sha384' | 'sha512'

/** ecdsa-with-SHA2 algorithms, RFC 5758, section 3.2. */
const algorithms: Readonly<Record<SignatureHash, string>> = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}

/** What goes into a certificate. Times are milliseconds since the epoch, the serial number is big-endian. */
export type Draft = {
  readonly serialNumber: Uint8Array<ArrayBuffer>
  readonly subject: Subject
  readonly publicKeyDer: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly extensions: Extension[]
  readonly hash: SignatureHash
}

/** Who signs: a name and an EC private key. */
export type Signer = { readonly subject: Subject; readonly key: KeyObject }

/** Signs a draft and returns the certificate as DER. Synchronous, so that no request sees half an issuance. */
export function signCertificate(draft: Draft, signer: Signer): Uint8Array<ArrayBuffer> {
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: positive(draft.serialNumber).buffer })
  certificate.issuer = distinguishedName(signer.subject)
  certificate.subject = distinguishedName(draft.subject)
  certificate.notBefore = new Time({ type: TimeType.UTCTime, value: new Date(draft.notBefore) })
  certificate.notAfter = new Time({ type: TimeType.UTCTime, value: new Date(draft.notAfter) })
  certificate.subjectPublicKeyInfo = new PublicKeyInfo({
    schema: fromBER(Uint8Array.from(draft.publicKeyDer).buffer).result,
  })
  certificate.extensions = draft.extensions
  certificate.signature = new AlgorithmIdentifier({ algorithmId: algorithms[draft.hash] })
  certificate.signatureAlgorithm = certificate.signature
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER(false))
  const signature = sign(draft.hash, certificate.tbsView, { key: signer.key, dsaEncoding: 'der' })
  certificate.signatureValue = new BitString({ valueHex: Uint8Array.from(signature).buffer })
  return new Uint8Array(certificate.toSchema().toBER(false))
}

/** A serial number is positive and in its shortest form (RFC 5280, section 4.1.2.2). */
function positive(serialNumber: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(serialNumber)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes
}
