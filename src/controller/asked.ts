import { CHECK_REQUESTED, FLUX_REQUESTED, REISSUE_REQUESTED } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'

/** The CRD holds to that many characters of what was handled last. */
const MOST_NOTED = 4096

/** As much of it as a status can hold, so that what is noted there is what is compared with it next time. */
const noted = (value: string | undefined): string | undefined =>
  value === undefined || value.length <= MOST_NOTED ? value : Array.from(value).slice(0, MOST_NOTED).join('')

/** The annotations that ask for a look, and for a check of what is published, as one value to compare. */
export const checkRequestOf = (order: DigiCertOrder): string => {
  const { check, reconcile } = askedOf(order)
  return JSON.stringify([check, reconcile])
}

/** What people, or Flux, ask for by annotations, in their own words. */
export const askedOf = ({ metadata: { annotations = {} } }: DigiCertOrder) => ({
  check: noted(annotations[CHECK_REQUESTED]),
  reconcile: noted(annotations[FLUX_REQUESTED]),
  reissue: noted(annotations[REISSUE_REQUESTED]),
})
