/** At most so many calls in any stretch of so many milliseconds. */
export type RollingWindow = {
  /** When the next call may be made, in clock milliseconds; with `withheld`, as if the limit were that much lower. */
  readyAt: (withheld?: number) => number
  /** Notes a call made now. */
  take: (now: number) => void
  /** Calls that could be made now. */
  available: (now: number) => number
}

/**
 * A log of the last calls, which is exact where a token bucket is not: a bucket that lets an idle account spend all of
 * its allowance at once lets it spend nearly twice the allowance within the documented window.
 */
export const rollingWindow = (limit: number, spanMs: number): RollingWindow => {
  const calls = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  let next = 0
  return {
    readyAt: (withheld = 0) => {
      const back = Math.max(1, limit - withheld)
      return (calls[(next - back + limit) % limit] ?? 0) + spanMs
    },
    take: (now) => {
      calls[next] = now
      next = (next + 1) % limit
    },
    available: (now) => calls.filter((at) => at + spanMs <= now).length,
  }
}
