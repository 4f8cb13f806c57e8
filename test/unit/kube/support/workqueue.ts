import { type Workqueue, createWorkqueue } from '../../../../src/kube/workqueue.ts'
import { movableClock } from './movable-clock.ts'

/** How many keys wait for a worker. */
export function depth(queue: Workqueue): number {
  const { high, low } = queue.snapshot()
  return high + low
}

/** Takes what is ready, without waiting for more. */
export async function takeReady(queue: Workqueue): Promise<string[]> {
  const taken: string[] = []
  while (depth(queue) > 0) taken.push((await queue.get()) ?? '')
  return taken
}

/** A queue whose clock is moved by hand, and whose pauses are as long as they can be. */
export function setUp(backoff?: { baseMs: number; maxMs: number }) {
  const clock = movableClock()
  return { clock, queue: createWorkqueue({ clock, random: () => 0.999_999_999, ...(backoff && { backoff }) }) }
}
