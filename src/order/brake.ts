import type { OrderStatus } from '../api/status.ts'
import { type Decision, act, stalled } from './decision.ts'
import type { BrakeFact, Held, KnownOrder, Observation, Remote, RemoteOrder } from './observation.ts'
import type { Plan as PlanOfOrder } from './standing.ts'
import { DAY, earliest, isoDay, later } from './schedule.ts'

const HOUR = 3_600_000

/** A resource buys at most one purchase number in this time, in milliseconds. */
const BETWEEN_PURCHASES = DAY

/** How often one plan is reissued at most, and in which time, in milliseconds. */
const REISSUES: readonly { readonly most: number; readonly window: number; readonly words: string }[] = [
  { most: 6, window: HOUR, words: 'in the last hour' },
  { most: 20, window: DAY, words: 'in the last 24 hours' },
]

/** What was bought or reissued, by facts that survive a crash. */
type Deed = { readonly orderId: number; readonly time: Date }

/** A plan, by the days that CertCentral or the request named. */
type Plan = { readonly orderId: number; readonly start: Date | undefined; readonly end: Date | undefined }

/**
 * Whether an order ended before anything was issued, and so cost nothing. A canceled one counts as issued unless CertCentral
 * was just asked and shows no serial number.
 */
export const wasFree = (order: RemoteOrder, looked: 'yes' | 'no'): boolean =>
  order.status === 'rejected' || (order.status === 'canceled' && looked === 'yes' && order.serialNumber === undefined)

/** Times that lie further ahead were noted by a clock that was wrong; the plan's own dates still hold then. */
const isPossible = (time: Date, now: Date): boolean => time.getTime() - now.getTime() < DAY

const deedsOf = ({ history = [] }: OrderStatus, events: readonly string[], now: Date) =>
  history
    .filter(({ what, free }) => events.includes(what) && free !== true)
    .map((entry) => ({ ...entry, time: new Date(entry.at) }))
    .filter(({ time }) => isPossible(time, now))

/** The purchase before the one in question is too recent. */
const tooSoon = (deeds: readonly Deed[], now: Date): Held | undefined => {
  const last = deeds.toSorted((a, b) => a.time.getTime() - b.time.getTime()).at(-1)
  if (!last || later(last.time, BETWEEN_PURCHASES) <= now) return undefined
  return {
    until: later(last.time, BETWEEN_PURCHASES),
    orderId: last.orderId,
    cause: `order ${String(last.orderId)} was bought at ${last.time.toISOString()}, and a DigiCertOrder buys once in 24 hours`,
  }
}

/** More than half of the plan before is still ahead. */
const tooEarly = ({ orderId, start, end }: Plan, now: Date): Held | undefined => {
  if (!start || !end || start >= end) return undefined
  const middle = new Date((start.getTime() + end.getTime()) / 2)
  if (now >= middle) return undefined
  return {
    until: middle,
    orderId,
    cause: `more than half of the plan of order ${String(orderId)}, which ends on ${isoDay(end)}, is still ahead`,
  }
}

const longest = (held: readonly (Held | undefined)[]): Held | undefined =>
  held.flatMap((one) => one ?? []).toSorted((a, b) => b.until.getTime() - a.until.getTime())[0]

/** When the reissues of a plan are few enough again. */
const tooMany = (orderId: number, times: readonly Date[], now: Date): Held | undefined =>
  longest(
    REISSUES.map(({ most, window, words }) => {
      const recent = times.filter((time) => later(time, window) > now).toSorted((a, b) => a.getTime() - b.getTime())
      const oldest = recent[recent.length - most]
      if (!oldest) return undefined
      const cause = `order ${String(orderId)} was reissued ${String(recent.length)} times ${words}`
      return { until: later(oldest, window), orderId, cause }
    }),
  )

/** All that the brake rests on: the status, what CertCentral just said, and the clock. Never a rule, never a schedule. */
export type BrakeSources = {
  status: OrderStatus
  /** The order that is known, by the status and the look of this pass. */
  order: KnownOrder | undefined
  remote: Remote
  /** First and last moment of the plan of that order. */
  plan: Pick<PlanOfOrder, 'start' | 'end'>
  /** What people wrote into release-brake and order-again. */
  releases: readonly (string | undefined)[]
  now: Date
}

/** The purchase number that the next purchase would have. */
const nextPurchase = ({ status: { intent }, order }: BrakeSources): number | undefined => {
  if (order) return order.purchase + 1
  return intent && intent.purpose !== 'Reissue' ? intent.purchase : undefined
}

/** The plan that a purchase would follow. */
const planBefore = ({ status: { intent }, order, remote, plan }: BrakeSources): Plan | undefined => {
  const looked = remote.kind === 'order' ? 'yes' : 'no'
  if (order) return wasFree(order, looked) ? undefined : { orderId: order.orderId, ...plan }
  if (remote.kind === 'found') {
    const { orderId, validFrom: start, validUntil: end } = remote.order
    return wasFree(remote.order, 'yes') ? undefined : { orderId, start, end }
  }
  const before = intent?.previousPlan
  return (
    before && {
      orderId: before.orderId,
      start: new Date(`${before.validFrom}T00:00:00Z`),
      end: new Date(`${before.validUntil}T23:59:59Z`),
    }
  )
}

const purchaseHeld = (sources: BrakeSources): Held | undefined => {
  const { status, order, remote, now } = sources
  // The same id sent again is the same purchase.
  if (!order && status.intent?.sentAt !== undefined) return undefined
  const number = nextPurchase(sources)
  const isFree = (orderId: number): boolean =>
    order?.orderId === orderId && wasFree(order, remote.kind === 'order' ? 'yes' : 'no')
  const others = deedsOf(status, ['Ordered', 'Renewed'], now).filter(
    ({ purchase, orderId }) => (purchase === undefined || purchase !== number) && !isFree(orderId),
  )
  const plan = planBefore(sources)
  return longest([tooSoon(others, now), plan && tooEarly(plan, now)])
}

const reissueHeld = ({ status, order, remote, now }: BrakeSources): Held | undefined => {
  if (!order) return undefined
  const { orderId } = order
  const noted = deedsOf(status, ['Reissued'], now).filter((deed) => deed.orderId === orderId)
  const listed = remote.kind === 'reissues' ? remote.madeAt.filter((time) => isPossible(time, now)) : []
  return longest([
    tooMany(
      orderId,
      noted.map(({ time }) => time),
      now,
    ),
    tooMany(orderId, listed, now),
  ])
}

/** Whether an annotation names an order; a suffix makes it a value that was not used before. */
const names = (value: string, orderId: number): boolean =>
  value === String(orderId) || value.startsWith(`${String(orderId)}-`)

/** What lets a step past the brake and was not used yet. */
const releaseOf = ({ status, releases }: BrakeSources, held: readonly (Held | undefined)[]): string | undefined => {
  const { lastHandledReleaseBrake: used } = status
  const ids = held.flatMap((one) => one?.orderId ?? [])
  return releases.find((value) => value !== undefined && value !== used && ids.some((id) => names(value, id)))
}

/** What the brake holds now, and what releases it. */
export const brakeFact = (sources: BrakeSources): BrakeFact => {
  const [purchase, reissue] = [purchaseHeld(sources), reissueHeld(sources)]
  return { purchase, reissue, release: releaseOf(sources, [purchase, reissue]) }
}

/** Whether a value of release-brake lets the order in force be renewed before the middle of its plan. */
export const isReleased = (value: string | undefined, { order, lastHandledReleaseBrake }: OrderStatus): boolean =>
  value !== undefined && value !== lastHandledReleaseBrake && order !== undefined && names(value, order.id)

/** What a decision would spend, or lead to. */
const spends = ({ renew, order, intent }: Observation, decision: Decision): 'purchase' | 'reissue' | undefined => {
  if (decision.verdict !== 'act') return undefined
  const { action } = decision
  if (action.kind === 'PlaceReissue') return 'reissue'
  if (action.kind === 'PlaceOrder') return 'purchase'
  if (action.kind !== 'RecordIntent') return undefined
  if (action.purpose === 'Reissue') return 'reissue'
  // What DigiCert renews is only taken over.
  const isNext = action.purchase > (order?.purchase ?? intent?.purchase ?? action.purchase)
  return isNext && renew !== 'DigiCert' ? 'purchase' : undefined
}

/** Writes down which annotation released the step, before the step is taken. */
const released = ({ order, intent }: Observation, decision: Extract<Decision, { verdict: 'act' }>): Decision => {
  const { action } = decision
  if (action.kind === 'RecordIntent') return act(decision.reason, { ...action, released: true })
  const again = action.kind === 'PlaceReissue' ? ('Reissue' as const) : undefined
  return act('RecordingIntent', {
    kind: 'RecordIntent',
    purchase: (again ? order?.purchase : intent?.purchase) ?? 1,
    ...(again ? { purpose: again } : {}),
    released: true,
  })
}

/**
 * The brake: in front of everything that buys or reissues, and resting on no rule and no schedule, so that a fault in
 * those costs one step and no more. A person lets one step past it.
 */
export const braked = (o: Observation, decision: Decision, now: Date): Decision => {
  const what = spends(o, decision)
  const held = what && o.brake[what]
  if (!held || decision.verdict !== 'act') return decision
  const intent = what === 'reissue' ? o.reissue.intent : o.intent
  if (intent?.releasedBy !== undefined && decision.action.kind !== 'RecordIntent') return decision
  if (o.brake.release !== undefined) return released(o, decision)
  return stalled('HeldByBrake', o.nextLookAt > now ? earliest(held.until, o.nextLookAt) : held.until)
}
