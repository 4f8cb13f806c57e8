import type { Settings } from '../settings.ts'

/** Rolling windows per API key. Requests that are refused do not count. */
export type RateLimit = { admit: (key: string, now: number, limits: Settings['rateLimits']) => boolean }

/** Limits of DigiCert's older, stricter page (docs/certcentral.md#rate-limits), unless the settings say otherwise. */
export function createRateLimit(): RateLimit {
  const seen = new Map<string, number[]>()
  return {
    admit: (key, now, limits) => {
      if (!limits.enabled) return true
      const recent = (seen.get(key) ?? []).filter((time) => time > now - 300_000)
      seen.set(key, recent)
      const lastSeconds = recent.filter((time) => time > now - 5_000).length
      if (lastSeconds >= limits.per5Seconds || recent.length >= limits.per5Minutes) return false
      recent.push(now)
      return true
    },
  }
}
