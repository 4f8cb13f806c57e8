import type { DigiCertOrder } from '../api/order.ts'
import { keyOf } from '../kube/client.ts'
import { alternativeOrderId } from '../order/intent.ts'
import { digest } from './digest.ts'
import { ownerOf } from './ownership.ts'
import type { Secret } from './secrets.ts'
import { accountKeyOf } from './watches.ts'

/**
 * How it is known that a DigiCertOrder holds an order of CertCentral: by its status, which the operator alone writes; or as
 * well by a Secret of its name that says so, which tenants can write. The latter keeps others from taking an order over, and
 * nobody from finding his own.
 */
export type Evidence = 'status' | 'status or Secret'

/**
 * An order of CertCentral, by its id and what else is known of it, or by the SHA-1 thumbprint of its certificate. `sent`: the
 * common name where CertCentral shows no alternative order id.
 */
export type Held =
  | {
      orderId: number
      alternativeOrderId?: string | undefined
      renewalOf?: number | undefined
      sent?: string | undefined
    }
  | { thumbprint: string }

/**
 * Finds who holds an order of the CertCentral at a host: which has it, renews it, had it, or is about to know it: as its buyer,
 * who waits for the answer, or by the renewal that DigiCert bought.
 */
export type Holders = (host: string | undefined, held: Held, evidence: Evidence) => readonly DigiCertOrder[]

type Index<T> = { byIndex: (index: string, value: string) => readonly T[] }

export type HoldersOptions = {
  orders: Index<DigiCertOrder> & { get: (key: string) => DigiCertOrder | undefined }
  /** Absent where Secrets are not watched. */
  secrets: Index<Secret> | undefined
  /** Host of the CertCentral of an account; `undefined` where the account does not exist. */
  hostOf: (accountKey: string) => string | undefined
  /** Of our own ids. */
  clusterId: string
}

/** Purchases of a DigiCertOrder whose status was lost that are recognised by their alternative order id. */
const RECOGNISED = [1, 2, 3]

/** A SHA-1 thumbprint as it is compared: people and pages write it in either case, with colons or without. */
const bareThumbprint = (thumbprint: string): string => thumbprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

/**
 * The register of who holds an order, across all namespaces, accounts and kinds of account: two accounts may have one API
 * key. An account that does not exist for a moment counts as one of the same CertCentral.
 */
export const createHolders = (options: HoldersOptions): Holders => {
  const { orders, secrets, hostOf, clusterId } = options
  const named = (orderId: number): DigiCertOrder[] =>
    (secrets?.byIndex('orderId', String(orderId)) ?? []).flatMap((secret) => {
      const { namespace = '', name } = secret.metadata
      const order = orders.get(`${namespace}/${ownerOf(secret) ?? ''}`)
      return order?.spec.secretName === name ? [order] : []
    })
  /** DigiCertOrders that bought under an id, those included whose status was lost. */
  const buyersUnder = (id: string): readonly DigiCertOrder[] => {
    const known = orders.byIndex('alternativeId', id)
    if (known.length > 0) return known
    const isOf = ({ metadata: { namespace = '', name } }: DigiCertOrder): boolean =>
      RECOGNISED.some((purchase) => alternativeOrderId(digest, { clusterId, namespace, name, purchase }) === id)
    return orders.byIndex('unbought', 'yes').filter(isOf)
  }
  const byId = (held: Exclude<Held, { thumbprint: string }>): readonly DigiCertOrder[] => {
    const { orderId, alternativeOrderId, renewalOf, sent } = held
    return [
      ...orders.byIndex('held', String(orderId)),
      ...(alternativeOrderId === undefined ? [] : buyersUnder(alternativeOrderId)),
      ...(renewalOf === undefined ? [] : orders.byIndex('held', String(renewalOf))),
      ...(sent === undefined ? [] : orders.byIndex('sent', sent)),
    ]
  }
  const found = (held: Held, evidence: Evidence): readonly DigiCertOrder[] => {
    if ('thumbprint' in held) return orders.byIndex('thumbprint', bareThumbprint(held.thumbprint))
    return [...byId(held), ...(evidence === 'status' ? [] : named(held.orderId))]
  }
  return (host, held, evidence) => {
    const isOfHost = (order: DigiCertOrder): boolean => {
      const other = hostOf(accountKeyOf(order))
      return host === undefined || other === undefined || other === host
    }
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
