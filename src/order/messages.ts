import { ANNOTATIONS, ORDER_AGAIN, REISSUE_REQUESTED, RELEASE_BRAKE, keySecretName } from '../api/names.ts'
import { ORDER_REASONS, type Reason } from '../api/reasons.ts'
import type { Effective } from '../api/status.ts'
import type { FoundOrder, KnownOrder, Observation } from './observation.ts'
import { adoptionFault } from './rules/adoption.ts'
import { endingOf, formerEnding, sparedFor } from './rules/deletion.ts'
import { givingUp } from './rules/issue.ts'
import { current } from './rules/track.ts'
import { isIssued, isOpen } from './rules/words.ts'
import { DAY, isoDay } from './schedule.ts'

/** The names that a message needs and a decision does not. */
export type About = {
  account: string
  namespace: string
  name: string
  /** Empty where there is none. */
  secretName: string
  product: string
  /** What is ordered, for people to see; absent where the spec is invalid or the account is not known. */
  effective?: Effective | undefined
  /** What people asked for by annotations, in their own words. */
  asked?: { check?: string | undefined; reconcile?: string | undefined; reissue?: string | undefined }
  /** Fields of the spec that have no effect, as sentences. */
  ignored?: readonly string[]
}

type Message = (o: Observation, about: About) => string

const orderOf = (o: Observation): KnownOrder | undefined => o.order && current(o, o.order)

const id = (o: Observation): string => {
  const order = orderOf(o)
  if (order) return `order ${String(order.orderId)}`
  return o.remote.kind === 'found' ? `order ${String(o.remote.order.orderId)}` : 'the order'
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const failureOf = (o: Observation): string => o.failure?.message ?? 'no details are known'

const callMessage = (o: Observation): string =>
  o.remote.kind === 'unavailable' || o.remote.kind === 'refused' ? o.remote.message : failureOf(o)

const approval: Message = (o) => {
  const open = orderOf(o)?.requests?.find(isOpen)
  const step = open?.status === 'submitted' ? 'two-step' : 'one-step'
  const request = open ? `approval of request ${String(open.id)} (${step})` : 'approval'
  return sentences(
    `${capital(id(o))} waits for ${request}; approve it in CertCentral under Requests`,
    waitingSince(o.askedAt),
  )
}

const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join('. ')

const waitingSince = (since: Date | undefined): string | undefined => since && `Waiting since ${minute(since)}`

/** A time for people, to the minute: `2026-11-30 02:45 UTC`. */
const minute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const validation: Message = (o) => {
  const open = o.validation.entries.filter(({ status }) => !isProven(status))
  const asks = open.flatMap(({ record, file, dnsName, method }) => {
    if (record) return [`publish ${record.type} ${record.name} = ${record.value}`]
    if (file) return [`serve ${file.content} at ${file.url}`]
    return method === 'email' ? [`confirm the mail that DigiCert sent for ${dnsName}`] : []
  })
  const records = [...new Set(asks)]
  const shown = records.slice(0, 3).join('; ')
  const more = records.length > 3 ? `; and ${String(records.length - 3)} more in status.validation` : ''
  const organization = organizationOf(o)
  const nothing = `nothing is to be published${organization ? '' : '; DigiCert validates organization and domains'}`
  return sentences(
    `${capital(id(o))} waits for validation: ${records.length > 0 ? `${shown}${more}` : nothing}`,
    checksOf(o),
    organization,
    waitingSince(o.validation.since),
  )
}

/** What CertCentral saw when it was last asked to check, and when it is asked next. */
const checksOf = ({ validation: { entries, checkedAt, nextCheckAt } }: Observation): string | undefined => {
  const next = nextCheckAt ? `the operator asks for the next check at ${minute(nextCheckAt)}` : undefined
  if (!checkedAt) return next && capital(next)
  const open = entries.filter((entry) => !isProven(entry.status) && entry.checkedAt !== undefined)
  const codes = [...new Set(open.flatMap(({ lastError }) => lastError ?? []))]
  const words = [...new Set(open.map(({ status }) => status))]
  const saw = codes.length > 0 ? `did not find it (${codes.join(', ')})` : `found no proof yet (${words.join(', ')})`
  return `At ${minute(checkedAt)} DigiCert ${saw}${next === undefined ? '' : `; ${next}`}`
}

const organizationOf = ({ validation: { organization: open = [] } }: Observation): string | undefined =>
  open.length === 0
    ? undefined
    : `DigiCert validates the organization (${open.map(({ type, status }) => `${type}: ${status}`).join(', ')}): its staff calls or mails the contacts of the organization, which may take days; CertCentral shows how far it is under Organizations`

/** Words of CertCentral for a name whose control is proven. */
export const isProven = (status: string): boolean =>
  ['active', 'approved', 'complete', 'valid', 'validated', 'issued'].includes(status)

const unknownOutcome: Message = (o) => {
  const intent = o.intent
  if (!intent) return ORDER_REASONS.OutcomeUnknown
  const since = (intent.sentAt ?? intent.recordedAt).toISOString()
  const release = `${ORDER_AGAIN}: "${givingUp(intent)}"`
  const settled = o.settledAt?.toISOString() ?? 'the unknown-outcome timeout'
  const what =
    intent.isKept === 'no' && intent.payload === 'changed'
      ? `The spec was edited since, and only what was sent may be sent again under that id: undo the edit until the outcome is known`
      : `If it certainly does not exist in CertCentral after ${settled}, set the annotation ${release} to have the same request sent again`
  return `The order was sent at ${since} with the alternative order id ${intent.alternativeOrderId} and no answer came. The operator looks up that id, and its key in the orders of that name. ${what}`
}

const over = (o: Observation, word: string, rest: string, toOrder = 'To place a new order'): string => {
  const order = orderOf(o)
  const release = order ? `${ORDER_AGAIN}: "${String(order.orderId)}"` : ORDER_AGAIN
  return `${capital(id(o))} was ${word} in CertCentral. ${rest} ${toOrder}, set the annotation ${release}`
}

const aheadOf = ({ account }: Observation): string =>
  account.kind === 'ready' ? String(Math.round((account.aheadMs ?? 0) / 3_600_000)) : 'some'

/** What the operator does not do for want of a Secret. */
const undone = ({ order, stored }: Observation): string => {
  if (!order) return 'Nothing was bought'
  return stored ? 'The certificate in use stays, and no other one is made' : 'The certificate waits for it'
}

const conflict: Message = (o, { name, secretName }) => {
  if (o.target.kind === 'foreign')
    return `Secret ${secretName} exists and is not the operator's: it lacks the annotation ${ANNOTATIONS.owner}, or is of another type. The operator leaves it alone. ${undone(o)}. Delete that Secret, or choose another secretName`
  const purchase = o.order?.purchase ?? o.intent?.purchase ?? 1
  return `Secret ${keySecretName(name, purchase)} has the name under which the operator keeps the private key, and is not a key Secret of this DigiCertOrder. The operator leaves it alone. ${undone(o)}. Delete or rename that Secret, or make a DigiCertOrder of another name`
}

const mismatch: Message = (o) => {
  const found = o.remote.kind === 'found' ? o.remote.order.mismatches.join('; ') : 'see CertCentral'
  return `${capital(id(o))} has the alternative order id of this resource but is not what the spec asks for: ${found}. Change the spec to match it, or cancel the order in CertCentral`
}

const ends = (o: Observation): string => (o.stored ? isoDay(o.stored.notAfter) : 'an unknown day')

/** Whether the plan ends with the certificate, so that a renewal is what comes next. */
const isLastOfPlan = (o: Observation): boolean => {
  const ends = o.plan.end
  return ends !== undefined && o.stored !== undefined && o.stored.notAfter.getTime() + DAY >= ends.getTime()
}

const notRenewed: Message = (o) =>
  `The plan of ${id(o)} ends on ${ends(o)} and DigiCert renews it (renewal.byDigiCert), but CertCentral shows no renewal yet: check there that auto-renew is on for it; or take renewal.byDigiCert out of the spec, and the operator renews it`

const dateReached: Message = (o) =>
  `The plan of ${id(o)} ends on ${ends(o)}, and spec.orderValidity.expiresOn names no later day, so it is not renewed. Name a later day there, or give orderValidity in years or days, and the operator renews it`

/** What the brake holds: a reissue where one is wanted, else a purchase. */
const heldByBrake: Message = (o) => {
  const { purchase, reissue: another } = o.brake
  const isReissue = o.reissue.cause !== undefined || o.reissue.intent !== undefined
  const held = isReissue ? (another ?? purchase) : (purchase ?? another)
  if (!held) return ORDER_REASONS.HeldByBrake
  const release = `${RELEASE_BRAKE}: "${String(held.orderId)}"`
  return `The brake holds the next ${held === another ? 'reissue' : 'purchase'}: ${held.cause}. Nothing was sent, and the certificate in the Secret stays. The operator goes on at ${held.until.toISOString()}; to let this one step pass now, set the annotation ${release}, with a suffix such as -2 where it was used before`
}

const reissuedElsewhere: Message = (o, { secretName }) => {
  const certificate = orderOf(o)?.certificateId
  const which = certificate === undefined ? 'The newest certificate' : `Certificate ${String(certificate)}`
  return `${which} of ${id(o)} was made with a key that is not kept here: another cluster with this clusterId, or a person, reissued it. Secret ${secretName} keeps its own certificate, good until ${ends(o)}. Give each cluster its own clusterId; to have the operator make the next certificate, set the annotation ${REISSUE_REQUESTED}`
}

/** A guard rail of the account keeps names out of a reissue, which the spec would allow. */
const forbiddenNames = (o: Observation, { account }: About): string | undefined => {
  const names = o.stored?.missingNames ?? []
  if (names.length === 0 || o.account.kind !== 'ready' || o.account.forbids === undefined) return undefined
  return `${account} forbids the names that the certificate does not cover, ${names.join(', ')}: ${o.account.forbids}. The operator does not ask for them, and the certificate in the Secret stays without them. Change the policy of the account, or take them out of the spec`
}

/** Whether DigiCert was asked to reissue more than once, and does not. */
const isIgnored = ({ order, reissue: { autoReissue } }: Observation): boolean =>
  autoReissue === 'on' && order?.autoReissue === 'off' && (order.switched?.count ?? 0) > 1

const ignoredSwitch: Message = (o) =>
  `The certificate ends on ${ends(o)}, and spec.reissue.by is DigiCert, which does not reissue ${id(o)}: auto_reissue stays off though the operator switched it on, as in an account without Multi-year Plans. Set spec.reissue.by: Operator, and the operator reissues it`

/** Why nothing follows a certificate that covers all names; `undefined` where that is the spec alone. */
const leftUndone = (o: Observation): Message | undefined => {
  if (o.renew === 'DateReached' && isLastOfPlan(o)) return dateReached
  if (o.renew === 'DigiCert' && isLastOfPlan(o)) return notRenewed
  return isIgnored(o) ? ignoredSwitch : undefined
}

const reissue: Message = (o, about) => {
  const names = o.stored?.missingNames ?? []
  const undone = names.length === 0 ? leftUndone(o) : undefined
  if (undone) return undone(o, about)
  const why = names.length > 0 ? `does not cover ${names.join(', ')}` : `ends on ${ends(o)}`
  return `The certificate ${why}, and spec.reissue.by or spec.renewal.policy keeps the operator from replacing it. Reissue or renew ${id(o)} in CertCentral with the same CSR and names, and the operator downloads the certificate; or change the spec`
}

const reissuing: Message = (o) => {
  const since = o.reissue.intent?.sentAt
  const state = since
    ? `was asked for at ${since.toISOString()} and the operator looks it up in the list of reissues`
    : 'is about to be asked for'
  return `Another certificate of ${id(o)} ${state}; the present one stays until it is there`
}

const heldNames: Message = (o) =>
  `${o.reissue.heldNames.join(', ')} is not in the spec and stays in the certificate of ${id(o)}: without it, DigiCert revokes every earlier certificate of the order within 72 hours. To remove it all the same, set spec.reissue.allowNameRemoval: true`

const lapsing: Message = (o) => {
  const lapses = o.validity.lapses.map(({ type, name, until }) => {
    const what = type === 'Domain' ? `control of ${name}` : `the validation of organization ${name}`
    return `${what} lapses on ${isoDay(until)}`
  })
  const shown = [
    ...lapses.slice(0, 5),
    ...(lapses.length > 5 ? [`and ${String(lapses.length - 5)} more in status.validity`] : []),
  ]
  const due = o.next ? isoDay(o.next.at) : 'an unknown day'
  return `The next certificate of ${id(o)} is due on ${due} and would wait: ${shown.join(', ')}. Renew the validation in CertCentral before that; the present certificate is not affected`
}

/** What came otherwise than the spec asks for. */
const otherwise = ({ differences }: Observation): string => differences.map((one) => `. ${capital(one)}`).join('')

const issued: Message = (o, about) => `${issuedAs(o, about)}${otherwise(o)}`

const issuedAs: Message = (o, { secretName }) =>
  o.delivery === 'hardware'
    ? `${capital(id(o))} is issued; its certificate is on hardware, and no Secret is written`
    : `Secret ${secretName} holds the certificate of ${id(o)}, good until ${ends(o)}`

/** The code that a token is initialised with lets anyone who has it take the certificate, so it is not shown here. */
const pickup: Message = (o) => {
  const token =
    o.delivery === 'hardware'
      ? ' and put on a token; the initialization code stands there with the order, and no Secret is written'
      : ''
  return `${capital(id(o))} waits to be picked up by a person in CertCentral${token}`
}

/** What becomes of the private key of an order that would be taken over. */
const keyAfterAdoption = (o: Observation, order: FoundOrder, { secretName }: About): string | undefined => {
  if (!isIssued(order) || order.csr === 'ours' || o.stored !== undefined || o.delivery === 'hardware') return undefined
  const lacks = `The private key of that order is not kept here`
  if (o.reissue.allowed === 'no')
    return `${lacks}, and spec.reissue.by Never keeps the operator from making another certificate of it: take that out of the spec`
  const what =
    o.delivery === 'pair'
      ? 'the operator reissues it with a new key'
      : 'the operator reissues it with the CSR of spec.csrSecretRef'
  return o.target.kind === 'foreign'
    ? `${lacks}: unless Secret ${secretName} is handed over with it, ${what}, at no cost`
    : `${lacks}: ${what}, at no cost`
}

const namesAfterAdoption = ({ furtherNames = [] }: FoundOrder): string | undefined =>
  furtherNames.length === 0
    ? undefined
    : `Its names that the spec does not ask for stay in the certificate: ${furtherNames.join(', ')}`

const adoption = (o: Observation, about: About): string => {
  if (o.adopt === undefined) return ''
  const which = `order ${String(o.adopt.orderId)}`
  const fault = adoptionFault(o)
  if (fault !== undefined) return `; ${which} would not be taken over: ${fault}`
  if (o.remote.kind !== 'found') return `; ${which} was not looked at yet`
  const { order } = o.remote
  return sentences(
    `; ${which} (${order.status}) fits the spec and would be taken over; nothing would be bought`,
    keyAfterAdoption(o, order, about),
    namesAfterAdoption(order),
  )
}

/** Why what spec.deletionPolicy asks was not done at CertCentral, as words for a person. */
export const deletionTrouble = (o: Observation): string => {
  const { account, remote } = o
  if (account.kind === 'missing') return 'the account does not exist'
  if (account.kind === 'not-ready') return account.message
  if (remote.kind === 'several') return `several orders have its alternative order id: ${remote.orderIds.join(', ')}`
  if (remote.kind === 'absent')
    return o.order ? 'CertCentral does not show it to the API key' : 'CertCentral does not show it yet'
  if (remote.kind === 'searching') return 'there are more orders of the name in CertCentral than could be read'
  return callMessage(o)
}

const deleting: Message = (o) =>
  o.namespace === 'terminating'
    ? `The namespace is being deleted, and ${id(o)} is not ended yet as spec.deletionPolicy ${o.deletionPolicy} asks: ${deletionTrouble(o)}. The operator tries for a while, then lets the object go; an Event about the operator's Deployment says what is left in CertCentral`
    : ORDER_REASONS.Deleting

/** A Secret that names its order is believed, and never overwritten by another purchase without a person's word. */
const notAdopted: Message = (o, { secretName }) => {
  const fault = adoptionFault(o) ?? 'it was not looked at'
  const named = o.remote.kind === 'claimed' ? o.remote.orderId : o.remote.kind === 'found' ? o.remote.order.orderId : 0
  if (o.adopt && o.remote.kind !== 'claimed')
    return `Order ${String(o.adopt.orderId)} of spec.adoptOrderId is not taken over: ${fault}. Nothing was bought`
  return `Secret ${secretName} holds a good certificate of order ${String(o.stored?.orderId ?? named)}, which is not taken over: ${fault}. Nothing was bought, and the Secret stays. Make the spec fit that order, or choose another secretName; to buy a new order in its place, set the annotation ${ORDER_AGAIN}: "${String(o.stored?.orderId ?? named)}"`
}

/** What others do to the Secret, and who they are where `managedFields` name them. */
const whoFights = ({ repair: { managers, wasMissing } }: Observation, secretName: string): string => {
  const secret = `Secret ${secretName}`
  if (managers.length > 0) {
    const [who, verb] = managers.length === 1 ? ['Field manager', 'changes'] : ['Field managers', 'change']
    const deleted = wasMissing === 'yes' ? ', and it was deleted meanwhile' : ''
    return `${who} ${managers.join(', ')} ${verb} ${secret} again and again${deleted}`
  }
  return wasMissing === 'yes'
    ? `${secret} is deleted again and again; the API server's audit log names the client`
    : `${secret} is changed again and again, by a client that its managedFields do not name; the API server's audit log does`
}

const foughtOver: Message = (o, { secretName }) =>
  `${whoFights(o, secretName)}. The operator repairs it with pauses that grow to 30 seconds while it is missing, and to 5 minutes otherwise. Have that client leave the Secret alone, or choose another secretName`

const limitEnds = ({ account }: Observation): string =>
  account.kind === 'ready' ? account.limitEnds.toISOString() : 'midnight UTC'

const suspended: Message = (o, about) => `spec.suspend is set: nothing is done${adoption(o, about)}`

const MESSAGES: Partial<Record<Reason, Message>> = {
  Issued: issued,
  Suspended: suspended,
  AdoptionRefused: notAdopted,
  Deleting: deleting,
  DeletionBlocked: (o) =>
    `${capital(id(o))} is to be ended by spec.deletionPolicy ${o.deletionPolicy}, which does not work: ${deletionTrouble(o)}. The object stays until it does. Set spec.deletionPolicy: Retain to let the object go, and ${id(o)} as it is in CertCentral`,
  CSRNotUsable: (o) => `${o.csrProblem ?? ORDER_REASONS.CSRNotUsable}. Nothing was bought with it`,
  KeystorePasswordMissing: (o, { secretName }) =>
    o.stored
      ? `${o.outputs.problem ?? ''}. Key and certificate in Secret ${secretName} are good; its keystores, if there are any, were not updated`
      : `${o.outputs.problem ?? ''}. Nothing was bought`,
  CardNotUsable: (o) => `The card cannot be used, so nothing was bought: ${failureOf(o)}`,
  InvalidSpec: (o) =>
    o.problems.length > 0 ? o.problems.join('; ') : `${o.purchaseFaults.join('; ')}. Nothing was bought`,
  HeldByBrake: heldByBrake,
  ReissuedElsewhere: reissuedElsewhere,
  AccountNotFound: (_o, { account }) => `${account} does not exist; create it, or name another one in spec.accountRef`,
  AccountNotReady: (o, { account }) =>
    o.remote.kind === 'refused'
      ? `${account} cannot be used: ${o.remote.message}`
      : `${account} cannot be used: ${o.account.kind === 'not-ready' ? o.account.message : 'see its Ready condition'}`,
  DeniedByPolicy: (o, { account }) =>
    `${account} forbids the order: ${o.account.kind === 'ready' ? (o.account.forbids ?? o.account.forbidsSent ?? '') : ''}. Nothing was bought`,
  OrderLimitReached: (o, { account }) =>
    `${account} placed as many orders today as policy.maxOrdersPerDay, or policy.maxOrdersPerDayPerNamespace, allows; this one is placed after ${limitEnds(o)}`,
  NameChangeLimitReached: (o, { account }) =>
    `${account} added names by reissues as often today as policy.maxNameChangesPerDay allows; ${(o.stored?.missingNames ?? []).join(', ')} will be added after ${limitEnds(o)}. The certificate in the Secret is good`,
  SecretConflict: conflict,
  SecretClaimedByOtherOrder: (o, { secretName }) =>
    `Secret ${secretName} is kept by DigiCertOrder ${o.target.kind === 'contested' ? o.target.by : ''}; choose another secretName. Nothing was bought`,
  SecretModifiedByOthers: foughtOver,
  SecretWriteDenied: (o, { secretName }) =>
    o.order
      ? `The cluster refuses the Secret that ${id(o)} waits for (${secretName}, or that of its key): ${failureOf(o)}`
      : `The cluster would refuse Secret ${secretName}, so nothing was bought: ${failureOf(o)}`,
  OutcomeUnknown: unknownOutcome,
  OrderRefused: (o) => `CertCentral refused the order, nothing was bought: ${failureOf(o)}`,
  DuplicateOrders: (o) =>
    `CertCentral has several orders with the alternative order id of this resource: ${o.remote.kind === 'several' ? o.remote.orderIds.join(', ') : ''}; cancel all but one there`,
  OrderMismatch: mismatch,
  OrderNotReadable: (o, { account }) =>
    `The API key of ${account} may not read ${id(o)}: ${failureOf(o)}. The certificate is good until ${ends(o)}, but the operator cannot see what happens to the order. Check the role of the key`,
  OrderNotVisible: (o, { account }) =>
    `CertCentral does not show ${id(o)} to the API key of ${account}; check the user, division and role of the key`,
  CertCentralUnavailable: (o) => `${callMessage(o)}; the operator tries again, and buys nothing twice`,
  AwaitingApproval: approval,
  AwaitingValidation: validation,
  SendingCSR: (o) => `${capital(id(o))} waits for a certificate signing request, which the operator sends`,
  Processing: (o) => `DigiCert is working on ${id(o)}`,
  AwaitingPickup: pickup,
  UnknownStatus: (o) =>
    `${capital(id(o))} has the status ${JSON.stringify(orderOf(o)?.status ?? '')}, which this version does not know; the operator goes on polling it`,
  BadCertificate: (o, { secretName }) =>
    `The certificate of ${id(o)} does not fit, and the operator left Secret ${secretName} as it is: ${failureOf(o)}. It downloads the certificate again`,
  PrivateKeyMissing: (o) =>
    `${capital(id(o))} exists, but the private key it was placed with is not in the cluster, so its certificate cannot be used here. Set spec.reissue.by: Operator, or the annotation ${REISSUE_REQUESTED}, and the operator makes another certificate of the order, at no cost`,
  OrderRejected: (o) =>
    over(
      o,
      'rejected',
      'It cost nothing. Edit the spec, and the operator orders again.',
      'To order again without an edit',
    ),
  OrderCanceled: (o) => over(o, 'canceled', 'The operator does not order it again.'),
  OrderRevoked: (o) =>
    over(o, 'revoked', 'Its certificates are no longer trusted. The operator does not order it again.'),
  OrderExpired: (o) =>
    over(
      o,
      'found expired',
      o.renew === 'DateReached'
        ? 'Its plan has ended, and spec.orderValidity.expiresOn names no later day: name one, and the operator renews it.'
        : 'Its plan has ended.',
    ),
  ValidationLapsing: lapsing,
  ReissueDue: (o, about) => forbiddenNames(o, about) ?? reissue(o, about),
  Reissuing: reissuing,
  ReissueRefused: (o) =>
    `CertCentral refused the reissue of ${id(o)}, and the certificate in the Secret is left alone: ${failureOf(o)}`,
  ReissueRejected: (o) =>
    `The reissue of ${id(o)} was rejected or canceled in CertCentral, and the certificate in the Secret is left alone. Edit the spec to ask for another one`,
  NameRemovalBlocked: heldNames,
  AwaitingRenewal: (o) =>
    `DigiCert renews order ${String(o.intent?.renewalOf ?? '')} (renewal.byDigiCert) and has not done so yet. The operator buys nothing, and takes that renewal over. To have the operator renew it, take renewal.byDigiCert out of the spec`,
  ClockSkew: (o) =>
    `The clock of the operator is ${aheadOf(o)} hours ahead of CertCentral's. By CertCentral's clock the renewal of ${id(o)} is not due, so no more was bought. Set the clock of the operator's machine right`,
  RenewedElsewhere: (o) =>
    `Order ${String(o.intent?.renewalOf ?? '')} was renewed by order ${o.remote.kind === 'renewed' ? String(o.remote.orderId) : ''}, which the operator did not place. Nothing was bought. To take that order over, set spec.adoptOrderId to its id`,
  CertificateExpired: (o, { secretName }) =>
    `The certificate in Secret ${secretName} expired on ${ends(o)}; ${id(o)} has no newer one`,
}

const ENDINGS = {
  cancel: 'is canceled',
  'revoke-certificate': 'stays, and its present certificate is revoked',
  'revoke-order': 'is revoked with all of its certificates',
} as const

/** What becomes of an order when its resource is deleted; `undefined` where there is no order. */
export const onDeletion = (o: Observation): string | undefined => {
  const order = orderOf(o)
  if (!order) return undefined
  const ending = endingOf(o, order)
  const former = formerEnding(o)
  const why = o.deletionPolicy === 'Retain' ? undefined : sparedFor(o, order)
  const spared = why === undefined ? '' : `, as ${why}`
  const parts = [
    `order ${String(order.orderId)} ${ending ? ENDINGS[ending.how] : `stays as it is${spared}`}`,
    ...(former ? [`order ${String(former.orderId)} before it ${ENDINGS[former.how]}`] : []),
  ]
  return `${o.deletionPolicy}: ${parts.join('; ')}; the Secret stays`
}

/** The sentence of a condition: what is so, and what a person must do about it, where and with which id. */
export const messageOf = (reason: Reason, o: Observation, about: About): string =>
  (MESSAGES[reason] ?? (() => ORDER_REASONS[reason]))(o, about)
