import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { type End, run } from './drive.ts'
import { type Found, SILENCE, explore, faultsOf } from './explore.ts'
import { FAULTS, type Fault, type Schedule } from './faults.ts'
import type { Course } from './ledger.ts'
import { type Setting, createWorld } from './world.ts'

/** What struck a call of a run, as the trace has it: `placeOrder (lost-before)`. */
const struckIn = ({ trace }: End): string[] => trace.filter((call) => call.endsWith(')'))

/**
 * Faults after which nobody can know whether the order was placed, though it was not: between the stored mark that it
 * was sent and the POST's taking effect, and a clear no whose record is lost again.
 */
const LEAVES_DOUBT = /^(replace digicertorders \((crash|lost)-after|placeOrder \((?!crash-after|lost-after))/

/** Everything that is not as it must be in a run, as sentences. */
const complaints = ({ end }: Found, { uniqueIds }: Setting): string[] => {
  const doubts = struckIn(end).filter((call) => LEAVES_DOUBT.test(call)).length
  const said = [...new Set(end.violations)]
  if (end.reason !== 'Ready') said.push(`ended as ${end.reason}`)
  if (end.bought !== 1) said.push(`${String(end.bought)} orders live at the end`)
  if (end.releases > (uniqueIds === 'yes' ? 0 : doubts)) said.push(`a person was asked ${String(end.releases)} times`)
  return said
}

const report = (found: readonly Found[], setting: Setting): string[] =>
  found.flatMap((one) =>
    complaints(one, setting).map((complaint) => `${JSON.stringify([...one.faults])}: ${complaint}`),
  )

const COURSES: readonly Course[] = ['instant', 'approval', 'validation']
const SETTINGS: readonly Setting[] = COURSES.flatMap((course) =>
  (['no', 'yes'] as const).map((uniqueIds) => ({ course, uniqueIds })),
)

jest.setTimeout(300_000)

describe('an order becomes Ready with one purchase (P1), its key kept (P2) and its Secret good (P3)', () => {
  test.each(SETTINGS)('whatever single fault strikes: $course, unique ids $uniqueIds', async (setting) => {
    const found = await explore({ setting, depth: 1 })
    console.log(`${setting.course}, unique ids ${setting.uniqueIds}: ${String(found.length)} runs`)
    expect(report(found, setting)).toEqual([])
    expect(found.length).toBeGreaterThan(50)
  })

  test('and a person is asked only where a call without an answer leaves the outcome open', async () => {
    const found = await explore({ setting: { course: 'instant', uniqueIds: 'no' }, depth: 1 })
    const asked = found.filter(({ end }) => end.releases > 0).flatMap(({ end }) => struckIn(end))
    expect(asked.toSorted()).toEqual([
      'placeOrder (crash-before)',
      'placeOrder (crash-stale)',
      'placeOrder (lost-before)',
      'replace digicertorders (crash-after)',
      'replace digicertorders (lost-after)',
    ])
  })

  test('and what to publish is asked for again where CertCentral did not say it the first time', async () => {
    const setting: Setting = { course: 'validation', uniqueIds: 'yes' }
    const faults: Schedule = new Map([
      [7, 'crash-after'],
      [12, 'refused'],
    ])
    const end = await run(createWorld(setting, faults))
    expect(struckIn(end)).toEqual(['placeOrder (crash-after)', 'dcvRandomValue (refused)'])
    expect(report([{ faults, end }], setting)).toEqual([])
  })

  const PAIRS: readonly Setting[] = [
    { course: 'instant', uniqueIds: 'no', key: 'made' },
    { course: 'validation', uniqueIds: 'yes', key: 'made' },
  ]
  test.each(PAIRS)('whatever two deaths or lost answers strike: $course, unique ids $uniqueIds', async (setting) => {
    const found = await explore({ setting, depth: 2, among: SILENCE })
    console.log(`${setting.course}, unique ids ${setting.uniqueIds}, pairs: ${String(found.length)} runs`)
    expect(report(found, setting)).toEqual([])
  })

  test('whatever up to six faults of any kind strike (sampled)', async () => {
    const faults = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom(...FAULTS)), { minLength: 3, maxLength: 6 })
    const property = fc.asyncProperty(fc.constantFrom(...SETTINGS), faults, async (plain, struck) => {
      const setting: Setting = { ...plain, key: 'made' }
      const schedule: Schedule = new Map(struck)
      const end = await run(createWorld(setting, schedule))
      expect(report([{ faults: schedule, end }], setting)).toEqual([])
    })
    await fc.assert(property, { numRuns: 150, seed: 20_261_123 })
  })
})

const HOUR = 3_600_000
type Outage = { call: string; fault: Fault }

/** A conflict that lasts, and a writer that never hears of its writes, are no outages but other programs. */
const OUTAGES: readonly Outage[] = [
  'create secrets',
  'rehearse secrets',
  'apply secrets',
  'replace digicertorders',
  'replace digicertaccounts',
  'reserve',
  'ordersByAlternativeId',
  'placeOrder',
  'orderValidation',
  'dcvRandomValue',
  'checkDcv',
  'downloadCertificate',
  'statusChanges',
].flatMap((call) =>
  (['refused', 'throttled', 'lost-before'] as const).flatMap((fault) =>
    faultsOf(call).includes(fault) ? [{ call, fault }] : [],
  ),
)

describe('an order becomes Ready by itself after an hour in which one call fails each time (P8)', () => {
  test.each(COURSES)('%s', async (course) => {
    const setting: Setting = { course, uniqueIds: 'yes' }
    const found = []
    for (const outage of OUTAGES) {
      const end = await run(createWorld({ ...setting, outage: { ...outage, lasts: HOUR } }))
      found.push(
        ...complaints({ faults: new Map(), end }, setting).map((text) => `${outage.call} ${outage.fault}: ${text}`),
      )
    }
    expect(found).toEqual([])
  })

  test('and is sent again within the day and its limit, not before (ids unique, one order a day, the first POST lost)', async () => {
    const world = createWorld(
      { course: 'instant', uniqueIds: 'yes', maxOrdersPerDay: 1 },
      new Map([[6, 'lost-before']]),
    )
    const end = await run(world)
    expect({ reason: end.reason, violations: end.violations }).toEqual({ reason: 'Ready', violations: [] })
  })
})
