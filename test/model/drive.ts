import { ORDER_AGAIN } from '../../src/api/names.ts'
import type { OrderStatus } from '../../src/api/status.ts'
import { type Secret, textOf } from '../../src/controller/secrets.ts'
import { KubeError } from '../../src/kube/client.ts'
import { readBundle } from '../../src/pki/bundle.ts'
import { readKey } from '../../src/pki/keys.ts'
import { BEGINNING } from './authority.ts'
import { Crash } from './faults.ts'
import { isLiving } from './ledger.ts'
import { ORDER, type Process, TARGET, type World, keysIn } from './world.ts'

/** How a run ended: the reason of the condition that tells it, and all that must never be and was. */
export type End = {
  reason: string
  /** How often a person had to say that an order of unknown outcome does not exist. */
  releases: number
  passes: number
  /** Calls made before the end was reached; later ones only check it. */
  calls: number
  trace: readonly string[]
  /** Orders that live at CertCentral. */
  bought: number
  violations: readonly string[]
}

const MAX_PASSES = 150
const MAX_RELEASES = 5
const HOUR = 3_600_000
/** What has not become Ready after so long does not become so by itself, in milliseconds. */
const LONG_ENOUGH = 12 * HOUR
/** How long it is watched that no timer ends what waits for a person, in milliseconds. */
const WATCHED = 2 * HOUR
/** How long people take to do what an order waits for, in milliseconds. */
const PEOPLE_TAKE = 30_000
/** First pause of the worker after a pass that failed, in milliseconds. */
const BACKOFF = 1_000
/** A loop is hot when so many passes in a row ask to be repeated at once and nothing comes of them. */
const MAX_IDLE = 3

type Run = { world: World; process: Process; restarted: 'yes' | 'no'; failures: number; idle: number; passes: number }

const restart = (run: Run, crash: Crash): void => {
  run.process.kill()
  run.process = run.world.start(crash.caches)
  run.restarted = 'yes'
}

/** What people do meanwhile: approve, and publish what the status asks them to publish. */
const peopleAct = ({ ledger, clock, order }: World): 'approved' | undefined => {
  const waiting = ledger.orders.filter(({ placedAt }) => clock.now().getTime() - placedAt.getTime() >= PEOPLE_TAKE)
  const asked = order().status?.validation?.some(({ record }) => record?.value === 'modelvalue')
  for (const entry of waiting) if (asked) ledger.publish(entry)
  const approved = waiting.filter(({ word }) => word === 'needs_approval')
  for (const entry of approved) ledger.approve(entry)
  return approved.length > 0 ? 'approved' : undefined
}

const conditionIn = (status: OrderStatus | undefined, type: string) =>
  status?.conditions?.find((condition) => condition.type === type)

const isReady = ({ order }: World): boolean => {
  const { status } = order()
  return conditionIn(status, 'Ready')?.status === 'True' && conditionIn(status, 'Issuing')?.status === 'False'
}

const reasonOf = ({ order }: World): string => {
  const { status } = order()
  return (conditionIn(status, 'Stalled') ?? conditionIn(status, 'Ready'))?.reason ?? 'nothing was said'
}

/** One pass, and when the worker would make the next one. */
const pass = async (run: Run): Promise<Date> => {
  const { world } = run
  run.passes += 1
  try {
    const next = await run.process.reconcile()
    run.failures = 0
    if (typeof next === 'string') return world.clock.now()
    return next instanceof Date ? next : next.at
  } catch (error) {
    if (error instanceof Crash) restart(run, error)
    else run.failures += 1
    // The worker repeats what the API server failed at; nothing else may rise, least of all that a pass has no end.
    if (!(error instanceof Crash || error instanceof KubeError))
      world.violations.push(`a pass failed: ${String(error)}`)
    return new Date(world.clock.now().getTime() + BACKOFF * 2 ** Math.min(run.failures, 8))
  }
}

const hear = async (run: Run): Promise<void> => {
  try {
    await run.process.hear()
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    restart(run, error)
  }
}

/** A new process keeps the caches it began with for its first pass, however far behind they are. */
const hasRestarted = ({ restarted }: Run): boolean => restarted === 'yes'

const step = async (run: Run): Promise<void> => {
  const { world } = run
  const before = world.api.version()
  run.restarted = 'no'
  const due = await pass(run)
  const now = world.clock.now()
  run.idle = due <= now && world.api.version() === before ? run.idle + 1 : 0
  if (due > now) world.clock.set(due)
  if (peopleAct(world)) await hear(run)
  if (!hasRestarted(run)) run.process.sync()
}

const goOn = async (run: Run): Promise<void> => {
  const { world } = run
  const since = world.clock.now().getTime()
  let until = since + LONG_ENOUGH
  while (!isReady(world) && run.idle < MAX_IDLE && world.clock.now().getTime() < until) {
    await step(run)
    const { status } = world.order()
    const stalled = conditionIn(status, 'Stalled')
    const said = Math.max(since, Date.parse(stalled?.lastTransitionTime ?? ''))
    if (stalled?.reason === 'OutcomeUnknown') until = Math.min(until, said + WATCHED)
    if (run.passes > MAX_PASSES) break
  }
  if (run.idle >= MAX_IDLE) world.violations.push('hot loop: passes that change nothing ask to be repeated at once')
  if (run.passes > MAX_PASSES) world.violations.push(`more than ${String(MAX_PASSES)} passes`)
}

/** A pass over what has come to rest asks for nothing and writes nothing (promise P6). */
const checkRest = async (run: Run): Promise<void> => {
  const { api, ledger, violations } = run.world
  run.process.sync()
  await pass(run)
  run.process.sync()
  const [version, calls] = [api.version(), ledger.calls()]
  await pass(run)
  if (api.version() !== version) violations.push('P6: a pass over a settled order wrote something')
  if (ledger.calls() !== calls) violations.push('P6: a pass over a settled order asked CertCentral')
}

const checked = new Map<string, string | undefined>()

const pairFault = (secret: Secret): string | undefined => {
  const [pem = '', chain = ''] = [textOf(secret, 'tls.key'), textOf(secret, 'tls.crt')]
  const whole = `${pem}${chain}`
  if (checked.has(whole)) return checked.get(whole)
  const key = readKey(pem)
  const names = ['shop.example.com', 'www.shop.example.com']
  const root = textOf(secret, 'ca.crt') ?? ''
  const result = key && readBundle(`${chain}${root}`, { key, names, now: new Date(BEGINNING) })
  const fault =
    result?.ok === true
      ? undefined
      : `P3: the Secret was written with a pair that is ${result?.fault ?? 'without a key'}`
  checked.set(whole, fault)
  return fault
}

/** What the end must hold whatever struck: a key for each living order, and no Secret that was ever bad. */
const checkEnd = ({ api, ledger, violations }: World): void => {
  const keys = keysIn(api)
  if (!ledger.orders.filter(isLiving).every(({ fingerprint }) => keys.includes(fingerprint)))
    violations.push('P2: the key of a living order is gone')
  for (const { key, object } of api.writes) {
    const fault = key === TARGET ? pairFault(object as Secret) : undefined
    if (fault !== undefined) violations.push(fault)
  }
}

const RELEASE = new RegExp(`${ORDER_AGAIN}: "([A-Za-z0-9-]+)"`)

/** A person reads the message, sees that CertCentral has no such order, and does what it says. */
const release = ({ api, order }: World): void => {
  const message = conditionIn(order().status, 'Ready')?.message ?? ''
  const [, value = ''] = RELEASE.exec(message) ?? []
  api.edit(ORDER, (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [ORDER_AGAIN]: value } },
  }))
}

/** Whether all that is missing is a person's word that an order of unknown outcome does not exist. */
const awaitsRelease = (world: World): boolean =>
  !isReady(world) && reasonOf(world) === 'OutcomeUnknown' && world.ledger.orders.length === 0

/**
 * Runs a world until its order is Ready, or has been otherwise for half a day. An order of unknown outcome is released
 * by a person, where CertCentral has none indeed, as often as it takes.
 */
export const run = async (world: World): Promise<End> => {
  const state: Run = { world, process: world.start(), restarted: 'no', failures: 0, idle: 0, passes: 0 }
  await goOn(state)
  let releases = 0
  while (awaitsRelease(world) && releases < MAX_RELEASES) {
    releases += 1
    release(world)
    state.process.sync()
    await goOn(state)
  }
  const { passes } = state
  const calls = world.trace.length
  world.calm()
  await checkRest(state)
  checkEnd(world)
  const bought = world.ledger.orders.filter(isLiving).length
  const reason = isReady(world) ? 'Ready' : reasonOf(world)
  return { reason, releases, passes, calls, bought, trace: world.trace, violations: world.violations }
}
