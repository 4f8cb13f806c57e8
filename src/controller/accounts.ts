import type { Account, Purchase } from '../api/account.ts'
import type { DigiCertOrder } from '../api/order.ts'
import { type CallRecord, type CertCentral, createCertCentral } from '../certcentral/index.ts'
import type { KubeClient } from '../kube/client.ts'
import {
  KEY_REFUSED,
  type Reach,
  type Verdict,
  accessHash,
  accountKey,
  accountName,
  caBundleOf,
  partsOf,
  tryKey,
  unreachableBy,
} from './account-access.ts'
import { conditionsOf } from './account-status.ts'
import { type AccountCaches, type AccountStore, createAccountStore } from './account-store.ts'
import { hasNone } from './day-book.ts'
import { type KeptSessions, createKeptSessions } from './kept-sessions.ts'
import { type Claim, type ClaimAnswer, type Ledger, type Left, createLedger } from './ledger.ts'
import { SECRETS, type Secret, textOf } from './secrets.ts'
import type { Spending } from './spending.ts'
import type { Log } from '../telemetry/log.ts'
import { traceCall } from './traces.ts'
import { tellAccount } from './transitions.ts'

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
  spending: Pick<Spending, 'budgetOf' | 'forget'>
  now: () => Date
  /** Told every API key, so that it can be kept out of logs. */
  learnSecret: (secret: string) => void
  onCall: (key: string, record: CallRecord) => void
  /** The namespaces of the orders of an account that were placed on a day (yyyy-MM-dd, UTC) by what their statuses tell. */
  placedOn: (key: string, date: string) => readonly string[]
  /** The orders that name an account. */
  ordersOf: (key: string) => readonly DigiCertOrder[]
  log: Log
  /** Told when an account can be used that could not, or with another key. */
  onReady: (key: string) => void
}

/** Keeps one client per account. */
export class Accounts {
  readonly #options: AccountsOptions
  readonly #sessions = new Map<string, Session>()
  readonly #kept: KeptSessions<Session>
  readonly #problems = new Map<string, Verdict>()
  readonly #refreshing = new Map<string, Promise<Session | undefined>>()
  readonly #store: AccountStore
  readonly #ledger: Ledger

  constructor(options: AccountsOptions) {
    const { kube, caches, now, placedOn, ordersOf } = options
    this.#options = options
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
    if (!session) {
      await this.#writeStatus(key, account, this.#problems.get(key) ?? UNKNOWN)
      return undefined
    }
    await this.#tryOut(session)
    await this.#writeStatus(key, account, session.verdict)
    return session
  }

  /** CertCentral did not answer the poll of this session; the key is tried again at the next one. */
  noteReach(session: Session, trouble: string): void {
    session.verdict = { ready: 'no', reason: 'Unreachable', message: `CertCentral does not answer: ${trouble}` }
  }

  /** The CertCentral of an account: order ids are one's own in each. */
  urlOf(key: string): string | undefined {
    return this.#cached(key)?.spec.url
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

  /** What the policy leaves for today to a namespace. */
  /** Whether a purchase is counted for today already: sending it again, or after a crash, takes no further one. */
  isReserved(key: string, { namespace, name, purchase }: Claim): boolean {
    const { date } = this.#ledger.today(key)
    const isOf = (known: Purchase): boolean =>
      known.namespace === namespace && known.name === name && known.purchase === purchase
    return this.#ledger.purchases(key).some((known) => known.time.startsWith(date) && isOf(known))
  }

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
    if (wasUsedUp) this.#options.onReady(key)
  }

  #cached(key: string): Account | undefined {
    return this.#store.cached(key)
  }

  #close(key: string): void {
    this.#kept.drop(key)
    const session = this.#sessions.get(key)
    this.#sessions.delete(key)
    if (session) this.#end(session)
    else this.#options.spending.forget(key)
  }

  #end({ key, client }: Session): void {
    client.close()
    this.#options.spending.forget(key)
  }

  /** The account, or its key, is gone: what it opened serves the end of orders for a while. */
  #retire(key: string): void {
    const session = this.#sessions.get(key)
    this.#sessions.delete(key)
    if (session) this.#kept.keep(session)
    else if (!this.#kept.has(key)) this.#options.spending.forget(key)
  }

  async #tryOut(session: Session): Promise<void> {
    const known = this.#sessions.get(session.key) === session
    if (known && session.verdict.ready === 'yes') return
    session.verdict = await tryKey(session.client)
    this.#problems.delete(session.key)
    this.#sessions.set(session.key, session)
    if (session.verdict.reason !== 'KeyRefused') this.#options.onReady(session.key)
  }

  async #readKey(account: Account): Promise<string | undefined> {
    const { name, key } = account.spec.apiKeySecretRef
    const secret = await this.#options.kube.get<Secret>(SECRETS, { namespace: this.#namespaceOf(account), name })
    const apiKey = textOf(secret, key)?.trim()
    return apiKey === '' ? undefined : apiKey
  }

  #namespaceOf(account: Account): string {
    return account.metadata.namespace ?? this.#options.operatorNamespace
  }

  #open(key: string, account: Account, apiKey: string): Session {
    const { onCall, learnSecret, spending, requestTimeoutMs, userAgent, now } = this.#options
    learnSecret(apiKey)
    const { kind, namespace, name } = partsOf(key)
    const hash = accessHash(account, apiKey)
    const named = {
      key,
      name: accountName(kind, namespace, name),
      account,
      spending,
      hash,
      since: now(),
      verdict: UNKNOWN,
    }
    const client = createCertCentral({
      url: account.spec.url,
      apiKey,
      ...caBundleOf(account),
      budget: spending.budgetOf(key, apiKey, account.spec),
      ...{ requestTimeoutMs, userAgent },
      wall: () => now().getTime(),
      onCall: (record) => {
        traceCall(account.spec.url, record)
        onCall(key, record)
        if (record.kind === 'unauthorized') session.verdict = KEY_REFUSED
      },
    })
    const session: Session = { ...named, client }
    return session
  }

  #trouble(key: string, reason: Verdict['reason'], message: string): void {
    this.#close(key)
    this.#problems.set(key, { ready: 'no', reason, message })
  }

  /** Where a namespace is deleted, the Secret may go a moment before the account. */
  #lacksKey(key: string, account: Account): void {
    if (this.#sessions.get(key)?.account.metadata.uid === account.metadata.uid) this.#retire(key)
    else if (!this.#kept.has(key)) this.#close(key)
    this.#problems.set(key, { ready: 'no', reason: 'SecretNotFound', message: this.#lackingKey(account) })
  }

  async #access(key: string, account: Account): Promise<Session | undefined> {
    const outside = unreachableBy(account.spec.url, this.#options.reach)
    if (outside !== undefined) {
      this.#trouble(key, 'HostNotAllowed', outside)
      return undefined
    }
    const apiKey = await this.#readKey(account)
    if (apiKey === undefined) {
      this.#lacksKey(key, account)
      return undefined
    }
    const known = this.#sessions.get(key)
    if (known?.hash === accessHash(account, apiKey)) return Object.assign(known, { account })
    this.#close(key)
    try {
      return this.#open(key, account, apiKey)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      this.#trouble(key, 'InvalidAccount', error.message)
      return undefined
    }
  }

  #lackingKey(account: Account): string {
    const { name, key } = account.spec.apiKeySecretRef
    return `Secret ${this.#namespaceOf(account)}/${name} has no entry ${key}: create it with the API key of CertCentral`
  }

  async #writeStatus(key: string, account: Account, verdict: Verdict): Promise<void> {
    const { now, log } = this.#options
    const result = await this.#ledger.report(key, account, conditionsOf(account, verdict, now()))
    if (result === 'written') tellAccount(log.with(partsOf(key)), account, verdict)
  }
}

const UNKNOWN: Verdict = { ready: 'no', reason: 'NotChecked', message: 'the account was not looked at yet' }
