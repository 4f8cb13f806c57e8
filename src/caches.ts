import { LRUCache } from 'lru-cache'
import type { Account, AccountKind } from './api/account.ts'
import { MANAGED, MANAGED_LABEL } from './api/names.ts'
import type { DigiCertOrder } from './api/order.ts'
import { ACCOUNTS } from './controller/account-store.ts'
import { withoutChain } from './controller/chains.ts'
import { ORDERS } from './controller/orders.ts'
import { type Secret, SECRETS } from './controller/secrets.ts'
import { ORDER_INDEXES, SECRET_INDEXES } from './controller/watches.ts'
import type { KubeClient, KubeObject } from './kube/client.ts'
import { systemClock } from './kube/clock.ts'
import { type Informer, type InformerOptions, combineInformers, createInformer } from './kube/informer.ts'
import { withoutBookkeeping, withoutManagedFields } from './kube/managed-fields.ts'
import type { Log } from './telemetry/log.ts'

/** What the operator watches. */
export type Caches = {
  orders: Informer<DigiCertOrder>
  accounts: Readonly<Record<AccountKind, Informer<Account>>>
  /** Secrets that carry our label; absent where Secrets are not watched. */
  secrets: Informer<Secret> | undefined
  start: (signal: AbortSignal) => void
  synced: () => boolean
  whenSynced: (signal: AbortSignal) => Promise<void>
  /** Whether the API server has been silent for that many milliseconds. */
  stale: (afterMs: number) => boolean
  /** The state of each watch. */
  watches: () => readonly { resource: string; synced: boolean; silentMs: number | undefined }[]
}

/** Event handlers by kind. */
export type Handlers = {
  order: InformerOptions<DigiCertOrder>['onChange']
  account: (kind: AccountKind) => InformerOptions<Account>['onChange']
  secret: InformerOptions<Secret>['onChange']
}

type Scope = {
  client: KubeClient
  log: Log
  namespaces: readonly string[]
  watchSecrets: boolean
  clusterAccounts: boolean
}

const clusterAccounts = ({ client, log }: Scope, handlers: Handlers): Informer<Account> =>
  createInformer<Account>({
    client,
    log,
    resource: ACCOUNTS.ClusterDigiCertAccount,
    onChange: handlers.account('ClusterDigiCertAccount'),
  })

type Watched = Pick<Informer<KubeObject>, 'hasSynced' | 'lastContactAt'>

const watchOf = (resource: string, { hasSynced: synced, lastContactAt }: Watched) => {
  const contactAt = lastContactAt()
  const silentMs = Number.isFinite(contactAt) ? systemClock.monotonic() - contactAt : undefined
  return { resource, synced: synced(), silentMs }
}

/** Root certificates in the cache; a CA has few. */
const MAX_ROOTS = 64

/**
 * Makes Secrets share the text of their root certificate, which is the same in thousands of them. Drops the chain that is
 * stored beside a key.
 */
export const sharingRoots = (): ((secret: Secret) => Secret) => {
  const roots = new LRUCache<string, string>({ max: MAX_ROOTS })
  return (secret) => {
    const bare = withoutChain(withoutManagedFields(secret))
    const root = bare.data?.['ca.crt']
    if (root === undefined) return bare
    const shared = roots.get(root) ?? root
    roots.set(shared, shared)
    return { ...bare, data: { ...bare.data, 'ca.crt': shared } }
  }
}

export const createCaches = (scope: Scope, handlers: Handlers): Caches => {
  const { client, log, namespaces, watchSecrets } = scope
  const scopes = namespaces.length > 0 ? namespaces : [undefined]
  const namespaced = <T extends KubeObject>(options: Omit<InformerOptions<T>, 'client' | 'log'>): Informer<T> =>
    combineInformers(scopes.map((namespace) => createInformer<T>({ client, log, ...options, namespace })))
  const orders = namespaced<DigiCertOrder>({
    resource: ORDERS,
    indexes: ORDER_INDEXES,
    // The status is all that is written of an order, beside the finalizer, which goes by a patch.
    transform: withoutBookkeeping,
    onChange: handlers.order,
  })
  const labelSelector = `${MANAGED_LABEL}=${MANAGED}`
  const secrets = watchSecrets
    ? namespaced<Secret>({
        ...{ resource: SECRETS, labelSelector, indexes: SECRET_INDEXES },
        ...{ transform: sharingRoots(), onChange: handlers.secret },
      })
    : undefined
  const accounts = {
    DigiCertAccount: namespaced<Account>({
      resource: ACCOUNTS.DigiCertAccount,
      onChange: handlers.account('DigiCertAccount'),
    }),
    ClusterDigiCertAccount: combineInformers(scope.clusterAccounts ? [clusterAccounts(scope, handlers)] : []),
  }
  const named = {
    digicertorders: orders,
    digicertaccounts: accounts.DigiCertAccount,
    ...(scope.clusterAccounts ? { clusterdigicertaccounts: accounts.ClusterDigiCertAccount } : {}),
    ...(secrets ? { secrets } : {}),
  }
  const all = Object.values(named)
  return {
    orders,
    accounts,
    secrets,
    start: (signal) => {
      for (const informer of all) informer.start(signal)
    },
    synced: () => all.every((informer) => informer.hasSynced()),
    whenSynced: async (signal) => {
      await Promise.all(all.map((informer) => informer.whenSynced(signal)))
    },
    watches: () => Object.entries(named).map(([resource, informer]) => watchOf(resource, informer)),
    stale: (afterMs) => all.some((informer) => informer.hasSynced() && informer.isStale(afterMs)),
  }
}
