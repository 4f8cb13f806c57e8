import type { Priority } from './budget.ts'
import type { RollingWindow } from './rolling-window.ts'
import { rollingWindow } from './rolling-window.ts'

/** The rolling windows that the calls of one key must fit (reference/certcentral-api.md, section 1.3). */
export type Limits = {
  /** When the next call of that priority may be made, in clock milliseconds. */
  readyAt: (priority: Priority) => number
  take: (priority: Priority, now: number) => void
  /** Foreground calls that could be made now. */
  available: (now: number) => number
}

/** Of the documented 100 calls in any 5 s. */
const BURST = { calls: 90, spanMs: 5000 }
const DOCUMENTED_CALLS = 1000
/** The older and stricter stretch for those 1000 calls, and the one of the newest page. */
const STRICT_SPAN_MS = 300_000
const NEWER_SPAN_MS = 180_000
/** What background calls may use of a rate; the rest is there for a foreground call at any time. */
const BACKGROUND_SHARE = 0.95
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
 * Limits for a sustained rate. The long window holds what the rate gives over the strict span, and an idle account may
 * spend all of it at the pace of the short window; a rate beyond the strict reading is measured over the newer span.
 */
export const createLimits = (perSecond: number): Limits => {
  const spanMs = callsIn(STRICT_SPAN_MS, perSecond) <= DOCUMENTED_CALLS ? STRICT_SPAN_MS : NEWER_SPAN_MS
  const calls = callsIn(spanMs, perSecond)
  const withheld = Math.ceil(calls * (1 - BACKGROUND_SHARE))
  const burst = burstWindow(perSecond)
  const sustained = rollingWindow(calls, spanMs)
  const pace = paceWindow(perSecond * BACKGROUND_SHARE)
  return {
    readyAt: (priority) =>
      priority === 'foreground'
        ? Math.max(burst.readyAt(), sustained.readyAt())
        : Math.max(burst.readyAt(), sustained.readyAt(withheld), pace.readyAt()),
    take: (priority, now) => {
      burst.take(now)
      sustained.take(now)
      if (priority === 'background') pace.take(now)
    },
    available: (now) => Math.min(burst.available(now), sustained.available(now)),
  }
}
