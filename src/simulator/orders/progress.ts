import type { World } from '../world.ts'
import { issue } from './issue.ts'
import type { Order, Work } from './model.ts'
import { setStatus } from './status.ts'
import { isOrderValidated } from './validation.ts'

/** Takes an approved order as far as it can go: through validation and processing to its certificate. */
export function progress(world: World, order: Order): void {
  const work = order.work
  if (work === undefined || order.held || work.stage !== 'validation') return
  const waiting = waitingFor(world, order, work)
  if (waiting === undefined) process(world, order, work)
  else if (work.kind === 'order') setStatus(world, order, waiting)
}

/** Tries every open order again, after settings or organizations changed. */
export function progressAll(world: World): void {
  for (const order of [...world.open.values()]) progress(world, order)
}

/** The status word of what an order still waits for. */
function waitingFor(world: World, order: Order, work: Work): string | undefined {
  const token = order.product.validation === 'ds' && order.fields.cs_provisioning_method !== 'email'
  if (work.certificate.csr === undefined && !token) return 'needs_csr'
  if (!isOrderValidated(world, order)) return 'pending'
  return token ? 'waiting_pickup' : undefined
}

function process(world: World, order: Order, work: Work): void {
  work.stage = 'processing'
  const delay = world.settings.issueDelaySeconds * 1000
  if (delay === 0) {
    issue(world, order, work)
    return
  }
  if (work.kind === 'order') setStatus(world, order, 'processing')
  world.agenda.plan(world.clock.now() + delay, { kind: 'finish-processing', order, work })
}
