import { milliseconds } from '../../src/api/shapes.ts'
import { DAY } from '../../src/order/schedule.ts'
import type { Certificate, Entry } from './certcentral.ts'
import type { Life } from './life.ts'
import type { Purchase, Reissue } from './record.ts'
import { BEGINNING, capOn } from './ways.ts'

/** What must hold of every play; the answer says how it was broken. */
export type Law = { readonly name: string; readonly broken: (life: Life) => string | undefined }

const day = (at: number): string => new Date(at).toISOString().slice(0, 16)

const first = <T>(things: readonly T[], broken: (thing: T) => string | undefined): string | undefined => {
  for (const thing of things) {
    const found = broken(thing)
    if (found !== undefined) return found
  }
  return undefined
}

/** How far the clock of the operator is off at most, or is set at once: that much every date may be off. */
const skewOf = ({ play }: Life): number => {
  const offsets = [0, ...play.skews.map(({ by }) => by)]
  return Math.max(...offsets) - Math.min(...offsets)
}

/** Whether an order ended before anything was issued. */
const wasFree = ({ word, issuedAt }: Entry): boolean =>
  issuedAt === undefined && (word === 'rejected' || word === 'canceled')

/** A plan that begins when it is issued, and whose dates are not shown, seems to end so much earlier than it does. */
const unseenOf = ({ play: { ways } }: Life): number =>
  ways.planHidden > 0 && ways.planFrom === 'issuance' ? (ways.approval ?? 0) + ways.issuance : 0

/** The order before a purchase that cost something, whoever placed it. */
const before = ({ ledger }: Life, { entry }: Purchase): Entry | undefined =>
  ledger.orders.filter((other) => other.orderId < entry.orderId && !wasFree(other)).at(-1)

/** A plan, where it is bought twice, was past its middle. */
const purchasesAreNeeded: Law = {
  name: 'L1: a plan is bought only when more than half of the one before is over',
  broken: (life) =>
    first(life.story.purchases, (purchase) => {
      const plan = before(life, purchase)
      if (!plan) return undefined
      const middle = (plan.planStart + plan.planEnd) / 2
      return purchase.at >= middle - DAY - skewOf(life) - unseenOf(life)
        ? undefined
        : `order ${purchase.entry.orderId} was bought at ${day(purchase.at)}, and plan ${plan.orderId} is half over at ${day(middle)}`
    }),
}

/** What is stranded of a plan, as its last certificate ends before it. */
const strandedOf = (plan: Entry, { held }: Purchase): number =>
  held?.orderId === plan.orderId ? Math.max(0, plan.planEnd - held.notAfter) : 0

const JITTER = 1.05

const plansHardlyOverlap: Law = {
  name: 'L2: plans overlap by no more than renewal.before',
  broken: (life) =>
    first(life.story.purchases, (purchase) => {
      const plan = before(life, purchase)
      if (!plan) return undefined
      const length = plan.planEnd - plan.planStart
      const { before: wish } = life.order.spec.renewal ?? {}
      const most = wish === undefined ? Math.min(30 * DAY, length / 3) : milliseconds(wish)
      const allowed = most * JITTER + strandedOf(plan, purchase) + DAY + skewOf(life) + unseenOf(life)
      const overlap = plan.planEnd - purchase.at
      return overlap <= allowed
        ? undefined
        : `order ${purchase.entry.orderId} overlaps plan ${plan.orderId} by ${overlap / DAY} days, and ${allowed / DAY} are allowed`
    }),
}

/** The certificate that came of a reissue. */
const madeBy = ({ ledger }: Life, { orderId, at }: Reissue) => {
  const order = ledger.orders.find((entry) => entry.orderId === orderId)
  const listed = order?.others.find(({ createdAt }) => createdAt === at)
  return order?.certificates.find(({ id }) => id === listed?.certificateId)
}

const issuedAt = ({ play: { ways } }: Life, { notBefore }: Certificate): number => notBefore + ways.backdated

/** Whether the longest certificate became shorter between two moments: nobody can know that before asking. */
const hasCapFallen = ({ play: { ways } }: Life, since: number, at: number): boolean =>
  capOn(ways, since) > capOn(ways, at)

/**
 * Whether nobody can know when the plan ends: it is not shown, and DigiCert bought it, or ends it before its time, or the
 * answer to the purchase was lost on another day.
 */
const isPlanUnknown = ({ ledger, play: { ways, crashes } }: Life, { orderId, at }: Reissue): boolean => {
  const order = ledger.orders.find((entry) => entry.orderId === orderId)
  const isHidden = at < (order?.issuedAt ?? 0) + ways.planHidden
  const isLost = crashes.length > 0 || ways.orders.includes('lost-taken')
  return isHidden && (order?.by === 'DigiCert' || ways.planShift < 0 || isLost)
}

const SECOND = 1000

/** By a clock that is off, or dated back, a certificate or a plan that ends with a day may end with the day before. */
const lostBy = (life: Life): number => {
  const { backdated, lifeFrom } = life.play.ways
  const skew = skewOf(life)
  const isOff = skew > 0 || (backdated > 0 && lifeFrom === 'notBefore')
  return isOff ? Math.max(DAY, skew) + SECOND : skew
}

/** Whether the spec asks for less than the certificate had that DigiCert, or an earlier spec, made. */
const isShortened = ({ order: { spec } }: Life, { notBefore, notAfter }: Certificate): boolean => {
  const { days = Infinity, years = Infinity } = spec.certificateValidity ?? {}
  return Math.min(days, years * 365) * DAY < notAfter - notBefore - DAY
}

const endsWithDay = ({ notAfter }: Certificate): boolean => (notAfter + 1000) % DAY === 0

/**
 * Whether a certificate that DigiCert made at its cap, counted by the second, was followed by one of the length that the
 * spec asks for, which is counted by the calendar: the latter may be up to a day shorter than as many days.
 */
const isCountedByCalendar = (life: Life, held: Certificate, made: Certificate): boolean => {
  const { days, years } = life.order.spec.certificateValidity ?? {}
  const plan = life.ledger.orders.find(({ orderId }) => orderId === made.orderId)
  const isOfPlan = plan !== undefined && made.notAfter >= plan.planEnd - 1000
  return (days ?? years) !== undefined && endsWithDay(made) && !endsWithDay(held) && !isOfPlan
}

/** Whether a certificate ends on the day that the spec names, which is asked for until it comes. */
const isDated = ({ order: { spec } }: Life, { notAfter }: Certificate): boolean =>
  spec.certificateValidity?.expiresOn === new Date(notAfter).toISOString().slice(0, 10)

/** A reissue whose date is the cause of it. */
const dated = (life: Life): (Reissue & { held: NonNullable<Reissue['held']>; arrived: number })[] =>
  life.story.reissues.flatMap((reissue) => {
    const { cause, held, arrived } = reissue
    return cause === 'due' && held && arrived !== undefined ? [{ ...reissue, held, arrived }] : []
  })

const reissuesAreLate: Law = {
  name: 'L3: a certificate is not reissued in the first half of what it had left when it came',
  broken: (life) =>
    first(dated(life), ({ at, held, arrived }) => {
      // Of what came before the play nobody noted when; `notBefore` stands in.
      const begun = arrived <= BEGINNING ? Math.min(arrived, held.notBefore) : arrived
      const middle = (begun + held.notAfter) / 2
      return at >= middle - 1000 - skewOf(life)
        ? undefined
        : `${held.id} came at ${day(arrived)}, ends at ${day(held.notAfter)} and was reissued at ${day(at)}`
    }),
}

const reissuesAreWorthIt: Law = {
  name: 'L3: a reissue makes a certificate that ends later',
  broken: (life) =>
    first(dated(life), (reissue) => {
      const { held, arrived } = reissue
      const made = madeBy(life, reissue)
      if (!made || made.orderId !== held.orderId) return undefined
      if (hasCapFallen(life, Math.min(arrived, issuedAt(life, held)), issuedAt(life, made))) return undefined
      if (isPlanUnknown(life, reissue) || isShortened(life, held) || isDated(life, made)) return undefined
      if (isCountedByCalendar(life, held, made)) return undefined
      const worth = Math.min(DAY, (held.notAfter - arrived) / 4)
      const gain = made.notAfter - held.notAfter
      return gain > worth - lostBy(life)
        ? undefined
        : `${made.id} ends only ${gain / DAY} days after ${held.id}, which had ${(held.notAfter - arrived) / DAY} days when it came`
    }),
}

const isPeaceful: Law = {
  name: 'L4: every step is done with when it is done',
  broken: ({ story }) => story.faults.find((fault) => fault.startsWith('L4')),
}

const isSingle: Law = {
  name: 'L6: one alternative id never has two living orders',
  broken: ({ story }) => story.faults.find((fault) => fault.startsWith('L6')),
}

export const LAWS: readonly Law[] = [
  purchasesAreNeeded,
  plansHardlyOverlap,
  reissuesAreLate,
  reissuesAreWorthIt,
  isPeaceful,
  isSingle,
]

/** What the brake alone promises, whatever the rules and dates say. */
export const LAWS_OF_THE_BRAKE: readonly Law[] = [
  purchasesAreNeeded,
  isSingle,
  {
    name: 'one purchase in 24 hours',
    broken: (life) => {
      const paid = life.story.purchases.filter(({ entry }) => !wasFree(entry))
      return first(paid, ({ at, entry }) => {
        const near = paid.find((other) => other.entry !== entry && Math.abs(other.at - at) < DAY - skewOf(life))
        return near && `orders ${near.entry.orderId} and ${entry.orderId} were bought within 24 hours`
      })
    },
  },
  {
    name: 'six reissues of a plan in an hour, twenty in a day',
    broken: ({ ledger, story }) =>
      first(ledger.orders, ({ orderId }) => {
        const times = story.reissues.filter((reissue) => reissue.orderId === orderId).map(({ at }) => at)
        const crowded = (most: number, window: number) =>
          times.some((at, index) => (times[index + most] ?? Infinity) - at < window - 1000)
        if (crowded(6, DAY / 24)) return `order ${orderId} was reissued more than six times in an hour`
        return crowded(20, DAY) ? `order ${orderId} was reissued more than twenty times in a day` : undefined
      }),
  },
]

/** Where CertCentral and people are quick, and the spec leaves time for them, there is a certificate at every moment. */
export const IS_COVERED: Law = {
  name: 'L7: one certificate follows another before it ends',
  broken: ({ story: { storings } }) => {
    let until = Infinity
    return first(storings, ({ at, certificate }) => {
      if (at > until) return `there was no certificate from ${day(until)} to ${day(at)}`
      until = Math.max(until === Infinity ? 0 : until, certificate.notAfter)
      return undefined
    })
  },
}

/** How a play breaks the laws, as sentences. */
export const broken = (life: Life, laws: readonly Law[] = LAWS): string[] =>
  laws.flatMap(({ name, broken: judge }) => {
    const found = judge(life)
    return found === undefined ? [] : [`${name}: ${found}`]
  })
