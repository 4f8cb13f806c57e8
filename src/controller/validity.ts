import type { DigiCertOrder, OrderSpec } from '../api/order.ts'
import { rulesOf } from '../api/products.ts'
import type { KnownValidity, OrderStatus } from '../api/status.ts'
import type { CertCentral, NameValidation, OrderValidation } from '../certcentral/index.ts'

import type { Observation } from '../order/observation.ts'
import * as schedule from '../order/schedule.ts'
import { dateOf } from './dates.ts'
import type { Gathered } from './gather.ts'
import { isRefusal } from './remote.ts'

/** Most domains of one order that are asked for, each of them costs a call. */
const MOST_DOMAINS = 25

type Client = Pick<CertCentral, 'orderValidation' | 'organizationValidations' | 'domainInfo'>

/** What CertCentral refuses to tell (an id that it does not show to this key) is not known, which harms nobody. */
const untold = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

const latest = (dates: readonly (Date | undefined)[]): Date | undefined => {
  const known = dates.flatMap((date) => (date ? [date.getTime()] : []))
  return known.length > 0 ? new Date(Math.max(...known)) : undefined
}

const organizationUntil = async (
  client: Client,
  { organizationId, organization }: OrderValidation,
  type: string,
): Promise<Date | undefined> => {
  const ofType = (list: OrderValidation['organization']) =>
    latest(list.filter((entry) => entry.type === type).map(({ validatedUntil }) => validatedUntil))
  const told = ofType(organization)
  if (told || organizationId === undefined) return told
  return ofType((await untold(client.organizationValidations(organizationId))) ?? [])
}

const domainEntry = async (client: Client, { domainId, scope, dnsNames }: NameValidation): Promise<KnownValidity[]> => {
  const info = domainId === undefined ? undefined : await untold(client.domainInfo(domainId))
  const name = scope ?? dnsNames[0] ?? info?.name
  return info?.provenUntil && name !== undefined
    ? [{ type: 'Domain', name, validatedUntil: info.provenUntil.toISOString() }]
    : []
}

/**
 * Asks until when the domains and the organization of an order are validated; a reissue after that waits for people.
 *
 * @throws CertCentralError where CertCentral does not answer
 */
export const askValidity = async (
  client: Client,
  { spec }: DigiCertOrder,
  orderId: number,
): Promise<KnownValidity[]> => {
  const validation = await untold(client.orderValidation(orderId))
  if (!validation) return []
  const entries: KnownValidity[] = []
  const until = await organizationUntil(client, validation, rulesOf(spec.product).validation)
  if (until) {
    const name = String(validation.organizationId ?? spec.organization?.id ?? spec.organization?.name ?? '')
    entries.push({ type: 'Organization', name, validatedUntil: until.toISOString() })
  }
  const domains = new Map(validation.names.map((name) => [name.domainId, name]))
  for (const name of [...domains.values()].slice(0, MOST_DOMAINS)) entries.push(...(await domainEntry(client, name)))
  return entries
}

/** Products whose validation serves for more than one certificate. */
const REUSED = ['ov', 'ev']

/** A person who asks for a look is not answered twice in so many milliseconds. */
const ASKED_AGAIN = 30_000

type Next = NonNullable<Observation['next']>

/** Whether the next certificate is near, comes by itself, and rests on a validation that may have ended by then. */
const isOfAccount = (next: Next, { product, reissue }: OrderSpec, now: Date): boolean => {
  if (next.action === 'Look' && reissue?.by !== 'DigiCert') return false
  return REUSED.includes(rulesOf(product).validation) && schedule.isValidityDue(next.at, now)
}

const checkAt = (
  { at }: Next,
  checkedAt: Date | undefined,
  found: 'good' | 'lapsing',
  asked: Date | undefined,
): Date => {
  const isNew = asked !== undefined && !(checkedAt && asked.getTime() - checkedAt.getTime() < ASKED_AGAIN)
  return isNew ? asked : schedule.validityCheck(at, checkedAt, found)
}

/** What ends before the next certificate is due; of account only when that is near. */
export const validityFact = (
  { order: { spec } }: Gathered,
  { validity }: OrderStatus,
  { next, now, asked }: { next: Observation['next']; now: Date; asked: Date | undefined },
): Observation['validity'] => {
  if (!next || !isOfAccount(next, spec, now)) return { checkAt: undefined, lapses: [] }
  const known = (validity?.entries ?? []).map(({ type, name, validatedUntil }) => {
    return { type, name, until: new Date(validatedUntil) }
  })
  const lapses = known.filter(({ until }) => until < next.at)
  const found = lapses.length > 0 ? 'lapsing' : 'good'
  return { checkAt: checkAt(next, schedule.passed(dateOf(validity?.checkedAt), now), found, asked), lapses }
}
