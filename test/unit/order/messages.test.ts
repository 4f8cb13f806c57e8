import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ORDER_REASONS, type Reason } from '../../../src/api/reasons.ts'
import type { ValidationEntry } from '../../../src/api/status.ts'
import { isProven, messageOf } from '../../../src/order/messages.ts'
import { anyObservation } from '../../support/any-observation.ts'
import {
  ABOUT,
  ALTERNATIVE_ID,
  type Facts,
  ORDER_ID,
  anObservation,
  failed,
  found,
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
  NO_VALIDATION,
  inDays,
} from '../../support/builders.ts'

const REPAIRED =
  'The operator repairs it with pauses that grow to 30 seconds while it is missing, and to 5 minutes otherwise. Have that client leave the Secret alone, or choose another secretName'

const REASONS = Object.keys(ORDER_REASONS) as Reason[]

const entry = (dnsName: string, rest: Partial<ValidationEntry> = {}): ValidationEntry => ({
  dnsName,
  status: 'pending',
  method: 'dns-txt-token',
  record: { type: 'TXT', name: `_dnsauth.${dnsName}`, value: 'abc' },
  ...rest,
})

const proving = (...entries: ValidationEntry[]): Facts => ({
  validation: { ...NO_VALIDATION, entries },
})

test('every reason has a sentence under all facts', () => {
  fc.assert(
    fc.property(anyObservation, fc.constantFrom(...REASONS), (o, reason) => {
      const message = messageOf(reason, { ...o, problems: ['commonName is no name'] }, ABOUT)
      expect(message.trim()).not.toBe('')
      expect(message).not.toMatch(/undefined|NaN|\[object|Invalid Date/)
      expect(message.length).toBeLessThan(4096)
    }),
    { numRuns: 3000 },
  )
})

describe('what waits for a person says who, what and which id', () => {
  test.each<readonly [string, Reason, readonly Facts[], string]>([
    [
      'a one-step approval',
      'AwaitingApproval',
      [ordered('needs_approval', { requests: [{ id: 8, status: 'pending' }] })],
      `Order ${ORDER_ID} waits for approval of request 8 (one-step); approve it in CertCentral under Requests`,
    ],
    [
      'the first step of a two-step approval',
      'AwaitingApproval',
      [
        ordered('needs_approval', {
          requests: [
            { id: 7, status: 'approved' },
            { id: 8, status: 'submitted' },
          ],
        }),
      ],
      `Order ${ORDER_ID} waits for approval of request 8 (two-step); approve it in CertCentral under Requests`,
    ],
    [
      'an approval of which no request is known',
      'AwaitingApproval',
      [ordered('needs_approval')],
      `Order ${ORDER_ID} waits for approval; approve it in CertCentral under Requests`,
    ],
    [
      'a record to publish',
      'AwaitingValidation',
      [ordered('pending'), proving(entry('a.example.com'), entry('b.example.com', { status: 'approved' }))],
      `Order ${ORDER_ID} waits for validation: publish TXT _dnsauth.a.example.com = abc`,
    ],
    [
      'many records to publish',
      'AwaitingValidation',
      [ordered('pending'), proving(...['a', 'b', 'c', 'd', 'e'].map((name) => entry(`${name}.example.com`)))],
      `Order ${ORDER_ID} waits for validation: publish TXT _dnsauth.a.example.com = abc; publish TXT _dnsauth.b.example.com = abc; publish TXT _dnsauth.c.example.com = abc; and 2 more in status.validation`,
    ],
    [
      'a file to serve and a mail to confirm',
      'AwaitingValidation',
      [
        ordered('pending'),
        proving(
          { dnsName: 'a.example.com', status: 'pending', file: { url: 'http://a.example.com/x', content: 'abc' } },
          { dnsName: 'b.example.com', status: 'pending', method: 'email' },
        ),
      ],
      `Order ${ORDER_ID} waits for validation: serve abc at http://a.example.com/x; confirm the mail that DigiCert sent for b.example.com`,
    ],
    [
      'a record that DigiCert did not find, with the next check',
      'AwaitingValidation',
      [
        ordered('pending'),
        {
          validation: {
            ...NO_VALIDATION,
            entries: [entry('a.example.com', { checkedAt: inMinutes(-3).toISOString() })],
            ...{ since: inDays(-2), checkedAt: inMinutes(-3), nextCheckAt: inMinutes(57) },
          },
        },
      ],
      `Order ${ORDER_ID} waits for validation: publish TXT _dnsauth.a.example.com = abc. At 2026-11-24 11:57 UTC DigiCert found no proof yet (pending); the operator asks for the next check at 2026-11-24 12:57 UTC. Waiting since 2026-11-22 12:00 UTC`,
    ],
    [
      'a file that DigiCert did not find, by its own word for that',
      'AwaitingValidation',
      [
        ordered('pending'),
        {
          validation: {
            ...NO_VALIDATION,
            entries: [
              {
                dnsName: 'a.example.com',
                status: 'pending',
                file: { url: 'http://a.example.com/x', content: 'abc' },
                checkedAt: inMinutes(-3).toISOString(),
                lastError: 'file_random_value_not_found',
              },
            ],
            checkedAt: inMinutes(-3),
          },
        },
      ],
      `Order ${ORDER_ID} waits for validation: serve abc at http://a.example.com/x. At 2026-11-24 11:57 UTC DigiCert did not find it (file_random_value_not_found)`,
    ],
    [
      'an organization that DigiCert validates as well',
      'AwaitingValidation',
      [
        ordered('pending'),
        {
          validation: {
            ...NO_VALIDATION,
            entries: [entry('a.example.com')],
            organization: [{ type: 'ov', status: 'pending' }],
          },
        },
      ],
      `Order ${ORDER_ID} waits for validation: publish TXT _dnsauth.a.example.com = abc. DigiCert validates the organization (ov: pending): its staff calls or mails the contacts of the organization, which may take days; CertCentral shows how far it is under Organizations`,
    ],
    [
      'an approval that was asked for some time ago',
      'AwaitingApproval',
      [ordered('needs_approval'), { askedAt: inDays(-2) }],
      `Order ${ORDER_ID} waits for approval; approve it in CertCentral under Requests. Waiting since 2026-11-22 12:00 UTC`,
    ],
    [
      'a validation that is up to DigiCert',
      'AwaitingValidation',
      [ordered('pending'), proving()],
      `Order ${ORDER_ID} waits for validation: nothing is to be published; DigiCert validates organization and domains`,
    ],
    [
      'a pick-up',
      'AwaitingPickup',
      [ordered('waiting_pickup')],
      `Order ${ORDER_ID} waits to be picked up by a person in CertCentral`,
    ],
    [
      'a token',
      'AwaitingPickup',
      [ordered('waiting_pickup'), { delivery: 'hardware' }],
      `Order ${ORDER_ID} waits to be picked up by a person in CertCentral and put on a token; the initialization code stands there with the order, and no Secret is written`,
    ],
    [
      'a token that was issued',
      'Issued',
      [ordered('issued'), { delivery: 'hardware' }],
      `Order ${ORDER_ID} is issued; its certificate is on hardware, and no Secret is written`,
    ],
    [
      'a CSR of no use',
      'CSRNotUsable',
      [unbought, { csrProblem: 'csrSecretRef: Secret a, entry b, does not exist' }],
      'csrSecretRef: Secret a, entry b, does not exist. Nothing was bought with it',
    ],
    [
      'a card of no use',
      'CardNotUsable',
      [unbought, failed('CardNotUsable', { message: 'Secret card lacks cvv' })],
      'The card cannot be used, so nothing was bought: Secret card lacks cvv',
    ],
    [
      'an order of unknown outcome',
      'OutcomeUnknown',
      [sent(-1)],
      `The order was sent at 2026-11-24T11:44:00.000Z with the alternative order id ${ALTERNATIVE_ID} and no answer came. The operator looks up that id, and its key in the orders of that name. If it certainly does not exist in CertCentral after 2026-11-24T11:59:00.000Z, set the annotation digicert-operator.io/order-again: "${ALTERNATIVE_ID}" to have the same request sent again`,
    ],
    [
      'an order of unknown outcome that was sent twice',
      'OutcomeUnknown',
      [sent(-1, { sends: 2 })],
      `set the annotation digicert-operator.io/order-again: "${ALTERNATIVE_ID}-2" to have the same request sent again`,
    ],
    [
      'a revoked order',
      'OrderRevoked',
      [seen({ status: 'revoked' })],
      `Order ${ORDER_ID} was revoked in CertCentral. Its certificates are no longer trusted. The operator does not order it again. To place a new order, set the annotation digicert-operator.io/order-again: "${ORDER_ID}"`,
    ],
    [
      'a Secret that the operator did not write',
      'SecretConflict',
      [unbought, { target: { kind: 'foreign' } }],
      "Secret shop-tls exists and is not the operator's: it lacks the annotation digicert-operator.io/order, or is of another type. The operator leaves it alone. Nothing was bought. Delete that Secret, or choose another secretName",
    ],
    [
      'a Secret in the place of the key Secret',
      'SecretConflict',
      [intended({ purchase: 2 }), { key: 'foreign' }],
      'Secret shop-key-2 has the name under which the operator keeps the private key, and is not a key Secret of this DigiCertOrder. The operator leaves it alone. Nothing was bought. Delete or rename that Secret, or make a DigiCertOrder of another name',
    ],
    [
      'a Secret in the place of the key Secret of a certificate in use',
      'SecretConflict',
      [{ key: 'foreign' }],
      'Secret shop-key-1 has the name under which the operator keeps the private key, and is not a key Secret of this DigiCertOrder. The operator leaves it alone. The certificate in use stays, and no other one is made. Delete or rename that Secret, or make a DigiCertOrder of another name',
    ],
    [
      'a Secret that an older order keeps',
      'SecretClaimedByOtherOrder',
      [unbought, { target: { kind: 'contested', by: 'older' } }],
      'Secret shop-tls is kept by DigiCertOrder older; choose another secretName. Nothing was bought',
    ],
    [
      'a Secret that one client changes',
      'SecretModifiedByOthers',
      [repaired(2, -1, { managers: ['external-secrets'] })],
      `Field manager external-secrets changes Secret shop-tls again and again. ${REPAIRED}`,
    ],
    [
      'a Secret that two clients change and that was deleted',
      'SecretModifiedByOthers',
      [repaired(3, -1, { managers: ['external-secrets', 'kubectl-edit'], wasMissing: 'yes' })],
      `Field managers external-secrets, kubectl-edit change Secret shop-tls again and again, and it was deleted meanwhile. ${REPAIRED}`,
    ],
    [
      'a Secret that is deleted',
      'SecretModifiedByOthers',
      [repaired(2, -1, { wasMissing: 'yes' })],
      `Secret shop-tls is deleted again and again; the API server's audit log names the client. ${REPAIRED}`,
    ],
    [
      'a Secret that nobody is known to change',
      'SecretModifiedByOthers',
      [repaired(2, -1)],
      `Secret shop-tls is changed again and again, by a client that its managedFields do not name; the API server's audit log does. ${REPAIRED}`,
    ],
    [
      'several orders of one alternative order id',
      'DuplicateOrders',
      [intended(), { remote: { kind: 'several', orderIds: [11, 12] } }],
      'CertCentral has several orders with the alternative order id of this resource: 11, 12; cancel all but one there',
    ],
    [
      'an order that is not what the spec asks for',
      'OrderMismatch',
      [intended(), found({ mismatches: ['its product is ssl_basic', 'it lacks a.example.com'] })],
      `Order ${ORDER_ID} has the alternative order id of this resource but is not what the spec asks for: its product is ssl_basic; it lacks a.example.com. Change the spec to match it, or cancel the order in CertCentral`,
    ],
    [
      'an order that is not visible',
      'OrderNotVisible',
      [ordered('pending')],
      `CertCentral does not show order ${ORDER_ID} to the API key of DigiCertAccount shop/certcentral; check the user, division and role of the key`,
    ],
    [
      'an account that is missing',
      'AccountNotFound',
      [{ account: { kind: 'missing' } }],
      'DigiCertAccount shop/certcentral does not exist; create it, or name another one in spec.accountRef',
    ],
    [
      'an account that is not ready',
      'AccountNotReady',
      [{ account: { kind: 'not-ready', message: 'its Secret is missing' } }],
      'DigiCertAccount shop/certcentral cannot be used: its Secret is missing',
    ],
    [
      'an account whose key is refused',
      'AccountNotReady',
      [{ remote: { kind: 'refused', message: 'CertCentral says 403' } }],
      'DigiCertAccount shop/certcentral cannot be used: CertCentral says 403',
    ],
    [
      'a guard rail',
      'DeniedByPolicy',
      [unbought, withAccount({ forbids: 'its policy.products does not list ssl_basic' })],
      'DigiCertAccount shop/certcentral forbids the order: its policy.products does not list ssl_basic. Nothing was bought',
    ],
    [
      'a clock that is ahead',
      'ClockSkew',
      [withAccount({ aheadMs: 48 * 3_600_000 })],
      "The clock of the operator is 48 hours ahead of CertCentral's. By CertCentral's clock the renewal of",
    ],
    [
      'the limit of the day',
      'OrderLimitReached',
      [unbought, withAccount({ ordersLeft: 0 })],
      'DigiCertAccount shop/certcentral placed as many orders today as policy.maxOrdersPerDay, or policy.maxOrdersPerDayPerNamespace, allows; this one is placed after 2026-11-25T00:00:00.000Z',
    ],
    [
      'a Secret that the cluster would refuse',
      'SecretWriteDenied',
      [unbought, failed('SecretWriteDenied')],
      'The cluster would refuse Secret shop-tls, so nothing was bought: it was refused for a reason',
    ],
    [
      'a Secret that the cluster refuses when the order exists',
      'SecretWriteDenied',
      [ordered('issued'), failed('SecretWriteDenied')],
      `The cluster refuses the Secret that order ${ORDER_ID} waits for (shop-tls, or that of its key): it was refused for a reason`,
    ],
    [
      'a refused order',
      'OrderRefused',
      [intended(), failed('OrderRefused')],
      'CertCentral refused the order, nothing was bought: it was refused for a reason',
    ],
    [
      'a call that failed',
      'CertCentralUnavailable',
      [intended(), unreachable()],
      'the server answered 500; the operator tries again, and buys nothing twice',
    ],
    [
      'a bad certificate',
      'BadCertificate',
      [{ stored: undefined }, failed('BadCertificate')],
      `The certificate of order ${ORDER_ID} does not fit, and the operator left Secret shop-tls as it is: it was refused for a reason. It downloads the certificate again`,
    ],
    [
      'a strange word',
      'UnknownStatus',
      [ordered('on_the_moon')],
      `Order ${ORDER_ID} has the status "on_the_moon", which this version does not know; the operator goes on polling it`,
    ],
    [
      'names that are missing',
      'ReissueDue',
      [withStored({ missingNames: ['a.example.com'] })],
      `The certificate does not cover a.example.com, and spec.reissue.by or spec.renewal.policy keeps the operator from replacing it. Reissue or renew order ${ORDER_ID} in CertCentral`,
    ],
    [
      'names that the account forbids',
      'ReissueDue',
      [
        withStored({ missingNames: ['a.example.com'] }),
        withAccount({ forbids: 'its policy.namespaces asks for team=web, which namespace shop does not have' }),
      ],
      'DigiCertAccount shop/certcentral forbids the names that the certificate does not cover, a.example.com: its policy.namespaces asks for team=web, which namespace shop does not have. The operator does not ask for them',
    ],
    [
      'an end that no rule of the account has to do with',
      'ReissueDue',
      [withAccount({ forbids: 'its policy.products does not list ssl_basic' })],
      'The certificate ends on 2027-06-02, and spec.reissue.by or spec.renewal.policy keeps the operator from replacing it',
    ],
    [
      'a lapse',
      'CertificateExpired',
      [],
      `The certificate in Secret shop-tls expired on 2027-06-02; order ${ORDER_ID} has no newer one`,
    ],
    [
      'a good certificate',
      'Issued',
      [],
      `Secret shop-tls holds the certificate of order ${ORDER_ID}, good until 2027-06-02`,
    ],
    ['a wrong spec', 'InvalidSpec', [{ problems: ['a is wrong', 'b is missing'] }], 'a is wrong; b is missing'],
  ])('%s', (_what, reason, facts, wanted) => {
    expect(messageOf(reason, anObservation(...facts), ABOUT)).toContain(wanted)
  })
})

test.each([
  ['approved', true],
  ['complete', true],
  ['active', true],
  ['pending', false],
  ['expired', false],
  ['', false],
])('a name with the status %j counts as proven: %s', (word, wanted) => {
  expect(isProven(word)).toBe(wanted)
})
