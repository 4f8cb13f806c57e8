import { createAgenda, type Agenda } from './agenda.ts'
import { createClock, type Clock } from './clock.ts'
import { createZone, type Zone } from './dcv/zone.ts'
import { createIds, type Ids } from './ids.ts'
import { createJournal, type Journal } from './journal.ts'
import type { ApprovalRequest, Certificate, Event, Order } from './orders/model.ts'
import { createHierarchy, type Hierarchy } from './pki/authority.ts'
import { defaultSettings, mergeSettings, type Settings, type SettingsPatch } from './settings.ts'

/** A domain of the account. */
export type Domain = { readonly id: number; readonly name: string; provenAt?: number }

/** The whole account, and the part of the internet that its validation looks at. */
export type World = {
  readonly clock: Clock
  readonly agenda: Agenda<Event>
  readonly ids: Ids
  readonly hierarchy: Hierarchy
  readonly journal: Journal
  readonly zone: Zone
  settings: Settings
  readonly orders: Map<number, Order>
  /** Orders with approval or validation open, by id. */
  readonly open: Map<number, Order>
  readonly byAlternativeId: Map<string, Order[]>
  readonly requests: Map<number, { readonly order: Order; readonly request: ApprovalRequest }>
  readonly certificates: Map<number, { readonly order: Order; readonly certificate: Certificate }>
  readonly domains: Map<string, Domain>
}

/** What a new account starts from. */
export type WorldOptions = {
  readonly realNow: () => number
  readonly seed: number
  readonly settings: SettingsPatch
  readonly journalFile: string | undefined
}

/** An account without orders. */
export function createWorld(options: WorldOptions): World {
  const clock = createClock(options.realNow)
  const ids = createIds(options.seed)
  return {
    clock,
    agenda: createAgenda(),
    ids,
    hierarchy: createHierarchy(ids, clock.now()),
    journal: createJournal(options.journalFile),
    zone: createZone(),
    settings: mergeSettings(defaultSettings(), options.settings),
    orders: new Map(),
    open: new Map(),
    byAlternativeId: new Map(),
    requests: new Map(),
    certificates: new Map(),
    domains: new Map(),
  }
}
