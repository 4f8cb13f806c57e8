import {
  type AccountStatus,
  type DailyOrders,
  MOST_NAMESPACES,
  MOST_PURCHASES,
  type Policy,
  type Purchase,
} from '../api/account.ts'

/** What shall be bought: an order, or names that a reissue adds to one. */
export type Claim = { kind: 'order' | 'names'; namespace: string; name: string; purchase: number }

/** What an account keeps of purchases. */
export type Book = { daily: DailyOrders; purchases: readonly Purchase[] }

type Shares = NonNullable<DailyOrders['namespaces']>

/** The counts of a day on which orders of these namespaces were placed. */
export const countsOf = (date: string, namespaces: readonly string[]): DailyOrders =>
  namespaces.reduce<DailyOrders>((daily, namespace) => changed(daily, { kind: 'order', namespace }, 1), {
    date,
    count: 0,
    nameChanges: 0,
  })

/**
 * What of written counts is in force on a day. Those of an earlier day are over. Those of a later one were written before
 * the clock was set back, and count: the day would else begin twice.
 */
const inForce = (written: DailyOrders | undefined, date: string): DailyOrders =>
  written && written.date >= date ? { ...written, date } : countsOf(date, [])

const highestShares = (one: Shares, other: Shares): Shares => {
  const counts = new Map(one.map(({ name, count }) => [name, count]))
  for (const { name, count } of other) counts.set(name, Math.max(count, counts.get(name) ?? 0))
  return [...counts].slice(0, MOST_NAMESPACES).map(([name, count]) => ({ name, count }))
}

/** The book of a day, by what the account says and by what this process knows: never less than either. */
export const bookOf = (status: AccountStatus | undefined, known: DailyOrders, date: string): Book => {
  const [one, other] = [inForce(status?.dailyOrders, date), inForce(known, date)]
  return {
    daily: {
      date,
      count: Math.max(one.count, other.count),
      nameChanges: Math.max(one.nameChanges, other.nameChanges),
      namespaces: highestShares(one.namespaces ?? [], other.namespaces ?? []),
    },
    purchases: status?.purchases ?? [],
  }
}

const changedShares = (shares: Shares, namespace: string, by: 1 | -1): Shares => {
  if (shares.some(({ name }) => name === namespace))
    return shares
      .map((share) => (share.name === namespace ? { ...share, count: share.count + by } : share))
      .filter(({ count }) => count > 0)
  return by > 0 && shares.length < MOST_NAMESPACES ? [...shares, { name: namespace, count: 1 }] : shares
}

function changed(daily: DailyOrders, { kind, namespace }: Pick<Claim, 'kind' | 'namespace'>, by: 1 | -1): DailyOrders {
  if (kind === 'names') return { ...daily, nameChanges: Math.max(0, daily.nameChanges + by) }
  const namespaces = changedShares(daily.namespaces ?? [], namespace, by)
  return { ...daily, count: Math.max(0, daily.count + by), namespaces }
}

/** Where a purchase of this day stands; -1 where it does not. */
const recordOf = ({ daily, purchases }: Book, { kind, namespace, name, purchase }: Claim): number =>
  kind === 'names'
    ? -1
    : purchases.findLastIndex(
        (record) =>
          record.namespace === namespace &&
          record.name === name &&
          record.purchase === purchase &&
          record.time >= daily.date,
      )

/** Takes a reservation back that was not used. */
const without = (book: Book, claim: Claim): Book => {
  const index = recordOf(book, claim)
  return {
    daily: changed(book.daily, claim, -1),
    purchases: index < 0 ? book.purchases : book.purchases.toSpliced(index, 1),
  }
}

/** The book without the reservations that were given back. */
export const withoutAll = (book: Book, claims: readonly Claim[]): Book => claims.reduce(without, book)

const withClaim = ({ daily, purchases }: Book, claim: Claim, now: Date): Book => {
  const { kind, namespace, name, purchase } = claim
  const record = { time: now.toISOString(), namespace, name, purchase }
  return {
    daily: changed(daily, claim, 1),
    purchases: kind === 'names' ? purchases : [...purchases, record].slice(-MOST_PURCHASES),
  }
}

/** What may still be bought. */
export type Left = { orders: number; nameChanges: number }

/** A namespace that finds no place in a full list has no share of its own left. */
const shareLeft = ({ namespaces = [] }: DailyOrders, most: number | undefined, namespace: string): number => {
  if (most === undefined) return Infinity
  const count = namespaces.find(({ name }) => name === namespace)?.count
  return count === undefined && namespaces.length >= MOST_NAMESPACES ? 0 : most - (count ?? 0)
}

/** What the policy leaves to a namespace after these counts; below zero where the limit was lowered since. */
export const leftOf = (daily: DailyOrders, policy: Policy, namespace: string): Left => ({
  orders: Math.min(
    policy.maxOrdersPerDay - daily.count,
    shareLeft(daily, policy.maxOrdersPerDayPerNamespace, namespace),
  ),
  nameChanges: policy.maxNameChangesPerDay - daily.nameChanges,
})

/** Whether nothing is left of what is claimed. */
export const hasNone = ({ orders, nameChanges }: Left, { kind }: Claim): boolean =>
  (kind === 'order' ? orders : nameChanges) <= 0

/** The book after a claim, and what becomes of it. The same id sent again the same day is one purchase: `repeated`. */
export const judge = (
  book: Book,
  claim: Claim,
  { policy, now }: { policy: Policy; now: Date },
): { book: Book; answer: 'counted' | 'repeated' | 'limit' } => {
  if (recordOf(book, claim) >= 0) return { book, answer: 'repeated' }
  const left = leftOf(book.daily, policy, claim.namespace)
  if (hasNone(left, claim)) return { book, answer: 'limit' }
  return { book: withClaim(book, claim, now), answer: 'counted' }
}

/** The fields of a status that the book becomes. Shares are kept for accounts of many namespaces; nothing is no field. */
export const fieldsOf = (
  { daily, purchases }: Book,
  scope: 'namespace' | 'cluster',
): Pick<AccountStatus, 'dailyOrders' | 'purchases'> => {
  const { namespaces = [], ...counts } = daily
  const isEmpty = daily.count === 0 && daily.nameChanges === 0
  const shares = scope === 'cluster' && namespaces.length > 0 ? { namespaces } : {}
  return {
    ...(isEmpty ? {} : { dailyOrders: { ...counts, ...shares } }),
    ...(purchases.length === 0 ? {} : { purchases: [...purchases] }),
  }
}
