import type { DigiCertOrder } from '../api/order.ts'
import type { QueuePlacement, Priority } from '../kube/workqueue.ts'
import type { Gathered } from './gather.ts'
import { accountKeyOf } from './watches.ts'

/** No key of an account and no name of a namespace has a space. */
const SEPARATOR = ' '

/** The account that a share of orders needs. */
export const accountOfFlow = (share: string): string => share.slice(0, share.indexOf(SEPARATOR))

/**
 * How long a certificate must be good for to give way to an order that has none yet, in milliseconds: a thousand reissues
 * that were asked for at once have time, and somebody waits for the new one.
 */
const TIME_TO_SPARE = 7 * 86_400_000

/**
 * Where an order stands among those that wait for a worker: each namespace has its share of an account, and within it
 * the certificate that ends first goes first. One that is still to come stands where one that ends a week after the order
 * was made would: behind what is about to lapse, and ahead of what has time.
 */
export const placementOf = (order: DigiCertOrder | undefined): QueuePlacement => {
  if (!order) return { flow: SEPARATOR }
  const share = `${accountKeyOf(order)}${SEPARATOR}${order.metadata.namespace ?? ''}`
  const { certificate } = order.status ?? {}
  if (certificate) return { flow: share, rank: Date.parse(certificate.notAfter) }
  const { creationTimestamp } = order.metadata
  return creationTimestamp === undefined
    ? { flow: share }
    : { flow: share, rank: Date.parse(creationTimestamp) + TIME_TO_SPARE }
}

/** The lane of an order that may have to be looked at, as all of them after a start: a first certificate is waited for. */
export const priorityOf = (order: DigiCertOrder | undefined): Priority => (order?.status?.certificate ? 'low' : 'high')

/** Returns the same with an account whose calls have that priority. */
export const withCallPriority = (gathered: Gathered, priority: Priority): Gathered => {
  const { account } = gathered
  if (account.kind !== 'ready') return gathered
  const { session } = account
  const client = session.client.withPriority(priority)
  return { ...gathered, account: { ...account, session: { ...session, client } } }
}
