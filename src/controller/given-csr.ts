import type { KeyObject } from 'node:crypto'
import type { DigiCertOrder, OrderSpec } from '../api/order.ts'
import { wireName, wireNames } from '../order/names.ts'
import { type SigningRequest, readCsr, weaknessOf } from '../pki/csr.ts'
import { type SecretStore, textOf } from './secrets.ts'

/** A CSR that is made elsewhere, held against the order. */
export type GivenCsr = { kind: 'good'; pem: string; publicKey: KeyObject } | { kind: 'bad'; problem: string }

const foreignNames = ({ commonName, dnsNames }: SigningRequest, spec: OrderSpec): string[] => {
  const ordered = wireNames(spec.commonName, spec.dnsNames)
  if (ordered.length === 0) return []
  const named = commonName === undefined || commonName === '' ? dnsNames : [commonName, ...dnsNames]
  return [...new Set(named.map(wireName))].filter((name) => !ordered.includes(name))
}

/**
 * What is wrong with a CSR for this order. CertCentral takes names from the order and not from the CSR (docs/certcentral.md#names-and-csr),
 * so one that names less is no harm; one that names others was made for something else.
 */
const faultOf = (request: SigningRequest, spec: OrderSpec): string | undefined => {
  if (request.signature === 'bad') return 'is not signed by its own key'
  const weakness = weaknessOf(request.publicKey)
  if (weakness !== undefined) return `cannot be certified: ${weakness}`
  const foreign = foreignNames(request, spec)
  return foreign.length > 0 ? `names ${foreign.slice(0, 10).join(', ')}, which the order does not` : undefined
}

const CSR_BLOCK = /-----BEGIN (NEW )?CERTIFICATE REQUEST-----[^-]*-----END (NEW )?CERTIFICATE REQUEST-----\n?/

/** Reads the CSR that an order names, if it names one. */
export const readGivenCsr = async (
  secrets: Pick<SecretStore, 'read'>,
  { metadata, spec }: DigiCertOrder,
): Promise<GivenCsr | undefined> => {
  if (!spec.csrSecretRef) return undefined
  const { name, key } = spec.csrSecretRef
  const where = `csrSecretRef: Secret ${name}, entry ${key},`
  const text = textOf(await secrets.read(metadata.namespace ?? '', name), key)
  if (text === undefined) return { kind: 'bad', problem: `${where} does not exist; create it with a CSR in PEM` }
  // What else stands in the entry, such as a private key, goes nowhere.
  const [pem = ''] = CSR_BLOCK.exec(text) ?? []
  const request = await readCsr(pem)
  if (!request) return { kind: 'bad', problem: `${where} is no certificate signing request in PEM` }
  const fault = faultOf(request, spec)
  return fault === undefined
    ? { kind: 'good', pem, publicKey: request.publicKey }
    : { kind: 'bad', problem: `${where} ${fault}` }
}
