/** The ASCII form of a host name (A-labels, lower case), or `undefined` where it has none. */
const hostToAscii = (host: string): string | undefined => {
  const parsed = URL.parse(`http://${host}/`)
  return parsed !== null && parsed.host !== '' && parsed.port === '' ? parsed.hostname : undefined
}

/** Whether a name stands for all names of one level. */
export const isWildcard = (name: string): boolean => name.startsWith('*.')

/**
 * The form in which a name goes over the wire and is compared: A-labels, lower case, no trailing dot. A text that is no
 * name comes back as it is, in lower case; the schema refuses it elsewhere.
 */
export const wireName = (name: string): string => {
  const wildcard = isWildcard(name)
  const bare = (wildcard ? name.slice(2) : name).replace(/\.$/, '')
  return `${wildcard ? '*.' : ''}${hostToAscii(bare) ?? bare.toLowerCase()}`
}

/** All names of an order in wire form, the common name first, each once. */
export const wireNames = (commonName: string | undefined, dnsNames: readonly string[] = []): string[] => [
  ...new Set([...(commonName === undefined ? [] : [commonName]), ...dnsNames].map(wireName)),
]

const A_LABELS = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/

/** What keeps a name from going over the wire though the schema takes it: its A-labels are longer, or there are none. */
export const nameFault = (name: string, most: number): string | undefined => {
  const sent = wireName(name)
  if (!A_LABELS.test(sent)) return `${JSON.stringify(name)} has no form that a certificate can carry`
  return sent.length > most
    ? `${JSON.stringify(name)} is sent as ${sent}, which has more than ${String(most)} characters`
    : undefined
}

/** The domain whose control is proven for a name: the name without its wildcard label. */
export const provenName = (name: string): string => name.replace(/^\*\./, '')

/**
 * Whether a guard rail admits a name: `*.example.com` stands for every name below example.com, wildcards included;
 * any other entry for itself alone.
 */
export const admits = (pattern: string, name: string): boolean => {
  const rule = wireName(pattern)
  const candidate = wireName(name)
  return rule === candidate || (rule.startsWith('*.') && provenName(candidate).endsWith(rule.slice(1)))
}
