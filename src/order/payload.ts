import type { OrderSpec } from '../api/order.ts'
import { rulesOf } from '../api/products.ts'
import type { Validity } from '../api/shapes.ts'
import { wireName, wireNames } from './names.ts'

/** A JSON object as it goes to CertCentral. */
export type Payload = Record<string, unknown>

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `2027-06-09` as `09 JUN 2027`, the form inside order_validity and cert_validity (seeds/ 001 and 003). */
export const wordedDate = (date: string): string => {
  const [year = '', month = '', day = ''] = date.split('-')
  return `${day} ${MONTHS[Number(month) - 1] ?? month} ${year}`
}

/** The members of a list of pairs whose value is there: nothing is ever sent as null or as an empty string. */
const present = (fields: Payload): Payload =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))

/** CertCentral reads a custom date before days and days before years; only the one that was given is sent. */
const validityObject = ({ years, days, expiresOn }: Validity): Payload =>
  present({ years, days, custom_expiration_date: expiresOn === undefined ? undefined : wordedDate(expiresOn) })

const orderValidity = (form: 'object' | 'top-level', { years, days, expiresOn }: Validity): Payload =>
  form === 'object'
    ? { order_validity: validityObject({ years, days, expiresOn }) }
    : present({ validity_years: years, validity_days: days, custom_expiration_date: expiresOn })

type Contact = NonNullable<NonNullable<OrderSpec['contacts']>['list']>[number]

const contactOf = (contact: Contact): Payload =>
  present({
    contact_type: contact.contactType,
    user_id: contact.userId,
    first_name: contact.firstName,
    last_name: contact.lastName,
    job_title: contact.jobTitle,
    telephone: contact.telephone,
    email: contact.email,
  })

const organizationOf = ({ organization, contacts }: OrderSpec): Payload | undefined =>
  organization && present({ id: organization.id, contacts: contacts?.list?.map(contactOf) })

const dcvOf = ({ dcv }: OrderSpec): Payload =>
  present({
    dcv_method: dcv?.method,
    certificate_dcv_scope: dcv?.scope,
    use_auth_key: dcv?.useAuthKey,
    dcv_emails: dcv?.emails?.map(({ dnsName, emailDomain, email }) =>
      present({ dns_name: wireName(dnsName), email_domain: wireName(emailDomain), email }),
    ),
  })

const certificateOf = (spec: OrderSpec, csr: string | undefined): Payload => {
  const common = wireName(spec.commonName)
  const others = wireNames(spec.commonName, spec.dnsNames).filter((name) => name !== common)
  return present({
    common_name: common,
    dns_names: others.length > 0 ? others : undefined,
    csr,
    signature_hash: rulesOf(spec.product).signatureHash === 'sent' ? spec.signatureHash : undefined,
    cert_validity: spec.certificateValidity && validityObject(spec.certificateValidity),
  })
}

/**
 * The body of `POST /order/certificate/{product_id}` (seeds/ 000 to 003), from a spec that has the account's defaults.
 * The same without CSR and alternative order id is what {@link payloadHash} fingerprints.
 */
export const orderPayload = (effective: OrderSpec, ids: { csr?: string; alternativeOrderId?: string } = {}): Payload =>
  present({
    certificate: certificateOf(effective, ids.csr),
    ...orderValidity(rulesOf(effective.product).validityForm, effective.orderValidity),
    ...dcvOf(effective),
    organization: organizationOf(effective),
    skip_approval: effective.skipApproval,
    comments: effective.comments,
    alternative_order_id: ids.alternativeOrderId,
  })
