import type { Account } from '../api/account.ts'
import { type Budget, type Clock, type Priority, createBudget } from '../certcentral/index.ts'

/** One budget per API key, whatever number of accounts share it, and the gate before each. */
export type Spending = {
  /** The budget of an account whose API key that is. */
  budgetOf: (accountKey: string, apiKey: string, spec: Account['spec']) => Budget
  /** What the work on orders of an account may be held up by. */
  gateOf: (accountKey: string) => string
  /**
   * Whether one more order may be worked on behind a gate, where so many are: as many as calls can be made for now, and
   * one, so that whoever needs no call is not held up for long by those who do.
   */
  admits: (gate: string, priority: Priority, held: number) => boolean
}

/** A pass makes one call to look and one to act, as a rule. */
const CALLS_OF_A_PASS = 2

type Purse = { gate: string; requestsPerSecond: number; budget: Budget }

export const createSpending = (clock?: Clock): Spending => {
  const purses = new Map<string, Purse>()
  const budgets = new Map<string, Budget>()
  const gates = new Map<string, string>()

  const purseOf = (apiKey: string, { url, requestsPerSecond }: Account['spec']): Purse => {
    const shared = `${url} ${apiKey}`
    const known = purses.get(shared)
    if (known?.requestsPerSecond === requestsPerSecond) return known
    const gate = known?.gate ?? `budget ${String(purses.size + 1)}`
    const purse = { gate, requestsPerSecond, budget: createBudget({ requestsPerSecond, ...(clock ? { clock } : {}) }) }
    purses.set(shared, purse)
    budgets.set(gate, purse.budget)
    return purse
  }

  return {
    budgetOf: (accountKey, apiKey, spec) => {
      const { gate, budget } = purseOf(apiKey, spec)
      gates.set(accountKey, gate)
      return budget
    },
    gateOf: (accountKey) => gates.get(accountKey) ?? accountKey,
    admits: (gate, priority, held) => {
      const budget = budgets.get(gate)
      return held === 0 || !budget || held < Math.floor(budget.room(priority) / CALLS_OF_A_PASS)
    },
  }
}
