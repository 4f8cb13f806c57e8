import { CertCentralError } from '../../src/certcentral/index.ts'
import { KubeError } from '../../src/kube/client.ts'

/**
 * What may go wrong at one call that changes or asks something outside the process:
 *
 *   crash-before    the process dies, the call was not made
 *   crash-after     the call took effect, the process dies before it hears so
 *   crash-stale     as crash-before, and the caches of the next process are one version behind
 *   lost-before     no answer comes, and nothing happened
 *   lost-after      no answer comes, though it happened
 *   refused         a clear no: 400 of CertCentral, 403 of the API server
 *   throttled       429
 *   conflict        somebody touched the object a moment before (API server), 409 (CertCentral)
 */
export const FAULTS = [
  'crash-before',
  'crash-after',
  'crash-stale',
  'lost-before',
  'lost-after',
  'refused',
  'throttled',
  'conflict',
] as const

export type Fault = (typeof FAULTS)[number]

/** Which fault strikes at which call, counted from 0 over the whole run. */
export type Schedule = ReadonlyMap<number, Fault>

export const schedule = (...faults: readonly (readonly [point: number, fault: Fault])[]): Schedule => new Map(faults)

/** The process is gone; nothing that it was about to do happens. */
export class Crash extends Error {
  readonly caches: 'fresh' | 'stale'

  constructor(caches: 'fresh' | 'stale') {
    super('the process died')
    this.caches = caches
  }
}

export type Side = 'kube' | 'certcentral'

/** A call as the schedule and the trace see it. */
export type Point = {
  side: Side
  name: string
  /** Makes the object newer on behalf of somebody else. */
  touch?: () => void
}

const callFailed = (kind: CertCentralError['kind'], outcome: CertCentralError['outcome'], retryAt?: Date) =>
  new CertCentralError({ kind, outcome, message: `the model says ${kind}`, retryAt })

type Answer = 'refused' | 'throttled' | 'conflict' | 'lost'

const CERTCENTRAL_ERRORS: Readonly<Record<Answer, (now: Date) => Error>> = {
  refused: () => callFailed('invalid', 'refused'),
  throttled: (now) => callFailed('throttled', 'refused', new Date(now.getTime() + 60_000)),
  conflict: () => callFailed('conflict', 'refused'),
  lost: () => callFailed('timeout', 'ambiguous'),
}

const KUBE_ERRORS: Readonly<Record<Answer, () => Error>> = {
  refused: () => new KubeError('forbidden', 'the model forbids it', { code: 403 }),
  throttled: () => new KubeError('throttled', 'the model says 429', { code: 429 }),
  conflict: () => new KubeError('conflict', 'the model says 409', { code: 409 }),
  lost: () => new KubeError('unknown', 'the model says nothing'),
}

const errorOf = ({ side }: Point, answer: Answer, now: Date): Error =>
  side === 'kube' ? KUBE_ERRORS[answer]() : CERTCENTRAL_ERRORS[answer](now)

/** Makes a call under a fault. */
export const under = <T>(fault: Fault | undefined, point: Point, effect: () => T, now: Date): T => {
  switch (fault) {
    case undefined:
      return effect()
    case 'crash-before':
      throw new Crash('fresh')
    case 'crash-stale':
      throw new Crash('stale')
    case 'crash-after':
      effect()
      throw new Crash('fresh')
    case 'lost-after':
      effect()
      throw errorOf(point, 'lost', now)
    case 'lost-before':
      throw errorOf(point, 'lost', now)
    case 'conflict':
      if (!point.touch) throw errorOf(point, 'conflict', now)
      point.touch()
      return effect()
    case 'refused':
    case 'throttled':
      throw errorOf(point, fault, now)
  }
}
