import { checkSpec } from '../../src/api/order.ts'
import { type Cap, type Forecast, forecast } from '../../src/order/forecast.ts'
import { habitsOf } from '../../src/order/reissue.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]
const START = new Date('2027-01-04T08:00:00Z')

/** So many orders, for so many years, with certificates of so many days. */
type Play = { readonly orders: number; readonly years: number; readonly lifetimeDays: number }

/** What a fleet that was bought on three days asks for in the years after, by the decisions that the operator makes. */
export type Fleet = Play & {
  readonly steps: number
  /** Steps that came after the certificate before them had ended. */
  readonly lapsed: number
  readonly paid: number
  /** Steps of the busiest hour, and how many that are of the mean of all hours that had any. */
  readonly busiestHour: number
  readonly overMean: number
  readonly busiestDay: number
}

/** The steps of one order, the first of which is its purchase. */
function stepsOf(index: number, caps: readonly Cap[], years: number): readonly Forecast[] {
  const name = `fleet-${index}`
  const given = { accountRef: { name: 'fleet' }, product: 'ssl_dv_geotrust_flex', secretName: name }
  const checked = checkSpec({ ...given, commonName: `${name}.example.com`, orderValidity: { years: 3 } })
  if (!checked.ok) throw new Error(checked.problems.join('; '))
  // A working day of eight hours, on each of three days.
  const from = new Date(START.getTime() + (index % 3) * DAY + ((index * 7919) % (8 * 3600)) * 1000)
  const until = new Date(START.getTime() + years * 365.25 * DAY)
  return forecast({ spec: checked.spec, habits: habitsOf(checked.spec, `uid-${name}`), caps, from, until })
}

const most = (counts: ReadonlyMap<number, number>): number => Math.max(0, ...counts.values())

/** Plays a fleet forward. */
export function fleetOf(play: Play): Fleet {
  const { orders, years, lifetimeDays } = play
  const caps = [{ from: new Date(0), days: lifetimeDays }]
  const [hours, days] = [new Map<number, number>(), new Map<number, number>()]
  let [steps, lapsed, paid] = [0, 0, 0]
  const count = (counts: Map<number, number>, at: number): unknown => counts.set(at, (counts.get(at) ?? 0) + 1)
  for (let index = 0; index < orders; index++) {
    const [first, ...later] = stepsOf(index, caps, years)
    let before = first!
    for (const step of later) {
      steps += 1
      if (step.at >= before.certificateEnds) lapsed += 1
      if (step.paid) paid += 1
      count(hours, Math.floor(step.at.getTime() / HOUR))
      count(days, Math.floor(step.at.getTime() / DAY))
      before = step
    }
  }
  const overMean = most(hours) / (steps / hours.size)
  return { ...play, steps, lapsed, paid, busiestHour: most(hours), overMean, busiestDay: most(days) }
}
