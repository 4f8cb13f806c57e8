/** `high` is for calls that a person waits for; `low` is for all others, which give way to them. */
export type Priority = 'high' | 'low'

/** At most so many calls in any stretch of so many milliseconds. */
export type RollingWindow = {
  /**
   * When the next call may start, in clock milliseconds; with `reserved`, as if the limit were that much lower.
   * Infinity while running calls use up the limit: nobody knows when they end.
   */
  readyAt: (reserved?: number) => number
  /** Records that a call starts. */
  begin: () => void
  /** Records when it ended, in clock milliseconds, or that it was not made after all. */
  end: (now: number | 'unused') => void
  /** Calls that could start now. */
  available: (now: number) => number
  /** Whether no call is running and no earlier one counts any longer. */
  isEmpty: (now: number) => boolean
  /** When the last calls ended, the oldest first. */
  history: () => number[]
}

/**
 * Creates a log of the last calls. A token bucket would not be exact: an idle account could spend all of its allowance at
 * once and nearly as much again within the documented window. A call counts from its start until a whole window after its
 * end, because only its end proves that CertCentral has counted it.
 */
const createRollingWindow = (limit: number, spanMs: number): RollingWindow => {
  const ends = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY)
  let next = 0
  let running = 0
  const last = (): number => ends[(next - 1 + limit) % limit] ?? 0
  return {
    readyAt: (reserved = 0) => {
      const free = Math.max(1, limit - reserved) - running
      return free <= 0 ? Number.POSITIVE_INFINITY : (ends[(next - free + limit) % limit] ?? 0) + spanMs
    },
    begin: () => {
      running += 1
    },
    end: (now) => {
      running -= 1
      if (now === 'unused') return
      ends[next] = now
      next = (next + 1) % limit
    },
    available: (now) => {
      let recent = 0
      while (recent < limit && (ends[(next - 1 - recent + 2 * limit) % limit] ?? 0) + spanMs > now) recent += 1
      return Math.max(0, limit - recent - running)
    },
    isEmpty: (now) => running === 0 && last() + spanMs <= now,
    history: () => [...ends.subarray(next), ...ends.subarray(0, next)].filter(Number.isFinite),
  }
}

/** The rolling windows that the calls of one key must fit (docs/certcentral.md#rate-limits). */
export type RateWindows = {
  /** When the next call of that priority may start, in clock milliseconds. */
  readyAt: (priority: Priority) => number
  /** Records that a call starts. Returns the function that records its end. */
  begin: (priority: Priority, now: number) => RollingWindow['end']
  /** Calls of that priority that could start now. */
  available: (priority: Priority, now: number) => number
  /** Whether all that the rate allows could be called now. */
  isIdle: (now: number) => boolean
  /** Changes the rate. Earlier and running calls still count. */
  setRate: (requestsPerSecond: number) => void
}

/** Below the documented 100 calls in any 5 s. */
const BURST = { calls: 90, spanMs: 5000 }
const DOCUMENTED_CALLS = 1000
/** The span of these 1,000 calls: the older page says 5 minutes, the newest one 3. */
const STRICT_SPAN_MS = 300_000
const NEWER_SPAN_MS = 180_000
/** The part of a rate that may be used without a pause. The rest is there for high-priority calls at any time. */
const UNRESERVED_SHARE = 0.95
const PACE_SPAN_MS = 20_000

const callsIn = (spanMs: number, perSecond: number): number => Math.max(1, Math.floor((perSecond * spanMs) / 1000))

/** A rate above 18 per second exists only where DigiCert raised the limits, so the burst grows with it. */
const createBurstWindow = (perSecond: number): RollingWindow =>
  createRollingWindow(Math.max(BURST.calls, callsIn(BURST.spanMs, perSecond)), BURST.spanMs)

/** Spreads low-priority calls evenly. A thousand reissues would otherwise use up the long window for minutes. */
const createPacedWindow = (perSecond: number): RollingWindow => {
  const calls = callsIn(PACE_SPAN_MS, perSecond)
  return createRollingWindow(calls, (calls / perSecond) * 1000)
}

/**
 * Splits the long window for high-priority calls: all but the reserve may be used at once, and the reserve is released
 * evenly. A thousand new orders would otherwise use up the window in a minute, and the next order would wait for four.
 */
const createHighWindows = (calls: number, reserved: number, spanMs: number) => ({
  unreserved: createRollingWindow(Math.max(1, calls - reserved), spanMs),
  reserve: createRollingWindow(1, spanMs / reserved),
})

type WindowSet = Omit<RateWindows, 'begin' | 'setRate'> & {
  /** The windows that a call of that priority counts in. */
  windowsOf: (priority: Priority, now: number) => readonly RollingWindow[]
  history: () => number[]
}

/**
 * Creates the windows of a sustained rate. The long one holds what the rate allows over the strict span, and an idle
 * account may use nearly all of it at the pace of the short one. A rate beyond the strict limit is measured over the newer
 * span.
 */
const createWindowSet = (perSecond: number, history: readonly number[]): WindowSet => {
  const spanMs = callsIn(STRICT_SPAN_MS, perSecond) <= DOCUMENTED_CALLS ? STRICT_SPAN_MS : NEWER_SPAN_MS
  const calls = callsIn(spanMs, perSecond)
  const reservedCalls = Math.ceil(calls * (1 - UNRESERVED_SHARE))
  const burst = createBurstWindow(perSecond)
  const sustained = createRollingWindow(calls, spanMs)
  const paced = createPacedWindow(perSecond * UNRESERVED_SHARE)
  const { unreserved, reserve } = createHighWindows(calls, reservedCalls, spanMs)
  const ownReadyAt = { high: () => Math.min(unreserved.readyAt(), reserve.readyAt()), low: () => paced.readyAt() }
  const reserved = { high: 0, low: reservedCalls }
  const ownWindow = (priority: Priority, now: number): RollingWindow => {
    if (priority === 'low') return paced
    return unreserved.readyAt() <= now ? unreserved : reserve
  }
  for (const window of [burst, sustained, unreserved]) {
    for (const at of history) {
      window.begin()
      window.end(at)
    }
  }
  return {
    readyAt: (priority) => Math.max(burst.readyAt(), sustained.readyAt(reserved[priority]), ownReadyAt[priority]()),
    windowsOf: (priority, now) => [burst, sustained, ownWindow(priority, now)],
    available: (priority, now) => {
      const shared = Math.min(burst.available(now), sustained.available(now) - reserved[priority])
      const own = priority === 'low' ? paced.available(now) : unreserved.available(now) + reserve.available(now)
      return Math.max(0, Math.min(shared, own))
    },
    isIdle: (now) => [burst, sustained, unreserved, reserve, paced].every((window) => window.isEmpty(now)),
    history: sustained.history,
  }
}

const beginIn = (windows: readonly RollingWindow[]): readonly RollingWindow[] => {
  for (const window of windows) window.begin()
  return windows
}

/** Creates the windows of a sustained rate, which can be changed later. */
export const createRateWindows = (requestsPerSecond: number): RateWindows => {
  let rate = requestsPerSecond
  let current = createWindowSet(rate, [])
  const running = new Set<{ priority: Priority; startedAt: number; windows: readonly RollingWindow[] }>()
  return {
    readyAt: (priority) => current.readyAt(priority),
    available: (priority, now) => current.available(priority, now),
    isIdle: (now) => current.isIdle(now),
    begin: (priority, now) => {
      const call = { priority, startedAt: now, windows: beginIn(current.windowsOf(priority, now)) }
      running.add(call)
      return (end) => {
        running.delete(call)
        for (const window of call.windows) window.end(end)
      }
    },
    setRate: (perSecond) => {
      if (perSecond === rate) return
      rate = perSecond
      current = createWindowSet(perSecond, current.history())
      for (const call of running) call.windows = beginIn(current.windowsOf(call.priority, call.startedAt))
    },
  }
}
