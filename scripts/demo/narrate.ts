import type { DigiCertOrder } from '../../src/api/order.ts'
import type { Say } from './say.ts'

/** What one glance at an order tells: the reason and message of the condition that matters now. */
export type Headline = { readonly reason: string; readonly message: string }

/** Name of an order with its namespace. */
export const nameOf = ({ metadata }: DigiCertOrder): string => `${metadata.namespace ?? 'default'}/${metadata.name}`

/** Whether a condition of an order is True. */
export const isTrue = (order: DigiCertOrder, type: string): boolean =>
  (order.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True')

/** Whether any condition of an order carries a reason. */
export const hasReason = (order: DigiCertOrder, reason: string): boolean =>
  (order.status?.conditions ?? []).some((condition) => condition.reason === reason)

/** The condition to tell about: Stalled before Issuing before Ready. Undefined before the operator saw the order. */
export function headlineOf(order: DigiCertOrder): Headline | undefined {
  const conditions = order.status?.conditions ?? []
  const told = ['Stalled', 'Issuing'].filter((type) => isTrue(order, type))
  const condition = conditions.find(({ type }) => type === (told[0] ?? 'Ready'))
  return condition === undefined ? undefined : { reason: condition.reason, message: condition.message }
}

/** Tells one line for each change of an order's headline. */
export function narrateOrders(say: Say): (order: DigiCertOrder) => void {
  const told = new Map<string, string>()
  return (order) => {
    const headline = headlineOf(order)
    if (headline === undefined) return
    const line = `${nameOf(order).padEnd(28)} ${headline.reason.padEnd(20)} ${headline.message}`
    if (told.get(nameOf(order)) === line) return
    told.set(nameOf(order), line)
    say(line)
  }
}
