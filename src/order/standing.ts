import type { OrderSpec } from '../api/order.ts'
import type { Validity } from '../api/shapes.ts'
import type { OrderStatus } from '../api/status.ts'
import { type Standing, planEndOf } from './plan.ts'
import { DAY, isoDay, midnight } from './schedule.ts'

const SECOND = 1000

const yearsLater = (date: Date, years: number): number => {
  const later = midnight(date)
  later.setUTCFullYear(later.getUTCFullYear() + years)
  return later.getTime()
}

/** Last second of a validity that begins on the day of a date: its first day counts. */
export const endOf = ({ years, days, expiresOn }: Validity, from: Date): Date => {
  if (expiresOn !== undefined) return new Date(Date.parse(`${expiresOn}T23:59:59Z`))
  const end = years === undefined ? midnight(from).getTime() + (days ?? 0) * DAY : yearsLater(from, years)
  return new Date(end - SECOND)
}

const dateOf = (time: string | undefined): Date | undefined => {
  const date = new Date(time ?? NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** When the order that the status knows was bought, by the history. */
const placedAt = ({ order, history = [] }: OrderStatus): Date | undefined =>
  dateOf(
    history.findLast(({ orderId, what }) => orderId === order?.id && what !== 'Reissued' && what !== 'Adopted')?.at,
  )

/** The last thing that was done at CertCentral, from which on others are waited for. */
export const askedAtOf = ({ intent, history }: OrderStatus): string | undefined => intent?.sentAt ?? history?.at(-1)?.at

/** The plan of the order at hand: when it begins and ends, and who says so. */
export type Plan = {
  start: Date | undefined
  end: Date | undefined
  /** `CertCentral`: it named the end; `Request`: the end is the one that was asked for. */
  source: 'CertCentral' | 'Request'
}

const requestedEnd = (
  { orderValidity }: Pick<OrderSpec, 'orderValidity'>,
  { order }: OrderStatus,
  start: Date | undefined,
): Date | undefined => {
  const asked = order?.asked?.validUntil
  if (asked !== undefined) return planEndOf(asked)
  return start && order ? endOf(orderValidity, start) : undefined
}

/** A plan that began only when it was issued ends later than the request says: never before its certificate does. */
const notBefore = ({ order, certificate }: OrderStatus, end: Date | undefined): Date | undefined => {
  const ends = certificate?.id === order?.certificateId ? dateOf(certificate?.notAfter) : undefined
  return end && ends && ends > end ? ends : end
}

/**
 * The plan of the order that a status knows. Until CertCentral names the end, it is the one that was asked for; in a status that
 * does not hold what was asked for, the one that the spec asks for. It begins on the day that CertCentral names or at
 * the purchase, whichever is later: unused time of a plan before may make it look older than it is.
 */
export const planOf = (spec: Pick<OrderSpec, 'orderValidity'>, status: OrderStatus): Plan => {
  const { order } = status
  const placed = placedAt(status)
  const named = dateOf(order?.validFrom)
  const start = named && placed ? new Date(Math.max(named.getTime(), placed.getTime())) : (named ?? placed)
  if (order?.validUntil !== undefined) return { start, end: planEndOf(order.validUntil), source: 'CertCentral' }
  return { start, end: notBefore(status, requestedEnd(spec, status, start)), source: 'Request' }
}

/** How far the end of a plan may lie from the day that was asked for, where nobody noted that day. */
const DATE_SLACK = 3 * DAY

/**
 * Whether a plan ends on the very day that `orderValidity.expiresOn` names, so that a renewal would end there as well. A
 * day that was sent is never sent again; a later one is a new plan.
 */
const planDateOf = ({ orderValidity }: Pick<OrderSpec, 'orderValidity'>, { order }: OrderStatus, end: Date) => {
  const { expiresOn } = orderValidity
  if (expiresOn === undefined) return 'open'
  const asked = order?.asked?.validUntil
  const named = planEndOf(expiresOn).getTime()
  if (asked === expiresOn || named <= end.getTime()) return 'reached'
  return asked === undefined && named <= end.getTime() + DATE_SLACK ? 'reached' : 'open'
}

/** Whether there is nothing to renew a plan for: it ends on the day that the spec names, or that day is over. */
export const isDateReached = (spec: Pick<OrderSpec, 'orderValidity'>, status: OrderStatus, now: Date): boolean => {
  const { expiresOn } = spec.orderValidity
  const { end } = planOf(spec, status)
  if (expiresOn === undefined) return false
  return expiresOn <= isoDay(now) || (end !== undefined && planDateOf(spec, status, end) === 'reached')
}

type Ends = { notBefore: Date; notAfter: Date; serialNumber: string }

/**
 * When the certificate at hand was stored first. One that the status does not know came a moment ago: the process died
 * before it was noted. A status that forgot everything gives no date.
 */
export const arrivalOf = (status: OrderStatus, serialNumber: string, now: Date): Date | undefined => {
  const { certificate, intent } = status
  if (certificate?.serialNumber === serialNumber) return dateOf(certificate.storedTime)
  const isOurs = certificate !== undefined || intent?.sentAt !== undefined || placedAt(status) !== undefined
  return isOurs ? now : undefined
}

/** What a status knows of the certificate at hand and the plan around it. */
export const standingOf = (
  spec: Pick<OrderSpec, 'orderValidity'>,
  status: OrderStatus,
  certificate: Ends,
  now: Date,
): Standing => {
  const { notBefore, notAfter, serialNumber } = certificate
  const { start: planStart, end: planEnd } = planOf(spec, status)
  // No certificate came before its order was bought, however far back its CA dates it.
  const arrived = arrivalOf(status, serialNumber, now) ?? placedAt(status)
  return {
    ...{ notBefore, notAfter, planStart, planEnd, arrived },
    planDate: planEnd && planDateOf(spec, status, planEnd),
  }
}
