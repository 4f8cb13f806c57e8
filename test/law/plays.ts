import fc from 'fast-check'
import { type OrderSpec, checkSpec } from '../../src/api/order.ts'
import { purchaseFaults } from '../../src/order/purchasable.ts'
import { type Validity, milliseconds } from '../../src/api/shapes.ts'
import { DAY } from '../../src/order/schedule.ts'
import { WRITTEN_SPEC } from '../support/builders.ts'
import type { Play } from './life.ts'
import { type Ways, BEGINNING, GOOD_WAYS, HOUR } from './ways.ts'

const MOST_PASSES = 160

export const THREE_YEARS = 3 * 365 * DAY

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const dayAfter = (days: number): string => new Date(BEGINNING + days * DAY).toISOString().slice(0, 10)

const expiresOn = fc.integer({ min: -40, max: 1095 }).map((days) => ({ expiresOn: dayAfter(days) }))

const orderValidity = fc.oneof(
  { weight: 16, arbitrary: fc.record({ years: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 12, arbitrary: fc.record({ days: fc.integer({ min: 1, max: 1096 }) }) },
  { weight: 1, arbitrary: fc.record({ days: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 8, arbitrary: expiresOn },
)

const certificateValidity = fc.oneof(
  { weight: 8, arbitrary: fc.record({ years: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 8, arbitrary: fc.record({ days: fc.integer({ min: 1, max: 825 }) }) },
  { weight: 1, arbitrary: fc.record({ days: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 8, arbitrary: expiresOn },
)

const before = fc.constantFrom('0s', '1h', '30h', '7d', '29d', '30d', '33d', '90d', '199d', '364d', '400d', '999999d')

const renewal = fc.oneof(
  fc.record({ policy: optional(fc.constantFrom('Renew', 'Never')), before: optional(before) }),
  fc.record({ byDigiCert: fc.constant(true), before: optional(before) }),
)

const reissue = fc.oneof(
  fc.record({ by: optional(fc.constantFrom('Operator', 'Operator', 'DigiCert', 'Never')), before: optional(before) }),
  fc.record({ beforePercentage: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.constantFrom(1, 50, 99)) }),
)

/** Products with a plan and without, with the length in each of its two forms, with and without a proof of control. */
const product = fc.constantFrom(
  { product: 'ssl_dv_geotrust_flex' },
  { product: 'ssl_dv_rapidssl', dcv: { method: 'email' } },
  { product: 'ssl_dv_geotrust', dcv: { method: 'email' } },
  { product: 'ssl_basic', organization: { id: 117483 } },
)

const compact = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

/** Specs with every length and every wish that the API server lets through, or let through once. */
export const anyLength: fc.Arbitrary<OrderSpec> = fc
  .record({
    product,
    orderValidity,
    certificateValidity: fc.option(certificateValidity, { nil: undefined, freq: 3 }),
    renewal: optional(renewal),
    reissue: optional(reissue),
    rotationPolicy: fc.constantFrom('Always', 'Always', 'Never'),
  })
  .map(({ product: of, rotationPolicy, ...fields }) =>
    checkSpec(compact({ ...WRITTEN_SPEC, ...of, ...fields, privateKey: { algorithm: 'ECDSA', rotationPolicy } })),
  )
  .filter(({ ok }) => ok)
  .map((checked) => (checked as { spec: OrderSpec }).spec)

/** A list of something rare: empty as a rule. */
const rare = <T>(arbitrary: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<T[]>([]) }, { weight: 1, arbitrary: fc.array(arbitrary, { maxLength }) })

const LENGTHS = [825, 398, 397, 365, 200, 199, 100, 90, 47]
/** Certificates of days make of three years nothing but themselves, so they are rare. */
const SHORT = [47, 30, 10, 6, 2, 1]

const longest = (lengths: readonly number[]) =>
  fc.uniqueArray(fc.constantFrom(...lengths), { minLength: 1, maxLength: 3 })

/** Caps that fall, each from a day of the play on. */
export const caps = fc
  .record({
    longest: fc.oneof({ weight: 25, arbitrary: longest(LENGTHS) }, { weight: 1, arbitrary: longest(SHORT) }),
    days: fc.array(fc.integer({ min: 1, max: 1095 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ longest, days }): Ways['caps'] => {
    const dates = [0, ...days.toSorted((a, b) => a - b)]
    return longest.toSorted((a, b) => b - a).map((most, at) => ({ from: dates[at]! * DAY, days: most }))
  })

const fate = fc.constantFrom('taken', 'refused', 'unsent', 'lost-taken', 'lost-untaken')

const delay = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 48 }).map((hours) => hours * HOUR) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 }).map((days) => days * DAY) },
)

export const anyWays: fc.Arbitrary<Ways> = fc.record({
  caps,
  orders: rare(fate, 4),
  reissues: rare(fate, 4),
  approval: fc.option(delay, { nil: undefined, freq: 2 }),
  issuance: delay,
  endings: rare(fc.constantFrom('issued', 'rejected', 'canceled'), 3),
  chain: fc.constantFrom('in the answer', 'later'),
  backdated: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 48 }).map((hours) => hours * HOUR),
  ),
  lifeFrom: fc.constantFrom('issuance', 'notBefore'),
  ends: fc.constantFrom('day', 'second'),
  planFrom: fc.constantFrom('placement', 'issuance'),
  planShift: fc.constantFrom(0, 0, 0, -1, 1),
  planHidden: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 40 }).map((days) => days * DAY),
  ),
  uniqueIds: fc.constantFrom('yes', 'no'),
  findable: fc.constantFrom(0, 0, 60_000, 10 * 60_000),
})

const moment = fc.integer({ min: 0, max: 1094 * 24 }).map((hours) => hours * HOUR)

const skew = fc.integer({ min: -26 * 60, max: 26 * 60 }).map((minutes) => minutes * 60_000)

const skews = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Play['skews']>([]) },
  { weight: 1, arbitrary: skew.map((by) => [{ from: -DAY, by }]) },
  {
    weight: 1,
    arbitrary: fc.tuple(skew, moment, skew).map(([early, from, by]) => [
      { from: -DAY, by: early },
      { from, by },
    ]),
  },
)

const edit = fc.record({ at: moment, what: fc.constantFrom('add a name', 'take another key', 'ask for a reissue') })

/** Everything that may befall a resource in three years. */
export const anyPlay: fc.Arbitrary<Play> = fc.record({
  spec: anyLength,
  ways: anyWays,
  lasts: fc.constant(THREE_YEARS),
  mostPasses: fc.constant(MOST_PASSES),
  start: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Play['start']>('new') },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }).map((days) => ({ age: days * DAY })) },
  ),
  skews,
  edits: rare(edit, 3),
  restarts: rare(moment, 3),
  crashes: rare(fc.integer({ min: 1, max: 60 }), 3),
  dailyLooks: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 3),
  patience: fc.option(delay, { nil: undefined, freq: 3 }),
  without: fc.constant([]),
})

const TIME_FOR_ALL = 14 * DAY

/** Whether a length of time, or the lack of one, leaves time for approvals and looks. */
const leavesTime = (validity: Validity | undefined): boolean =>
  validity === undefined || (validity.expiresOn === undefined && (validity.days ?? 365) * DAY >= TIME_FOR_ALL)

const isEarly = (wish: string | undefined): boolean => wish === undefined || milliseconds(wish) >= 7 * DAY

const isByOperator = ({ renewal, reissue: wish }: OrderSpec): boolean =>
  renewal?.policy !== 'Never' && renewal?.byDigiCert !== true && (wish?.by ?? 'Operator') === 'Operator'

const asksInTime = ({ renewal, reissue: wish }: OrderSpec): boolean =>
  isEarly(renewal?.before) && isEarly(wish?.before) && (wish?.beforePercentage ?? 33) >= 25

/** Plays in which CertCentral issues within two days, and nothing ends that the spec wants to last. */
export const quickPlay: fc.Arbitrary<Play> = anyPlay
  .filter(
    ({ spec }) => isByOperator(spec) && asksInTime(spec) && purchaseFaults(spec, new Date(BEGINNING)).length === 0,
  )
  .filter(({ spec }) => leavesTime(spec.orderValidity) && leavesTime(spec.certificateValidity))
  .map((play) => ({
    ...{ ...play, start: 'new', skews: [], crashes: [] },
    ways: {
      ...play.ways,
      ...{ orders: [], reissues: [], endings: [], planHidden: 0 },
      ...{
        approval: play.ways.approval && Math.min(play.ways.approval, DAY),
        issuance: Math.min(play.ways.issuance, DAY),
      },
      caps: play.ways.caps.map(({ from, days }) => ({ from, days: Math.max(days, TIME_FOR_ALL / DAY) })),
    },
  }))

const LONG_ENOUGH = 7

const lasts = (validity: { days?: number | undefined } | undefined): boolean =>
  validity?.days === undefined || validity.days >= LONG_ENOUGH

/** Plays in which nothing goes wrong, such as a forecast takes for granted. */
export const peacefulPlay: fc.Arbitrary<Play> = fc
  .record({ spec: anyLength, caps })
  .filter(({ spec }) => purchaseFaults(spec, new Date(BEGINNING)).length === 0)
  // Looks are made once a day: the dates of what lasts for days are no better than that.
  .filter(
    ({ spec, caps: longest }) => lasts(spec.orderValidity) && lasts(spec.certificateValidity) && lasts(longest.at(-1)),
  )
  .filter(({ spec }) => spec.renewal?.byDigiCert !== true && spec.reissue?.by !== 'DigiCert')
  .map(({ spec, caps: falling }) => ({
    ...{ spec, ways: { ...GOOD_WAYS, caps: falling }, lasts: THREE_YEARS, mostPasses: MOST_PASSES, start: 'new' },
    ...{ skews: [], edits: [], restarts: [], crashes: [], dailyLooks: 0, patience: undefined, without: [] },
  }))
