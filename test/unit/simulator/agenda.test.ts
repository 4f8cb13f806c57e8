import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAgenda } from '../../../src/simulator/agenda.ts'
import { createClock } from '../../../src/simulator/clock.ts'

test('events happen in the order of their times, each at its own time, and none before its time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(1000), (times, until) => {
      const clock = createClock(() => 0)
      const agenda = createAgenda<number>()
      for (const time of times) agenda.plan(time, time)
      clock.advance(until)
      const seen: number[] = []
      agenda.runDue(clock, (event) => {
        expect(clock.now()).toBe(event)
        seen.push(event)
      })
      expect(seen).toEqual(times.filter((time) => time <= until).sort((a, b) => a - b))
      expect(clock.now()).toBe(until)
    }),
  )
})

test('an event that plans another one in the past of the leap sees it happen in the same leap', () => {
  const clock = createClock(() => 0)
  const agenda = createAgenda<number>()
  const seen: number[] = []
  agenda.plan(10, 10)
  clock.advance(100)
  agenda.runDue(clock, (event) => {
    seen.push(event)
    if (event < 50) agenda.plan(clock.now() + 20, event + 20)
  })
  expect(seen).toEqual([10, 30, 50])
})
