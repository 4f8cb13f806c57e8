import { planNextLook } from '../dcv/polling.ts'
import { lookForProofs } from '../dcv/proofs.ts'
import type { World } from '../world.ts'
import { autoReissue } from './auto-reissue.ts'
import { autoRenew } from './create.ts'
import { issue } from './issue.ts'
import type { Event, Order } from './model.ts'
import { progress } from './progress.ts'
import { revokeAll } from './revocation.ts'
import { dropWork, setStatus } from './status.ts'

/** Lets everything happen that is due by the simulated clock. */
export function runDueEvents(world: World): void {
  world.agenda.runDue(world.clock, (event) => {
    handle(world, event)
  })
}

function handle(world: World, event: Event): void {
  switch (event.kind) {
    case 'look-for-proofs':
      look(world, event)
      break
    case 'finish-processing':
      if (event.order.work === event.work && !event.order.held) issue(world, event.order, event.work)
      break
    case 'end-of-plan':
      if (event.order.validTill === event.end) expire(world, event.order)
      break
    case 'auto-renew':
      if (event.order.validTill === event.end) autoRenew(world, event.order)
      break
    case 'auto-reissue':
      if (event.order.current === event.certificate) autoReissue(world, event.order)
      break
    case 'revoke':
      revokeAll(world, event.order, event.certificates)
      break
  }
}

function look(world: World, { order, work, since }: Extract<Event, { kind: 'look-for-proofs' }>): void {
  if (order.work !== work || work.stage !== 'validation') return
  if (world.settings.ownDcvPolling) {
    lookForProofs(world, order)
    progress(world, order)
  }
  planNextLook(world, order, work, since)
}

function expire(world: World, order: Order): void {
  if (!['issued', 'reissue_pending'].includes(order.status)) return
  dropWork(world, order)
  setStatus(world, order, 'expired')
}
