/** Something that happens once, and can be waited for. */
export type Latch = {
  open: () => void
  isOpen: () => boolean
  /** Resolves once it is open; rejects with the signal's reason when that is aborted before. */
  opened: (signal?: AbortSignal) => Promise<void>
}

export function createLatch(): Latch {
  let open = false
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return {
    open: () => {
      open = true
      release()
    },
    isOpen: () => open,
    opened: (signal) => (signal ? abandonOn(signal, released) : released),
  }
}

function abandonOn(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(asError(signal.reason))
    if (signal.aborted) abandon()
    signal.addEventListener('abort', abandon)
    void promise.then(resolve).finally(() => signal.removeEventListener('abort', abandon))
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted')
}
