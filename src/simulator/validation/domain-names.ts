/** Public suffixes of two labels that appear in examples; the real list has thousands. */
const twoLabelSuffixes = new Set(['co.uk', 'org.uk', 'com.au', 'co.jp', 'com.br', 'co.nz', 'co.za', 'com.cn'])

/** Names that no public CA may certify. */
const internalSuffixes = new Set(['local', 'localhost', 'internal', 'lan', 'corp', 'home', 'cluster'])

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

/** Whether a public certificate may carry the name; no public suffix, and a wildcard only as the whole first label. */
export function isPublicName(name: string): boolean {
  const labels = withoutWildcard(name).split('.')
  const last = labels.at(-1) ?? ''
  const plausible = labels.length >= 2 && name.length <= 253 && labels.every((part) => label.test(part))
  const isSuffix = twoLabelSuffixes.has(labels.join('.'))
  return plausible && !isSuffix && !internalSuffixes.has(last.toLowerCase()) && /[a-z]/i.test(last)
}

/** Whether the name is a wildcard. */
export function isWildcard(name: string): boolean {
  return name.startsWith('*.')
}

/** The name in lower case without `*.`. */
export function withoutWildcard(name: string): string {
  return (isWildcard(name) ? name.slice(2) : name).toLowerCase()
}

/** The domain that was registered: the public suffix and one label. */
export function baseDomain(name: string): string {
  const labels = withoutWildcard(name).split('.')
  return labels.slice(twoLabelSuffixes.has(labels.slice(-2).join('.')) ? -3 : -2).join('.')
}

/** The name and each domain above it, up to its base domain. */
export function lineage(name: string): string[] {
  const start = withoutWildcard(name)
  const extra = start.split('.').length - baseDomain(start).split('.').length
  return Array.from({ length: extra + 1 }, (_, skip) => start.split('.').slice(skip).join('.'))
}

/** Whether a domain is the name itself or above it. */
export function covers(domain: string, name: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}

/** All names of a certificate in lower case, the common name first, each once. */
export function allNames(commonName: string, dnsNames: readonly string[]): string[] {
  return [...new Set([commonName, ...dnsNames].map((name) => name.toLowerCase()))]
}
