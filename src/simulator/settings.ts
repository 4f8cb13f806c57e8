import { z } from 'zod'
import { productSchema, seedProducts } from './products.ts'
import { quirksSetting } from './quirks/schema.ts'

const organization = z.object({
  id: z.number().int(),
  name: z.string(),
  validated: z.boolean().default(true),
  /** Day on which its validation ends; a year from now, at any time, where absent. */
  validatedUntil: z.iso.date().optional(),
  types: z.array(z.string()).default(['ov', 'ev', 'cs', 'ev_cs', 'ds']),
  isActive: z.boolean().default(true),
  city: z.string().default('Springfield'),
  state: z.string().default('Oregon'),
  country: z.string().length(2).default('US'),
})

/** An organization of the account. */
export type Organization = z.infer<typeof organization>

const organizations = [
  { id: 117483, name: 'Example Corporation' },
  { id: 123456, name: 'Epigyne Unknown Company Ltd.' },
  { id: 112233, name: 'Example Trading GmbH' },
  { id: 999001, name: 'Unchecked Holdings', validated: false },
]
const containers = [1, 5, 14, 69748, 334455].map((id) => ({ id, name: `Division ${id}` }))
const customFields = [{ id: 12, label: 'Invoice' }]
const users = [
  { id: 565611, firstName: 'Mona', lastName: 'Contact', email: 'mona@example.com', evApprover: false },
  { id: 565622, firstName: 'Evan', lastName: 'Approver', email: 'evan@example.com', evApprover: true },
  { id: 153208, firstName: 'Ada', lastName: 'Admin', email: 'ada@example.com', evApprover: true },
]

/** What an account and DigiCert behind it are like. Each field has a default, so `{}` is a whole account. */
const settingsSchema = z.strictObject({
  /** How new orders, reissues, duplicates and revocations are approved. `none` answers as `skip_approval` does. */
  approval: z.enum(['none', 'one-step', 'two-step', 'auto']).default('none'),
  /** Every organization and domain counts as validated. */
  instant: z.boolean().default(false),
  /** Time spent in `processing` once everything is validated. */
  issueDelaySeconds: z.number().min(0).default(0),
  uniqueAlternativeOrderIds: z.boolean().default(false),
  /** For which products alternative ids are forgotten: no look-up finds them, and none is refused as a second one. */
  forgetsAlternativeOrderIds: z.enum(['none', 'undocumented', 'all']).default('none'),
  /** For how long a new order cannot be found by its alternative id. */
  lookupLagSeconds: z.number().min(0).default(0),
  /** What the look-up by alternative id answers when there is none; an empty 404 has no body at all. */
  emptyLookup: z.enum(['list', '404', 'empty-404']).default('list'),
  /** For how long a new order is missing from the list of all orders. */
  listLagSeconds: z.number().min(0).default(0),
  /** For how long after an order was placed it does not say from when until when its plan is. */
  planEndLagSeconds: z.number().min(0).default(0),
  /** By how many days a certificate begins before it is issued. */
  backdateDays: z.number().min(0).default(0),
  /** The longest certificate, docs/certcentral.md#longest-certificates. */
  certificateCapDays: z.number().int().min(1).default(199),
  /** The longest plan. */
  planCapYears: z.number().int().min(1).default(3),
  multiYearPlans: z.boolean().default(true),
  guestAccess: z.boolean().default(true),
  /** Whether an AuthKey is set up for the account, and whether the request tokens made of it stand in DNS. */
  authKey: z.enum(['none', 'set-up', 'published']).default('none'),
  rateLimits: z
    .strictObject({
      enabled: z.boolean().default(false),
      per5Seconds: z.number().int().min(1).default(100),
      per5Minutes: z.number().int().min(1).default(1000),
      /** Sent with each 429 when given; DigiCert documents no such header. */
      retryAfterSeconds: z.number().int().optional(),
    })
    .default({ enabled: false, per5Seconds: 100, per5Minutes: 1000 }),
  organizations: z.array(organization).default(z.array(organization).parse(organizations)),
  containers: z.array(z.object({ id: z.number().int(), name: z.string() })).default(containers),
  customFields: z
    .array(
      z.object({
        id: z.number().int(),
        label: z.string(),
        required: z.boolean().default(false),
        dataType: z.enum(['text', 'int', 'email_address', 'email_list']).default('text'),
      }),
    )
    .default(customFields.map((field) => ({ ...field, required: false, dataType: 'text' as const }))),
  users: z
    .array(
      z.object({
        id: z.number().int(),
        firstName: z.string(),
        lastName: z.string(),
        email: z.string(),
        evApprover: z.boolean().default(false),
      }),
    )
    .default(users),
  /** Domains whose control is on record, for OV and EV; names below them are covered. */
  validatedDomains: z.array(z.string()).default([]),
  /** For how many days a proof of control may be used again. */
  dcvReuseDays: z.number().min(0).default(199),
  /** Lets DV orders use such proofs as well, which DigiCert does not. */
  dvReuse: z.boolean().default(false),
  /** What is validated when an order does not say: each name, or the base domain that it belongs to. */
  dcvScope: z.enum(['fqdn', 'base_domain']).default('fqdn'),
  /** For how many days a random value is good. */
  randomValueDays: z.number().min(0).default(30),
  /** DigiCert looks on its own schedule (docs/certcentral.md#asking-for-a-check). */
  ownDcvPolling: z.boolean().default(true),
  /** How long before its end an order may be renewed. */
  renewalWindowDays: z.number().min(0).default(90),
  /** Takes `cert_validity` below 365 days as absent, as one sentence of page 000 says. */
  ignoreShortCertValidity: z.boolean().default(false),
  /** A revoked last certificate takes its order along. */
  revokeOrderWithLastCertificate: z.boolean().default(true),
  /** A reissue that is issued at once shows up in status-changes; nobody public says whether it does. */
  instantReissueInStatusChanges: z.boolean().default(true),
  /** A key's user may approve what the same user asked for. */
  selfApproval: z.boolean().default(true),
  /** The code of the refusal of a second order with the same alternative id; the real one is not known. */
  duplicateIdCode: z.string().default('alternative_order_id_already_exists'),
  /** Where answers differ from what DigiCert's pages say, as recordings show. */
  quirks: quirksSetting,
  /** Names a product by its id; an entry of the same id replaces a seed's. */
  products: z.array(productSchema).default([...seedProducts]),
})

/** All settings, complete. */
export type Settings = z.infer<typeof settingsSchema>

/** Settings to change; what is absent stays as it is. */
export type SettingsPatch = z.input<typeof settingsSchema>

/**
 * Merges a patch into settings. Lists are replaced as a whole, except products, which are added by their id.
 * @throws ZodError when the patch has an unknown setting or a bad value.
 */
export function mergeSettings(current: Settings, patch: SettingsPatch): Settings {
  const rateLimits = { ...current.rateLimits, ...patch.rateLimits }
  const quirks = { ...current.quirks, ...patch.quirks }
  const products = [...current.products, ...z.array(productSchema).parse(patch.products ?? [])]
  const latest = [...new Map(products.map((product) => [product.nameId, product])).values()]
  return settingsSchema.parse({ ...current, ...patch, rateLimits, quirks, products: latest })
}

/** The default settings. */
export function defaultSettings(): Settings {
  return settingsSchema.parse({})
}
