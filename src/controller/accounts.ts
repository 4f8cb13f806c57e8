import type { Account, Purchase } from '../api/account.ts'
import type { DigiCertOrder } from '../api/order.ts'
import { type CallRecord, type CertCentral, createCertCentral, headerKey } from '../certcentral/index.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/events.ts'
import {
  KEY_REFUSED,
  type Reach,
  type Verdict,
  accessHash,
  accountKey,
  accountName,
  caBundleOf,
  hostOf,
  partsOf,
  tryKey,
  unreachableBy,
} from './account-access.ts'
import { conditionsOf, pauseOf } from './account-status.ts'
import { type AccountCaches, type AccountStore, createAccountStore, withKind } from './account-store.ts'
import { hasNone } from './day-book.ts'
import { createHeldKeys } from './held-keys.ts'
import { type KeptSessions, createKeptSessions } from './kept-sessions.ts'
import { type Claim, type ClaimAnswer, type Ledger, type Left, createLedger } from './ledger.ts'
import { SECRETS, type Secret, textOf } from './secrets.ts'
import type { RateLimiters } from './rate-limiters.ts'
import type { Log } from '../telemetry/log.ts'
import { traceCall } from './traces.ts'
import { readyOf, tellAccount } from './transitions.ts'

/** An account that calls can be made with. */
export type Session = {
  key: string
  name: string
  account: Account
  client: CertCentral
  hash: string
  /** When this access was made: what was refused before may be tried again. */
  since: Date
  verdict: Verdict
  /** When an answer to a call had the account looked at last. */
  doubtedAt?: Date
}

export type AccountState =
  | { kind: 'missing'; name: string }
  | { kind: 'not-ready'; name: string; message: string }
  | { kind: 'ready'; name: string; session: Session }

export type AccountsOptions = {
  kube: KubeClient
  caches: AccountCaches
  operatorNamespace: string
  reach: Reach
  requestTimeoutMs: number
  userAgent: string
  rateLimiters: Pick<RateLimiters, 'limiterOf' | 'forget' | 'pausedMs'>
  now: () => Date
  /** Keeps a secret out of logs until what comes back is called. */
  holdSecret: (secret: string) => () => void
  onCall: (key: string, record: CallRecord) => void
  /** The namespaces of the orders of an account that were placed on a day (yyyy-MM-dd, UTC) by what their statuses tell. */
  placedOn: (key: string, date: string) => readonly string[]
  /** The orders that name an account. */
  ordersOf: (key: string) => readonly DigiCertOrder[]
  log: Log
  /** What the orders of an account wait for, or say, may be otherwise now. */
  wakeOrders: (key: string) => void
  /** An answer to a call says that the account is not what its status says; it is to be looked at now. */
  lookAgain: (key: string) => void
  announce: EventRecorder['record']
}

/** How often an account is looked at because of the answers to its calls, in milliseconds. */
const LOOK_AGAIN = 10_000

/** Keeps one client per account. */
export class Accounts {
  readonly #options: AccountsOptions
  readonly #sessions = new Map<string, Session>()
  readonly #kept: KeptSessions<Session>
  readonly #problems = new Map<string, Verdict>()
  readonly #refreshing = new Map<string, Promise<Session | undefined>>()
  readonly #store: AccountStore
  readonly #ledger: Ledger
  readonly #keys: ReturnType<typeof createHeldKeys>

  constructor(options: AccountsOptions) {
    const { kube, caches, now, placedOn, ordersOf, holdSecret } = options
    this.#options = options
    this.#keys = createHeldKeys(holdSecret)
    this.#kept = createKeptSessions({ now, ordersOf, close: (session) => this.#end(session) })
    this.#store = createAccountStore(kube, caches)
    this.#ledger = createLedger({ now, placedOn, store: this.#store })
  }

  /** The account that an order names. One that was not looked at as it is now is looked at, once for all who ask. */
  async of(order: DigiCertOrder): Promise<AccountState> {
    const { kind, name: short } = order.spec.accountRef
    const namespace = kind === 'DigiCertAccount' ? order.metadata.namespace : undefined
    const key = accountKey(kind, namespace, short)
    const name = accountName(kind, namespace, short)
    await this.#look(key)
    const session = this.#sessions.get(key) ?? this.#kept.of(key, order, this.#cached(key)?.metadata.uid)
    if (session && session.verdict.reason !== 'KeyRefused') return { kind: 'ready', name, session }
    if (!this.exists(key)) return { kind: 'missing', name }
    const verdict = session?.verdict ?? this.#problems.get(key) ?? UNKNOWN
    return { kind: 'not-ready', name, message: verdict.message }
  }

  /** Looks at an account that was not looked at as it is now. */
  async #look(key: string): Promise<void> {
    // A refresh that was under way may have begun before the account was edited.
    for (let tries = 0; tries < 2; tries += 1) if (this.exists(key) && !this.#isCurrent(key)) await this.refresh(key)
    if (!this.exists(key)) this.#retire(key)
  }

  /** Whether the account was looked at as it is now: its orders are woken by an edit before the session knows of it. */
  #isCurrent(key: string): boolean {
    const known = this.#sessions.get(key)?.account.metadata
    const { uid, generation } = this.#cached(key)?.metadata ?? {}
    return known ? known.uid === uid && known.generation === generation : this.#problems.has(key)
  }

  /** Reads account and Secret again, and tries the key where it is new or was refused. */
  refresh(key: string): Promise<Session | undefined> {
    const running = this.#refreshing.get(key) ?? this.#refresh(key).finally(() => this.#refreshing.delete(key))
    this.#refreshing.set(key, running)
    return running
  }

  async #refresh(key: string): Promise<Session | undefined> {
    const account = this.#cached(key)
    if (!account) {
      this.#retire(key)
      this.#problems.delete(key)
      return undefined
    }
    const session = await this.#access(key, account)
    if (session) await this.#tryOut(session)
    await this.#writeStatus(key, account, session?.verdict ?? this.#problems.get(key) ?? UNKNOWN)
    return session
  }

  /** Keeps nothing more of an account that is gone, but for what it bought today. */
  forget(key: string): void {
    this.#close(key)
    this.#problems.delete(key)
    this.#ledger.forget(key)
  }

  /** How many entries are kept, all in all; for tests of what may grow. */
  size(): number {
    const maps = [this.#sessions, this.#problems, this.#refreshing]
    return maps.reduce((sum, { size }) => sum + size, this.#keys.size() + this.#ledger.size())
  }

  /** CertCentral did not answer the poll of this session; the key is tried again at the next one. */
  noteReach(session: Session, trouble: string): void {
    session.verdict = { ready: 'no', reason: 'Unreachable', message: `CertCentral does not answer: ${trouble}` }
  }

  /** The host of an account that exists. */
  hostOf(key: string): string | undefined {
    const account = this.#cached(key)
    return account && hostOf(account)
  }

  exists(key: string): boolean {
    return this.#cached(key) !== undefined
  }

  /** Whether the session of an account that is gone is kept, to end the orders that go as well. */
  isKept(key: string): boolean {
    return this.#kept.has(key)
  }

  /** By how much our clock is ahead of CertCentral's, by its last answer to this account; in milliseconds. */
  aheadMs(key: string): number | undefined {
    return this.#sessions.get(key)?.client.aheadMs()
  }

  ordersToday(key: string): number {
    return this.#ledger.today(key).count
  }

  /** Whether a purchase is counted for today already: sending it again, or after a crash, takes no further one. */
  isReserved(key: string, { namespace, name, purchase }: Claim): boolean {
    const { date } = this.#ledger.today(key)
    const isOf = (known: Purchase): boolean =>
      known.namespace === namespace && known.name === name && known.purchase === purchase
    return this.#ledger.purchases(key).some((known) => known.time.startsWith(date) && isOf(known))
  }

  /** What the policy leaves for today to a namespace. */
  left(key: string, namespace: string): Left {
    return this.#ledger.left(key, namespace)
  }

  /** Reserves one of the orders or name changes that the policy leaves for today, before anything is sent. */
  claimOrder({ key }: Session, claim: Claim): Promise<ClaimAnswer> {
    return this.#ledger.claim(key, claim)
  }

  /** Gives back what {@link Accounts.claimOrder} took for what was not placed after all. */
  returnOrder({ key }: Session, claim: Claim): void {
    const wasUsedUp = hasNone(this.left(key, claim.namespace), claim)
    this.#ledger.giveBack(key, claim)
    // Others may have been told meanwhile to wait for the next day.
    if (wasUsedUp) this.#options.wakeOrders(key)
  }

  #cached(key: string): Account | undefined {
    return this.#store.cached(key)
  }

  #close(key: string): void {
    this.#kept.drop(key)
    const session = this.#sessions.get(key)
    this.#sessions.delete(key)
    if (session) this.#end(session)
    else this.#release(key)
  }

  #end({ key, client }: Session): void {
    client.close()
    this.#release(key)
  }

  #release(key: string): void {
    this.#options.rateLimiters.forget(key)
    this.#keys.close(key)
  }

  /** The account, or its key, is gone: what it opened serves the end of orders for a while. */
  #retire(key: string): void {
    const session = this.#sessions.get(key)
    this.#sessions.delete(key)
    if (session) this.#kept.keep(session)
    else if (!this.#kept.has(key)) this.#release(key)
  }

  async #tryOut(session: Session): Promise<void> {
    const known = this.#sessions.get(session.key) === session
    if (known && session.verdict.ready === 'yes') return
    session.verdict = await tryKey(session.client)
    if (session.verdict.reason === 'KeyAccepted') this.#keys.accepted(session.key)
    this.#problems.delete(session.key)
    this.#sessions.set(session.key, session)
    if (session.verdict.reason !== 'KeyRefused') this.#options.wakeOrders(session.key)
  }

  async #readKey(account: Account): Promise<{ secret: Secret | undefined; apiKey: string | undefined }> {
    const { name, key } = account.spec.apiKeySecretRef
    const secret = await this.#options.kube.get<Secret>(SECRETS, { namespace: this.#namespaceOf(account), name })
    return { secret, apiKey: textOf(secret, key)?.trim() || undefined }
  }

  #namespaceOf(account: Account): string {
    return account.metadata.namespace ?? this.#options.operatorNamespace
  }

  #open(key: string, account: Account, apiKey: string): Session {
    const { onCall, rateLimiters, requestTimeoutMs, userAgent, now } = this.#options
    const { kind, namespace, name } = partsOf(key)
    const hash = accessHash(account, apiKey)
    const named = {
      key,
      name: accountName(kind, namespace, name),
      account,
      rateLimiters,
      hash,
      since: now(),
      verdict: UNKNOWN,
    }
    const client = createCertCentral({
      url: account.spec.url,
      apiKey,
      ...caBundleOf(account),
      limiter: rateLimiters.limiterOf(key, apiKey, account.spec),
      ...{ requestTimeoutMs, userAgent },
      wall: () => now().getTime(),
      onCall: (record) => {
        traceCall(account.spec.url, record)
        // A pass that is under way outlives its account.
        if (this.exists(key)) onCall(key, record)
        if (record.kind === 'unauthorized') session.verdict = KEY_REFUSED
        if (record.kind === 'unauthorized' || record.status === 429) this.#doubt(session)
      },
    })
    const session: Session = { ...named, client }
    this.#keys.open(key, apiKey)
    return session
  }

  /** Has the status say soon what an answer said of the account; a server that contradicts itself gets no loop. */
  #doubt(session: Session): void {
    const now = this.#options.now()
    const { key, doubtedAt } = session
    if (!this.exists(key) || (doubtedAt && Math.abs(now.getTime() - doubtedAt.getTime()) < LOOK_AGAIN)) return
    session.doubtedAt = now
    this.#options.lookAgain(key)
  }

  #trouble(key: string, reason: Verdict['reason'], message: string): void {
    this.#close(key)
    this.#problems.set(key, { ready: 'no', reason, message })
  }

  /** Where a namespace is deleted, the Secret may go a moment before the account. */
  #lacksKey(key: string, account: Account, secret: Secret | undefined): void {
    if (this.#sessions.get(key)?.account.metadata.uid === account.metadata.uid) this.#retire(key)
    else if (!this.#kept.has(key)) this.#close(key)
    this.#problems.set(key, { ready: 'no', reason: 'SecretNotFound', message: this.#lackingKey(account, secret) })
  }

  async #access(key: string, account: Account): Promise<Session | undefined> {
    const outside = unreachableBy(account.spec.url, this.#options.reach)
    if (outside !== undefined) {
      this.#trouble(key, 'HostNotAllowed', outside)
      return undefined
    }
    const { secret, apiKey } = await this.#readKey(account)
    if (apiKey === undefined) {
      this.#lacksKey(key, account, secret)
      return undefined
    }
    try {
      return this.#openOrKeep(key, account, headerKey(apiKey))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      this.#trouble(key, 'InvalidAccount', error.message)
      return undefined
    }
  }

  #openOrKeep(key: string, account: Account, apiKey: string): Session {
    const known = this.#sessions.get(key)
    if (known?.hash === accessHash(account, apiKey)) return Object.assign(known, { account })
    this.#close(key)
    return this.#open(key, account, apiKey)
  }

  #lackingKey(account: Account, secret: Secret | undefined): string {
    const { name, key } = account.spec.apiKeySecretRef
    const which = `Secret ${this.#namespaceOf(account)}/${name}`
    if (!secret) return `${which} does not exist: create it with the API key of CertCentral under ${key}`
    return textOf(secret, key) === undefined
      ? `${which} has no entry ${key}: add it with the API key of CertCentral`
      : `The entry ${key} of ${which} is empty: put the API key of CertCentral there`
  }

  async #writeStatus(key: string, account: Account, verdict: Verdict): Promise<void> {
    const { now, log, rateLimiters, announce, wakeOrders } = this.#options
    const found = { ...conditionsOf(account, verdict, now()), ...pauseOf(account, rateLimiters.pausedMs(key), now()) }
    const result = await this.#ledger.report(key, account, found)
    if (result !== 'written') return
    tellAccount(log.with(partsOf(key)), account, verdict)
    const said = readyOf(account)
    const { ready, reason, message } = verdict
    if (said?.reason !== reason)
      announce(withKind(account, key), { type: ready === 'yes' ? 'Normal' : 'Warning', reason, message })
    // Orders repeat why their account cannot be used, and are not to repeat what it was a moment ago.
    if (said !== undefined && said.message !== message) wakeOrders(key)
  }
}

const UNKNOWN: Verdict = { ready: 'no', reason: 'NotChecked', message: 'the account was not looked at yet' }
