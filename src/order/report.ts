import type { Reason } from '../api/reasons.ts'
import type { Condition } from '../api/shapes.ts'
import type { OrderStatus } from '../api/status.ts'
import type { Decision } from './decision.ts'
import { type About, messageOf } from './messages.ts'
import type { Observation } from './observation.ts'
import { isoDay, withOrder, without } from './progress.ts'
import { current } from './rules/track.ts'

/** What a person is told once: the reason is that of the condition. */
export type Announcement = { type: 'Normal' | 'Warning'; reason: Reason; message: string }

export type Told = { status: OrderStatus; announce: Announcement[] }

const transition = (before: Condition | undefined, status: Condition['status'], now: Date): string =>
  before?.status === status ? before.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`

/** Whether the Secret still holds the certificate of an order that was over and that a person gave up for a new one. */
const isGivenUp = ({ stored, order, orderAgain }: Observation): boolean =>
  stored?.orderId !== undefined && stored.orderId !== order?.orderId && orderAgain === String(stored.orderId)

const readyStatus = (o: Observation, now: Date): 'True' | 'False' => {
  const revoked = o.order !== undefined && current(o, o.order).status === 'revoked'
  return o.stored && o.stored.notAfter > now && !revoked && !isGivenUp(o) ? 'True' : 'False'
}

type Verdict = Decision['verdict']

const ISSUING: Readonly<Record<Verdict, 'True' | 'False'>> = {
  look: 'True',
  act: 'True',
  wait: 'True',
  stalled: 'False',
  ready: 'False',
}

/** Conditions by `reference/codebases.md` 4.6: Ready is about the Secret, Issuing about the work, Stalled about people. */
const conditionsOf = (o: Observation, decision: Decision, now: Date, about: About) => {
  const ready = readyStatus(o, now)
  const message = messageOf(decision.reason, o, about)
  const wanted = [
    ready === 'True'
      ? { type: 'Ready', status: ready, reason: 'Issued', message: messageOf('Issued', o, about) }
      : { type: 'Ready', status: ready, reason: decision.reason, message },
    { type: 'Issuing', status: ISSUING[decision.verdict], reason: decision.reason, message },
  ]
  const isStalled = decision.verdict === 'stalled' && ready === 'False'
  return isStalled
    ? [...wanted, { type: 'Stalled', status: 'True' as const, reason: decision.reason, message }]
    : wanted
}

const conditionIn = (status: OrderStatus | undefined, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

const announcement = (before: OrderStatus | undefined, decision: Decision, message: string): Announcement[] => {
  if (conditionIn(before, 'Issuing')?.reason === decision.reason) return []
  if (decision.verdict === 'look' || decision.verdict === 'act') return []
  const warn = decision.verdict === 'stalled' || decision.reason === 'ReissueDue'
  return [{ type: warn ? 'Warning' : 'Normal', reason: decision.reason, message }]
}

const nextOf = (o: Observation, decision: Decision): OrderStatus['next'] =>
  decision.verdict === 'ready' && decision.reason === 'Issued' && o.reissueAt
    ? {
        action: 'Look',
        at: `${o.reissueAt.toISOString().slice(0, 19)}Z`,
        why: `the certificate ends on ${o.stored ? isoDay(o.stored.notAfter) : 'that day'} and is due for a reissue`,
      }
    : undefined

/** The order is settled once its certificate is stored: what was written down before buying it has served. */
const settle = (status: OrderStatus, decision: Decision, o: Observation): OrderStatus => {
  if (decision.verdict !== 'ready') return status
  const settled = without(status, 'intent', 'failures')
  return o.stored ? { ...settled, certificate: o.stored.facts } : settled
}

export type Subject = {
  /** The status as it was read, for what changed. */
  before: OrderStatus | undefined
  generation: number
  about: About
}

/** The whole status at the end of a pass, and what is worth an Event. */
export const report = (
  draft: OrderStatus,
  o: Observation,
  decision: Decision,
  subject: Subject & { now: Date },
): Told => {
  const { before, generation, about, now } = subject
  const seen = o.order && o.remote.kind === 'order' ? withOrder(draft, o.remote.order, o.order.purchase) : draft
  const conditions = conditionsOf(o, decision, now, about).map((condition) => ({
    ...condition,
    observedGeneration: generation,
    lastTransitionTime: transition(conditionIn(before, condition.type), condition.status, now),
  }))
  const next = nextOf(o, decision)
  const status: OrderStatus = {
    ...without(settle(seen, decision, o), 'next'),
    observedGeneration: generation,
    conditions,
    ...(next ? { next } : {}),
  }
  return { status, announce: announcement(before, decision, messageOf(decision.reason, o, about)) }
}
