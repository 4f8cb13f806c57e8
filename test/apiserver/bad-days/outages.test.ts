import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Bed,
  bought,
  leaks,
  nudge,
  place,
  startBed,
  untilAnnounced,
  untilReady,
  untilWaiting,
} from '../../support/bad-days.ts'
import { hasCondition } from '../../support/cluster.ts'
import type { Fault } from '../../support/simulator-control.ts'
import { waitFor } from '../../support/wait-for.ts'

let bed: Bed
beforeAll(async () => {
  bed = await startBed({
    flags: { 'request-timeout': '1s' },
    account: { policy: { maxOrdersPerDay: 1000 }, requestsPerSecond: 5 },
  })
})
afterAll(() => bed.close())

/* How the look-up before an order goes wrong. It is hit twice: the client sends a GET again at once where a line broke. */
const FAULTS: [what: string, name: string, fault: Omit<Fault, 'match'>][] = [
  ['answers 502 in HTML', 'html', { action: 'html' }],
  ['answers 500', 'error', { action: 'error-before' }],
  ['answers 503 without a reason', 'unavailable', { action: 'status', status: 503 }],
  ['answers with one error as an object', 'object', { action: 'errors-object', status: 500 }],
  ['cuts the line', 'drop', { action: 'drop-before' }],
  ['does not answer in time', 'hang', { action: 'hang' }],
  ['sends half a body', 'half', { action: 'half-body' }],
  ['sends what is no JSON', 'garbage', { action: 'garbage-json' }],
  ['sends a body without an end', 'huge', { action: 'huge-body' }],
  ['redirects elsewhere', 'redirect', { action: 'status', status: 302, headers: { location: 'https://example.net' } }],
]

describe('CertCentral that is asked before an order and', () => {
  beforeAll(async () => {
    for (const [, name, fault] of FAULTS)
      await bed.control.addFault({
        ...fault,
        match: { path: `^/order/alternate/${bed.alternativeId(name)}`, times: 4 },
      })
    for (const [, name] of FAULTS) await place(bed, name)
  })

  test.each(FAULTS)('%s is said, asked again, and the order goes on by itself', async (_what, name) => {
    await untilAnnounced(bed, name, 'CertCentralUnavailable')
    await untilReady(bed, name, 40_000)

    expect(await bought(bed, name)).toHaveLength(1)
  })
})

describe('CertCentral that is away altogether', () => {
  const away = () => bed.control.addFault({ match: { path: '.*', times: 0 }, action: 'html' })

  test('while an order comes in: it says so, and is placed when CertCentral is back', async () => {
    await away()
    await place(bed, 'early')

    expect(await untilWaiting(bed, 'early', 'CertCentralUnavailable')).toMatch(
      /502; the operator tries again, and buys nothing twice/,
    )
    expect(await bought(bed, 'early')).toEqual([])

    await bed.control.clearFaults()
    await untilReady(bed, 'early')
    expect(await bought(bed, 'early')).toHaveLength(1)
  })

  test('while an order waits for approval: the approval is heard when CertCentral is back', async () => {
    await bed.control.changeSettings({ approval: 'one-step' })
    await place(bed, 'approval')
    await untilWaiting(bed, 'approval', 'AwaitingApproval')
    await bed.control.changeSettings({ approval: 'none' })
    await away()
    const account = () => bed.cluster.get({ kind: 'DigiCertAccount', namespace: bed.namespace, name: 'certcentral' })
    await waitFor(async () => JSON.stringify(await account()).includes('"reason":"Unreachable"'), {
      what: 'account that says it is unreachable',
      limitMs: 10_000,
    })
    const { status } = (await bed.cluster.order(bed.namespace, 'approval'))!
    await bed.control.approve(status!.order!.id)

    await bed.control.clearFaults()

    await untilReady(bed, 'approval')
    expect(await bought(bed, 'approval')).toHaveLength(1)
  })

  test('while a certificate is good: the order stays Ready', async () => {
    await away()
    await nudge(bed, 'early')
    await waitFor(async () => (await bed.control.calls()).last.at(-1)?.status === 502, {
      what: 'failed call',
      limitMs: 10_000,
    })

    const order = (await bed.cluster.order(bed.namespace, 'early'))!

    expect(hasCondition(order, 'Ready', 'True', 'Issued')).toBe(true)
    expect(hasCondition(order, 'Stalled', 'True')).toBe(false)
    await bed.control.clearFaults()
  })
})

describe('CertCentral that asks for a pause (429)', () => {
  const pauses: [what: string, name: string, method: string, more: object, atLeastMs: number][] = [
    ['for some seconds, before an order', 'look-up-for', 'GET', { retryAfterSeconds: 3 }, 2900],
    ['without saying for how long, before an order', 'look-up', 'GET', {}, 4900],
    ['for some seconds, in answer to an order', 'post-for', 'POST', { retryAfterSeconds: 3 }, 2900],
    ['without saying for how long, in answer to an order', 'post', 'POST', {}, 4900],
  ]

  test.each(pauses)('%s is obeyed, said, and nothing is bought twice', async (_what, name, method, more, atLeastMs) => {
    const path = method === 'GET' ? `^/order/alternate/${bed.alternativeId(name)}` : '^/order/certificate/[a-z_]+$'
    await bed.control.addFault({ match: { method, path }, action: 'too-many', ...more })
    await bed.control.resetCalls()

    await place(bed, name)

    expect(await untilWaiting(bed, name, 'Throttled')).toMatch(/pause/)
    await untilReady(bed, name, 30_000)
    expect(await bought(bed, name)).toHaveLength(1)
    const calls = (await bed.control.calls()).last
    const refused = calls.findIndex(({ status }) => status === 429)
    const gap = Date.parse(calls[refused + 1]!.at) - Date.parse(calls[refused]!.at)
    expect(gap).toBeGreaterThanOrEqual(atLeastMs - 1000)
  })
})

test('no key is told in logs, Events, statuses or metrics', async () => {
  expect(await leaks(bed)).toEqual([])
})
