import { describe, expect, test } from '@jest/globals'
import { depth, setUp, takeReady } from './support/workqueue.ts'

const DAY = 86_400_000

describe('later', () => {
  test('a date 133 days ahead does not fire at once, and fires when it has come', async () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + 133 * DAY))
    expect(Math.max(...clock.timers())).toBeLessThanOrEqual(60_000)
    clock.advance(132 * DAY)
    expect(depth(queue)).toBe(0)
    clock.advance(DAY + 1)
    expect(await takeReady(queue)).toEqual(['a'])
    expect(clock.timers()).toEqual([])
  })

  test('a date follows a corrected wall clock within a minute', () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + DAY))
    clock.setWall(clock.now() + 2 * DAY)
    clock.advance(60_000)
    expect(depth(queue)).toBe(1)
  })

  test('a date is not put off by a wall clock that is set back, and comes once', async () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + 5000))
    clock.setWall(clock.now() - DAY)
    clock.advance(4999)
    expect(depth(queue)).toBe(0)
    clock.advance(1)
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    clock.advance(2 * DAY)
    expect(depth(queue)).toBe(0)
  })

  test('a delay does not follow the wall clock', () => {
    const { clock, queue } = setUp()
    queue.addAfter('a', 5000)
    clock.setWall(clock.now() - DAY)
    clock.advance(5000)
    expect(depth(queue)).toBe(1)
  })

  test('a date in the past is now', () => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(0))
    clock.advance(0)
    expect(depth(queue)).toBe(1)
  })

  test('an invalid date is refused, as it would never come', () => {
    expect(() => setUp().queue.addAt('a', new Date(NaN))).toThrow(RangeError)
  })

  test.each([
    ['a date, then an earlier delay', 5000, 3000, 3000],
    ['a date, then a later delay', 3000, 5000, 3000],
  ])('%s: the earliest wins and the other one is dropped', async (_name, date, delay, due) => {
    const { clock, queue } = setUp()
    queue.addAt('a', new Date(clock.now() + date))
    queue.addAfter('a', delay)
    expect(queue.snapshot().delayed).toBe(1)
    clock.advance(due - 1)
    expect(depth(queue)).toBe(0)
    clock.advance(1)
    expect(await takeReady(queue)).toEqual(['a'])
    queue.done('a')
    clock.advance(DAY)
    expect(depth(queue)).toBe(0)
  })

  test('taking a key drops what was planned for it before, and not what is planned meanwhile', async () => {
    const { clock, queue } = setUp()
    queue.addAfter('a', 1000)
    queue.add('a')
    await queue.get()
    clock.advance(1000)
    queue.addAfter('a', 1000)
    queue.done('a')
    expect(depth(queue)).toBe(0)
    clock.advance(1000)
    expect(depth(queue)).toBe(1)
  })
})
