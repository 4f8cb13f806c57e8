import type { OrderSpec } from '../api/order.ts'
import { type Habits, type Standing, type Step, nextStep } from './plan.ts'
import { DAY } from './schedule.ts'

const SECOND = 1000

/** The longest certificate that is issued from a day on. */
export type Cap = { from: Date; days: number }

/** One step of a plan that is played forward. */
export type Forecast = {
  at: Date
  /** `Stop`: nothing more is done by itself, by what the spec says. */
  action: 'Order' | 'Reissue' | 'Renew' | 'Stop'
  /** Whether it costs money. */
  paid: boolean
  /** End of the certificate that comes of it, or that there is no successor of. */
  certificateEnds: Date
  planEnds: Date
  why: string
}

type Validity = NonNullable<OrderSpec['certificateValidity']>

const midnight = (date: Date): number => Math.floor(date.getTime() / DAY) * DAY

const yearsLater = (date: Date, years: number): number => {
  const later = new Date(midnight(date))
  later.setUTCFullYear(later.getUTCFullYear() + years)
  return later.getTime()
}

/** Last second of a validity that begins on the day of a date: its first day counts. */
const endOf = ({ years, days, expiresOn }: Validity, from: Date): Date => {
  if (expiresOn !== undefined) return new Date(Date.parse(`${expiresOn}T23:59:59Z`))
  const end = years === undefined ? midnight(from) + (days ?? 0) * DAY : yearsLater(from, years)
  return new Date(end - SECOND)
}

const capAt = (caps: readonly Cap[], at: Date): number | undefined => caps.findLast(({ from }) => from <= at)?.days

/** A certificate lives as long as the spec asks, the plan lasts and the cap of the day allows, whichever is least. */
const certificateAt = (spec: OrderSpec, caps: readonly Cap[], at: Date, planEnd: Date): Standing => {
  const days = capAt(caps, at)
  const ends = [
    planEnd,
    ...(days === undefined ? [] : [endOf({ days }, at)]),
    ...(spec.certificateValidity ? [endOf(spec.certificateValidity, at)] : []),
  ]
  const notAfter = new Date(Math.min(...ends.map((end) => end.getTime())))
  return { notBefore: new Date(midnight(at)), notAfter, planEnd }
}

type Given = {
  spec: OrderSpec
  habits: Habits
  /** Longest certificates, by the day from which they hold, the earliest first. None means no limit but the plan. */
  caps: readonly Cap[]
  from: Date
  until: Date
  /** The certificate at hand; without one the first step is the order. */
  standing?: (Standing & { planEnd: Date }) | undefined
}

const entryOf = (
  { notAfter, planEnd }: Standing & { planEnd: Date },
  entry: Pick<Forecast, 'at' | 'action' | 'paid' | 'why'>,
): Forecast => ({ ...entry, certificateEnds: notAfter, planEnds: planEnd })

/** A plan that is renewed again and again ends here: a spec may ask for certificates of a day. */
const MOST_STEPS = 5000

/** Whether a step ends a certificate and not the plan. */
const isInsidePlan = ({ at }: Step, { notAfter, planEnd }: Standing & { planEnd: Date }): boolean =>
  at < notAfter && planEnd.getTime() - notAfter.getTime() >= DAY

const orderedOn = ({ spec, caps }: Given, at: Date) => {
  const planEnd = endOf(spec.orderValidity, at)
  return { ...certificateAt(spec, caps, at, planEnd), planEnd }
}

/** What DigiCert renews is only looked for as well, and costs the same. */
const isRenewal = (step: Step, standing: Standing & { planEnd: Date }, { renew }: Habits): boolean =>
  step.action === 'Renew' || (renew === 'DigiCert' && step.action === 'Look' && !isInsidePlan(step, standing))

/** The certificate that a step leaves behind; `undefined` where it is left to a person. */
const after = (given: Given, standing: Standing & { planEnd: Date }, step: Step) => {
  const { spec, caps, habits } = given
  if (isRenewal(step, standing, habits))
    return spec.orderValidity.expiresOn === undefined ? orderedOn(given, step.at) : undefined
  // What DigiCert reissues is only looked for; here it is taken as done.
  const isDone = step.action === 'Reissue' || (habits.reissueBy === 'DigiCert' && isInsidePlan(step, standing))
  const { planEnd } = standing
  return isDone ? { ...certificateAt(spec, caps, step.at, planEnd), planEnd } : undefined
}

const whyStopped = ({ action, why }: Step): string =>
  action === 'Renew' ? `${why}, and orderValidity.expiresOn names no later day` : why

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
  while (steps.length < MOST_STEPS) {
    const step = nextStep(standing, habits)
    if (step.at > until) return steps
    const next = after(given, standing, step)
    if (!next) return [...steps, entryOf(standing, { at: step.at, action: 'Stop', paid: false, why: whyStopped(step) })]
    const action = isRenewal(step, standing, habits) ? 'Renew' : 'Reissue'
    steps.push(entryOf(next, { at: step.at, action, paid: action === 'Renew', why: step.why }))
    standing = next
  }
  return steps
}
