import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { addYears } from '../dates.ts'
import type { Ids } from '../ids.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  clientAuth,
  emailProtection,
  extendedKeyUsage,
  keyUsage,
  serverAuth,
  subjectKeyIdentifier,
  usage,
} from './extensions.ts'
import type { Subject } from './names.ts'
import { signCertificate, type Signer } from './sign.ts'

/** A certificate authority that signs. */
export type Authority = Signer & {
  readonly publicKeyDer: Uint8Array<ArrayBuffer>
  readonly der: Uint8Array<ArrayBuffer>
}

/** A root and the intermediate that issues. */
export type Hierarchy = { readonly root: Authority; readonly intermediate: Authority }

/** Makes a new root and a new intermediate, both EC P-256, valid around `now`. */
export function createHierarchy(ids: Ids, now: number): Hierarchy {
  const root = createRoot(ids, now, {
    country: 'US',
    organization: 'Simulated CertCentral',
    commonName: 'Simulated Global Root G2',
  })
  const subject = {
    country: 'US',
    organization: 'Simulated CertCentral',
    commonName: 'Simulated TLS ECC SHA256 2026 CA1',
  }
  const { publicKey, privateKey } = newKey()
  const publicKeyDer = spki(publicKey)
  const der = signCertificate(
    {
      serialNumber: ids.bytes(16),
      subject,
      publicKeyDer,
      notBefore: addYears(now, -4),
      notAfter: addYears(now, 12),
      hash: 'sha256',
      extensions: [
        basicConstraints({ cA: true, pathLenConstraint: 0 }),
        keyUsage(usage.digitalSignature | usage.keyCertSign | usage.cRLSign),
        extendedKeyUsage([serverAuth, clientAuth, emailProtection]),
        subjectKeyIdentifier(publicKeyDer),
        authorityKeyIdentifier(root.publicKeyDer),
      ],
    },
    root,
  )
  return { root, intermediate: { subject, key: privateKey, publicKeyDer, der } }
}

/** Makes a self-signed authority. */
export function createRoot(ids: Ids, now: number, subject: Subject): Authority {
  const { publicKey, privateKey } = newKey()
  const publicKeyDer = spki(publicKey)
  const der = signCertificate(
    {
      serialNumber: ids.bytes(16),
      subject,
      publicKeyDer,
      notBefore: addYears(now, -5),
      notAfter: addYears(now, 20),
      hash: 'sha256',
      extensions: [
        basicConstraints({ cA: true }),
        keyUsage(usage.digitalSignature | usage.keyCertSign | usage.cRLSign),
        subjectKeyIdentifier(publicKeyDer),
      ],
    },
    { subject, key: privateKey },
  )
  return { subject, key: privateKey, publicKeyDer, der }
}

/** A new EC P-256 key pair. */
export function newKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** A public key as SubjectPublicKeyInfo. */
export function spki(publicKey: KeyObject): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }))
}
