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
