import { AsyncLocalStorage } from 'node:async_hooks'
import { isDeepStrictEqual } from 'node:util'
import type { Account, AccountStatus, DailyOrders, Purchase } from '../api/account.ts'
import { isFailure } from '../kube/client.ts'
import { isoDay } from '../order/schedule.ts'
import type { AccountStore } from './account-store.ts'
import {
  type Book,
  type Claim,
  type Left,
  bookOf,
  countsOf,
  fieldsOf,
  hasNone,
  judge,
  leftOf,
  withoutAll,
} from './day-book.ts'

export type { Claim, Left } from './day-book.ts'

export type ClaimAnswer = 'granted' | 'limit' | 'conflict'

/** What was found of an account, besides what was bought with it. */
type Found = Pick<AccountStatus, 'observedGeneration' | 'conditions' | 'pausedUntil'>

/**
 * What was bought and the counts of the day, in the status of the account before anything is sent: so they outlive
 * deleted orders, a killed process and another leader. The only writer of that status.
 */
export type Ledger = {
  /** The counts in force now: those that are written, less what was given back since. */
  today: (account: string) => DailyOrders
  /** What the policy leaves to a namespace: the least of what is left of the account and of the share. */
  left: (account: string, namespace: string) => Left
  /** What is written, the newest last. */
  purchases: (account: string) => readonly Purchase[]
  /**
   * Reserves before something is bought; `granted` once the API server has stored it. What is lost in a crash after that
   * counts as used.
   *
   * @throws KubeError where the write fails otherwise than by a conflict; it may have been stored
   */
  claim: (account: string, claim: Claim) => Promise<ClaimAnswer>
  /** Takes back what was refused or not sent: for a later claim to use, and written down with the next write. */
  giveBack: (account: string, claim: Claim) => void
  /**
   * Writes what was found of the account as it was read, in one with what waits here; `conflict` where the account has
   * changed since.
   *
   * @throws KubeError where the write fails otherwise than by a conflict
   */
  report: (account: string, read: Account, found: Found) => Promise<'written' | 'same' | 'conflict'>
  /**
   * The account is gone. What was counted today is kept until the day is over: an account that is deleted and made again
   * gets no second day.
   */
  forget: (account: string) => void
  /** How many accounts are remembered. */
  size: () => number
}

type Sources = {
  now: () => Date
  /** The namespaces of the orders that were placed on a day by what their statuses report, one for each order. */
  placedOn: (account: string, date: string) => readonly string[]
  store: AccountStore
}

/** What this process knows of a day. */
type Day = {
  date: string
  known: DailyOrders
  /** What this process reserved and was not repeated since: what may be given back. */
  counted: Set<string>
  /** What was given back and still stands in the account. */
  spare: readonly Claim[]
}

type Waiting<Answer> = {
  settle: (answer: Answer) => void
  fail: (error: unknown) => void
  /** Does something as a part of the pass that waits, for traces. */
  within: (deed: () => Promise<void>) => Promise<void>
}
type WaitingClaim = Waiting<ClaimAnswer> & { claim: Claim }
type WaitingReport = Waiting<'written' | 'same' | 'conflict'> & { read: Account; found: Found }

/** All that one write settles. */
type Round = { claims: readonly WaitingClaim[]; reports: readonly WaitingReport[] }

/** What waits at an account while its status is being written. */
type Desk = { day: Day; claims: WaitingClaim[]; reports: WaitingReport[]; state: 'idle' | 'working' }

/** Whether a day of an account that is gone has to be remembered. */
const countsOn = ({ date, known, counted, spare }: Day, today: string): boolean =>
  date >= today && (known.count > 0 || known.nameChanges > 0 || counted.size > 0 || spare.length > 0)

/** How often a write is repeated because of another writer. */
const PATIENCE = 5

const idOf = ({ kind, namespace, name, purchase }: Claim): string => `${kind} ${namespace}/${name} ${String(purchase)}`

const isOf = (claim: Claim) => {
  const id = idOf(claim)
  return (other: Claim): boolean => idOf(other) === id
}

/** What waits, each purchase once: whether it is the same again is seen once the first one is stored. */
const takeDistinct = (desk: Desk): readonly WaitingClaim[] => {
  const taken = new Map<string, WaitingClaim>()
  for (const waiting of desk.claims) taken.set(idOf(waiting.claim), taken.get(idOf(waiting.claim)) ?? waiting)
  const claims = [...taken.values()]
  desk.claims = desk.claims.filter((waiting) => !claims.includes(waiting))
  return claims
}

const settleAll = ({ claims, reports }: Round, answer: 'conflict'): void => {
  for (const { settle } of [...claims, ...reports]) settle(answer)
}

/** What of a round can only be settled by a write. The rest is settled here. */
const weigh = (round: Round, account: Account, start: { book: Book; day: Day; now: Date }): Round & { book: Book } => {
  let { book } = start
  const claims = round.claims.filter(({ claim, settle }) => {
    const judged = judge(book, claim, { policy: account.spec.policy, now: start.now })
    book = judged.book
    if (judged.answer === 'counted') return true
    // Who was refused the second time says nothing of the first: it stays counted.
    start.day.counted.delete(idOf(claim))
    settle(judged.answer === 'limit' ? 'limit' : 'granted')
    return false
  })
  const reports = round.reports.filter(({ read, settle }) => {
    const { uid, generation } = account.metadata
    if (read.metadata.uid === uid && read.metadata.generation === generation) return true
    settle('conflict')
    return false
  })
  return { book, claims, reports }
}

const statusOf = ({ metadata, status }: Account, book: Book, report: WaitingReport | undefined): AccountStatus => {
  const { observedGeneration, conditions, pausedUntil } = status ?? {}
  const before = {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
  }
  return {
    ...(report?.found ?? before),
    ...fieldsOf(book, metadata.namespace === undefined ? 'cluster' : 'namespace'),
  }
}

class Desks implements Ledger {
  readonly #sources: Sources
  readonly #desks = new Map<string, Desk>()
  /** Accounts that were gone when they were last looked at, and have a desk. */
  readonly #gone = new Set<string>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  today = (key: string): DailyOrders => this.#book(key, this.#sources.store.cached(key)).daily

  left = (key: string, namespace: string): Left => {
    const account = this.#sources.store.cached(key)
    if (!account) return { orders: 0, nameChanges: 0 }
    return leftOf(this.#book(key, account).daily, account.spec.policy, namespace)
  }

  purchases = (key: string): readonly Purchase[] => this.#sources.store.cached(key)?.status?.purchases ?? []

  claim = (key: string, claim: Claim): Promise<ClaimAnswer> =>
    new Promise((settle, fail) => {
      const desk = this.#desk(key)
      desk.claims.push({ claim, settle, fail, within: AsyncLocalStorage.snapshot() })
      this.#wake(key, desk)
    })

  report = (key: string, read: Account, found: Found): Promise<'written' | 'same' | 'conflict'> =>
    new Promise((settle, fail) => {
      const desk = this.#desk(key)
      desk.reports.push({ read, found, settle, fail, within: AsyncLocalStorage.snapshot() })
      this.#wake(key, desk)
    })

  giveBack = (key: string, claim: Claim): void => {
    const { day } = this.#desk(key)
    if (day.counted.delete(idOf(claim))) day.spare = [...day.spare, claim]
  }

  forget = (key: string): void => {
    this.#gone.add(key)
    this.#sweep()
  }

  #sweep(): void {
    const today = isoDay(this.#sources.now())
    for (const gone of this.#gone) {
      const desk = this.#desks.get(gone)
      const isBack = this.#sources.store.cached(gone) !== undefined
      if (!isBack && desk && (desk.state === 'working' || countsOn(desk.day, today))) continue
      this.#gone.delete(gone)
      if (!isBack) this.#desks.delete(gone)
    }
  }

  size = (): number => this.#desks.size

  #desk(key: string): Desk {
    const date = isoDay(this.#sources.now())
    const desk = this.#desks.get(key) ?? { day: this.#newDay(key, date), claims: [], reports: [], state: 'idle' }
    // What a late pass asks of an account that is gone leaves nothing behind.
    if (this.#sources.store.cached(key)) this.#desks.set(key, desk)
    if (desk.day.date < date) desk.day = this.#newDay(key, date)
    // The clock was set back: the day goes on, and ends with the one that it is by now.
    desk.day.date = date
    return desk
  }

  #newDay(key: string, date: string): Day {
    const known = countsOf(date, this.#sources.placedOn(key, date))
    return { date, known, counted: new Set(), spare: [] }
  }

  #book(key: string, account: Account | undefined): Book {
    const { date, known, spare } = this.#desk(key).day
    return withoutAll(bookOf(account?.status, known, date), spare)
  }

  #wake(key: string, desk: Desk): void {
    if (desk.state === 'working') return
    desk.state = 'working'
    void this.#work(key, desk)
  }

  /** One write at a time; what comes meanwhile goes with the next one. */
  async #work(key: string, desk: Desk): Promise<void> {
    // All that is asked for in one go waits for one write.
    await Promise.resolve()
    while (desk.claims.length + desk.reports.length > 0) {
      const round: Round = { claims: takeDistinct(desk), reports: desk.reports.splice(0) }
      try {
        await this.#settle(key, round)
      } catch (error) {
        for (const { fail } of [...round.claims, ...round.reports]) fail(error)
      }
    }
    desk.state = 'idle'
    if (this.#gone.has(key)) this.#sweep()
  }

  /** Settles all of a round, after a conflict by what the account is by then. */
  async #settle(key: string, all: Round): Promise<void> {
    const { store } = this.#sources
    let account = store.cached(key)
    let round: Round = { ...all, claims: this.#withoutSpare(key, all.claims) }
    for (let tries = 0; account && tries < PATIENCE; tries += 1) {
      const { day } = this.#desk(key)
      const weighed = weigh(round, account, { book: this.#book(key, account), day, now: this.#sources.now() })
      if (weighed.claims.length + weighed.reports.length === 0) return
      if ((await this.#write(key, account, { ...weighed, day })) === 'settled') return
      round = weighed
      account = await store.live(key)
    }
    settleAll(round, 'conflict')
  }

  /** Grants what was given back to the same purchase: it stands in the account as it is. */
  #withoutSpare(key: string, claims: readonly WaitingClaim[]): WaitingClaim[] {
    const { day } = this.#desk(key)
    return claims.filter(({ claim, settle }) => {
      const index = day.spare.findIndex(isOf(claim))
      if (index < 0 || hasNone(this.left(key, claim.namespace), claim)) return true
      day.spare = day.spare.toSpliced(index, 1)
      day.counted.add(idOf(claim))
      settle('granted')
      return false
    })
  }

  async #write(
    key: string,
    account: Account,
    { claims, reports, book, day }: Round & { book: Book; day: Day },
  ): Promise<'settled' | 'conflict'> {
    const status = statusOf(account, book, reports.at(-1))
    const isSame = isDeepStrictEqual(status, account.status ?? {})
    // Without an answer, what was given back is taken for written down: taken away twice, it would count too little.
    const writtenDown = day.spare
    day.spare = []
    try {
      const [first] = [...claims, ...reports]
      if (!isSame) await first?.within(() => this.#sources.store.writeStatus(key, { ...account, status }))
    } catch (error) {
      if (!isFailure(error, 'conflict', 'not-found')) throw error
      day.spare = [...writtenDown, ...day.spare]
      return 'conflict'
    }
    day.known = book.daily
    for (const { claim, settle } of claims) {
      day.counted.add(idOf(claim))
      settle('granted')
    }
    for (const { settle } of reports) settle(isSame ? 'same' : 'written')
    return 'settled'
  }
}

export const createLedger = (sources: Sources): Ledger => new Desks(sources)
