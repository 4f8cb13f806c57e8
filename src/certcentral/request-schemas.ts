import { z } from 'zod'
import type { ErrorEntry } from './errors.ts'

const positive = z.int().positive()
const words = z.string().min(1).max(4096)
const switched = z.union([z.boolean(), z.literal(0), z.literal(1)])

/** Exactly one of the three ways to say how long, in the form with a worded date. */
const validity = z
  .strictObject({
    years: positive,
    days: positive,
    custom_expiration_date: z.string().regex(/^\d{2} [A-Z]{3} \d{4}$/),
  })
  .partial()
  .refine(
    (given) => Object.values(given).filter((value) => value !== undefined).length === 1,
    'needs exactly one of years, days and custom_expiration_date',
  )

const certificate = z
  .strictObject({
    common_name: words,
    dns_names: z.array(words).max(1000),
    csr: z.string().min(1).max(131_072),
    signature_hash: words,
    organization_units: z.array(words),
    server_platform: z.strictObject({ id: z.int() }),
    cert_validity: validity,
    profile_option: words,
    ca_cert_id: words,
  })
  .partial()

const contactFields = {
  first_name: words,
  last_name: words,
  job_title: words,
  telephone: words,
  telephone_extension: words,
  email: words,
}
const contact = z.strictObject(contactFields).partial()

/** With an id next to fields, CertCentral would overwrite the profile of that user. */
const listedContact = z
  .strictObject({ contact_type: words, user_id: positive.optional(), ...contact.shape })
  .refine(
    (given) => given.user_id === undefined || Object.keys(contactFields).every((field) => !(field in given)),
    'needs a user_id or fields, not both',
  )

const address = { address: words, address2: words, city: words, state: words, country: words, zip: words }

const organization = z
  .strictObject({
    id: positive,
    name: words,
    assumed_name: words,
    telephone: words,
    ...address,
    skip_duplicate_org_check: switched,
    contacts: z.array(listedContact),
  })
  .partial()

const ordering = {
  order_validity: validity,
  validity_years: positive,
  validity_days: positive,
  custom_expiration_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  comments: words,
  renewal_of_order_id: positive,
  renewed_thumbprint: words,
  alternative_order_id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  auto_renew: switched,
  auto_reissue: switched,
  custom_renewal_message: words,
  disable_renewal_notifications: switched,
  additional_emails: z.array(words),
  locale: words,
  skip_approval: switched,
  disable_ct: switched,
  server_licenses: positive,
  apply_cr_discount: switched,
  serial_number: words,
  enable_guest_access: switched,
  container: z.strictObject({ id: positive }),
  custom_fields: z.array(z.strictObject({ metadata_id: positive, value: words })),
  user_id_assignments: z.array(positive),
}

const validation = {
  certificate_dcv_scope: words,
  dcv_method: words,
  dcv_emails: z.array(z.strictObject({ dns_name: words, email_domain: words, email: words.optional() })),
  use_auth_key: switched,
}

const people = { organization, organization_contact: contact, technical_contact: contact }

const payment = {
  payment_method: words,
  credit_card: z.strictObject({
    number: words,
    expiration_month: z.union([words, z.int()]),
    expiration_year: z.union([words, z.int()]),
    cvv: z.union([words, z.int()]),
    cardholder_name: words,
  }),
  billing_address: z.strictObject(address).partial(),
  vat_number: words,
}

const documentSigning = {
  cs_provisioning_method: words,
  use_org_as_common_name: switched,
  ship_info: z
    .strictObject({ name: words, addr1: words, addr2: words, ...address, method: words })
    .omit({ address: true, address2: true })
    .partial(),
  subject: z.strictObject({ name: words, job_title: words, phone: words, email: words }).partial(),
  csa_agreed_to: switched,
}

/**
 * The body of `POST /order/certificate/{product_id}` (docs/certcentral.md#the-order-pages). A member that no page
 * knows is refused here, because CertCentral may ignore it and sell something else than was meant.
 */
const orderBody = z.strictObject({
  certificate,
  ...z.strictObject({ ...ordering, ...validation, ...people, ...payment, ...documentSigning }).partial().shape,
})

/** The body of `POST /order/certificate/{order_id}/reissue` (docs/certcentral.md#fields-of-a-reissue). */
const reissueBody = z.strictObject({
  certificate,
  comments: words.optional(),
  skip_approval: switched.optional(),
  dcv_method: words.optional(),
  certificate_dcv_scope: words.optional(),
})

const faultsOf = (schema: z.ZodType, body: unknown): ErrorEntry[] =>
  (schema.safeParse(body).error?.issues ?? []).map(({ code, path, message }) => ({
    code,
    field: path.join('.'),
    message,
  }))

/** What is wrong with a body, without any value of it: it may hold card data. */
export const faultsOfOrderBody = (body: unknown): ErrorEntry[] => faultsOf(orderBody, body)

/** What is wrong with the body of a reissue. */
export const faultsOfReissueBody = (body: unknown): ErrorEntry[] => faultsOf(reissueBody, body)
