import type { DigiCertOrder } from '../../src/api/order.ts'
import { type Bed, annotate, bought, keySecretIn, orderIn, startBed } from './bad-days.ts'
import { type Fault, type FaultLine, startFaultLine, type TracedCall } from './fault-line.ts'
import { conditionOf } from './journey.ts'
import type { OperatorProcess } from './operator-process.ts'
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
  readonly faults: string[]
  readonly watch: SecretWatch
}

/** What came of one run. */
export type Run = { readonly purchases: number; readonly struck: boolean; readonly broken: readonly string[] }

const FLAGS = { 'request-timeout': '1s', 'settle-time': '2s', 'poll-interval': '1s' }

/** Starts cluster, simulator and operator with a fault line between them. */
export async function startStage(): Promise<Stage> {
  const bed = await startBed({ operator: 'none', account: 'none', flags: FLAGS })
  const kubeconfig = process.env['KUBECONFIG'] ?? ''
  const line = await startFaultLine(kubeconfig, bed.simulator.url)
  await bed.control.changeSettings({ uniqueAlternativeOrderIds: true })
  await bed.cluster.apply(accountBehind(bed, line))
  const faults: string[] = []
  const watch = await watchSecrets(kubeconfig, bed.namespace, (secret) =>
    faults.push(...pairFaults(secret, new Date())),
  )
  const operator = await bed.startOperator({ kubeconfig: line.kubeconfig })
  return { bed, line, operator, faults, watch }
}

export async function endStage({ bed, line, watch }: Stage): Promise<void> {
  watch.stop()
  await bed.close()
  await line.close()
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

/** Every call of the stage that counts, under every fault. */
export const plansFor = (trace: readonly TracedCall[], faults: readonly Fault[]): { at: number; fault: Fault }[] =>
  trace.flatMap(({ side }, at) =>
    faults.filter((fault) => fault !== 'conflict' || side === 'kubernetes').map((fault) => ({ at, fault })),
  )

/** What stays the same whatever went wrong on the way. */
const endOf = (order: DigiCertOrder | undefined) => {
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
const LIMIT = 40_000

/** Plays a scenario once, with a fault or without, and judges it. */
export async function play(
  stage: Stage,
  scenario: Scenario,
  name: string,
  { strike, reference }: { strike?: { at: number; fault: Fault }; reference?: string } = {},
): Promise<Run & { end: string; trace: readonly TracedCall[] }> {
  const { bed, line, operator, faults } = stage
  await bed.control.changeSettings({ ...PLAIN, ...scenario.settings })
  line.begin()
  await scenario.before?.(stage, name)
  const wasFaulty = faults.length
  const serial = (await bed.cluster.order(bed.namespace, name))?.status?.certificate?.serialNumber
  let isDead = false
  const crash = (): void => {
    const pid = operator.pid()
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    isDead = true
  }
  line.begin(strike && { ...strike, crash })
  await scenario.begin(stage, name)
  const revive = async (): Promise<void> => {
    if (!isDead) return
    isDead = false
    await operator.restart()
  }
  const look = async () => {
    await revive()
    const order = await bed.cluster.order(bed.namespace, name)
    if (order) await scenario.meanwhile?.(stage, order)
    return scenario.isOver(order, serial)
  }
  const broken: string[] = []
  await waitFor(look, { what: `end of ${name}`, limitMs: LIMIT, everyMs: 50 }).catch((error: unknown) =>
    broken.push(`it never ends: ${(error as Error).message}`),
  )
  const trace = line.trace()
  // The last call may be seen to have arrived before the operator dies of it.
  await waitFor(() => Promise.resolve(!line.isStriking()), { what: 'the fault to be over', limitMs: 5000, everyMs: 10 })
  await revive()
  await quiet(line).catch(() => broken.push('it goes on writing after its end'))
  await stage.watch.upToDate()
  broken.push(...faults.slice(wasFaulty))
  const end = endOf(await bed.cluster.order(bed.namespace, name))
  if (reference !== undefined && end !== reference) broken.push(`it ends as ${end} and not as ${reference}`)
  const purchases = (await bought(bed, name)).length
  if (purchases !== scenario.purchases) broken.push(`${String(purchases)} purchases, not ${String(scenario.purchases)}`)
  return { purchases, struck: line.struck(), broken, end, trace }
}

const PLAIN: Scenario['settings'] = { instant: true, approval: 'none' }

/** Waits until nothing was called for a while. */
const quiet = (line: FaultLine): Promise<unknown> => {
  let [count, since] = [line.trace().length, performance.now()]
  const look = () => {
    const now = line.trace().filter(({ label }) => !label.startsWith('GET')).length
    if (now !== count) [count, since] = [now, performance.now()]
    return Promise.resolve(performance.now() - since > SILENCE)
  }
  return waitFor(look, { what: 'silence', limitMs: 15_000, everyMs: 50 })
}

/** Ready with nothing more to do, and not with the certificate of before. */
const isIssued = (order: DigiCertOrder | undefined, serial?: string): boolean =>
  order !== undefined &&
  order.status?.observedGeneration === order.metadata.generation &&
  conditionOf(order, 'Ready')?.status === 'True' &&
  conditionOf(order, 'Issuing')?.reason === 'Issued' &&
  order.status?.certificate?.serialNumber !== serial

const apply = ({ bed }: Stage, name: string, spec: object = {}) => bed.cluster.apply(orderIn(bed.namespace, name, spec))

const boughtBefore = async (stage: Stage, name: string, spec: object = {}) => {
  await apply(stage, name, spec)
  const look = async () => isIssued(await stage.bed.cluster.order(stage.bed.namespace, name))
  await waitFor(look, { what: `certificate of ${name}`, limitMs: LIMIT, everyMs: 50 })
  await quiet(stage.line)
}

const edit = ({ bed }: Stage, name: string, spec: object) =>
  bed.cluster.patch({ kind: 'DigiCertOrder', namespace: bed.namespace, name }, { spec })

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'issued at once': {
    settings: {},
    purchases: 1,
    begin: apply,
    isOver: isIssued,
  },
  'with approval': {
    settings: { approval: 'one-step' },
    purchases: 1,
    begin: apply,
    meanwhile: async ({ bed }, { status }) => {
      // A person sees the request in the console, whatever the operator knows of it.
      if (status?.order?.status === 'needs_approval') await bed.control.approve(status.order.id).catch(() => undefined)
    },
    isOver: isIssued,
  },
  'with a proof of control': {
    settings: { instant: false },
    purchases: 1,
    begin: (stage, name) => apply(stage, name, { dcv: { method: 'dns-txt-token' } }),
    meanwhile: async ({ bed }, { status }) => {
      for (const { record } of status?.validation ?? [])
        if (record) await bed.control.publishRecord(record.name, record.type, [record.value])
    },
    isOver: isIssued,
  },
  'reissued with another key': {
    settings: {},
    purchases: 1,
    before: boughtBefore,
    begin: ({ bed }, name) => annotate(bed, name, { 'digicert-operator.io/reissue-requested-at': 'now' }),
    isOver: isIssued,
  },
  renewed: {
    settings: {},
    purchases: 2,
    before: (stage, name) =>
      boughtBefore(stage, name, { orderValidity: { days: 20 }, renewal: { policy: 'Never', before: '19d' } }),
    begin: (stage, name) =>
      edit(stage, name, { orderValidity: { days: null, years: 1 }, renewal: { policy: 'Renew', before: '19d' } }),
    isOver: (order, serial) => order?.status?.order?.purchase === 2 && isIssued(order, serial),
  },
  'deleted and revoked': {
    settings: {},
    purchases: 1,
    before: (stage, name) => boughtBefore(stage, name, { deletionPolicy: 'RevokeOrder' }),
    begin: ({ bed }, name) => bed.cluster.remove({ kind: 'DigiCertOrder', namespace: bed.namespace, name }),
    isOver: (order) => order === undefined,
  },
}
