import { ANNOTATIONS, FIELD_MANAGER, MANAGED_LABEL } from '../api/names.ts'
import type { DigiCertOrder } from '../api/order.ts'
import type { OrderStatus } from '../api/status.ts'
import { KubeError } from '../kube/client.ts'
import { type FieldPath, managersSince } from '../kube/managed-fields.ts'
import type { RepairFact } from '../order/observation.ts'
import * as schedule from '../order/schedule.ts'
import type { Gathered } from './gather.ts'
import type { Recollection, Repairs } from './memory.ts'
import { entriesOf } from './outputs.ts'
import type { SecretStore } from './secrets.ts'

/** What is found out before a repair. */
export type Repair = { managers: readonly string[]; wasMissing: 'yes' | 'no' }

/** Field managers that are named in one fight, and counted for one order: their names are chosen by others. */
const MOST_NAMED = 3
const MOST_COUNTED = 5
const OTHERS = 'others'

/** An edit of the spec, or another password, makes a write of the Secret no repair. */
const wishOf = ({ order, passwords }: Gathered): string =>
  `${String(order.metadata.generation ?? 0)} ${passwords.version}`

const lately = ({ repairs }: Recollection, now: Date): Repairs | undefined => {
  const lastAt = schedule.passed(repairs?.lastAt, now)
  return repairs && lastAt && schedule.repairsForgotten(lastAt) > now ? repairs : undefined
}

/** The certificate of the last write; by the status where another process made it. */
const writtenFor = ({ written }: Recollection, { certificate }: OrderStatus): number | undefined =>
  written ? written.certificateId : certificate?.id

/** Whether the Secret held a certificate before, whatever the spec wanted beside it. */
export const wasStored = (certificateId: number, memory: Recollection, status: OrderStatus): boolean =>
  certificateId === writtenFor(memory, status) || certificateId === status.certificate?.id

/** What is known of repairs, as facts. */
export const repairFact = (
  gathered: Gathered,
  status: OrderStatus,
  { now, memory }: { now: Date; memory: Recollection },
): RepairFact => {
  const repairs = lately(memory, now)
  const isWanted = memory.written === undefined || memory.written.wish === wishOf(gathered)
  const state = gathered.target.kind === 'free' ? 'missing' : 'damaged'
  return {
    certificateId: isWanted ? writtenFor(memory, status) : undefined,
    count: repairs?.count ?? 0,
    nextAt: repairs && schedule.nextRepair(repairs.lastAt, repairs.count, state),
    forgottenAt: repairs && schedule.repairsForgotten(repairs.lastAt),
    managers: repairs?.managers ?? [],
    wasMissing: repairs?.wasMissing ?? 'no',
  }
}

/** Everything in the target Secret that is ours to write. */
const ownFields = ({ spec }: DigiCertOrder): FieldPath[] => {
  const { labels = {}, annotations = {} } = spec.secretTemplate ?? {}
  return [
    ...['tls.crt', 'tls.key', 'ca.crt', ...entriesOf(spec)].map((entry) => ['data', entry]),
    ...[MANAGED_LABEL, ...Object.keys(labels)].map((label) => ['metadata', 'labels', label]),
    ...[...Object.values(ANNOTATIONS), ...Object.keys(annotations)].map((name) => ['metadata', 'annotations', name]),
  ]
}

/** Who changed the Secret since it was written. It is asked once per repair; a repair does not fail for want of the answer. */
const managersOf = async (secrets: Pick<SecretStore, 'readLive'>, order: DigiCertOrder): Promise<readonly string[]> => {
  try {
    const secret = await secrets.readLive(order.metadata.namespace ?? '', order.spec.secretName ?? '')
    return secret ? managersSince(secret, FIELD_MANAGER, ownFields(order)) : []
  } catch (error) {
    if (error instanceof KubeError) return []
    throw error
  }
}

type Writing = { gathered: Gathered; seen: { repair: RepairFact }; memory: Recollection }

/**
 * What is found out before a write of the Secret that is a repair; `undefined` where it is none. A first repair is nothing
 * to look into: it may be a single mistake.
 */
export const findRepair = async (
  { gathered, seen: { repair } }: Writing,
  certificateId: number | undefined,
  secrets: Pick<SecretStore, 'readLive'>,
): Promise<Repair | undefined> => {
  if (repair.certificateId === undefined || repair.certificateId !== certificateId) return undefined
  const wasMissing = gathered.target.kind === 'free' ? 'yes' : 'no'
  const isLooked = repair.count > 0 && wasMissing === 'no'
  return { managers: isLooked ? await managersOf(secrets, gathered.order) : [], wasMissing }
}

const counted = (totals: ReadonlyMap<string, number>, [manager = '']: readonly string[]): Map<string, number> => {
  const name = totals.has(manager) || totals.size < MOST_COUNTED ? manager : OTHERS
  return new Map([...totals, [name, (totals.get(name) ?? 0) + 1]])
}

/** Notes that the Secret was written, and whether that was a repair. */
export const noteWrite = (
  { gathered, memory }: Writing,
  certificateId: number | undefined,
  { repair, now }: { repair: Repair | undefined; now: Date },
): void => {
  memory.written = { certificateId, wish: wishOf(gathered) }
  if (!repair) return
  const before = lately(memory, now)
  memory.repairs = {
    count: (before?.count ?? 0) + 1,
    lastAt: now,
    managers: [...new Set([...(before?.managers ?? []), ...repair.managers])].slice(0, MOST_NAMED),
    wasMissing: before?.wasMissing === 'yes' ? 'yes' : repair.wasMissing,
    totals: counted(memory.repairs?.totals ?? new Map(), repair.managers),
  }
}
