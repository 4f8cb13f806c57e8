import { describe, expect, test } from '@jest/globals'
import { createGivenSecrets } from '../../../src/controller/given-secrets.ts'
import { later } from '../../../src/order/schedule.ts'
import { NOW } from '../../support/builders.ts'

const KEY = 'shop/stores'

/** Secrets by key with their versions, and what came of looking after them. */
const looking = (random = 0.5) => {
  const state = {
    versions: new Map<string, string>(),
    orders: ['shop/web', 'shop/api'] as readonly string[],
    woken: [] as string[],
    planned: [] as (readonly [string, Date])[],
    asked: [] as string[],
  }
  const given = createGivenSecrets({
    kube: {
      getMetadata: (_resource, { namespace = '', name }) => {
        const key = `${namespace}/${name}`
        state.asked.push(key)
        const resourceVersion = state.versions.get(key)
        return Promise.resolve(resourceVersion === undefined ? undefined : { metadata: { name, resourceVersion } })
      },
    },
    ordersOf: () => state.orders,
    wake: (orders) => state.woken.push(...orders),
    lookAt: (key, date) => state.planned.push([key, date]),
    now: () => NOW,
    random: () => random,
  })
  return { given, state }
}

describe('a Secret with a password', () => {
  test('is looked at once for all orders that name it, within a minute', async () => {
    const { given, state } = looking(0.99)
    given.follow([KEY])
    given.follow([KEY])
    expect(state.planned).toHaveLength(1)
    const [[, first] = []] = state.planned
    expect(first!.getTime() - NOW.getTime()).toBeLessThan(60_000)

    const next = await given.look(KEY)

    expect(state.asked).toEqual([KEY])
    expect(next).toBeInstanceOf(Date)
    expect((next as Date).getTime() - NOW.getTime()).toBeLessThan(60_000)
    expect(next).not.toEqual(later(NOW, 0))
  })

  test.each<readonly [string, readonly (string | undefined)[], number]>([
    ['that stays as it is wakes nobody', ['5', '5', '5'], 0],
    ['that is another one wakes its orders, once', ['5', '6', '6'], 1],
    ['that is changed again wakes them again', ['9', '10', '11'], 2],
    ['that is deleted wakes them', ['5', undefined], 1],
    ['that appears wakes them', [undefined, '5'], 1],
    ['whose answer comes from a cache that lags behind wakes nobody', ['10', '9', '10'], 0],
  ])('%s', async (_what, versions, times) => {
    const { given, state } = looking()
    given.follow([KEY])
    for (const version of versions) {
      if (version === undefined) state.versions.delete(KEY)
      else state.versions.set(KEY, version)
      await given.look(KEY)
    }
    expect(state.woken).toEqual(Array.from({ length: times }, () => state.orders).flat())
  })

  test('that one order read in a newer version wakes the others', () => {
    const { given, state } = looking()
    given.follow([KEY])
    given.note(KEY, '5')
    given.note(KEY, '6')
    expect(state.woken).toEqual(state.orders)
  })

  test('that changed between the pass that read it and the first look wakes its orders', async () => {
    const { given, state } = looking()
    given.follow([KEY])
    given.note(KEY, '5')
    state.versions.set(KEY, '6')
    await given.look(KEY)
    expect(state.woken).toEqual(state.orders)
  })

  test('that no order names any more is not asked for, and is looked after again once one does', async () => {
    const { given, state } = looking()
    given.follow([KEY])
    state.orders = []
    expect(await given.look(KEY)).toBe('never')
    expect(state.asked).toEqual([])
    given.follow([KEY])
    expect(state.planned).toHaveLength(2)
  })

  test('that nobody follows is not remembered', () => {
    const { given, state } = looking()
    given.note(KEY, '5')
    given.note(KEY, '6')
    expect(state.woken).toEqual([])
  })
})
