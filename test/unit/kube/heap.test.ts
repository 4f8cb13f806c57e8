import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createHeap, createKeyedHeap } from '../../../src/kube/heap.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd')

test('a heap of keys pops them in order of rank, each once, up to the rank that is asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat(100)), { maxLength: 200 }), (entries) => {
      const keys = createKeyedHeap()
      const latest = new Map<string, number>()
      for (const [name, at] of entries) {
        keys.put(name, at)
        latest.set(name, at)
      }
      const expected = [...latest].sort(([, a], [, b]) => a - b)
      for (const [, at] of expected) expect(keys.firstRank() ?? Infinity).toBeLessThanOrEqual(at)
      expect(keys.firstRank()).toBe(expected[0]?.[1])
      const taken = keys.popUntil(50)
      expect(new Set(taken)).toEqual(new Set(expected.filter(([, at]) => at <= 50).map(([name]) => name)))
      expect(taken.map((name) => latest.get(name))).toEqual(expected.map(([, at]) => at).filter((at) => at <= 50))
      expect(keys.size()).toBe(latest.size - taken.length)
    }),
  )
})

test('a heap sorts, also after some entries were dropped', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = createHeap<number>((entry) => entry)
      for (const number of numbers) heap.push(number)
      heap.filter((entry) => entry % 3 !== 0)
      const sorted: number[] = []
      for (let top = heap.pop(); top !== undefined; top = heap.pop()) sorted.push(top)
      expect(sorted).toEqual(numbers.filter((entry) => entry % 3 !== 0).sort((a, b) => a - b))
    }),
  )
})
