import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { orderNamed } from '../../support/journey.ts'
import { startTimeMachine, type TimeMachine } from '../../support/time-machine.ts'

let machine: TimeMachine
beforeAll(async () => {
  machine = await startTimeMachine()
})
afterAll(() => machine.close())

describe('three years of an order', () => {
  test('are one purchase per plan, and the reissues in between that were told ahead', async () => {
    const begun = machine.now()
    await machine.apply(orderNamed('shop'))
    let order = await machine.settled('shop')
    const told: string[] = []
    while (machine.now().getTime() - begun.getTime() < 3 * 365 * 86_400_000) {
      // The first look of the day tells when the plan ends.
      await machine.travel(1.01)
      order = await machine.settled('shop')
      const next = order.status?.next
      if (!next) throw new Error('nothing is said of what is next')
      told.push(`${next.action} ${next.at}`)
      await machine.travelTo(new Date(new Date(next.at).getTime() + 1000))
      order = await machine.settled('shop')
    }
    console.log(told.join('\n'), JSON.stringify(order.status?.history))
    expect(await machine.faults()).toEqual([])
  }, 240_000)
})
