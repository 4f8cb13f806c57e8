import type { AccountSpec, Policy } from '../api/account.ts'
import type { OrderSpec } from '../api/order.ts'
import { ORDER_PAGES, type PageId, isOffPage } from '../api/pages.ts'
import { rulesOf } from '../api/products.ts'
import type { Effective, KnownOrganization } from '../api/status.ts'
import { isWildcard, nameFault, wireNames } from './names.ts'
import { type Payload, orderPayload } from './payload.ts'
import { DAY } from './schedule.ts'
import { deniedBy, subjectOf } from './subject.ts'

type Defaults = AccountSpec['defaults']

/** The members whose value is there. */
const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>

const unlessEmpty = <T extends object>(fields: T): T | undefined =>
  Object.keys(fields).length === 0 ? undefined : fields

/** What an account has a say in: defaults where an order is silent, and guard rails. */
type AccountSays = { defaults?: Defaults; policy?: Pick<Policy, 'skipApproval'> }

/** Who writes an order does not switch off the approval that guards the account, where its policy says so. */
const isSkipIgnored = ({ skipApproval }: OrderSpec, { policy, defaults }: AccountSays): boolean =>
  skipApproval === true && policy?.skipApproval === 'Forbidden' && defaults?.skipApproval !== true

/**
 * How control is proven. A default that no page of the product documents is left out; mails that the spec lists are sent by
 * no other method than mail, whatever the account's.
 */
const dcvOf = ({ product, dcv }: OrderSpec, defaults: NonNullable<Defaults>) => {
  const { dcvMethod, pages } = rulesOf(product)
  if (dcvMethod === 'absent') return undefined
  const byMail = (dcv?.emails ?? []).length > 0 ? ({ method: 'email' } as const) : {}
  const scope = isOffPage(pages, 'certificate_dcv_scope') ? undefined : defaults.dcv?.scope
  return unlessEmpty({ ...given({ method: defaults.dcv?.method, scope }), ...byMail, ...given(dcv ?? {}) })
}

/** The fields that the account may fill in; what a product has no use for is absent, from order and account alike. */
const filledIn = (spec: OrderSpec, account: AccountSays) => {
  const { defaults = {} } = account
  const { validation } = rulesOf(spec.product)
  return {
    organization: validation === 'dv' ? undefined : (spec.organization ?? defaults.organization),
    containerId: spec.containerId ?? defaults.containerId,
    skipApproval: isSkipIgnored(spec, account) ? defaults.skipApproval : (spec.skipApproval ?? defaults.skipApproval),
    dcv: dcvOf(spec, defaults),
    payment: unlessEmpty({ ...defaults.payment, ...spec.payment }),
  }
}

/**
 * The spec with the account's defaults where it is silent. What a product has no use for is left out: an organization
 * of DV, a proof of control of document signing.
 */
export const effectiveSpec = (spec: OrderSpec, account: AccountSays): OrderSpec => {
  const filled = filledIn(spec, account)
  const rest = { ...spec }
  for (const field of Object.keys(filled)) Reflect.deleteProperty(rest, field)
  return { ...rest, ...given(filled) }
}

/** What of an effective spec the account may have had a part in, for people to see. Nothing of it is secret. */
export const shownOf = ({ organization, containerId, payment, dcv, skipApproval }: OrderSpec): Effective => ({
  ...given({
    organization: organization && given({ id: organization.id, name: organization.name }),
    containerId,
    payment: payment?.method === undefined ? undefined : { method: payment.method },
    dcv: dcv && given({ method: dcv.method, scope: dcv.scope }),
    skipApproval,
  }),
})

/**
 * The spec with the id of the organization that an earlier order made of these details: sent in full again, they might
 * become a second one (docs/certcentral.md#organizations-and-contacts).
 */
export const withKnownOrganization = (effective: OrderSpec, known: KnownOrganization | undefined): OrderSpec => {
  const { organization } = effective
  if (!organization || organization.id !== undefined || known?.name !== organization.name) return effective
  return { ...effective, organization: { id: known?.id } }
}

const missingFields = (effective: OrderSpec): string[] => {
  const { validation, dcvMethod } = rulesOf(effective.product)
  const problems: string[] = []
  if (['ov', 'ev', 'ds'].includes(validation) && !effective.organization)
    problems.push(
      `organization.id is missing: ${effective.product} names an organization; set spec.organization.id, or defaults.organization.id of the account`,
    )
  if (validation === 'unknown' && effective.contacts?.list && !effective.organization)
    problems.push('contacts.list needs an organization, whose contacts they are: set spec.organization.id')
  if (effective.dcv?.method === undefined && dcvMethod === 'required')
    problems.push(`dcv.method is missing: ${effective.product} cannot be ordered without one`)
  return problems
}

const COMMON_NAME = 64
const DNS_NAME = 253

const nameFaults = ({ commonName, dnsNames = [] }: OrderSpec): string[] => {
  const first = commonName === undefined ? undefined : nameFault(commonName, COMMON_NAME)
  const others = dnsNames.map((name) => nameFault(name, DNS_NAME))
  return [
    ...(first === undefined ? [] : [`commonName: ${first}`]),
    ...others.flatMap((fault) => (fault === undefined ? [] : [`dnsNames: ${fault}`])),
  ]
}

/** What keeps CertCentral from taking the order, as sentences that name the field. */
export const missing = (effective: OrderSpec): string[] => {
  const { commonName, dnsNames, dcv } = effective
  const problems = [...missingFields(effective), ...nameFaults(effective)]
  if (dcv?.method === 'http-token' && wireNames(commonName, dnsNames).some(isWildcard))
    problems.push('dcv.method http-token cannot prove a wildcard: set spec.dcv.method to dns-txt-token or another')
  return problems
}

/** The field of the spec that becomes a field of a request which not every order page has. */
export const FIELDS_OF_SPEC: Readonly<Record<string, string>> = {
  additional_emails: 'notifications.additionalEmails',
  apply_cr_discount: 'payment.competitiveReplacement.applyCrDiscount',
  billing_address: 'payment.billingAddress',
  certificate_dcv_scope: 'dcv.scope',
  'certificate.ca_cert_id': 'caCertId',
  'certificate.cert_validity': 'certificateValidity',
  'certificate.organization_units': 'organizationUnits',
  'certificate.profile_option': 'profileOption',
  credit_card: 'payment.creditCardSecretRef',
  csa_agreed_to: 'documentSigning.csaAgreedTo',
  custom_renewal_message: 'notifications.customRenewalMessage',
  dcv_emails: 'dcv.emails',
  disable_ct: 'disableCT',
  disable_renewal_notifications: 'notifications.disableRenewal',
  enable_guest_access: 'guestAccess',
  locale: 'notifications.locale',
  organization_contact: 'contacts.organization',
  renewal_of_order_id: 'renewal.ofOrderId',
  renewed_thumbprint: 'renewal.ofThumbprint',
  serial_number: 'payment.competitiveReplacement.serialNumber',
  server_licenses: 'serverLicenses',
  technical_contact: 'contacts.technical',
  'technical_contact.telephone_extension': 'contacts.technical.telephoneExtension',
  use_auth_key: 'dcv.useAuthKey',
  user_id_assignments: 'userIdAssignments',
  vat_number: 'payment.vatNumber',
}

/** The names of what a request holds, with dots for nesting, the outer ones first. */
const fieldsIn = (payload: Payload, under = ''): string[] =>
  Object.entries(payload).flatMap(([name, value]) => [
    `${under}${name}`,
    ...(typeof value === 'object' && value !== null && !Array.isArray(value)
      ? fieldsIn(value as Payload, `${under}${name}.`)
      : []),
  ])

/**
 * The fields that would be sent and that no page of the product documents. `auto_reissue` is none of them: where the product
 * has plans, the operator reads it back from the order.
 */
const offPage = (spec: OrderSpec): string[] => {
  const { pages } = rulesOf(spec.product)
  const card = spec.payment?.creditCardSecretRef ? { credit_card: {} } : {}
  const fields = fieldsIn({ ...orderPayload(effectiveSpec(spec, {})), ...card })
  const off = fields.filter((field) => field !== 'auto_reissue' && isOffPage(pages, field))
  return off.filter((field) => !off.some((outer) => field.startsWith(`${outer}.`)))
}

const titleOf = (page: PageId): string => `"${ORDER_PAGES[page].title}"`

const undocumented = (spec: OrderSpec): string[] => {
  const fields = offPage(spec).map((field) => `${FIELDS_OF_SPEC[field] ?? field} (${field})`)
  if (fields.length === 0) return []
  const pages = rulesOf(spec.product).pages.map(titleOf).join(' and ')
  const card = spec.payment?.creditCardSecretRef
    ? `. Card data are documented for ${titleOf('000')} and ${titleOf('004')} only; elsewhere payment.method card does without them`
    : ''
  return [
    `${fields.join(', ')}: DigiCert's order page of ${spec.product}, ${pages}, has no such ${fields.length === 1 ? 'field' : 'fields'}. What the spec asks for is sent, and may be ignored or refused${card}`,
  ]
}

/** Fields that a product of that kind of validation has no use for, and does not get. */
const USELESS: readonly (readonly [validation: string, field: string, isGiven: (spec: OrderSpec) => boolean])[] = [
  ['dv', 'organization', ({ organization }) => organization !== undefined],
  ['dv', 'contacts.organization', ({ contacts }) => contacts?.organization !== undefined],
  ['dv', 'contacts.list', ({ contacts }) => (contacts?.list ?? []).length > 0],
  ['ds', 'organizationUnits', ({ organizationUnits = [] }) => organizationUnits.length > 0],
]

/** What of the people and departments of a spec is not sent, as the product has no such field. */
const unsent = (spec: OrderSpec): string[] => {
  const { validation } = rulesOf(spec.product)
  const fields = USELESS.filter(([kind, , isGiven]) => kind === validation && isGiven(spec)).map(([, field]) => field)
  const what = validation === 'dv' ? 'names no organization' : 'names no departments'
  return fields.length === 0 ? [] : [`${fields.join(', ')} has no effect: ${spec.product} ${what}, and it is not sent`]
}

/** Certificates below this length DigiCert may not make, by page 000. */
const SHORTEST_OF_PAGE_000 = 365

/**
 * Page 000 says that DigiCert takes the length of the plan, or the longest that is allowed, in place of a certificate of less
 * than a year.
 */
export const mayNotBeShortened = ({ product, certificateValidity }: OrderSpec, now: Date): string[] => {
  const { days, expiresOn } = certificateValidity ?? {}
  const ends = expiresOn === undefined ? undefined : (Date.parse(expiresOn) - now.getTime()) / DAY
  const isShort = (days ?? ends ?? SHORTEST_OF_PAGE_000) < SHORTEST_OF_PAGE_000
  return isShort && rulesOf(product).pages.includes('000')
    ? [
        `certificateValidity of less than ${String(SHORTEST_OF_PAGE_000)} days may have no effect: by its page ${titleOf('000')}, DigiCert then makes certificates as long as the plan, or as long as is allowed. What comes is compared with it`,
      ]
    : []
}

/** Fields of a spec as it is stored that have no effect, or may have none, as sentences. */
export const withoutEffect = (spec: OrderSpec, account: AccountSays): string[] => {
  const { product, organizationUnits = [] } = spec
  const hasUnits = organizationUnits.length > 0 && rulesOf(product).validation !== 'ds'
  return [
    ...(hasUnits
      ? ['organizationUnits is ignored by DigiCert for public TLS certificates, which name no departments any more']
      : []),
    ...unsent(spec),
    ...undocumented(spec),
    ...(isSkipIgnored(spec, account)
      ? [
          'skipApproval has no effect: policy.skipApproval of the account is Forbidden, so the request waits for approval',
        ]
      : []),
  ]
}

/** Why the account's guard rails forbid the order, or `undefined` where they do not. */
export const forbidden = (spec: OrderSpec, policy: Policy, now: Date): string | undefined =>
  deniedBy(subjectOf(spec), policy, now)
