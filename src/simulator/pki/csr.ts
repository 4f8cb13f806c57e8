import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { fromBER } from 'asn1js'
import { LRUCache } from 'lru-cache'
import { CertificationRequest } from 'pkijs'
import { fromPem } from './pem.ts'

/** What a certificate needs from a signing request: its key. Names come from the order, never from here. */
export type SigningRequest = {
  readonly publicKeyDer: Uint8Array<ArrayBuffer>
  readonly keyType: 'rsa' | 'ec'
  /** Bits of the modulus or of the curve. */
  readonly keySize: number
}

const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

const curves: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384 }

/** What was made of the requests of late: each is read when it is checked, when it is signed and when it is reported. */
const known = new LRUCache<string, { request: SigningRequest | undefined }>({ max: 256 })

/** Reads a PKCS#10 request and checks its own signature. Returns undefined for whatever is not a good one. */
export function readSigningRequest(pem: string): SigningRequest | undefined {
  const read = known.get(pem) ?? { request: readAnew(pem) }
  known.set(pem, read)
  return read.request
}

function readAnew(pem: string): SigningRequest | undefined {
  const der = fromPem('CERTIFICATE REQUEST', pem) ?? fromPem('NEW CERTIFICATE REQUEST', pem)
  if (der === undefined) return undefined
  try {
    return parse(der)
  } catch {
    return undefined
  }
}

function parse(der: Uint8Array<ArrayBuffer>): SigningRequest | undefined {
  const request = new CertificationRequest({ schema: fromBER(der.buffer).result })
  const publicKeyDer = new Uint8Array(request.subjectPublicKeyInfo.toSchema().toBER(false))
  const key = createPublicKey({ key: Buffer.from(publicKeyDer), type: 'spki', format: 'der' })
  const hash = hashes[request.signatureAlgorithm.algorithmId]
  const shape = shapeOf(key)
  if (hash === undefined || shape === undefined) return undefined
  const signature = request.signatureValue.valueBlock.valueHexView
  return verify(hash, request.tbsView, key, signature) ? { publicKeyDer, ...shape } : undefined
}

function shapeOf(key: KeyObject): Pick<SigningRequest, 'keyType' | 'keySize'> | undefined {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') return { keyType: 'rsa', keySize: details?.modulusLength ?? 0 }
  const keySize = curves[details?.namedCurve ?? '']
  return key.asymmetricKeyType === 'ec' && keySize !== undefined ? { keyType: 'ec', keySize } : undefined
}
