import type { CallRecord } from '../../certcentral/index.ts'
import type { Intent, OrderStatus } from '../../api/status.ts'
import type { Outcome } from '../../order/outcome.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { StepTaken } from '../reconcile.ts'
import { accountKeyOf } from '../watches.ts'

type Counting = Pick<Metrics, 'count'>
type Of = { account: string; product: string }

const purposeOf = ({ purpose }: Intent) => (purpose === 'Renewal' ? 'renewal' : 'order')

/** An order that is found after its answer was lost was paid for as any other. */
const countAdoption = ({ count }: Counting, of: Of, { intent }: OrderStatus): void => {
  if (intent?.sentAt === undefined) count('digicert_operator_adoptions_total', of)
  else count('digicert_operator_purchases_total', { ...of, purpose: purposeOf(intent) })
}

const failureOf = (outcome: Outcome): string | undefined => {
  if (outcome.kind === 'refused') return outcome.reason
  if (outcome.kind === 'ambiguous') return 'OutcomeUnknown'
  if (outcome.kind !== 'unsent') return undefined
  return outcome.throttled === 'yes' ? 'Throttled' : 'CertCentralUnavailable'
}

/** Begins the counts whose first step an alert has to see. */
export const beginCounts = ({ count }: Counting): void => {
  for (const policy of ['CancelPending', 'RevokeCertificate', 'RevokeOrder'])
    count('digicert_operator_orders_left_total', { policy }, 0)
}

/** Counts what became of a step: purchases, reissues, adoptions and failures. */
export const countStep = (metrics: Counting, { order, before, outcome }: StepTaken): void => {
  const account = accountKeyOf(order)
  const of = { account, product: order.spec.product }
  if (outcome.kind === 'placed')
    metrics.count('digicert_operator_purchases_total', { ...of, purpose: purposeOf(outcome.intent) })
  if (outcome.kind === 'reissued') metrics.count('digicert_operator_reissues_total', of)
  if (outcome.kind === 'adopted') countAdoption(metrics, of, before)
  if (outcome.kind === 'left')
    metrics.count('digicert_operator_orders_left_total', { policy: order.spec.deletionPolicy ?? 'Retain' })
  const reason = failureOf(outcome)
  if (reason !== undefined) metrics.count('digicert_operator_failures_total', { account, reason })
}

/** Counts one call to CertCentral. */
export const countCall = (
  { count, observe }: Pick<Metrics, 'count' | 'observe'>,
  account: string,
  { operation: endpoint, result, kind, status, tookMs }: CallRecord,
): void => {
  const code = status === undefined ? (kind ?? result) : String(status)
  count('digicert_operator_certcentral_requests_total', { account, endpoint, code })
  observe('digicert_operator_certcentral_request_duration_seconds', { endpoint }, tookMs / 1000)
}
