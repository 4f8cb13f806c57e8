import type { OrderSpec } from '../api/order.ts'
import { isOnHardware } from '../api/spec-rules.ts'

/**
 * In what form a certificate comes: with a private key that the operator makes, without one because the CSR is made
 * elsewhere, or on a token that never reaches the cluster.
 */
export type Delivery = 'pair' | 'certificate' | 'hardware'

export const deliveryOf = (spec: OrderSpec): Delivery => {
  if (isOnHardware(spec)) return 'hardware'
  return spec.csrSecretRef ? 'certificate' : 'pair'
}
