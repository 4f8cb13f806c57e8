import type { Metadata } from '../../src/api/names.ts'
import { type DigiCertOrder, type OrderSpec, orderSpec } from '../../src/api/order.ts'
import type { CertificateFacts, Intent, OrderStatus } from '../../src/api/status.ts'
import type { About } from '../../src/order/messages.ts'
import type {
  Failure,
  FoundOrder,
  KnownIntent,
  KnownOrder,
  Observation,
  ReissueFact,
  FoundRemote,
  RemoteOrder,
  RepairFact,
  Stored,
} from '../../src/order/observation.ts'

/** The moment at which all of these facts hold. */
export const NOW = new Date('2026-11-24T12:00:00Z')

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const inSeconds = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
export const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE)
export const inHours = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR)
export const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY)

export const ORDER_ID = 7_000_012
export const CERTIFICATE_ID = 9_000_034
export const ALTERNATIVE_ID = 'dco0123456789abcdef0123456789abcdef0123456789abcdefn1'

export const ABOUT: About = {
  account: 'DigiCertAccount shop/certcentral',
  namespace: 'shop',
  name: 'shop',
  secretName: 'shop-tls',
  product: 'ssl_dv_geotrust_flex',
}

/** What a person writes, before the API server fills defaults in. */
export const WRITTEN_SPEC = {
  accountRef: { name: 'certcentral' },
  product: 'ssl_dv_geotrust_flex',
  secretName: 'shop-tls',
  commonName: 'shop.example.com',
  dnsNames: ['www.shop.example.com'],
  orderValidity: { years: 1 },
}

/** A spec as the API server stores it, changed by what is given. */
export const aSpec = (changes: Record<string, unknown> = {}): OrderSpec =>
  orderSpec.parse({ ...WRITTEN_SPEC, ...changes })

export type OrderChange = { metadata?: Partial<Metadata>; spec?: Partial<OrderSpec>; status?: OrderStatus }

/** A DigiCertOrder that was just applied, changed by some modifiers. */
export const anOrder = (...changes: readonly OrderChange[]): DigiCertOrder =>
  changes.reduce<DigiCertOrder>(
    (order, { metadata, spec, status }) => ({
      ...order,
      metadata: { ...order.metadata, ...metadata },
      spec: { ...order.spec, ...spec },
      ...(status ? { status } : {}),
    }),
    {
      apiVersion: 'digicert-operator.io/v1alpha1',
      kind: 'DigiCertOrder',
      metadata: {
        name: 'shop',
        namespace: 'shop',
        uid: 'uid-shop',
        resourceVersion: '7',
        generation: 1,
        creationTimestamp: '2026-11-24T11:00:00Z',
      },
      spec: aSpec(),
    },
  )

export const named = (name: string): OrderChange => ({ metadata: { name, uid: `uid-${name}` } })
export const withNames = (commonName: string, ...dnsNames: string[]): OrderChange => ({
  spec: { commonName, dnsNames },
})
export const withStatus = (...changes: readonly OrderStatus[]): OrderChange => ({ status: aStatus(...changes) })

export const CERTIFICATE: CertificateFacts = {
  id: CERTIFICATE_ID,
  serialNumber: '0a1b2c',
  sha1Thumbprint: 'aa'.repeat(20),
  sha256Fingerprint: 'bb'.repeat(32),
  notBefore: '2026-11-14T12:00:00Z',
  notAfter: '2027-06-02T12:00:00Z',
  dnsNames: ['shop.example.com', 'www.shop.example.com'],
  issuer: 'CN=Example CA',
}

/** The intent as a status holds it. */
export const INTENT: Intent = {
  purpose: 'Order',
  purchase: 1,
  alternativeOrderId: ALTERNATIVE_ID,
  keySecretName: 'shop-key-1',
  payloadHash: 'f'.repeat(32),
  recordedAt: '2026-11-24T11:50:00.000Z',
}

/** The status of an order that is issued and settled, changed by what is given. */
export const aStatus = (...changes: readonly OrderStatus[]): OrderStatus =>
  Object.assign(
    {
      observedGeneration: 1,
      conditions: [],
      order: {
        id: ORDER_ID,
        status: 'issued',
        product: 'ssl_dv_geotrust_flex',
        alternativeOrderId: ALTERNATIVE_ID,
        purchase: 1,
        certificateId: CERTIFICATE_ID,
      },
      certificate: CERTIFICATE,
      revision: 1,
    },
    ...changes,
  ) as OrderStatus

/** Nothing asks for a reissue. */
export const NO_REISSUE: ReissueFact = {
  cause: undefined,
  allowed: 'yes',
  heldNames: [],
  intent: undefined,
  key: 'next',
  nextKey: 'absent',
  autoReissue: 'off',
}

const READY_ACCOUNT = {
  kind: 'ready',
  uniqueIds: 'no',
  forbids: undefined,
  ordersLeft: 20,
  nameChangesLeft: 100,
  limitEnds: inHours(12),
} as const

/** Some facts that are other than in a good observation. */
export type Facts = Partial<Observation>

/** The Secret was not repaired lately; another write of its certificate would be a repair. */
export const UNREPAIRED: RepairFact = {
  certificateId: CERTIFICATE_ID,
  count: 0,
  nextAt: undefined,
  forgottenAt: undefined,
  managers: [],
  wasMissing: 'no',
}

/** The Secret was repaired so often lately, and may be again in so many minutes. */
export const repaired = (count: number, minutes: number, changes: Partial<RepairFact> = {}): Facts => ({
  repair: { ...UNREPAIRED, count, nextAt: inMinutes(minutes), forgottenAt: inMinutes(9), ...changes },
})

/** All facts of an order that is issued, stored and good, changed by what is given; later changes win. */
export const NO_VALIDATION: Observation['validation'] = {
  entries: [],
  since: undefined,
  checkedAt: undefined,
  nextCheckAt: undefined,
  isRequested: false,
  organization: [],
}

export const anObservation = (...changes: readonly Facts[]): Observation =>
  Object.assign(
    {
      deleting: 'no',
      suspended: 'no',
      finalizer: 'no',
      deletionPolicy: 'Retain',
      deletingSince: undefined,
      namespace: 'unasked',
      ended: 'no',
      adopt: undefined,
      revokeAdopted: 'no',
      sharedWith: undefined,
      delivery: 'pair',
      problems: [],
      differences: [],
      purchaseFaults: [],
      account: READY_ACCOUNT,
      target: { kind: 'ours' },
      csrProblem: undefined,
      key: 'fits',
      intent: undefined,
      order: {
        orderId: ORDER_ID,
        status: 'issued',
        purchase: 1,
        certificateId: CERTIFICATE_ID,
        requests: [],
      },
      remote: { kind: 'unasked' },
      stored: aStored(),
      repair: UNREPAIRED,
      everIssued: 'yes',
      outputs: { stale: 'no', problem: undefined },
      former: undefined,
      validity: { checkAt: undefined, lapses: [] },
      validation: NO_VALIDATION,
      askedAt: undefined,
      failure: undefined,
      orderAgain: undefined,
      nextLookAt: inHours(20),
      nextSearchAt: inMinutes(5),
      settledAt: undefined,
      reissue: NO_REISSUE,
      renew: 'Renew',
      plan: { start: inDays(-10), end: inDays(355), source: 'CertCentral' },
      brake: {},
      next: { action: 'Reissue', at: inDays(157), why: 'the certificate ends' },
    } satisfies Observation,
    ...changes,
  ) as Observation

export const aStored = (changes: Partial<Stored> = {}): Stored => ({
  orderId: ORDER_ID,
  facts: CERTIFICATE,
  notBefore: inDays(-10),
  notAfter: inDays(190),
  missingNames: [],
  ...changes,
})

export const withStored = (changes: Partial<Stored>): Facts => ({ stored: aStored(changes) })

/** A ready account, changed by what is given. */
export const withAccount = (changes: Partial<Extract<Observation['account'], { kind: 'ready' }>>): Facts => ({
  account: { ...READY_ACCOUNT, ...changes },
})

/** Nothing was bought yet, and there is no key. */
export const unbought: Facts = {
  target: { kind: 'free' },
  key: 'absent',
  order: undefined,
  stored: undefined,
  everIssued: 'no',
  next: undefined,
}

export const anIntent = (changes: Partial<KnownIntent> = {}): KnownIntent => ({
  purpose: 'Order',
  purchase: 1,
  alternativeOrderId: ALTERNATIVE_ID,
  keySecretName: 'shop-key-1',
  payloadHash: 'f'.repeat(32),
  recordedAt: inMinutes(-10),
  sentAt: undefined,
  payload: 'same',
  isKept: 'yes',
  ...changes,
})

/** Key and intent are there, nothing was sent. */
export const intended = (changes: Partial<KnownIntent> = {}): Facts => ({
  ...unbought,
  key: 'fits',
  intent: anIntent(changes),
})

/** The order was sent a while ago and no answer came; the unknown-outcome timeout runs for so many minutes more. */
export const sent = (settlesInMinutes: number, changes: Partial<KnownIntent> = {}): Facts => ({
  ...intended({ sentAt: inMinutes(settlesInMinutes - 15), sends: 1, ...changes }),
  settledAt: inMinutes(settlesInMinutes),
})

/** CertCentral was asked for our own id and knows such an order. */
export const found = (changes: Partial<FoundOrder> = {}, how: Partial<FoundRemote> = {}): Facts => ({
  remote: {
    kind: 'found',
    order: { orderId: ORDER_ID, status: 'pending', mismatches: [], older: 'no', ...changes },
    ...how,
  },
})

export const absent: Facts = { remote: { kind: 'absent' } }

/** CertCentral was asked for the order by its id. */
export const seen = (changes: Partial<RemoteOrder> = {}): Facts => ({
  remote: {
    kind: 'order',
    order: { orderId: ORDER_ID, status: 'issued', certificateId: CERTIFICATE_ID, ...changes },
  },
})

export const unreachable = (throttled: 'yes' | 'no' = 'no'): Facts => ({
  remote: { kind: 'unavailable', retryAt: inMinutes(2), throttled, message: 'the server answered 500' },
})

/** The order exists and was never issued. */
export const ordered = (status: string, changes: Partial<KnownOrder> = {}): Facts => ({
  ...unbought,
  key: 'fits',
  order: { orderId: ORDER_ID, status, purchase: 1, requests: [], ...changes },
})

export const failed = (reason: Failure['reason'], changes: Partial<Failure> = {}): Facts => ({
  failure: {
    reason,
    retryAt: inMinutes(30),
    count: 1,
    lastAt: inMinutes(-1),
    code: 'invalid',
    message: 'it was refused for a reason',
    ...changes,
  },
})
