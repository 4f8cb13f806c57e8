import { ApiError, type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import type { Order } from '../orders/model.ts'
import { tlsCertificateErrors } from './certificate-rules.ts'
import { allNames } from './domain-names.ts'
import { type ReissueFields, reissueSchema } from './fields.ts'
import { checkTypes, withoutRepeats } from './issues.ts'
import { reissueLengthErrors } from './lengths.ts'
import { asObject } from './order-request.ts'

/**
 * Judges a reissue or duplicate request.
 * @throws ApiError 400 with every error that was found.
 */
export function validateReissue(order: Order, body: unknown, now: number): ReissueFields {
  const { fields, errors } = checkTypes(reissueSchema, asObject(body))
  const all = withoutRepeats(errors, reissueErrors(order, fields, now))
  if (all.length > 0) throw new ApiError(400, all)
  return fields
}

/** A duplicate has the names of the original (DigiCert's page "Duplicate certificate"). */
export function duplicateErrors(order: Order, fields: ReissueFields): ErrorEntry[] {
  const original = order.current
  if (original === undefined) return []
  const before = allNames(original.commonName, original.dnsNames)
  const asked = allNames(fields.certificate?.common_name ?? '', fields.certificate?.dns_names ?? [])
  const same = before.length === asked.length && before.every((name) => asked.includes(name))
  return same ? [] : [invalidValue('certificate.dns_names')]
}

function reissueErrors(order: Order, fields: ReissueFields, now: number): ErrorEntry[] {
  const certificate = fields.certificate
  if (certificate === undefined) return [missingValue('certificate')]
  return [
    ...tlsCertificateErrors(order.product, certificate),
    ...(certificate.csr === undefined ? [missingValue('certificate.csr')] : []),
    ...reissueLengthErrors(certificate.cert_validity, now, order.validTill),
  ]
}
