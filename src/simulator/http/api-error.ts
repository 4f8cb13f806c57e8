/** One entry of DigiCert's error body. */
export type ErrorEntry = { readonly code: string; readonly message: string }

/** An answer in DigiCert's error form (docs/certcentral.md#form-of-an-error). */
export class ApiError extends Error {
  readonly status: number
  readonly errors: readonly ErrorEntry[]

  constructor(status: number, errors: readonly ErrorEntry[]) {
    super(errors.map((error) => error.code).join(', '))
    this.name = 'ApiError'
    this.status = status
    this.errors = errors
  }
}

/** One refusal with one code. */
export function refusal(status: number, code: string, message: string): ApiError {
  return new ApiError(status, [{ code, message }])
}

/** 404 for a kind of thing, such as `not_found|order`. */
export function notFound(kind: string): ApiError {
  return refusal(404, `not_found|${kind}`, `The specified ${kind} was not found.`)
}

/** The entry for a field with a value that is not allowed. */
export function invalidValue(field: string): ErrorEntry {
  return { code: `invalid_value:${field}`, message: `${field} contains an invalid value.` }
}

/** The entry for a field that is required and absent. */
export function missingValue(field: string): ErrorEntry {
  return { code: `missing_value:${field}`, message: `${field} is required.` }
}

/** The entry for a field that is required and absent as CertCentral was recorded to word it; any other as it is. */
export function asRequiredParam(entry: ErrorEntry): ErrorEntry {
  const field = /^missing_value:(.*)$/.exec(entry.code)?.[1]
  if (field === undefined) return entry
  return { code: `required_param:${field}`, message: `${field} is a required parameter.` }
}
