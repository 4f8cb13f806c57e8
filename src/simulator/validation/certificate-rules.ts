import { type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import { readSigningRequest } from '../pki/csr.ts'
import type { Product } from '../products.ts'
import { isPublicName, isWildcard } from './domain-names.ts'
import type { OrderFields } from './fields.ts'

type CertificateFields = NonNullable<OrderFields['certificate']>

/** Checks names, CSR, hash and issuer of a TLS certificate. */
export function tlsCertificateErrors(product: Product, certificate: CertificateFields): ErrorEntry[] {
  return [
    ...nameErrors(product, certificate),
    ...csrErrors(certificate.csr, product.page !== 'old-dv'),
    ...hashErrors(product, certificate),
    ...issuerErrors(product, certificate),
  ]
}

function nameErrors(product: Product, certificate: CertificateFields): ErrorEntry[] {
  const errors: ErrorEntry[] = []
  const commonName = certificate.common_name
  if (commonName === undefined) errors.push(missingValue('certificate.common_name'))
  else if (commonName.length > 64 || !mayCarry(product, commonName) || !mayBeCommonName(product, commonName))
    errors.push(invalidValue('certificate.common_name'))
  if (certificate.dns_names?.some((name) => !mayCarry(product, name)) === true)
    errors.push(invalidValue('certificate.dns_names'))
  return errors
}

function mayCarry(product: Product, name: string): boolean {
  return isPublicName(name) && (product.wildcard !== 'none' || !isWildcard(name))
}

function mayBeCommonName(product: Product, name: string): boolean {
  return product.wildcard !== 'required' || isWildcard(name)
}

/** Checks a CSR: readable, signed by its own key, and of a size that a public CA may certify. */
export function csrErrors(csr: string | undefined, required: boolean): ErrorEntry[] {
  if (csr === undefined) return required ? [missingValue('certificate.csr')] : []
  const request = readSigningRequest(csr)
  if (request === undefined)
    return [{ code: 'csr_invalid_cannot_parse', message: 'The CSR could not be parsed or its signature is wrong.' }]
  if (request.keyType === 'rsa' && request.keySize < 2048)
    return [{ code: 'csr_invalid_key_size', message: 'RSA keys must have at least 2048 bits.' }]
  return []
}

/** Checks the signature hash; page 002 does not have the field. */
export function hashErrors(product: Product, certificate: CertificateFields): ErrorEntry[] {
  const hash = certificate.signature_hash
  if (hash === undefined) return product.page === 'old-dv' ? [] : [missingValue('certificate.signature_hash')]
  return product.hashes.some((allowed) => allowed === hash) ? [] : [invalidValue('certificate.signature_hash')]
}

function issuerErrors(product: Product, certificate: CertificateFields): ErrorEntry[] {
  const issuer = certificate.ca_cert_id
  return issuer === undefined || issuer === '' || product.issuers.includes(issuer)
    ? []
    : [invalidValue('certificate.ca_cert_id')]
}
