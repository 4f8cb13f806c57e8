import { type KeyObject, createHash, createPublicKey, sign } from 'node:crypto'
import { promisify } from 'node:util'
import * as asn1js from 'asn1js'
import forge from 'node-forge'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  CertificationRequest,
  Extension,
  Extensions,
  Attribute,
  GeneralName,
  GeneralNames,
  PublicKeyInfo,
} from 'pkijs'

const signed = promisify<string, Uint8Array, KeyObject, Buffer>(sign)

const SHA256_RSA = '1.2.840.113549.1.1.11'
const SHA256_ECDSA = '1.2.840.10045.4.3.2'
const SHA384_ECDSA = '1.2.840.10045.4.3.3'
const COMMON_NAME = '2.5.4.3'
const SUBJECT_ALT_NAME = '2.5.29.17'
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const DNS_NAME = 2

/** Longest CSR that is read, in bytes: 250 names of 253 characters and a key of 4,096 bits are below it. */
const MAX_CSR_BYTES = 100_000

/** How a key signs: the digest for Node, and what names both in the request (RFC 8017, RFC 5758). */
type Signing = { digest: string; identifier: AlgorithmIdentifier }

const signingOf = (key: KeyObject): Signing => {
  if (key.asymmetricKeyType === 'rsa') {
    const algorithmParams = new asn1js.Null()
    return { digest: 'sha256', identifier: new AlgorithmIdentifier({ algorithmId: SHA256_RSA, algorithmParams }) }
  }
  const is384 = key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
  const algorithmId = is384 ? SHA384_ECDSA : SHA256_ECDSA
  return { digest: is384 ? 'sha384' : 'sha256', identifier: new AlgorithmIdentifier({ algorithmId }) }
}

const extensionRequest = (names: readonly string[]): Attribute => {
  const altNames = new GeneralNames({ names: names.map((value) => new GeneralName({ type: DNS_NAME, value })) })
  const extensions = new Extensions({
    extensions: [new Extension({ extnID: SUBJECT_ALT_NAME, extnValue: altNames.toSchema().toBER() })],
  })
  return new Attribute({ type: EXTENSION_REQUEST, values: [extensions.toSchema()] })
}

/**
 * A certificate signing request (PKCS#10, PEM) for some DNS names, the first of them as common name. CertCentral takes
 * names from the order and not from here (docs/certcentral.md#names-and-csr); they are written
 * all the same, for those who read the request.
 */
export const createCsr = async (
  key: KeyObject,
  names: readonly string[],
  commonName = names[0] ?? '',
): Promise<string> => {
  const { digest, identifier } = signingOf(key)
  const request = new CertificationRequest()
  const value = new asn1js.Utf8String({ value: commonName })
  request.subject.typesAndValues.push(new AttributeTypeAndValue({ type: COMMON_NAME, value }))
  if (names.length > 0) request.attributes = [extensionRequest(names)]
  request.subjectPublicKeyInfo = PublicKeyInfo.fromBER(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  request.signatureAlgorithm = identifier
  // pkijs signs by Web Crypto, for which the key would be written out, read in again and copied for each request.
  const whole = request.toSchema(true)
  const [toBeSigned] = whole.valueBlock.value
  const signature = await signed(digest, new Uint8Array(toBeSigned?.toBER() ?? []), key)
  whole.valueBlock.value[2] = new asn1js.BitString({ valueHex: new Uint8Array(signature).buffer })
  const body = Buffer.from(whole.toBER()).toString('base64')
  const lines = body.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
}

const derOf = (pem: string): Uint8Array<ArrayBuffer> => {
  const [message] = forge.pem.decode(pem)
  return new Uint8Array(Buffer.from(message?.body ?? '', 'binary'))
}

const spkiOf = (request: CertificationRequest): Buffer => Buffer.from(request.subjectPublicKeyInfo.toSchema().toBER())

const keyOf = (request: CertificationRequest): KeyObject =>
  createPublicKey({ key: spkiOf(request), format: 'der', type: 'spki' })

/** Reads something of a CSR; `undefined` where the text is none. */
const inCsr = <T>(pem: string, read: (request: CertificationRequest) => T): T | undefined => {
  if (pem.length > MAX_CSR_BYTES) return undefined
  try {
    return read(CertificationRequest.fromBER(derOf(pem)))
  } catch {
    return undefined
  }
}

/** The fingerprint of the public key in a CSR, as {@link publicFingerprint} has it; `undefined` where it is no CSR. */
export const csrFingerprint = (pem: string): string | undefined =>
  inCsr(pem, (request) => createHash('sha256').update(spkiOf(request)).digest('hex'))

/** The public key in a CSR; `undefined` where it is no CSR, or the key is of no known kind. */
export const csrKey = (pem: string): KeyObject | undefined => inCsr(pem, keyOf)

/** A request for a certificate that was made elsewhere. */
export type SigningRequest = {
  publicKey: KeyObject
  /** Whether it is signed by its own key, which shows that its maker has the private half. */
  signature: 'good' | 'bad'
  commonName: string | undefined
  /** DNS names of its extension request, as they stand. */
  dnsNames: readonly string[]
}

const altNamesOf = (request: CertificationRequest): readonly string[] => {
  const asked = request.attributes?.find(({ type }) => type === EXTENSION_REQUEST)
  const extensions = asked?.values.flatMap((schema: unknown) => new Extensions({ schema }).extensions) ?? []
  return extensions
    .filter(({ extnID }) => extnID === SUBJECT_ALT_NAME)
    .flatMap(({ extnValue }) => GeneralNames.fromBER(extnValue.valueBlock.valueHexView).names)
    .flatMap(({ type, value }) => (type === DNS_NAME ? [String(value)] : []))
}

const commonNameOf = ({ subject }: CertificationRequest): string | undefined => {
  const named = subject.typesAndValues.find(({ type }) => type === COMMON_NAME)
  return named && String((named.value as { valueBlock: { value: unknown } }).valueBlock.value)
}

const isSigned = async (request: CertificationRequest): Promise<boolean> => {
  try {
    return await request.verify()
  } catch {
    return false
  }
}

/** Reads a CSR from PEM, of any writer; `undefined` where it is none, or has a key that is not known here. */
export const readCsr = async (pem: string): Promise<SigningRequest | undefined> => {
  const read = inCsr(pem, (request) => ({
    request,
    publicKey: keyOf(request),
    commonName: commonNameOf(request),
    dnsNames: altNamesOf(request),
  }))
  if (!read) return undefined
  const { request, ...rest } = read
  return { ...rest, signature: (await isSigned(request)) ? 'good' : 'bad' }
}

/** What keeps a public CA from certifying a key, as words; `undefined` where nothing does. */
export const weaknessOf = (publicKey: KeyObject): string | undefined => {
  const { modulusLength = 0, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {}
  if (publicKey.asymmetricKeyType === 'rsa')
    return modulusLength >= 2048 ? undefined : `its RSA key has ${String(modulusLength)} bits, and 2048 are the least`
  if (publicKey.asymmetricKeyType === 'ec')
    return ['prime256v1', 'secp384r1'].includes(namedCurve)
      ? undefined
      : `its key is on the curve ${namedCurve}; P-256 and P-384 are taken`
  return `its key is of the kind ${publicKey.asymmetricKeyType ?? 'unknown'}; RSA and ECDSA are taken`
}
