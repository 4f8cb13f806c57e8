import type { World } from '../world.ts'
import type { ApprovalRequest, Order } from './model.ts'

type Opening = Pick<ApprovalRequest, 'type' | 'requester'> & {
  readonly skipApproval: boolean
  readonly comments?: string | undefined
  readonly revokes?: number | undefined
}

const firstStatus = { 'one-step': 'pending', 'two-step': 'submitted', auto: 'approved' } as const

/** Opens a request as the account's approval mode says; undefined when none is needed. */
export function openRequest(world: World, order: Order, opening: Opening): ApprovalRequest | undefined {
  const mode = opening.skipApproval ? 'none' : world.settings.approval
  if (mode === 'none') return undefined
  const request: ApprovalRequest = {
    id: world.ids.next(),
    type: opening.type,
    status: firstStatus[mode],
    createdAt: world.clock.now(),
    requester: opening.requester,
    comments: opening.comments,
    revokes: opening.revokes,
  }
  order.requests.push(request)
  world.requests.set(request.id, { order, request })
  return request
}

/** Whether a request waits for a person. */
export function isOpen(request: ApprovalRequest): boolean {
  return request.status === 'submitted' || request.status === 'pending'
}
