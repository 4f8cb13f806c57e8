import { ApiError, type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import type { Order } from '../orders/model.ts'
import type { Quirks } from '../quirks/schema.ts'
import type { World } from '../world.ts'
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
export function validateReissue(world: World, order: Order, body: unknown): ReissueFields {
  const { fields, errors } = checkTypes(reissueSchema, asObject(body))
  const all = withoutRepeats(errors, [
    ...reissueErrors(order, fields, world.clock.now()),
    ...requiredErrors(fields, world.settings.quirks.reissueRequires),
  ])
  if (all.length > 0) throw new ApiError(400, all)
  return fields
}

/** A duplicate has the names of the original (DigiCert's page "Duplicate certificate"). */
export function duplicateErrors(order: Order, fields: ReissueFields, { duplicateNameCode }: Quirks): ErrorEntry[] {
  const original = order.current
  if (original === undefined) return []
  const before = allNames(original.commonName, original.dnsNames)
  const asked = allNames(fields.certificate?.common_name ?? '', fields.certificate?.dns_names ?? [])
  const same = before.length === asked.length && before.every((name) => asked.includes(name))
  if (same) return []
  if (!duplicateNameCode) return [invalidValue('certificate.dns_names')]
  return [{ code: 'invalid_dns_name_on_duplicate', message: 'A duplicate has the names of the original.' }]
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

/** What CertCentral was recorded to demand of a reissue in 2017. */
function requiredErrors({ certificate }: ReissueFields, required: Quirks['reissueRequires']): ErrorEntry[] {
  if (certificate === undefined) return []
  return required.filter((name) => certificate[name] === undefined).map((name) => missingValue(`certificate.${name}`))
}
