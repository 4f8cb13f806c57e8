import { setTimeout as pause } from 'node:timers/promises'

/** Waits until the condition holds, for four seconds at most; answers its value. */
export async function eventually<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + 4000
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) return value
    if (performance.now() > deadline) throw new Error(`it did not happen within four seconds: ${what}`)
    await pause(2)
  }
}

/** Lets everything that is under way on the local network settle: enough turns of the event loop for several calls. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await pause(2)
}
