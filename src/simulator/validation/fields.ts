import { z } from 'zod'
import { parseIsoDate, parseLongDate } from '../dates.ts'

/** Samples send 0 and 1 for booleans (docs/certcentral.md#ids-switches-and-empty-values). */
const flag = z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean)
const bit = z.literal([0, 1])
const id = z.int().positive()
const email = z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/)
const text = z.string().max(10_000)
const filled = z.string().refine((value) => value.trim() !== '')

/** Empty strings stand for absence: the samples send `"custom_expiration_date": ""`. */
const longDate = z.string().refine((value) => value === '' || parseLongDate(value) !== undefined)
const isoDate = z.string().refine((value) => value === '' || parseIsoDate(value) !== undefined)

const validity = z
  .object({ years: z.int().positive(), days: z.int().positive(), custom_expiration_date: longDate })
  .partial()

/** A length of time as the pages write it; a date beats days, days beat years. */
export type ValidityFields = z.output<typeof validity>

const serverPlatform = z.object({ id: z.int().min(-1) })

const certificate = z
  .object({
    common_name: filled,
    dns_names: z.array(filled),
    csr: filled,
    signature_hash: filled,
    organization_units: z.array(z.string().max(64)),
    server_platform: serverPlatform,
    cert_validity: validity,
    profile_option: text,
    ca_cert_id: z.string(),
  })
  .partial()

const contact = z.object({
  first_name: filled,
  last_name: filled,
  email,
  job_title: text.optional(),
  telephone: text.optional(),
  telephone_extension: text.optional(),
})

const organizationContact = z
  .object({
    contact_type: z.literal(['organization_contact', 'technical_contact', 'ev_approver', 'verified_contact']),
    user_id: id.optional(),
    first_name: filled.optional(),
    last_name: filled.optional(),
    job_title: filled.optional(),
    telephone: filled.optional(),
    email: email.optional(),
  })
  .required({ contact_type: true })

const organization = z
  .object({
    id,
    skip_duplicate_org_check: flag,
    contacts: z.array(organizationContact),
    name: filled,
    address: filled,
    city: filled,
    state: filled,
    zip: filled,
    country: z.string().length(2),
    telephone: filled,
  })
  .partial()

const creditCard = z.object({
  number: z.string().regex(/^\d{12,19}$/),
  expiration_month: z.int().min(1).max(12),
  expiration_year: z.int().min(2000).max(9999),
  cvv: z.int().min(0).max(9999),
  cardholder_name: filled,
})

const billingAddress = z.object({
  address: filled,
  address2: text.optional(),
  city: filled,
  state: text.optional(),
  country: filled,
  zip: text.optional(),
})

const shipInfo = z.object({
  name: filled,
  addr1: filled,
  addr2: text.optional(),
  city: filled,
  state: filled,
  zip: filled,
  country: filled,
  method: z.string().regex(/^(standard|expedited)$/i),
})

const dcvMethods = ['email', 'dns-txt-token', 'dns-cname-token', 'http-token'] as const

/** DCV methods that the simulator knows (docs/certcentral.md#where-a-value-goes). */
export const dcvMethod = z.literal(dcvMethods)

/** The fields of all five pages with their types; what a page requires is judged elsewhere. */
export const orderSchema = z
  .object({
    certificate,
    order_validity: validity,
    validity_years: z.int().positive(),
    validity_days: z.int().positive(),
    custom_expiration_date: isoDate,
    comments: text,
    renewal_of_order_id: id,
    renewed_thumbprint: z.string().regex(/^[0-9A-Fa-f]{40}$/),
    alternative_order_id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
    auto_renew: bit,
    auto_reissue: bit,
    custom_renewal_message: text,
    disable_renewal_notifications: flag,
    additional_emails: z.array(email),
    locale: z.string().regex(/^[a-z]{2}(_[A-Z]{2})?$/),
    skip_approval: flag,
    disable_ct: flag,
    server_licenses: z.int().positive(),
    apply_cr_discount: flag,
    serial_number: text,
    enable_guest_access: bit,
    container: z.object({ id }),
    custom_fields: z.array(z.object({ metadata_id: id, value: filled })),
    user_id_assignments: z.array(id),
    certificate_dcv_scope: z.literal(['base_domain', 'fqdn']),
    dcv_method: dcvMethod,
    dcv_emails: z.array(z.object({ dns_name: filled, email_domain: filled, email: email.optional() })),
    use_auth_key: flag,
    organization,
    organization_contact: contact,
    technical_contact: contact,
    payment_method: z.literal(['balance', 'card', 'profile']),
    credit_card: creditCard,
    billing_address: billingAddress,
    vat_number: text,
    cs_provisioning_method: z.literal(['ship_token', 'client_app', 'email']),
    use_org_as_common_name: flag,
    ship_info: shipInfo,
    subject: z.object({ name: filled, job_title: filled, phone: filled, email }),
    csa_agreed_to: bit,
  })
  .partial()

/** An order request whose types are right. */
export type OrderFields = z.output<typeof orderSchema>

/** A reissue or duplicate request (docs/certcentral.md#a-reissue). */
export const reissueSchema = z
  .object({
    certificate,
    comments: text,
    skip_approval: flag,
    dcv_method: dcvMethod,
    certificate_dcv_scope: z.literal(['base_domain', 'fqdn']),
  })
  .partial()

/** A reissue request whose types are right. */
export type ReissueFields = z.output<typeof reissueSchema>
