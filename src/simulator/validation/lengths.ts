import { addYears, day, endOfDay, parseIsoDate, parseLongDate, startOfDay } from '../dates.ts'
import { type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import type { Product } from '../products.ts'
import type { Settings } from '../settings.ts'
import type { OrderFields, ValidityFields } from './fields.ts'

/** A length of time as asked for, with the field that asked. */
export type Length = { readonly field: string } & (
  { readonly years: number } | { readonly days: number } | { readonly until: number }
)

/** The end of a length that begins on the day of `from`: a day counts from its first second to its last. */
export function endOf(length: Length, from: number): number {
  const start = startOfDay(from)
  if ('until' in length) return endOfDay(length.until)
  if ('days' in length) return endOfDay(start + (length.days - 1) * day)
  return endOfDay(addYears(start, length.years) - day)
}

/** The length of the plan; the object beats the top level, a date beats days, days beat years (page 001). */
export function planLength(product: Product, fields: OrderFields): Length | undefined {
  const nested = product.page === 'old-dv' ? undefined : nestedLength('order_validity', fields.order_validity)
  return nested ?? topLevelLength(fields)
}

/** The length asked for the certificate. */
export function certificateLength(validity: ValidityFields | undefined): Length | undefined {
  return nestedLength('certificate.cert_validity', validity)
}

function nestedLength(object: string, validity: ValidityFields | undefined): Length | undefined {
  if (validity === undefined) return undefined
  const until = parseLongDate(validity.custom_expiration_date ?? '')
  if (until !== undefined) return { field: `${object}.custom_expiration_date`, until }
  if (validity.days !== undefined) return { field: `${object}.days`, days: validity.days }
  return validity.years === undefined ? undefined : { field: `${object}.years`, years: validity.years }
}

function topLevelLength(fields: OrderFields): Length | undefined {
  const until = parseIsoDate(fields.custom_expiration_date ?? '')
  if (until !== undefined) return { field: 'custom_expiration_date', until }
  if (fields.validity_days !== undefined) return { field: 'validity_days', days: fields.validity_days }
  return fields.validity_years === undefined ? undefined : { field: 'validity_years', years: fields.validity_years }
}

/** Checks the plan's length, the certificate's length, and that the certificate fits into the plan. */
export function lengthErrors(product: Product, fields: OrderFields, settings: Settings, now: number): ErrorEntry[] {
  const plan = planLength(product, fields)
  const planErrors = planLengthErrors(product, plan, settings, now)
  const planEnd = plan === undefined || planErrors.length > 0 ? Infinity : endOf(plan, now)
  return settings.multiYearPlans ? [...planErrors, ...certificateErrors(product, fields, now, planEnd)] : planErrors
}

function planLengthErrors(product: Product, plan: Length | undefined, settings: Settings, now: number): ErrorEntry[] {
  if (plan === undefined) return [missingValue(product.page === 'old-dv' ? 'validity_years' : 'order_validity')]
  const end = endOf(plan, now)
  return end <= now || end > longestPlan(product, settings, now) ? [invalidValue(plan.field)] : []
}

/** The old DV page counts to 825 days, accounts without plans to 397, the others in years. */
function longestPlan(product: Product, settings: Settings, now: number): number {
  if (product.page === 'old-dv') return endOfDay(now + 825 * day)
  if (product.multiYearPlan && !settings.multiYearPlans) return endOfDay(now + 397 * day)
  return endOfDay(addYears(now, settings.planCapYears))
}

/** Checks that a reissued certificate does not outlive its plan. */
export function reissueLengthErrors(validity: ValidityFields | undefined, now: number, planEnd: number): ErrorEntry[] {
  const length = certificateLength(validity)
  if (length === undefined) return []
  if (endOf(length, now) <= now) return [invalidValue(length.field)]
  return endOf(length, now) > planEnd ? [exceedsPlan] : []
}

const exceedsPlan: ErrorEntry = {
  code: 'cert_validity_exceeds_order_validity',
  message: 'The certificate validity period cannot exceed the order validity period.',
}

function certificateErrors(product: Product, fields: OrderFields, now: number, planEnd: number): ErrorEntry[] {
  const validity = fields.certificate?.cert_validity
  const length = certificateLength(validity)
  if (length === undefined) return []
  const [years, days] = product.page === 'multi-year' ? [2, 825] : [1, 397]
  const tooLong =
    ('years' in length && length.years > years) ||
    ('days' in length && length.days > days) ||
    outOfRange(length, now, days)
  return tooLong ? [invalidValue(length.field)] : reissueLengthErrors(validity, now, planEnd)
}

function outOfRange(length: Length, now: number, days: number): boolean {
  return 'until' in length && length.until > now + days * day
}
