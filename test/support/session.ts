import { type Account, clusterAccountSpec } from '../../src/api/account.ts'
import type { CertCentral } from '../../src/certcentral/index.ts'
import type { Session } from '../../src/controller/accounts.ts'

/** An account of the namespace `shop`, with some fields of its spec changed. */
export const anAccount = (spec: Record<string, unknown> = {}): Account => ({
  metadata: { name: 'certcentral', namespace: 'shop', uid: 'uid-account', generation: 1 },
  spec: clusterAccountSpec.parse({ apiKeySecretRef: { name: 'certcentral' }, ...spec }),
})

type Parts = { client: CertCentral; account?: Account; since?: Date }

/** An account that calls can be made with, by that client. */
export const aSession = ({ client, account = anAccount(), since = new Date(0) }: Parts): Session => ({
  key: 'DigiCertAccount/shop/certcentral',
  name: 'DigiCertAccount shop/certcentral',
  account,
  client,
  hash: 'hash',
  since,
  verdict: { ready: 'yes', reason: 'KeyAccepted', message: 'The API key belongs to Ada Example' },
})
