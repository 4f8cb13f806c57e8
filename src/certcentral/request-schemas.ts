import { z } from 'zod'
import type { ErrorEntry } from './errors.ts'

const positiveInt = z.int().positive()
const nonEmpty = z.string().min(1).max(4096)
const switchValue = z.union([z.boolean(), z.literal(0), z.literal(1)])

/** Exactly one of years, days and a date such as `09 JUN 2027`. */
const validity = z
  .strictObject({
    years: positiveInt,
    days: positiveInt,
    custom_expiration_date: z.string().regex(/^\d{2} [A-Z]{3} \d{4}$/),
  })
  .partial()
  .refine(
    (value) => Object.values(value).filter((member) => member !== undefined).length === 1,
    'needs exactly one of years, days and custom_expiration_date',
  )

const certificate = z
  .strictObject({
    common_name: nonEmpty,
    dns_names: z.array(nonEmpty).max(1000),
    csr: z.string().min(1).max(131_072),
    signature_hash: nonEmpty,
    organization_units: z.array(nonEmpty),
    server_platform: z.strictObject({ id: z.int() }),
    cert_validity: validity,
    profile_option: nonEmpty,
    ca_cert_id: nonEmpty,
  })
  .partial()

const contactFields = {
  first_name: nonEmpty,
  last_name: nonEmpty,
  job_title: nonEmpty,
  telephone: nonEmpty,
  telephone_extension: nonEmpty,
  email: nonEmpty,
}
const contact = z.strictObject(contactFields).partial()

/** CertCentral would overwrite the profile of the user if it got an id and fields. */
const listedContact = z
  .strictObject({ contact_type: nonEmpty, user_id: positiveInt.optional(), ...contact.shape })
  .refine(
    (value) => value.user_id === undefined || Object.keys(contactFields).every((field) => !(field in value)),
    'needs a user_id or fields, not both',
  )

const address = {
  address: nonEmpty,
  address2: nonEmpty,
  city: nonEmpty,
  state: nonEmpty,
  country: nonEmpty,
  zip: nonEmpty,
}

const organization = z
  .strictObject({
    id: positiveInt,
    name: nonEmpty,
    assumed_name: nonEmpty,
    telephone: nonEmpty,
    ...address,
    skip_duplicate_org_check: switchValue,
    contacts: z.array(listedContact),
  })
  .partial()

const ordering = {
  order_validity: validity,
  validity_years: positiveInt,
  validity_days: positiveInt,
  custom_expiration_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  comments: nonEmpty,
  renewal_of_order_id: positiveInt,
  renewed_thumbprint: nonEmpty,
  alternative_order_id: z.string().regex(/^[A-Za-z0-9]{1,64}$/),
  auto_renew: switchValue,
  auto_reissue: switchValue,
  custom_renewal_message: nonEmpty,
  disable_renewal_notifications: switchValue,
  additional_emails: z.array(nonEmpty),
  locale: nonEmpty,
  skip_approval: switchValue,
  disable_ct: switchValue,
  server_licenses: positiveInt,
  apply_cr_discount: switchValue,
  serial_number: nonEmpty,
  enable_guest_access: switchValue,
  container: z.strictObject({ id: positiveInt }),
  custom_fields: z.array(z.strictObject({ metadata_id: positiveInt, value: nonEmpty })),
  user_id_assignments: z.array(positiveInt),
}

const validation = {
  certificate_dcv_scope: nonEmpty,
  dcv_method: nonEmpty,
  dcv_emails: z.array(z.strictObject({ dns_name: nonEmpty, email_domain: nonEmpty, email: nonEmpty.optional() })),
  use_auth_key: switchValue,
}

const people = { organization, organization_contact: contact, technical_contact: contact }

const payment = {
  payment_method: nonEmpty,
  credit_card: z.strictObject({
    number: nonEmpty,
    expiration_month: z.union([nonEmpty, z.int()]),
    expiration_year: z.union([nonEmpty, z.int()]),
    cvv: z.union([nonEmpty, z.int()]),
    cardholder_name: nonEmpty,
  }),
  billing_address: z.strictObject(address).partial(),
  vat_number: nonEmpty,
}

const documentSigning = {
  cs_provisioning_method: nonEmpty,
  use_org_as_common_name: switchValue,
  ship_info: z
    .strictObject({ name: nonEmpty, addr1: nonEmpty, addr2: nonEmpty, ...address, method: nonEmpty })
    .omit({ address: true, address2: true })
    .partial(),
  subject: z.strictObject({ name: nonEmpty, job_title: nonEmpty, phone: nonEmpty, email: nonEmpty }).partial(),
  csa_agreed_to: switchValue,
}

/**
 * The body of `POST /order/certificate/{product_id}` (docs/certcentral.md#the-order-pages). Members that no page documents
 * are faults, because CertCentral may ignore them and sell another certificate than the one intended.
 */
const orderBody = z.strictObject({
  certificate,
  ...z.strictObject({ ...ordering, ...validation, ...people, ...payment, ...documentSigning }).partial().shape,
})

/** The body of `POST /order/certificate/{order_id}/reissue` (docs/certcentral.md#fields-of-a-reissue). */
const reissueBody = z.strictObject({
  certificate,
  comments: nonEmpty.optional(),
  skip_approval: switchValue.optional(),
  dcv_method: nonEmpty.optional(),
  certificate_dcv_scope: nonEmpty.optional(),
})

const faultsOf = (schema: z.ZodType, body: unknown): ErrorEntry[] =>
  (schema.safeParse(body).error?.issues ?? []).map(({ code, path, message }) => ({
    code,
    field: path.join('.'),
    message,
  }))

/** Returns the faults of an order's body, without its values: it may hold card data. */
export const faultsOfOrderBody = (body: unknown): ErrorEntry[] => faultsOf(orderBody, body)

/** Returns the faults of a reissue's body. */
export const faultsOfReissueBody = (body: unknown): ErrorEntry[] => faultsOf(reissueBody, body)
