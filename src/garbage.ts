import { performance } from 'node:perf_hooks'

/** How often it is looked whether there is anything to give back, in milliseconds. */
const LOOK_EVERY = 20_000
/** Share of the time that the event loop may have worked since the last look for the process to count as at rest. */
const BUSY = 0.2
/** Looks in a row that must find the process at rest: a start pauses now and then before it is over. */
const QUIET_LOOKS = 3
/** Looks that are left out after a collection: scrapes and polls make garbage all the time. */
const RESTING_LOOKS = 29
/** Garbage that is worth a collection, in bytes. */
const WORTH_IT = 8 * 1024 * 1024

/** What is asked of the process. */
export type Heap = {
  /** Share of the time, from 0 to 1, that the event loop has worked since this was asked last. */
  busy: () => number
  /** Bytes of memory that the process holds. */
  resident: () => number
  /** Collects everything and gives memory back to the machine. */
  collect: () => Promise<void>
}

type Collect = (options: object) => Promise<void>

/** This process; `undefined` where Node.js was started without `--expose-gc`. */
const ownHeap = (): Heap | undefined => {
  const gc = globalThis.gc as unknown as Collect | undefined
  if (!gc) return undefined
  let before = performance.eventLoopUtilization()
  return {
    busy: () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
    resident: () => process.memoryUsage.rss(),
    collect: () => gc({ type: 'major', flavor: 'last-resort', execution: 'async' }),
  }
}

/**
 * Gives memory back once a start or a burst of work is over. V8 keeps what it took until it needs it again, which at ten
 * thousand orders is as much as they take themselves, and a process at rest may never need it again. A collection stops
 * the event loop for tenths of a second, so it is made when there is nothing to do, only after memory grew, and at most once
 * in so many looks.
 *
 * @returns ends it
 */
export const giveMemoryBack = (heap: Heap | undefined = ownHeap(), every = LOOK_EVERY): (() => void) => {
  if (!heap) return () => undefined
  let [settled, resting, quiet] = [0, 0, 0]
  const look = async (): Promise<void> => {
    quiet = heap.busy() > BUSY ? 0 : quiet + 1
    if (resting > 0) resting -= 1
    else if (quiet >= QUIET_LOOKS && heap.resident() >= settled + WORTH_IT) {
      resting = RESTING_LOOKS
      await heap.collect()
      settled = heap.resident()
    }
  }
  const timer = setInterval(() => void look(), every)
  timer.unref()
  return () => clearInterval(timer)
}
