import { expect, test } from '@jest/globals'
import { createIntern } from '../../../src/kube/intern.ts'

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
    const intern = createIntern()
    intern({ before: 'web' })
    expect(intern(structuredClone(object))).toEqual(object)
  },
)

test('of two objects the second is not made another one', () => {
  const intern = createIntern()
  const [first, second] = [{ of: 'web' }, { of: 'web' }]
  expect([intern(first) === first, intern(second) === second]).toEqual([true, true])
})
