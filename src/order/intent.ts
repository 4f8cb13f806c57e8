/** A hash that the caller provides: hexadecimal SHA-256 of a text. */
export type Digest = (text: string) => string

/** What an alternative order id is made from. Not the UID: a restored or re-created resource must find its order. */
export type Identity = { clusterId: string; namespace: string; name: string; purchase: number }

/**
 * Our own name for one purchase: alphanumeric, at most 64 characters, the same for ever for the same identity
 * (docs/certcentral.md#alternative-order-ids; ADR 0004).
 */
export const alternativeOrderId = (digest: Digest, { clusterId, namespace, name, purchase }: Identity): string =>
  `dco${digest(JSON.stringify([clusterId, namespace, name])).slice(0, 48)}n${String(purchase)}`

const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, canonical(child)]),
  )
}

/** A fingerprint of what would be bought; the CSR is no part of it, as it differs each time it is signed. */
export const payloadHash = (digest: Digest, payload: object): string =>
  digest(JSON.stringify(canonical(payload))).slice(0, 32)
