import type { Priority } from './budget.ts'
import type { RollingWindow } from './rolling-window.ts'
import { rollingWindow } from './rolling-window.ts'

/** The rolling windows that the calls of one key must fit (reference/certcentral-api.md, section 1.3). */
export type Limits = {
  /** When the next call of that priority may be made, in clock milliseconds. */
  readyAt: (priority: Priority) => number
  /** Notes that a call is under way; the answer notes its end. */
  begin: (priority: Priority, now: number) => RollingWindow['end']
  /** Calls of that priority that could be made now. */
  available: (priority: Priority, now: number) => number
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

/**
 * Limits for a sustained rate. The long window holds what the rate gives over the strict span, and an idle account may
 * spend nearly all of it at the pace of the short window; a rate beyond the strict reading is measured over the newer span.
 */
export const createLimits = (perSecond: number): Limits => {
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
  return {
    readyAt: (priority) => Math.max(burst.readyAt(), sustained.readyAt(withheld[priority]), own[priority]()),
    begin: (priority, now) => {
      const windows = [burst, sustained, ownWindow(priority, now)]
      for (const window of windows) window.begin()
      return (end) => {
        for (const window of windows) window.end(end)
      }
    },
    available: (priority, now) => {
      const shared = Math.min(burst.available(now), sustained.available(now) - withheld[priority])
      const left = priority === 'background' ? pace.available(now) : bulk.available(now) + drip.available(now)
      return Math.max(0, Math.min(shared, left))
    },
  }
}
