import type { Account, AccountKind } from '../../api/account.ts'
import type { Sample } from '../../telemetry/metrics.ts'
import type { Accounts } from '../accounts.ts'
import type { RateLimiters } from '../rate-limiters.ts'
import { keyOfAccount } from '../watches.ts'
import { readyStatuses } from './orders.ts'

/** What the leader knows of accounts beyond their status. */
export type KnownOfAccounts = Pick<Accounts, 'ordersToday' | 'aheadMs'>

const aheadSamples = (account: string, aheadMs: number | undefined): Sample[] =>
  aheadMs === undefined
    ? []
    : [{ name: 'digicert_operator_account_clock_ahead_seconds', labels: { account }, value: aheadMs / 1000 }]

const samplesOf = (account: string, { spec, status }: Account, known: KnownOfAccounts): Sample[] => {
  const reason = status?.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'NotChecked'
  return [
    ...readyStatuses(status?.conditions).map(({ condition, value }) => ({
      name: 'digicert_operator_account_ready_status' as const,
      labels: { account, condition },
      value,
    })),
    { name: 'digicert_operator_account_status', labels: { account, reason }, value: 1 },
    { name: 'digicert_operator_account_orders_today', labels: { account }, value: known.ordersToday(account) },
    {
      name: 'digicert_operator_account_max_orders_per_day',
      labels: { account },
      value: spec.policy.maxOrdersPerDay,
    },
    ...aheadSamples(account, known.aheadMs(account)),
  ]
}

/** All figures of the accounts of a kind. */
export const samplesOfAccounts = (kind: AccountKind, accounts: readonly Account[], known: KnownOfAccounts): Sample[] =>
  accounts.flatMap((account) => samplesOf(keyOfAccount(kind, account), account, known))

/** The samples of all rate limiters. */
export const samplesOfRateLimiters = (rateLimiters: Pick<RateLimiters, 'states'>): Sample[] =>
  rateLimiters.states().flatMap(([account, { available, waiting, pausedUntil, waitedMs, pausedMs }]) => {
    const labels = { account }
    return [
      { name: 'digicert_operator_rate_limit_available_calls', labels, value: available },
      { name: 'digicert_operator_rate_limit_waiting_calls', labels, value: waiting },
      { name: 'digicert_operator_rate_limit_paused', labels, value: pausedUntil ? 1 : 0 },
      { name: 'digicert_operator_rate_limit_waited_seconds_total', labels, value: waitedMs / 1000 },
      { name: 'digicert_operator_rate_limit_paused_seconds_total', labels, value: pausedMs / 1000 },
    ] satisfies Sample[]
  })
