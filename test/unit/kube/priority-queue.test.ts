import { describe, expect, test } from '@jest/globals'
import { createWorkqueue } from '../../../src/kube/workqueue.ts'
import { movableClock } from './support/movable-clock.ts'
import { setUp, takeReady } from './support/workqueue.ts'

describe('priorities', () => {
  test('high goes before low, and a low key that is added high moves up', async () => {
    const { queue } = setUp()
    for (const key of ['l1', 'l2', 'l3']) queue.add(key, 'low')
    queue.add('h1')
    queue.add('l3')
    queue.add('h1', 'low')
    expect(await takeReady(queue)).toEqual(['h1', 'l3', 'l1', 'l2'])
  })

  test('low keys still get every eighth turn while high ones keep coming', async () => {
    const { queue } = setUp()
    queue.add('low', 'low')
    const taken: (string | undefined)[] = []
    for (let turn = 0; turn < 8; turn++) {
      queue.add(`h${turn}`)
      taken.push(await queue.get())
    }
    expect(taken.indexOf('low')).toBe(7)
  })

  test('what was added high while being worked on comes back high', async () => {
    const { queue } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('b', 'low')
    queue.add('a', 'low')
    queue.add('a', 'high')
    queue.done('a')
    expect(await takeReady(queue)).toEqual(['a', 'b'])
  })
})

describe('flows', () => {
  /** Keys like `a1`: the letter is the flow; digits after a `:` are the rank. */
  const placed = (key: string) => ({
    flow: key[0]!,
    ...(key.includes(':') ? { rank: Number(key.split(':')[1]) } : {}),
  })
  const withFlows = () => createWorkqueue({ clock: movableClock(), placementOf: placed })

  test.each([
    [
      'take turns, however many keys one of them has',
      ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'],
      ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'],
    ],
    [
      'give the lowest rank first, and keys without one after that in their order',
      ['a1', 'a2:9', 'a3:5', 'a4'],
      ['a3:5', 'a2:9', 'a1', 'a4'],
    ],
  ])('%s', async (_name, added, taken) => {
    const queue = withFlows()
    for (const key of added) queue.add(key)
    expect(await takeReady(queue)).toEqual(taken)
  })

  test('a share that comes late has its turn next but one', async () => {
    const queue = withFlows()
    for (let key = 0; key < 900; key++) queue.add(`a${key}`)
    await queue.get()
    queue.add('b1')
    expect([await queue.get(), await queue.get()]).toEqual(['a1', 'b1'])
  })

  test('a key that moves up leaves its share of the low lane', async () => {
    const queue = withFlows()
    for (const key of ['a1:1', 'a2:2']) queue.add(key, 'low')
    queue.add('a2:2', 'high')
    expect(await takeReady(queue)).toEqual(['a2:2', 'a1:1'])
  })
})
