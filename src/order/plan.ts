import { DAY, isoDay, later, midnight, spread } from './schedule.ts'

/** Longest time before the end of a certificate at which it is reissued, where the spec does not say. */
const REISSUE_BEFORE = 33 * DAY
/** Longest time before the end of a plan at which it is renewed, where the spec does not say; a third of a shorter one. */
const RENEW_BEFORE = 30 * DAY
/** How far the jitter of a resource moves a date towards us. */
const JITTER = 0.05
/** A reissue that is put off, so that its certificate ends with the plan, is not put off closer to the end than this. */
const LEAST_MARGIN = 14 * DAY
/** Another certificate must end later by more than this, or by a quarter of a shorter life, to be worth a reissue. */
const WORTH_A_REISSUE = DAY

/** When DigiCert should have renewed an order with auto_renew: it does so 30 days before the end. */
const DIGICERT_RENEWED = 25 * DAY

/** The last moment of the day that CertCentral names as the end of a plan. */
export const planEndOf = (validUntil: string): Date => new Date(`${validUntil.slice(0, 10)}T23:59:59.999Z`)

/** What the certificate at hand and the plan around it are. */
export type Standing = {
  notBefore: Date
  notAfter: Date
  /** When the certificate came; a CA may date `notBefore` back. `undefined` where nobody noted it. */
  arrived?: Date | undefined
  /** First moment of the plan; `undefined` where nobody knows. */
  planStart?: Date | undefined
  /** Last moment of the plan; `undefined` where nobody knows. */
  planEnd: Date | undefined
  /** `reached`: the plan ends on the very day that the spec names, so there is nothing to renew it for. */
  planDate?: 'open' | 'reached' | undefined
}

/** What the spec says of the time to act. Times in milliseconds before the end. */
export type Habits = {
  reissueBy: 'Operator' | 'DigiCert' | 'Never'
  reissueBefore?: number | undefined
  /** Share of the certificate's life that is left when it is reissued, from 1 to 99. */
  reissueBeforePercentage?: number | undefined
  /** The day (yyyy-MM-dd) on which certificates shall end; CertCentral is asked for it until it comes. */
  certificateDate?: string | undefined
  renew: 'Renew' | 'DigiCert' | 'Never'
  renewBefore?: number | undefined
  /** A person let the renewal come before the middle of its plan. */
  isReleased?: boolean | undefined
  /** Spreads what is due at one time for many; the same for ever for a resource. */
  seed: string
}

export type Step = { action: 'Reissue' | 'Renew' | 'Look'; at: Date; why: string }

const latest = (...dates: readonly (Date | undefined)[]): Date =>
  new Date(Math.max(...dates.flatMap((date) => date?.getTime() ?? [])))

const middle = (from: Date, to: Date): Date => new Date((from.getTime() + to.getTime()) / 2)

/** A certificate may be over when it comes, by a clock that is ahead; what came later than that was noted by a wrong one. */
const LATEST_ARRIVAL = 3 * DAY

/** What counts as the beginning of a certificate: when it came, as far as that is known. */
const begun = ({ notBefore, notAfter, arrived }: Standing): Date =>
  arrived && arrived.getTime() - notAfter.getTime() < LATEST_ARRIVAL ? latest(notBefore, arrived) : notBefore

/** How long a certificate had when it came, in milliseconds. */
const lifetimeOf = (standing: Standing): number => Math.max(0, standing.notAfter.getTime() - begun(standing).getTime())

const marginOf = (standing: Standing, { reissueBefore, reissueBeforePercentage }: Habits): number => {
  const lifetime = lifetimeOf(standing)
  if (reissueBefore !== undefined) return reissueBefore
  if (reissueBeforePercentage !== undefined) return (lifetime * reissueBeforePercentage) / 100
  return Math.min(REISSUE_BEFORE, lifetime / 3)
}

const worthOf = (standing: Standing): number => Math.min(WORTH_A_REISSUE, lifetimeOf(standing) / 4)

/** Whether an end is so much later than that of the certificate at hand that another certificate is worth it. */
const isWorth = (end: Date, standing: Standing): boolean =>
  wholeSecond(end) - standing.notAfter.getTime() > worthOf(standing)

/** A certificate ends with a second, and the day that is the end of a plan with a millisecond. */
const wholeSecond = (date: Date): number => Math.floor(date.getTime() / 1000) * 1000

/** Whether a CA lets certificates end with a day, so that two of one day end at the same moment. */
const endsWithDay = ({ notAfter }: Standing): boolean => (notAfter.getTime() + 1000) % DAY < 2000

/** When the next certificate may be asked for without ending, by the CA's own ways, where the one at hand ends. */
const firstGain = (standing: Standing): Date => {
  const from = begun(standing)
  if (from >= standing.notAfter) return new Date(from.getTime() + DAY)
  const days = Math.floor(worthOf(standing) / DAY) + 1
  return endsWithDay(standing) ? later(midnight(from), days * DAY) : from
}

/** A day that the spec names for certificates counts until it comes; until then another one would end there as well. */
const whenDateIsOver = (standing: Standing, { certificateDate }: Habits, at: Date): Date => {
  if (certificateDate === undefined || isoDay(at) >= certificateDate) return at
  if (isWorth(planEndOf(certificateDate), standing)) return at
  const day = new Date(`${certificateDate}T00:00:00Z`)
  return day < standing.notAfter ? latest(at, day) : at
}

/**
 * When the next reissue is made. As a rule by the margin, somewhat earlier by the jitter. Where the certificate that
 * would come of it falls just short of the plan's end, the reissue is put off until it reaches it, so that the last
 * certificate of a plan ends with the plan and no days of it are stranded.
 */
const wishedReissue = (standing: Standing, habits: Habits): Date => {
  const { notAfter, planEnd } = standing
  const margin = Math.min(marginOf(standing, habits), lifetimeOf(standing) / 2)
  const early = notAfter.getTime() - margin * (1 + JITTER * spread(habits.seed))
  if (planEnd === undefined) return new Date(early)
  const landing = planEnd.getTime() - lifetimeOf(standing)
  const last = notAfter.getTime() - Math.min(LEAST_MARGIN, margin / 2)
  if (landing <= early || landing > last) return new Date(early)
  return new Date(Math.min(last, landing + margin * JITTER * spread(habits.seed)))
}

/** Bounds of the wish: no reissue is due when its certificate comes, and each one ends later than the one before. */
const reissueTime = (standing: Standing, habits: Habits): Date => {
  const bounded = latest(
    wishedReissue(standing, habits),
    middle(begun(standing), standing.notAfter),
    firstGain(standing),
  )
  return whenDateIsOver(standing, habits, bounded)
}

type Planned = Standing & { planEnd: Date }

/** What counts as the beginning of the plan. */
const planBegun = (standing: Planned): Date => {
  const { planStart, planEnd } = standing
  return planStart && planStart < planEnd ? planStart : begun(standing)
}

/** When the spec wants the plan renewed: so long before it ends, or before the last certificate of it does. */
const wishedRenewal = (standing: Planned, { renewBefore, seed }: Habits): Date => {
  const { planEnd, notAfter } = standing
  const length = planEnd.getTime() - planBegun(standing).getTime()
  const before = renewBefore ?? Math.min(RENEW_BEFORE, length / 3)
  return new Date(Math.min(planEnd.getTime(), notAfter.getTime()) - before * (1 + JITTER * spread(seed)))
}

/** The bound of the wish: a plan is not due for renewal when it is bought. */
const renewalTime = (standing: Planned, habits: Habits): Date => {
  const wished = wishedRenewal(standing, habits)
  return habits.isReleased === true ? wished : latest(wished, middle(planBegun(standing), standing.planEnd))
}

const reissueStep = (standing: Standing, habits: Habits): Step => {
  const ends = `the certificate ends on ${isoDay(standing.notAfter)}`
  if (habits.reissueBy === 'DigiCert')
    return {
      action: 'Look',
      at: latest(new Date(standing.notAfter.getTime() - 30 * DAY), middle(begun(standing), standing.notAfter)),
      why: `${ends}, and DigiCert reissues it`,
    }
  const at = reissueTime(standing, habits)
  if (habits.reissueBy === 'Never') return { action: 'Look', at, why: `${ends}, and reissue.by is Never` }
  const isDated = isoDay(at) === habits.certificateDate
  return { action: 'Reissue', at, why: isDated ? `${ends}, as certificateValidity.expiresOn says` : ends }
}

const planStep = (standing: Planned, habits: Habits): Step => {
  const ends = `the plan ends on ${isoDay(standing.planEnd)}`
  const at = renewalTime(standing, habits)
  if (habits.renew === 'DigiCert')
    return {
      action: 'Look',
      at: latest(
        new Date(standing.planEnd.getTime() - DIGICERT_RENEWED),
        middle(planBegun(standing), standing.planEnd),
      ),
      why: `${ends}, and DigiCert renews it`,
    }
  if (habits.renew === 'Never') return { action: 'Look', at, why: `${ends}, and renewal.policy is Never` }
  if (standing.planDate === 'reached')
    return { action: 'Look', at, why: `${ends}, and orderValidity.expiresOn names no later day` }
  const isHeld = wishedRenewal(standing, habits) < at
  return { action: 'Renew', at, why: isHeld ? `${ends}, and renewal.before reaches into its first half` : ends }
}

/**
 * What is done next to keep a certificate good, and when. Pure: the caps of the day are not known here but read from the
 * life of the certificate at hand. No step is due at the moment that it follows: a renewal never lies in the first half of a plan,
 * a reissue never in the first half of what its certificate had left when it came.
 */
export const nextStep = (standing: Standing, habits: Habits): Step => {
  const { planEnd } = standing
  if (planEnd === undefined) return reissueStep(standing, habits)
  const end = planStep({ ...standing, planEnd }, habits)
  if (!isWorth(planEnd, standing)) return end
  const reissue = reissueStep(standing, habits)
  if (end.action !== 'Renew') return reissue
  // Close to the plan's end a renewal comes before the certificate ends; a reissue for the last days would be idle.
  const renewal = renewalTime({ ...standing, notAfter: planEnd, planEnd }, habits)
  return renewal < reissue.at ? { ...end, at: renewal } : reissue
}
