import { baseDomain, isWildcard, lineage, withoutWildcard } from '../validation/domain-names.ts'
import { canonical, type Zone } from './zone.ts'

const validationHost = 'dcv.digicert.com'

/** The domain that stands for a name: base domains for that scope, and the exact name for files on web servers. */
export function targetOf(dnsName: string, scope: 'fqdn' | 'base_domain', method: string): string {
  return scope === 'fqdn' || method === 'http-token' ? withoutWildcard(dnsName) : baseDomain(dnsName)
}

/**
 * Whether the random value is published where the method wants it (docs/certcentral.md#where-a-value-goes). In DNS a domain
 * above the name will do as well; a file covers its exact name only and never a wildcard.
 */
export function isPublished(
  zone: Zone,
  proof: { dnsName: string; target: string; method: string },
  value: string,
): boolean {
  switch (proof.method) {
    case 'dns-txt-token':
      return lineage(proof.target).some((domain) => hasText(zone, domain, value))
    case 'dns-cname-token':
      return lineage(proof.target).some((domain) => hasAlias(zone, domain, value))
    case 'http-token':
      return !isWildcard(proof.dnsName) && zone.file(fileUrl(proof.dnsName))?.trim() === value
    default:
      return false
  }
}

/** Where the file of `http-token` has to be. */
function fileUrl(name: string): string {
  return `http://${withoutWildcard(name)}/.well-known/pki-validation/fileauth.txt`
}

function hasText(zone: Zone, domain: string, value: string): boolean {
  return [domain, `_dnsauth.${domain}`].some((name) => zone.lookup('TXT', name).includes(value))
}

/** The only form since 28 October 2025; `<random>.<domain>` to the validation host is of no use any more. */
function hasAlias(zone: Zone, domain: string, value: string): boolean {
  const target = `${value}.${validationHost}`
  return zone.lookup('CNAME', `_dnsauth.${domain}`).some((found) => canonical(found) === target)
}
