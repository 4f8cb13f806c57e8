import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals'
import { type Life, lifeOf } from './life.ts'
import type { SimulatorFlags } from './simulator-process.ts'
import { startTimeMachine, type TimeMachine } from './time-machine.ts'

/** The time machine of the test that is running, and what people do with it. */
export type Held = { readonly machine: TimeMachine; readonly life: Life }

/**
 * Starts a time machine for a whole file, or for each test. No test may end with a Secret that was ever bad, and none
 * leaves a fault of CertCentral to the next.
 */
export function holdTimeMachine(per: 'file' | 'test', flags?: SimulatorFlags): Held {
  let held: Held | undefined
  const now = (): Held => {
    if (held === undefined) throw new Error('the time machine is used before it was started')
    return held
  }
  const start = async (): Promise<void> => {
    const machine = await startTimeMachine(flags)
    held = { machine, life: lifeOf(machine) }
  }
  const check = async (): Promise<void> => {
    await now().machine.certCentral.clearFaults()
    expect(await now().machine.faults()).toEqual([])
  }
  const end = () => now().machine.close()
  if (per === 'file') {
    beforeAll(start)
    afterEach(check)
    afterAll(end)
  } else {
    beforeEach(start)
    afterEach(async () => {
      await check()
      await end()
    })
  }
  return {
    get machine() {
      return now().machine
    },
    get life() {
      return now().life
    },
  }
}
