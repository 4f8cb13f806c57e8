import { describe, expect, test } from '@jest/globals'
import { type KubeObject, compareVersions, keyOf, nameOf } from '../../../src/kube/types.ts'
import { type Change, type Store, createInterner, createStore } from '../../../src/kube/store.ts'

type Thing = KubeObject & { value?: string }

function thing(name: string, resourceVersion: number, uid = `uid-${name}`, value = `v${resourceVersion}`): Thing {
  return { metadata: { namespace: 'shop', name, uid, resourceVersion: String(resourceVersion) }, value }
}

function told(changes: readonly Change<Thing>[]): string[] {
  return changes.map(({ type, object, previous }) =>
    [type, object.metadata.uid, object.value, previous && `was ${previous.value ?? ''}`].filter(Boolean).join(' '),
  )
}

const byValue = { value: (object: Thing) => (object.value === undefined ? [] : [object.value]) }
const newStore = (): Store<Thing> => createStore<Thing>(byValue)

describe('resource versions', () => {
  test.each([
    ['9', '10', -1],
    ['10', '9', 1],
    ['10', '10', 0],
    ['18446744073709551615', '18446744073709551616', -1],
    [undefined, '1', -1],
    [undefined, undefined, 0],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign)
  })

  test('keys go both ways', () => {
    for (const name of [{ name: 'a' }, { namespace: 'shop', name: 'a' }]) {
      expect(nameOf(keyOf({ metadata: name }))).toEqual(name)
    }
  })
})

describe('what the server says', () => {
  test('a new object is added, a newer version updates, and the update has both', () => {
    const store = newStore()
    expect(told(store.upsert(thing('a', 1)))).toEqual(['added uid-a v1'])
    expect(told(store.upsert(thing('a', 2)))).toEqual(['updated uid-a v2 was v1'])
  })

  test('an older or an equal version is no news', () => {
    const store = newStore()
    store.upsert(thing('a', 10))
    expect(store.upsert(thing('a', 9))).toEqual([])
    expect(store.upsert(thing('a', 10))).toEqual([])
    expect(store.get('shop/a')?.value).toBe('v10')
  })

  test('another UID under the same name is a deletion and an addition', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    expect(told(store.upsert(thing('a', 5, 'second')))).toEqual(['deleted uid-a v1', 'added second v5'])
  })

  test('the deletion of a predecessor leaves its successor alone', () => {
    const store = newStore()
    store.upsert(thing('a', 5, 'second'))
    expect(store.delete(thing('a', 6, 'first'))).toEqual([])
    expect(store.get('shop/a')).toBeDefined()
  })

  test('what was deleted does not come back', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    expect(told(store.delete(thing('a', 4)))).toEqual(['deleted uid-a v1'])
    expect(store.upsert(thing('a', 2))).toEqual([])
    store.upsertLocal(thing('a', 3))
    expect(store.list().length).toBe(0)
  })

  test('what only left the selection, as a Secret that lost its label, comes back with a later version', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    store.delete(thing('a', 2))
    expect(told(store.upsert(thing('a', 3)))).toEqual(['added uid-a v3'])
    expect(told(store.delete(thing('a', 4)))).toEqual(['deleted uid-a v3'])
  })

  test('only the latest few thousand deletions are remembered', () => {
    const store = newStore()
    for (let index = 0; index < 5000; index++) store.delete(thing('a', index, `uid-${index}`))
    expect(store.upsert(thing('a', 0, 'uid-0'))).toHaveLength(1)
    expect(store.upsert(thing('b', 4999, 'uid-4999'))).toEqual([])
  })
})

describe('a list of the whole world', () => {
  test('delivers additions, updates and deletions, and nothing else', () => {
    const store = newStore()
    for (const name of ['same', 'changed', 'gone', 'recreated']) store.upsert(thing(name, 5))
    const world = [thing('same', 5), thing('changed', 8), thing('recreated', 9, 'second'), thing('new', 7)]
    expect(told(store.replace(world, '10'))).toEqual([
      'deleted uid-gone v5',
      'updated uid-changed v8 was v5',
      'deleted uid-recreated v5',
      'added second v9',
      'added uid-new v7',
    ])
  })

  test('an object that is newer than the list is not taken for deleted', () => {
    const store = newStore()
    store.upsertLocal(thing('a', 12))
    expect(store.replace([], '10')).toEqual([])
    expect(store.get('shop/a')?.value).toBe('v12')
    expect(store.replace([], '13')).toEqual([])
    expect(store.get('shop/a')).toBeUndefined()
  })

  test('an object that a lagging list lacks is added again when it shows', () => {
    const store = newStore()
    store.upsert(thing('a', 5))
    store.replace([], '10')
    expect(told(store.upsert(thing('a', 11)))).toEqual(['added uid-a v11'])
  })

  test('once versions are forgotten, a list of an older database is believed', () => {
    const store = newStore()
    store.upsert(thing('a', 500))
    store.upsert(thing('b', 501))
    store.delete(thing('c', 502))
    expect(store.replace([thing('a', 5)], '10')).toEqual([])
    store.forgetVersions()
    expect(told(store.replace([thing('a', 5), thing('c', 6)], '10'))).toEqual([
      'deleted uid-b v501',
      'updated uid-a v5 was v500',
      'added uid-c v6',
    ])
  })
})

describe('what we wrote ourselves', () => {
  test('is readable at once and still delivered when the watch brings it', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    store.upsertLocal(thing('a', 3))
    expect(store.get('shop/a')?.value).toBe('v3')
    expect(store.byIndex('value', 'v3')).toHaveLength(1)
    expect(told(store.upsert(thing('a', 3)))).toEqual(['updated uid-a v3 was v1'])
    expect(store.upsert(thing('a', 3))).toEqual([])
  })

  test('does not swallow the change of another client just before it', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    store.upsertLocal(thing('a', 3))
    expect(store.upsert(thing('a', 2))).toEqual([])
    expect(told(store.upsert(thing('a', 3)))).toEqual(['updated uid-a v3 was v1'])
  })

  test('is ignored when the cache is newer', () => {
    const store = newStore()
    store.upsert(thing('a', 5))
    store.upsertLocal(thing('a', 4))
    expect(store.get('shop/a')?.value).toBe('v5')
  })

  test('is an addition when the object was not delivered before', () => {
    const store = newStore()
    store.upsertLocal(thing('a', 4))
    expect(told(store.upsert(thing('a', 4)))).toEqual(['added uid-a v4'])
  })

  test('that was not delivered is deleted without a change', () => {
    const store = newStore()
    store.upsertLocal(thing('a', 4))
    expect(store.delete(thing('a', 5))).toEqual([])
    expect(store.list().length).toBe(0)
  })

  test('may be a successor, and then the deletion of its predecessor is still delivered', () => {
    const store = newStore()
    store.upsert(thing('a', 1))
    store.upsertLocal(thing('a', 4, 'second'))
    expect(told(store.delete(thing('a', 3)))).toEqual(['deleted uid-a v1'])
    expect(store.get('shop/a')?.metadata.uid).toBe('second')
    expect(told(store.upsert(thing('a', 4, 'second')))).toEqual(['added second v4'])
  })
})

describe('indexes', () => {
  test('follow every change', () => {
    const store = createStore<Thing>({ ...byValue, both: ({ value }) => [value ?? '', 'all'] })
    store.upsert(thing('a', 1))
    store.upsert(thing('b', 2, 'uid-b', 'v1'))
    expect(store.byIndex('value', 'v1')).toHaveLength(2)
    store.upsert(thing('a', 3))
    expect(store.byIndex('value', 'v1').map(keyOf)).toEqual(['shop/b'])
    expect(store.byIndex('value', 'v3').map(keyOf)).toEqual(['shop/a'])
    store.delete(thing('b', 4))
    expect(store.byIndex('value', 'v1')).toEqual([])
    expect(store.byIndex('both', 'all')).toHaveLength(1)
  })

  test('a name that was never declared is an error and not an empty answer', () => {
    expect(() => newStore().byIndex('valeu', 'x')).toThrow('unknown index valeu')
  })
})

const OBJECTS: readonly unknown[] = [
  { metadata: { name: 'a', labels: { team: 'web' } }, list: ['x', 1, true, null, { deep: ['web'] }] },
  { text: 'long '.repeat(100), empty: '', none: null, nothing: {}, list: [] },
  { constructor: 'web', toString: 'web' },
  ['web', ['web']],
  'web',
  null,
  7,
]

test.each(OBJECTS.map((object) => [JSON.stringify(object).slice(0, 60), object] as const))(
  'an object says what it said: %s',
  (_text, object) => {
    const intern = createInterner()
    intern({ before: 'web' })
    expect(intern(structuredClone(object))).toEqual(object)
  },
)

test('of two objects the second is not made another one', () => {
  const intern = createInterner()
  const [first, second] = [{ of: 'web' }, { of: 'web' }]
  expect([intern(first) === first, intern(second) === second]).toEqual([true, true])
})
