import type { RemoteOrder } from '../order/observation.ts'
import type { Told } from './transitions.ts'

/** What the Secret was last written for. */
export type Written = {
  certificateId: number | undefined
  /** What spec and passwords wanted of it then. */
  wish: string
}

/** The repairs of one Secret that this process made. */
export type Repairs = {
  /** Since the last ten quiet minutes. */
  count: number
  lastAt: Date
  managers: readonly string[]
  wasMissing: 'yes' | 'no'
  /** All of them, by the field manager that was named first; under the empty name where none was. */
  totals: ReadonlyMap<string, number>
}

/**
 * What the process remembers of an order between passes. All of it may be lost at any moment: it saves calls and
 * spreads them, and nothing that spends money rests on it.
 */
export type Recollection = {
  /** When CertCentral was last asked of this order, or what was heard of it. */
  lookedAt: Date
  /** What the feed said that the status does not know yet. */
  heard: RemoteOrder | undefined
  /**
   * Looks made since something happened after which CertCentral usually issues within seconds; `undefined` where
   * nothing did.
   */
  quickLooks: number | undefined
  /** How often in a row a call for it failed. */
  failedCalls: number
  /** Look-ups made since the order was sent without an answer, and when the last one was. */
  searches: number
  searchedAt: Date | undefined
  /** When the first of them was. */
  searchedSince: Date | undefined
  /** The access to the account under which something was last refused, by its hash. */
  refusedUnder: string | undefined
  /** When the certificate of the plan before a renewal could last not be had. */
  formerTriedAt: Date | undefined
  /** When the object was first seen to be going. */
  deletingSince: Date | undefined
  /** When a CSR was last handed in. */
  csrSentAt: Date | undefined
  /** A chain that came with an answer, so that it need not be fetched. */
  chain: { certificateId: number; pem: string } | undefined
  /** What the target Secret was last written for, by this process. */
  written: Written | undefined
  /** Repairs of the target Secret; `undefined` where this process made none. */
  repairs: Repairs | undefined
  /** Whether this process made its key, and sent nothing with it yet: then no order can have it. */
  keyIsNew: boolean
  /** Orders of its name, in the account of that key, that were read and have another public key. */
  ordersRead: { account: string; ids: Set<number> } | undefined
  /** The annotations for which CertCentral was last asked to check the domains (`checkRequestOf`). */
  checkedFor: string | undefined
  /** What was last said of it by an Event, and when; what a process finds counts as said when it finds it. */
  said: { reason: string; at: Date } | undefined
  /** What the log has of it. */
  told: Told | undefined
}

/** Recollections by `namespace/name`. */
export type Memory = {
  of: (key: string) => Recollection
  /** What was known till now, if anything. */
  forget: (key: string) => Recollection | undefined
  /** The orders whose Secret was repaired, by key. */
  repaired: () => readonly (readonly [key: string, repairs: Repairs])[]
}

/** @param startedAt counts as the time of the last look: after a start the feed tells what changed, not single looks */
export const createMemory = (startedAt: Date): Memory => {
  const recollections = new Map<string, Recollection>()
  return {
    of: (key) => {
      const known = recollections.get(key)
      if (known) return known
      const fresh: Recollection = {
        lookedAt: startedAt,
        heard: undefined,
        quickLooks: undefined,
        failedCalls: 0,
        searches: 0,
        searchedAt: undefined,
        searchedSince: undefined,
        refusedUnder: undefined,
        deletingSince: undefined,
        csrSentAt: undefined,
        formerTriedAt: undefined,
        chain: undefined,
        written: undefined,
        repairs: undefined,
        ordersRead: undefined,
        keyIsNew: false,
        checkedFor: undefined,
        said: undefined,
        told: undefined,
      }
      recollections.set(key, fresh)
      return fresh
    },
    forget: (key) => {
      const known = recollections.get(key)
      recollections.delete(key)
      return known
    },
    repaired: () => [...recollections].flatMap(([key, { repairs }]) => (repairs ? [[key, repairs] as const] : [])),
  }
}
