const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Where ids, serial numbers and random values come from. */
export type Ids = {
  /**
   * The next id. Orders, requests, certificates, domains and organizations share one row of numbers,
   * so that a client that takes one kind for another finds nothing instead of a stranger.
   */
  next: () => number
  /** A random value for domain control, 32 lower-case letters and digits. */
  token: () => string
  /** Random bytes, for serial numbers. */
  bytes: (count: number) => Uint8Array<ArrayBuffer>
}

/** Ids from a seed: the same seed gives the same ids again. */
export function createIds(seed: number): Ids {
  const random = mulberry(seed)
  let last = 7_000_000 + Math.floor(random() * 1000) * 1000
  return {
    next: () => (last += 1),
    token: () => Array.from({ length: 32 }, () => letters[Math.floor(random() * letters.length)]).join(''),
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
  }
}

/** A small generator of numbers from 0 to 1, the same for the same seed; nothing here is a secret. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
