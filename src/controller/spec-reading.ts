import { LRUCache } from 'lru-cache'
import { type OrderSpec, checkSpec } from '../api/order.ts'
import { effectiveSpec, missing, withoutEffect } from '../order/effective.ts'
import { payloadHash } from '../order/intent.ts'
import { certificateTraits, orderPayload } from '../order/payload.ts'
import type { AccountState } from './accounts.ts'
import { digest } from './digest.ts'

/** A spec as a pass sees it. */
export type SpecReading = {
  /** With its defaults and those of the account; as it is stored where it breaks a rule. */
  readonly spec: OrderSpec
  readonly problems: readonly string[]
  /** Fields that have no effect, as sentences. */
  readonly ignored: readonly string[]
  /** Fingerprint of what would be bought. */
  readonly payloadHash: string
  /** Fingerprint of what only another certificate can change, besides names and key. */
  readonly traits: string
}

const UNREAD = { ignored: [], payloadHash: '', traits: '' }

const read = (stored: OrderSpec, account: AccountState): SpecReading => {
  const result = checkSpec(stored)
  if (!result.ok) return { ...UNREAD, spec: stored, problems: result.problems }
  const says = account.kind === 'ready' ? account.session.account.spec : {}
  const spec = effectiveSpec(result.spec, says)
  const problems = account.kind === 'ready' ? missing(spec) : []
  if (problems.length > 0) return { ...UNREAD, spec, problems }
  return {
    ignored: withoutEffect(result.spec, says),
    ...{ spec, problems },
    payloadHash: payloadHash(digest, orderPayload(spec)),
    traits: payloadHash(digest, certificateTraits(spec)),
  }
}

type Known = { readonly under: object; readonly reading: SpecReading }

/** The specs that passes are about just now; each step of a pass asks for the same one. */
const readings = new LRUCache<OrderSpec, Known>({ max: 256 })

/** Each state that is not ready is as good as another one here: no defaults of an account are known. */
const NOT_READY = {}

/** Checks a spec and fills it in. What was found out of an object is kept, as objects of a cache are never changed. */
export const readSpec = (stored: OrderSpec, account: AccountState): SpecReading => {
  const under = account.kind === 'ready' ? account.session.account.spec : NOT_READY
  const known = readings.get(stored)
  if (known?.under === under) return known.reading
  const reading = read(stored, account)
  readings.set(stored, { under, reading })
  return reading
}
