import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../src/api/status.ts'
import { type LogLine, keptLog } from '../support/log-lines.ts'
import { run } from './drive.ts'
import { type Fault, schedule } from './faults.ts'
import type { Course } from './ledger.ts'
import { ORDER, type Setting, createWorld } from './world.ts'

const conditionsOf = ({ status }: { status?: OrderStatus }): string =>
  (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is}/${reason}`).join(' ')

/** Each value that the conditions had, from one change to the next. */
const changesOf = (objects: readonly object[]): string[] =>
  objects.map((object) => conditionsOf(object)).filter((now, at, all) => now !== (all[at - 1] ?? ''))

const lives = async (setting: Omit<Setting, 'uniqueIds'>, ...faults: readonly (readonly [number, Fault])[]) => {
  const { log, told } = keptLog('info')
  const world = createWorld({ uniqueIds: 'no', log, ...setting }, schedule(...faults))
  const end = await run(world)
  const written = world.api.writes.filter(({ key }) => key === ORDER).map(({ object }) => object)
  return { end, told: told(), changes: changesOf(written) }
}

const brief = ({ level, message, action, reason }: LogLine): string =>
  [level, message === 'Action taken' ? 'step' : 'condition', action, reason].join(' ')

const conditionLines = (lines: readonly LogLine[]) => lines.filter(({ message }) => message === 'Conditions changed')

const FIELDS = ['namespace', 'name', 'action', 'reason', 'cause']

const STEPS = [
  'info step CreateKey CreatingKey',
  'info step RecordIntent RecordingIntent',
  'info step PlaceOrder Ordering',
]
const END = ['info step StoreCertificate StoringCertificate', 'info condition ready Issued']

/** All that is told of a way through, from an order that was just applied to one that is Ready. */
const WAYS: readonly (readonly [Course, readonly string[]])[] = [
  ['instant', [...STEPS, ...END]],
  ['approval', [...STEPS, 'info condition wait AwaitingApproval', ...END]],
  ['validation', [...STEPS, 'info condition wait AwaitingValidation', ...END]],
]

/** What a process survives. Of a write whose process dies before it hears of it, nobody can tell. */
const proven = { course: 'validation', key: 'made' } as const
const SURVIVED: readonly Fault[] = ['lost-before', 'lost-after', 'refused', 'throttled', 'conflict']

describe('the log of an order', () => {
  test.each(WAYS)('tells each step and each change once, with who, what and why: %s', async (course, wanted) => {
    const { told, changes } = await lives({ course })
    expect(told.map(brief)).toEqual(wanted)
    expect(
      told.flatMap((line) => FIELDS.filter((field) => typeof line[field] !== 'string' || line[field] === '')),
    ).toEqual([])
    expect(conditionLines(told).map(({ conditions }) => conditions)).toEqual(changes)
    const [orderId] = told.flatMap((line) => (line['action'] === 'PlaceOrder' ? [line['orderId']] : []))
    expect(new Set(told.slice(2).map((line) => line['orderId']))).toEqual(new Set([orderId]))
  })

  test.each(SURVIVED)('has each change of a condition once, whichever call is struck: %s', async (fault) => {
    const { end } = await lives(proven)
    const wrong: string[] = []
    for (let call = 0; call < end.calls; call += 1) {
      const { told, changes } = await lives(proven, [call, fault])
      const lines = conditionLines(told).map(({ conditions }) => conditions)
      if (lines.join() !== changes.join()) wrong.push(`${String(call)}: ${lines.join()} for ${changes.join()}`)
    }
    expect(wrong).toEqual([])
    expect(end.calls).toBeGreaterThan(8)
  })

  test('is silent above debug where nothing changes, and says at debug what each pass decided', async () => {
    const { log, all, told } = keptLog()
    const world = createWorld({ course: 'instant', uniqueIds: 'no', log })
    await run(world)
    const process = world.start()
    const before = [all().length, told().length] as const
    for (let minute = 0; minute < 60; minute += 1) {
      world.clock.set(new Date(world.clock.now().getTime() + 60_000))
      await process.reconcile()
    }
    expect(told().length).toBe(before[1])
    const lines = all()
      .slice(before[0])
      .filter(({ message }) => message === 'No change')
    expect(lines.map(({ action, reason }) => `${String(action)} ${String(reason)}`)).toEqual(
      Array<string>(60).fill('ready Issued'),
    )
  })

  test('is silent above debug over calls that fail again and again', async () => {
    const { log, told } = keptLog()
    const outage = { call: 'placeOrder', fault: 'throttled' as const, lasts: 20 * 60_000 }
    await run(createWorld({ course: 'instant', uniqueIds: 'no', log, outage }))
    expect(told().map(brief)).toEqual([
      ...STEPS.slice(0, 2),
      'info condition wait Throttled',
      ...STEPS.slice(2),
      ...END,
    ])
  })

  test('says once that the object is gone', async () => {
    const { log, told } = keptLog()
    const world = createWorld({ course: 'instant', uniqueIds: 'no', log })
    const process = world.start()
    await process.reconcile()
    const before = told().length
    world.api.drop(ORDER)
    process.sync()
    await process.reconcile()
    await process.reconcile()
    expect(told().slice(before)).toMatchObject([
      {
        level: 'info',
        message: 'DigiCertOrder deleted',
        namespace: 'shop',
        name: 'shop',
        orderId: 7_000_001,
        reason: 'Deleted',
      },
    ])
  })
})
