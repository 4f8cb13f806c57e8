import { ORDER_AGAIN, REISSUE_REQUESTED } from '../../src/api/names.ts'
import type { DigiCertOrder, OrderSpec } from '../../src/api/order.ts'
import type { OrderStatus } from '../../src/api/status.ts'
import { aboutOf } from '../../src/controller/about.ts'
import { act } from '../../src/controller/act.ts'
import type { Gathered } from '../../src/controller/gather.ts'
import { type Recollection, createMemory } from '../../src/controller/memory.ts'
import { observe } from '../../src/controller/observe.ts'
import { reissueMark } from '../../src/controller/reissue-facts.ts'
import { askByIntent } from '../../src/controller/find-order.ts'
import { questionOf } from '../../src/controller/questions.ts'
import { askByOrderId, askForReissues } from '../../src/controller/remote.ts'
import type { Hands } from '../../src/controller/step.ts'
import { decide } from '../../src/order/decide.ts'
import type { Action, Decision, LookBy } from '../../src/order/decision.ts'
import type { Observation, Remote, Stored } from '../../src/order/observation.ts'
import type { Outcome } from '../../src/order/outcome.ts'
import { after, afterLook } from '../../src/order/progress.ts'
import { report } from '../../src/order/report.ts'
import { givingUp } from '../../src/order/rules/issue.ts'
import { DAY } from '../../src/order/schedule.ts'
import { type Certificate, type Entry, type Ledger, createLedger } from './certcentral.ts'
import { type Keys, changeKeys, gatherFor } from './cluster.ts'
import { sessionFor } from './account.ts'
import { type Story, newStory } from './record.ts'
import { type Reading, readSpecFor } from './reading.ts'
import { sellBefore } from './bought.ts'
import { BEGINNING, HOUR, type Ways } from './ways.ts'

/** What a person does to the resource. */
export type Edit = {
  readonly at: number
  readonly what: 'add a name' | 'take another key' | 'ask for a reissue'
}

/** Guards that are switched off, in the engine only. */
export type KnockOut = 'bounds' | 'brake'

/** One play: a resource, CertCentral's ways, and what befalls. Dates are milliseconds since the beginning. */
export type Play = {
  readonly spec: OrderSpec
  readonly ways: Ways
  readonly lasts: number
  /** It ends there at the latest: certificates of a day would make of three years nothing but themselves. */
  readonly mostPasses: number
  /** `age`: the order was bought so long before, and its status is as an older release left it. */
  readonly start: 'new' | { readonly age: number }
  /** How far the clock of the operator is ahead, by turns. */
  readonly skews: readonly { readonly from: number; readonly by: number }[]
  readonly edits: readonly Edit[]
  readonly restarts: readonly number[]
  /** Numbers of the actions after which the process dies before it has written the status. */
  readonly crashes: readonly number[]
  /** How many of the daily looks are made after each change, of which the rest would say nothing new. */
  readonly dailyLooks: number
  /** How long people take to answer what waits for them; `undefined` where they never do. */
  readonly patience: number | undefined
  readonly without: readonly KnockOut[]
}

export type Life = {
  readonly play: Play
  readonly ledger: Ledger
  readonly story: Story
  readonly keys: Keys
  readonly session: ReturnType<typeof sessionFor>
  now: number
  order: DigiCertOrder
  reading: Reading
  stored: { fact: Stored; certificate: Certificate; at: number } | undefined
  memory: Recollection
  pending: Edit[]
  restarts: number[]
  answer: { at: number; annotation: string } | undefined
  actions: number
  /** How many keys were made. */
  made: number
  gap: number
  lastReason: string
  looksLeft: number
  placedAt: Partial<Record<Action['kind'], number>>
  /** When passes were made. */
  readonly times: number[]
}

export type View = Pick<Pass, 'acted' | 'stored'> & { readonly seen: Observation; readonly decision: Decision }

type Pass = { draft: OrderStatus; remote: Remote; acted: boolean; stored: boolean }

/** More steps than any way through the rules has, as in `controller/reconcile.ts`. */
const MAX_STEPS = 12
/** More passes in a day than any way of CertCentral's gives cause for. */
const MOST_IN_A_DAY = 120
const SETTLE_TIME = 15 * 60_000
const UNASKED: Remote = { kind: 'unasked' }
const KEY = 'shop/shop'

export const skewAt = ({ skews }: Play, now: number): number =>
  skews.findLast(({ from }) => BEGINNING + from <= now)?.by ?? 0

/** The time by the clock of the operator. */
export const clockOf = ({ play, now }: Life): Date => new Date(now + skewAt(play, now))

const note = (life: Life, what: string): void => void life.story.happenings.push({ at: life.now, what })

const fault = (life: Life, law: string): void => {
  life.story.faults.push(law)
  note(life, `!! ${law}`)
}

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
  const moment = { now, settleTimeMs: SETTLE_TIME, remote: pass.remote, memory: life.memory }
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
  leadershipMs: () => 60_000,
  claimOrder: () => Promise.resolve('granted'),
  returnOrder: () => undefined,
  now: () => clockOf(life),
  retryCallsAt: () => retryAt(life),
  finalize: () => Promise.resolve({}),
  write: (status) => {
    pass.draft = status
    return Promise.resolve(write(life, status))
  },
})

/** As `Reconciler.#digest`. */
const digest = ({ memory, ...life }: Life, pass: Pass, outcome: Outcome): void => {
  const now = new Date(life.now + skewAt(life.play, life.now))
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
    if (life.placedAt[action.kind] === life.now) fault(life, `L4: ${action.kind} was done twice at one moment`)
    life.placedAt[action.kind] = life.now
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
const passOver = async (life: Life): Promise<View | undefined> => {
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

/** A step that was just completed is not due again at once, unless its own certificate came when it was due already. */
const checkRest = (life: Life, { seen, decision, stored }: View): void => {
  const { next } = seen
  if (!stored || decision.verdict !== 'ready' || !next || next.action === 'Look') return
  if (life.play.without.includes('bounds')) return
  const now = clockOf(life)
  const plan = seen.plan.start && seen.plan.end ? (seen.plan.start.getTime() + seen.plan.end.getTime()) / 2 : Infinity
  if (next.at <= now && now.getTime() < plan) fault(life, `L4: ${next.action} is due again at once: ${next.why}`)
}

/** What people answer to what waits for them. */
const answer = (life: Life, { seen, decision }: View): void => {
  const { patience } = life.play
  if (decision.verdict !== 'stalled' || patience === undefined || life.answer) return
  const at = life.now + patience
  const over = ['OrderRejected', 'OrderCanceled'].includes(decision.reason) ? seen.order?.orderId : undefined
  if (over !== undefined) life.answer = { at, annotation: String(over) }
  const { intent } = seen
  const isThere = life.ledger.orders.some(({ alternativeId }) => alternativeId === intent?.alternativeOrderId)
  if (decision.reason === 'OutcomeUnknown' && intent && !isThere) life.answer = { at, annotation: givingUp(intent) }
}

const annotate = (life: Life, name: string, value: string): void => {
  const { metadata } = life.order
  life.order = { ...life.order, metadata: { ...metadata, annotations: { ...metadata.annotations, [name]: value } } }
}

const respec = (life: Life, changes: Partial<OrderSpec>): void => {
  const spec = { ...life.order.spec, ...changes }
  const { metadata } = life.order
  life.order = { ...life.order, spec, metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 } }
  life.reading = readSpecFor(spec)
}

const EDITS: Readonly<Record<Edit['what'], (life: Life, edit: Edit) => void>> = {
  'add a name': (life, { at }) => {
    const { dnsNames = [] } = life.order.spec
    respec(life, { dnsNames: [...dnsNames, `n${at}.example.com`] })
  },
  'take another key': (life) => {
    const { privateKey } = life.order.spec
    respec(life, { privateKey: { ...privateKey, algorithm: privateKey.algorithm === 'RSA' ? 'ECDSA' : 'RSA' } })
  },
  'ask for a reissue': (life, { at }) => annotate(life, REISSUE_REQUESTED, String(at)),
}

/** What befalls the resource and the process until now. */
const befall = (life: Life): void => {
  const due = (at: number): boolean => BEGINNING + at <= life.now
  for (const edit of life.pending.filter(({ at }) => due(at))) {
    note(life, edit.what)
    EDITS[edit.what](life, edit)
  }
  life.pending = life.pending.filter(({ at }) => !due(at))
  if (life.restarts.some(due)) life.memory = createMemory(clockOf(life)).of(KEY)
  life.restarts = life.restarts.filter((at) => !due(at))
  if (!life.answer || life.answer.at > life.now) return
  note(life, `${ORDER_AGAIN}: ${life.answer.annotation}`)
  annotate(life, ORDER_AGAIN, life.answer.annotation)
  life.answer = undefined
}

/** What happens next without the operator. */
const nextEvent = (life: Life): number => {
  const { ledger, pending, restarts, play } = life
  const own = [...pending.map(({ at }) => at), ...restarts, ...play.skews.map(({ from }) => from)]
  const times = [ledger.next(), life.answer?.at ?? Infinity, ...own.map((at) => BEGINNING + at)]
  return Math.min(...times.filter((at) => at > life.now))
}

const LONGEST_GAP = 30 * DAY
const SHORTEST_GAP = 15 * 60_000

/** When the next pass is made. Looks that can tell nothing new are left out, as a play would be made of nothing else. */
const nextPass = (life: Life, view: View | undefined): number => {
  if (!view) return life.now + 1000
  const { seen, decision, acted } = view
  const skew = skewAt(life.play, life.now)
  const until = 'until' in decision ? decision.until.getTime() - skew : life.now
  const { next, failure, stored, settledAt, brake } = seen
  const dates = [next?.at, failure?.retryAt, stored?.notAfter, settledAt, brake.purchase?.until, brake.reissue?.until]
  const known = dates.map((date) => (date?.getTime() ?? 0) - skew).filter((at) => at > life.now)
  const isIdle = !acted && decision.reason === life.lastReason
  life.gap = isIdle ? Math.min(life.gap * 8, LONGEST_GAP) : SHORTEST_GAP
  life.lastReason = decision.reason
  if (!isIdle) life.looksLeft = life.play.dailyLooks
  else life.looksLeft -= 1
  if (decision.verdict === 'ready') return life.looksLeft > 0 ? until : Math.min(...known)
  return isIdle ? Math.min(Math.max(until, life.now + life.gap), ...known) : until
}

const createLife = (play: Play): Life => {
  const life = {} as Life
  const reading = readSpecFor(play.spec)
  const now = () => life.now
  const ledger = createLedger({ ways: play.ways, now, skew: () => skewAt(play, life.now) })
  const order: DigiCertOrder = {
    apiVersion: 'digicert-operator.io/v1alpha1',
    kind: 'DigiCertOrder',
    metadata: {
      name: 'shop',
      namespace: 'shop',
      uid: 'uid-shop',
      generation: 1,
      creationTimestamp: new Date(BEGINNING).toISOString(),
    },
    spec: play.spec,
  }
  const session = sessionFor(ledger.client, play.ways.uniqueIds)
  return Object.assign(life, {
    ...{ play, ledger, order, reading, session, story: newStory(), keys: new Map(), stored: undefined },
    ...{ now: BEGINNING, memory: createMemory(new Date(BEGINNING)).of(KEY), answer: undefined },
    ...{ pending: [...play.edits], restarts: [...play.restarts], actions: 0, made: 0, placedAt: {}, times: [] },
    ...{ gap: SHORTEST_GAP, lastReason: '', looksLeft: play.dailyLooks },
  } satisfies Life)
}

const isHot = ({ story, now, times }: Life): boolean => {
  times.push(now)
  return story.passes > MOST_IN_A_DAY && now - (times.at(-MOST_IN_A_DAY) ?? 0) < DAY
}

/** The feed tells of what happened, within a minute; without it a look of some hours later does. */
const hearNews = ({ play, memory }: Life): void => {
  if (play.dailyLooks === 0) memory.lookedAt = new Date(0)
}

/** Makes the passes of a play until it ends. */
const run = async (life: Life): Promise<Life> => {
  const end = BEGINNING + life.play.lasts
  let atOneMoment = 0
  while (life.now < end && life.story.faults.length === 0) {
    if (life.ledger.advance(life.now) === 'something') hearNews(life)
    befall(life)
    const view = await passOver(life)
    life.story.passes += 1
    if (view) {
      life.story.reasons.add(view.decision.reason)
      checkRest(life, view)
      answer(life, view)
    }
    const at = Math.min(Math.max(life.now, nextPass(life, view)), nextEvent(life))
    atOneMoment = at === life.now ? atOneMoment + 1 : 0
    if (atOneMoment > 3) fault(life, 'L4: passes follow each other at one moment')
    if (isHot(life)) fault(life, `L4: more than ${MOST_IN_A_DAY} passes in a day`)
    if (life.story.passes >= life.play.mostPasses) break
    life.now = at
  }
  return life
}

/** Plays one resource through its years. */
export const playThrough = async (play: Play): Promise<Life> => {
  const life = createLife(play)
  if (play.start !== 'new') sellBefore(life, play.start.age)
  return run(life)
}

export { HOUR }
