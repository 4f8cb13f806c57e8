import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type Log, silentLog } from '../../../src/telemetry/log.ts'
import { watchMemory } from '../../../src/telemetry/memory.ts'

const MIB = 1_048_576

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

const watched = () => {
  const state = { used: 10 }
  const said: object[] = []
  const log: Log = { ...silentLog, error: (message, fields) => said.push({ message, ...fields }) }
  const stop = new AbortController()
  const heap = () => ({ used_heap_size: state.used * MIB, heap_size_limit: 100 * MIB })
  watchMemory({ log, signal: stop.signal, heap, everyMs: 5000 })
  const use = (mib: number) => {
    state.used = mib
    jest.advanceTimersByTime(5000)
  }
  return { said, use, stop: () => stop.abort() }
}

test('memory that is nearly used up is said once, with figures and what to do', () => {
  const { said, use } = watched()
  for (const mib of [50, 89, 90, 95, 99]) use(mib)
  expect(said).toEqual([
    { message: expect.stringMatching(/nearly used up.*raise the memory limit/), used: '90 MiB', limit: '100 MiB' },
  ])
})

test('it is said again where there was room meanwhile', () => {
  const { said, use } = watched()
  for (const mib of [95, 40, 95]) use(mib)
  expect(said).toHaveLength(2)
})

test('nobody looks any more once the operator stops', () => {
  const { said, use, stop } = watched()
  stop()
  use(99)
  expect(said).toEqual([])
  expect(jest.getTimerCount()).toBe(0)
})
