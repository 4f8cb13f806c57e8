import { day } from '../dates.ts'
import type { Order, Work } from '../orders/model.ts'
import type { World } from '../world.ts'

const minute = 60_000

/** For how long DigiCert looks how often (docs/certcentral.md#asking-for-a-check); then it stops. */
const schedule = [
  { until: 15 * minute, every: minute },
  { until: 60 * minute, every: 5 * minute },
  { until: day, every: 15 * minute },
  { until: 10 * day, every: 60 * minute },
]

/** Plans DigiCert's next own look at an order whose validation began at `since`. */
export function planNextLook(world: World, order: Order, work: Work, since: number): void {
  const now = world.clock.now()
  const phase = schedule.find(({ until }) => now - since < until)
  if (phase !== undefined) world.agenda.plan(now + phase.every, { kind: 'look-for-proofs', order, work, since })
}
