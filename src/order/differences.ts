import type { OrderSpec } from '../api/order.ts'
import { rulesOf } from '../api/products.ts'
import type { OrderStatus } from '../api/status.ts'
import type { Stored } from './observation.ts'
import { planEndOf } from './plan.ts'
import { renewsBy } from './reissue.ts'
import { DAY, isoDay } from './schedule.ts'
import { arrivalOf, endOf } from './standing.ts'

/** How far a day may lie from the one that was asked for: CAs count days, and the zones of them, in several ways. */
const SLACK = 2 * DAY

type Order = NonNullable<OrderStatus['order']>

/** Whether the certificate at hand is the one that was asked for last. */
const isAnswer = ({ order, intent }: OrderStatus, { orderId, facts }: Stored): boolean =>
  (orderId === undefined || orderId === order?.id) &&
  !(intent?.purpose === 'Reissue' && intent.supersedes === facts.serialNumber)

/**
 * The end of the certificate, held against what was asked for. It counts from the day that the certificate bears or that it
 * came, as CAs date back and operators rest.
 */
const ofEnd = (status: OrderStatus, { notBefore, notAfter, facts }: Stored, now: Date): string[] => {
  const { years, days, expiresOn } = status.order?.asked?.certificate ?? {}
  if (years === undefined && days === undefined && expiresOn === undefined) return []
  const arrived = arrivalOf(status, facts.serialNumber, now)
  const came = arrived && arrived > notBefore && arrived < notAfter ? arrived : notBefore
  const [first, last] = [endOf({ years, days, expiresOn }, notBefore), endOf({ years, days, expiresOn }, came)]
  const fits = notAfter.getTime() >= first.getTime() - SLACK && notAfter.getTime() <= last.getTime() + SLACK
  return fits
    ? []
    : [
        `the certificate ends on ${isoDay(notAfter)}, and certificateValidity asked for ${isoDay(last)}: DigiCert took another length, by its own limits or because it ignores the field`,
      ]
}

/** The end of the plan, held against the one that was sent. A plan may begin, and so end, later than it was asked for. */
const ofPlan = ({ id, validUntil, asked }: Order): string[] => {
  if (validUntil === undefined || asked?.validUntil === undefined) return []
  const isShort = planEndOf(validUntil).getTime() < planEndOf(asked.validUntil).getTime() - SLACK
  return isShort
    ? [
        `the plan of order ${String(id)} ends on ${validUntil}, and was asked for until ${asked.validUntil}: DigiCert sold a shorter one, as to an account without Multi-year Plans`,
      ]
    : []
}

const ofIssuer = ({ id, caCertId, asked }: Order): string[] => {
  const wanted = asked?.certificate?.caCertId
  return wanted === undefined || caCertId === undefined || wanted.toLowerCase() === caCertId.toLowerCase()
    ? []
    : [
        `CA certificate ${caCertId} issued the certificate of order ${String(id)}, and caCertId asked for ${wanted}: DigiCert ignores the field where the account may not choose the CA`,
      ]
}

const ofRenewal = (spec: OrderSpec, { id, autoRenew }: Order): string[] => {
  const wanted = renewsBy(spec) === 'DigiCert'
  if (autoRenew === undefined || autoRenew === wanted) return []
  const order = `order ${String(id)}`
  return autoRenew
    ? [
        `automatic renewal (auto_renew) of ${order} is on, and spec.renewal.byDigiCert does not ask for it: DigiCert would renew it, and charge for that. Switch it off in CertCentral, or set spec.renewal.byDigiCert: true`,
      ]
    : [
        `automatic renewal (auto_renew) of ${order} is off, and spec.renewal.byDigiCert asks for it: nobody would renew it. Switch it on in CertCentral, or take spec.renewal.byDigiCert out`,
      ]
}

const ofReissue = ({ product, reissue }: OrderSpec, { id, autoReissue, switched }: Order): string[] =>
  reissue?.by === 'DigiCert' && rulesOf(product).plan === 'yes' && autoReissue === false && (switched?.count ?? 0) > 1
    ? [
        `automatic reissue (auto_reissue) of order ${String(id)} stays off though the operator switched it on: DigiCert ignores it, as in an account without Multi-year Plans, and nobody would reissue the certificate. Set spec.reissue.by: Operator`,
      ]
    : []

/**
 * What came otherwise than the spec asks for, as sentences. Names are no part of it: a certificate that lacks one is not
 * stored, or is made again.
 */
export const differencesOf = (
  spec: OrderSpec,
  status: OrderStatus,
  stored: Stored | undefined,
  now: Date,
): readonly string[] => {
  const { order } = status
  if (!order) return []
  const answer = stored && isAnswer(status, stored) ? stored : undefined
  return [
    ...(answer ? [...ofEnd(status, answer, now), ...ofIssuer(order)] : []),
    ...ofPlan(order),
    ...ofRenewal(spec, order),
    ...ofReissue(spec, order),
  ]
}
