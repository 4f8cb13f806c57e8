import type { DigiCertOrder } from '../../api/order.ts'
import type { Condition } from '../../api/shapes.ts'
import type { OrderStatus } from '../../api/status.ts'
import { isProven } from '../../order/messages.ts'
import { renewsBy } from '../../order/reissue.ts'
import { askedAtOf, planOf } from '../../order/standing.ts'
import type { Sample } from '../../telemetry/metrics.ts'
import { accountKeyOf } from '../watches.ts'

/**
 * How an order stands. `ready`: nothing to do. `replacing`: good, and a newer certificate is on its way. `attention`: good,
 * but something is wrong that a person should mend. `waiting`: the first certificate, or one that ended, is on its way.
 * `stalled`: nothing good, and nothing goes on without a person. `held`: suspended. `new`: not looked at yet.
 */
export const ORDER_STATES = ['new', 'waiting', 'ready', 'replacing', 'attention', 'stalled', 'held'] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** Whom an order waits for; nobody where it is empty. */
export const WAITED_FOR = [
  'approval',
  'domains',
  'organization',
  'pickup',
  'certcentral',
  'digicert',
  'operator',
] as const
export type WaitedFor = (typeof WAITED_FOR)[number]

const WAITS: Readonly<Record<string, WaitedFor>> = {
  AwaitingApproval: 'approval',
  AwaitingPickup: 'pickup',
  CertCentralUnavailable: 'certcentral',
  OutcomeUnknown: 'certcentral',
  Throttled: 'certcentral',
  AwaitingRenewal: 'digicert',
  Processing: 'digicert',
  Reissuing: 'digicert',
  UnknownStatus: 'digicert',
}

/** Reasons under which domains or the organization are waited for. */
const VALIDATING = ['AwaitingValidation', 'AskingValidation', 'CheckingValidation']

const validated = ({ validation = [] }: OrderStatus): WaitedFor =>
  validation.some(({ status }) => !isProven(status)) ? 'domains' : 'organization'

const waitedFor = (status: OrderStatus, reason: string): WaitedFor =>
  VALIDATING.includes(reason) ? validated(status) : (WAITS[reason] ?? 'operator')

type Conditions = { ready: Condition | undefined; issuing: Condition; stalled: Condition | undefined }

const stateOf = ({ ready, issuing, stalled }: Conditions): OrderState => {
  if (stalled?.status === 'True') return 'stalled'
  const isReady = ready?.status === 'True'
  if (issuing.status === 'True') return isReady ? 'replacing' : 'waiting'
  if (issuing.reason === 'Suspended' || !isReady) return 'held'
  return issuing.reason === 'Issued' ? 'ready' : 'attention'
}

const seconds = (date: string | Date): number => new Date(date).getTime() / 1000

const waitSince = (status: OrderStatus, reason: string): string | undefined => {
  if (VALIDATING.includes(reason)) return status.validationSince ?? askedAtOf(status)
  return reason === 'AwaitingApproval' ? askedAtOf(status) : undefined
}

/**
 * Since when it is so. A condition only tells since when its status holds, and work that goes from one wait to the next
 * keeps the one status; so a wait for a person counts from what it follows.
 */
const sinceOf = (status: OrderStatus, { ready, issuing, stalled }: Conditions, state: OrderState): string => {
  if (state === 'stalled' && stalled) return stalled.lastTransitionTime
  if (state === 'ready' && ready) return ready.lastTransitionTime
  const asked = issuing.status === 'True' ? waitSince(status, issuing.reason) : undefined
  return asked ?? issuing.lastTransitionTime
}

export type Standing = { state: OrderState; reason: string; waitsFor: WaitedFor | ''; since: number }

const newSince = ({ creationTimestamp = '' }: DigiCertOrder['metadata']): Standing => ({
  state: 'new',
  reason: '',
  waitsFor: '',
  since: seconds(creationTimestamp),
})

/** How an order stands, by its conditions. The one place that reads conditions for metrics. */
export const standingOf = ({ metadata, status = {} }: DigiCertOrder): Standing => {
  const of = (type: string) => status.conditions?.find((condition) => condition.type === type)
  const issuing = of('Issuing')
  if (!issuing) return newSince(metadata)
  const conditions = { ready: of('Ready'), issuing, stalled: of('Stalled') }
  const state = stateOf(conditions)
  const waitsFor = issuing.status === 'True' ? waitedFor(status, issuing.reason) : ''
  return { state, reason: issuing.reason, waitsFor, since: seconds(sinceOf(status, conditions, state)) }
}

type Named = { namespace: string; name: string }

const READY = ['True', 'False', 'Unknown']

/** The 1 or 0 of each status that a Ready condition can have. */
export const readyStatuses = (conditions: readonly Condition[] | undefined) => {
  const holds = conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown'
  return READY.map((condition) => ({ condition, value: condition === holds ? 1 : 0 }))
}

const certificateSamples = (labels: Named, { spec, status = {} }: DigiCertOrder): Sample[] => {
  const { certificate, next } = status
  const planEnd = certificate && planOf(spec, status).end
  const of = (name: Extract<Sample, { labels: Named }>['name'], value: number) => ({ name, labels, value }) as Sample
  return [
    ...(certificate
      ? [
          of('digicert_operator_certificate_not_before_timestamp_seconds', seconds(certificate.notBefore)),
          of('digicert_operator_certificate_not_after_timestamp_seconds', seconds(certificate.notAfter)),
        ]
      : []),
    ...(planEnd ? [of('digicert_operator_order_plan_end_timestamp_seconds', seconds(planEnd))] : []),
    ...(next
      ? [
          {
            name: 'digicert_operator_certificate_renewal_timestamp_seconds' as const,
            labels: { ...labels, action: next.action },
            value: seconds(next.at),
          },
        ]
      : []),
  ]
}

const troubleSamples = (labels: Named, { failures }: OrderStatus): Sample[] =>
  failures?.reason === undefined
    ? []
    : [
        {
          name: 'digicert_operator_order_failures',
          labels: { ...labels, reason: failures.reason },
          value: failures.count,
        },
      ]

const readySamples = (labels: Named, { conditions }: OrderStatus): Sample[] =>
  readyStatuses(conditions).map(({ condition, value }) => ({
    name: 'digicert_operator_certificate_ready_status',
    labels: { ...labels, condition },
    value,
  }))

const orderSamples = (order: DigiCertOrder, { state, reason, waitsFor, since }: Standing): Sample[] => {
  const { metadata, spec, status = {} } = order
  const labels = { namespace: metadata.namespace ?? '', name: metadata.name }
  const info = { account: accountKeyOf(order), product: spec.product, renewal: renewsBy(spec) }
  return [
    { name: 'digicert_operator_order_info', labels: { ...labels, ...info }, value: 1 },
    {
      name: 'digicert_operator_order_state_since_timestamp_seconds',
      labels: { ...labels, state, reason, waiting_for: waitsFor },
      value: since,
    },
    ...readySamples(labels, status),
    ...certificateSamples(labels, order),
    ...troubleSamples(labels, status),
  ]
}

/** All figures of orders, from what is cached. */
export const samplesOfOrders = (orders: readonly DigiCertOrder[]): Sample[] => {
  const counts = new Map<OrderState, number>(ORDER_STATES.map((state) => [state, 0]))
  const samples = orders.flatMap((order) => {
    const standing = standingOf(order)
    counts.set(standing.state, (counts.get(standing.state) ?? 0) + 1)
    return orderSamples(order, standing)
  })
  const totals = [...counts].map(([state, value]) => ({
    name: 'digicert_operator_orders' as const,
    labels: { state },
    value,
  }))
  return [...totals, ...samples.filter(({ value }) => !Number.isNaN(value))]
}
