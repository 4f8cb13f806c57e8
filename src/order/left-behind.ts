import type { About } from './messages.ts'
import { deletionTrouble } from './messages.ts'
import type { Observation } from './observation.ts'
import { endingOf, formerEnding } from './rules/deletion.ts'
import { current } from './rules/track.ts'

type Ending = NonNullable<ReturnType<typeof endingOf>>

/** The certificate of an order as it was known last. */
const certificateOf = ({ order, former }: Observation, { orderId }: Ending): string => {
  const id = former?.orderId === orderId ? former.certificateId : order?.certificateId
  return id === undefined ? 'the present certificate' : `certificate ${String(id)}`
}

const BY_HAND: Readonly<Record<Ending['how'], (ending: Ending, o: Observation) => string>> = {
  cancel: ({ orderId }) => `cancel order ${String(orderId)}`,
  'revoke-certificate': (ending, o) => `revoke ${certificateOf(o, ending)} of order ${String(ending.orderId)}`,
  'revoke-order': ({ orderId }) => `revoke order ${String(orderId)}`,
}

const endingsOf = (o: Observation): Ending[] =>
  [o.order && endingOf(o, current(o, o.order)), formerEnding(o)].filter((ending) => ending !== undefined)

/** What was sent without an answer may be an order, whose id nobody here knows. */
const unknownOrder = ({ order, intent }: Observation): string | undefined =>
  order || !intent?.sentAt
    ? undefined
    : `the order with the alternative order id ${intent.alternativeOrderId}, which was sent at ${intent.sentAt.toISOString()} without an answer`

/**
 * Says for people what is left in CertCentral of an object that goes although its policy could not be carried out: which
 * orders, what to do about them there, and why the operator did not.
 */
export const leftBehind = (o: Observation, about: About): string => {
  const endings = endingsOf(o)
  const unknown = unknownOrder(o)
  const orders = [
    ...endings.map(({ orderId }) => `order ${String(orderId)}`),
    ...(unknown === undefined ? [] : [unknown]),
  ]
  const steps = [
    ...endings.map((ending) => BY_HAND[ending.how](ending, o)),
    ...(unknown === undefined ? [] : ['look for that id, and cancel or revoke the order where there is one']),
  ]
  return `DigiCertOrder ${about.namespace}/${about.name} was deleted, and spec.deletionPolicy ${o.deletionPolicy} was not carried out for ${orders.join(' and ')}. In CertCentral: ${steps.join('; ')}. Cause: ${deletionTrouble(o)}`
}

const REQUESTED: Readonly<Record<string, string>> = {
  'revoke-certificate': 'the present certificate of order',
  'revoke-order': 'order',
}

/** Says for people what waits in CertCentral of an object that goes: a revocation that is only a request so far. */
export const revocationRequested = (
  { namespace, name }: Pick<About, 'namespace' | 'name'>,
  { what, orderId, request }: { what: string; orderId: number; request: number },
): string =>
  `DigiCertOrder ${namespace}/${name} was deleted, and CertCentral was asked to revoke ${REQUESTED[what] ?? 'order'} ${String(orderId)}. Nothing is revoked yet: request ${String(request)} waits until an administrator approves it in CertCentral. The operator does not look after it any more`

/** Says for people how an object goes whose finalizer the operator may not remove. */
export const finalizerHeld = ({ namespace = '', name }: { namespace?: string; name: string }, cause: string): string =>
  `The operator has nothing more to do for DigiCertOrder ${namespace}/${name}, which is deleted, and may not remove its finalizer. Where its namespace is being deleted, the rights of the operator in it are gone: let the object go with kubectl patch digicertorder ${name} -n ${namespace} --type=merge -p '{"metadata":{"finalizers":null}}'. Cause: ${cause}`
