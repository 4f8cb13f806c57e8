import type { Policy } from '../api/account.ts'
import type { OrderSpec } from '../api/order.ts'
import type { Intent } from '../api/status.ts'
import type { Validity } from '../api/shapes.ts'
import { admits, wireNames } from './names.ts'
import { type Payload, dateOfWords } from './payload.ts'
import { DAY } from './schedule.ts'

/** What of an order the guard rails of an account look at, whether it stands in a spec or in a request. */
export type Subject = {
  product: string
  /** In wire form, the common name first. */
  names: readonly string[]
  organizationId?: number
  /** Whether an organization is given by its details, which CertCentral may make a new one of. */
  organizationByDetails?: true
  containerId?: number
  paymentMethod?: string
  orderValidity: Validity
}

type Parts = {
  organization: { id?: unknown } | undefined
  containerId: unknown
  paymentMethod: unknown
  validity: Readonly<Record<keyof Validity, unknown>>
}

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

const subject = (product: string, names: readonly string[], parts: Parts): Subject => {
  const { organization, containerId, paymentMethod, validity } = parts
  return given({
    product,
    names,
    organizationId: numberIn(organization?.id),
    organizationByDetails: organization && organization.id === undefined ? true : undefined,
    containerId: numberIn(containerId),
    paymentMethod: textIn(paymentMethod),
    orderValidity: given({
      years: numberIn(validity.years),
      days: numberIn(validity.days),
      expiresOn: textIn(validity.expiresOn),
    }),
  }) as Subject
}

/** The subject of a spec that has the account's defaults. */
export const subjectOf = ({ product, commonName, dnsNames, ...spec }: OrderSpec): Subject => {
  const { years, days, expiresOn } = spec.orderValidity
  return subject(product, wireNames(commonName, dnsNames), {
    organization: spec.organization,
    containerId: spec.containerId,
    paymentMethod: spec.payment?.method,
    validity: { years, days, expiresOn },
  })
}

const objectIn = (value: unknown): Payload | undefined =>
  typeof value === 'object' && value !== null ? (value as Payload) : undefined

const validityIn = (payload: Payload): Parts['validity'] => {
  const inside = objectIn(payload['order_validity'])
  if (!inside) {
    const { validity_years: years, validity_days: days, custom_expiration_date: expiresOn } = payload
    return { years, days, expiresOn }
  }
  const date = textIn(inside['custom_expiration_date'])
  return { years: inside['years'], days: inside['days'], expiresOn: date === undefined ? undefined : dateOfWords(date) }
}

type Certificate = Validity & { caCertId?: string }

/** Length and CA of the certificate that a request asks for. */
export const certificateIn = (payload: Payload): Certificate => {
  const { cert_validity: validity, ca_cert_id: caCertId } = objectIn(payload['certificate']) ?? {}
  const { years, days, custom_expiration_date: date } = objectIn(validity) ?? {}
  const worded = textIn(date)
  return given({
    years: numberIn(years),
    days: numberIn(days),
    expiresOn: worded === undefined ? undefined : dateOfWords(worded),
    caCertId: textIn(caCertId),
  }) as Certificate
}

/** The request that was sent under an intent, and was written down with the mark of that. */
export const sentRequest = ({ sentAt, request }: Intent): Payload | undefined =>
  sentAt === undefined || request === undefined ? undefined : (JSON.parse(request) as Payload)

/** The subject of a request as `orderPayload` makes it. */
export const subjectOfPayload = (product: string, payload: Payload): Subject => {
  const { common_name: common, dns_names: others } = objectIn(payload['certificate']) ?? {}
  const names = [common, ...(Array.isArray(others) ? (others as unknown[]) : [])].flatMap((name) => textIn(name) ?? [])
  return subject(product, names, {
    organization: objectIn(payload['organization']),
    containerId: objectIn(payload['container'])?.['id'],
    paymentMethod: payload['payment_method'],
    validity: validityIn(payload),
  })
}

/** The most days that a length may have; not a number where none is given, which no limit admits. */
const daysOf = ({ years, days, expiresOn }: Validity, now: Date): number => {
  if (years !== undefined) return years * 366
  return days ?? Math.ceil((Date.parse(`${expiresOn ?? ''}T00:00:00Z`) - now.getTime()) / DAY)
}

const counted = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? '' : 's'}`

const worded = ({ years, days, expiresOn }: Validity): string => {
  if (years !== undefined) return counted(years, 'year')
  return days === undefined ? `the time until ${expiresOn ?? 'an unknown day'}` : counted(days, 'day')
}

type Rule = (subject: Subject, policy: Policy, now: Date) => string | undefined

/** A rule that a value, where there is one, stands in a list, where there is one. */
const listed =
  <T>(name: string, list: (policy: Policy) => readonly T[] | undefined, value: (subject: Subject) => T | undefined) =>
  (given: Subject, policy: Policy): string | undefined => {
    const [admitted, found] = [list(policy), value(given)]
    if (!admitted || found === undefined || admitted.includes(found)) return undefined
    return `its policy.${name} does not list ${String(found)}`
  }

const names: Rule = (subject, { dnsNames: patterns }) => {
  const outside = patterns ? subject.names.filter((name) => !patterns.some((pattern) => admits(pattern, name))) : []
  return outside.length > 0 ? `its policy.dnsNames does not cover ${outside.join(', ')}` : undefined
}

const count: Rule = (subject, { maxNames }) =>
  maxNames !== undefined && subject.names.length > maxNames
    ? `its policy.maxNames allows ${counted(maxNames, 'name')} in an order, and this one has ${String(subject.names.length)}`
    : undefined

const length: Rule = ({ orderValidity }, { maxOrderValidity: most }, now) =>
  most && !(daysOf(orderValidity, now) <= daysOf(most, now))
    ? `its policy.maxOrderValidity allows ${worded(most)}, and the order asks for ${worded(orderValidity)}`
    : undefined

const details: Rule = ({ organizationByDetails }, { organizationIds }) =>
  organizationIds && organizationByDetails
    ? 'its policy.organizationIds lists organizations by id, and this one is given by details: set spec.organization.id'
    : undefined

/** Judged in this order; the first that is broken is the answer. */
const RULES: readonly Rule[] = [
  listed<string>(
    'products',
    (policy) => policy.products,
    ({ product }) => product,
  ),
  names,
  count,
  length,
  details,
  listed(
    'organizationIds',
    (policy) => policy.organizationIds,
    ({ organizationId }) => organizationId,
  ),
  listed(
    'containerIds',
    (policy) => policy.containerIds,
    ({ containerId }) => containerId,
  ),
  // Where nothing says how it is paid, the account at CertCentral does.
  listed<string>(
    'paymentMethods',
    (policy) => policy.paymentMethods,
    ({ paymentMethod }) => paymentMethod,
  ),
]

/** What is known of an order that was bought elsewhere. */
export type FoundSubject = {
  product: string
  /** All names that a reissue of it would have. */
  names: readonly string[]
  organizationId?: number | undefined
  /** `names`, `organization`: CertCentral does not show them, though the product has them. */
  unsaid: readonly ('names' | 'organization')[]
}

export const ADOPTION_FORBIDDEN = 'policy.adoption of the account is Forbidden; its owner can set it to Allowed'

/**
 * Why the guard rails of an account forbid to take an order over, as a sentence; `undefined` where they do not. A reissue
 * of it would have all of its names. They are not repeated: whose they are, the one who asks need not know.
 */
export const adoptionDeniedBy = (found: FoundSubject, policy: Policy): string | undefined => {
  const { products, dnsNames: patterns, organizationIds } = policy
  const { product, names: all, organizationId, unsaid } = found
  if (products && !products.includes(product)) return 'policy.products of the account does not list its product'
  if (patterns && unsaid.includes('names'))
    return 'CertCentral does not show its names, which policy.dnsNames of the account limits'
  if (patterns && !all.every((name) => patterns.some((pattern) => admits(pattern, name))))
    return 'it has names that policy.dnsNames of the account does not cover'
  if (organizationIds && unsaid.includes('organization'))
    return 'CertCentral does not show its organization, which policy.organizationIds of the account limits'
  return organizationIds && organizationId !== undefined && !organizationIds.includes(organizationId)
    ? 'policy.organizationIds of the account does not list its organization'
    : undefined
}

/** Why the guard rails of an account forbid an order, as a sentence; `undefined` where they do not. */
export const deniedBy = (subject: Subject, policy: Policy, now: Date): string | undefined => {
  for (const rule of RULES) {
    const broken = rule(subject, policy, now)
    if (broken !== undefined) return broken
  }
  return undefined
}
