import type { Reason } from '../../../src/api/reasons.ts'
import { type Operation, errorOfStatus } from '../../../src/certcentral/errors.ts'
import { mismatches } from '../../../src/controller/remote.ts'
import { forbidden, missing } from '../../../src/order/effective.ts'
import {
  CERTIFICATE_ID,
  aSpec,
  type Facts,
  NO_REISSUE,
  NO_VALIDATION,
  NOW,
  ORDER_ID,
  absent,
  anIntent,
  failed,
  found,
  inDays,
  inHours,
  inMinutes,
  intended,
  ordered,
  repaired,
  seen,
  sent,
  unbought,
  unreachable,
  withAccount,
  withStored,
} from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'

/** What a call of the operator says when CertCentral answers with that. */
const refusedBy = (operation: Operation, status: number, code: string, message: string): string =>
  errorOfStatus(operation, { status, body: { text: JSON.stringify({ errors: [{ code, message }] }) } }).message

const NO_PERMISSION = refusedBy(
  'orderInfo',
  403,
  'access_denied|missing_permission',
  'The API key lacks the permission.',
)

/** Facts under which the operator gives a reason: those of the example that the page on troubleshooting shows. */
export const FACTS_OF_REASONS: Readonly<Record<Reason, readonly Facts[]>> = {
  Issued: [],
  Deleting: [{ deleting: 'yes' }],
  Suspended: [unbought, { suspended: 'yes' }],
  AdoptionRefused: [
    unbought,
    { key: 'fits' },
    { adopt: { orderId: ORDER_ID, takenBy: undefined, allowed: 'yes' } },
    found({ status: 'revoked' }),
  ],
  DeletionBlocked: [
    { deleting: 'yes', finalizer: 'yes', deletionPolicy: 'RevokeOrder', namespace: 'stays' },
    { remote: { kind: 'refused', message: NO_PERMISSION } },
  ],
  InvalidSpec: [{ problems: missing(aSpec({ product: 'ssl_basic' })) }],
  AccountNotFound: [unbought, { account: { kind: 'missing' } }],
  AccountNotReady: [
    unbought,
    {
      account: {
        kind: 'not-ready',
        message: 'Secret shop/certcentral does not exist: create it with the API key of CertCentral under api-key',
      },
    },
  ],
  DeniedByPolicy: [
    unbought,
    withAccount({ forbids: forbidden(aSpec(), anAccount({ policy: { products: ['ssl_basic'] } }).spec.policy, NOW) }),
  ],
  OrderLimitReached: [intended(), absent, withAccount({ ordersLeft: 0 })],
  SecretConflict: [unbought, { target: { kind: 'foreign' } }],
  SecretClaimedByOtherOrder: [unbought, { target: { kind: 'contested', by: 'checkout' } }],
  SecretWriteDenied: [
    intended(),
    failed('SecretWriteDenied', {
      message:
        'secrets "shop-tls" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=10, limited: secrets=10',
    }),
  ],
  SecretModifiedByOthers: [repaired(2, -1, { managers: ['external-secrets'] })],
  CSRNotUsable: [
    unbought,
    { csrProblem: 'csrSecretRef: Secret hsm, entry tls.csr, does not exist; create it with a CSR in PEM' },
  ],
  KeystorePasswordMissing: [
    unbought,
    {
      outputs: {
        stale: 'no',
        problem:
          'keystores.pkcs12.passwordSecretRef: Secret keystore, entry password, does not exist; create it with the password',
      },
    },
  ],
  CardNotUsable: [
    intended(),
    failed('CardNotUsable', {
      message: 'Secret card of payment.creditCardSecretRef lacks cvv, or has it in another form',
    }),
  ],
  CreatingKey: [unbought],
  RecordingIntent: [unbought, { key: 'fits' }],
  LookingUp: [intended()],
  Ordering: [intended(), absent],
  Adopting: [intended(), found()],
  OutcomeUnknown: [sent(-1)],
  OrderRefused: [
    intended(),
    failed('OrderRefused', { message: refusedBy('placeOrder', 400, 'invalid_dns_name', 'The name is not allowed.') }),
  ],
  DuplicateOrders: [sent(-1), { remote: { kind: 'several', orderIds: [ORDER_ID, ORDER_ID + 3] } }],
  OrderMismatch: [
    sent(-1),
    found({ mismatches: mismatches({ productId: 'ssl_basic', dnsNames: [], requests: [] } as never, aSpec()) }),
  ],
  OrderNotReadable: [failed('OrderNotReadable', { message: NO_PERMISSION })],
  OrderNotVisible: [absent],
  CertCentralUnavailable: [
    intended(),
    {
      remote: {
        kind: 'unavailable',
        retryAt: inMinutes(2),
        throttled: 'no',
        message: refusedBy('placeOrder', 503, 'internal_error', 'Try again later.'),
      },
    },
  ],
  Throttled: [intended(), unreachable('yes')],
  AwaitingApproval: [ordered('needs_approval', { requests: [{ id: 7_000_013, status: 'pending' }] })],
  AwaitingValidation: [
    ordered('pending'),
    {
      validation: {
        ...NO_VALIDATION,
        entries: [
          {
            dnsName: 'shop.example.com',
            status: 'pending',
            checkedAt: inMinutes(-1).toISOString(),
            method: 'dns-txt-token',
            record: { type: 'TXT', name: '_dnsauth.shop.example.com', value: '9nj1jutsr4ernp0qvsbjekw1m5bqka1h' },
          },
        ],
        ...{ since: inHours(-2), checkedAt: inMinutes(-1), nextCheckAt: inMinutes(59) },
      },
    },
  ],
  AskingValidation: [ordered('pending')],
  CheckingValidation: [
    ordered('pending'),
    { validation: { ...NO_VALIDATION, since: inMinutes(-2), nextCheckAt: inMinutes(-1) } },
  ],
  SendingCSR: [ordered('needs_csr')],
  Processing: [ordered('processing')],
  AwaitingPickup: [ordered('waiting_pickup')],
  UnknownStatus: [ordered('on_the_moon')],
  StoringCertificate: [ordered('issued', { certificateId: CERTIFICATE_ID })],
  BadCertificate: [
    ordered('issued', { certificateId: CERTIFICATE_ID }),
    failed('BadCertificate', {
      message: 'no certificate in the answer belongs to our private key',
      code: 'foreign-key',
    }),
  ],
  PrivateKeyMissing: [
    ordered('issued', { certificateId: CERTIFICATE_ID }),
    { key: 'absent', reissue: { ...NO_REISSUE, allowed: 'no' } },
  ],
  OrderRejected: [ordered('rejected')],
  OrderCanceled: [ordered('canceled')],
  OrderRevoked: [ordered('revoked')],
  OrderExpired: [ordered('expired'), { renew: 'Never' }],
  Reissuing: [
    {
      reissue: { ...NO_REISSUE, intent: anIntent({ purpose: 'Reissue', sentAt: inMinutes(-1), supersedes: '0a1b2c' }) },
    },
  ],
  ReissueRefused: [
    { reissue: { ...NO_REISSUE, nextKey: 'fits', intent: anIntent({ purpose: 'Reissue', supersedes: '0a1b2c' }) } },
    failed('ReissueRefused', { message: refusedBy('reissue', 400, 'invalid_dns_name', 'The name is not allowed.') }),
  ],
  ReissueRejected: [
    {
      reissue: { ...NO_REISSUE, intent: anIntent({ purpose: 'Reissue', sentAt: inMinutes(-1), supersedes: '0a1b2c' }) },
    },
    {
      remote: {
        kind: 'reissues',
        order: { orderId: ORDER_ID, status: 'issued', certificateId: CERTIFICATE_ID },
        ours: { status: 'rejected' },
        madeAt: [],
      },
    },
  ],
  NameRemovalBlocked: [{ reissue: { ...NO_REISSUE, heldNames: ['old.shop.example.com'] } }],
  SwitchingAutoReissue: [seen({ autoReissue: 'on' })],
  AwaitingRenewal: [intended({ purpose: 'Renewal', purchase: 2, renewalOf: ORDER_ID }), absent, { renew: 'DigiCert' }],
  ClockSkew: [
    withAccount({ aheadMs: 26 * 3_600_000 }),
    seen(),
    { next: { action: 'Renew', at: inHours(-1), why: 'the plan ends' } },
  ],
  RenewedElsewhere: [
    intended({ purpose: 'Renewal', purchase: 2, renewalOf: ORDER_ID }),
    { remote: { kind: 'renewed', orderId: ORDER_ID + 9 } },
  ],
  ReissueDue: [
    withStored({ notAfter: inDays(20) }),
    {
      reissue: { ...NO_REISSUE, allowed: 'no' },
      next: { action: 'Look', at: inHours(-1), why: 'the certificate ends' },
    },
  ],
  ValidationLapsing: [
    {
      validity: { checkAt: undefined, lapses: [{ type: 'Domain', name: 'example.com', until: inDays(20) }] },
      next: { action: 'Reissue', at: inDays(25), why: 'the certificate ends' },
    },
  ],
  NameChangeLimitReached: [withAccount({ nameChangesLeft: 0 }), withStored({ missingNames: ['new.shop.example.com'] })],
  ReissuedElsewhere: [
    seen({ certificateId: CERTIFICATE_ID + 7 }),
    withStored({ notAfter: inDays(190) }),
    failed('BadCertificate', { count: 3, code: 'foreign-key' }),
  ],
  HeldByBrake: [
    { next: { action: 'Renew', at: inHours(-1), why: 'the plan ends' } },
    {
      brake: {
        purchase: {
          until: inDays(172.5),
          orderId: ORDER_ID,
          cause: 'more than half of the plan of order 7000012, which ends on 2027-11-14, is still ahead',
        },
      },
    },
  ],
  CertificateExpired: [withStored({ notAfter: inDays(-1) })],
}
