import type { AccountSpec } from '../api/account.ts'
import type { OrderSpec } from '../api/order.ts'
import { rulesOf } from '../api/products.ts'
import { admits, isWildcard, wireNames } from './names.ts'

type Defaults = AccountSpec['defaults']

/** The spec with the account's defaults where it is silent. An organization is left out where the product has none. */
export const effectiveSpec = (spec: OrderSpec, defaults: Defaults): OrderSpec => {
  const organization = spec.organization ?? defaults?.organization
  const skipApproval = spec.skipApproval ?? defaults?.skipApproval
  const dcv = { ...defaults?.dcv, ...spec.dcv }
  const effective: OrderSpec = { ...spec, dcv }
  delete effective.organization
  if (Object.keys(dcv).length === 0) delete effective.dcv
  if (organization && rulesOf(spec.product).validation !== 'dv') effective.organization = organization
  if (skipApproval !== undefined) effective.skipApproval = skipApproval
  return effective
}

/** What is missing for CertCentral to take the order, as sentences that name the field. */
export const missing = (effective: OrderSpec): string[] => {
  const { validation } = rulesOf(effective.product)
  const problems: string[] = []
  if ((validation === 'ov' || validation === 'ev') && !effective.organization)
    problems.push(
      `organization.id is missing: ${effective.product} names an organization; set spec.organization.id, or defaults.organization.id of the account`,
    )
  if (effective.dcv?.method === undefined && rulesOf(effective.product).validityForm === 'top-level')
    problems.push(`dcv.method is missing: ${effective.product} cannot be ordered without one`)
  if (effective.dcv?.method === 'http-token' && wireNames(effective.commonName, effective.dnsNames).some(isWildcard))
    problems.push('dcv.method http-token cannot prove a wildcard: set spec.dcv.method to dns-txt-token or another')
  return problems
}

/** Why the account's guard rails forbid the order, or `undefined` where they do not. */
export const forbidden = (spec: OrderSpec, policy: AccountSpec['policy']): string | undefined => {
  if (policy.products && !policy.products.includes(spec.product))
    return `its policy.products does not list ${spec.product}`
  const patterns = policy.dnsNames
  const outside = patterns
    ? wireNames(spec.commonName, spec.dnsNames).filter((name) => !patterns.some((pattern) => admits(pattern, name)))
    : []
  return outside.length > 0 ? `its policy.dnsNames does not cover ${outside.join(', ')}` : undefined
}
