import type { Account, AccountKind } from '../api/account.ts'
import { ANNOTATIONS } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import { documentsAlternativeId } from '../api/products.ts'
import { keyOf } from '../kube/client.ts'
import { sentRequest, subjectOfPayload } from '../order/subject.ts'
import { accountKey } from './account-access.ts'
import { passwordSecretsOf } from './outputs.ts'
import { ownerOf } from './ownership.ts'
import type { Secret } from './secrets.ts'

/** A change of an object, as an informer tells it. */
type Change<T> = { type: 'added' | 'updated' | 'deleted'; object: T; previous?: T }

const namespaceOf = ({ metadata }: { metadata: { namespace?: string } }): string => metadata.namespace ?? ''

/** The key of the account that an order names. */
export const accountKeyOf = (order: DigiCertOrder): string => {
  const { kind, name } = order.spec.accountRef
  return accountKey(kind, kind === 'DigiCertAccount' ? namespaceOf(order) : undefined, name)
}

/** The key of an account object; list items carry no kind of their own. */
export const keyOfAccount = (kind: AccountKind, { metadata }: Account): string =>
  accountKey(kind, metadata.namespace, metadata.name)

/** Values under which orders are filed, for {@link ordersOf} and for those that share something. */
export const ORDER_INDEXES = {
  account: (order: DigiCertOrder) => [accountKeyOf(order)],
  secret: (order: DigiCertOrder) =>
    order.spec.secretName === undefined ? [] : [`${namespaceOf(order)}/${order.spec.secretName}`],
  /** The Secrets that people write and an order reads: passwords of keystores, and a CSR. */
  given: (order: DigiCertOrder) => givenSecretsOf(order),
  /** Every order that a resource has, renews or had, whatever its account. */
  held: ({ status }: DigiCertOrder) => {
    const { order, intent, history = [] } = status ?? {}
    const ids = [order?.id, intent?.renewalOf, intent?.previousPlan?.orderId, ...history.map(({ orderId }) => orderId)]
    return [...new Set(ids.flatMap((id) => (id === undefined ? [] : [String(id)])))]
  },
  /** By the ids that it gave to what it bought, or is buying. */
  alternativeId: ({ status }: DigiCertOrder) => {
    const ids = [status?.order?.alternativeOrderId, status?.intent?.alternativeOrderId]
    return [...new Set(ids.flatMap((id) => id ?? []))]
  },
  /** By the common name of what was sent and is not known to be an order yet. */
  sent: ({ status }: DigiCertOrder) => {
    const { order, intent } = status ?? {}
    const request = order || intent?.sentAt === undefined ? undefined : sentRequest(intent)
    return request ? subjectOfPayload('', request).names.slice(0, 1) : []
  },
  /** Those of which nothing is known to be bought. */
  unbought: ({ status }: DigiCertOrder) => (status?.order || status?.intent?.sentAt !== undefined ? [] : ['yes']),
  /** By the thumbprint of the certificate in use. */
  thumbprint: ({ status }: DigiCertOrder) => [status?.certificate?.sha1Thumbprint ?? []].flat(),
  orderId: (order: DigiCertOrder) =>
    order.status?.order ? [orderIdValue(accountKeyOf(order), order.status.order.id)] : [],
}

/** Values under which Secrets are filed. */
export const SECRET_INDEXES = {
  /** The order of CertCentral that a Secret names. */
  orderId: ({ metadata }: Secret) => [metadata.annotations?.[ANNOTATIONS.orderId] ?? []].flat(),
}

/** Keys of the Secrets that people write for an order. */
export const givenSecretsOf = (order: DigiCertOrder): string[] => {
  const { csrSecretRef } = order.spec
  const names = [...passwordSecretsOf(order.spec), ...(csrSecretRef ? [csrSecretRef.name] : [])]
  return [...new Set(names)].map((name) => `${namespaceOf(order)}/${name}`)
}

/** How an order id of an account is filed. */
export const orderIdValue = (account: string, orderId: number): string => `${account}#${String(orderId)}`

/** Whether a change of an account is more than a status of our own writing. */
export const isNewToAccount = ({ type, object, previous }: Change<Account>): boolean =>
  type !== 'updated' || object.metadata.generation !== previous?.metadata.generation

type Orders = { byIndex: (index: string, value: string) => readonly DigiCertOrder[] }

/** Which orders a changed Secret concerns: the one that it says it belongs to, and those that name it. */
export const ordersOfSecret = (secret: Secret, orders: Orders): string[] => {
  const owner = ownerOf(secret)
  const named = orders.byIndex('secret', `${namespaceOf(secret)}/${secret.metadata.name}`).map(keyOf)
  return [...new Set([...(owner === undefined ? [] : [`${namespaceOf(secret)}/${owner}`]), ...named])]
}

/** Which orders wait for one that is gone: those that name the same Secret. */
export const rivalsOf = (order: DigiCertOrder, orders: Orders): string[] =>
  ORDER_INDEXES.secret(order).flatMap((value) => orders.byIndex('secret', value).map(keyOf))

/** The orders of an account. */
export const ordersOfAccount = (account: string, orders: Orders): string[] =>
  orders.byIndex('account', account).map(keyOf)

/**
 * The namespaces of the orders of an account that were placed on a day (yyyy-MM-dd, UTC), by what their statuses tell; one
 * for each order.
 */
export const placedOn = (account: string, date: string, orders: Orders): string[] =>
  orders
    .byIndex('account', account)
    .flatMap((order) =>
      (order.status?.history ?? [])
        .filter(({ what, at }) => (what === 'Ordered' || what === 'Renewed') && at.startsWith(date))
        .map(() => namespaceOf(order)),
    )

/** Orders of an account whose product keeps alternative order ids, by both of their ids, the newest first. */
export const knownIds = (account: string, orders: Orders): { orderId: number; alternativeOrderId: string }[] =>
  orders
    .byIndex('account', account)
    .filter(({ spec }) => documentsAlternativeId(spec.product))
    .flatMap(({ status }) => {
      const { id: orderId, alternativeOrderId } = status?.order ?? {}
      return orderId === undefined || alternativeOrderId === undefined ? [] : [{ orderId, alternativeOrderId }]
    })
    .toSorted((a, b) => b.orderId - a.orderId)
