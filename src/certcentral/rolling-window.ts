/** At most so many calls in any stretch of so many milliseconds. */
export type RollingWindow = {
  /**
   * When the next call may be made, in clock milliseconds; with `withheld`, as if the limit were that much lower.
   * Infinity while calls that are under way use up the limit: when they end is not known.
   */
  readyAt: (withheld?: number) => number
  /** Notes that a call is under way. */
  begin: () => void
  /** Notes that it has ended, or that it was not made after all. */
  end: (now: number | 'unmade') => void
  /** Calls that could be made now. */
  available: (now: number) => number
  /** Whether no call is under way, and none of before counts any more. */
  isEmpty: (now: number) => boolean
  /** When the last calls ended, the oldest first. */
  history: () => number[]
}

/**
 * A log of the last calls, which is exact where a token bucket is not: a bucket that lets an idle account spend all of
 * its allowance at once lets it spend nearly twice the allowance within the documented window. A call counts from its
 * beginning until a whole window after its end, because only its end tells that CertCentral has counted it by then.
 */
export const rollingWindow = (limit: number, spanMs: number): RollingWindow => {
  const ends = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  let next = 0
  let underWay = 0
  const last = (): number => ends[(next - 1 + limit) % limit] ?? 0
  return {
    readyAt: (withheld = 0) => {
      const room = Math.max(1, limit - withheld) - underWay
      return room <= 0 ? Number.POSITIVE_INFINITY : (ends[(next - room + limit) % limit] ?? 0) + spanMs
    },
    begin: () => {
      underWay += 1
    },
    end: (now) => {
      underWay -= 1
      if (now === 'unmade') return
      ends[next] = now
      next = (next + 1) % limit
    },
    available: (now) => {
      let recent = 0
      while (recent < limit && (ends[(next - 1 - recent + 2 * limit) % limit] ?? 0) + spanMs > now) recent += 1
      return Math.max(0, limit - recent - underWay)
    },
    isEmpty: (now) => underWay === 0 && last() + spanMs <= now,
    history: () => [...ends.subarray(next), ...ends.subarray(0, next)].filter(Number.isFinite),
  }
}
