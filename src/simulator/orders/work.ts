import { planNextLook } from '../dcv/polling.ts'
import { freshProofs, prove } from '../dcv/proofs.ts'
import { isTokenMethod, randomValue } from '../dcv/random-value.ts'
import type { World } from '../world.ts'
import type { Certificate, Order, Work } from './model.ts'
import { progress } from './progress.ts'
import { openRequest } from './requests.ts'
import { setStatus } from './status.ts'

/** Who asks for a certificate, and whether approval is skipped. */
export type Asking = {
  readonly kind: Work['kind']
  readonly skipApproval: boolean
  readonly requester: string
  readonly comments?: string | undefined
  readonly body?: unknown
  readonly ignoredFields?: readonly string[]
}

const requestTypes = {
  order: 'new_request',
  reissue: 'reissue',
  'auto-reissue': 'reissue',
  duplicate: 'duplicate',
} as const

/** Starts on a certificate: asks for approval, or goes straight on to validation. */
export function startWork(world: World, order: Order, certificate: Certificate, asking: Asking): void {
  const changedAt = order.statusChangedAt
  const request = openRequest(world, order, { ...asking, type: requestTypes[asking.kind] })
  const approved = request === undefined || request.status === 'approved'
  order.work = { certificate, kind: asking.kind, requestId: request?.id, stage: 'approval' }
  order.certificates.push(certificate)
  world.open.set(order.id, order)
  if (asking.kind !== 'duplicate') begin(world, order, certificate, asking.kind)
  if (approved) admit(world, order, certificate)
  writeDown(world, order, certificate, asking)
  if (approved) approveWork(world, order)
  const atOnce = asking.kind !== 'order' && !world.open.has(order.id)
  if (atOnce && !world.settings.instantReissueInStatusChanges) order.statusChangedAt = changedAt
}

/** Approval is done: the certificate gets its id, and validation begins. */
export function approveWork(world: World, order: Order): void {
  const work = order.work
  if (work?.stage !== 'approval') return
  work.stage = 'validation'
  if (work.certificate.id === undefined) admit(world, order, work.certificate)
  if (work.kind === 'order') setStatus(world, order, 'pending')
  if (isTokenMethod(order.dcvMethod)) randomValue(world, order)
  progress(world, order)
  if (order.work === work) planNextLook(world, order, work, world.clock.now())
}

/** A duplicate lives on the proofs of its original; everything else is validated again. */
function begin(world: World, order: Order, certificate: Certificate, kind: Work['kind']): void {
  order.names = freshProofs(world, order, certificate)
  const isProvenByKey = order.fields.use_auth_key === true && world.settings.authKey === 'published'
  if (kind === 'order' && isProvenByKey) for (const proof of order.names) prove(world, order, proof)
  setStatus(world, order, kind === 'order' ? 'needs_approval' : 'reissue_pending')
}

function admit(world: World, order: Order, certificate: Certificate): void {
  certificate.id = world.ids.next()
  certificate.status = 'approved'
  world.certificates.set(certificate.id, { order, certificate })
}

function writeDown(world: World, order: Order, certificate: Certificate, asking: Asking): void {
  const renewal = order.fields.renewal_of_order_id !== undefined || order.fields.renewed_thumbprint !== undefined
  world.journal.write(world.clock.now(), {
    kind: asking.kind === 'order' && renewal ? 'renewal' : asking.kind,
    orderId: order.id,
    certificateId: certificate.id,
    alternativeOrderId: order.fields.alternative_order_id,
    product: order.product.nameId,
    body: asking.body,
    ignoredFields: asking.ignoredFields,
  })
}
