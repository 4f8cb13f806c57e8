import { z } from 'zod'
import { isoTime } from '../dates.ts'
import { prove } from '../dcv/proofs.ts'
import { type Answer, noContent, ok } from '../http/answer.ts'
import { notFound, refusal } from '../http/api-error.ts'
import type { Instance } from '../instance.ts'
import { approveRequest, rejectRequest } from '../orders/approvals.ts'
import { reissueSameKey } from '../orders/auto-reissue.ts'
import { issue } from '../orders/issue.ts'
import type { Order } from '../orders/model.ts'
import { progress } from '../orders/progress.ts'
import { releaseRenewal } from '../orders/rejection.ts'
import { isOpen } from '../orders/requests.ts'
import { setStatus } from '../orders/status.ts'
import { approveWork } from '../orders/work.ts'
import type { World } from '../world.ts'
import { orderState } from './order-state.ts'
import type { ControlCall, ControlRoute } from './route.ts'

/** What DigiCert's staff, approvers and the owners of mailboxes do. */
export const controlOrderRoutes: ControlRoute[] = [
  {
    method: 'GET',
    template: '/orders',
    handle: ({ world }) => ok({ orders: [...world.orders.values()].map(summary) }),
  },
  {
    method: 'GET',
    template: '/orders/{order_id}',
    handle: ({ world }, call) => ok(orderState(world, find(world, call))),
  },
  { method: 'POST', template: '/orders/{order_id}/approve', handle: approveOpen },
  { method: 'POST', template: '/orders/{order_id}/status', handle: forceStatus },
  { method: 'POST', template: '/orders/{order_id}/issue', handle: forceIssue },
  { method: 'POST', template: '/orders/{order_id}/console-reissue', handle: consoleReissue },
  { method: 'POST', template: '/orders/{order_id}/confirm-email', handle: confirmMail },
  { method: 'POST', template: '/requests/{request_id}/approve', handle: decide(approveRequest) },
  { method: 'POST', template: '/requests/{request_id}/reject', handle: decide(rejectRequest) },
]

const consoleUser = 'console'

function find(world: World, call: ControlCall): Order {
  const order = world.orders.get(Number(call.params.order_id))
  if (order === undefined) throw notFound('order')
  return order
}

function summary(order: Order): Record<string, unknown> {
  const { id, status, user, createdAt, fields, product } = order
  const { alternative_order_id: alternativeOrderId } = fields
  return { id, status, user, product: product.nameId, alternativeOrderId, createdAt: isoTime(createdAt) }
}

function decide(act: typeof approveRequest): ControlRoute['handle'] {
  return ({ world }, call) => {
    act(world, Number(call.params.request_id), consoleUser)
    return noContent
  }
}

function approveOpen({ world }: Instance, call: ControlCall): Answer {
  const request = find(world, call).requests.find(isOpen)
  if (request === undefined) throw notFound('request')
  approveRequest(world, request.id, consoleUser)
  return noContent
}

/** Any word, also one that DigiCert never uses. The order then rests until a person acts on it. */
function forceStatus({ world }: Instance, call: ControlCall): Answer {
  const order = find(world, call)
  const { status } = z.object({ status: z.string().min(1) }).parse(call.body)
  setStatus(world, order, status)
  order.held = true
  if (status === 'canceled' || status === 'rejected') releaseRenewal(world, order)
  return noContent
}

/** Issues the open certificate, whatever it still waits for. */
function forceIssue({ world }: Instance, call: ControlCall): Answer {
  const order = find(world, call)
  const work = order.work
  if (work === undefined) throw refusal(400, 'nothing_to_issue', 'The order has no certificate on its way.')
  for (const request of order.requests) if (request.id === work.requestId) request.status = 'approved'
  approveWork(world, order)
  if (order.work === work) issue(world, order, work)
  return noContent
}

function consoleReissue({ world }: Instance, call: ControlCall): Answer {
  if (reissueSameKey(world, find(world, call))) return noContent
  throw refusal(400, 'order_not_issued', 'Only an issued order without a pending reissue can be reissued.')
}

const mailBody = z.object({ dnsName: z.string().optional() })

/** A person follows the link in the mail, for one name or for all. */
function confirmMail({ world }: Instance, call: ControlCall): Answer {
  const order = find(world, call)
  const { dnsName } = mailBody.parse(call.body ?? {})
  const chosen = order.names.filter((proof) => dnsName === undefined || proof.dnsName === dnsName.toLowerCase())
  for (const proof of chosen) prove(world, order, proof)
  progress(world, order)
  return noContent
}
