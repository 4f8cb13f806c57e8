import { type ErrorEntry, invalidValue, missingValue } from '../http/api-error.ts'
import type { Settings } from '../settings.ts'
import { allNames, baseDomain } from './domain-names.ts'
import type { OrderFields } from './fields.ts'

/** Checks what depends on the account: division, custom fields, guest access, AuthKey, payment and DCV mail. */
export function accountErrors(fields: OrderFields, settings: Settings): ErrorEntry[] {
  return [
    ...containerErrors(fields, settings),
    ...customFieldErrors(fields, settings),
    ...paymentErrors(fields),
    ...mailErrors(fields),
    ...(fields.enable_guest_access !== undefined && !settings.guestAccess ? [invalidValue('enable_guest_access')] : []),
    ...(fields.use_auth_key === true && settings.authKey === 'none' ? [authKeyMissing] : []),
  ]
}

/** An account without an AuthKey (`Settings.authKey`). */
const authKeyMissing: ErrorEntry = { code: 'auth_key_not_setup', message: 'No AuthKey is set up for the account.' }

function containerErrors(fields: OrderFields, settings: Settings): ErrorEntry[] {
  const container = fields.container
  if (container === undefined || settings.containers.some(({ id }) => id === container.id)) return []
  return [invalidValue('container.id')]
}

function customFieldErrors(fields: OrderFields, settings: Settings): ErrorEntry[] {
  const given = fields.custom_fields ?? []
  const bad = given.some(({ metadata_id, value }) => {
    const field = settings.customFields.find(({ id }) => id === metadata_id)
    return field === undefined || !fits(field.dataType, value)
  })
  const absent = settings.customFields.some(
    ({ id, required }) => required && !given.some(({ metadata_id }) => metadata_id === id),
  )
  return [
    ...(bad ? [{ code: 'invalid_custom_field_value', message: 'A custom field contains an invalid value.' }] : []),
    ...(absent ? [missingValue('custom_fields')] : []),
  ]
}

function fits(dataType: Settings['customFields'][number]['dataType'], value: string): boolean {
  const mail = /^[^\s@]+@[^\s@]+$/
  if (dataType === 'int') return /^-?\d+$/.test(value)
  if (dataType === 'email_address') return mail.test(value)
  return dataType === 'email_list' ? value.split(',').every((part) => mail.test(part.trim())) : true
}

function paymentErrors(fields: OrderFields): ErrorEntry[] {
  if (fields.payment_method !== 'card') return []
  const required = ['credit_card', 'billing_address'] as const
  return required.filter((part) => fields[part] === undefined).map(missingValue)
}

function mailErrors(fields: OrderFields): ErrorEntry[] {
  const names = allNames(fields.certificate?.common_name ?? '', fields.certificate?.dns_names ?? [])
  return (fields.dcv_emails ?? []).flatMap((mail) => {
    if (!names.includes(mail.dns_name.toLowerCase())) return [invalidValue('dcv_emails.dns_name')]
    return mail.email_domain.toLowerCase() === baseDomain(mail.dns_name)
      ? []
      : [invalidValue('dcv_emails.email_domain')]
  })
}
