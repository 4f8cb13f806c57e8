import { type OrderSpec, unpurchasable } from '../api/order.ts'
import { DAY, isoDay } from './schedule.ts'
import { endOf } from './standing.ts'

/** A year of the certificate may be a leap year, and that of the plan none. */
const SLACK = DAY

const pastDay = (field: string, day: string | undefined, now: Date): string[] =>
  day === undefined || day > isoDay(now)
    ? []
    : [`${field}.expiresOn is ${day}, which is not a day to come: what is bought would have ended. Name a later day`]

/** Whether a certificate would have to last longer than its plan. */
const outlives = ({ certificateValidity: certificate, orderValidity: order }: OrderSpec, now: Date): boolean =>
  certificate !== undefined && endOf(certificate, now).getTime() > endOf(order, now).getTime() + SLACK

/**
 * What keeps a spec from being bought today, as sentences that name the field. It never binds what is placed already, nor
 * its reissues and renewals.
 */
export const purchaseFaults = (spec: OrderSpec, now: Date): string[] => [
  ...unpurchasable(spec),
  ...pastDay('orderValidity', spec.orderValidity.expiresOn, now),
  ...pastDay('certificateValidity', spec.certificateValidity?.expiresOn, now),
  ...(outlives(spec, now)
    ? [
        `certificateValidity would end on ${isoDay(endOf(spec.certificateValidity ?? {}, now))}, after the plan, which ends on ${isoDay(endOf(spec.orderValidity, now))}: shorten it, or lengthen orderValidity`,
      ]
    : []),
]
