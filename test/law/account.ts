import { type Account, clusterAccountSpec } from '../../src/api/account.ts'
import type { CertCentral } from '../../src/certcentral/index.ts'
import type { Session } from '../../src/controller/accounts.ts'

const MANY = 100_000

const specOf = (unique: boolean) =>
  clusterAccountSpec.parse({
    apiKeySecretRef: { name: 'certcentral' },
    uniqueAlternativeOrderIds: unique,
    policy: { maxOrdersPerDay: MANY },
  })

const account = (unique: boolean): Account => ({
  metadata: { name: 'certcentral', namespace: 'shop', uid: 'uid-account', generation: 1 },
  spec: specOf(unique),
})

const ACCOUNTS = { yes: account(true), no: account(false) }

/** The account of a play. No policy limits it: the law of money has to hold without one. */
export const sessionFor = (client: CertCentral, uniqueIds: 'yes' | 'no'): Session => ({
  key: 'DigiCertAccount/shop/certcentral',
  name: 'DigiCertAccount shop/certcentral',
  account: ACCOUNTS[uniqueIds],
  client,
  hash: 'law',
  since: new Date(0),
  verdict: { ready: 'yes', reason: 'KeyAccepted', message: 'the law accepts it' },
})
