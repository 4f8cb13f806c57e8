import { refusal } from '../http/api-error.ts'
import type { World } from '../world.ts'
import type { ApprovalRequest, Order } from './model.ts'
import { rejectWork } from './rejection.ts'
import { isOpen } from './requests.ts'
import { revokeNow } from './revocation.ts'
import { approveWork } from './work.ts'

/** One step of approval: `submitted` becomes `pending`, and `pending` is approved. */
export function approveRequest(world: World, id: number, processor: string, comment?: string): void {
  const { order, request } = openById(world, id)
  stamp(world, request, processor, comment)
  if (request.status === 'submitted') {
    request.status = 'pending'
    return
  }
  request.status = 'approved'
  world.journal.write(world.clock.now(), { kind: 'approve', orderId: order.id })
  if (request.type === 'revoke') revokeNow(world, order, request.revokes)
  else approveWork(world, order)
}

/** Rejects a request: a new order is over, a reissue leaves the certificate as it is. */
export function rejectRequest(world: World, id: number, processor: string, comment?: string): void {
  const { order, request } = openById(world, id)
  stamp(world, request, processor, comment)
  request.status = 'rejected'
  world.journal.write(world.clock.now(), { kind: 'reject', orderId: order.id })
  if (order.work?.requestId === id) rejectWork(world, order)
}

function openById(world: World, id: number): { order: Order; request: ApprovalRequest } {
  const found = world.requests.get(id)
  if (found === undefined) throw refusal(404, 'not_found|request', 'The specified request was not found.')
  if (!isOpen(found.request)) throw refusal(400, 'request_already_processed', 'The request was processed before.')
  return found
}

function stamp(world: World, request: ApprovalRequest, processor: string, comment: string | undefined): void {
  request.processor = processor
  request.processedAt = world.clock.now()
  if (comment !== undefined) request.processorComment = comment
}
