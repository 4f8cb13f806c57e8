import type { DigiCertOrder } from '../api/order.ts'
import type { Intent, OrderStatus } from '../api/status.ts'
import { CertCentralError, type PlacedOrder } from '../certcentral/index.ts'
import type { RemoteOrder } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import { type Payload, reissuePayload } from '../order/payload.ts'
import { certificateIn } from '../order/subject.ts'
import { requestMet } from '../order/progress.ts'
import type { Session } from './accounts.ts'
import { askedOf } from './asked.ts'
import { type Kept, csrFor } from './keys.ts'
import type { Recollection } from './memory.ts'
import {
  LEADERSHIP_NEEDED,
  type PurchaseMeans,
  claimOf,
  codeOf,
  refusalText,
  rehearsed,
  remember,
  reserving,
  withoutMark,
} from './place-order.ts'
import { placedOrder } from './remote.ts'
import { validationOfPlaced } from './validation.ts'

export type ReissueWork = {
  session: Session
  order: DigiCertOrder
  orderId: number
  status: OrderStatus
  held: Kept
  names: readonly string[]
  traits: string
  target: 'free' | 'ours'
  memory: Recollection
  planEnd: Date | undefined
}

/**
 * What the answer to a reissue says of the order. The id of a certificate that is on its way is not that of the order's
 * certificate yet: there is nothing to fetch by it.
 */
const afterwards = (work: ReissueWork, body: Payload, placed: PlacedOrder): RemoteOrder => {
  const { certificateId, ...told } = placedOrder(placed)
  const isIssued = told.status === 'issued' && certificateId !== undefined
  const asked = { dnsNames: [...work.names], certificateHash: work.traits, certificate: certificateIn(body) }
  return {
    ...told,
    orderId: work.orderId,
    asked,
    ...(isIssued ? { certificateId } : { status: told.status === 'issued' ? 'issued' : 'reissue_pending' }),
    requests: told.requests?.map((request) => ({ ...request, type: 'reissue' })),
  }
}

const failed = (intent: Intent, error: unknown, now: Date): Outcome => {
  if (!(error instanceof CertCentralError)) throw error
  if (error.outcome === 'ambiguous') return { kind: 'ambiguous', message: error.message, intent }
  const unmarked = withoutMark(intent)
  const isPostponed = error.kind === 'throttled' || error.kind === 'unauthorized'
  const isUnsent = error.outcome === 'unsent' && !['invalid', 'too-large'].includes(error.kind)
  if (isPostponed || isUnsent)
    return {
      kind: 'unsent',
      retryAt: error.retryAt ?? new Date(now.getTime() + 10_000),
      throttled: error.kind === 'throttled' ? 'yes' : 'no',
      message: error.message,
      intent: unmarked,
    }
  return {
    kind: 'refused',
    reason: 'ReissueRefused',
    code: codeOf(error),
    message: refusalText(error),
    intent: unmarked,
  }
}

/**
 * Asks for another certificate of an order. Names that it adds are counted in the status of the account before. Else it
 * costs nothing, but two of them would be two: so it is marked as sent by a
 * compare-and-swap before, and looked for in the list of reissues after, as an order is
 * (docs/certcentral.md#finding-a-reissue).
 */
export const placeReissue = async (work: ReissueWork, means: PurchaseMeans): Promise<Outcome> => {
  const { order, status } = work
  const { intent } = status
  if (!intent || means.leadershipMs() < LEADERSHIP_NEEDED) return { kind: 'conflict' }
  const csr = await csrFor(order, work.held, work.names)
  const trouble = await rehearsed(work, means)
  if (trouble) return trouble
  const sending = () => send(work, { intent, csr }, means)
  return addsNames(work) ? reserving(claimOf('names', order, intent), work, { means, sending }) : sending()
}

/** Whether names come in that CertCentral was not asked for before; each may cost money. */
const addsNames = ({ names, status }: ReissueWork): boolean => {
  const known = status.order?.asked?.dnsNames
  return known !== undefined && names.some((name) => !known.includes(name))
}

const send = async (
  work: ReissueWork,
  { intent, csr }: { intent: Intent; csr: string | undefined },
  means: PurchaseMeans,
): Promise<Outcome> => {
  const { session, order, orderId, status } = work
  const sent: Intent = { ...intent, sentAt: means.now().toISOString(), sends: (intent.sends ?? 0) + 1 }
  // A person may have asked for a reissue after this one was recorded, as while it was refused.
  const marked = { ...status, intent: sent, ...requestMet({ asked: askedOf(order) }) }
  if (!(await means.write(marked))) return { kind: 'conflict' }
  if (means.leadershipMs() <= 0)
    return {
      kind: 'unsent',
      retryAt: means.now(),
      throttled: 'no',
      message: 'leadership was lost',
      intent: withoutMark(sent),
    }
  const body = reissuePayload(order.spec, work.names, { csr, now: means.now(), planEnd: work.planEnd })
  try {
    const placed = await session.client.reissue(orderId, body)
    remember(work, placed)
    const validation = validationOfPlaced(order, placed)
    return { kind: 'reissued', order: afterwards(work, body, placed), intent: sent, validation }
  } catch (error) {
    return failed(sent, error, means.now())
  }
}
