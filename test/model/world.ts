import { type Account, clusterAccountSpec } from '../../src/api/account.ts'
import { type DigiCertOrder, orderSpec } from '../../src/api/order.ts'
import type { Session } from '../../src/controller/accounts.ts'
import { createAccountStore } from '../../src/controller/account-store.ts'
import { createLedger as createDayLedger } from '../../src/controller/ledger.ts'
import { type Memory, createMemory } from '../../src/controller/memory.ts'
import { createStatusWriter } from '../../src/controller/orders.ts'
import { createSelfWriteTracker } from '../../src/controller/own-writes.ts'
import { Reconciler } from '../../src/controller/reconcile.ts'
import { type Secret, createSecretStore } from '../../src/controller/secrets.ts'
import { createStatusFeed } from '../../src/controller/status-feed.ts'
import { ANNOTATIONS, KEY_SECRET_TYPE, MANAGED_LABEL } from '../../src/api/names.ts'
import { type Store, createStore } from '../../src/kube/store.ts'
import type { ReconcileResult } from '../../src/kube/controller.ts'
import { exportKey, generateKey, publicFingerprint, readKey } from '../../src/pki/keys.ts'
import type { Log } from '../../src/telemetry/log.ts'
import { silentLog } from '../support/silent-log.ts'
import { type ApiServer, type Gate, type Guards, createApiServer } from './api-server.ts'
import { BEGINNING } from './authority.ts'
import { Crash, type Fault, type Schedule, under } from './faults.ts'
import { type Course, type Entry, type Ledger, createLedger, isLiving } from './ledger.ts'

export const KEY = 'shop/shop'
export const ORDER = 'digicertorders/shop/shop'
export const TARGET = 'secrets/shop/shop-tls'

export type Setting = {
  course: Course
  uniqueIds: 'yes' | 'no'
  /** Knock-outs: guards that are switched off, never in the product. */
  lock?: Guards['lock']
  lookUp?: 'on' | 'blind'
  sentMark?: Guards['sentMark']
  /** `made`: the key Secret is there from the start, always with the same key; saves time where keys are no matter. */
  key?: 'made' | 'absent'
  /** A call that fails in the same way each time, for so many milliseconds from the beginning. */
  outage?: { call: string; fault: Fault; lasts: number }
  maxOrdersPerDay?: number
  /** Where the log goes; nowhere by default. */
  log?: Log
}

/** One replica of the operator: what dies in a crash. */
export type Process = {
  reconcile: () => Promise<ReconcileResult>
  /** Lets the caches catch up with the API server, as watches do. */
  sync: () => void
  /** What the poll of the account tells. */
  hear: () => Promise<void>
  kill: () => void
}

export type World = {
  api: ApiServer
  ledger: Ledger
  clock: { now: () => Date; set: (date: Date) => void }
  order: () => DigiCertOrder
  /** Starts a replica; its calls go through the gate that comes with it. */
  start: (caches?: 'fresh' | 'stale', gate?: Gate) => Process
  /** From here on no fault strikes. */
  calm: () => void
  /** Names of the calls that were made, in order, with the faults that struck. */
  trace: readonly string[]
  /** What must never be, and was. */
  violations: string[]
}

const account: Account = {
  metadata: { name: 'certcentral', namespace: 'shop', uid: 'uid-account', generation: 1 },
  spec: clusterAccountSpec.parse({ apiKeySecretRef: { name: 'certcentral' } }),
}

const accountOf = ({ uniqueIds, maxOrdersPerDay = 20 }: Setting): Account => {
  const policy = { ...account.spec.policy, maxOrdersPerDay }
  return { ...account, spec: { ...account.spec, policy, uniqueAlternativeOrderIds: uniqueIds === 'yes' } }
}

const sessionOf = (world: Pick<Surroundings, 'ledger' | 'setting'>, gate: Gate, since: Date): Session => ({
  key: 'DigiCertAccount/shop/certcentral',
  name: 'DigiCertAccount shop/certcentral',
  account: accountOf(world.setting),
  client: world.ledger.client(gate),
  hash: 'model',
  since,
  verdict: { ready: 'yes', reason: 'KeyAccepted', message: 'the model accepts it' },
})

export const newOrder = (): DigiCertOrder => ({
  apiVersion: 'digicert-operator.io/v1alpha1',
  kind: 'DigiCertOrder',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: orderSpec.parse({
    accountRef: { name: 'certcentral' },
    product: 'ssl_dv_geotrust_flex',
    secretName: 'shop-tls',
    commonName: 'shop.example.com',
    dnsNames: ['www.shop.example.com'],
    orderValidity: { years: 1 },
    privateKey: { algorithm: 'ECDSA' },
    dcv: { method: 'dns-txt-token' },
  }),
})

const MADE = exportKey(await generateKey({ algorithm: 'ECDSA' }), 'PKCS8')

const keySecret = (owner: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: KEY_SECRET_TYPE,
  metadata: {
    name: 'shop-key-1',
    namespace: 'shop',
    labels: { [MANAGED_LABEL]: 'true' },
    annotations: { [ANNOTATIONS.owner]: 'shop' },
    ownerReferences: [
      {
        apiVersion: 'digicert-operator.io/v1alpha1',
        kind: 'DigiCertOrder',
        name: 'shop',
        uid: owner,
        controller: true,
      },
    ],
  },
  data: { 'tls.key': Buffer.from(MADE, 'utf8').toString('base64') },
})

type Caches = { orders: Store<DigiCertOrder>; secrets: Store<Secret>; accounts: Store<Account> }

const fill = ({ orders, secrets, accounts }: Caches, api: ApiServer, how: 'fresh' | 'stale'): void => {
  const list = how === 'fresh' ? api.list : api.lagging
  orders.replace(list('digicertorders') as unknown as DigiCertOrder[], api.version())
  accounts.replace(list('digicertaccounts') as unknown as Account[], api.version())
  const labelled = list('secrets').filter(({ metadata }) => metadata.labels?.[MANAGED_LABEL] !== undefined)
  secrets.replace(labelled as unknown as Secret[], api.version())
}

type Surroundings = Omit<World, 'start'> & { setting: Setting }

const startProcess = (world: Surroundings, caches: 'fresh' | 'stale', gate: Gate): Process => {
  const { api, clock } = world
  const alive = { is: 'yes' as 'yes' | 'no' }
  const guarded: Gate = async (point, effect) => {
    if (alive.is === 'no') throw new Crash('fresh')
    try {
      return await gate(point, effect)
    } catch (error) {
      // Nothing that the product does while it comes to pieces, such as tidying up after an error, is done any more.
      if (error instanceof Crash) alive.is = 'no'
      throw error
    }
  }
  const stores: Caches = {
    orders: createStore<DigiCertOrder>(),
    secrets: createStore<Secret>(),
    accounts: createStore<Account>(),
  }
  fill(stores, api, caches)
  const { now } = clock
  const session = sessionOf(world, guarded, now())
  const memory: Memory = createMemory(now())
  const kube = api.client(guarded)
  const cacheOf = <T extends DigiCertOrder | Secret | Account>(store: Store<T>) => ({
    ...store,
    applyLocalWrite: store.upsertLocal,
  })
  const own = createSelfWriteTracker()
  const ofAccounts = cacheOf(stores.accounts)
  const accounts = { DigiCertAccount: ofAccounts, ClusterDigiCertAccount: ofAccounts }
  const days = createDayLedger({ now, placedOn: () => [], store: createAccountStore(kube, accounts) })
  const reconciler = new Reconciler({
    orders: stores.orders,
    statuses: createStatusWriter(kube, cacheOf(stores.orders), own),
    secrets: createSecretStore({ kube, cache: cacheOf(stores.secrets), own, clusterId: 'model' }),
    sources: {
      accountOf: () => Promise.resolve({ kind: 'ready', name: session.name, session }),
      left: days.left,
      namespaceForbidden: () => Promise.resolve(undefined),
      rivals: () => stores.orders.list(),
      holders: () => [],
      keepsIds: () => true,
      isReserved: () => false,
      noteGiven: () => undefined,
      clusterId: 'model',
    },
    memory,
    ids: { note: () => undefined, known: () => [] },
    leadershipMs: () => 60_000,
    claimOrder: ({ key }, claim) => days.claim(key, claim),
    returnOrder: ({ key }, claim) => days.giveBack(key, claim),
    namespaceOf: () => Promise.resolve('stays'),
    announceAtHome: () => Promise.resolve(),
    onStep: () => undefined,
    announce: () => undefined,
    unknownOutcomeTimeoutMs: 15 * 60_000,
    now,
    random: () => 0.5,
    log: world.setting.log ?? silentLog,
  })
  const feed = createStatusFeed({
    accounts: { noteReach: () => undefined },
    memory,
    ordersById: (_account, id) => stores.orders.list().filter(({ status }) => status?.order?.id === id),
    wake: () => undefined,
    now,
  })
  return {
    reconcile: () => reconciler.reconcile(KEY),
    sync: () => fill(stores, api, 'fresh'),
    hear: () => feed.poll(session),
    kill: () => {
      alive.is = 'no'
    },
  }
}

const fingerprints = new Map<string, string | undefined>()

const fingerprintOf = ({ data }: Secret): string | undefined => {
  const pem = Buffer.from(data?.['tls.key'] ?? '', 'base64').toString('utf8')
  const key = fingerprints.has(pem) ? undefined : readKey(pem)
  if (key) fingerprints.set(pem, publicFingerprint(key))
  return fingerprints.get(pem)
}

/** Fingerprints of all private keys in Secrets. */
export const keysIn = (api: ApiServer): string[] =>
  api.list('secrets').flatMap((secret) => fingerprintOf(secret as Secret) ?? [])

/** Watches every purchase: one living order at most, and its key in the cluster (promises P1 and P2). */
const purchaseFault = (api: ApiServer, ledger: Ledger, placed: Entry): string[] => {
  const living = ledger.orders.filter(isLiving).length
  return [
    ...(living > 1 ? [`P1: ${String(living)} living orders`] : []),
    ...(keysIn(api).includes(placed.fingerprint) ? [] : ['P2: an order was placed whose key is in no Secret']),
  ]
}

/** A world at its beginning: one order, just applied, and nobody who looks after it. */
export const createWorld = (setting: Setting, faults: Schedule = new Map<number, Fault>()): World => {
  const clock = { at: new Date(BEGINNING) }
  const now = () => clock.at
  const api = createApiServer(now, { lock: setting.lock ?? 'on', sentMark: setting.sentMark ?? 'kept' })
  const violations: string[] = []
  const pending = new Map(faults)
  const trace: string[] = []
  const ledger: Ledger = createLedger({
    course: setting.course,
    uniqueIds: setting.uniqueIds,
    lookUp: setting.lookUp ?? 'on',
    now,
    onPlaced: (placed) => void violations.push(...purchaseFault(api, ledger, placed)),
  })
  api.add('digicertorders', newOrder())
  api.add('digicertaccounts', accountOf(setting))
  if (setting.key === 'made') api.add('secrets', keySecret(api.get(ORDER)?.metadata.uid ?? ''))
  const gate: Gate = (point, effect) => {
    const { outage } = setting
    const isOut = outage?.call === point.name && now().getTime() < BEGINNING + outage.lasts
    const fault = isOut ? outage.fault : pending.get(trace.length)
    trace.push(fault === undefined ? point.name : `${point.name} (${fault})`)
    return new Promise((resolve) => resolve(under(fault, point, effect, now())))
  }
  const shared: Surroundings = {
    api,
    ledger,
    setting,
    calm: () => pending.clear(),
    trace,
    violations,
    clock: { now, set: (date) => void (clock.at = date) },
    order: () => api.get(ORDER) as unknown as DigiCertOrder,
  }
  return { ...shared, start: (caches = 'fresh', own = gate) => startProcess(shared, caches, own) }
}
