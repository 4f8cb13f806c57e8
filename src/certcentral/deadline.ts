import type { Clock } from './clock.ts'

/** The end of one call: by its own time limit or by the caller's signal, whichever comes first. */
export type Deadline = {
  signal: AbortSignal
  /** Which of the two it was, once one was. */
  ended: () => 'timeout' | 'called-off' | undefined
  /** Lets go of timer and listener; to be called when the call is over. */
  release: () => void
}

/** Starts the time limit of a call. */
export const startDeadline = (clock: Clock, timeoutMs: number, caller: AbortSignal | undefined): Deadline => {
  const controller = new AbortController()
  let ended: 'timeout' | 'called-off' | undefined
  const end = (why: 'timeout' | 'called-off'): void => {
    ended ??= why
    controller.abort()
  }
  const onAbort = (): void => end('called-off')
  const cancelTimer = clock.after(timeoutMs, () => end('timeout'))
  caller?.addEventListener('abort', onAbort)
  if (caller?.aborted === true) onAbort()
  return {
    signal: controller.signal,
    ended: () => ended,
    release: () => {
      cancelTimer()
      caller?.removeEventListener('abort', onAbort)
    },
  }
}
