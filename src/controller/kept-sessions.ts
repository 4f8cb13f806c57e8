import type { Account } from '../api/account.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { Verdict } from './account-access.ts'

/** What of a session is looked at: the key of its account, the account as it was, and what CertCentral says of the API key. */
type Keepable = { key: string; account: Account; verdict: Verdict }

/** Longest time for which a session outlives its account or its API key, in milliseconds. */
export const KEPT_FOR = 10 * 60_000

/**
 * Sessions whose account, or whose API key, is gone while orders that name them may have to be ended: where a namespace is
 * deleted, accounts and Secrets go before the orders. They are for ending orders, and for nothing else.
 */
export type KeptSessions<Session> = {
  /** Keeps a session while orders need it, and closes one that none needs or that CertCentral refuses. */
  keep: (session: Session) => void
  /**
   * The session with which an order may be ended; `undefined` for an order that is not being deleted, and where another
   * account of the name, with another UID, exists by now.
   */
  of: (key: string, order: DigiCertOrder, uid: string | undefined) => Session | undefined
  /** Whether one is kept; closes it where its time is over, or no order needs it any more. */
  has: (key: string) => boolean
  /** Closes the session of an account, where one is kept. */
  drop: (key: string) => void
}

type Means<Session> = {
  now: () => Date
  /** The orders that name an account. */
  ordersOf: (key: string) => readonly DigiCertOrder[]
  close: (session: Session) => void
}

type Kept<Session> = { session: Session; since: Date }

const needsIt = ({ spec }: DigiCertOrder): boolean => (spec.deletionPolicy ?? 'Retain') !== 'Retain'

export const createKeptSessions = <Session extends Keepable>({
  now,
  ordersOf,
  close,
}: Means<Session>): KeptSessions<Session> => {
  const all = new Map<string, Kept<Session>>()

  // A clock that was set back does not make it last longer.
  const isOver = ({ since }: Kept<Session>): boolean => Math.abs(now().getTime() - since.getTime()) >= KEPT_FOR
  const isOfUse = (kept: Kept<Session>): boolean =>
    kept.session.verdict.reason !== 'KeyRefused' && !isOver(kept) && ordersOf(kept.session.key).some(needsIt)

  const drop = (key: string): void => {
    const kept = all.get(key)
    if (!kept) return
    all.delete(key)
    close(kept.session)
  }

  const has = (key: string): boolean => {
    const kept = all.get(key)
    if (kept && !isOfUse(kept)) drop(key)
    return all.has(key)
  }

  return {
    keep: (session) => {
      drop(session.key)
      all.set(session.key, { session, since: now() })
      has(session.key)
    },
    of: (key, order, uid) => {
      if (order.metadata.deletionTimestamp === undefined || !has(key)) return undefined
      const session = all.get(key)?.session
      return uid === undefined || uid === session?.account.metadata.uid ? session : undefined
    },
    has,
    drop,
  }
}
