import { LRUCache } from 'lru-cache'

/** Longer texts are somebody's own, as a rule. */
const LONGEST = 100
/** Far more than the words, names and dates that objects of a cluster share. */
const MOST = 8192

/**
 * Makes objects share the texts that they have in common: namespaces, words of conditions, dates, issuers. JSON makes a
 * copy of each for each object, and at ten thousand objects those are a fourth of a cache. The object is changed in place,
 * and says what it said.
 */
export function createIntern(): <T>(value: T) => T {
  const texts = new LRUCache<string, string>({ max: MOST })
  const share = (text: string): string => {
    if (text.length > LONGEST) return text
    const known = texts.get(text)
    if (known !== undefined) return known
    texts.set(text, text)
    return text
  }
  const intern = (value: unknown): unknown => {
    if (typeof value === 'string') return share(value)
    if (typeof value !== 'object' || value === null) return value
    for (const [key, child] of Object.entries(value)) {
      // Objects stay the same ones; a text may become another copy of itself.
      if (typeof child === 'string') (value as Record<string, unknown>)[key] = share(child)
      else intern(child)
    }
    return value
  }
  return <T>(value: T): T => intern(value) as T
}
