import { type Forecast, forecast } from '../../src/order/forecast.ts'
import { habitsOf } from '../../src/order/reissue.ts'
import { DAY } from '../../src/order/schedule.ts'
import type { Life, Play } from './life.ts'
import { BEGINNING } from './ways.ts'

type Step = { readonly action: Forecast['action']; readonly at: number }

/** What `digicert-operator plan` prints for a play, without what is left to a person. */
export const foretold = ({ spec, ways, lasts }: Play): Step[] =>
  forecast({
    spec,
    habits: habitsOf(spec, 'uid-shop'),
    caps: ways.caps.map(({ from, days }) => ({ from: new Date(from === 0 ? 0 : BEGINNING + from), days })),
    from: new Date(BEGINNING),
    until: new Date(BEGINNING + lasts),
  })
    .filter(({ action }) => action !== 'Stop')
    .map(({ action, at }) => ({ action, at: at.getTime() }))

/** What came of it. */
export const happened = ({ story, ledger }: Life): Step[] => {
  const bought = ledger.orders.map(({ placedAt }, index) => ({
    action: index === 0 ? ('Order' as const) : ('Renew' as const),
    at: placedAt,
  }))
  const reissued = story.reissues.map(({ at }) => ({ action: 'Reissue' as const, at }))
  return [...bought, ...reissued].toSorted((a, b) => a.at - b.at)
}

const told = (steps: readonly Step[]): string =>
  steps.map(({ action, at }) => `${new Date(at).toISOString().slice(0, 10)} ${action}`).join(', ')

const TOLERANCE = 2 * DAY
/** Where a certificate ends with a day, a millisecond is a day: what rests on so many steps rests on milliseconds. */
const STEPS = 25

const isOther = (a: Step | undefined, b: Step | undefined): boolean =>
  a?.action !== b?.action || Math.abs((a?.at ?? 0) - (b?.at ?? 0)) > TOLERANCE

const paid = (steps: readonly Step[]): number => steps.filter(({ action }) => action !== 'Reissue').length

/** How a forecast differs from what happened until some days before the end, as a sentence. */
export const difference = (life: Life): string | undefined => {
  const end = Math.min(life.now, BEGINNING + life.play.lasts) - 2 * TOLERANCE
  const [plan, done] = [foretold(life.play), happened(life)]
  const until = (steps: readonly Step[]) => steps.filter(({ at }) => at < end)
  const length = Math.max(until(plan).length, until(done).length)
  const index = Array.from({ length: Math.min(length, STEPS) }, (_, at) => at).find((at) => isOther(plan[at], done[at]))
  const around = (steps: readonly Step[], at: number) => told(steps.slice(Math.max(0, at - 2), at + 3))
  if (index !== undefined)
    return `step ${index} is not what was foretold:\n  foretold: ${around(plan, index)}\n  happened: ${around(done, index)}`
  const [wanted, bought] = [paid(until(plan)), paid(until(done))]
  return Math.abs(wanted - bought) <= 1 ? undefined : `${wanted} purchases were foretold, and ${bought} were made`
}
