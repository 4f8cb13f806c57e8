import type { Gate } from './api-server.ts'
import type { World } from './world.ts'

/** A replica that stops before each of its calls until it is told to go on. */
export type Leader = {
  /** Makes so many calls, or fewer where its pass ends before. */
  advance: (calls: number) => Promise<void>
}

type State = 'waiting' | 'done'

/**
 * Begins a pass of a replica that believes to lead. Only one replica is ever under way between two stops, so that a
 * run is the same each time.
 */
const begin = (world: World): Leader => {
  let go: (() => void) | undefined
  let tell: (state: State) => void = () => undefined
  const stop = (): Promise<State> => new Promise((resolve) => (tell = resolve))
  const gate: Gate = (_point, effect) =>
    new Promise((resolve, reject) => {
      go = () => {
        try {
          resolve(effect())
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      tell('waiting')
    })
  const replica = world.start('fresh', gate)
  let stopped = stop()
  const pass = replica.reconcile().catch(() => undefined)
  void pass.then(() => tell('done'))
  return {
    advance: async (calls) => {
      for (let made = 0; made < calls && (await stopped) === 'waiting'; made += 1) {
        stopped = stop()
        go?.()
      }
      await stopped
    },
  }
}

/** More calls than a pass makes. */
const TO_THE_END = 60

/** Two replicas at once: the first makes some calls, then the second, and so on; then each ends its pass. */
export const compete = async (world: World, turns: readonly number[]): Promise<void> => {
  const leaders = [begin(world), begin(world)] as const
  for (const [turn, calls] of turns.entries()) await leaders[turn % 2 === 0 ? 0 : 1].advance(calls)
  for (const leader of leaders) await leader.advance(TO_THE_END)
}
