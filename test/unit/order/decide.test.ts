import { describe, expect, test } from '@jest/globals'
import { ORDER_REASONS } from '../../../src/api/reasons.ts'
import { RULES, decide } from '../../../src/order/decide.ts'
import { type Decision, act, held, look, ready, stalled, wait } from '../../../src/order/decision.ts'
import { DAY } from '../../../src/order/schedule.ts'
import type { FoundReissue, KnownIntent, Observation, ReissueFact } from '../../../src/order/observation.ts'
import {
  ALTERNATIVE_ID,
  CERTIFICATE,
  CERTIFICATE_ID,
  type Facts,
  NO_REISSUE,
  NOW,
  ORDER_ID,
  absent,
  anIntent,
  anObservation,
  failed,
  found,
  inDays,
  inHours,
  inMinutes,
  inSeconds,
  intended,
  ordered,
  repaired,
  seen,
  sent,
  unbought,
  unreachable,
  withAccount,
  withStored,
  NO_VALIDATION,
} from '../../support/builders.ts'

type Row = readonly [sentence: string, rule: string, facts: readonly Facts[], wanted: Decision]

/** The certificate of the plan before a renewal, and when it may be fetched. */
const formerOf = (tryAt: Date) => ({ orderId: 5, certificateId: 6, notAfter: inDays(9), tryAt })

const TOMORROW = inDays(1)

/** DigiCert's own reissuing was switched so often without effect, last so many minutes from now. */
const withSwitched = (count: number, minutes: number) => ({
  order: {
    orderId: ORDER_ID,
    status: 'issued',
    purchase: 1,
    certificateId: 9_000_034,
    requests: [],
    switched: { count, at: inMinutes(minutes) },
  },
})
const store = act('StoringCertificate', {
  kind: 'StoreCertificate',
  orderId: ORDER_ID,
  certificateId: CERTIFICATE_ID,
})
const adopt = act('Adopting', { kind: 'AdoptOrder', orderId: ORDER_ID })
const sendCsr = act('SendingCSR', { kind: 'SendCSR', orderId: ORDER_ID })
const place = act('Ordering', { kind: 'PlaceOrder' })
const record = (purchase: number) => act('RecordingIntent', { kind: 'RecordIntent', purchase })
const lookByIntent = look('LookingUp', 'intent')
const lookById = look('LookingUp', 'orderId')

const GATE: readonly Row[] = [
  ['leaves an order that is being deleted', 'beingDeleted', [{ deleting: 'yes' }], wait('Deleting', TOMORROW)],
  [
    'leaves an order that is being deleted even where its spec is wrong',
    'beingDeleted',
    [{ deleting: 'yes', problems: ['commonName is no name'] }],
    wait('Deleting', TOMORROW),
  ],
  [
    'stalls on a spec that is wrong',
    'specIsInvalid',
    [{ problems: ['commonName is no name'] }],
    stalled('InvalidSpec', TOMORROW),
  ],
  [
    'stalls where the account does not exist',
    'accountIsMissing',
    [{ account: { kind: 'missing' } }],
    stalled('AccountNotFound', TOMORROW),
  ],
  [
    'says that a Secret is foreign before it says that the account is not ready',
    'secretBelongsToAnother',
    [{ target: { kind: 'foreign' }, account: { kind: 'not-ready', message: 'no Secret' } }],
    stalled('SecretConflict', inMinutes(0.5)),
  ],
  [
    'buys nothing for a Secret that is foreign',
    'secretBelongsToAnother',
    [intended(), absent, { target: { kind: 'foreign' } }],
    stalled('SecretConflict', inMinutes(0.5)),
  ],
  [
    'buys nothing for a Secret that an older order keeps',
    'secretBelongsToAnother',
    [intended(), absent, { target: { kind: 'contested', by: 'older' } }],
    stalled('SecretClaimedByOtherOrder', TOMORROW),
  ],
  [
    'stalls where the account cannot be used',
    'accountIsNotReady',
    [{ account: { kind: 'not-ready', message: 'no Secret' } }],
    stalled('AccountNotReady', TOMORROW),
  ],
]

const CALLS: readonly Row[] = [
  [
    'waits where CertCentral cannot be reached',
    'callFailed',
    [intended(), unreachable()],
    wait('CertCentralUnavailable', inMinutes(2)),
  ],
  [
    'waits where CertCentral asks for a pause',
    'callFailed',
    [intended(), unreachable('yes')],
    wait('Throttled', inMinutes(2)),
  ],
  [
    'stalls where CertCentral refuses the key',
    'callFailed',
    [intended(), { remote: { kind: 'refused', message: '403' } }],
    stalled('AccountNotReady', TOMORROW),
  ],
  [
    'waits where CertCentral cannot be reached and the certificate has expired',
    'callFailed',
    [unreachable(), withStored({ notAfter: inMinutes(-1) })],
    wait('CertCentralUnavailable', inMinutes(2)),
  ],
  [
    'waits where a newer certificate cannot be fetched, and does not fetch it in a loop',
    'callFailed',
    [unreachable(), withStored({ facts: { ...CERTIFICATE, id: 1 } })],
    wait('CertCentralUnavailable', inMinutes(2)),
  ],
  [
    'waits where a harmed Secret cannot be written anew',
    'callFailed',
    [unreachable('yes'), withStored({ harmed: 'yes' })],
    wait('Throttled', inMinutes(2)),
  ],
  [
    'keeps what is good and stored as it is though a look after it fails',
    'certificateIsGood',
    [unreachable()],
    ready('Issued', inHours(20)),
  ],
]

const KEY_AND_INTENT: readonly Row[] = [
  [
    'stalls where a guard rail of the account forbids the order',
    'accountForbids',
    [intended(), withAccount({ forbids: 'its policy says so' })],
    stalled('DeniedByPolicy', inMinutes(1)),
  ],
  [
    'follows an order that was sent before the guard rail was put up',
    'outcomeIsUnasked',
    [sent(10), withAccount({ forbids: 'its policy says so' }), { nextSearchAt: NOW }],
    lookByIntent,
  ],
  [
    'keeps what was bought before the guard rail was put up',
    'certificateIsGood',
    [withAccount({ forbids: 'its policy says so' })],
    ready('Issued', inHours(20)),
  ],
  [
    'buys nothing where a Secret has the name of the key Secret and is not of the order',
    'keyIsForeign',
    [unbought, { key: 'foreign' }],
    stalled('SecretConflict', inMinutes(0.5)),
  ],
  [
    'sends nothing again without a key, though a person answers for it',
    'orderNotFound',
    [intended({ sentAt: NOW, purchase: 1 }), absent, { key: 'foreign', nextSearchAt: NOW }],
    stalled('SecretConflict', inMinutes(0.5)),
  ],
  [
    'makes no certificate without a place for its key',
    'keyIsLost',
    [ordered('issued'), { key: 'foreign', stored: undefined }],
    stalled('SecretConflict', inMinutes(0.5)),
  ],
  [
    'takes a key over that a resource of this name left behind',
    'keyIsOrphaned',
    [unbought, { key: 'orphaned' }],
    act('CreatingKey', { kind: 'InheritKey' }),
  ],
  [
    'takes the key of a known order over before the garbage collector does',
    'keyIsOrphaned',
    [ordered('pending'), { key: 'orphaned' }],
    act('CreatingKey', { kind: 'InheritKey' }),
  ],
  [
    'buys nothing with a CSR that is not good, and looks at it twice a minute',
    'csrIsUnusable',
    [unbought, { delivery: 'certificate', csrProblem: 'it does not exist' }],
    stalled('CSRNotUsable', inMinutes(0.5)),
  ],
  [
    'goes on with the CSR that was sent, whatever became of the one in the spec',
    'outcomeIsUnasked',
    [sent(5), { delivery: 'certificate', csrProblem: 'it does not exist' }],
    wait('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'makes no key for what comes on hardware',
    'intentIsMissing',
    [unbought, { delivery: 'hardware', key: 'fits' }],
    record(1),
  ],
  [
    'waits before a card that lacks something is tried again',
    'refusedBefore',
    [intended(), failed('CardNotUsable')],
    stalled('CardNotUsable', inMinutes(30)),
  ],
  ['makes a key first', 'keyIsMissing', [unbought], act('CreatingKey', { kind: 'CreateKey' })],
  [
    'makes a key in the words of the spec where nothing was sent with the old one',
    'keyIsMissing',
    [intended(), { key: 'misfits' }],
    act('CreatingKey', { kind: 'ReplaceKey' }),
  ],
  [
    'keeps a key that misfits once an order was sent with it',
    'outcomeIsUnasked',
    [sent(10), { key: 'misfits', nextSearchAt: NOW }],
    lookByIntent,
  ],
  [
    'does not try a key Secret in a loop that the cluster refused',
    'keyIsMissing',
    [unbought, failed('SecretWriteDenied')],
    stalled('SecretWriteDenied', inMinutes(30)),
  ],
  [
    'tries a key Secret again when its time has come',
    'keyIsMissing',
    [unbought, failed('SecretWriteDenied', { retryAt: NOW })],
    act('CreatingKey', { kind: 'CreateKey' }),
  ],
  ['writes down what it is about to buy', 'intentIsMissing', [unbought, { key: 'fits' }], record(1)],
  [
    'writes it down anew where the spec was edited before anything was sent',
    'intentIsMissing',
    [intended({ payload: 'changed', purchase: 2 })],
    record(2),
  ],
  [
    'leaves the intent of what was sent as it is though the spec was edited',
    'outcomeIsUnasked',
    [sent(10, { payload: 'changed' }), { nextSearchAt: NOW }],
    lookByIntent,
  ],
  [
    'does not send again what CertCentral refused',
    'refusedBefore',
    [intended(), failed('OrderRefused')],
    stalled('OrderRefused', inMinutes(30)),
  ],
  [
    'does not buy for a Secret that the cluster refused',
    'refusedBefore',
    [intended(), failed('SecretWriteDenied')],
    stalled('SecretWriteDenied', inMinutes(30)),
  ],
  [
    'looks again when the time of a refused order has come',
    'outcomeIsUnasked',
    [intended(), failed('OrderRefused', { retryAt: NOW })],
    lookByIntent,
  ],
  [
    'looks for what was sent, whatever was refused before',
    'outcomeIsUnasked',
    [sent(10), failed('OrderRefused'), { nextSearchAt: NOW }],
    lookByIntent,
  ],
  [
    'writes the intent of an edited spec down at once though the last was refused',
    'intentIsMissing',
    [intended({ payload: 'changed' }), failed('OrderRefused')],
    record(1),
  ],
]

const OUTCOME: readonly Row[] = [
  ['looks for our own id before anything is sent', 'outcomeIsUnasked', [intended()], lookByIntent],
  [
    'looks for our own id after something was sent',
    'outcomeIsUnasked',
    [sent(10), { nextSearchAt: inMinutes(-1) }],
    lookByIntent,
  ],
  [
    'waits between two looks for an order that was sent',
    'outcomeIsUnasked',
    [sent(10)],
    wait('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'stalls between two looks when the time to settle is over',
    'outcomeIsUnasked',
    [sent(-1)],
    stalled('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'looks once more before it sends again where ids are unique',
    'outcomeIsUnasked',
    [sent(-1), withAccount({ uniqueIds: 'yes' })],
    lookByIntent,
  ],
  [
    'stalls where CertCentral has several orders of our own id',
    'severalOrdersFound',
    [intended(), { remote: { kind: 'several', orderIds: [1, 2] } }],
    stalled('DuplicateOrders', inHours(20)),
  ],
  ['takes an order of our own id over', 'orderFound', [sent(10), found()], adopt],
  ['takes an issued order of our own id over', 'orderFound', [intended(), found({ status: 'issued' })], adopt],
  [
    'stalls on an order of our own id that is not what the spec asks for',
    'orderFound',
    [intended(), found({ mismatches: ['its product is ssl_basic'] })],
    stalled('OrderMismatch', TOMORROW),
  ],
  [
    'hands a CSR in for an order of our own id whose key is not the one we keep',
    'orderFound',
    [intended(), found({ csr: 'other' })],
    sendCsr,
  ],
  [
    'takes it over where handing a CSR in was refused',
    'orderFound',
    [intended(), found({ csr: 'other' }), failed('SendingCSR')],
    adopt,
  ],
  ['places an order that CertCentral does not have', 'orderNotFound', [intended(), absent], place],
  [
    'waits where the account may place no more today',
    'orderNotFound',
    [intended(), absent, withAccount({ ordersLeft: 0 })],
    wait('OrderLimitReached', inHours(12)),
  ],
  [
    'does not send again what CertCentral does not show yet',
    'orderNotFound',
    [sent(10), absent],
    wait('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'does not send again though ids are unique, as long as it may settle',
    'orderNotFound',
    [sent(10), absent, withAccount({ uniqueIds: 'yes' })],
    wait('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'calls a person when the time to settle is over and ids may repeat',
    'orderNotFound',
    [sent(-1), absent],
    stalled('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'sends the same id again when the time to settle is over and ids are unique',
    'orderNotFound',
    [sent(-1), absent, withAccount({ uniqueIds: 'yes' })],
    place,
  ],
  [
    'counts the time to settle as over at its very end',
    'orderNotFound',
    [sent(0), absent, withAccount({ uniqueIds: 'yes' })],
    place,
  ],
  [
    'counts what is sent again against the day as well',
    'orderNotFound',
    [sent(-1), absent, withAccount({ uniqueIds: 'yes', ordersLeft: 0 })],
    wait('OrderLimitReached', inHours(12)),
  ],
  ['sends again what a person gave up', 'orderNotFound', [sent(-1), absent, { orderAgain: ALTERNATIVE_ID }], place],
  [
    'does not send again before the time to settle is over, whatever a person says',
    'orderNotFound',
    [sent(10), absent, { orderAgain: ALTERNATIVE_ID }],
    wait('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'does not take a word for the first sending as one for the second',
    'orderNotFound',
    [sent(-1, { sends: 2 }), absent, { orderAgain: ALTERNATIVE_ID }],
    stalled('OutcomeUnknown', inMinutes(5)),
  ],
  [
    'sends a third time when a person gave the second up',
    'orderNotFound',
    [sent(-1, { sends: 2 }), absent, { orderAgain: `${ALTERNATIVE_ID}-2` }],
    place,
  ],
]

const OVER: readonly Row[] = [
  [
    'orders anew where the order it finds was rejected before the resource was made',
    'orderFound',
    [intended(), found({ status: 'rejected', older: 'than-resource' })],
    record(2),
  ],
  [
    'takes a rejected order over where nothing was asked for since',
    'orderFound',
    [intended(), found({ status: 'rejected' })],
    adopt,
  ],
  [
    'takes a canceled order over that had been issued, however new the resource is',
    'orderFound',
    [intended(), found({ status: 'canceled', older: 'than-resource', serialNumber: '0a' })],
    adopt,
  ],
  [
    'takes a revoked order over, however new the resource is',
    'orderFound',
    [intended(), found({ status: 'revoked', older: 'than-resource' })],
    adopt,
  ],
  [
    'orders anew where a person gave the revoked order up',
    'orderFound',
    [intended(), found({ status: 'revoked' }), { orderAgain: String(ORDER_ID) }],
    record(2),
  ],
  ['stalls on a rejected order', 'orderIsOver', [ordered('rejected')], stalled('OrderRejected', TOMORROW)],
  ['stalls on a canceled order', 'orderIsOver', [ordered('canceled')], stalled('OrderCanceled', TOMORROW)],
  [
    'says that an order was revoked though its certificate is still in the Secret',
    'orderIsOver',
    [seen({ status: 'revoked' })],
    stalled('OrderRevoked', TOMORROW),
  ],
  [
    'stalls on an order whose plan has ended',
    'orderIsOver',
    [seen({ status: 'expired' }), { renew: 'Never' }],
    stalled('OrderExpired', TOMORROW),
  ],
  [
    'orders anew what was rejected, once the spec was edited',
    'orderIsOver',
    [ordered('rejected'), { intent: intended({ payload: 'changed' }).intent }],
    record(2),
  ],
  [
    'orders anew what was canceled before issuance, once the spec was edited',
    'orderIsOver',
    [ordered('canceled', { purchase: 3 }), { intent: intended({ payload: 'changed' }).intent }],
    record(4),
  ],
  [
    'does not order anew what was canceled after issuance, though the spec was edited',
    'orderIsOver',
    [ordered('canceled'), { everIssued: 'yes', intent: intended({ payload: 'changed' }).intent }],
    stalled('OrderCanceled', TOMORROW),
  ],
  [
    'orders anew what a person gave up',
    'orderIsOver',
    [ordered('revoked'), { everIssued: 'yes', orderAgain: String(ORDER_ID) }],
    record(2),
  ],
  [
    'does not take another order id for this one',
    'orderIsOver',
    [ordered('revoked'), { everIssued: 'yes', orderAgain: '1' }],
    stalled('OrderRevoked', TOMORROW),
  ],
]

const TRACK: readonly Row[] = [
  [
    'stalls where CertCentral does not show the order any more',
    'orderIsNotVisible',
    [ordered('pending'), absent],
    stalled('OrderNotVisible', TOMORROW),
  ],
  [
    'has a record checked at once where a person says that it is published, before it looks',
    'checkIsRequested',
    [ordered('pending'), { validation: { ...NO_VALIDATION, isRequested: true }, nextLookAt: NOW }],
    act('CheckingValidation', { kind: 'CheckValidation', orderId: ORDER_ID }),
  ],
  [
    'has the record of a reissue checked at once as well',
    'checkIsRequested',
    [ordered('reissue_pending'), { validation: { ...NO_VALIDATION, isRequested: true } }],
    act('CheckingValidation', { kind: 'CheckValidation', orderId: ORDER_ID }),
  ],
  [
    'has nothing checked of an order that waits for approval, whatever a person asks',
    'lookIsDue',
    [ordered('needs_approval'), { validation: { ...NO_VALIDATION, isRequested: true }, nextLookAt: NOW }],
    lookById,
  ],
  ['looks when a look is due', 'lookIsDue', [ordered('needs_approval'), { nextLookAt: NOW }], lookById],
  ['looks when a look at a settled order is due', 'lookIsDue', [{ nextLookAt: inMinutes(-1) }], lookById],
  [
    'hands a CSR in for a key of our own where the old key is lost',
    'keyIsLost',
    [ordered('pending'), { key: 'absent' }],
    sendCsr,
  ],
  [
    'hands a CSR in where CertCentral holds that of another key',
    'keyIsLost',
    [ordered('needs_approval'), seen({ status: 'needs_approval', csr: 'other', certificateId: undefined })],
    sendCsr,
  ],
  [
    'does not hand a CSR in twice that CertCentral refused',
    'approvalIsOpen',
    [
      ordered('needs_approval'),
      seen({ status: 'needs_approval', csr: 'other', certificateId: undefined }),
      failed('SendingCSR'),
    ],
    wait('AwaitingApproval', inHours(20)),
  ],
  [
    'does not hand a CSR in for a key that the cluster refused a moment ago',
    'keyIsLost',
    [ordered('pending'), { key: 'absent' }, failed('SecretWriteDenied')],
    stalled('SecretWriteDenied', inMinutes(30)),
  ],
  [
    'stalls where the key is lost and no CSR is taken any more',
    'keyIsLost',
    [ordered('processing'), { key: 'absent' }],
    stalled('PrivateKeyMissing', inHours(20)),
  ],
  [
    'makes another key where that of an issued order is lost with the Secret, to be reissued with',
    'keyIsLost',
    [{ key: 'absent', stored: undefined }],
    act('CreatingKey', { kind: 'CreateKey' }),
  ],
  [
    'stalls where the key of an issued order is lost with the Secret, and reissues are forbidden',
    'keyIsLost',
    [{ key: 'absent', stored: undefined }, { reissue: { ...anObservation().reissue, allowed: 'no' } }],
    stalled('PrivateKeyMissing', inHours(20)),
  ],
  [
    'keeps the key again that the Secret holds, where the kept one was deleted',
    'keyIsUnkept',
    [{ key: 'absent' }],
    act('CreatingKey', { kind: 'CreateKey' }),
  ],
  ['waits for approval', 'approvalIsOpen', [ordered('needs_approval')], wait('AwaitingApproval', inHours(20))],
  [
    'asks what is to be validated',
    'validationIsOpen',
    [ordered('pending')],
    act('AskingValidation', { kind: 'AskValidation', orderId: ORDER_ID }),
  ],
  [
    'asks for a check when one is due',
    'validationIsOpen',
    [ordered('pending'), validating(inMinutes(0))],
    act('CheckingValidation', { kind: 'CheckValidation', orderId: ORDER_ID }),
  ],
  [
    'waits for the next check',
    'validationIsOpen',
    [ordered('pending'), validating(inMinutes(2))],
    wait('AwaitingValidation', inMinutes(2)),
  ],
  [
    'waits for people and the feed where no check would help',
    'validationIsOpen',
    [ordered('pending'), validating(undefined)],
    wait('AwaitingValidation', inHours(20)),
  ],
  [
    'hands a CSR in where CertCentral says just now that it needs one',
    'csrIsWanted',
    [ordered('needs_csr'), seen({ status: 'needs_csr', certificateId: undefined })],
    sendCsr,
  ],
  ['waits after a CSR was handed in', 'csrIsWanted', [ordered('needs_csr')], wait('SendingCSR', inHours(20))],
  ['waits while DigiCert works', 'othersAreWorking', [ordered('processing')], wait('Processing', inHours(20))],
  [
    'waits for a person where CertCentral wants a CSR for a token',
    'csrIsWanted',
    [ordered('needs_csr'), { delivery: 'hardware' }],
    wait('AwaitingPickup', inHours(20)),
  ],
  [
    'says that a lost CSR cannot be replaced by the one in the spec',
    'keyIsLost',
    [ordered('pending'), { delivery: 'certificate', key: 'absent', csrProblem: 'it does not exist' }],
    stalled('CSRNotUsable', inHours(20)),
  ],
  ['waits for a pick-up', 'othersAreWorking', [ordered('waiting_pickup')], wait('AwaitingPickup', inHours(20))],
  [
    'watches an order on whose status nobody has seen before',
    'othersAreWorking',
    [ordered('on_the_moon')],
    wait('UnknownStatus', inHours(20)),
  ],
  [
    'takes the newest word of CertCentral over the one in the status',
    'othersAreWorking',
    [ordered('needs_approval'), seen({ status: 'processing', certificateId: undefined })],
    wait('Processing', inHours(20)),
  ],
]

const reissuing = (changes: Partial<ReissueFact>, intent?: Partial<KnownIntent>): Facts => ({
  reissue: {
    ...NO_REISSUE,
    ...changes,
    ...(intent ? { intent: anIntent({ purpose: 'Reissue', supersedes: CERTIFICATE.serialNumber, ...intent }) } : {}),
  },
})
const SENT = { sentAt: inMinutes(-5), sends: 1 }
const listed = (ours?: FoundReissue, status = 'issued'): Facts => ({
  remote: { kind: 'reissues', order: { orderId: ORDER_ID, status, certificateId: CERTIFICATE_ID }, ours, madeAt: [] },
})
const HELD = { until: inHours(2), cause: 'order 7000012 was bought a moment ago', orderId: ORDER_ID }
const renew = act('RecordingIntent', { kind: 'RecordIntent', purchase: 2, purpose: 'Renewal' })
const recordReissue = act('RecordingIntent', { kind: 'RecordIntent', purchase: 1, purpose: 'Reissue' })
const placeReissue = act('Reissuing', { kind: 'PlaceReissue', orderId: ORDER_ID })
const DUE: Facts = { next: { action: 'Renew', at: NOW, why: 'the plan ends' } }

const LIFE: readonly Row[] = [
  ['writes down that it will reissue', 'reissueIsWanted', [reissuing({ cause: 'due' })], recordReissue],
  [
    'reissues nothing where the spec forbids it',
    'certificateIsGood',
    [reissuing({ cause: 'names', allowed: 'no' })],
    ready('Issued', inHours(20)),
  ],
  [
    'makes the next key before anything is asked for',
    'reissueIsRunning',
    [reissuing({ cause: 'due' }, {})],
    act('CreatingKey', { kind: 'CreateNextKey' }),
  ],
  [
    'replaces a next key that does not fit the spec any more',
    'reissueIsRunning',
    [reissuing({ nextKey: 'misfits' }, {})],
    act('CreatingKey', { kind: 'CreateNextKey' }),
  ],
  [
    'writes down anew what was edited before it was sent',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, { payload: 'changed' })],
    recordReissue,
  ],
  [
    'reads the list of reissues before it sends one',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {})],
    look('LookingUp', 'reissues'),
  ],
  [
    'reads it in the next pass where CertCentral was asked something else in this one',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), seen()],
    wait('Reissuing', new Date(NOW.getTime() + 1000)),
  ],
  [
    'asks for a certificate where there is none of the key',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), listed()],
    placeReissue,
  ],
  [
    'asks for one with the key that is kept, where the spec wants that',
    'reissueIsRunning',
    [reissuing({ key: 'current' }, {}), listed()],
    placeReissue,
  ],
  [
    'asks for none while one of somebody else is pending',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), listed(undefined, 'reissue_pending')],
    wait('Reissuing', inMinutes(15)),
  ],
  [
    'takes up one that got through without our knowing',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed({ status: 'issued', certificateId: 77 })],
    act('StoringCertificate', { kind: 'StoreCertificate', orderId: ORDER_ID, certificateId: 77 }),
  ],
  [
    'takes up one that the list calls approved, while no reissue of the order is pending',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed({ status: 'approved', certificateId: 77 })],
    act('StoringCertificate', { kind: 'StoreCertificate', orderId: ORDER_ID, certificateId: 77 }),
  ],
  [
    'does not take the certificate that is to be followed for the one that follows it, where the key stays',
    'reissueIsRunning',
    [reissuing({ key: 'current' }, {}), listed({ status: 'issued', certificateId: CERTIFICATE_ID })],
    placeReissue,
  ],
  [
    'waits for the search of one whose answer was lost',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT)],
    wait('Reissuing', inMinutes(5)),
  ],
  [
    'looks for one whose answer was lost',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), { nextSearchAt: NOW }],
    look('LookingUp', 'reissues'),
  ],
  [
    'waits until a lost one has settled',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed(), { settledAt: inMinutes(5) }],
    wait('Reissuing', inMinutes(5)),
  ],
  [
    'asks again once it has settled: it costs nothing, and there is none',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed(), { settledAt: NOW }],
    placeReissue,
  ],
  [
    'waits for the approval of a reissue',
    'reissueIsRunning',
    [
      reissuing({ nextKey: 'fits' }, SENT),
      seen({ status: 'reissue_pending', requests: [{ id: 5, status: 'pending', type: 'reissue' }] }),
    ],
    wait('AwaitingApproval', inHours(20)),
  ],
  [
    'asks what is to be proven for a reissue',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), seen({ status: 'reissue_pending' })],
    act('AskingValidation', { kind: 'AskValidation', orderId: ORDER_ID }),
  ],
  [
    'asks CertCentral to check the proof of a reissue',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), seen({ status: 'reissue_pending' }), validating(NOW)],
    act('CheckingValidation', { kind: 'CheckValidation', orderId: ORDER_ID }),
  ],
  [
    'waits for the proof of a reissue',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed({ status: 'pending' }, 'reissue_pending'), validating(inMinutes(9))],
    wait('AwaitingValidation', inMinutes(9)),
  ],
  [
    'waits while CertCentral works on one',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed({ status: 'approved' })],
    wait('Reissuing', inMinutes(5)),
  ],
  [
    'says that a reissue was rejected, and does not repeat it',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), listed({ status: 'rejected' })],
    stalled('ReissueRejected', TOMORROW),
  ],
  [
    'asks again in other words where the spec was edited since it was rejected',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, { ...SENT, payload: 'changed' }), listed({ status: 'rejected' })],
    recordReissue,
  ],
  [
    'says that a reissue was refused, and leaves the certificate alone',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), failed('ReissueRefused')],
    stalled('ReissueRefused', inMinutes(30)),
  ],
  [
    'waits with a reissue while CertCentral is away',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, SENT), unreachable()],
    wait('CertCentralUnavailable', inMinutes(2)),
  ],
  [
    'makes the next key the one that is kept, once its certificate is stored',
    'nextKeyIsInUse',
    [reissuing({ nextKey: 'in-use' }, SENT)],
    act('Reissuing', { kind: 'PromoteKey' }),
  ],
  [
    'is content once the certificate of a reissue is stored',
    'certificateIsGood',
    [reissuing({}, { ...SENT, supersedes: 'another' })],
    ready('Issued', inHours(20)),
  ],
  [
    'reissues with a key of its own what was reissued with another, when it is due',
    'reissueIsWanted',
    [
      reissuing({ cause: 'due' }),
      seen({ certificateId: 77 }),
      failed('BadCertificate', { count: 3, code: 'foreign-key' }),
    ],
    recordReissue,
  ],
  [
    'reissues an order whose key is lost and of which nothing is stored',
    'reissueIsWanted',
    [
      ordered('issued', { certificateId: CERTIFICATE_ID }),
      reissuing({ cause: 'lost' }),
      failed('BadCertificate', { count: 3, code: 'foreign-key' }),
    ],
    recordReissue,
  ],
  [
    'holds a name that was taken out of the spec',
    'namesAreHeld',
    [reissuing({ heldNames: ['old.example.com'] })],
    ready('NameRemovalBlocked', inHours(20)),
  ],
  [
    'switches the reissuing of DigiCert off that nobody asked for',
    'autoReissueIsWrong',
    [seen({ autoReissue: 'on' })],
    act('SwitchingAutoReissue', { kind: 'SwitchAutoReissue', orderId: ORDER_ID, to: 'off' }),
  ],
  [
    'does not throw a switch again that was refused lately',
    'certificateIsGood',
    [seen({ autoReissue: 'on' }), failed('SwitchingAutoReissue')],
    ready('Issued', inHours(20)),
  ],
  [
    'waits an hour for a switch to show',
    'certificateIsGood',
    [withSwitched(1, -59), seen({ autoReissue: 'off' }), { reissue: { ...NO_REISSUE, autoReissue: 'on' } }],
    ready('Issued', inHours(20)),
  ],
  [
    'throws a switch again that did not show after an hour',
    'autoReissueIsWrong',
    [withSwitched(1, -61), seen({ autoReissue: 'off' }), { reissue: { ...NO_REISSUE, autoReissue: 'on' } }],
    act('SwitchingAutoReissue', { kind: 'SwitchAutoReissue', orderId: ORDER_ID, to: 'on' }),
  ],
  [
    'throws a switch that DigiCert ignores no more than once a day',
    'certificateIsGood',
    [withSwitched(2, -22 * 60), seen({ autoReissue: 'off' }), { reissue: { ...NO_REISSUE, autoReissue: 'on' } }],
    ready('Issued', inHours(20)),
  ],
  [
    'throws a switch that DigiCert ignores again on the next day',
    'autoReissueIsWrong',
    [withSwitched(2, -24 * 60), seen({ autoReissue: 'off' }), { reissue: { ...NO_REISSUE, autoReissue: 'on' } }],
    act('SwitchingAutoReissue', { kind: 'SwitchAutoReissue', orderId: ORDER_ID, to: 'on' }),
  ],
  ['renews when the plan is about to end', 'renewalIsDue', [DUE], renew],
  ['renews a plan that has ended', 'orderIsOver', [seen({ status: 'expired' })], renew],
  [
    'does not begin a renewal that the account forbids',
    'renewalIsDue',
    [DUE, withAccount({ forbids: 'its policy says so' })],
    stalled('DeniedByPolicy', inMinutes(10)),
  ],
  [
    "asks CertCentral once more where the renewal is due by a clock that is ahead of CertCentral's alone",
    'renewalIsDue',
    [DUE, withAccount({ aheadMs: 4 * DAY })],
    look('LookingUp', 'orderId'),
  ],
  [
    "buys nothing by a clock that is ahead of CertCentral's",
    'renewalIsDue',
    [DUE, seen({}), withAccount({ aheadMs: 4 * DAY })],
    stalled('ClockSkew', inMinutes(10)),
  ],
  [
    'renews what is due by both clocks',
    'renewalIsDue',
    [{ next: { ...DUE.next!, at: inDays(-5) } }, withAccount({ aheadMs: 4 * DAY })],
    renew,
  ],
  [
    'begins a renewal on the next day where the account has ordered enough',
    'renewalIsDue',
    [DUE, withAccount({ ordersLeft: 0 })],
    wait('OrderLimitReached', inHours(12)),
  ],
  [
    'does not renew what somebody else renewed',
    'renewedElsewhere',
    [intended({ purpose: 'Renewal', renewalOf: 7 }), { remote: { kind: 'renewed', orderId: 8 } }],
    stalled('RenewedElsewhere', TOMORROW),
  ],
]

const going = (deletionPolicy: Observation['deletionPolicy'], ...facts: readonly Facts[]): readonly Facts[] => [
  ...facts,
  { deleting: 'yes', finalizer: 'yes', deletionPolicy },
]
const letGo = act('Deleting', { kind: 'RemoveFinalizer' })
const end = (how: 'cancel' | 'revoke-certificate' | 'revoke-order') =>
  act('Deleting', { kind: 'EndOrder', orderId: ORDER_ID, how })
const adopting = (...facts: readonly Facts[]): readonly Facts[] => [
  ...[unbought, { key: 'fits' as const, adopt: { orderId: ORDER_ID, takenBy: undefined, allowed: 'yes' as const } }],
  ...facts,
]

const PEOPLE: readonly Row[] = [
  ['does nothing for an order that is suspended', 'isSuspended', [{ suspended: 'yes' }], held('Suspended', TOMORROW)],
  [
    'looks at an order that would be taken over, though it is suspended',
    'isSuspended',
    adopting({ suspended: 'yes' }),
    look('LookingUp', 'adoption'),
  ],
  [
    'takes nothing over while it is suspended',
    'isSuspended',
    adopting({ suspended: 'yes' }, found()),
    held('Suspended', TOMORROW),
  ],
  ['looks at the order that is to be taken over', 'orderIsToBeAdopted', adopting(), look('LookingUp', 'adoption')],
  ['takes over an order that fits', 'orderIsToBeAdopted', adopting(found({ status: 'issued' })), adopt],
  [
    'hands a CSR of its own in before it takes a pending order over',
    'orderIsToBeAdopted',
    adopting(found({ csr: 'other' })),
    sendCsr,
  ],
  ...(
    [
      ['that is over', found({ status: 'revoked' })],
      ['that does not fit', found({ mismatches: ['its product is ssl_basic'] })],
      ['that is not shown', absent],
      ['that another resource has', { adopt: { orderId: ORDER_ID, takenBy: 'DigiCertOrder other', allowed: 'yes' } }],
      ['where the account forbids it', { adopt: { orderId: ORDER_ID, takenBy: undefined, allowed: 'no' } }],
      ['that another resource turns out to have', found({}, { takenBy: 'DigiCertOrder other' })],
      ['that the guard rails forbid', found({}, { by: 'adoption', denied: 'it has other names' })],
    ] as const
  ).map(([which, facts]): Row => [
    `takes over no order ${which}, and buys none`,
    'orderIsToBeAdopted',
    adopting(facts),
    stalled('AdoptionRefused', TOMORROW),
  ]),
  [
    'renews the plan of an order that was taken over, and does not take it over again',
    'outcomeIsUnasked',
    adopting(intended({ purpose: 'Renewal', renewalOf: ORDER_ID })),
    look('LookingUp', 'intent'),
  ],
  [
    'takes over the order that renewed its own, once it is named',
    'orderIsToBeAdopted',
    adopting(intended({ purpose: 'Renewal', renewalOf: 7 }), found({ status: 'issued' })),
    adopt,
  ],
  [
    'makes sure of the deletion policy before anything is bought',
    'finalizerIsWrong',
    [unbought, { deletionPolicy: 'RevokeCertificate' }],
    act('Deleting', { kind: 'AddFinalizer' }),
  ],
  ['holds no order back whose policy has nothing to do', 'finalizerIsWrong', [{ finalizer: 'yes' }], letGo],
  ['lets an order go that nothing is to be done for', 'beingDeleted', going('Retain'), letGo],
  ...(
    [
      ['revokes nothing that was taken over and not bought', 'no', letGo],
      ['revokes what was taken over where the spec says so', 'yes', end('revoke-order')],
    ] as const
  ).map(([sentence, revokeAdopted, wanted]): Row => [
    sentence,
    'beingDeleted',
    going('RevokeOrder', ordered('issued', { adopted: 'yes' }), seen({ adopted: 'yes' }), { revokeAdopted }),
    wanted,
  ]),
  ...(
    [
      ['the known order', [seen(), { sharedWith: 'another DigiCertOrder of the cluster' }]],
      ['an order that was found', [sent(5), found({ status: 'issued' }, { takenBy: 'DigiCertOrder other' })]],
    ] as const
  ).map(([which, facts]): Row => [
    `ends nothing of ${which} that another resource has`,
    'beingDeleted',
    going('RevokeOrder', ...facts),
    letGo,
  ]),
  [
    'spares the plan before a renewal that was taken over',
    'beingDeleted',
    going('RevokeOrder', sent(5), found({ status: 'rejected' }), {
      former: { orderId: 7, certificateId: 8, notAfter: inDays(5), tryAt: undefined, adopted: 'yes' },
    }),
    letGo,
  ],
  ['lets an order go that was ended', 'beingDeleted', going('RevokeOrder', { ended: 'yes' }), letGo],
  ['lets an order go that was never bought', 'beingDeleted', going('RevokeOrder', unbought), letGo],
  [
    'looks for what was sent before it lets go',
    'beingDeleted',
    going('CancelPending', sent(5)),
    look('LookingUp', 'intent'),
  ],
  ['cancels what was sent without an answer', 'beingDeleted', going('CancelPending', sent(5), found()), end('cancel')],
  ['does by a fresh word what cannot be undone', 'beingDeleted', going('RevokeOrder'), look('LookingUp', 'orderId')],
  [
    'cancels a pending order',
    'beingDeleted',
    going('RevokeCertificate', ordered('pending'), seen({ status: 'pending' })),
    end('cancel'),
  ],
  ['revokes the certificate alone', 'beingDeleted', going('RevokeCertificate', seen()), end('revoke-certificate')],
  ['revokes the order where that is asked for', 'beingDeleted', going('RevokeOrder', seen()), end('revoke-order')],
  [
    'revokes nothing where only pending orders are to be canceled',
    'beingDeleted',
    going('CancelPending', seen()),
    letGo,
  ],
  [
    'takes no request of an earlier day for a revocation that was done',
    'beingDeleted',
    going('RevokeOrder', seen({ requests: [{ id: 3, status: 'rejected', type: 'revoke' }] })),
    end('revoke-order'),
  ],
]

const stays: Facts = { namespace: 'stays' }
/** The namespace goes too, and the object has been going for so many seconds. */
const terminating = (seconds: number): Facts => ({ namespace: 'terminating', deletingSince: inSeconds(-seconds) })
const noAccount: Facts = { account: { kind: 'missing' } }
const noKey: Facts = { account: { kind: 'not-ready', message: 'Secret shop/certcentral has no entry api-key' } }
const mayNotRead: Facts = { remote: { kind: 'refused', message: '403' } }
const severalOrders: Facts = { remote: { kind: 'several', orderIds: [1, 2] } }
const refusedToEnd = failed('DeletionBlocked', { retryAt: inMinutes(1) })
const formerPlan: Facts = { former: formerOf(NOW), intent: intended({ purpose: 'Renewal', renewalOf: 5 }).intent }
const leave = act('Deleting', { kind: 'LeaveOrder' })

/** What holds a deletion up, and until when the object waits for it where its namespace stays. */
const HOLD_UPS: readonly (readonly [what: string, facts: readonly Facts[], stop: Decision])[] = [
  ['CertCentral is away', [unreachable()], wait('Deleting', inMinutes(2))],
  ['CertCentral asks for a pause', [unreachable('yes')], wait('Deleting', inMinutes(2))],
  ['the account is gone', [noAccount], stalled('DeletionBlocked', inSeconds(30))],
  ['the API key is gone', [noKey], stalled('DeletionBlocked', inSeconds(30))],
  ['the key may not read', [mayNotRead], stalled('DeletionBlocked', inMinutes(5))],
  ['CertCentral refused to end it', [refusedToEnd], stalled('DeletionBlocked', inSeconds(30))],
  ['the account of the plan before is gone', [formerPlan, noAccount], stalled('DeletionBlocked', inSeconds(30))],
  ['what was sent is not shown yet', [sent(5), absent], wait('Deleting', inMinutes(5))],
  ['what was sent cannot be looked for', [sent(5), unreachable()], wait('Deleting', inMinutes(2))],
  ['what was sent is there twice', [sent(5), severalOrders], stalled('DeletionBlocked', inMinutes(5))],
]

const HELD_UP: readonly Row[] = [
  ...HOLD_UPS.flatMap(([what, facts, stop]): Row[] => [
    [
      `asks whether the namespace is being deleted where ${what}`,
      'beingDeleted',
      going('RevokeOrder', ...facts),
      look('Deleting', 'namespace'),
    ],
    [
      `holds an object whose namespace stays where ${what}`,
      'beingDeleted',
      going('RevokeOrder', ...facts, stays),
      stop,
    ],
    [
      `lets an object go with its namespace in the end, and says what is left, where ${what}`,
      'beingDeleted',
      going('RevokeOrder', ...facts, terminating(600)),
      leave,
    ],
  ]),
  ...(
    [
      ['CertCentral is away', [unreachable()]],
      ['the API key is gone', [noKey]],
      ['the key may not read', [mayNotRead]],
      ['CertCentral refused to end it', [refusedToEnd]],
      ['what was sent is not shown yet', [sent(5), absent]],
    ] as const
  ).flatMap(([what, facts]): Row[] => [
    [
      `tries for 25 seconds while the namespace is being deleted and ${what}`,
      'beingDeleted',
      going('RevokeOrder', ...facts, terminating(24)),
      wait('Deleting', inSeconds(1)),
    ],
    [
      `tries for no longer than 25 seconds while the namespace is being deleted and ${what}`,
      'beingDeleted',
      going('RevokeOrder', ...facts, terminating(25)),
      leave,
    ],
  ]),
  [
    'tries again sooner than that where it is worth it',
    'beingDeleted',
    going(
      'RevokeOrder',
      { remote: { kind: 'unavailable', retryAt: inSeconds(4), throttled: 'no', message: '500' } },
      terminating(9),
    ),
    wait('Deleting', inSeconds(4)),
  ],
  [
    'waits for the turn of its calls while the namespace is being deleted, as they will come',
    'beingDeleted',
    going('RevokeOrder', unreachable('yes'), terminating(300)),
    wait('Deleting', inMinutes(2)),
  ],
  [
    'waits for no account in a namespace that is being deleted, as none can be made there',
    'beingDeleted',
    going('RevokeOrder', noAccount, terminating(0)),
    leave,
  ],
  [
    'says nothing of an order that its policy leaves alone, when its namespace goes',
    'beingDeleted',
    going('CancelPending', noAccount, terminating(0)),
    letGo,
  ],
  [
    'says nothing of an order that was over, when its namespace goes',
    'beingDeleted',
    going('RevokeOrder', ordered('canceled'), noAccount, terminating(0)),
    letGo,
  ],
  [
    'ends the order in a namespace that is being deleted where it can',
    'beingDeleted',
    going('RevokeOrder', seen(), terminating(600)),
    end('revoke-order'),
  ],
  [
    'says that an order which CertCentral does not show was not ended, and lets the object go',
    'beingDeleted',
    going('RevokeOrder', absent),
    leave,
  ],
  [
    'says nothing of an order which CertCentral does not show, and which the policy leaves alone',
    'beingDeleted',
    going('CancelPending', absent),
    letGo,
  ],
  [
    'lets an order go that was never there, once the time to settle is over',
    'beingDeleted',
    going('RevokeOrder', sent(-1), absent),
    letGo,
  ],
]

const UPKEEP: readonly Row[] = [
  [
    'is content with what is issued on hardware, and fetches nothing',
    'certificateIsOnHardware',
    [ordered('issued'), { delivery: 'hardware' }],
    ready('Issued', inHours(20)),
  ],
  ['fetches a certificate that the Secret does not hold', 'certificateIsNew', [{ stored: undefined }], store],
  [
    'fetches a certificate that was reissued by others',
    'certificateIsNew',
    [seen({ certificateId: CERTIFICATE_ID + 1 })],
    act('StoringCertificate', {
      kind: 'StoreCertificate',
      orderId: ORDER_ID,
      certificateId: CERTIFICATE_ID + 1,
    }),
  ],
  [
    'writes a Secret anew, from the pair in it, whose other content is out of step',
    'outputsAreStale',
    [unreachable('no'), { outputs: { stale: 'yes', problem: undefined } }],
    act('StoringCertificate', { kind: 'RewriteSecret' }),
  ],
  [
    'says that the cluster refuses what else the Secret shall hold, and that the certificate is good',
    'outputsAreLacking',
    [failed('SecretWriteDenied'), { outputs: { stale: 'yes', problem: undefined } }],
    ready('SecretWriteDenied', inMinutes(10)),
  ],
  [
    'gives the Secret back of the plan that is being renewed',
    'formerIsMissing',
    [ordered('pending'), { stored: undefined, former: formerOf(inMinutes(0)) }],
    act('StoringCertificate', { kind: 'StoreCertificate', orderId: 5, certificateId: 6 }),
  ],
  [
    'goes on with the renewal where the former certificate was not to be had a moment ago',
    'validationIsOpen',
    [ordered('pending'), { stored: undefined, former: formerOf(inMinutes(5)) }],
    act('AskingValidation', { kind: 'AskValidation', orderId: ORDER_ID }),
  ],
  [
    'repairs a Secret at once that was not repaired lately',
    'certificateIsNew',
    [{ stored: undefined, target: { kind: 'free' } }],
    store,
  ],
  [
    'waits with another repair of a Secret that was repaired once, and calls that no fight',
    'certificateIsNew',
    [{ stored: undefined }, repaired(1, 0.5)],
    wait('StoringCertificate', inMinutes(0.5)),
  ],
  [
    'waits with the repair of a Secret that others damage again and again',
    'certificateIsNew',
    [{ stored: undefined }, repaired(2, 0.5)],
    wait('SecretModifiedByOthers', inMinutes(0.5)),
  ],
  [
    'waits with the repair of one that others put another pair into',
    'certificateIsNew',
    [withStored({ harmed: 'yes', replaced: 'yes' }), repaired(4, 2)],
    wait('SecretModifiedByOthers', inMinutes(2)),
  ],
  ['repairs it once its pause is over', 'certificateIsNew', [{ stored: undefined }, repaired(4, 0)], store],
  [
    'stores a certificate at once that the Secret never held, whatever fight there is',
    'certificateIsNew',
    [seen({ certificateId: CERTIFICATE_ID + 1 }), repaired(4, 2)],
    act('StoringCertificate', { kind: 'StoreCertificate', orderId: ORDER_ID, certificateId: CERTIFICATE_ID + 1 }),
  ],
  [
    'writes at once what an edit of the spec asks for, whatever fight there is',
    'outputsAreStale',
    [{ outputs: { stale: 'yes', problem: undefined } }, repaired(4, 2, { certificateId: undefined })],
    act('StoringCertificate', { kind: 'RewriteSecret' }),
  ],
  [
    'leaves the good pair alone while others fight over what stands beside it',
    'secretIsFoughtOver',
    [{ outputs: { stale: 'yes', problem: undefined } }, repaired(4, 2)],
    ready('SecretModifiedByOthers', inMinutes(2)),
  ],
  [
    'says of a Secret that is whole again that others fight over it, until ten minutes are quiet',
    'secretIsFoughtOver',
    [repaired(2, -1)],
    ready('SecretModifiedByOthers', inMinutes(9)),
  ],
  ['says nothing of one that was repaired once', 'certificateIsGood', [repaired(1, -1)], ready('Issued', inHours(20))],
  [
    'buys the renewal that is due, whatever is fought over beside the pair',
    'renewalIsDue',
    [
      { outputs: { stale: 'yes', problem: undefined } },
      { next: { action: 'Renew', at: inMinutes(-1), why: 'the plan ends' } },
      repaired(4, 2),
    ],
    act('RecordingIntent', { kind: 'RecordIntent', purchase: 2, purpose: 'Renewal' }),
  ],
  [
    'looks again when the Secret may be repaired, whatever its order waits for',
    'approvalIsOpen',
    [
      ordered('needs_approval'),
      { outputs: { stale: 'yes', problem: undefined } },
      withStored({ orderId: 5 }),
      repaired(4, 2),
    ],
    wait('AwaitingApproval', inMinutes(2)),
  ],
  [
    'goes on with the renewal while the Secret of the plan before may not be repaired yet',
    'validationIsOpen',
    [ordered('pending'), { stored: undefined, former: formerOf(inMinutes(0)) }, repaired(3, 0.4, { certificateId: 6 })],
    act('AskingValidation', { kind: 'AskValidation', orderId: ORDER_ID }),
  ],
  [
    'takes over what DigiCert renewed by itself',
    'renewedByDigiCert',
    [seen({ status: 'issued', certificateId: CERTIFICATE_ID, renewedBy: 99 }), { renew: 'DigiCert' }],
    act('RecordingIntent', { kind: 'RecordIntent', purchase: 2, purpose: 'Renewal' }),
  ],
  [
    'buys no renewal beside that of DigiCert',
    'orderNotFound',
    [unbought, { key: 'fits', intent: anIntent({ purpose: 'Renewal' }), renew: 'DigiCert' }, absent],
    wait('AwaitingRenewal', inMinutes(60)),
  ],
  [
    'buys nothing where DigiCert did not renew in time, and says so',
    'orderIsOver',
    [seen({ status: 'expired' }), { renew: 'DigiCert' }],
    stalled('OrderExpired', inDays(1)),
  ],
  [
    'says that CertCentral refuses to tell of an order whose certificate is good',
    'lookWasRefused',
    [failed('OrderNotReadable')],
    ready('OrderNotReadable', inHours(20)),
  ],
  [
    'says that CertCentral does not show an order whose certificate is good until it does',
    'lookWasRefused',
    [failed('OrderNotVisible')],
    ready('OrderNotVisible', inHours(20)),
  ],
  [
    'asks until when what the next certificate needs is validated',
    'validityIsUnknown',
    [{ validity: { checkAt: inMinutes(0), lapses: [] } }],
    act('LookingUp', { kind: 'CheckValidity', orderId: ORDER_ID }),
  ],
  [
    'does not ask for that while CertCentral is away',
    'certificateIsGood',
    [unreachable('no'), { validity: { checkAt: inMinutes(0), lapses: [] } }],
    ready('Issued', inHours(20)),
  ],
  [
    'says that a validation ends before the next certificate is due',
    'validationWillLapse',
    [
      {
        next: { action: 'Reissue', at: inDays(20), why: 'it ends' },
        validity: { checkAt: inDays(1), lapses: [{ type: 'Domain', name: 'example.com', until: inDays(10) }] },
      },
    ],
    ready('ValidationLapsing', inHours(20)),
  ],
  [
    'says that the password of a keystore is missing, and that the certificate is good',
    'outputsAreLacking',
    [{ outputs: { stale: 'no', problem: 'it does not exist' } }],
    ready('KeystorePasswordMissing', inMinutes(10)),
  ],
  [
    'buys nothing first whose keystores could not be made',
    'keystoresAreUnusable',
    [unbought, { everIssued: 'no', outputs: { stale: 'no', problem: 'it does not exist' } }],
    stalled('KeystorePasswordMissing', inMinutes(0.5)),
  ],
  ['writes a Secret anew that somebody harmed', 'certificateIsNew', [withStored({ harmed: 'yes' })], store],
  ['replaces the certificate of another order', 'certificateIsNew', [withStored({ orderId: 1 })], store],
  [
    'fetches a bad certificate again after a while',
    'certificateIsNew',
    [{ stored: undefined }, failed('BadCertificate', { count: 2 })],
    wait('BadCertificate', inMinutes(30)),
  ],
  [
    'calls a person when a certificate was bad three times',
    'certificateIsNew',
    [{ stored: undefined }, failed('BadCertificate', { count: 3 })],
    stalled('BadCertificate', inMinutes(30)),
  ],
  [
    'says that the key is lost when the certificate was for another key three times',
    'certificateIsNew',
    [{ stored: undefined }, failed('BadCertificate', { count: 3, code: 'foreign-key' })],
    stalled('PrivateKeyMissing', inMinutes(30)),
  ],
  [
    'says that somebody else reissued where the Secret still holds a good pair of ours',
    'certificateIsNew',
    [seen({ certificateId: CERTIFICATE_ID + 1 }), failed('BadCertificate', { count: 3, code: 'foreign-key' })],
    stalled('ReissuedElsewhere', inMinutes(30)),
  ],
  [
    'fetches a bad certificate when its time has come',
    'certificateIsNew',
    [{ stored: undefined }, failed('BadCertificate', { count: 9, retryAt: NOW })],
    store,
  ],
  [
    'does not write a Secret in a loop that the cluster refused',
    'certificateIsNew',
    [{ stored: undefined }, failed('SecretWriteDenied')],
    stalled('SecretWriteDenied', inMinutes(30)),
  ],
  ['asks which certificate it is where nobody said', 'certificateIsNew', [ordered('issued')], lookById],
  [
    'waits where CertCentral says issued and names no certificate',
    'certificateIsNew',
    [ordered('issued'), seen({ certificateId: undefined })],
    wait('Processing', inHours(20)),
  ],
  [
    'says that a certificate has expired',
    'certificateHasExpired',
    [withStored({ notAfter: NOW })],
    stalled('CertificateExpired', TOMORROW),
  ],
  [
    'says that a certificate has expired until the next one is due',
    'certificateHasExpired',
    [withStored({ notAfter: NOW }), { next: { action: 'Reissue', at: inMinutes(5), why: 'it ends' } }],
    stalled('CertificateExpired', inMinutes(5)),
  ],
  [
    'says that a certificate is due for a reissue',
    'reissueIsDue',
    [{ next: { action: 'Look', at: NOW, why: 'it ends' } }],
    ready('ReissueDue', inHours(20)),
  ],
  [
    'says that a certificate lacks names of the spec',
    'reissueIsDue',
    [withStored({ missingNames: ['new.example.com'] })],
    ready('ReissueDue', inHours(20)),
  ],
  [
    'says that names wait for the next day of the account',
    'reissueIsDue',
    [withAccount({ nameChangesLeft: 0 }), withStored({ missingNames: ['new.example.com'] })],
    ready('NameChangeLimitReached', inHours(12)),
  ],
  ['is content with a good certificate', 'certificateIsGood', [], ready('Issued', inHours(20))],
  [
    'asks what a reissue by others waits for',
    'othersReissue',
    [seen({ status: 'reissue_pending' })],
    act('AskingValidation', { kind: 'AskValidation', orderId: ORDER_ID }),
  ],
  [
    'comes back when the reissue is due, where that is before the next look',
    'certificateIsGood',
    [{ next: { action: 'Reissue', at: inHours(1), why: 'it ends' } }],
    ready('Issued', inHours(1)),
  ],
  [
    'is content with a Secret from before order ids were noted in it',
    'certificateIsGood',
    [withStored({ orderId: undefined })],
    ready('Issued', inHours(20)),
  ],
]

function validating(nextCheckAt: Date | undefined): Facts {
  return { validation: { ...NO_VALIDATION, since: inMinutes(-30), nextCheckAt } }
}

/** What the rules want to spend, and the brake does not let pass. */
const BRAKE: readonly Row[] = [
  [
    'holds a purchase that is not the first',
    'orderNotFound',
    [intended({ purchase: 2, purpose: 'Renewal' }), absent, { brake: { purchase: HELD } }],
    stalled('HeldByBrake', inHours(2)),
  ],
  [
    'holds a renewal before the order in force is forgotten',
    'renewalIsDue',
    [DUE, { brake: { purchase: HELD } }],
    stalled('HeldByBrake', inHours(2)),
  ],
  [
    'writes down which annotation lets a renewal pass',
    'renewalIsDue',
    [DUE, { brake: { purchase: HELD, release: '7000012' } }],
    act('RecordingIntent', { kind: 'RecordIntent', purchase: 2, purpose: 'Renewal', released: true }),
  ],
  [
    'lets a purchase pass that was released',
    'orderNotFound',
    [intended({ purchase: 2, releasedBy: '7000012' }), absent, { brake: { purchase: HELD } }],
    act('Ordering', { kind: 'PlaceOrder' }),
  ],
  [
    'holds a reissue that anything asks for',
    'reissueIsWanted',
    [reissuing({ cause: 'request' }), { brake: { reissue: HELD } }],
    stalled('HeldByBrake', inHours(2)),
  ],
  [
    'holds a reissue that is about to be sent',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), listed(), { brake: { reissue: HELD } }],
    stalled('HeldByBrake', inHours(2)),
  ],
  [
    'writes a released reissue down again before it is sent',
    'reissueIsRunning',
    [reissuing({ nextKey: 'fits' }, {}), listed(), { brake: { reissue: HELD, release: '7000012-2' } }],
    act('RecordingIntent', { kind: 'RecordIntent', purchase: 1, purpose: 'Reissue', released: true }),
  ],
  [
    'holds nothing that DigiCert buys',
    'renewedByDigiCert',
    [{ renew: 'DigiCert', brake: { purchase: HELD } }, seen({ renewedBy: ORDER_ID + 1 })],
    renew,
  ],
]

const ALL = [
  ...GATE,
  ...CALLS,
  ...KEY_AND_INTENT,
  ...OUTCOME,
  ...OVER,
  ...TRACK,
  ...LIFE,
  ...PEOPLE,
  ...HELD_UP,
  ...UPKEEP,
  ...BRAKE,
]

const answering = (facts: readonly Facts[]): string | undefined =>
  RULES.find(([, rule]) => rule(anObservation(...facts), NOW))?.[0]

describe('decide', () => {
  describe.each([
    ['at the gate', GATE],
    ['when calls fail', CALLS],
    ['before anything is bought', KEY_AND_INTENT],
    ['around the purchase', OUTCOME],
    ['when an order is over', OVER],
    ['while others work', TRACK],
    ['in the life of a plan', LIFE],
    ['when people ask', PEOPLE],
    ['when a deletion is held up', HELD_UP],
    ['once it is issued', UPKEEP],
    ['by the brake', BRAKE],
  ])('%s', (_part, rows) => {
    test.each(rows)('%s', (_sentence, rule, facts, wanted) => {
      expect(decide(anObservation(...facts), NOW)).toEqual(wanted)
      expect(answering(facts)).toBe(rule)
    })
  })

  test('every rule has a row here', () => {
    const missing = RULES.map(([name]) => name).filter((name) => !ALL.some(([, rule]) => rule === name))
    expect(missing).toEqual([])
  })

  test('every reason is the reason of a row here', () => {
    const reached = new Set(ALL.map(([, , , { reason }]) => reason))
    expect(Object.keys(ORDER_REASONS).filter((reason) => !reached.has(reason as never))).toEqual([])
  })

  test('an observation that no rule speaks of is watched on', () => {
    const nowhere = anObservation(intended(), seen({ status: 'issued' }))
    expect(decide(nowhere, NOW)).toEqual(wait('UnknownStatus', inMinutes(1)))
  })

  test('the certificate that was stored is the one the facts name', () => {
    expect(decide(anObservation(withStored({ facts: { ...CERTIFICATE, id: 1 } })), NOW)).toEqual(store)
  })
})

/**
 * The order of the rules is the policy, money first:
 *
 * - The gate stands before everything: nothing is bought for a resource that is going, by a spec that is wrong, from an
 *   account that cannot be used, or for a Secret that is somebody else's. A foreign Secret is said before an account
 *   that is not ready, since it is found without any call.
 * - A failed call comes next: what follows would read an answer that is not there.
 * - Then key, intent, look-up and purchase, in the order of ADR 0004: a key that
 *   is stored before the intent names it, an intent that is written before anybody looks, a look before every POST.
 *   `refusedBefore` stands behind the intent, so that an edited spec is tried at once, and before the look, so that a
 *   refusal costs no calls. `severalOrdersFound` and `orderFound` stand before `orderNotFound`, which alone spends.
 * - Once the order is known: whether it can be seen, a fresh look, its end, then whom it waits for. A look that is due
 *   stands before all waiting on words that may be old; an order that is over before a key that is lost, because
 *   nobody needs a key for it.
 * - Once it is issued: what there is to fetch, then a reissue that was begun, which ends before anything else begins;
 *   then the renewal before the reissue, since a plan that ends soon needs no further certificate.
 * - Last what is stored, with the lapse first: a certificate that has expired must never be called good.
 */
test('the rules stand in this order', () => {
  expect(RULES.map(([name]) => name)).toEqual([
    'beingDeleted',
    'specIsInvalid',
    'finalizerIsWrong',
    'isSuspended',
    'accountIsMissing',
    'secretBelongsToAnother',
    'outputsAreStale',
    'accountIsNotReady',

    'callFailed',

    'formerIsMissing',
    'accountForbids',
    'csrIsUnusable',
    'keystoresAreUnusable',
    'keyIsForeign',
    'keyIsOrphaned',
    'keyIsMissing',
    'orderIsToBeAdopted',
    'intentIsMissing',
    'refusedBefore',
    'outcomeIsUnasked',
    'severalOrdersFound',
    'orderFound',
    'renewedElsewhere',
    'orderNotFound',

    'nextKeyIsInUse',
    'keyIsUnkept',
    'orderIsNotVisible',
    'checkIsRequested',
    'lookIsDue',
    'renewedByDigiCert',
    'orderIsOver',
    'keyIsLost',
    'approvalIsOpen',
    'validationIsOpen',
    'csrIsWanted',
    'othersAreWorking',

    'certificateIsOnHardware',
    'certificateIsNew',
    'autoReissueIsWrong',
    'reissueIsRunning',
    'othersReissue',
    'renewalIsDue',
    'reissueIsWanted',
    'validityIsUnknown',
    'certificateHasExpired',
    'namesAreHeld',
    'reissueIsDue',
    'outputsAreLacking',
    'secretIsFoughtOver',
    'lookWasRefused',
    'validationWillLapse',
    'certificateIsGood',
  ])
})
