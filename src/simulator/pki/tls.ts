import type { Ids } from '../ids.ts'
import { day } from '../dates.ts'
import { createRoot, newKey, spki } from './authority.ts'
import {
  authorityKeyIdentifier,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  serverAuth,
  subjectAltName,
  subjectKeyIdentifier,
  usage,
} from './extensions.ts'
import { certificatePem } from './pem.ts'
import { signCertificate } from './sign.ts'

/** What an HTTPS server needs, and the CA certificate that its clients need. All PEM. */
export type ServerIdentity = { readonly key: string; readonly certificate: string; readonly ca: string }

/** Makes a server certificate for these hosts under a CA of its own, which issues nothing else. */
export function createServerIdentity(ids: Ids, now: number, hosts: readonly string[]): ServerIdentity {
  const ca = createRoot(ids, now, { commonName: 'CertCentral simulator, TLS of the server itself' })
  const { publicKey, privateKey } = newKey()
  const publicKeyDer = spki(publicKey)
  const der = signCertificate(
    {
      serialNumber: ids.bytes(16),
      subject: { commonName: hosts[0] ?? 'localhost' },
      publicKeyDer,
      notBefore: now - day,
      notAfter: now + 3650 * day,
      hash: 'sha256',
      extensions: [
        basicConstraints({ cA: false }),
        keyUsage(usage.digitalSignature),
        extendedKeyUsage([serverAuth]),
        subjectAltName(hosts),
        subjectKeyIdentifier(publicKeyDer),
        authorityKeyIdentifier(ca.publicKeyDer),
      ],
    },
    ca,
  )
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: certificatePem(der),
    ca: certificatePem(ca.der),
  }
}
