import { type End, run } from './drive.ts'
import { type Fault, type Schedule, FAULTS } from './faults.ts'
import { type Setting, createWorld } from './world.ts'

/** Calls that change nothing: whether the process dies, or the answer is lost, before or after one is the same. */
const READS = [
  'rehearse secrets',
  'ordersByAlternativeId',
  'orderInfo',
  'orderValidation',
  'downloadCertificate',
  'certificateChain',
  'statusChanges',
]
const AFTER_AN_EFFECT: readonly Fault[] = ['crash-after', 'lost-after']

/** The faults that make a difference at a call. A reservation never leaves the process: it can only be put off. */
export const faultsOf = (call: string): readonly Fault[] => {
  if (call === 'reserve') return ['throttled']
  return READS.includes(call) ? FAULTS.filter((fault) => !AFTER_AN_EFFECT.includes(fault)) : FAULTS
}

/** Deaths and lost answers: the faults after which nobody knows what happened. */
export const SILENCE: readonly Fault[] = ['crash-before', 'crash-after', 'crash-stale', 'lost-before', 'lost-after']

export type Found = { faults: Schedule; end: End }

export type Search = {
  setting: Setting
  /** Most faults of one run. */
  depth: number
  among?: readonly Fault[]
}

/** Later calls repeat earlier ones: searches, checks and looks go on for ever. */
const HORIZON = 20

const next = (faults: Schedule, { calls, trace }: End, among: readonly Fault[]): Schedule[] => {
  const first = Math.max(-1, ...faults.keys()) + 1
  const ahead = trace.slice(0, Math.min(calls, HORIZON)).map((call, at) => ({ call, at }))
  return ahead
    .slice(first)
    .flatMap(({ call, at }) =>
      faultsOf(call).flatMap((fault) => (among.includes(fault) ? [new Map([...faults, [at, fault]])] : [])),
    )
}

/** Runs a setting under every schedule of so many faults or fewer, each at a call that the run really makes. */
export const explore = async ({ setting, depth, among = FAULTS }: Search): Promise<Found[]> => {
  const found: Found[] = []
  const schedules: Schedule[] = [new Map<number, Fault>()]
  for (let faults = schedules.pop(); faults; faults = schedules.pop()) {
    const end = await run(createWorld(setting, faults))
    found.push({ faults, end })
    if (faults.size < depth) schedules.push(...next(faults, end, among))
  }
  return found
}
