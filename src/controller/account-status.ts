import type { Account, AccountStatus } from '../api/account.ts'
import type { Condition } from '../api/shapes.ts'
import type { Verdict } from './account-access.ts'

/** What no time mends: the spec, or the key, must change. A Secret or an answer that is still to come is waited for. */
const STALLED: readonly Verdict['reason'][] = ['HostNotAllowed', 'InvalidAccount', 'KeyRefused']

/** What was found of an account, as its status says it. */
export const conditionsOf = (
  account: Account,
  verdict: Verdict,
  now: Date,
): Pick<AccountStatus, 'observedGeneration' | 'conditions'> => {
  const generation = account.metadata.generation ?? 0
  const { reason, message } = verdict
  const condition = (type: string, status: Condition['status']): Condition => {
    const before = account.status?.conditions?.find((known) => known.type === type)
    const since = before?.status === status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`
    return { type, status, reason, message, observedGeneration: generation, lastTransitionTime: since }
  }
  return {
    observedGeneration: generation,
    conditions: [
      condition('Ready', verdict.ready === 'yes' ? 'True' : 'False'),
      ...(STALLED.includes(reason) ? [condition('Stalled', 'True')] : []),
    ],
  }
}

/** By how much a pause may seem to end at another time than before and still be the same one, in milliseconds. */
const SAME_PAUSE = 2000

/** Until when CertCentral wants no call, where it asked for a pause that lasts for so many milliseconds more. */
export const pauseOf = (
  { status }: Account,
  pausedMs: number | undefined,
  now: Date,
): Pick<AccountStatus, 'pausedUntil'> => {
  if (pausedMs === undefined) return {}
  const until = now.getTime() + pausedMs
  const before = status?.pausedUntil
  const isSame = before !== undefined && Math.abs(Date.parse(before) - until) < SAME_PAUSE
  return { pausedUntil: isSame ? before : `${new Date(Math.ceil(until / 1000) * 1000).toISOString().slice(0, 19)}Z` }
}
