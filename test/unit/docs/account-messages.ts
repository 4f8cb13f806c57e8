import type { AccountReason, EventReason } from '../../../src/api/reasons.ts'
import { errorOfStatus } from '../../../src/certcentral/errors.ts'
import { createCertCentral } from '../../../src/certcentral/index.ts'
import { KEY_REFUSED, tryKey, unreachableBy } from '../../../src/controller/account-access.ts'
import { Accounts, type AccountsOptions } from '../../../src/controller/accounts.ts'
import { withoutEffect } from '../../../src/order/effective.ts'
import { differencesOf } from '../../../src/order/differences.ts'
import { finalizerHeld, leftBehind, revocationRequested } from '../../../src/order/left-behind.ts'
import { silentLog } from '../../support/silent-log.ts'
import { ABOUT, NOW, ORDER_ID, aSpec, aStatus, anObservation, unreachable } from '../../support/builders.ts'
import { anAccount } from '../../support/session.ts'

const REACH = { allowedHosts: ['www.digicert.com', 'certcentral.digicert.eu'], allowHttp: 'no' } as const

const answered = (status: number) =>
  tryKey({ userMe: () => Promise.reject(errorOfStatus('userMe', { status, body: { text: '' } })) })

const messageOf = (fails: () => unknown): string => {
  try {
    fails()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it did not fail')
}

/** What is written to the status of an account whose Secret does not exist. */
const withoutSecret = async (): Promise<string> => {
  const written: { status?: { conditions?: { message: string }[] } }[] = []
  const accounts = new Accounts({
    kube: {
      get: () => Promise.resolve(undefined),
      replace: (_resource: object, account: object) => Promise.resolve(written.push(account) && account),
    },
    caches: { DigiCertAccount: { get: () => anAccount(), applyLocalWrite: () => undefined } },
    reach: REACH,
    rateLimiters: { forget: () => undefined, pausedMs: () => undefined },
    announce: () => undefined,
    placedOn: () => [],
    now: () => NOW,
    log: silentLog,
  } as unknown as AccountsOptions)
  await accounts.refresh('DigiCertAccount/shop/certcentral')
  return written[0]?.status?.conditions?.[0]?.message ?? ''
}

/** What the operator says of an account, and in an Event, in the examples of the page on troubleshooting. */
export const SAID_OF: Readonly<
  Record<Exclude<AccountReason, 'NotChecked'> | EventReason, () => Promise<string> | string>
> = {
  KeyAccepted: async () =>
    (await tryKey({ userMe: () => Promise.resolve({ name: 'Ada Admin', roles: ['Administrator'] } as never) })).message,
  HostNotAllowed: () => unreachableBy('https://certcentral.example.com/services/v2', REACH) ?? '',
  InvalidAccount: () =>
    messageOf(() => createCertCentral({ url: 'https://www.digicert.com', apiKey: 'key', caBundle: 'x' } as never)),
  SecretNotFound: withoutSecret,
  KeyRefused: () => KEY_REFUSED.message,
  Unreachable: async () => (await answered(503)).message,
  FinalizerHeld: () =>
    finalizerHeld(
      { namespace: 'shop', name: 'shop' },
      'patch digicertorders shop: 403 forbidden: digicertorders.digicert-operator.io "shop" is forbidden',
    ),
  RevocationRequested: () => revocationRequested(ABOUT, { what: 'revoke-order', orderId: ORDER_ID, request: 7000031 }),
  OrderLeft: () =>
    leftBehind(
      anObservation({ deleting: 'yes', deletionPolicy: 'RevokeOrder', namespace: 'terminating' }, unreachable()),
      ABOUT,
    ),
  IssuedOtherwise: () =>
    differencesOf(
      aSpec(),
      aStatus({ order: { id: 7_000_012, status: 'issued', purchase: 1, autoRenew: true } }),
      undefined,
      NOW,
    )
      .map((one) => `${one[0]?.toUpperCase() ?? ''}${one.slice(1)}`)
      .join('; '),
  FieldIgnored: () => withoutEffect(aSpec({ organizationUnits: ['IT'] }), {}).join('; '),
}
