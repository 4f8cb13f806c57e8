import { type KeyObject, createHash, createPublicKey, webcrypto } from 'node:crypto'
import * as asn1js from 'asn1js'
import forge from 'node-forge'
import {
  AttributeTypeAndValue,
  CertificationRequest,
  Extension,
  Extensions,
  Attribute,
  GeneralName,
  GeneralNames,
} from 'pkijs'

const COMMON_NAME = '2.5.4.3'
const SUBJECT_ALT_NAME = '2.5.29.17'
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const DNS_NAME = 2

/** Longest CSR that is read, in bytes: 250 names of 253 characters and a key of 4,096 bits are below it. */
const MAX_CSR_BYTES = 100_000

type Algorithm = { import: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams; hash: string }

const algorithmOf = (key: KeyObject): Algorithm => {
  if (key.asymmetricKeyType === 'rsa')
    return { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, hash: 'SHA-256' }
  const is384 = key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
  return {
    import: { name: 'ECDSA', namedCurve: is384 ? 'P-384' : 'P-256' },
    hash: is384 ? 'SHA-384' : 'SHA-256',
  }
}

const importPair = async (key: KeyObject) => {
  const { subtle } = webcrypto
  const { import: how, hash } = algorithmOf(key)
  const secret = key.export({ type: 'pkcs8', format: 'der' })
  const open = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    hash,
    privateKey: await subtle.importKey('pkcs8', secret, how, false, ['sign']),
    publicKey: await subtle.importKey('spki', open, how, true, ['verify']),
  }
}

const extensionRequest = (names: readonly string[]): Attribute => {
  const altNames = new GeneralNames({ names: names.map((value) => new GeneralName({ type: DNS_NAME, value })) })
  const extensions = new Extensions({
    extensions: [new Extension({ extnID: SUBJECT_ALT_NAME, extnValue: altNames.toSchema().toBER() })],
  })
  return new Attribute({ type: EXTENSION_REQUEST, values: [extensions.toSchema()] })
}

/**
 * A certificate signing request (PKCS#10, PEM) for some names, the first of them as common name. CertCentral takes
 * names from the order and not from here (seeds/ 000); they are written all the same, for whoever reads the request.
 */
export const createCsr = async (key: KeyObject, names: readonly [string, ...string[]]): Promise<string> => {
  const { hash, privateKey, publicKey } = await importPair(key)
  const request = new CertificationRequest()
  const commonName = new asn1js.Utf8String({ value: names[0] })
  request.subject.typesAndValues.push(new AttributeTypeAndValue({ type: COMMON_NAME, value: commonName }))
  request.attributes = [extensionRequest(names)]
  await request.subjectPublicKeyInfo.importKey(publicKey)
  await request.sign(privateKey, hash)
  const body = Buffer.from(request.toSchema().toBER()).toString('base64')
  const lines = body.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
}

const derOf = (pem: string): Uint8Array => {
  const [message] = forge.pem.decode(pem)
  return Buffer.from(message?.body ?? '', 'binary')
}

/** The fingerprint of the public key in a CSR, as {@link publicFingerprint} has it; `undefined` where it is no CSR. */
export const csrFingerprint = (pem: string): string | undefined => {
  if (pem.length > MAX_CSR_BYTES) return undefined
  try {
    const request = CertificationRequest.fromBER(derOf(pem))
    const key = request.subjectPublicKeyInfo.toSchema().toBER()
    return createHash('sha256').update(Buffer.from(key)).digest('hex')
  } catch {
    return undefined
  }
}
