import { type KubeClient, compareVersions, nameOf } from '../kube/client.ts'
import type { ReconcileResult } from '../kube/controller.ts'
import { later } from '../order/schedule.ts'
import { SECRETS } from './secrets.ts'

/** How often one Secret is asked for, in milliseconds, a tenth more or less: a change is seen within a minute. */
const PERIOD = 40_000

/** What a Secret that does not exist has in the place of a version. */
const ABSENT = ''

/**
 * The Secrets that people write for orders, as passwords of keystores and CSRs. They carry no label of ours and are not
 * watched; each is asked for its version, once for all orders that name it. Nothing of what they hold is read or kept.
 */
export type GivenSecrets = {
  /** Begins to look after Secrets, by key; what is looked after already stays as it is. */
  follow: (keys: readonly string[]) => void
  /** Notes the version that a pass read. A newer one than before wakes the orders that name the Secret. */
  note: (key: string, resourceVersion: string | undefined) => void
  /** Asks for the version of one Secret, and says when to ask again: never where no order names it any more. */
  look: (key: string) => Promise<ReconcileResult>
}

export type GivenSecretsOptions = {
  kube: Pick<KubeClient, 'getMetadata'>
  /** Keys of the orders that name a Secret. */
  ordersOf: (key: string) => readonly string[]
  wake: (orders: readonly string[]) => void
  /** Has one Secret looked at then. */
  lookAt: (key: string, date: Date) => void
  now: () => Date
  /** From 0 up to 1. */
  random: () => number
}

/** Answers of a cache that lags behind are no news. A Secret that is absent has no version to compare. */
const isOlder = (version: string, known: string): boolean =>
  version !== ABSENT && known !== ABSENT && compareVersions(version, known) < 0

export const createGivenSecrets = (options: GivenSecretsOptions): GivenSecrets => {
  const { kube, ordersOf, wake, lookAt, now, random } = options
  /** Versions by key; `undefined` before anybody read the Secret. */
  const versions = new Map<string, string | undefined>()

  const note: GivenSecrets['note'] = (key, resourceVersion = ABSENT) => {
    const known = versions.get(key)
    if (!versions.has(key) || known === resourceVersion) return
    if (known !== undefined && isOlder(resourceVersion, known)) return
    versions.set(key, resourceVersion)
    if (known !== undefined) wake(ordersOf(key))
  }

  return {
    note,
    follow: (keys) => {
      for (const key of keys) {
        if (versions.has(key)) continue
        versions.set(key, undefined)
        lookAt(key, later(now(), PERIOD * random()))
      }
    },
    look: async (key) => {
      if (ordersOf(key).length === 0) {
        versions.delete(key)
        return 'never'
      }
      note(key, (await kube.getMetadata(SECRETS, nameOf(key)))?.metadata.resourceVersion)
      return later(now(), PERIOD * (0.9 + 0.2 * random()))
    },
  }
}
