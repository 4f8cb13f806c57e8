import type { Account } from '../api/account.ts'
import {
  type Clock,
  type Priority,
  type RateLimiter,
  type RateLimiterState,
  type RateLimiterTotals,
  createRateLimiter,
  systemClock,
} from '../certcentral/index.ts'
import { hostOf } from './account-access.ts'
import { digest as sha256 } from './digest.ts'

/** The rate limiters of all API keys, one per key, however many accounts share it. */
export type RateLimiters = {
  /** Returns the limiter of an account with that API key. */
  limiterOf: (accountKey: string, apiKey: string, spec: Account['spec']) => RateLimiter
  /**
   * The account is deleted, or will be opened again. The limiter is kept for as long as earlier calls count, so that closing
   * and opening an account does not renew its limits.
   */
  forget: (accountKey: string) => void
  /** The group of an account for the admission of the queue: the accounts that share its key. */
  groupOf: (accountKey: string) => string
  /**
   * Whether one more order of a group may be reconciled while so many are: as many as the limiter has calls for, and always
   * one, so that orders that need no call are not held up for long.
   */
  canStart: (group: string, priority: Priority, inFlight: number) => boolean
  /** How much longer CertCentral's pause for an account lasts, in milliseconds; `undefined` without a pause. */
  pausedMs: (accountKey: string) => number | undefined
  /** The state of each limiter, under the first by name of the accounts that share it: an API key must not be shown. */
  states: () => readonly (readonly [accountKey: string, state: RateLimiterState & RateLimiterTotals])[]
  /** How many limiters there are, including those that no account uses any longer. */
  size: () => number
}

/** A reconcile usually makes one call to look and one to act. */
const CALLS_PER_RECONCILE = 2

/** At most so many limiters that no account uses are kept, and each only until it is idle. */
const MAX_UNUSED = 256

/** A limiter with the rates of the accounts that share it. */
type SharedLimiter = { group: string; limiter: RateLimiter; rates: Map<string, number> }

/** Applies the lowest of the rates: two accounts that share a key must not make twice the calls that one allows. */
const applyRate = ({ limiter, rates }: SharedLimiter): void => {
  if (rates.size > 0) limiter.setRate(Math.min(...rates.values()))
}

/** The key of a limiter in the store, without the API key itself. Limits are per host, however the URL is written. */
const digestOf = (apiKey: string, spec: Account['spec']): string =>
  sha256(JSON.stringify([hostOf({ spec }) ?? spec.url, apiKey]))

/** Limiters by the digests of their keys. Unused ones are removed once they are idle, the longest unused first. */
const createStore = (clock: Clock | undefined) => {
  const all = new Map<string, SharedLimiter>()
  const byGroup = new Map<string, SharedLimiter>()
  const unused = new Map<string, SharedLimiter>()
  let made = 0

  const make = (digest: string, requestsPerSecond: number): SharedLimiter => {
    made += 1
    const limiter = createRateLimiter({ requestsPerSecond, ...(clock ? { clock } : {}) })
    const shared = { group: `limiter ${String(made)}`, limiter, rates: new Map() }
    all.set(digest, shared)
    byGroup.set(shared.group, shared)
    return shared
  }

  const sweep = (): void => {
    for (const [digest, shared] of unused) {
      if (unused.size <= MAX_UNUSED && !shared.limiter.isIdle()) continue
      unused.delete(digest)
      all.delete(digest)
      byGroup.delete(shared.group)
    }
  }

  return {
    /** Returns the limiter of that digest, and creates it where there is none. */
    use: (digest: string, requestsPerSecond: number): SharedLimiter => {
      const shared = all.get(digest) ?? make(digest, requestsPerSecond)
      unused.delete(digest)
      sweep()
      return shared
    },
    /** Marks a limiter that no account uses any longer. */
    leave: (digest: string, shared: SharedLimiter): void => {
      unused.set(digest, shared)
      sweep()
    },
    of: (group: string) => byGroup.get(group)?.limiter,
    list: () => [...all.values()],
    size: () => all.size,
  }
}

export const createRateLimiters = (clock?: Clock): RateLimiters => {
  const store = createStore(clock)
  const byAccount = new Map<string, { digest: string; shared: SharedLimiter }>()

  const forget = (accountKey: string): void => {
    const known = byAccount.get(accountKey)
    if (!known) return
    const { digest, shared } = known
    byAccount.delete(accountKey)
    shared.rates.delete(accountKey)
    applyRate(shared)
    if (shared.rates.size === 0) store.leave(digest, shared)
  }

  return {
    forget,
    limiterOf: (accountKey, apiKey, spec) => {
      forget(accountKey)
      const digest = digestOf(apiKey, spec)
      const shared = store.use(digest, spec.requestsPerSecond)
      byAccount.set(accountKey, { digest, shared })
      shared.rates.set(accountKey, spec.requestsPerSecond)
      applyRate(shared)
      return shared.limiter
    },
    groupOf: (accountKey) => byAccount.get(accountKey)?.shared.group ?? accountKey,
    states: () =>
      store.list().flatMap(({ limiter, rates }) =>
        [...rates.keys()]
          .sort()
          .slice(0, 1)
          .map((accountKey) => [accountKey, { ...limiter.state(), ...limiter.totals() }] as const),
      ),
    size: store.size,
    pausedMs: (accountKey) => {
      const until = byAccount.get(accountKey)?.shared.limiter.state().pausedUntil
      return until && until.getTime() - (clock ?? systemClock).now()
    },
    canStart: (group, priority, inFlight) => {
      const limiter = store.of(group)
      return inFlight === 0 || !limiter || inFlight < Math.floor(limiter.available(priority) / CALLS_PER_RECONCILE)
    },
  }
}
