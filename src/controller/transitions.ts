import type { Account } from '../api/account.ts'
import type { OrderStatus } from '../api/status.ts'
import type { Action, Decision } from '../order/decision.ts'
import { type About, messageOf } from '../order/messages.ts'
import type { Observation } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import type { Announcement } from '../order/report.ts'
import type { Log } from '../telemetry/log.ts'
import { addSpanEvent, setSpanAttributes } from '../telemetry/tracing.ts'
import type { Verdict } from './account-access.ts'

/** What was last told of an order in the log, so that each change is told once. */
export type Told = { conditions: string; orderId: number | undefined }

/** Where the rules led, and what with. */
type Seen = { decision: Decision; seen: Observation; about: About }

/** Actions that only ask. What they bring shows in the conditions. */
const ASKING: readonly Action['kind'][] = ['AskValidation', 'CheckValidation', 'CheckValidity']

/** Outcomes after which all is as it was; what keeps on failing has its condition. */
const VAIN: readonly Outcome['kind'][] = ['conflict', 'unsent']

const levelOf = (action: Action, outcome: Outcome): 'debug' | 'info' | 'warn' | 'error' => {
  const { kind } = outcome
  if (kind === 'left') return 'error'
  if (kind === 'ended') return outcome.waitsFor === undefined ? 'info' : 'warn'
  if (VAIN.includes(kind)) return 'debug'
  if (kind === 'refused' || kind === 'ambiguous') return 'warn'
  return ASKING.includes(action.kind) ? 'debug' : 'info'
}

const factsOf = (outcome: Outcome): Record<string, unknown> => {
  if (outcome.kind === 'placed' || outcome.kind === 'adopted')
    return { orderId: outcome.order.orderId, orderStatus: outcome.order.status }
  if (outcome.kind === 'stored')
    return { certificateId: outcome.certificate.id, notAfter: outcome.certificate.notAfter }
  if (outcome.kind === 'ended')
    return outcome.waitsFor === undefined
      ? { what: outcome.what }
      : { what: outcome.what, requestId: outcome.waitsFor, waits: 'an administrator has to approve it in CertCentral' }
  // Not as `message`, which is that of the line.
  return 'message' in outcome ? { cause: outcome.message } : {}
}

/** The cause of actions whose reason stands for more than them. */
const CAUSES: Partial<Record<Action['kind'], string>> = {
  AddFinalizer: 'spec.deletionPolicy has something to do at CertCentral before the object goes',
  PromoteKey: 'the certificate of the next key is stored, so that it is the current key from now on',
}

const orderIdOf = ({ order }: OrderStatus): { orderId?: number } => (order ? { orderId: order.id } : {})

/** A span shows the last action of its reconcile. */
const traceAction = (action: string, reason: string, { order }: OrderStatus): void =>
  setSpanAttributes({
    'digicert_operator.action': action,
    'digicert_operator.reason': reason,
    'digicert_operator.order_id': order?.id,
  })

/** One step was taken: a line where it changed something, here or at CertCentral. */
export const tellStep = (log: Log, status: OrderStatus, view: Seen, outcome: Outcome): void => {
  const { decision, seen, about } = view
  if (decision.verdict !== 'act') return
  const { action, reason } = decision
  addSpanEvent(action.kind, { reason, outcome: outcome.kind })
  traceAction(action.kind, reason, status)
  log[levelOf(action, outcome)]('Action taken', {
    ...orderIdOf(status),
    action: action.kind,
    reason,
    outcome: outcome.kind,
    cause: CAUSES[action.kind] ?? messageOf(reason, seen, about),
    ...factsOf(outcome),
  })
}

const conditionsOf = ({ conditions = [] }: OrderStatus): string =>
  conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`).join(' ')

const readyIn = ({ conditions = [] }: OrderStatus): string =>
  conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'

/** What is told of an order by the status that a process finds: another one has told that. */
export const toldBy = (status: OrderStatus = {}): Told => ({
  conditions: conditionsOf(status),
  orderId: status.order?.id,
})

/** How a pass ended: the status that was written, the Events about it, and what the log had of the order before. */
export type End = { status: OrderStatus; announce: readonly Announcement[]; told: Told }

/** A pass ended: a line where a condition of the order is another than it was; the level says whether a person is needed. */
export const tellEnd = (log: Log, { decision, seen, about }: Seen, { status, announce, told }: End): Told => {
  const { verdict, reason } = decision
  const now = toldBy(status)
  traceAction(verdict, reason, status)
  const { conditions } = now
  const fields = {
    ...orderIdOf(status),
    action: verdict,
    reason,
    ready: readyIn(status),
    cause: messageOf(reason, seen, about),
  }
  const isWarning = verdict === 'stalled' || announce.some(({ type }) => type === 'Warning')
  if (conditions === told.conditions && announce.length > 0) log[isWarning ? 'warn' : 'info']('Still waiting', fields)
  else if (conditions === told.conditions)
    log.debug('No change', { ...fields, ...('until' in decision && { until: decision.until }) })
  else log[isWarning ? 'warn' : 'info']('Conditions changed', { ...fields, conditions, previous: told.conditions })
  return now
}

/** The object is gone from the cluster, which is told once, by who knew it. */
export const tellGone = (log: Log, { orderId }: Told): void =>
  log.info('DigiCertOrder deleted', {
    ...(orderId === undefined ? {} : { orderId }),
    action: 'forget',
    reason: 'Deleted',
    cause:
      'the DigiCertOrder does not exist any more; what becomes of its order at CertCentral, spec.deletionPolicy said',
  })

export const readyOf = ({ status }: Account) => status?.conditions?.find(({ type }) => type === 'Ready')

/** The status of an account was written in the place of that of `before`: a line where it is another one than it was. */
export const tellAccount = (log: Log, before: Account, { ready, reason, message }: Verdict): void => {
  const known = readyOf(before)
  const is = ready === 'yes' ? 'True' : 'False'
  if (known?.status === is && known.reason === reason) return
  const previous = known ? `${known.status}/${known.reason}` : 'Unknown'
  log[ready === 'yes' ? 'info' : 'warn']('Account changed', { ready: is, reason, cause: message, previous })
}
