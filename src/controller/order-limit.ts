import type { Session } from './accounts.ts'

/** Orders of an account that are being placed; each promise ends when its outcome is counted. */
const underWay = new WeakMap<Session, Set<Promise<unknown>>>()

const settled = (outcome: Promise<unknown>): Promise<unknown> => outcome.catch(() => undefined)

/**
 * Places an order unless the account has placed all that its policy allows for the day. Orders on their way count: of
 * several passes that saw the last one left, one places it and the others wait for what becomes of it.
 *
 * @param ordersToday tells how many were placed so far, asked anew whenever one ended
 */
export const withinLimit = async <T>(
  session: Session,
  ordersToday: () => number,
  place: () => Promise<T>,
): Promise<T | 'limit-reached'> => {
  const others = underWay.get(session) ?? new Set()
  underWay.set(session, others)
  const left = () => session.account.spec.policy.maxOrdersPerDay - ordersToday()
  while (left() > 0 && others.size >= left()) await Promise.race(others)
  if (left() <= 0) return 'limit-reached'
  const outcome = place()
  const end = settled(outcome)
  others.add(end)
  return outcome.finally(() => others.delete(end))
}
