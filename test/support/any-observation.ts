import fc from 'fast-check'
import type { Facts } from './builders.ts'
import {
  ALTERNATIVE_ID,
  CERTIFICATE_ID,
  ORDER_ID,
  absent,
  aStored,
  anIntent,
  anObservation,
  failed,
  found,
  inDays,
  inMinutes,
  repaired,
  seen,
  unreachable,
  withAccount,
} from './builders.ts'

const STATUSES = [
  'needs_approval',
  'pending',
  'processing',
  'needs_csr',
  'waiting_pickup',
  'issued',
  'reissue_pending',
  'rejected',
  'canceled',
  'revoked',
  'expired',
  'on_the_moon',
]

const certificateIds = [undefined, CERTIFICATE_ID, CERTIFICATE_ID + 1]
const times = [inMinutes(-20), inMinutes(0), inMinutes(20)]

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values)

const remoteOrders = fc.record({
  status: oneOf(...STATUSES),
  certificateId: oneOf(...certificateIds),
  csr: oneOf<'ours' | 'other' | 'unknown' | undefined>('ours', 'other', 'unknown', undefined),
  serialNumber: oneOf(undefined, '0a1b'),
})

const failedCalls = [
  unreachable('no'),
  unreachable('yes'),
  { remote: { kind: 'refused', message: 'CertCentral says 403' } } as const,
]

/** What CertCentral can have said of an order that we know. */
const answersToOrderId: fc.Arbitrary<Facts> = fc.oneof(
  oneOf<Facts>({ remote: { kind: 'unasked' } }, absent, ...failedCalls),
  remoteOrders.map(seen),
)

/** What CertCentral can have said while no order is known. */
const answersToIntent: fc.Arbitrary<Facts> = fc.oneof(
  oneOf<Facts>({ remote: { kind: 'unasked' } }, absent, ...failedCalls),
  oneOf<Facts>({ remote: { kind: 'several', orderIds: [1, 2] } }),
  fc
    .record({
      order: remoteOrders,
      mismatches: oneOf([], ['its product is ssl_basic']),
      older: oneOf<'than-resource' | 'no'>('than-resource', 'no'),
    })
    .map(({ order, ...rest }) => found({ ...order, ...rest })),
)

const intents: fc.Arbitrary<Facts> = fc.oneof(
  fc.constant<Facts>({ intent: undefined }),
  fc
    .record({
      payload: oneOf<'same' | 'changed'>('same', 'changed'),
      sentAt: oneOf(undefined, inMinutes(-20)),
      sends: oneOf(undefined, 1, 2),
      settledAt: oneOf(...times),
    })
    .map(({ settledAt, ...changes }) => ({
      intent: anIntent(changes),
      settledAt: changes.sentAt && settledAt,
    })),
)

const orders: fc.Arbitrary<Facts> = fc
  .record({
    status: oneOf(...STATUSES),
    certificateId: oneOf(...certificateIds),
    purchase: oneOf(1, 2),
  })
  .map((changes) => ({ order: { orderId: ORDER_ID, requests: [], ...changes } }))

const histories: fc.Arbitrary<readonly Facts[]> = fc.oneof(
  fc.tuple(fc.constant<Facts>({ order: undefined }), intents, answersToIntent),
  fc.tuple(orders, intents, answersToOrderId),
)

const stores: fc.Arbitrary<Facts> = fc.oneof(
  fc.constant<Facts>({ stored: undefined, next: undefined }),
  fc
    .record({
      orderId: oneOf(undefined, ORDER_ID, 1),
      notAfter: oneOf(inMinutes(-1), inDays(190)),
      missingNames: oneOf([], ['new.example.com']),
      harmed: oneOf<{ harmed?: 'yes' }>({}, { harmed: 'yes' }),
      next: fc.record({
        action: oneOf<'Reissue' | 'Renew' | 'Look'>('Reissue', 'Renew', 'Look'),
        at: oneOf(...times),
        why: fc.constant('it ends'),
      }),
    })
    .map(({ harmed, next, ...changes }) => ({ stored: aStored({ ...changes, ...harmed }), next })),
)

const failures: fc.Arbitrary<Facts> = fc
  .record({
    reason: oneOf(
      undefined,
      'OrderRefused' as const,
      'SecretWriteDenied' as const,
      'CardNotUsable' as const,
      'BadCertificate' as const,
      'SendingCSR' as const,
    ),
    retryAt: oneOf(...times),
    count: oneOf(1, 3),
  })
  .map(({ reason, ...changes }) => (reason ? failed(reason, changes) : { failure: undefined }))

const gates: fc.Arbitrary<Facts> = fc.record({
  deleting: fc.oneof({ weight: 9, arbitrary: oneOf<'no' | 'yes'>('no') }, oneOf<'no' | 'yes'>('yes')),
  differences: fc.constant([]),
  problems: fc.oneof({ weight: 9, arbitrary: fc.constant<string[]>([]) }, fc.constant(['commonName is no name'])),
  target: fc.oneof(
    { weight: 8, arbitrary: oneOf<NonNullable<Facts['target']>>({ kind: 'free' }, { kind: 'ours' }) },
    oneOf<NonNullable<Facts['target']>>({ kind: 'foreign' }, { kind: 'contested', by: 'older' }),
  ),
})

const accounts: fc.Arbitrary<Facts> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        uniqueIds: oneOf<'yes' | 'no'>('yes', 'no'),
        forbids: oneOf(undefined, undefined, 'its policy says so'),
        ordersLeft: oneOf(-1, 0, 1, 20),
        nameChangesLeft: oneOf(-1, 0, 1, 100),
      })
      .map(withAccount),
  },
  oneOf<Facts>({ account: { kind: 'missing' } }, { account: { kind: 'not-ready', message: 'its Secret is missing' } }),
)

const validations: fc.Arbitrary<Facts> = fc
  .record({
    since: oneOf(undefined, inMinutes(-20)),
    nextCheckAt: oneOf(undefined, ...times),
    isRequested: fc.boolean(),
  })
  .map((changes) => ({ validation: { entries: [], checkedAt: undefined, organization: [], ...changes } }))

const rest: fc.Arbitrary<Facts> = fc.record({
  delivery: oneOf<NonNullable<Facts['delivery']>>('pair', 'pair', 'certificate', 'hardware'),
  csrProblem: oneOf(undefined, undefined, 'it does not exist'),
  key: oneOf<NonNullable<Facts['key']>>('absent', 'fits', 'fits', 'misfits', 'orphaned', 'foreign'),
  everIssued: oneOf<'yes' | 'no'>('yes', 'no'),
  orderAgain: oneOf(undefined, String(ORDER_ID), ALTERNATIVE_ID, `${ALTERNATIVE_ID}-2`, '1'),
  nextSearchAt: oneOf(...times),
})

const HELD = { until: inMinutes(30), cause: 'order 7000012 was bought a moment ago', orderId: ORDER_ID }

const brakes: fc.Arbitrary<Facts> = oneOf<Facts>(
  { brake: {} },
  { brake: {} },
  { brake: { purchase: HELD } },
  { brake: { reissue: HELD } },
  { brake: { purchase: HELD, reissue: HELD, release: String(ORDER_ID) } },
)

const repairs: fc.Arbitrary<Facts> = oneOf<Facts>(
  {},
  {},
  repaired(1, 0.01),
  repaired(4, 1, { managers: ['external-secrets'] }),
  repaired(4, -1, { wasMissing: 'yes' }),
  repaired(4, 1, { certificateId: undefined }),
)

/** A look that was made puts the next one off. */
const nextLooks: fc.Arbitrary<Date> = oneOf(...times)

/** Observations over all closed sets of facts that rules look at, as far as they can be true at the same time. */
export const anyObservation = fc
  .tuple(histories, stores, failures, gates, accounts, validations, rest, brakes, repairs, nextLooks)
  .map(([history, ...facts]) => {
    const nextLookAt = facts.pop() as Date
    const o = anObservation(...history, ...(facts as Facts[]))
    return o.remote.kind === 'unasked' ? { ...o, nextLookAt } : { ...o, nextLookAt: inMinutes(12) }
  })
