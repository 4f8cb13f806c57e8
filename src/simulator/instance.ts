import { type Cdn, createCdn } from './quirks/cdn.ts'
import { createFaults, type Faults } from './faults/rules.ts'
import { createCalls, type Calls } from './http/calls.ts'
import type { Key } from './http/keys.ts'
import { createRateLimit, type RateLimit } from './http/rate-limit.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

/** One running simulator: the account, and what stands in front of it. */
export type Instance = {
  readonly world: World
  readonly keys: readonly Key[]
  readonly calls: Calls
  readonly faults: Faults
  readonly rateLimit: RateLimit
  readonly cdn: Cdn
}

/** A simulator with an empty account. */
export function createInstance(options: WorldOptions & { readonly keys: readonly Key[] }): Instance {
  return {
    world: createWorld(options),
    keys: options.keys,
    calls: createCalls(),
    faults: createFaults(),
    rateLimit: createRateLimit(),
    cdn: createCdn(),
  }
}
