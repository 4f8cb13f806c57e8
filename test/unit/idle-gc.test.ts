import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { type Heap, startIdleGc } from '../../src/idle-gc.ts'

const MIB = 1024 * 1024
const EVERY = 20_000

/** A process with this much memory in MiB, of which a collection leaves 100. */
const aProcess = (resident: number) => {
  const state = { busy: 0.01, resident: resident * MIB, collections: 0 }
  const heap: Heap = {
    utilization: () => state.busy,
    residentBytes: () => state.resident,
    collect: () => {
      state.collections += 1
      state.resident = 100 * MIB
      return Promise.resolve()
    },
  }
  return { state, heap }
}

describe('memory is returned', () => {
  afterEach(() => void jest.useRealTimers())
  const started = (resident: number) => {
    jest.useFakeTimers()
    const { state, heap } = aProcess(resident)
    return { state, stop: startIdleGc(heap, EVERY), turns: (n: number) => jest.advanceTimersByTimeAsync(n * EVERY) }
  }

  test('when a start is over, and not again while nothing happens', async () => {
    const { state, turns, stop } = started(400)
    state.busy = 0.9
    await turns(3)
    expect(state).toMatchObject({ collections: 0, resident: 400 * MIB })
    state.busy = 0.01
    await turns(2)
    state.busy = 0.9
    await turns(1)
    state.busy = 0.01
    await turns(2)
    expect(state.collections).toBe(0)
    await turns(3)
    expect(state).toMatchObject({ collections: 1, resident: 100 * MIB })
    stop()
  })

  test('again after memory grew by more than little, and not at each check', async () => {
    const { state, turns, stop } = started(400)
    await turns(3)
    state.resident = 105 * MIB
    await turns(30)
    expect(state.collections).toBe(1)
    state.resident = 140 * MIB
    await turns(1)
    expect(state.collections).toBe(2)
    state.resident = 140 * MIB
    await turns(29)
    expect(state.collections).toBe(2)
    await turns(1)
    expect(state.collections).toBe(3)
    stop()
  })

  test('no more once it is ended', async () => {
    const { state, turns, stop } = started(400)
    stop()
    await turns(5)
    expect(state.collections).toBe(0)
  })

  test('not at all by a Node.js that does not let us', () => {
    expect(startIdleGc()).not.toThrow()
  })
})
