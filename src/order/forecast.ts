import type { OrderSpec } from '../api/order.ts'
import { type Habits, type Standing, type Step, nextStep, planEndOf } from './plan.ts'
import { DAY, isoDay, midnight } from './schedule.ts'
import { endOf } from './standing.ts'

/** The longest certificate that is issued from a day on. */
export type Cap = { from: Date; days: number }

/** One step of a plan that is played forward. */
export type Forecast = {
  at: Date
  /** `Stop`: the operator does nothing more before the plan has ended, as the spec says. */
  action: 'Order' | 'Reissue' | 'Renew' | 'Stop'
  /** Whether it costs money. */
  paid: boolean
  /** End of the certificate that comes of it, or that there is no successor of. */
  certificateEnds: Date
  planEnds: Date
  why: string
}

type PlanAtHand = Standing & { planEnd: Date }

const capAt = (caps: readonly Cap[], at: Date): number | undefined => caps.findLast(({ from }) => from <= at)?.days

/**
 * A certificate lives as long as the spec asks, the plan lasts and the cap of the day allows, whichever is least. A day
 * that has come is not asked for any more.
 */
const certificateAt = (
  { spec, caps }: Given,
  at: Date,
  plan: Pick<PlanAtHand, 'planStart' | 'planEnd' | 'planDate'>,
) => {
  const days = capAt(caps, at)
  const wish = spec.certificateValidity
  const isOver = wish?.expiresOn !== undefined && wish.expiresOn <= isoDay(at)
  const ends = [
    plan.planEnd,
    ...(days === undefined ? [] : [endOf({ days }, at)]),
    ...(wish && !isOver ? [endOf(wish, at)] : []),
  ]
  const notAfter = new Date(Math.floor(Math.min(...ends.map((end) => end.getTime())) / 1000) * 1000)
  return { ...plan, notBefore: midnight(at), notAfter, arrived: at }
}

type Given = {
  spec: OrderSpec
  habits: Habits
  /** Longest certificates, by the day from which they hold, the earliest first. None means no limit but the plan. */
  caps: readonly Cap[]
  from: Date
  until: Date
  /** The certificate at hand; without one the first step is the order. */
  standing?: PlanAtHand | undefined
}

const entryOf = (
  { notAfter, planEnd }: PlanAtHand,
  entry: Pick<Forecast, 'at' | 'action' | 'paid' | 'why'>,
): Forecast => ({ ...entry, certificateEnds: notAfter, planEnds: planEnd })

/** After all that can be asked for. */
const NEVER = new Date(8.64e15)

/** A spec may ask for certificates of a day, and a person for thirty years. */
const MOST_STEPS = 5000

/** Whether a step ends a certificate and not the plan. */
const isInsidePlan = ({ at }: Step, { notAfter, planEnd }: PlanAtHand): boolean =>
  at < notAfter && planEnd.getTime() - notAfter.getTime() >= DAY

const orderedOn = (given: Given, at: Date): PlanAtHand => {
  const { orderValidity } = given.spec
  const planDate = orderValidity.expiresOn === undefined ? 'open' : 'reached'
  // As CertCentral names it, and the operator reads it.
  const planEnd = planEndOf(isoDay(endOf(orderValidity, at)))
  return certificateAt(given, at, { planStart: at, planEnd, planDate })
}

/** What DigiCert renews is only looked for as well, and costs the same. */
const isRenewal = (step: Step, standing: PlanAtHand, { renew }: Habits): boolean =>
  step.action === 'Renew' || (renew === 'DigiCert' && step.action === 'Look' && !isInsidePlan(step, standing))

/** The certificate that a step leaves behind; `undefined` where it is left to a person. */
const after = (given: Given, standing: PlanAtHand, step: Step): PlanAtHand | undefined => {
  const { habits } = given
  if (isRenewal(step, standing, habits)) return standing.planDate === 'reached' ? undefined : orderedOn(given, step.at)
  // What DigiCert reissues is only looked for; here it is taken as done.
  const isDone = step.action === 'Reissue' || (habits.reissueBy === 'DigiCert' && isInsidePlan(step, standing))
  const { planStart, planEnd, planDate } = standing
  return isDone ? certificateAt(given, step.at, { planStart, planEnd, planDate }) : undefined
}

/** When a plan is renewed whose certificates are left to people: once CertCentral says that it has ended, if at all. */
const endedOn = ({ habits }: Given, { planEnd, planDate }: PlanAtHand, done: Date): Date => {
  if (habits.renew !== 'Renew' || planDate === 'reached') return NEVER
  const ended = new Date(planEnd.getTime() + 1000)
  return ended < done ? done : ended
}

/**
 * Plays a plan forward: every step that the operator would take until a day, by the rule it lives by (`order/plan.ts`).
 * The caps of days to come are an assumption of the caller; approvals and validations are taken as given at once.
 */
export const forecast = (given: Given): Forecast[] => {
  const { habits, from, until } = given
  const ordered = given.standing ?? orderedOn(given, from)
  const first = entryOf(ordered, { at: from, action: 'Order', paid: true, why: 'there is no certificate yet' })
  const steps: Forecast[] = given.standing ? [] : [first]
  let standing = ordered
  let done = from
  while (steps.length < MOST_STEPS) {
    const step = nextStep(standing, habits)
    // What is overdue is done now: dates never run backwards.
    const at = step.at < done ? done : step.at
    if (at > until) return steps
    const next = after(given, standing, { ...step, at })
    if (next) {
      const action = isRenewal(step, standing, habits) ? 'Renew' : 'Reissue'
      steps.push(entryOf(next, { at, action, paid: action === 'Renew', why: step.why }))
      standing = next
      done = at
    } else {
      steps.push(entryOf(standing, { at, action: 'Stop', paid: false, why: step.why }))
      done = endedOn(given, standing, at)
      if (done > until) return steps
      const why = `the plan ended on ${isoDay(standing.planEnd)}`
      standing = orderedOn(given, done)
      steps.push(entryOf(standing, { at: done, action: 'Renew', paid: true, why }))
    }
  }
  return steps
}
