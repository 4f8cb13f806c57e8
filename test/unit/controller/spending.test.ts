import { describe, expect, test } from '@jest/globals'
import { clusterAccountSpec } from '../../../src/api/account.ts'
import { createSpending } from '../../../src/controller/spending.ts'
import { movedClock } from '../certcentral/fake-server.ts'

const specOf = (requestsPerSecond: number, url = 'https://www.digicert.com/services/v2') =>
  clusterAccountSpec.parse({ url, apiKeySecretRef: { name: 'key' }, requestsPerSecond })

const start = () => {
  const clock = movedClock(0)
  return { clock, spending: createSpending(clock) }
}

/** Calls that a budget gives at once. */
const roomOf = (spending: ReturnType<typeof createSpending>, account: string, rate: number) =>
  spending.budgetOf(account, 'key', specOf(rate)).room('foreground')

describe('accounts that share an API key', () => {
  test('share one budget and one gate, whatever rate each of them names', () => {
    const { spending } = start()
    const one = spending.budgetOf('one', 'key', specOf(3))
    expect(spending.budgetOf('other', 'key', specOf(0.1))).toBe(one)
    expect(spending.gateOf('one')).toBe(spending.gateOf('other'))
  })

  test('are held to the lowest rate, until the account that names it is gone or names another', () => {
    const { spending } = start()
    expect(roomOf(spending, 'one', 3)).toBe(90)
    expect(roomOf(spending, 'slow', 0.1)).toBe(29)
    expect(roomOf(spending, 'one', 3)).toBe(29)
    expect(roomOf(spending, 'slow', 3)).toBe(90)
    expect(roomOf(spending, 'slow', 0.1)).toBe(29)
    spending.forget('slow')
    expect(roomOf(spending, 'one', 3)).toBe(90)
  })

  test('show the budget once, under the first of their names, and none once they are gone', async () => {
    const { clock, spending } = start()
    const budget = spending.budgetOf('two', 'key', specOf(3))
    spending.budgetOf('one', 'key', specOf(3))
    spending.budgetOf('alone', 'another key', specOf(3))
    ;(await budget.take('foreground')).end('made')
    budget.pause(new Date(5000))
    budget.pause(new Date(7000))
    expect(spending.states()).toEqual([
      ['one', { available: 0, waiting: 0, waitedMs: 0, pausedMs: 7000, pausedUntil: new Date(7000) }],
      ['alone', { available: 90, waiting: 0, waitedMs: 0, pausedMs: 0 }],
    ])
    await clock.advance(8000)
    spending.forget('one')
    spending.forget('alone')
    expect(spending.states()).toEqual([['two', { available: 90, waiting: 0, waitedMs: 0, pausedMs: 7000 }]])
  })

  test('are told how long their calls waited for a turn', async () => {
    const { clock, spending } = start()
    const budget = spending.budgetOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await budget.take('foreground')).end('made')
    const late = budget.take('foreground')
    await clock.advance(5000)
    ;(await late).end('made')
    expect(spending.states()).toMatchObject([['one', { waitedMs: 5000 }]])
  })

  test('do not get a fresh budget by an edit of the rate', async () => {
    const { spending } = start()
    const budget = spending.budgetOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await budget.take('foreground')).end('made')
    expect(roomOf(spending, 'one', 5)).toBe(0)
  })
})

describe('accounts with keys of their own', () => {
  test.each([
    ['another key', 'other key', undefined],
    ['the same key of another CertCentral', 'key', 'https://certcentral.digicert.eu/services/v2'],
  ])('%s: have nothing in common', async (_name, apiKey, url) => {
    const { spending } = start()
    const one = spending.budgetOf('one', 'key', specOf(3))
    for (let call = 0; call < 90; call += 1) (await one.take('foreground')).end('made')
    expect(spending.budgetOf('other', apiKey, specOf(3, url)).room('foreground')).toBe(90)
    expect(spending.gateOf('one')).not.toBe(spending.gateOf('other'))
  })
})

describe('the gate of an API key', () => {
  test('lets as many orders through as there are calls for, and one at any time', async () => {
    const { spending } = start()
    const budget = spending.budgetOf('one', 'key', specOf(3))
    const gate = spending.gateOf('one')
    const admits = (held: number) => spending.admits(gate, 'foreground', held)
    expect([admits(0), admits(44), admits(45)]).toEqual([true, true, false])
    for (let call = 0; call < 90; call += 1) (await budget.take('foreground')).end('made')
    expect([admits(0), admits(1)]).toEqual([true, false])
  })

  test('is closed by a pause, but for one', () => {
    const { spending } = start()
    spending.budgetOf('one', 'key', specOf(3)).pause()
    expect([0, 1].map((held) => spending.admits(spending.gateOf('one'), 'foreground', held))).toEqual([true, false])
  })

  test('of an account that was not opened yet is open', () => {
    expect(start().spending.admits('unknown', 'background', 99)).toBe(true)
  })
})
