import { describe, expect, test } from '@jest/globals'
import { run } from './drive.ts'
import { SILENCE, explore } from './explore.ts'
import { isLiving } from './ledger.ts'
import { compete } from './leaders.ts'
import { type Setting, createWorld } from './world.ts'

type Guards = { lock: 'on' | 'blind'; lookUp: 'on' | 'blind'; sentMark: 'kept' | 'lost' }

const settingOf = (guards: Guards): Setting => ({ course: 'instant', uniqueIds: 'no', key: 'made', ...guards })

/** Most living orders that one replica buys, whatever single death or lost answer strikes. */
const boughtByOne = async (guards: Guards): Promise<number> => {
  const found = await explore({ setting: settingOf(guards), depth: 1, among: SILENCE })
  return Math.max(...found.map(({ end }) => end.bought))
}

const CALLS = Array.from({ length: 9 }, (_, calls) => calls)

/** Most living orders that two replicas buy, whenever the second takes over from the first and back. */
const boughtByTwo = async (guards: Guards): Promise<number> => {
  let most = 0
  for (const first of CALLS)
    for (const second of CALLS) {
      const world = createWorld(settingOf(guards))
      await compete(world, [first, second])
      await run(world)
      most = Math.max(most, world.ledger.orders.filter(isLiving).length)
    }
  return most
}

/**
 * What each guard is good for: the most orders that ever live at once for one purchase, with some guards switched off
 * in the model of the API server or of CertCentral. The accounts do not demand unique alternative ids.
 */
const TABLE: readonly (Guards & { one: number; two: number })[] = [
  { lock: 'on', lookUp: 'on', sentMark: 'kept', one: 1, two: 1 },
  { lock: 'on', lookUp: 'on', sentMark: 'lost', one: 1, two: 1 },
  { lock: 'on', lookUp: 'blind', sentMark: 'kept', one: 1, two: 1 },
  { lock: 'on', lookUp: 'blind', sentMark: 'lost', one: 2, two: 1 },
  { lock: 'blind', lookUp: 'on', sentMark: 'kept', one: 1, two: 2 },
  { lock: 'blind', lookUp: 'on', sentMark: 'lost', one: 1, two: 2 },
  { lock: 'blind', lookUp: 'blind', sentMark: 'kept', one: 2, two: 2 },
  { lock: 'blind', lookUp: 'blind', sentMark: 'lost', one: 2, two: 2 },
]

describe('nothing is bought twice as long as the guards stand (P1), and the model sees it when they do not', () => {
  test.each(TABLE)(
    'lock $lock, look-up $lookUp, sent mark $sentMark: $one by one replica, $two by two',
    async (row) => {
      expect([await boughtByOne(row), await boughtByTwo(row)]).toEqual([row.one, row.two])
    },
    120_000,
  )
})
