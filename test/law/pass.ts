import type { DigiCertOrder } from '../../src/api/order.ts'
import type { OrderStatus } from '../../src/api/status.ts'
import { aboutOf } from '../../src/controller/about.ts'
import { act } from '../../src/controller/act.ts'
import { createChains } from '../../src/controller/chains.ts'
import type { Gathered } from '../../src/controller/gather.ts'
import { createMemory } from '../../src/controller/memory.ts'
import { observe } from '../../src/controller/observe.ts'
import { reissueMark } from '../../src/controller/reissue-facts.ts'
import { askByIntent } from '../../src/controller/find-order.ts'
import { questionOf } from '../../src/controller/questions.ts'
import { askByOrderId, askForReissues } from '../../src/controller/remote.ts'
import type { Hands } from '../../src/controller/step.ts'
import { decide } from '../../src/order/decide.ts'
import type { Action, Decision, LookBy } from '../../src/order/decision.ts'
import type { Observation, Remote } from '../../src/order/observation.ts'
import type { Outcome } from '../../src/order/outcome.ts'
import { after, afterLook } from '../../src/order/progress.ts'
import { report } from '../../src/order/report.ts'
import type { Entry, Ledger } from './certcentral.ts'
import { changeKeys, gatherFor } from './cluster.ts'
import { KEY, type Life, type Play, clockOf, fault, note } from './life.ts'

export type View = Pick<Pass, 'acted' | 'stored'> & { readonly seen: Observation; readonly decision: Decision }

type Pass = { draft: OrderStatus; remote: Remote; acted: boolean; stored: boolean }

/** More steps than any way through the rules has, as in `controller/reconcile.ts`. */
const MAX_STEPS = 20
const UNKNOWN_OUTCOME_TIMEOUT = 15 * 60_000
const UNASKED: Remote = { kind: 'unasked' }

/** What the knock-outs make of what was observed. */
const knockedOut = (seen: Observation, { without }: Play, now: Date): Observation => {
  if (without.length === 0) return seen
  const braked = without.includes('brake') ? { ...seen, brake: {} } : seen
  if (!without.includes('bounds') || !seen.next) return braked
  const isPlanNext = seen.next.action !== 'Reissue'
  const next = { ...seen.next, action: isPlanNext ? ('Renew' as const) : seen.next.action, at: now }
  const cause = seen.reissue.cause ?? (isPlanNext ? undefined : ('due' as const))
  return { ...braked, next, reissue: { ...seen.reissue, cause } }
}

const look = (life: Life, pass: Pass): { gathered: Gathered; seen: Observation; decision: Decision } => {
  const now = clockOf(life)
  const gathered = gatherFor(life, pass.draft)
  const moment = { now, unknownOutcomeTimeoutMs: UNKNOWN_OUTCOME_TIMEOUT, remote: pass.remote, memory: life.memory }
  const seen = knockedOut(observe(gathered, pass.draft, moment), life.play, now)
  return { gathered, seen, decision: decide(seen, now) }
}

const retryAt = (life: Life): Date =>
  new Date(clockOf(life).getTime() + Math.min(120_000, 2000 * 2 ** life.memory.failedCalls))

const ask = async (life: Life, { draft }: Pass, gathered: Gathered, by: LookBy): Promise<Remote> => {
  const { session, memory } = life
  const question = questionOf(gathered, draft, {
    ...{ session, memory, retryAt: retryAt(life), now: clockOf(life) },
    csrLag: 'no',
  })
  if (by === 'intent' || !draft.order) return askByIntent(question)
  return by === 'orderId'
    ? askByOrderId(question, draft.order.id)
    : askForReissues(question, draft.order.id, reissueMark(gathered, draft))
}

/** As `Reconciler.#hear`. */
const hear = (life: Life, pass: Pass, remote: Remote): void => {
  const { memory } = life
  const now = clockOf(life)
  pass.remote = remote
  memory.failedCalls = remote.kind === 'unavailable' || remote.kind === 'refused' ? memory.failedCalls + 1 : 0
  if (remote.kind !== 'unavailable') memory.lookedAt = now
  if (memory.quickLooks !== undefined) memory.quickLooks += 1
  const before = pass.draft
  pass.draft = afterLook(before, remote, now)
  const isSearch = remote.kind === 'reissues' || (remote.kind === 'absent' && !before.order)
  if (before.intent?.sentAt === undefined || !isSearch) return
  memory.searches += 1
  memory.searchedAt = now
  memory.searchedSince ??= now
}

const write = (life: Life, status: OrderStatus): DigiCertOrder => {
  life.order = { ...life.order, status }
  return life.order
}

const NO_SECRETS = new Proxy(
  {},
  {
    get: (_target, name) => {
      if (name === 'rehearse') return () => Promise.resolve()
      throw new Error(`a play has no Secrets (${String(name)})`)
    },
  },
) as Hands['secrets']

const handsOf = (life: Life, pass: Pass): Hands => ({
  secrets: NO_SECRETS,
  chains: createChains(),
  leadershipMs: () => 60_000,
  claimOrder: () => Promise.resolve('granted'),
  returnOrder: () => undefined,
  now: () => clockOf(life),
  retryCallsAt: () => retryAt(life),
  finalize: () => Promise.resolve({}),
  announceRequested: () => Promise.resolve(),
  announceLeft: () => Promise.resolve(),
  write: (status) => {
    pass.draft = status
    return Promise.resolve(write(life, status))
  },
})

/** As `Reconciler.#digest`. */
const digest = (life: Life, pass: Pass, outcome: Outcome): void => {
  const { memory } = life
  const now = clockOf(life)
  pass.remote = UNASKED
  if (outcome.kind === 'unsent') {
    memory.failedCalls += 1
    const { retryAt: again, throttled, message } = outcome
    pass.remote = { kind: 'unavailable', retryAt: again, throttled, message }
  }
  if (outcome.kind === 'placed' || outcome.kind === 'adopted') memory.lookedAt = now
  const isSoon = outcome.kind === 'placed' && outcome.order.status === 'pending' && outcome.validation.length === 0
  if (outcome.kind === 'placed') memory.quickLooks = isSoon ? 0 : undefined
  if (outcome.kind === 'validation') memory.quickLooks = undefined
  if (outcome.kind === 'ambiguous') Object.assign(memory, { searches: 0, searchedAt: now, searchedSince: now })
}

/** Carries out what is decided: the real thing towards CertCentral, in memory where the cluster is concerned. */
const carryOut = (
  life: Life,
  pass: Pass,
  view: ReturnType<typeof look>,
  action: Action,
): Outcome | Promise<Outcome> => {
  const { gathered, seen } = view
  const local = changeKeys(life, gathered, pass.draft, action)
  if (local) return local
  return act({ gathered, seen, status: pass.draft, memory: life.memory }, action, handsOf(life, pass))
}

/** What is judged later: what was spent, and for what. */
const keepBooks = (life: Life, view: ReturnType<typeof look>, before: { orders: number; others: number }): void => {
  const { ledger, story, stored } = life
  const { seen } = view
  const held = stored?.certificate
  const ours = ledger.orders.filter(({ by }) => by === 'us')
  const entry = ours.length > before.orders ? ours.at(-1) : undefined
  if (entry) {
    if (isTwice(ledger.orders, entry)) fault(life, `L6: ${entry.alternativeId ?? ''} has two living orders`)
    story.purchases.push({ at: life.now, entry, number: seen.intent?.purchase ?? 0, held })
    note(life, `order ${entry.orderId} (${entry.length.text}), plan until ${new Date(entry.planEnd).toISOString()}`)
  }
  if (othersOf(ledger) === before.others) return
  const orderId = seen.order?.orderId ?? 0
  const cause = seen.reissue.cause
  story.reissues.push({ at: life.now, orderId, cause, held, arrived: stored?.at })
  note(life, `reissue of ${orderId} for ${cause ?? 'what was asked before'}`)
}

const isTwice = (orders: readonly Entry[], entry: Entry): boolean =>
  orders.some(
    (other) =>
      other !== entry && other.alternativeId === entry.alternativeId && !['rejected', 'canceled'].includes(other.word),
  )

const othersOf = ({ orders }: Ledger): number => orders.reduce((sum, { others }) => sum + others.length, 0)

const booksOf = ({ ledger }: Life) => ({
  orders: ledger.orders.filter(({ by }) => by === 'us').length,
  others: othersOf(ledger),
})

/** One action; `over` where the process died or the object had changed. */
const take = async (life: Life, pass: Pass, view: ReturnType<typeof look>): Promise<'go on' | 'over'> => {
  if (view.decision.verdict !== 'act') return 'go on'
  const { action } = view.decision
  pass.acted = true
  life.actions += 1
  const isSpending = action.kind === 'PlaceOrder' || action.kind === 'PlaceReissue'
  const before = isSpending ? booksOf(life) : undefined
  const outcome = await carryOut(life, pass, view, action)
  if (before && isSpending) {
    keepBooks(life, view, before)
    if (outcome.kind !== 'placed' && outcome.kind !== 'reissued') note(life, `${action.kind}: ${outcome.kind}`)
    // Other words, where the ones before were refused, are another request.
    const request = `${action.kind} ${view.seen.intent?.payloadHash ?? ''}`
    if (life.placedAt[request] === life.now) fault(life, `L4: ${action.kind} was done twice at one moment`)
    life.placedAt[request] = life.now
  }
  if (life.play.crashes.includes(life.actions)) {
    note(life, `the process dies after ${action.kind}`)
    life.ledger.doubt()
    life.memory = createMemory(clockOf(life)).of(KEY)
    life.placedAt = {}
    return 'over'
  }
  if (outcome.kind === 'conflict') return 'over'
  pass.draft = after(pass.draft, outcome, clockOf(life), aboutOf(view.gathered))
  digest(life, pass, outcome)
  if (outcome.kind === 'stored') pass.stored = true
  if (outcome.kind === 'stored') note(life, `stored, until ${outcome.certificate.notAfter}`)
  if (outcome.kind === 'recorded') write(life, pass.draft)
  return 'go on'
}

const conclude = (life: Life, pass: Pass, { gathered, seen, decision }: ReturnType<typeof look>): View => {
  const { metadata, status: before } = life.order
  const subject = { before, generation: metadata.generation ?? 0, about: aboutOf(gathered), now: clockOf(life) }
  write(life, report(pass.draft, seen, decision, subject).status)
  return { seen, decision, acted: pass.acted, stored: pass.stored }
}

/** One pass, as `Reconciler.reconcile` makes it; nothing where it ended early. */
export const passOver = async (life: Life): Promise<View | undefined> => {
  const pass: Pass = { draft: life.order.status ?? {}, remote: UNASKED, acted: false, stored: false }
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const view = look(life, pass)
    const { decision } = view
    if (decision.verdict === 'look') hear(life, pass, await ask(life, pass, view.gathered, decision.by))
    else if (decision.verdict !== 'act') return conclude(life, pass, view)
    else if ((await take(life, pass, view)) === 'over') return undefined
  }
  fault(life, `L4: no end after ${MAX_STEPS} steps`)
  return undefined
}
