import type { Account, AccountKind } from '../api/account.ts'
import { API_VERSION, FIELD_MANAGER, GROUP, VERSION } from '../api/names.ts'
import type { KubeClient, Resource } from '../kube/client.ts'
import { partsOf } from './account-access.ts'

export const ACCOUNTS: Readonly<Record<AccountKind, Resource>> = {
  DigiCertAccount: { group: GROUP, version: VERSION, plural: 'digicertaccounts', kind: 'DigiCertAccount' },
  ClusterDigiCertAccount: {
    group: GROUP,
    version: VERSION,
    plural: 'clusterdigicertaccounts',
    kind: 'ClusterDigiCertAccount',
  },
}

/** An account as the API server shows one by itself: objects out of a list lack their own kind. */
export const withKind = (account: Account, key: string) => ({
  ...account,
  apiVersion: API_VERSION,
  kind: partsOf(key).kind,
})

type Cache = { get: (key: string) => Account | undefined; applyLocalWrite: (account: Account) => void }

export type AccountCaches = Readonly<Record<AccountKind, Cache>>

/** Accounts by their keys, and their statuses as they are written. */
export type AccountStore = {
  cached: (key: string) => Account | undefined
  /** Past the cache, which is the wiser for it. */
  live: (key: string) => Promise<Account | undefined>
  /** Writes the status as a compare-and-swap on the account as it was read. Fails as {@link KubeClient} does. */
  writeStatus: (key: string, account: Account) => Promise<void>
}

export const createAccountStore = (kube: Pick<KubeClient, 'get' | 'replace'>, caches: AccountCaches): AccountStore => ({
  cached: (key) => {
    const slash = key.indexOf('/')
    return caches[key.slice(0, slash) as AccountKind].get(key.slice(slash + 1))
  },
  live: async (key) => {
    const { kind, namespace, name } = partsOf(key)
    const account = await kube.get<Account>(ACCOUNTS[kind], { namespace, name })
    if (account) caches[kind].applyLocalWrite(account)
    return account
  },
  writeStatus: async (key, account) => {
    const { kind } = partsOf(key)
    const wanted: Account = withKind(account, key)
    const written = await kube.replace(ACCOUNTS[kind], wanted, { subresource: 'status', fieldManager: FIELD_MANAGER })
    caches[kind].applyLocalWrite(written)
  },
})
