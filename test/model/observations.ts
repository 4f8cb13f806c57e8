import type { CertificateFacts } from '../../src/api/status.ts'
import type { Step } from '../../src/order/plan.ts'
import { NO_REISSUE, UNREPAIRED } from '../support/builders.ts'
import type {
  AccountFact,
  Failure,
  FoundOrder,
  FoundReissue,
  KnownIntent,
  KnownOrder,
  Observation,
  Remote,
  ReissueFact,
  RemoteOrder,
  RepairFact,
  Stored,
  TargetFact,
} from '../../src/order/observation.ts'

export const NOW = new Date('2026-11-23T09:00:00Z')

export const PAST = new Date(NOW.getTime() - 3_600_000)
export const FUTURE = new Date(NOW.getTime() + 3_600_000)

const due = (action: Step['action'], at: Date): Step => ({ action, at, why: 'the certificate ends' })

/** For each field the values that a rule can tell apart. */
export type Sets = { [K in keyof Observation]: readonly Observation[K][] }

const ALTERNATIVE_ID = 'dcomodeln1'
export const ORDER_ID = 7
const OTHER_ORDER_ID = 8

type Ready = Extract<AccountFact, { kind: 'ready' }>

export const READY: Ready = {
  kind: 'ready',
  uniqueIds: 'no',
  forbids: undefined,
  ordersLeft: 1,
  nameChangesLeft: 1,
  limitEnds: FUTURE,
}

const intent = (more: Partial<KnownIntent>): KnownIntent => ({
  purpose: 'Order',
  purchase: 1,
  alternativeOrderId: ALTERNATIVE_ID,
  keySecretName: 'shop-key-1',
  payloadHash: 'hash',
  recordedAt: PAST,
  sentAt: undefined,
  payload: 'same',
  isKept: 'yes',
  ...more,
})

const facts = (id: number): CertificateFacts => ({
  id,
  serialNumber: '01',
  sha1Thumbprint: '02',
  sha256Fingerprint: '03',
  notBefore: PAST.toISOString(),
  notAfter: FUTURE.toISOString(),
  dnsNames: ['shop.example.com'],
  issuer: 'model',
})

const stored = (more: Partial<Stored> & { certificate?: number } = {}): Stored => {
  const { certificate = 70, ...rest } = more
  return { orderId: ORDER_ID, facts: facts(certificate), notBefore: PAST, notAfter: FUTURE, missingNames: [], ...rest }
}

const failure = (reason: Failure['reason'], retryAt: Date, count = 1): Failure => ({
  reason,
  retryAt,
  count,
  lastAt: PAST,
  code: 'model',
  message: 'the model says so',
})

const WORDS = ['needs_approval', 'pending', 'processing', 'needs_csr', 'waiting_pickup', 'issued', 'reissue_pending']
const OVER = ['rejected', 'canceled', 'revoked', 'expired']
const ALL_WORDS = [...WORDS, ...OVER, 'a_new_word']

const CERTIFICATES = [undefined, 70, 71] as const
const CSRS = ['ours', 'other'] as const

const remoteOrder = (status: string, certificateId: number | undefined, csr: RemoteOrder['csr']): RemoteOrder => ({
  orderId: ORDER_ID,
  status,
  csr,
  ...(certificateId === undefined ? {} : { certificateId }),
})

const found = (status: string, more: Partial<FoundOrder>): Remote => ({
  kind: 'found',
  order: { ...remoteOrder(status, undefined, 'ours'), mismatches: [], older: 'no', ...more },
})

const FAILED: readonly Remote[] = [
  { kind: 'unavailable', retryAt: FUTURE, throttled: 'no', message: 'the model is down' },
  { kind: 'unavailable', retryAt: FUTURE, throttled: 'yes', message: 'the model says 429' },
  { kind: 'refused', message: 'the model says 403' },
]

const FOUND = ['pending', 'issued', 'rejected', 'canceled', 'revoked'].flatMap((status) =>
  [[], ['its product is another']].flatMap((mismatches) =>
    (['than-resource', 'no'] as const).flatMap((older) => CSRS.map((csr) => found(status, { mismatches, older, csr }))),
  ),
)

const ORDER_ANSWERS: readonly Remote[] = ALL_WORDS.flatMap((status) =>
  CERTIFICATES.flatMap((id) => CSRS.map((csr): Remote => ({ kind: 'order', order: remoteOrder(status, id, csr) }))),
)

const KNOWN: readonly KnownOrder[] = ALL_WORDS.flatMap((status) =>
  CERTIFICATES.map((id) => ({ ...remoteOrder(status, id, undefined), purchase: 1 })),
)

const TARGETS: readonly TargetFact[] = [
  { kind: 'free' },
  { kind: 'ours' },
  { kind: 'foreign' },
  { kind: 'contested', by: 'older' },
]

const INTENTS: readonly (KnownIntent | undefined)[] = [
  undefined,
  intent({}),
  intent({ payload: 'changed' }),
  intent({ sentAt: PAST, sends: 1 }),
  intent({ sentAt: PAST, sends: 2 }),
  intent({ sentAt: PAST, sends: 1, payload: 'changed' }),
]

const STORED: readonly (Stored | undefined)[] = [
  undefined,
  stored(),
  stored({ notAfter: PAST }),
  stored({ missingNames: ['www.shop.example.com'] }),
  stored({ orderId: OTHER_ORDER_ID, certificate: 80 }),
  stored({ harmed: 'yes' }),
]

const ORDER_AGAIN = [undefined, String(ORDER_ID), ALTERNATIVE_ID, `${ALTERNATIVE_ID}-2`, 'something else']

const open = (
  nextCheckAt: Date | undefined,
  since: Date | undefined,
  isRequested = false,
): Observation['validation'] => ({
  ...{ entries: [], since, checkedAt: undefined, nextCheckAt, isRequested, organization: [] },
})

const former = (notAfter: Date): Observation['former'] => ({
  orderId: OTHER_ORDER_ID,
  certificateId: 60,
  notAfter,
  tryAt: PAST,
})

const IN_STEP: Observation['outputs'] = { stale: 'no', problem: undefined }
const UNASKED: Observation['validity'] = { checkAt: undefined, lapses: [] }
const LAPSE: Observation['validity']['lapses'] = [{ type: 'Domain', name: 'example.com', until: FUTURE }]
const PROBLEM = 'keystores.jks: the password is missing'

/** Others changed the Secret of the certificate 70 so often lately, and it may be repaired then. */
const repaired = (count: number, nextAt: Date): RepairFact => ({
  ...UNREPAIRED,
  certificateId: 70,
  count,
  nextAt,
  forgottenAt: FUTURE,
})

/** One quiet observation, from which the sets vary. */
const QUIET: Sets = {
  deleting: ['no'],
  suspended: ['no'],
  finalizer: ['no'],
  deletionPolicy: ['Retain'],
  deletingSince: [undefined],
  namespace: ['unasked'],
  ended: ['no'],
  adopt: [undefined],
  revokeAdopted: ['no'],
  sharedWith: [undefined],
  delivery: ['pair'],
  problems: [[]],
  differences: [[]],
  purchaseFaults: [[]],
  plan: [{ start: PAST, end: FUTURE, source: 'CertCentral' }],
  brake: [{}],
  account: [READY],
  target: [{ kind: 'free' }],
  csrProblem: [undefined],
  outputs: [IN_STEP],
  former: [undefined],
  validity: [UNASKED],
  key: ['fits'],
  intent: [undefined],
  order: [undefined],
  remote: [{ kind: 'unasked' }],
  stored: [undefined],
  repair: [{ ...UNREPAIRED, certificateId: undefined }],
  everIssued: ['no'],
  validation: [open(undefined, undefined)],
  failure: [undefined],
  orderAgain: [undefined],
  askedAt: [undefined],
  nextLookAt: [FUTURE],
  nextSearchAt: [FUTURE],
  settledAt: [undefined],
  reissue: [NO_REISSUE],
  renew: ['Renew'],
  next: [undefined],
}

/** Everything that comes before any buying, over a few states of an order. */
export const BEFORE: Sets = {
  ...QUIET,
  deleting: ['yes', 'no'],
  problems: [[], ['commonName is no name']],
  account: [
    { kind: 'missing' },
    { kind: 'not-ready', message: 'no key' },
    READY,
    { ...READY, forbids: 'its policy does' },
  ],
  target: TARGETS,
  key: ['absent', 'fits', 'misfits', 'orphaned', 'foreign'],
  intent: INTENTS,
  order: [undefined, ...KNOWN.filter(({ status }) => ['pending', 'issued', 'revoked'].includes(status))],
  remote: [{ kind: 'unasked' }, { kind: 'absent' }],
  stored: STORED,
  nextLookAt: [PAST, FUTURE],
  settledAt: [PAST],
}

/** Everything on the way to an order. */
export const BUYING: Sets = {
  ...QUIET,
  csrProblem: [undefined, 'it does not exist'],
  account: [
    READY,
    { ...READY, uniqueIds: 'yes' },
    { ...READY, ordersLeft: 0 },
    { ...READY, uniqueIds: 'yes', ordersLeft: 0 },
    { ...READY, forbids: 'its policy does' },
  ],
  target: TARGETS.slice(0, 2),
  key: ['absent', 'fits', 'misfits', 'orphaned', 'foreign'],
  intent: INTENTS,
  remote: [
    { kind: 'unasked' },
    ...FAILED,
    { kind: 'absent' },
    { kind: 'several', orderIds: [ORDER_ID, OTHER_ORDER_ID] },
    ...FOUND,
  ],
  everIssued: ['yes', 'no'],
  failure: [
    undefined,
    failure('OrderRefused', PAST),
    failure('OrderRefused', FUTURE),
    failure('SecretWriteDenied', FUTURE),
    failure('CardNotUsable', FUTURE),
    failure('SendingCSR', FUTURE),
  ],
  orderAgain: ORDER_AGAIN,
  nextSearchAt: [PAST, FUTURE],
  settledAt: [PAST, FUTURE],
}

/** An order is known, and CertCentral did not speak of it in this pass. */
export const FOLLOWING: Sets = {
  ...QUIET,
  delivery: ['pair', 'hardware'],
  target: [{ kind: 'ours' }],
  key: ['absent', 'fits', 'misfits'],
  order: KNOWN,
  remote: [{ kind: 'unasked' }, ...FAILED, { kind: 'absent' }],
  stored: STORED,
  validation: [
    open(undefined, undefined),
    open(undefined, PAST),
    open(PAST, PAST),
    open(FUTURE, PAST),
    open(FUTURE, PAST, true),
  ],
  failure: [
    undefined,
    failure('BadCertificate', FUTURE),
    failure('BadCertificate', FUTURE, 3),
    failure('SecretWriteDenied', FUTURE),
    failure('SendingCSR', PAST),
  ],
  orderAgain: [undefined, String(ORDER_ID)],
  nextLookAt: [PAST, FUTURE],
  next: [undefined, due('Look', PAST), due('Reissue', FUTURE), due('Renew', PAST)],
}

/** An order is known, and CertCentral just said how it stands. */
export const HEARING: Sets = {
  ...FOLLOWING,
  intent: [undefined, intent({ sentAt: PAST, payload: 'changed' })],
  order: KNOWN.filter(
    ({ status, certificateId }) => ['pending', 'issued', 'revoked'].includes(status) && certificateId === 70,
  ),
  remote: ORDER_ANSWERS,
  everIssued: ['yes', 'no'],
  nextLookAt: [FUTURE],
}

const reissue = (changes: Partial<ReissueFact>): ReissueFact => ({ ...NO_REISSUE, ...changes })

const REISSUES: readonly ReissueFact[] = [
  undefined,
  intent({ purpose: 'Reissue', supersedes: '01' }),
  intent({ purpose: 'Reissue', supersedes: '01', payload: 'changed' }),
  intent({ purpose: 'Reissue', supersedes: '01', sentAt: PAST, sends: 1 }),
  intent({ purpose: 'Reissue', supersedes: '01', sentAt: PAST, sends: 1, payload: 'changed' }),
  intent({ purpose: 'Reissue', supersedes: 'another', sentAt: PAST, sends: 1 }),
].flatMap((of) =>
  ([undefined, 'due', 'names', 'request', 'lost'] as const).flatMap((cause) =>
    (['absent', 'fits', 'misfits', 'in-use'] as const).flatMap((nextKey) =>
      (['current', 'next'] as const).flatMap((key) =>
        [['yes', []] as const, ['yes', ['old.example.com']] as const, ['no', []] as const].map(([allowed, heldNames]) =>
          reissue({ intent: of, cause, nextKey, key, allowed, heldNames }),
        ),
      ),
    ),
  ),
)

const OURS: readonly (FoundReissue | undefined)[] = [
  undefined,
  { status: 'pending' },
  { status: 'approved', certificateId: 71 },
  { status: 'issued', certificateId: 71 },
  { status: 'rejected' },
]

const openRequest = { id: 5, status: 'pending', type: 'reissue' }

const LISTED: readonly Remote[] = ['issued', 'reissue_pending'].flatMap((status) =>
  OURS.flatMap((ours) =>
    [[], [openRequest]].map((requests): Remote => ({
      kind: 'reissues',
      order: { orderId: ORDER_ID, status, certificateId: 70, requests },
      ours,
      madeAt: [],
    })),
  ),
)

/** A certificate is stored, and another one of the order is wanted, asked for, or on its way. */
export const REISSUING: Sets = {
  ...QUIET,
  target: [{ kind: 'ours' }],
  key: ['fits', 'misfits'],
  order: KNOWN.filter(
    ({ status, certificateId }) => ['issued', 'reissue_pending'].includes(status) && certificateId === 70,
  ),
  remote: [{ kind: 'unasked' }, ...FAILED, ...LISTED],
  stored: [undefined, stored()],
  reissue: REISSUES,
  validation: [open(undefined, undefined), open(PAST, PAST), open(FUTURE, PAST), open(FUTURE, PAST, true)],
  failure: [undefined, failure('ReissueRefused', FUTURE), failure('BadCertificate', FUTURE, 3)],
  nextSearchAt: [PAST, FUTURE],
  settledAt: [PAST, FUTURE],
}

const SWITCHED: Remote = {
  kind: 'order',
  order: { orderId: ORDER_ID, status: 'issued', certificateId: 70, autoReissue: 'on' },
}

const RENEWED: Remote = {
  kind: 'order',
  order: { orderId: ORDER_ID, status: 'issued', certificateId: 70, renewedBy: OTHER_ORDER_ID },
}

/** Somebody else reissued the order, or the names that were added have to wait. */
export const BESIDE: Sets = {
  ...QUIET,
  account: [READY, { ...READY, nameChangesLeft: 0 }],
  target: [{ kind: 'ours' }],
  key: ['fits', 'misfits'],
  order: KNOWN.filter(({ status, certificateId }) => status === 'issued' && certificateId === 70),
  remote: [{ kind: 'unasked' }, ...FAILED],
  stored: STORED,
  reissue: REISSUES,
  failure: [undefined, { ...failure('BadCertificate', FUTURE, 3), code: 'foreign-key' }],
}

/** The plan ends, has ended, or goes on. */
export const ENDING: Sets = {
  ...QUIET,
  account: [READY, { ...READY, ordersLeft: 0 }, { ...READY, forbids: 'its policy does' }, { ...READY, aheadMs: 1e12 }],
  target: [{ kind: 'ours' }],
  intent: [undefined, intent({ purpose: 'Renewal', renewalOf: ORDER_ID })],
  order: [undefined, ...KNOWN],
  remote: [
    { kind: 'unasked' },
    ...FAILED,
    { kind: 'absent' },
    { kind: 'renewed', orderId: OTHER_ORDER_ID },
    SWITCHED,
    RENEWED,
  ],
  stored: [undefined, stored(), stored({ notAfter: PAST })],
  renew: ['Renew', 'DigiCert', 'Never'],
  next: [undefined, due('Renew', PAST), due('Renew', FUTURE), due('Look', PAST), due('Reissue', FUTURE)],
  brake: [{}, { purchase: { until: FUTURE, cause: 'it was bought a moment ago', orderId: ORDER_ID } }],
  former: [undefined, former(FUTURE)],
}

/** What else the Secret shall hold is out of step, or cannot be made. */
export const OUTPUTS: Sets = {
  ...QUIET,
  target: TARGETS,
  outputs: [
    IN_STEP,
    { ...IN_STEP, stale: 'yes' },
    { ...IN_STEP, problem: PROBLEM },
    { stale: 'yes', problem: PROBLEM },
  ],
  key: ['absent', 'fits'],
  intent: INTENTS,
  order: [undefined, ...KNOWN.filter(({ status }) => ['pending', 'issued'].includes(status))],
  remote: [{ kind: 'unasked' }, { kind: 'absent' }, ...FAILED],
  stored: STORED,
  everIssued: ['yes', 'no'],
  failure: [
    undefined,
    failure('SecretWriteDenied', FUTURE),
    failure('SecretWriteDenied', PAST),
    failure('OrderNotReadable', PAST),
  ],
  validity: [UNASKED, { checkAt: PAST, lapses: [] }, { checkAt: FUTURE, lapses: LAPSE }],
}

/** Others change or delete the Secret again and again, while the order is in whatever state. */
export const FOUGHT_OVER: Sets = {
  ...QUIET,
  target: TARGETS.slice(0, 2),
  outputs: [IN_STEP, { ...IN_STEP, stale: 'yes' }],
  intent: [undefined, intent({ purpose: 'Renewal', renewalOf: OTHER_ORDER_ID })],
  order: [
    undefined,
    ...KNOWN.filter(({ status }) => ['pending', 'issued', 'reissue_pending', 'expired'].includes(status)),
  ],
  remote: [{ kind: 'unasked' }, ...FAILED.slice(0, 1)],
  stored: STORED,
  repair: [
    UNREPAIRED,
    repaired(1, FUTURE),
    repaired(2, FUTURE),
    repaired(2, PAST),
    { ...repaired(2, FUTURE), certificateId: 60 },
    { ...repaired(2, FUTURE), certificateId: undefined },
  ],
  former: [undefined, former(FUTURE)],
  reissue: [
    NO_REISSUE,
    reissue({ cause: 'due' }),
    reissue({ cause: 'lost' }),
    reissue({ intent: intent({ purpose: 'Reissue', supersedes: '01', sentAt: PAST, sends: 1 }) }),
  ],
  failure: [undefined, failure('SecretWriteDenied', FUTURE)],
  next: [undefined, due('Renew', PAST)],
}

/** The resource is deleted, or may be, under each policy. */
export const LEAVING: Sets = {
  ...QUIET,
  deleting: ['yes', 'no'],
  finalizer: ['yes', 'no'],
  deletionPolicy: ['Retain', 'CancelPending', 'RevokeCertificate', 'RevokeOrder'],
  ended: ['yes', 'former', 'no'],
  former: [undefined, former(FUTURE)],
  account: [READY, { kind: 'missing' }, { kind: 'not-ready', message: 'no key' }],
  target: TARGETS.slice(1, 3),
  intent: [undefined, intent({}), intent({ sentAt: PAST, sends: 1 })],
  order: [
    undefined,
    ...KNOWN.filter(({ status }) => ['needs_approval', 'pending', 'issued', 'revoked'].includes(status)),
  ],
  remote: [
    { kind: 'unasked' },
    ...FAILED,
    { kind: 'absent' },
    { kind: 'several', orderIds: [ORDER_ID, OTHER_ORDER_ID] },
    found('pending', {}),
    found('issued', {}),
    ...ALL_WORDS.map((status): Remote => ({ kind: 'order', order: remoteOrder(status, 70, 'ours') })),
  ],
  stored: [undefined, stored()],
  failure: [undefined, failure('DeletionBlocked', PAST), failure('DeletionBlocked', FUTURE)],
  settledAt: [PAST, FUTURE],
}

const SECONDS_AGO = new Date(NOW.getTime() - 5_000)

/** The resource is deleted, and what is behind it cannot be ended at once; its namespace may be deleted as well. */
export const HELD_UP: Sets = {
  ...LEAVING,
  deleting: ['yes'],
  finalizer: ['yes'],
  deletionPolicy: ['CancelPending', 'RevokeCertificate', 'RevokeOrder'],
  ended: ['former', 'no'],
  deletingSince: [undefined, SECONDS_AGO, PAST],
  namespace: ['unasked', 'stays', 'terminating'],
  target: [{ kind: 'ours' }],
  remote: [
    { kind: 'unasked' },
    ...FAILED,
    { kind: 'absent' },
    { kind: 'searching', retryAt: FUTURE, read: 40, of: 100 },
    { kind: 'several', orderIds: [ORDER_ID, OTHER_ORDER_ID] },
    found('pending', {}),
    ...['pending', 'issued', 'revoked'].map((status): Remote => ({
      kind: 'order',
      order: remoteOrder(status, 70, 'ours'),
    })),
  ],
  stored: [undefined],
}

/** An order of somebody else is to be taken over, or the resource waits for a person to let it go on. */
export const ADOPTING: Sets = {
  ...QUIET,
  suspended: ['yes', 'no'],
  finalizer: ['yes', 'no'],
  deletionPolicy: ['Retain', 'CancelPending'],
  adopt: [
    undefined,
    { orderId: ORDER_ID, takenBy: undefined, allowed: 'yes' },
    { orderId: ORDER_ID, takenBy: undefined, allowed: 'no' },
    { orderId: ORDER_ID, takenBy: 'DigiCertOrder other', allowed: 'yes' },
  ],
  account: [READY, { ...READY, forbids: 'its policy does' }, { kind: 'missing' }],
  target: TARGETS.slice(0, 2),
  key: ['absent', 'fits', 'misfits'],
  intent: [undefined, intent({}), intent({ sentAt: PAST, sends: 1 })],
  order: [undefined, ...KNOWN.filter(({ status }) => ['pending', 'issued'].includes(status))],
  remote: [{ kind: 'unasked' }, ...FAILED, { kind: 'absent' }, ...FOUND],
  stored: [undefined, stored()],
  settledAt: [PAST, FUTURE],
}

/**
 * Whether observing can bring such facts together: whatever was heard in this pass puts off the next look and search,
 * a mark of sending has a time to settle, and what is stored lies in a Secret of ours.
 */
const isPossible = (o: Observation): boolean => {
  const heard = o.remote.kind !== 'unasked'
  if (heard && (o.nextLookAt <= NOW || o.nextSearchAt <= NOW)) return false
  if (o.stored && o.target.kind !== 'ours') return false
  if (o.renew === 'Never' && o.next?.action === 'Renew') return false
  if (o.order && ['renewed', 'found', 'several'].includes(o.remote.kind)) return false
  return o.stored !== undefined || o.next === undefined
}

const FIELDS = Object.keys(QUIET) as (keyof Observation)[]

/** Every combination of the sets that can be, one after the other. */
export const combinations = function* (sets: Sets, from = 0, base?: Observation): Generator<Observation> {
  const draft = base ?? ({} as Observation)
  const field = FIELDS[from]
  if (field === undefined) {
    if (isPossible(draft)) yield draft
    return
  }
  for (const value of sets[field]) {
    Object.assign(draft, { [field]: value })
    yield* combinations(sets, from + 1, draft)
  }
}
