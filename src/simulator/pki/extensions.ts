import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { BitString, OctetString } from 'asn1js'
import { AuthorityKeyIdentifier, BasicConstraints, ExtKeyUsage, Extension, GeneralName, GeneralNames } from 'pkijs'

/** `id-kp-serverAuth`, RFC 5280, section 4.2.1.12. */
export const serverAuth = '1.3.6.1.5.5.7.3.1'
/** `id-kp-clientAuth`, RFC 5280, section 4.2.1.12. */
export const clientAuth = '1.3.6.1.5.5.7.3.2'
/** `id-kp-emailProtection`, which document signing certificates carry. */
export const emailProtection = '1.3.6.1.5.5.7.3.4'

/** Bits of keyUsage in its first octet, RFC 5280, section 4.2.1.3. */
export const usage = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04, cRLSign: 0x02 }

/** The key identifier: SHA-1 over the SubjectPublicKeyInfo, one of the ways that RFC 7093 allows. */
function keyIdentifier(publicKeyDer: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash('sha1').update(publicKeyDer).digest())
}

/** basicConstraints, critical. */
export function basicConstraints(authority: { cA: boolean; pathLenConstraint?: number }): Extension {
  return extension('2.5.29.19', true, new BasicConstraints(authority).toSchema().toBER(false))
}

/** keyUsage, critical. */
export function keyUsage(bits: number): Extension {
  const unusedBits = 31 - Math.clz32(bits & -bits)
  return extension('2.5.29.15', true, new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits }).toBER(false))
}

/** extKeyUsage. */
export function extendedKeyUsage(keyPurposes: string[]): Extension {
  return extension('2.5.29.37', false, new ExtKeyUsage({ keyPurposes }).toSchema().toBER(false))
}

/** subjectAltName of DNS names, IP addresses and mail addresses. */
export function subjectAltName(names: readonly string[]): Extension {
  return extension('2.5.29.17', false, new GeneralNames({ names: names.map(generalName) }).toSchema().toBER(false))
}

/** subjectKeyIdentifier of a public key. */
export function subjectKeyIdentifier(publicKeyDer: Uint8Array): Extension {
  return extension('2.5.29.14', false, keyOctets(publicKeyDer).toBER(false))
}

/** authorityKeyIdentifier that names the issuer's key. */
export function authorityKeyIdentifier(issuerKeyDer: Uint8Array): Extension {
  const value = new AuthorityKeyIdentifier({ keyIdentifier: keyOctets(issuerKeyDer) })
  return extension('2.5.29.35', false, value.toSchema().toBER(false))
}

function keyOctets(publicKeyDer: Uint8Array): OctetString {
  return new OctetString({ valueHex: keyIdentifier(publicKeyDer).buffer })
}

function generalName(name: string): GeneralName {
  if (isIP(name) === 4) return new GeneralName({ type: 7, value: octets(name.split('.').map(Number)) })
  if (isIP(name) === 6) return new GeneralName({ type: 7, value: octets(loopback6) })
  return new GeneralName({ type: name.includes('@') ? 1 : 2, value: name })
}

/** The only IPv6 address that a simulator's own TLS certificate names. */
const loopback6 = [...Array.from({ length: 15 }, () => 0), 1]

function octets(bytes: readonly number[]): OctetString {
  return new OctetString({ valueHex: Uint8Array.from(bytes).buffer })
}

function extension(extnID: string, critical: boolean, extnValue: ArrayBuffer): Extension {
  return new Extension({ extnID, critical, extnValue })
}
