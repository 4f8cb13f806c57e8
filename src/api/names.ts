/** The API group of all kinds, and the prefix of all labels and annotations. */
export const GROUP = 'digicert-operator.io'
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}`

/** Field manager of every write, so that `kubectl get -o yaml --show-managed-fields` shows which are ours. */
export const FIELD_MANAGER = 'digicert-operator'

/** Label on every Secret that is ours; the operator watches Secrets by it and never all of them. */
export const MANAGED_LABEL = `${GROUP}/managed`
export const MANAGED = 'true'

/** Annotations of the Secrets that the operator writes. */
export const ANNOTATIONS = {
  /** Name of the DigiCertOrder, in the Secret's own namespace, that the Secret belongs to. */
  owner: `${GROUP}/order`,
  /** Id of the cluster whose DigiCertOrder that is. */
  clusterId: `${GROUP}/cluster-id`,
  orderId: `${GROUP}/order-id`,
  certificateId: `${GROUP}/certificate-id`,
  serialNumber: `${GROUP}/serial-number`,
  notAfter: `${GROUP}/not-after`,
  /** Seal of what was made for `secretTemplate`, `additionalOutputFormats` and `keystores`. */
  outputs: `${GROUP}/outputs`,
} as const

/**
 * Annotation by which a person lets an order be placed again: its value names what is given up, an order id or, where
 * the outcome of a POST stayed unknown, the alternative order id. ADR 0009.
 */
export const ORDER_AGAIN = `${GROUP}/order-again`

/**
 * Annotation by which a person lets one step past the brake (`order/brake.ts`): its value is the id of the order that the
 * message names, with a suffix such as `-2` where it was used before.
 */
export const RELEASE_BRAKE = `${GROUP}/release-brake`

/** Annotation by which a person asks for another certificate of the order; its value is any text that was not used before. */
export const REISSUE_REQUESTED = `${GROUP}/reissue-requested-at`

/** Annotations by which a person, or Flux, asks for a look at the order now. */
export const CHECK_REQUESTED = `${GROUP}/check-requested-at`
export const FLUX_REQUESTED = 'reconcile.fluxcd.io/requestedAt'

/** Finalizer of orders whose deletionPolicy has something to do at CertCentral. */
export const FINALIZER = `${GROUP}/deletion`

/** Type of the Secrets that keep a private key between its making and the certificate's arrival, and after. */
export const KEY_SECRET_TYPE = `${GROUP}/private-key`

/** Name of the Secret that keeps the private key of one purchase of an order. */
export const keySecretName = (order: string, purchase: number): string => `${order}-key-${String(purchase)}`

/** What {@link keySecretName} gives for some order: no other Secret of the operator may have such a name. */
export const KEY_SECRET_NAME = '-key-[0-9]+$'

/** What Kubernetes says of every object, as far as the operator reads it. */
export type Metadata = {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  creationTimestamp?: string
  deletionTimestamp?: string
  finalizers?: string[]
}
