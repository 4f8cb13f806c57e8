import { getHeapStatistics } from 'node:v8'
import type { Log } from './log.ts'

/** Bytes of the heap that are used, and that may be. */
type Heap = { used_heap_size: number; heap_size_limit: number }

export type MemoryOptions = { log: Log; signal: AbortSignal; heap?: () => Heap; everyMs?: number }

const FULL = 0.9
const MIB = 1_048_576

const mib = (bytes: number): string => `${String(Math.round(bytes / MIB))} MiB`

/**
 * Says that the memory is about to run out, while there is enough left to say it: where it has run out, the process ends
 * without a word of its own. Said once, and again where there was room meanwhile; until the signal is aborted.
 */
export const watchMemory = ({ log, signal, heap = getHeapStatistics, everyMs = 5000 }: MemoryOptions): void => {
  let wasFull = false
  const look = (): void => {
    const { used_heap_size: used, heap_size_limit: limit } = heap()
    const isFull = used >= limit * FULL
    if (isFull && !wasFull)
      log.error('Memory is nearly used up, and the process ends when it is: raise the memory limit of the operator', {
        used: mib(used),
        limit: mib(limit),
      })
    wasFull = isFull
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}
