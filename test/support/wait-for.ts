import { setTimeout as pause } from 'node:timers/promises'

/** What is waited for, how long at most and how often to look. */
export type Waiting = {
  /** Said when the wait was in vain: "no <what> within 5000 ms". */
  readonly what: string
  readonly limitMs: number
  readonly everyMs?: number
}

/**
 * Looks again and again until the condition gives something that is not undefined, null or false, and returns that.
 * @throws Error that names what was waited for and the last error of the condition, once the limit has passed.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, limitMs, everyMs = 50 }: Waiting,
): Promise<Exclude<Awaited<T>, undefined | null | false>> {
  const end = performance.now() + limitMs
  for (;;) {
    const seen = await attempt(condition)
    if ('value' in seen && seen.value !== undefined && seen.value !== null && seen.value !== false) {
      return seen.value as Exclude<Awaited<T>, undefined | null | false>
    }
    if (performance.now() >= end) {
      throw new Error(`no ${what} within ${limitMs} ms`, 'error' in seen ? { cause: seen.error } : undefined)
    }
    await pause(everyMs)
  }
}

async function attempt<T>(condition: () => T | Promise<T>): Promise<{ value: Awaited<T> } | { error: unknown }> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}
