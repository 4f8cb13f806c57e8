/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** Secrets that are looked for by their value while anyone holds them. */
export type HeldSecrets = {
  /** Holds a secret until what comes back is called; each call holds it once more. One that is too short is not held. */
  hold: (secret: string) => () => void
  /** A text without the secrets that are held, nor the beginning of one that was cut. */
  without: (text: string) => string
  /** How many different secrets are held. */
  size: () => number
}

/** So many characters at its beginning identify a secret; a shorter one cannot be held. */
const IDENTIFYING = 20

const HOLDABLE = /^[\u0021-\u007e]{20,}$/

/** Runs of text that are long enough for a secret. Nearly all words of a log are shorter. */
const LONG_RUN = /[\u0021-\u007e]{20,}/g

/** Secrets that begin alike: how often each is held, and the length of the longest. */
type Alike = { counts: Map<string, number>; longest: number }

/**
 * Holds secrets of printable ASCII. A text is gone through once, whatever number of secrets there is: at each place the
 * next 20 characters are looked up. Where they begin a secret, as much is blotted out as the longest that begins so has.
 */
export const createHeldSecrets = (): HeldSecrets => {
  const byBeginning = new Map<string, Alike>()

  const withoutRun = (run: string): string => {
    let safe = ''
    let from = 0
    let at = 0
    while (at + IDENTIFYING <= run.length) {
      const found = byBeginning.get(run.slice(at, at + IDENTIFYING))
      if (found) {
        safe += run.slice(from, at) + REDACTED
        from = at + found.longest
      }
      at = found ? from : at + 1
    }
    return safe + run.slice(from)
  }

  const count = (secret: string, by: 1 | -1): void => {
    const beginning = secret.slice(0, IDENTIFYING)
    const { counts } = byBeginning.get(beginning) ?? { counts: new Map<string, number>() }
    const times = (counts.get(secret) ?? 0) + by
    if (times > 0) counts.set(secret, times)
    else counts.delete(secret)
    const longest = Math.max(...[...counts.keys()].map(({ length }) => length))
    if (counts.size > 0) byBeginning.set(beginning, { counts, longest })
    else byBeginning.delete(beginning)
  }

  return {
    hold: (secret) => {
      if (!HOLDABLE.test(secret)) return () => undefined
      count(secret, 1)
      let isHeld = true
      return () => {
        if (isHeld) count(secret, -1)
        isHeld = false
      }
    },
    without: (text) => (byBeginning.size === 0 ? text : text.replace(LONG_RUN, withoutRun)),
    size: () => [...byBeginning.values()].reduce((sum, { counts }) => sum + counts.size, 0),
  }
}
