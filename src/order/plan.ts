import { DAY, isoDay, spread } from './schedule.ts'

/** Longest time before the end of a certificate at which it is reissued, where the spec does not say. */
const REISSUE_BEFORE = 33 * DAY
/** How far the jitter of a resource moves a date towards us. */
const JITTER = 0.05
/** A reissue that is put off, so that its certificate ends with the plan, is not put off closer to the end than this. */
const LEAST_MARGIN = 14 * DAY
/** A certificate that would live less than this longer than the present one is not worth a reissue. */
const WORTH_A_REISSUE = DAY

/** When DigiCert should have renewed an order with auto_renew: it does so 30 days before the end (`certcentral-lifecycle.md`, 4). */
const DIGICERT_RENEWED = 25 * DAY

/** The last moment of the day that CertCentral names as the end of a plan. */
export const planEndOf = (validUntil: string): Date => new Date(`${validUntil.slice(0, 10)}T23:59:59.999Z`)

/** What the certificate at hand and the plan around it are. */
export type Standing = {
  notBefore: Date
  notAfter: Date
  /** Last moment of the plan; `undefined` where CertCentral did not say yet. */
  planEnd: Date | undefined
}

/** What the spec says of the time to act. Times in milliseconds before the end. */
export type Habits = {
  reissueBy: 'Operator' | 'DigiCert' | 'Never'
  reissueBefore?: number | undefined
  /** Share of the certificate's life that is left when it is reissued, from 1 to 99. */
  reissueBeforePercentage?: number | undefined
  renew: 'Renew' | 'DigiCert' | 'Never'
  renewBefore: number
  /** Spreads what is due at one time for many; the same for ever for a resource. */
  seed: string
}

export type Step = { action: 'Reissue' | 'Renew' | 'Look'; at: Date; why: string }

const lifetimeOf = ({ notBefore, notAfter }: Standing): number => notAfter.getTime() - notBefore.getTime()

const marginOf = (standing: Standing, { reissueBefore, reissueBeforePercentage }: Habits): number => {
  const lifetime = lifetimeOf(standing)
  if (reissueBefore !== undefined) return Math.min(reissueBefore, lifetime / 2)
  if (reissueBeforePercentage !== undefined) return (lifetime * reissueBeforePercentage) / 100
  return Math.min(REISSUE_BEFORE, lifetime / 3)
}

/** Whether another certificate of the plan would live longer than this one. */
const mayOutlive = ({ notAfter, planEnd }: Standing): boolean =>
  planEnd === undefined || planEnd.getTime() - notAfter.getTime() >= WORTH_A_REISSUE

/**
 * When the next reissue is made. As a rule by the margin, somewhat earlier by the jitter. Where the certificate that
 * would come of it falls just short of the plan's end, the reissue is put off until it reaches it, so that the last
 * certificate of a plan ends with the plan and no days of it are stranded (`certcentral-lifecycle.md`, section 3).
 */
const reissueTime = (standing: Standing, habits: Habits): Date => {
  const { notAfter, planEnd } = standing
  const margin = marginOf(standing, habits)
  const early = notAfter.getTime() - margin * (1 + JITTER * spread(habits.seed))
  if (planEnd === undefined) return new Date(early)
  const landing = planEnd.getTime() - lifetimeOf(standing)
  const latest = notAfter.getTime() - Math.min(LEAST_MARGIN, margin / 2)
  if (landing <= early || landing > latest) return new Date(early)
  return new Date(Math.min(latest, landing + margin * JITTER * spread(habits.seed)))
}

/** When the plan is renewed: so long before it ends, or before the last certificate of it does. */
const renewalTime = ({ notAfter, planEnd }: Standing & { planEnd: Date }, { renewBefore, seed }: Habits): Date =>
  new Date(Math.min(planEnd.getTime(), notAfter.getTime()) - renewBefore * (1 + JITTER * spread(seed)))

const reissueStep = (standing: Standing, habits: Habits): Step => {
  const ends = `the certificate ends on ${isoDay(standing.notAfter)}`
  if (habits.reissueBy === 'DigiCert')
    return {
      action: 'Look',
      at: new Date(standing.notAfter.getTime() - 30 * DAY),
      why: `${ends}, and DigiCert reissues it`,
    }
  const at = reissueTime(standing, habits)
  return habits.reissueBy === 'Operator'
    ? { action: 'Reissue', at, why: ends }
    : { action: 'Look', at, why: `${ends}, and reissue.by is Never` }
}

const planStep = (standing: Standing & { planEnd: Date }, habits: Habits): Step => {
  const ends = `the plan ends on ${isoDay(standing.planEnd)}`
  const at = renewalTime(standing, habits)
  if (habits.renew === 'Renew') return { action: 'Renew', at, why: ends }
  return habits.renew === 'DigiCert'
    ? {
        action: 'Look',
        at: new Date(standing.planEnd.getTime() - DIGICERT_RENEWED),
        why: `${ends}, and DigiCert renews it`,
      }
    : { action: 'Look', at, why: `${ends}, and renewal.policy is Never` }
}

/**
 * What is done next to keep a certificate good, and when (`design.md`, section 6). Pure: the caps of the day are not
 * known here but read from the life of the certificate at hand.
 */
export const nextStep = (standing: Standing, habits: Habits): Step => {
  const { planEnd } = standing
  if (planEnd === undefined) return reissueStep(standing, habits)
  const end = planStep({ ...standing, planEnd }, habits)
  if (!mayOutlive(standing)) return end
  const reissue = reissueStep(standing, habits)
  // Close to the plan's end a renewal comes before the certificate ends; a reissue for the last days would be idle.
  const renewal = renewalTime({ notAfter: planEnd, notBefore: standing.notBefore, planEnd }, habits)
  return habits.renew === 'Renew' && renewal < reissue.at ? { ...end, at: renewal } : reissue
}
