/** Foreground calls are those that somebody waits for; background calls give way to them. */
export type Priority = 'foreground' | 'background'

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

/** The rolling windows that the calls of one key must fit (docs/certcentral.md#rate-limits). */
export type Limits = {
  /** When the next call of that priority may be made, in clock milliseconds. */
  readyAt: (priority: Priority) => number
  /** Notes that a call is under way; the answer notes its end. */
  begin: (priority: Priority, now: number) => RollingWindow['end']
  /** Calls of that priority that could be made now. */
  available: (priority: Priority, now: number) => number
  /** Whether all that the rate allows could be called now. */
  isFull: (now: number) => boolean
  /** Another rate from now on; what was called before, and is under way, counts on. */
  setRate: (perSecond: number) => void
}

/** Of the documented 100 calls in any 5 s. */
const BURST = { calls: 90, spanMs: 5000 }
const DOCUMENTED_CALLS = 1000
/** The older and stricter stretch for those 1000 calls, and the one of the newest page. */
const STRICT_SPAN_MS = 300_000
const NEWER_SPAN_MS = 180_000
/** What may be used of a rate without a pause; the rest is there for a foreground call at any time. */
const SHARE_AT_ONCE = 0.95
const PACE_SECONDS = 20

const callsIn = (spanMs: number, perSecond: number): number => Math.max(1, Math.floor((perSecond * spanMs) / 1000))

/** A rate above 18 per second only exists where DigiCert raised the limits, so the burst grows with it. */
const burstWindow = (perSecond: number): RollingWindow =>
  rollingWindow(Math.max(BURST.calls, callsIn(BURST.spanMs, perSecond)), BURST.spanMs)

/** An even spread, or a thousand reissues would use up the long window and close it to new orders for minutes. */
const paceWindow = (perSecond: number): RollingWindow => {
  const calls = callsIn(PACE_SECONDS * 1000, perSecond)
  return rollingWindow(calls, (calls / perSecond) * 1000)
}

/**
 * All that foreground calls may use at once, and the rest drop by drop: a thousand new orders would else use up the long
 * window in a minute and close it to the one that comes after them for four.
 */
const dripWindows = (calls: number, kept: number, spanMs: number) => ({
  bulk: rollingWindow(Math.max(1, calls - kept), spanMs),
  drip: rollingWindow(1, spanMs / kept),
})

type Windows = Omit<Limits, 'begin' | 'setRate'> & {
  /** Those that a call of that priority counts in. */
  of: (priority: Priority, now: number) => readonly RollingWindow[]
  history: () => number[]
}

/**
 * The windows of a sustained rate. The long one holds what the rate gives over the strict span, and an idle account may
 * spend nearly all of it at the pace of the short one; a rate beyond the strict reading is measured over the newer span.
 */
const windowsFor = (perSecond: number, before: readonly number[]): Windows => {
  const spanMs = callsIn(STRICT_SPAN_MS, perSecond) <= DOCUMENTED_CALLS ? STRICT_SPAN_MS : NEWER_SPAN_MS
  const calls = callsIn(spanMs, perSecond)
  const kept = Math.ceil(calls * (1 - SHARE_AT_ONCE))
  const burst = burstWindow(perSecond)
  const sustained = rollingWindow(calls, spanMs)
  const pace = paceWindow(perSecond * SHARE_AT_ONCE)
  const { bulk, drip } = dripWindows(calls, kept, spanMs)
  const own = { foreground: () => Math.min(bulk.readyAt(), drip.readyAt()), background: () => pace.readyAt() }
  const withheld = { foreground: 0, background: kept }
  const ownWindow = (priority: Priority, now: number): RollingWindow => {
    if (priority === 'background') return pace
    return bulk.readyAt() <= now ? bulk : drip
  }
  for (const window of [burst, sustained, bulk]) {
    for (const at of before) {
      window.begin()
      window.end(at)
    }
  }
  return {
    readyAt: (priority) => Math.max(burst.readyAt(), sustained.readyAt(withheld[priority]), own[priority]()),
    of: (priority, now) => [burst, sustained, ownWindow(priority, now)],
    available: (priority, now) => {
      const shared = Math.min(burst.available(now), sustained.available(now) - withheld[priority])
      const left = priority === 'background' ? pace.available(now) : bulk.available(now) + drip.available(now)
      return Math.max(0, Math.min(shared, left))
    },
    isFull: (now) => [burst, sustained, bulk, drip, pace].every((window) => window.isEmpty(now)),
    history: sustained.history,
  }
}

const begun = (windows: readonly RollingWindow[]): readonly RollingWindow[] => {
  for (const window of windows) window.begin()
  return windows
}

/** Limits for a sustained rate. */
export const createLimits = (rate: number): Limits => {
  let current = rate
  let windows = windowsFor(rate, [])
  const underWay = new Set<{ priority: Priority; since: number; in: readonly RollingWindow[] }>()
  return {
    readyAt: (priority) => windows.readyAt(priority),
    available: (priority, now) => windows.available(priority, now),
    isFull: (now) => windows.isFull(now),
    begin: (priority, now) => {
      const call = { priority, since: now, in: begun(windows.of(priority, now)) }
      underWay.add(call)
      return (end) => {
        underWay.delete(call)
        for (const window of call.in) window.end(end)
      }
    },
    setRate: (perSecond) => {
      if (perSecond === current) return
      current = perSecond
      windows = windowsFor(perSecond, windows.history())
      for (const call of underWay) call.in = begun(windows.of(call.priority, call.since))
    },
  }
}
