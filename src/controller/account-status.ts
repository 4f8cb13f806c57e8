import type { Account, AccountStatus } from '../api/account.ts'
import type { Verdict } from './account-access.ts'
import type { DayCount } from './day-counts.ts'

/** The whole status of an account. */
export const accountStatusOf = (account: Account, verdict: Verdict, day: DayCount, now: Date): AccountStatus => {
  const before = account.status?.conditions?.find(({ type }) => type === 'Ready')
  const status = verdict.ready === 'yes' ? 'True' : 'False'
  const generation = account.metadata.generation ?? 0
  return {
    observedGeneration: generation,
    conditions: [
      {
        type: 'Ready',
        status,
        reason: verdict.reason,
        message: verdict.message,
        observedGeneration: generation,
        lastTransitionTime:
          before?.status === status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`,
      },
    ],
    ...(day.count > 0 ? { ordersToday: day } : {}),
  }
}
