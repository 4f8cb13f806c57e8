/** Pauses that double, with jitter, up to a limit. */
export type Backoff = {
  /** The next pause in milliseconds. */
  next: () => number
  reset: () => void
}

/** Limits of a back-off; `random` answers 0 ≤ x < 1. */
export type BackoffOptions = { readonly baseMs: number; readonly maxMs: number; readonly random: () => number }

/** A doubling pause for one thing that fails in a row. */
export function createBackoff(options: BackoffOptions): Backoff {
  let failures = 0
  return {
    next: () => backoffMs(options, failures++),
    reset: () => (failures = 0),
  }
}

/**
 * The pause after so many earlier failures: between half of the doubled base and the whole of it.
 * Spreading it keeps clients of one server, which all failed together, from coming back together.
 */
export function backoffMs({ baseMs, maxMs, random }: BackoffOptions, failures: number): number {
  const whole = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 40))
  return whole * (0.5 + 0.5 * random())
}
