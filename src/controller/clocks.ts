import type { OrderStatus } from '../api/status.ts'
import type { Observation } from '../order/observation.ts'
import { dateOf } from './dates.ts'

/** How far our clock may be ahead of CertCentral's before what is due by it alone is doubted, in milliseconds. */
const CLOCKS_AGREE = 60 * 60_000

type Due = Pick<Observation, 'next' | 'stored'> & { readonly aheadMs: number | undefined; readonly now: Date }

/**
 * By how many milliseconds our clock is ahead of CertCentral's, where two things show it: the date of CertCentral's
 * answers, and an order that we bought not half the time ago after which its renewal is due. The date alone is not
 * believed: whatever stands between may have a wrong one, and a certificate would lapse for it. Without the date,
 * nothing says that it is not the plan that is that short.
 */
export const clockAhead = (
  { order, history = [] }: OrderStatus,
  { next, stored, aheadMs, now }: Due,
): number | undefined => {
  if (aheadMs === undefined || aheadMs <= CLOCKS_AGREE || !next || !stored) return undefined
  const boughtAt = dateOf(history.findLast(({ what, orderId }) => isPurchase(what) && orderId === order?.id)?.at)
  if (!boughtAt) return undefined
  const planned = next.at.getTime() - stored.notBefore.getTime()
  return now.getTime() - boughtAt.getTime() < planned / 2 ? aheadMs : undefined
}

const isPurchase = (what: string): boolean => what === 'Ordered' || what === 'Renewed'
