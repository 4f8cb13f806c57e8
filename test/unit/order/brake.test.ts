import { describe, expect, test } from '@jest/globals'
import type { OrderStatus } from '../../../src/api/status.ts'
import { type BrakeSources, brakeFact, isReleased } from '../../../src/order/brake.ts'
import type { RemoteOrder } from '../../../src/order/observation.ts'
import { INTENT, NOW, ORDER_ID, inDays, inHours, inMinutes } from '../../support/builders.ts'

const ordered = (at: Date, more: object = {}) => ({
  at: at.toISOString(),
  what: 'Ordered' as const,
  orderId: ORDER_ID,
  ...more,
})
const reissued = (at: Date, orderId = ORDER_ID) => ({ at: at.toISOString(), what: 'Reissued' as const, orderId })

const KNOWN = { orderId: ORDER_ID, status: 'issued', purchase: 1 }

/** An order in the second half of its plan, bought long ago. */
const sources = (changes: Partial<BrakeSources> = {}): BrakeSources => ({
  status: {},
  order: KNOWN,
  remote: { kind: 'unasked' },
  plan: { start: inDays(-200), end: inDays(165) },
  releases: [],
  now: NOW,
  ...changes,
})

const found = (order: Partial<RemoteOrder>): BrakeSources['remote'] => ({
  kind: 'found',
  order: { orderId: ORDER_ID, status: 'issued', mismatches: [], older: 'no', ...order },
  purchase: 1,
})

const times = (count: number, minutesApart: number): Date[] =>
  Array.from({ length: count }, (_, n) => inMinutes(-1 - n * minutesApart))

describe('the brake lets a purchase pass', () => {
  test.each<readonly [string, Partial<BrakeSources>]>([
    ['that is the first', { order: undefined, plan: { start: undefined, end: undefined } }],
    ['in the second half of the plan before', {}],
    ['of which nobody knows when the plan before began', { plan: { start: undefined, end: inDays(165) } }],
    [
      'that was sent before under the same number',
      {
        order: undefined,
        status: { intent: { ...INTENT, purchase: 2, sentAt: NOW.toISOString() }, history: [ordered(inHours(-1))] },
      },
    ],
    [
      'behind one that was rejected',
      { order: { ...KNOWN, status: 'rejected' }, status: { history: [ordered(inHours(-1))] } },
    ],
    [
      'behind one that was canceled before it was issued',
      {
        order: { ...KNOWN, status: 'canceled' },
        remote: { kind: 'order', order: { ...KNOWN, status: 'canceled' } },
        plan: { start: inDays(-1), end: inDays(364) },
        status: { history: [ordered(inHours(-1))] },
      },
    ],
    ['behind one that cost nothing, by the history', { status: { history: [ordered(inHours(-1), { free: true })] } }],
    ['behind one that a wrong clock noted for a time to come', { status: { history: [ordered(inDays(100))] } }],
    [
      'whose status is lost, behind an expired one',
      { order: undefined, remote: found({ status: 'expired', validFrom: inDays(-400), validUntil: inDays(-35) }) },
    ],
  ])('%s', (_sentence, changes) => {
    expect(brakeFact(sources(changes)).purchase).toBeUndefined()
  })
})

describe('the brake holds a purchase', () => {
  const FRESH = { start: inDays(-10), end: inDays(355) }
  test.each<readonly [string, Partial<BrakeSources>, Date]>([
    ['within 24 hours of another one', { status: { history: [ordered(inHours(-3))] } }, inHours(21)],
    ['while more than half of the plan before is ahead', { plan: FRESH }, inDays(172.5)],
    [
      'while more than half of the plan is ahead that the intent notes',
      {
        order: undefined,
        status: {
          intent: {
            ...INTENT,
            purchase: 2,
            purpose: 'Renewal',
            previousPlan: { orderId: ORDER_ID, validFrom: '2026-11-24', validUntil: '2026-12-13' },
          },
        },
      },
      new Date('2026-12-03T23:59:59.500Z'),
    ],
    [
      'behind one that was canceled after it was issued',
      {
        plan: FRESH,
        order: { ...KNOWN, status: 'canceled', serialNumber: 'ff' },
        remote: { kind: 'order', order: { ...KNOWN, status: 'canceled', serialNumber: 'ff' } },
      },
      inDays(172.5),
    ],
    ['behind a revoked one', { plan: FRESH, order: { ...KNOWN, status: 'revoked' } }, inDays(172.5)],
    [
      'whose status is lost, behind a revoked one',
      { order: undefined, remote: found({ status: 'revoked', validFrom: inDays(-10), validUntil: inDays(355) }) },
      inDays(172.5),
    ],
    [
      'in another year than that of the plan, where the clock was set back',
      { now: inDays(-900), plan: FRESH },
      inDays(172.5),
    ],
  ])('%s', (_sentence, changes, until) => {
    expect(brakeFact(sources(changes)).purchase).toMatchObject({ until, orderId: ORDER_ID })
  })
})

describe('the brake counts the reissues of a plan', () => {
  const history = (dates: readonly Date[], orderId?: number): OrderStatus => ({
    history: dates.map((at) => reissued(at, orderId)),
  })
  const listed = (madeAt: readonly Date[]): BrakeSources['remote'] => ({
    kind: 'reissues',
    order: KNOWN,
    ours: undefined,
    madeAt,
  })

  test.each<readonly [string, Partial<BrakeSources>, Date | undefined]>([
    ['five in an hour pass', { status: history(times(5, 5)) }, undefined],
    ['six in an hour hold the seventh', { status: history(times(6, 5)) }, inMinutes(60 - 26)],
    ['nineteen in a day pass', { status: history(times(19, 70)) }, undefined],
    ['twenty in a day hold the next', { status: history(times(20, 70)) }, inMinutes(24 * 60 - 1 - 19 * 70)],
    ['those of another order do not count', { status: history(times(20, 5), ORDER_ID + 1) }, undefined],
    [
      "six in CertCentral's list hold as well, where the status lost them",
      { remote: listed(times(6, 5)) },
      inMinutes(60 - 26),
    ],
    ['no order, nothing to reissue', { order: undefined, status: history(times(6, 5)) }, undefined],
  ])('%s', (_sentence, changes, until) => {
    expect(brakeFact(sources(changes)).reissue?.until).toEqual(until)
  })
})

describe('a person releases one step', () => {
  const held = { plan: { start: inDays(-10), end: inDays(355) } }
  test.each<readonly [string, string | undefined, OrderStatus, string | undefined]>([
    ['by the id of the order', '7000012', {}, '7000012'],
    ['by the id with a suffix', '7000012-2', { lastHandledReleaseBrake: '7000012' }, '7000012-2'],
    ['once per value', '7000012', { lastHandledReleaseBrake: '7000012' }, undefined],
    ['by no other id', '7000013', {}, undefined],
    ['by no id that begins alike', '70000123', {}, undefined],
  ])('%s', (_sentence, value, status, release) => {
    expect(brakeFact(sources({ ...held, status, releases: [value, undefined] })).release).toBe(release)
    expect(brakeFact(sources({ ...held, status, releases: [undefined, value] })).release).toBe(release)
    const order = { id: ORDER_ID, status: 'issued', purchase: 1 }
    expect(isReleased(value, { ...status, order })).toBe(release !== undefined)
  })
})
