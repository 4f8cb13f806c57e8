import type { Ids } from '../ids.ts'
import type { Hierarchy } from './authority.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  emailProtection,
  extendedKeyUsage,
  keyUsage,
  serverAuth,
  subjectAltName,
  subjectKeyIdentifier,
  usage,
} from './extensions.ts'
import type { Subject } from './names.ts'
import { signCertificate, type SignatureHash } from './sign.ts'

/** What an end-entity certificate says. */
export type LeafRequest = {
  readonly subject: Subject
  /** DNS names, or the mail address of a document signer. */
  readonly names: readonly string[]
  readonly publicKeyDer: Uint8Array
  readonly keyType: 'rsa' | 'ec'
  readonly notBefore: number
  readonly notAfter: number
  readonly hash: SignatureHash
  readonly purpose: 'server' | 'document'
}

/** Issues an end-entity certificate under the intermediate. */
export function issueLeaf(hierarchy: Hierarchy, ids: Ids, request: LeafRequest): Uint8Array<ArrayBuffer> {
  const encipherment = request.keyType === 'rsa' ? usage.keyEncipherment : 0
  return signCertificate(
    {
      ...request,
      serialNumber: ids.bytes(16),
      extensions: [
        basicConstraints({ cA: false }),
        keyUsage(usage.digitalSignature | encipherment),
        extendedKeyUsage([request.purpose === 'server' ? serverAuth : emailProtection]),
        subjectAltName(request.names),
        subjectKeyIdentifier(request.publicKeyDer),
        authorityKeyIdentifier(hierarchy.intermediate.publicKeyDer),
      ],
    },
    hierarchy.intermediate,
  )
}
