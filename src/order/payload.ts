import type { OrderSpec } from '../api/order.ts'
import { isOffPage } from '../api/pages.ts'
import { rulesOf } from '../api/products.ts'
import type { Validity } from '../api/shapes.ts'
import { wireName, wireNames } from './names.ts'
import { DAY } from './schedule.ts'

/** A JSON object as it goes to CertCentral. */
export type Payload = Record<string, unknown>

/** A credit card in the words of the wire. It comes from a Secret and goes into a request, and nowhere else. */
export type CreditCard = {
  number: string
  expiration_month: number
  expiration_year: number
  cvv: number | string
  cardholder_name: string
}

/** What of a request does not come from the spec. */
export type Enclosures = {
  csr?: string | undefined
  alternativeOrderId?: string
  creditCard?: CreditCard | undefined
  /** A day that has come is not asked for any more: a renewal for which it would be in the past is refused. */
  now?: Date
  /** The order that is renewed; `none` where CertCentral refused to link them, `undefined` for a first order. */
  renewalOf?: number | 'none' | undefined
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `2027-06-09` as `09 JUN 2027`, the form inside order_validity and cert_validity (docs/certcentral.md#lengths-and-dates). */
export const wordedDate = (date: string): string => {
  const [year = '', month = '', day = ''] = date.split('-')
  return `${day} ${MONTHS[Number(month) - 1] ?? month} ${year}`
}

/** What {@link wordedDate} made a text of. */
export const dateOfWords = (text: string): string => {
  const [day = '', month = '', year = ''] = text.split(' ')
  return `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day}`
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

/** The members whose value is there: nothing is ever sent as null, as an empty string or as an empty list. */
const present = (fields: Payload): Payload =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNothing(value)))

/** A switch that the pages write as a number (docs/certcentral.md#switches). */
const bit = (value: boolean | undefined): 0 | 1 | undefined => {
  if (value === undefined) return undefined
  return value ? 1 : 0
}

/** CertCentral reads a custom date before days and days before years; only the one that was given is sent. */
const validityObject = ({ years, days, expiresOn }: Validity): Payload =>
  present({ years, days, custom_expiration_date: expiresOn === undefined ? undefined : wordedDate(expiresOn) })

const orderValidity = (form: 'object' | 'top-level', { years, days, expiresOn }: Validity): Payload =>
  form === 'object'
    ? { order_validity: validityObject({ years, days, expiresOn }) }
    : present({ validity_years: years, validity_days: days, custom_expiration_date: expiresOn })

type Person = {
  firstName?: string | undefined
  lastName?: string | undefined
  jobTitle?: string | undefined
  telephone?: string | undefined
  telephoneExtension?: string | undefined
  email?: string | undefined
}

const personOf = ({ firstName, lastName, jobTitle, telephone, telephoneExtension, email }: Person): Payload =>
  present({
    first_name: firstName,
    last_name: lastName,
    job_title: jobTitle,
    telephone,
    telephone_extension: telephoneExtension,
    email,
  })

type Contact = NonNullable<NonNullable<OrderSpec['contacts']>['list']>[number]

const contactOf = (contact: Contact): Payload =>
  present({ contact_type: contact.contactType, user_id: contact.userId, ...personOf(contact) })

/**
 * The contacts of the organization. New ones exist once the first order made them, and would be made a second time by a
 * renewal; but no EV order passes without an approver.
 */
const contactsOf = ({ product, contacts }: OrderSpec, renewalOf: Enclosures['renewalOf']): readonly Contact[] => {
  const list = contacts?.list ?? []
  if (renewalOf === undefined) return list
  const known = list.filter(({ userId }) => userId !== undefined)
  const isApprover = ({ contactType }: Contact): boolean => contactType === 'ev_approver'
  const isApproved = rulesOf(product).validation !== 'ev' || known.some(isApprover)
  return isApproved ? known : [...known, ...list.filter(isApprover)]
}

const organizationOf = (spec: OrderSpec, renewalOf: Enclosures['renewalOf']): Payload | undefined => {
  const { organization } = spec
  return (
    organization &&
    present({
      id: organization.id,
      name: organization.name,
      assumed_name: organization.assumedName,
      address: organization.address,
      address2: organization.address2,
      city: organization.city,
      state: organization.state,
      zip: organization.zip,
      country: organization.country,
      telephone: organization.telephone,
      skip_duplicate_org_check: organization.skipDuplicateCheck,
      contacts: contactsOf(spec, renewalOf).map(contactOf),
    })
  )
}

/** An organization contact stands beside an organization, which DV has none of (docs/certcentral.md#organizations-and-contacts). */
const peopleOf = ({ product, contacts }: OrderSpec): Payload => {
  const isDv = rulesOf(product).validation === 'dv'
  return {
    organization_contact: isDv ? undefined : contacts?.organization && personOf(contacts.organization),
    technical_contact: contacts?.technical && personOf(contacts.technical),
  }
}

const dcvOf = ({ dcv }: OrderSpec): Payload => ({
  dcv_method: dcv?.method,
  certificate_dcv_scope: dcv?.scope,
  use_auth_key: dcv?.useAuthKey,
  dcv_emails: dcv?.emails?.map(({ dnsName, emailDomain, email }) =>
    present({ dns_name: wireName(dnsName), email_domain: wireName(emailDomain), email }),
  ),
})

/** The length of the certificate, without a day that has come. */
const certificateValidityOf = (
  { certificateValidity }: OrderSpec,
  { now }: Pick<Enclosures, 'now'>,
): Validity | undefined => {
  const day = certificateValidity?.expiresOn
  return day !== undefined && now !== undefined && day <= dayOf(now) ? undefined : certificateValidity
}

const certificateOf = (spec: OrderSpec, csr: string | undefined): Payload => {
  const common = spec.commonName === undefined ? undefined : wireName(spec.commonName)
  return present({
    common_name: common,
    dns_names: wireNames(spec.commonName, spec.dnsNames).filter((name) => name !== common),
    csr,
    signature_hash: rulesOf(spec.product).signatureHash === 'sent' ? spec.signatureHash : undefined,
    organization_units: rulesOf(spec.product).validation === 'ds' ? undefined : spec.organizationUnits,
    server_platform: spec.serverPlatform === undefined ? undefined : { id: spec.serverPlatform },
    cert_validity: spec.certificateValidity && validityObject(spec.certificateValidity),
    profile_option: spec.profileOption,
    ca_cert_id: spec.caCertId,
  })
}

/** A discount for replacing the certificate of another CA is for the order that replaces it, not for renewals of ours. */
const paymentOf = ({ payment }: OrderSpec, { creditCard, renewalOf }: Enclosures): Payload => {
  const { method, billingAddress, vatNumber } = payment ?? {}
  const competitiveReplacement = renewalOf === undefined ? payment?.competitiveReplacement : undefined
  return {
    payment_method: method,
    credit_card: creditCard,
    billing_address: billingAddress && present(billingAddress),
    vat_number: vatNumber,
    apply_cr_discount: competitiveReplacement?.applyCrDiscount,
    serial_number: competitiveReplacement?.serialNumber,
  }
}

const signingOf = ({ documentSigning }: OrderSpec): Payload => {
  const { subject, shipInfo, provisioningMethod, useOrganizationAsCommonName, csaAgreedTo } = documentSigning ?? {}
  return {
    subject: subject && { name: subject.name, job_title: subject.jobTitle, phone: subject.phone, email: subject.email },
    cs_provisioning_method: provisioningMethod,
    use_org_as_common_name: useOrganizationAsCommonName,
    ship_info: shipInfo && present(shipInfo),
    csa_agreed_to: bit(csaAgreedTo),
  }
}

/** `auto_reissue` by who reissues; silence leaves it to CertCentral, whose default is 0. */
const AUTO_REISSUE = { Operator: 0, Never: 0, DigiCert: 1 } as const

/**
 * Our own renewal names the order that ends, where the product's page has a field for it; only the first order names one
 * that the spec gives.
 */
const renewedOf = ({ product, renewal }: OrderSpec, renewalOf: Enclosures['renewalOf']): Payload => {
  if (renewalOf === undefined)
    return { renewal_of_order_id: renewal?.ofOrderId, renewed_thumbprint: renewal?.ofThumbprint }
  const isLinked = renewalOf !== 'none' && !isOffPage(rulesOf(product).pages, 'renewal_of_order_id')
  return isLinked ? { renewal_of_order_id: renewalOf } : {}
}

/** Whether DigiCert renews and reissues: no `auto_renew` where no page has it, no `auto_reissue` without plans. */
const plansOf = (spec: OrderSpec, renewalOf: Enclosures['renewalOf']): Payload => {
  const { pages, plan } = rulesOf(spec.product)
  return {
    ...renewedOf(spec, renewalOf),
    auto_renew: isOffPage(pages, 'auto_renew') ? undefined : bit(spec.renewal?.byDigiCert),
    auto_reissue: plan === 'no' ? undefined : spec.reissue?.by && AUTO_REISSUE[spec.reissue.by],
  }
}

const notificationsOf = ({ notifications }: OrderSpec): Payload => ({
  additional_emails: notifications?.additionalEmails,
  locale: notifications?.locale,
  custom_renewal_message: notifications?.customRenewalMessage,
  disable_renewal_notifications: notifications?.disableRenewal,
})

const settingsOf = (spec: OrderSpec): Payload => ({
  container: spec.containerId === undefined ? undefined : { id: spec.containerId },
  custom_fields: spec.customFields?.map(({ metadataId, value }) => ({ metadata_id: metadataId, value })),
  comments: spec.comments,
  server_licenses: spec.serverLicenses,
  disable_ct: bit(spec.disableCT),
  skip_approval: spec.skipApproval,
  enable_guest_access: bit(spec.guestAccess),
  user_id_assignments: spec.userIdAssignments,
})

type Frame = { now: Date; planEnd: Date | undefined }

const LAST_DAY = '9999-12-31'

const dayOf = (date: Date | undefined): string => date?.toISOString().slice(0, 10) ?? LAST_DAY

const daysLeft = ({ now, planEnd }: Frame): number =>
  planEnd ? Math.floor((planEnd.getTime() - now.getTime()) / DAY) : Number.MAX_SAFE_INTEGER

/** Whether a length still fits into the plan, for a certificate that is asked for now. */
const fits = ({ years = 0, days = 0, expiresOn }: Validity, frame: Frame): boolean =>
  expiresOn === undefined
    ? Math.max(days, years * 366) <= daysLeft(frame)
    : expiresOn > dayOf(frame.now) && expiresOn <= dayOf(frame.planEnd)

/**
 * The body of `POST /order/certificate/{order_id}/reissue` (docs/certcentral.md#fields-of-a-reissue). The length is given again
 * with each reissue, where it does not go beyond the plan.
 */
export const reissuePayload = (
  effective: OrderSpec,
  names: readonly string[],
  enclosed: { csr?: string | undefined; now: Date; planEnd: Date | undefined },
): Payload => {
  const { now, planEnd, csr } = enclosed
  const spec = { ...effective, commonName: names[0], dnsNames: names.slice(1) }
  const wish = effective.certificateValidity
  const certificateValidity = wish && fits(wish, { now, planEnd }) ? wish : undefined
  const asked = certificateOf({ ...spec, certificateValidity }, csr)
  // Departments and profile are no fields of a reissue; they stay as the order has them.
  for (const field of ['organization_units', 'profile_option']) Reflect.deleteProperty(asked, field)
  return present({
    // CertCentral has demanded the hash of every reissue, though pages 001 and 002 have none of an order.
    certificate: { ...asked, signature_hash: effective.signatureHash },
    skip_approval: effective.skipApproval,
    comments: effective.comments,
    dcv_method: effective.dcv?.method,
    certificate_dcv_scope: effective.dcv?.scope,
  })
}

/** What of a certificate only another certificate can change, besides names and key. */
export const certificateTraits = (effective: OrderSpec): Payload =>
  present({
    signature_hash: rulesOf(effective.product).signatureHash === 'sent' ? effective.signatureHash : undefined,
    server_platform: effective.serverPlatform,
    ca_cert_id: effective.caCertId,
  })

/**
 * The body of `POST /order/certificate/{product_id}` (docs/certcentral.md#the-order-pages), from a spec that has the account's defaults.
 * The same without enclosures is what {@link payloadHash} fingerprints.
 */
export const orderPayload = (effective: OrderSpec, enclosed: Enclosures = {}): Payload =>
  present({
    certificate: certificateOf(
      { ...effective, certificateValidity: certificateValidityOf(effective, enclosed) },
      enclosed.csr,
    ),
    ...orderValidity(rulesOf(effective.product).validityForm, effective.orderValidity),
    ...dcvOf(effective),
    organization: organizationOf(effective, enclosed.renewalOf),
    ...peopleOf(effective),
    ...paymentOf(effective, enclosed),
    ...signingOf(effective),
    ...plansOf(effective, enclosed.renewalOf),
    ...notificationsOf(effective),
    ...settingsOf(effective),
    alternative_order_id: enclosed.alternativeOrderId,
  })
