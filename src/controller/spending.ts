import type { Account } from '../api/account.ts'
import {
  type Budget,
  type BudgetState,
  type BudgetTotals,
  type Clock,
  type Priority,
  createBudget,
} from '../certcentral/index.ts'

/** One budget per API key, whatever number of accounts share it, and the gate before each. */
export type Spending = {
  /** The budget of an account whose API key that is. */
  budgetOf: (accountKey: string, apiKey: string, spec: Account['spec']) => Budget
  /** The account is gone, or is about to be opened anew. */
  forget: (accountKey: string) => void
  /** What the work on orders of an account may be held up by. */
  gateOf: (accountKey: string) => string
  /**
   * Whether one more order may be worked on behind a gate, where so many are: as many as calls can be made for now, and
   * one, so that whoever needs no call is not held up for long by those who do.
   */
  admits: (gate: string, priority: Priority, held: number) => boolean
  /** Each budget, by the first account by name of those that share it: a key is nothing to show. */
  states: () => readonly (readonly [accountKey: string, state: BudgetState & BudgetTotals])[]
}

/** A pass makes one call to look and one to act, as a rule. */
const CALLS_OF_A_PASS = 2

/** A budget, and the rates of the accounts that share it. */
type Purse = { gate: string; budget: Budget; rates: Map<string, number> }

/** Of several rates for one key the lowest counts: two accounts that share it must not spend twice what one says. */
const follow = ({ budget, rates }: Purse): void => {
  if (rates.size > 0) budget.setRate(Math.min(...rates.values()))
}

export const createSpending = (clock?: Clock): Spending => {
  const purses = new Map<string, Purse>()
  const gates = new Map<string, Purse>()
  const byAccount = new Map<string, Purse>()

  const purseOf = (apiKey: string, { url, requestsPerSecond }: Account['spec']): Purse => {
    const shared = `${url} ${apiKey}`
    const known = purses.get(shared)
    if (known) return known
    const budget = createBudget({ requestsPerSecond, ...(clock ? { clock } : {}) })
    const purse = { gate: `budget ${String(purses.size + 1)}`, budget, rates: new Map() }
    purses.set(shared, purse)
    gates.set(purse.gate, purse)
    return purse
  }

  const forget = (accountKey: string): void => {
    const purse = byAccount.get(accountKey)
    byAccount.delete(accountKey)
    if (purse?.rates.delete(accountKey)) follow(purse)
  }

  return {
    forget,
    budgetOf: (accountKey, apiKey, spec) => {
      forget(accountKey)
      const purse = purseOf(apiKey, spec)
      byAccount.set(accountKey, purse)
      purse.rates.set(accountKey, spec.requestsPerSecond)
      follow(purse)
      return purse.budget
    },
    gateOf: (accountKey) => byAccount.get(accountKey)?.gate ?? accountKey,
    states: () =>
      [...purses.values()].flatMap(({ budget, rates }) =>
        [...rates.keys()]
          .sort()
          .slice(0, 1)
          .map((accountKey) => [accountKey, { ...budget.state(), ...budget.totals() }] as const),
      ),
    admits: (gate, priority, held) => {
      const budget = gates.get(gate)?.budget
      return held === 0 || !budget || held < Math.floor(budget.room(priority) / CALLS_OF_A_PASS)
    },
  }
}
