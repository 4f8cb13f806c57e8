import type { DigiCertOrder } from '../../src/api/order.ts'
import { type Bed, bought, keySecretIn, place, startBed, untilReady } from './bad-days.ts'
import { type ControlPlane, openControlPlane } from './control-plane.ts'
import { type FaultLine, startFaultLine } from './fault-line.ts'
import type { Fault, Servers, TracedCall } from './faults.ts'
import { conditionOf } from './journey.ts'
import type { OperatorOptions, OperatorProcess } from './operator-process.ts'
import { type SecretWatch, watchSecrets } from './secret-watch.ts'
import { pairFaults } from './time-machine.ts'
import { waitFor } from './wait-for.ts'

/** A way of an order that is gone once without a fault, and then once for each call and fault. */
export type Scenario = {
  readonly settings: Parameters<Bed['control']['changeSettings']>[0]
  /** Purchases that a whole run makes. */
  readonly purchases: number
  /** What was there before the first call that counts. */
  readonly before?: (stage: Stage, name: string) => Promise<unknown>
  readonly begin: (stage: Stage, name: string) => Promise<unknown>
  /** What people do on the way; called again and again. */
  readonly meanwhile?: (stage: Stage, order: DigiCertOrder) => Promise<unknown>
  /** Whether it is at its end; `serial` is that of the certificate before. */
  readonly isOver: (order: DigiCertOrder | undefined, serial: string | undefined) => boolean
}

/** What all runs of a sweep share. */
export type Stage = {
  readonly bed: Bed
  readonly line: FaultLine
  readonly operator: OperatorProcess
  /** Brings back an operator that died. */
  readonly revive: () => Promise<void>
  readonly faults: string[]
  readonly watch: SecretWatch
}

/** A fault at a call of a run, counted from the call after the one before it, or from the first. */
export type Plan = { readonly at: number; readonly fault: Fault }

/** What came of one run. */
export type Run = {
  readonly purchases: number
  readonly struck: boolean
  readonly broken: readonly string[]
  /** What stays the same whatever went wrong on the way. */
  readonly end: string
  readonly trace: readonly TracedCall[]
}

const FLAGS = { 'request-timeout': '1s', 'unknown-outcome-timeout': '2s', 'poll-interval': '1s' }

export type StageOptions = {
  /** The cluster, which may be struck; silent: that of this process. */
  readonly plane?: ControlPlane
  /** Further flags of the operator. */
  readonly flags?: OperatorOptions['flags']
  /** The sources that the operator runs from; silent: those of this checkout. */
  readonly checkout?: string
}

/** Starts simulator and operator with a fault line between them and a cluster. */
export async function startStage({ plane, flags, checkout }: StageOptions = {}): Promise<Stage> {
  if (plane) process.env['KUBECONFIG'] = plane.kubeconfig
  const servers = serversOf(plane ?? openControlPlane(process.env['TEST_CONTROL_PLANE'] ?? ''))
  const bed = await startBed({ operator: 'none', account: 'none', flags: { ...FLAGS, ...flags } })
  const kubeconfig = process.env['KUBECONFIG'] ?? ''
  const line = await startFaultLine(kubeconfig, bed.simulator.url, servers)
  await bed.control.changeSettings({ uniqueAlternativeOrderIds: true })
  await bed.cluster.apply(accountBehind(bed, line))
  const faults: string[] = []
  const watch = await watchSecrets(kubeconfig, bed.namespace, (secret) =>
    faults.push(...pairFaults(secret, new Date())),
  )
  const { kubeconfig: behind, certCentralUrl: certCentral } = line
  const operator = await bed.startOperator({ kubeconfig: behind, certCentral, ...(checkout && { checkout }) })
  // By an order that it knows, an operator sees that the account keeps ids.
  await place(bed, 'known')
  await untilReady(bed, 'known', LIMIT)
  return { bed, line, operator, revive: () => operator.restart(), faults, watch }
}

export async function endStage({ bed, line, watch }: Stage): Promise<void> {
  watch.stop()
  await bed.close()
  await line.close()
}

const serversOf = (plane: ControlPlane | undefined): Servers => {
  const known = (): ControlPlane => {
    if (!plane) throw new Error('the servers of a cluster that is not ours cannot be struck')
    return plane
  }
  return {
    restartApiServer: async () => {
      await known().killApiServer()
      await known().restartApiServer()
    },
    restartEtcd: () => known().restartEtcd(),
    compact: () => known().compact(),
    signalEtcd: (signal) => process.kill(known().pids().etcd ?? NaN, signal),
  }
}

const accountBehind = ({ namespace }: Bed, { certCentralUrl }: FaultLine) => [
  keySecretIn(namespace, 'certcentral'),
  {
    apiVersion: 'digicert-operator.io/v1alpha1',
    kind: 'DigiCertAccount',
    metadata: { name: 'certcentral', namespace },
    spec: {
      url: certCentralUrl,
      apiKeySecretRef: { name: 'certcentral' },
      uniqueAlternativeOrderIds: true,
      policy: { maxOrdersPerDay: 100_000 },
    },
  },
]

/** What stays the same whatever went wrong on the way. */
const endOf = (order: DigiCertOrder | undefined): string => {
  if (!order) return 'gone'
  const { status } = order
  return JSON.stringify({
    ready: conditionOf(order, 'Ready')?.status,
    reason: conditionOf(order, 'Issuing')?.reason,
    purchase: status?.order?.purchase,
    intent: status?.intent?.purpose,
    failures: status?.failures?.reason,
    names: status?.certificate?.dnsNames.length,
  })
}

/** How long nothing may be written once an order is where it should be, in milliseconds. */
const SILENCE = 1200
/** How long a run may take, in milliseconds. */
export const LIMIT = 90_000

type PlayOptions = {
  readonly plans?: readonly Plan[]
  /** The end of the run without a fault. */
  readonly reference?: string
  readonly limitMs?: number
}

/** Plays a scenario once, with faults or without, and judges it. */
export async function play(
  stage: Stage,
  scenario: Scenario,
  name: string,
  { plans = [], reference, limitMs = LIMIT }: PlayOptions = {},
): Promise<Run> {
  const { bed, line, faults } = stage
  await bed.control.changeSettings({ ...PLAIN, ...scenario.settings })
  line.begin()
  await scenario.before?.(stage, name)
  const wasFaulty = faults.length
  const serial = (await bed.cluster.order(bed.namespace, name))?.status?.certificate?.serialNumber
  const { crash, revive } = mortal(stage)
  line.begin(...plans.map((plan) => ({ ...plan, crash })))
  await scenario.begin(stage, name)
  const look = async () => {
    await revive()
    const order = await bed.cluster.order(bed.namespace, name)
    if (order) await scenario.meanwhile?.(stage, order)
    return scenario.isOver(order, serial)
  }
  const broken: string[] = []
  await waitFor(look, { what: `end of ${name}`, limitMs, everyMs: 50 }).catch((error: unknown) =>
    broken.push(`it never ends: ${(error as Error).message}`),
  )
  const trace = line.trace()
  // The last call may be seen to have arrived before the operator dies of it; and some faults end with its next start.
  const isOver = async () => {
    await revive()
    return !line.isStriking()
  }
  await waitFor(isOver, { what: 'the fault to be over', limitMs: 60_000, everyMs: 10 })
  await revive()
  await quiet(line).catch((error: unknown) => broken.push(`after its end: ${(error as Error).message}`))
  await stage.watch.upToDate()
  broken.push(...faults.slice(wasFaulty))
  const order = await waitFor(async () => ({ seen: await bed.cluster.order(bed.namespace, name) }), {
    ...{ what: 'API server', limitMs: LIMIT },
  })
  const end = endOf(order.seen)
  if (reference !== undefined && end !== reference) broken.push(`it ends as ${end} and not as ${reference}`)
  const purchases = (await bought(bed, name)).length
  if (purchases !== scenario.purchases) broken.push(`${String(purchases)} purchases, not ${String(scenario.purchases)}`)
  return { purchases, struck: line.struck(), broken, end, trace }
}

const PLAIN: Scenario['settings'] = { instant: true, approval: 'none', ownDcvPolling: false }

/** An operator that can be killed at any moment, and is started again at another. */
const mortal = ({ operator, revive }: Pick<Stage, 'operator' | 'revive'>) => {
  let isDead = false
  return {
    crash: (): void => {
      const pid = operator.pid()
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      isDead = true
    },
    revive: async (): Promise<void> => {
      if (!isDead) return
      isDead = false
      await revive()
    },
  }
}

/** Waits until nothing was called for a while. */
export const quiet = (line: FaultLine): Promise<unknown> => {
  let [count, since] = [line.trace().length, performance.now()]
  const look = () => {
    const now = line.trace().filter(({ label }) => !label.startsWith('GET')).length
    if (now !== count) [count, since] = [now, performance.now()]
    return Promise.resolve(performance.now() - since > SILENCE)
  }
  return waitFor(look, { what: 'silence', limitMs: 15_000, everyMs: 50 }).catch((error: unknown) => {
    const last = line.trace().slice(-8)
    throw new Error(`no silence: ${last.map(({ label }) => label).join(', ')}`, { cause: error })
  })
}
