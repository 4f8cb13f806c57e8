import { keySecretName } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { EventReason, Reason } from '../api/reasons.ts'
import type { OrderStatus } from '../api/status.ts'
import { isFailure, nameOf } from '../kube/client.ts'
import type { ReconcileResult } from '../kube/controller.ts'
import { decide } from '../order/decide.ts'
import type { Action, Decision, LookBy } from '../order/decision.ts'
import { finalizerHeld } from '../order/left-behind.ts'
import { isProven } from '../order/messages.ts'
import type { Observation, Remote } from '../order/observation.ts'
import type { Outcome } from '../order/outcome.ts'
import { earliest, passed, quickLook } from '../order/schedule.ts'
import { after, afterLook } from '../order/progress.ts'
import { type Announcement, report } from '../order/report.ts'
import { type Priority, workPriority } from '../order/priority.ts'
import type { Log } from '../telemetry/log.ts'
import { recordError } from '../telemetry/tracing.ts'
import { aboutOf } from './about.ts'
import { act } from './act.ts'
import { checkRequestOf } from './asked.ts'
import { createChains } from './chains.ts'
import type { Memory, Recollection } from './memory.ts'
import { type Gathered, type Sources, gather } from './gather.ts'
import { isLookAsked, observe } from './observe.ts'
import type { StatusWriter } from './orders.ts'
import { type KnownIds, askByIntent, askForAdoption, keepsIds, wantsProof } from './find-order.ts'
import { questionOf } from './questions.ts'
import { type Question, askByOrderId, askForReissues, failedCall } from './remote.ts'
import type { PurchaseMeans } from './place-order.ts'
import { reissueMark } from './reissue-facts.ts'
import type { Hands } from './step.ts'
import { type PassReads, createPassReads } from './pass-reads.ts'
import type { SecretStore } from './secrets.ts'
import { tellEnd, tellGone, tellStep, toldBy } from './transitions.ts'
import { withCallPriority } from './turns.ts'

export type ReconcilerOptions = {
  orders: { get: (key: string) => DigiCertOrder | undefined }
  statuses: StatusWriter
  secrets: SecretStore
  sources: Omit<Sources, 'secrets' | 'now'>
  memory: Memory
  leadershipMs: () => number
  claimOrder: PurchaseMeans['claimOrder']
  returnOrder: PurchaseMeans['returnOrder']
  /** Which accounts were seen to keep alternative order ids, and by which orders that can be seen. */
  ids: { note: (account: string) => void; known: (account: string) => readonly KnownIds[] }
  /** Whether the namespace of an order is being deleted; asked only where the deletion of the order does not go on. */
  namespaceOf: (order: DigiCertOrder) => Promise<'stays' | 'terminating'>
  /** Told of each step that was taken; for metrics. Must not throw. */
  onStep: (step: StepTaken) => void
  announce: (order: DigiCertOrder, announcement: Announcement) => void
  /** Says it where the operator is, of an order whose namespace may take no Event any more. */
  announceAtHome: (order: DigiCertOrder, reason: EventReason, message: string) => Promise<void>
  unknownOutcomeTimeoutMs: number
  now: () => Date
  /** From 0 up to 1. */
  random: () => number
  log: Log
}

/** One step of a pass, with the status as it was before it. */
export type StepTaken = { order: DigiCertOrder; before: OrderStatus; outcome: Outcome }

/**
 * More steps than any way through the rules has, which is an overdue reissue with an overdue renewal after it; a pass that
 * takes more is going in circles.
 */
const MAX_STEPS = 20

const CALL_RETRY_FIRST = 2_000
const CALL_RETRY_MOST = 120_000
const CONFLICT_PAUSE = 200
const CSR_LAG = 5 * 60_000
const UNASKED: Remote = { kind: 'unasked' }

/** A pass over one order: the order as it is stored, and the status as it will be. */
type Pass = {
  stored: DigiCertOrder
  draft: OrderStatus
  remote: Remote
  namespace: Observation['namespace']
  memory: Recollection
  reads: PassReads
}

/** A view of one moment of a pass. */
type View = { gathered: Gathered; seen: Observation; decision: Decision; priority: Priority }

/** Waits of days are said again each day, as Events are kept for an hour. In milliseconds, and somewhat less than a look. */
const REMINDER = 24 * 60 * 60_000 - 60_000

const isSaidLongAgo = ({ said }: Recollection, reason: string, now: Date): boolean =>
  said !== undefined && said.reason === reason && now.getTime() - said.at.getTime() >= REMINDER

/** Whether an answer was one to the question what became of something that was sent. */
const isSearch = (remote: Remote, { order }: OrderStatus): boolean =>
  remote.kind === 'reissues' || (remote.kind === 'absent' && !order)

const failing = (remote: Remote): boolean => remote.kind === 'unavailable' || remote.kind === 'refused'

/** Takes an order one pass further: observe, decide, act, report. */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #chains = createChains()

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /**
   * One pass over the order of that key: steps until there is nothing more to do now, one status write at the end.
   *
   * @throws whatever was not foreseen; the worker turns it into a later try
   */
  async reconcile(key: string): Promise<ReconcileResult> {
    const { orders, memory: memories, log } = this.#options
    const stored = orders.get(key)
    const named = log.with(nameOf(key))
    if (!stored) {
      const told = memories.forget(key)?.told
      if (told) tellGone(named, told)
      return 'never'
    }
    const memory = memories.of(key)
    memory.told ??= toldBy(stored.status)
    const isGoing = stored.metadata.deletionTimestamp !== undefined
    const reads = createPassReads(this.#options.secrets, isGoing ? 'absent' : 'error')
    memory.deletingSince = deletingSince(stored, memory, this.#options.now())
    const pass: Pass = { stored, draft: stored.status ?? {}, remote: UNASKED, namespace: 'unasked', memory, reads }
    const { heard } = memory
    memory.heard = undefined
    if (heard && heard.orderId === pass.draft.order?.id) this.#hear(pass, { kind: 'order', order: heard })
    try {
      return await this.#walk(pass, named)
    } catch (error) {
      recordError(error)
      await this.#keepOrder(pass)
      throw error
    }
  }

  async #walk(pass: Pass, log: Log): Promise<ReconcileResult> {
    for (let steps = 0; steps < MAX_STEPS; steps += 1) {
      const view = await this.#observe(pass)
      const { decision } = view
      if (decision.verdict === 'look') {
        await this.#look(pass, view, { by: decision.by, reason: decision.reason, log })
      } else if (decision.verdict !== 'act') return this.#conclude(pass, view, log)
      else if ((await this.#take(pass, view, log)) === 'conflict') {
        await this.#keepOrder(pass)
        return this.#soon()
      }
    }
    throw new Error(`no end after ${String(MAX_STEPS)} steps`)
  }

  async #look(pass: Pass, view: View, { by, reason, log }: { by: LookBy; reason: Reason; log: Log }): Promise<void> {
    if (by === 'namespace') {
      pass.namespace = await this.#options.namespaceOf(pass.stored)
      return
    }
    log.debug('Querying CertCentral', { action: 'look', by, reason })
    this.#hear(pass, await this.#ask(pass, view, by))
  }

  /** A pass that ends early still notes the order that it placed; where even that fails, the look-up finds it. */
  async #keepOrder(pass: Pass): Promise<void> {
    if (pass.draft.order === undefined || pass.draft.order.id === pass.stored.status?.order?.id) return
    await this.#write(pass, pass.draft).catch(() => undefined)
  }

  #soon(): ReconcileResult {
    return { at: new Date(this.#options.now().getTime() + CONFLICT_PAUSE), priority: 'high' }
  }

  #retryCallsAt({ failedCalls }: Recollection): Date {
    const pause = Math.min(CALL_RETRY_MOST, CALL_RETRY_FIRST * 2 ** failedCalls)
    return new Date(this.#options.now().getTime() + pause * (0.75 + 0.5 * this.#options.random()))
  }

  async #observe(pass: Pass): Promise<View> {
    const { now, unknownOutcomeTimeoutMs } = this.#options
    const { draft, remote, namespace, memory } = pass
    const gathered = await gather(pass.stored, draft, { ...this.#options.sources, secrets: pass.reads, now })
    const seen = observe(gathered, draft, { now: now(), unknownOutcomeTimeoutMs, remote, memory, namespace })
    const fresh = quickLook(memory.lookedAt, memory.quickLooks) ? 'yes' : 'no'
    const priority = workPriority(seen, now(), { asked: isLookAsked(gathered, draft) ? 'yes' : 'no', fresh })
    return { gathered: withCallPriority(gathered, priority), seen, decision: decide(seen, now()), priority }
  }

  /** Notes what CertCentral said: in memory for the next look, in the draft for good. */
  #hear(pass: Pass, remote: Remote): void {
    const { memory, draft } = pass
    const now = this.#options.now()
    pass.remote = remote
    // Where nothing was bought yet, the rehearsal is what finds a Secret that somebody made meanwhile: it does not force.
    if (remote.kind !== 'absent') pass.reads.forget()
    memory.failedCalls = failing(remote) ? memory.failedCalls + 1 : 0
    if (remote.kind !== 'unavailable') memory.lookedAt = now
    if (memory.quickLooks !== undefined) memory.quickLooks += 1
    pass.draft = afterLook(draft, remote, now)
    if (draft.intent?.sentAt !== undefined && isSearch(remote, draft)) {
      memory.searches += 1
      memory.searchedAt = now
      memory.searchedSince = passed(memory.searchedSince, now) ?? now
    }
  }

  async #ask(pass: Pass, { gathered }: View, by: LookBy): Promise<Remote> {
    if (gathered.account.kind !== 'ready') return UNASKED
    const { memory, draft } = pass
    const question = questionOf(gathered, draft, {
      ...{ session: gathered.account.session, memory, now: this.#options.now() },
      retryAt: this.#retryCallsAt(memory),
      csrLag: this.#csrMayLag(memory) ? 'yes' : 'no',
    })
    const { order } = draft
    const { adoptOrderId } = gathered.order.spec
    if (by === 'adoption' && adoptOrderId !== undefined) return askForAdoption(question, adoptOrderId)
    if (by === 'intent' || !order) return this.#search(question, gathered, draft)
    return by === 'orderId'
      ? askByOrderId(question, order.id)
      : askForReissues(question, order.id, reissueMark(gathered, pass.draft))
  }

  /** Looks for an order that may exist, and for proof that ids are kept where a second POST would rest on that. */
  async #search(question: Question, { idsAreKept }: Gathered, draft: OrderStatus): Promise<Remote> {
    const { ids } = this.#options
    const found = await askByIntent(question)
    const { key } = question.session
    if (found.kind === 'found' && found.by === undefined) ids.note(key)
    if (idsAreKept || !wantsProof(found, draft, question.session)) return found
    try {
      if (await keepsIds(question, ids.known(key))) ids.note(key)
      return found
    } catch (error) {
      return failedCall(error, question.retryAt)
    }
  }

  /** A CSR that was handed in a moment ago may not show yet, and is not to be handed in again for that. */
  #csrMayLag({ csrSentAt }: Recollection): boolean {
    return csrSentAt !== undefined && Math.abs(this.#options.now().getTime() - csrSentAt.getTime()) < CSR_LAG
  }

  async #write(pass: Pass, status: OrderStatus): Promise<DigiCertOrder | undefined> {
    const written = await this.#options.statuses.write(pass.stored, status)
    if (written) Object.assign(pass, { stored: written, draft: status })
    return written
  }

  async #finalize(pass: Pass, how: 'add' | 'remove'): Promise<DigiCertOrder | undefined> {
    try {
      const changed = await this.#options.statuses.finalize(pass.stored, how)
      if (changed) pass.stored = changed
      return changed
    } catch (error) {
      if (how === 'remove' && isFailure(error, 'forbidden'))
        await this.#options.announceAtHome(
          pass.stored,
          'FinalizerHeld',
          finalizerHeld(pass.stored.metadata, error.message),
        )
      throw error
    }
  }

  async #take(pass: Pass, view: View, log: Log): Promise<'go-on' | 'conflict'> {
    const { decision, gathered, seen } = view
    if (decision.verdict !== 'act') return 'go-on'
    const outcome = await act(
      { gathered, seen, status: pass.draft, memory: pass.memory },
      decision.action,
      this.#hands(pass),
    )
    tellStep(log, pass.draft, { ...view, about: aboutOf(view.gathered) }, outcome)
    this.#options.onStep({ order: pass.stored, before: pass.draft, outcome })
    if (outcome.kind === 'conflict') return 'conflict'
    forgetAfter(decision.action, pass, gathered)
    if (decision.action.kind === 'CheckValidation' && outcome.kind === 'validation')
      pass.memory.checkedFor = checkRequestOf(pass.stored)
    // What the cluster refused may stand there by now, and belong to others.
    if (outcome.kind === 'refused') pass.reads.forget()
    pass.draft = after(pass.draft, outcome, this.#options.now(), aboutOf(view.gathered))
    this.#digest(pass, outcome)
    if (outcome.kind === 'refused' && gathered.account.kind === 'ready')
      pass.memory.refusedUnder = gathered.account.session.hash
    // The intent is written down before anything rests on it; all else is written when the pass ends.
    if (outcome.kind === 'recorded') return (await this.#write(pass, pass.draft)) ? 'go-on' : 'conflict'
    return 'go-on'
  }

  #hands(pass: Pass): Hands {
    const { secrets, leadershipMs, claimOrder, returnOrder, now } = this.#options
    return {
      ...{ secrets, chains: this.#chains, leadershipMs, claimOrder, returnOrder, now },
      retryCallsAt: (memory) => this.#retryCallsAt(memory),
      write: (status) => this.#write(pass, status),
      finalize: (how) => this.#finalize(pass, how),
      announceLeft: (message) => this.#options.announceAtHome(pass.stored, 'OrderLeft', message),
      announceRequested: (message) => {
        const reason = 'RevocationRequested'
        this.#options.announce(pass.stored, { type: 'Warning', reason, message })
        return this.#options.announceAtHome(pass.stored, reason, message)
      },
    }
  }

  /** What follows from an outcome besides its place in the status. */
  #digest(pass: Pass, outcome: Outcome): void {
    const { memory } = pass
    pass.remote = UNASKED
    memory.keyIsNew = isKeyNew(memory, outcome)
    if (outcome.kind === 'unsent') {
      memory.failedCalls += 1
      const { retryAt, throttled, message } = outcome
      pass.remote = { kind: 'unavailable', retryAt, throttled, message }
    }
    if (outcome.kind === 'placed' || outcome.kind === 'adopted') memory.lookedAt = this.#options.now()
    if (outcome.kind === 'placed') memory.quickLooks = mayBeIssuedSoon(outcome) ? 0 : undefined
    if (outcome.kind === 'validation') memory.quickLooks = mayBeIssuedSoon(outcome) ? 1 : undefined
    if (outcome.kind === 'ambiguous') {
      const now = this.#options.now()
      Object.assign(memory, { searches: 0, searchedAt: now, searchedSince: now })
    }
  }

  async #conclude(pass: Pass, view: View, log: Log): Promise<ReconcileResult> {
    const { decision, seen, priority } = view
    const generation = pass.stored.metadata.generation ?? 0
    const about = aboutOf(view.gathered)
    const now = this.#options.now()
    const isReminderDue = isSaidLongAgo(pass.memory, decision.reason, now)
    const subject = { before: pass.stored.status, generation, about, isReminderDue, now }
    const { status, announce } = report(pass.draft, seen, decision, subject)
    const written = await this.#write(pass, status).catch((error: unknown) => {
      // The rights on a namespace that is deleted may go first. What is left to do there needs no status, but its time.
      if (pass.stored.metadata.deletionTimestamp !== undefined && isFailure(error, 'forbidden')) return pass.stored
      throw error
    })
    if (!written) return this.#soon()
    const { told = toldBy(subject.before) } = pass.memory
    pass.memory.told = tellEnd(log, { decision, seen, about }, { status, announce, told })
    const { said } = pass.memory
    if (said?.reason !== decision.reason || isReminderDue) pass.memory.said = { reason: decision.reason, at: now }
    for (const announcement of announce) this.#options.announce(written, announcement)
    if (!('until' in decision)) return 'now'
    const at = beforeItLapses(decision.until, seen, this.#options.now())
    return decision.verdict === 'wait' && priority === 'high' ? { at, priority } : at
  }
}

/**
 * Actions after which what was absent counts as absent still. The certificate of an order that was just placed is written
 * without force where there was no Secret: what somebody made meanwhile is found by that write.
 */
const LEAVING_SECRETS: readonly Action['kind'][] = ['RecordIntent', 'PlaceOrder']

/** Of what was read, that which an action may have made untrue. */
const forgetAfter = ({ kind }: Action, { reads, stored: { metadata } }: Pass, { purchase }: Gathered): void => {
  if (kind === 'CreateKey') reads.forget(metadata.namespace, keySecretName(metadata.name, purchase))
  else if (!LEAVING_SECRETS.includes(kind)) reads.forget()
}

/** Whatever an order waits for, a certificate that ends meanwhile is said to have ended at that moment. */
const beforeItLapses = (until: Date, { stored }: Observation, now: Date): Date =>
  stored && stored.notAfter > now ? earliest(until, stored.notAfter) : until

/** When an object was first seen to be going, by a clock that may have been set back since. */
const deletingSince = ({ metadata }: DigiCertOrder, memory: Recollection, now: Date): Date | undefined =>
  metadata.deletionTimestamp === undefined ? undefined : (passed(memory.deletingSince, now) ?? now)

/** Whether no order can have the key: this process made it, and has sent nothing with it. */
const isKeyNew = ({ keyIsNew }: Recollection, outcome: Outcome): boolean => {
  if (outcome.kind === 'done') return keyIsNew || outcome.keyIsNew === true
  return keyIsNew && outcome.kind !== 'placed' && outcome.kind !== 'ambiguous'
}

/** Whether nothing of the order waits for a person any more, as far as its answer says. */
const mayBeIssuedSoon = (outcome: Outcome): boolean => {
  if (outcome.kind === 'placed') return outcome.order.status === 'pending' && outcome.validation.length === 0
  if (outcome.kind !== 'validation' || outcome.entries.length === 0) return false
  return outcome.order?.status !== 'issued' && outcome.entries.every(({ status }) => isProven(status))
}
