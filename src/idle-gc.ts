import { performance } from 'node:perf_hooks'

const CHECK_INTERVAL_MS = 20_000
/** The process is idle when the event loop worked for no more than this share of the time since the last check. */
const MAX_IDLE_UTILIZATION = 0.2
/** This many checks in a row must find the process idle: a start pauses now and then before it is over. */
const MIN_IDLE_CHECKS = 3
/** Checks without a collection after each collection: scrapes and polls produce garbage all the time. */
const PAUSE_CHECKS = 29
/** Memory must have grown by this much since the last collection, in bytes. */
const MIN_GROWTH_BYTES = 8 * 1024 * 1024

/** The memory of the process. */
export type Heap = {
  /** Share of the time, from 0 to 1, that the event loop worked since the last call. */
  utilization: () => number
  /** Resident memory of the process, in bytes. */
  residentBytes: () => number
  /** Collects all garbage and returns the memory to the operating system. */
  collect: () => Promise<void>
}

type Collect = (options: object) => Promise<void>

/** The heap of this process; `undefined` when Node.js was started without `--expose-gc`. */
const processHeap = (): Heap | undefined => {
  const gc = globalThis.gc as unknown as Collect | undefined
  if (!gc) return undefined
  let before = performance.eventLoopUtilization()
  return {
    utilization: () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, before)
      before = now
      return utilization
    },
    residentBytes: () => process.memoryUsage.rss(),
    collect: () => gc({ type: 'major', flavor: 'last-resort', execution: 'async' }),
  }
}

/**
 * Returns memory to the operating system after a start or a burst of work. V8 keeps freed memory for later use, which at
 * ten thousand orders is as much as the orders need, and an idle process may never use it again. A collection stops the
 * event loop for tenths of a second, so it runs only when the process is idle, its memory has grown, and the last
 * collection was long ago.
 *
 * @returns a function that stops it
 */
export const startIdleGc = (heap: Heap | undefined = processHeap(), intervalMs = CHECK_INTERVAL_MS): (() => void) => {
  if (!heap) return () => undefined
  let [collectedBytes, pauseChecks, idleChecks] = [0, 0, 0]
  const check = async (): Promise<void> => {
    idleChecks = heap.utilization() > MAX_IDLE_UTILIZATION ? 0 : idleChecks + 1
    if (pauseChecks > 0) pauseChecks -= 1
    else if (idleChecks >= MIN_IDLE_CHECKS && heap.residentBytes() >= collectedBytes + MIN_GROWTH_BYTES) {
      pauseChecks = PAUSE_CHECKS
      await heap.collect()
      collectedBytes = heap.residentBytes()
    }
  }
  const timer = setInterval(() => void check(), intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
