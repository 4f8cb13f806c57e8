import type { AccountSpec, Policy } from '../api/account.ts'
import type { OrderSpec } from '../api/order.ts'
import { rulesOf } from '../api/products.ts'
import type { Effective, KnownOrganization } from '../api/status.ts'
import { isWildcard, nameFault, wireNames } from './names.ts'
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

/** The fields that the account may fill in; what a product has no use for is absent, whoever gave it. */
const filledIn = (spec: OrderSpec, account: AccountSays) => {
  const { defaults = {} } = account
  const { validation, dcvMethod } = rulesOf(spec.product)
  return {
    organization: validation === 'dv' ? undefined : (spec.organization ?? defaults.organization),
    containerId: spec.containerId ?? defaults.containerId,
    skipApproval: isSkipIgnored(spec, account) ? defaults.skipApproval : (spec.skipApproval ?? defaults.skipApproval),
    dcv: dcvMethod === 'absent' ? undefined : unlessEmpty({ ...defaults.dcv, ...spec.dcv }),
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

/** Fields of a spec as it is stored that have no effect, as sentences. */
export const withoutEffect = (spec: OrderSpec, account: AccountSays): string[] => {
  const { product, organizationUnits = [] } = spec
  const hasUnits = organizationUnits.length > 0 && rulesOf(product).validation !== 'ds'
  return [
    ...(hasUnits
      ? ['organizationUnits is ignored by DigiCert for public TLS certificates, which name no departments any more']
      : []),
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
