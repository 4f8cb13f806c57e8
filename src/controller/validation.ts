import type { DigiCertOrder } from '../api/order.ts'
import { isDnsName } from '../api/shapes.ts'
import type { ValidationEntry } from '../api/status.ts'
import {
  type CertCentral,
  CertCentralError,
  type DcvCheck,
  type NameValidation,
  type PlacedOrder,
} from '../certcentral/index.ts'
import { isProven } from '../order/messages.ts'
import { provenName, wireName, wireNames } from '../order/names.ts'

/** Methods whose proof is a value to publish. */
const TOKEN_METHODS = ['dns-txt-token', 'dns-cname-token', 'http-token']

/** Whether asking CertCentral to check can help: mails are confirmed by people. */
export const isTokenMethod = (method: string | undefined): boolean =>
  method !== undefined && TOKEN_METHODS.includes(method)

type Value = { value: string; expiresAt?: Date | undefined }

/** What a person publishes for a name (docs/certcentral.md#where-a-value-goes). */
const instruction = (
  method: string | undefined,
  name: string,
  { value }: Value,
): Pick<ValidationEntry, 'record' | 'file'> => {
  const host = provenName(name)
  if (method === 'dns-txt-token') return { record: { type: 'TXT', name: `_dnsauth.${host}`, value } }
  if (method === 'dns-cname-token')
    return { record: { type: 'CNAME', name: `_dnsauth.${host}`, value: `${value}.dcv.digicert.com` } }
  if (method === 'http-token')
    return { file: { url: `http://${host}/.well-known/pki-validation/fileauth.txt`, content: value } }
  return {}
}

const entryOf = (
  dnsName: string,
  status: string,
  method: string | undefined,
  value: Value | undefined,
): ValidationEntry => ({
  dnsName,
  status,
  ...(method === undefined ? {} : { method }),
  ...(value && !isProven(status) ? instruction(method, dnsName, value) : {}),
  ...(value?.expiresAt && !isProven(status) ? { expiresAt: value.expiresAt.toISOString() } : {}),
})

/** The proof that an answer to an order asks for; empty where the answer does not say. */
export const validationOfPlaced = (order: DigiCertOrder, placed: PlacedOrder): ValidationEntry[] => {
  const { spec } = order
  const method = spec.dcv?.method
  if (placed.chain || !isTokenMethod(method)) return []
  if (placed.dcvRandomValue === undefined) return domainEntries(placed, method)
  const value = { value: placed.dcvRandomValue }
  return wireNames(spec.commonName, spec.dnsNames).map((name) => entryOf(name, 'pending', method, value))
}

/** OV and EV orders may have a value for each domain (docs/certcentral.md#random-values). */
const domainEntries = ({ domains }: PlacedOrder, method: string | undefined): ValidationEntry[] =>
  domains.flatMap(({ name, dcvToken }) =>
    dcvToken === undefined || !isDnsName(name) ? [] : [entryOf(wireName(name), 'pending', method, { value: dcvToken })],
  )

/** Names to prove as CertCentral lists them, or those of the spec where it lists none. */
const namesToProve = (order: DigiCertOrder, listed: readonly NameValidation[]) => {
  const own = order.spec.dcv?.method
  const names = listed.flatMap(({ dnsNames, scope, status, method }) =>
    (scope !== undefined && isDnsName(scope) ? [scope] : dnsNames).map((dnsName) => ({
      dnsName,
      status,
      method: method ?? own,
    })),
  )
  if (names.length > 0) return names
  const { commonName, dnsNames } = order.spec
  return wireNames(commonName, dnsNames).map((dnsName) => ({ dnsName, status: 'pending', method: own }))
}

const refusedAsNone = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call
  } catch (error) {
    if (error instanceof CertCentralError && ['not-found', 'invalid'].includes(error.kind)) return undefined
    throw error
  }
}

type Asking = Pick<CertCentral, 'orderValidation' | 'dcvRandomValue'>

export type AskedValidation = {
  entries: ValidationEntry[]
  /** What DigiCert validates of the organization; silent where CertCentral does not say. */
  organization?: { type: string; status: string }[]
}

/**
 * Asks CertCentral what of an order is still to be proven, and with which value. What it does not know, it refuses; the
 * names of the spec stand in then.
 *
 * @throws CertCentralError where it cannot be asked
 */
export const askValidation = async (
  client: Asking,
  order: DigiCertOrder,
  orderId: number,
): Promise<AskedValidation> => {
  const validation = await refusedAsNone(client.orderValidation(orderId))
  const names = namesToProve(order, validation?.names ?? [])
  const wanted = names.some(({ status, method }) => !isProven(status) && isTokenMethod(method))
  const value = wanted ? await refusedAsNone(client.dcvRandomValue(orderId)) : undefined
  return {
    entries: names.map(({ dnsName, status, method }) => entryOf(dnsName, status, method, value)),
    ...(validation && { organization: validation.organization.map(({ type, status }) => ({ type, status })) }),
  }
}

/** Whether a name is to be proven by a value that nobody told us, because CertCentral refused to when it was asked. */
export const lacksValue = ({ method, status, record, file }: ValidationEntry): boolean =>
  isTokenMethod(method) && !isProven(status) && !record && !file

/** The entries after a check: what is proven needs no record any more. */
export const checkedEntries = (entries: readonly ValidationEntry[], check: DcvCheck, now: Date): ValidationEntry[] => {
  const told = new Map(check.names.map(({ dnsName, status }) => [dnsName.toLowerCase(), status]))
  return entries.map((entry) => {
    const status = told.get(entry.dnsName) ?? entry.status
    const checked: ValidationEntry = {
      ...entry,
      status,
      ...(isTokenMethod(entry.method) ? { checkedAt: now.toISOString(), lastError: check.notYet } : {}),
    }
    if (checked.lastError === undefined) delete checked.lastError
    if (isProven(status))
      for (const done of ['record', 'file', 'expiresAt', 'lastError']) Reflect.deleteProperty(checked, done)
    return checked
  })
}
