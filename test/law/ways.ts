import { DAY } from '../../src/order/schedule.ts'

/** The moment at which every play begins. */
export const BEGINNING = Date.parse('2026-11-23T09:00:00Z')

export const HOUR = 3_600_000

/** What becomes of a POST. `lost`: no answer comes, and the order is there or is not. */
export type Fate = 'taken' | 'refused' | 'unsent' | 'lost-taken' | 'lost-untaken'

/** What becomes of an order before it is issued. */
export type Ending = 'issued' | 'rejected' | 'canceled'

/** How CertCentral behaves. Times are milliseconds, dates are milliseconds since the beginning of the play. */
export type Ways = {
  /** Longest certificates, by the day from which they hold, the earliest first. */
  caps: readonly { readonly from: number; readonly days: number }[]
  /** What each POST of an order, and of a reissue, meets; `taken` where the list ends. */
  orders: readonly Fate[]
  reissues: readonly Fate[]
  /** How long people take to approve; `undefined` where nobody has to. */
  approval: number | undefined
  /** From approval to the certificate. */
  issuance: number
  /** What becomes of each order; `issued` where the list ends. */
  endings: readonly Ending[]
  /** Whether the certificate stands in the answer to an order that is issued at once. */
  chain: 'in the answer' | 'later'
  /** How far `notBefore` is dated back, and whether the life of a certificate counts from there. */
  backdated: number
  lifeFrom: 'notBefore' | 'issuance'
  /** Whether certificates end with a day or to the second. */
  ends: 'day' | 'second'
  planFrom: 'placement' | 'issuance'
  /** How many days the plan ends after the day that was asked for. */
  planShift: -1 | 0 | 1
  /** How long the dates of the plan are left out. */
  planHidden: number
  /** Whether a second order of one alternative id is refused. */
  uniqueIds: 'yes' | 'no'
  /** How long an order is not found by its alternative id. */
  findable: number
}

/** CertCentral on a good day: everything at once, to the day, and no limit but the cap. */
export const GOOD_WAYS: Ways = {
  caps: [{ from: 0, days: 199 }],
  orders: [],
  reissues: [],
  approval: undefined,
  issuance: 0,
  endings: [],
  chain: 'in the answer',
  backdated: 0,
  lifeFrom: 'issuance',
  ends: 'day',
  planFrom: 'placement',
  planShift: 0,
  planHidden: 0,
  uniqueIds: 'no',
  findable: 0,
}

/** The longest certificate of a day, in days. */
export const capOn = ({ caps }: Ways, at: number): number =>
  (caps.findLast(({ from }) => BEGINNING + from <= at) ?? caps[0])?.days ?? NO_CAP

const NO_CAP = 36_500

export const midnight = (at: number): number => Math.floor(at / DAY) * DAY

/** The last second of a day. */
export const endOfDay = (at: number): number => midnight(at) + DAY - 1000
