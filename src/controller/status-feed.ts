import type { DigiCertOrder } from '../api/order.ts'
import { CertCentralError, MAX_STATUS_CHANGES_SECONDS, type OrderSummary } from '../certcentral/index.ts'
import { keyOf } from '../kube/client.ts'
import type { Accounts, Session } from './accounts.ts'
import type { Memory } from './memory.ts'
import { wordOf } from './remote.ts'

/** Seconds by which a window reaches back before the last one's end (docs/certcentral.md#the-feed-of-changes). */
const OVERLAP = 120

export type FeedOptions = {
  accounts: Pick<Accounts, 'noteReach'>
  memory: Memory
  /** Orders of an account that have an order id, by that id. */
  ordersById: (accountKey: string, orderId: number) => readonly DigiCertOrder[]
  wake: (orderKey: string) => void
  now: () => Date
}

/** One status-changes poll per account, for all of its orders. */
export type StatusFeed = {
  poll: (session: Session) => Promise<void>
  /** The account is gone: where one of its name comes again, its first window is the longest. */
  forget: (accountKey: string) => void
  /** How many accounts were polled and are not gone. */
  size: () => number
}

const isNews = ({ status }: DigiCertOrder, change: OrderSummary): boolean => {
  const known = status?.order
  if (!known || known.status !== wordOf(change.status)) return true
  return change.certificateId !== undefined && known.certificateId !== change.certificateId
}

/**
 * Makes the feed. The first window after a start is the longest that CertCentral allows, so that whatever happened
 * while nobody listened is heard without asking for each order.
 */
export const createStatusFeed = ({ accounts, memory, ordersById, wake, now }: FeedOptions): StatusFeed => {
  const heardAt = new Map<string, Date>()

  const window = (key: string): number => {
    const last = heardAt.get(key)
    // After the clock was set back, nobody knows how long ago that was.
    if (!last || last > now()) return MAX_STATUS_CHANGES_SECONDS
    const seconds = Math.ceil((now().getTime() - last.getTime()) / 1000) + OVERLAP
    return Math.min(Math.max(seconds, OVERLAP), MAX_STATUS_CHANGES_SECONDS)
  }

  const spread = (key: string, change: OrderSummary): void => {
    for (const order of ordersById(key, change.orderId)) {
      if (!isNews(order, change)) continue
      const { orderId, certificateId, status } = change
      const heard = { orderId, status: wordOf(status), ...(certificateId === undefined ? {} : { certificateId }) }
      memory.of(keyOf(order)).heard = heard
      wake(keyOf(order))
    }
  }

  const poll = async (session: Session): Promise<void> => {
    const asked = now()
    try {
      const changes = await session.client.statusChanges({ seconds: window(session.key) })
      heardAt.set(session.key, asked)
      for (const change of changes) spread(session.key, change)
    } catch (error) {
      if (!(error instanceof CertCentralError)) throw error
      if (error.kind !== 'throttled' && error.outcome !== 'refused') accounts.noteReach(session, error.message)
    }
  }
  return { poll, forget: (accountKey) => void heardAt.delete(accountKey), size: () => heardAt.size }
}
