import type { Account } from '../api/account.ts'
import {
  type Budget,
  type BudgetState,
  type BudgetTotals,
  type Clock,
  type Priority,
  createBudget,
  systemClock,
} from '../certcentral/index.ts'
import { hostOf } from './account-access.ts'
import { digest as sha256 } from './digest.ts'

/** One budget per API key, whatever number of accounts share it, and the gate before each. */
export type Spending = {
  /** The budget of an account whose API key that is. */
  budgetOf: (accountKey: string, apiKey: string, spec: Account['spec']) => Budget
  /**
   * The account is gone, or is about to be opened again. What its calls have used up of a budget is remembered for as long
   * as it counts, so that closing and opening it fills no budget up.
   */
  forget: (accountKey: string) => void
  /** What the work on orders of an account may be held up by. */
  gateOf: (accountKey: string) => string
  /**
   * Whether one more order may be worked on behind a gate, where so many are: as many as calls can be made for now, and
   * one, so that whoever needs no call is not held up for long by those who do.
   */
  admits: (gate: string, priority: Priority, held: number) => boolean
  /** For how long CertCentral wants no call of an account, in milliseconds; `undefined` where it asked for no pause. */
  pausedMs: (accountKey: string) => number | undefined
  /** Each budget, by the first account by name of those that share it: a key is nothing to show. */
  states: () => readonly (readonly [accountKey: string, state: BudgetState & BudgetTotals])[]
  /** How many budgets are kept, those included that no account uses any more. */
  size: () => number
}

/** A pass makes one call to look and one to act, as a rule. */
const CALLS_OF_A_PASS = 2

/** Budgets that no account uses any more are kept until they are full again, and so many at most. */
const MOST_UNUSED = 256

/** A budget, and the rates of the accounts that share it. */
type Shared = { gate: string; budget: Budget; rates: Map<string, number> }

/** Of several rates for one key the lowest counts: two accounts that share it must not spend twice what one says. */
const follow = ({ budget, rates }: Shared): void => {
  if (rates.size > 0) budget.setRate(Math.min(...rates.values()))
}

/** What a budget is kept by: the key itself is not. However a URL is written, limits are those of its host. */
const digestOf = (apiKey: string, spec: Account['spec']): string =>
  sha256(JSON.stringify([hostOf({ spec }) ?? spec.url, apiKey]))

/** The budgets by the digests of their keys. Those that are unused leave once they are full, the longest unused first. */
const createStore = (clock: Clock | undefined) => {
  const all = new Map<string, Shared>()
  const byGate = new Map<string, Shared>()
  const unused = new Map<string, Shared>()
  let made = 0

  const make = (digest: string, requestsPerSecond: number): Shared => {
    made += 1
    const budget = createBudget({ requestsPerSecond, ...(clock ? { clock } : {}) })
    const shared = { gate: `budget ${String(made)}`, budget, rates: new Map() }
    all.set(digest, shared)
    byGate.set(shared.gate, shared)
    return shared
  }

  const sweep = (): void => {
    for (const [digest, shared] of unused) {
      if (unused.size <= MOST_UNUSED && !shared.budget.isFull()) continue
      unused.delete(digest)
      all.delete(digest)
      byGate.delete(shared.gate)
    }
  }

  return {
    /** Gives the budget of a key to an account, where it is not kept one as a new one is. */
    use: (digest: string, requestsPerSecond: number): Shared => {
      const shared = all.get(digest) ?? make(digest, requestsPerSecond)
      unused.delete(digest)
      sweep()
      return shared
    },
    /** No account uses it any more. */
    leave: (digest: string, shared: Shared): void => {
      unused.set(digest, shared)
      sweep()
    },
    of: (gate: string) => byGate.get(gate)?.budget,
    list: () => [...all.values()],
    size: () => all.size,
  }
}

export const createSpending = (clock?: Clock): Spending => {
  const store = createStore(clock)
  const byAccount = new Map<string, { digest: string; shared: Shared }>()

  const forget = (accountKey: string): void => {
    const known = byAccount.get(accountKey)
    if (!known) return
    const { digest, shared } = known
    byAccount.delete(accountKey)
    shared.rates.delete(accountKey)
    follow(shared)
    if (shared.rates.size === 0) store.leave(digest, shared)
  }

  return {
    forget,
    budgetOf: (accountKey, apiKey, spec) => {
      forget(accountKey)
      const digest = digestOf(apiKey, spec)
      const shared = store.use(digest, spec.requestsPerSecond)
      byAccount.set(accountKey, { digest, shared })
      shared.rates.set(accountKey, spec.requestsPerSecond)
      follow(shared)
      return shared.budget
    },
    gateOf: (accountKey) => byAccount.get(accountKey)?.shared.gate ?? accountKey,
    states: () =>
      store.list().flatMap(({ budget, rates }) =>
        [...rates.keys()]
          .sort()
          .slice(0, 1)
          .map((accountKey) => [accountKey, { ...budget.state(), ...budget.totals() }] as const),
      ),
    size: store.size,
    pausedMs: (accountKey) => {
      const until = byAccount.get(accountKey)?.shared.budget.state().pausedUntil
      return until && until.getTime() - (clock ?? systemClock).now()
    },
    admits: (gate, priority, held) => {
      const budget = store.of(gate)
      return held === 0 || !budget || held < Math.floor(budget.room(priority) / CALLS_OF_A_PASS)
    },
  }
}
