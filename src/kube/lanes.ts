/** `low` is for work that nobody waits for, as after a start; `high` for the rest. */
export type Priority = 'high' | 'low'

/** Keys ready to be worked on, in two first-in-first-out lanes; each key once. */
export type Lanes = {
  /** A key that waits already stays where it is, except that it may move up. */
  push: (key: string, priority: Priority, now: number) => void
  shift: () => string | undefined
  size: (priority: Priority) => number
  /** When the key that waits longest came in, or undefined. */
  oldest: () => number | undefined
}

/** One key in so many comes from the low lane while the high lane is busy, so that none waits for ever. */
const LOW_SHARE = 8

export function createLanes(): Lanes {
  const lanes = { high: new Map<string, number>(), low: new Map<string, number>() }
  let taken = 0

  function nextLane(): Map<string, number> {
    if (lanes.high.size === 0) return lanes.low
    const lowIsDue = taken % LOW_SHARE === LOW_SHARE - 1
    return lowIsDue && lanes.low.size > 0 ? lanes.low : lanes.high
  }

  return {
    push: (key, priority, now) => {
      if (lanes.high.has(key) || lanes[priority].has(key)) return
      lanes.low.delete(key)
      lanes[priority].set(key, now)
    },
    shift: () => {
      const lane = nextLane()
      const [key] = lane.keys()
      if (key === undefined) return undefined
      lane.delete(key)
      taken++
      return key
    },
    size: (priority) => lanes[priority].size,
    oldest: () => {
      const times = [...firstOf(lanes.high), ...firstOf(lanes.low)]
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}

function firstOf(lane: Map<string, number>): number[] {
  const [time] = lane.values()
  return time === undefined ? [] : [time]
}
