import type { OrderSpec } from '../../src/api/order.ts'
import { digest } from '../../src/controller/digest.ts'
import { payloadHash } from '../../src/order/intent.ts'
import { certificateTraits, orderPayload } from '../../src/order/payload.ts'

/** The fingerprints of a spec, as `controller/spec-reading.ts` makes them; plays have specs that were checked. */
export type Reading = { readonly payloadHash: string; readonly traits: string }

export const readSpecFor = (spec: OrderSpec): Reading => ({
  payloadHash: payloadHash(digest, orderPayload(spec)),
  traits: payloadHash(digest, certificateTraits(spec)),
})
