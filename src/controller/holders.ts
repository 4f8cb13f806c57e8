import type { DigiCertOrder } from '../api/order.ts'
import { keyOf } from '../kube/client.ts'
import { ownerOf } from './ownership.ts'
import type { Secret } from './secrets.ts'
import { accountKeyOf } from './watches.ts'

/**
 * How it is known that a DigiCertOrder holds an order of CertCentral: by its status, which the operator alone writes; or as
 * well by a Secret of its name that says so, which tenants can write. The latter keeps others from taking an order over, and
 * nobody from finding his own.
 */
export type Evidence = 'status' | 'status or Secret'

/** An order of CertCentral, by its id or by the SHA-1 thumbprint of its certificate. */
export type Held = { orderId: number } | { thumbprint: string }

/** Tells who holds an order: which has it, renews it, or had it. `accountKey` says in which CertCentral the order is. */
export type Holders = (accountKey: string, held: Held, evidence: Evidence) => readonly DigiCertOrder[]

type Index<T> = { by: (index: string, value: string) => readonly T[] }

export type HoldersOptions = {
  orders: Index<DigiCertOrder> & { get: (key: string) => DigiCertOrder | undefined }
  /** Absent where Secrets are not watched. */
  secrets: Index<Secret> | undefined
  /** Host of the CertCentral of an account; `undefined` where the account does not exist. */
  hostOf: (accountKey: string) => string | undefined
}

/** A SHA-1 thumbprint as it is compared: people and pages write it in either case, with colons or without. */
export const bareThumbprint = (thumbprint: string): string => thumbprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

/**
 * The register of who holds an order, across all namespaces, accounts and kinds of account: two accounts may have one API
 * key. An account that does not exist for a moment counts as one of the same CertCentral.
 */
export const createHolders = ({ orders, secrets, hostOf }: HoldersOptions): Holders => {
  const named = (orderId: number): DigiCertOrder[] =>
    (secrets?.by('orderId', String(orderId)) ?? []).flatMap((secret) => {
      const { namespace = '' } = secret.metadata
      return orders.get(`${namespace}/${ownerOf(secret) ?? ''}`) ?? []
    })
  const found = (held: Held, evidence: Evidence): readonly DigiCertOrder[] => {
    if ('thumbprint' in held) return orders.by('thumbprint', bareThumbprint(held.thumbprint))
    const { orderId } = held
    return [...orders.by('held', String(orderId)), ...(evidence === 'status' ? [] : named(orderId))]
  }
  return (accountKey, held, evidence) => {
    const host = hostOf(accountKey)
    const isOfHost = (order: DigiCertOrder): boolean => [host, undefined].includes(hostOf(accountKeyOf(order)))
    return [...new Map(found(held, evidence).map((order) => [keyOf(order), order])).values()].filter(isOfHost)
  }
}

/** Names a holder to the owner of an order; what is in other namespaces is none of theirs. */
export const holderFor = (order: DigiCertOrder, holders: readonly DigiCertOrder[]): string | undefined => {
  const others = holders.filter(({ metadata }) => metadata.uid !== order.metadata.uid)
  const near = others.find(({ metadata }) => metadata.namespace === order.metadata.namespace)
  if (near) return `DigiCertOrder ${near.metadata.name}`
  return others.length > 0 ? 'another DigiCertOrder of the cluster' : undefined
}
