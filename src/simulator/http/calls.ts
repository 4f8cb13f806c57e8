import { isoTime } from '../dates.ts'

/** One call as the control API lists it. Status 0 is a connection that was cut without an answer. */
export type RecordedCall = {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly status: number
}

/** Counts of the calls that came in. */
export type Calls = {
  count: (endpoint: string) => void
  record: (at: number, call: Omit<RecordedCall, 'at'>) => void
  reset: () => void
  dump: () => { total: number; byEndpoint: Record<string, number>; last: readonly RecordedCall[] }
}

const kept = 1000

/** Empty counts. */
export function createCalls(): Calls {
  const byEndpoint = new Map<string, number>()
  let last: RecordedCall[] = []
  let total = 0
  return {
    count: (endpoint) => {
      total += 1
      byEndpoint.set(endpoint, (byEndpoint.get(endpoint) ?? 0) + 1)
    },
    record: (at, call) => {
      last.push({ at: isoTime(at), ...call })
      if (last.length >= 2 * kept) last = last.slice(-kept)
    },
    reset: () => {
      byEndpoint.clear()
      last = []
      total = 0
    },
    dump: () => ({ total, byEndpoint: Object.fromEntries(byEndpoint), last: last.slice(-kept) }),
  }
}
