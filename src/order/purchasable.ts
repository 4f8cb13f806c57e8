import { type OrderSpec, unpurchasable } from '../api/order.ts'
import { MOST } from '../api/spec-rules.ts'
import { rulesOf } from '../api/products.ts'
import { DAY, isoDay, later, midnight } from './schedule.ts'
import { endOf } from './standing.ts'

/** A year of the certificate may be a leap year, and that of the plan none. */
const SLACK = DAY
const SECOND = 1000

const pastDay = (field: string, day: string | undefined, now: Date): string[] =>
  day === undefined || day > isoDay(now)
    ? []
    : [`${field}.expiresOn is ${day}, which is not a day to come: what is bought would have ended. Name a later day`]

/** The last day that an order may be asked for: three years from now, or as many days as a shorter product has. */
const lastOrderDay = (product: string, now: Date): string => {
  const { order } = rulesOf(product)
  const years = isoDay(later(endOf({ years: MOST.order.years }, now), SECOND))
  return order ? isoDay(later(midnight(now), order.days * DAY)) : years
}

const lastCertificateDay = (product: string, now: Date): string => {
  const { certificate } = rulesOf(product)
  return isoDay(later(midnight(now), (certificate === 'none' ? MOST.certificate : certificate).days * DAY))
}

/** Days stand for the same limits as years and days, which the API server checks; it has no clock for a day. */
const farDay = (field: string, day: string | undefined, last: string): string[] =>
  day === undefined || day <= last
    ? []
    : [
        `${field}.expiresOn is ${day}, and ${last} is the last day that DigiCert takes for this product today. Name an earlier day`,
      ]

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
  ...farDay('orderValidity', spec.orderValidity.expiresOn, lastOrderDay(spec.product, now)),
  ...farDay('certificateValidity', spec.certificateValidity?.expiresOn, lastCertificateDay(spec.product, now)),
  ...(outlives(spec, now)
    ? [
        `certificateValidity would end on ${isoDay(endOf(spec.certificateValidity ?? {}, now))}, after the plan, which ends on ${isoDay(endOf(spec.orderValidity, now))}: shorten it, or lengthen orderValidity`,
      ]
    : []),
]
