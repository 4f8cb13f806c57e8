import { type Timetable, createTimetable } from './heap.ts'

/** `low` is for work that nobody waits for, as after a start; `high` for the rest. */
export type Priority = 'high' | 'low'

/** Where a key stands among the others of its lane. */
export type Place = {
  /** Turns go round between the shares, whatever number of keys each of them has. */
  readonly share: string
  /** Within its share the lowest goes first; keys without a rank follow in order of arrival. */
  readonly rank?: number | undefined
}

/** Keys ready to be worked on, in two lanes; each key once. */
export type Lanes = {
  /** A key that waits already stays where it is, except that it may move up. */
  push: (key: string, priority: Priority, now: number) => void
  /** Takes the next key of a share that is admitted now. */
  shift: (admits: (share: string, priority: Priority) => boolean) => Taken | undefined
  size: (priority: Priority) => number
  /** When the key that waits longest came in, or undefined. */
  oldest: () => number | undefined
}

export type Taken = {
  readonly key: string
  readonly share: string
  readonly priority: Priority
  /** When it came in. */
  readonly arrivedAt: number
}

/** One key in so many comes from the low lane while the high lane is busy, so that none waits for ever. */
const LOW_SHARE = 8

export function createLanes(placeOf: (key: string) => Place): Lanes {
  const lanes = { high: createLane(), low: createLane() }
  let taken = 0

  return {
    push: (key, priority, now) => {
      if (lanes.high.has(key) || lanes[priority].has(key)) return
      lanes.low.remove(key)
      lanes[priority].put(key, placeOf(key), now)
    },
    shift: (admits) => {
      const lowIsDue = taken % LOW_SHARE === LOW_SHARE - 1
      for (const priority of lowIsDue ? (['low', 'high'] as const) : (['high', 'low'] as const)) {
        const found = lanes[priority].shift((share) => admits(share, priority))
        if (!found) continue
        taken++
        return { ...found, priority }
      }
      return undefined
    },
    size: (priority) => lanes[priority].size(),
    oldest: () => {
      const times = [lanes.high.oldest(), lanes.low.oldest()].filter((time) => time !== undefined)
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}

type Share = { readonly ranked: Timetable; readonly others: Set<string> }

type Lane = {
  put: (key: string, place: Place, now: number) => void
  has: (key: string) => boolean
  remove: (key: string) => void
  shift: (admits: (share: string) => boolean) => Omit<Taken, 'priority'> | undefined
  size: () => number
  oldest: () => number | undefined
}

function createLane(): Lane {
  /** In order of arrival. */
  const keys = new Map<string, { readonly share: string; readonly since: number }>()
  /** In order of their turns. */
  const shares = new Map<string, Share>()

  function remove(key: string): void {
    const name = keys.get(key)?.share
    const share = name === undefined ? undefined : shares.get(name)
    if (name === undefined || !share) return
    keys.delete(key)
    share.ranked.remove(key)
    share.others.delete(key)
    if (share.ranked.size() + share.others.size === 0) shares.delete(name)
  }

  return {
    remove,
    put: (key, { share: name, rank }, now) => {
      keys.set(key, { share: name, since: now })
      const share = shares.get(name) ?? { ranked: createTimetable(), others: new Set() }
      shares.set(name, share)
      if (rank === undefined) share.others.add(key)
      else share.ranked.put(key, rank)
    },
    has: (key) => keys.has(key),
    shift: (admits) => {
      for (const [name, share] of shares) {
        if (!admits(name)) continue
        const key = share.ranked.first() ?? firstOf(share.others)
        if (key === undefined) continue
        const arrivedAt = keys.get(key)?.since ?? 0
        remove(key)
        if (shares.delete(name)) shares.set(name, share)
        return { key, share: name, arrivedAt }
      }
      return undefined
    },
    size: () => keys.size,
    oldest: () => firstOf(keys.values())?.since,
  }
}

function firstOf<T>(values: Iterable<T>): T | undefined {
  const [first] = values
  return first
}
