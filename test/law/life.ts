import type { DigiCertOrder, OrderSpec } from '../../src/api/order.ts'
import { type Recollection, createMemory } from '../../src/controller/memory.ts'
import type { Stored } from '../../src/order/observation.ts'
import { sessionFor } from './account.ts'
import { type Certificate, type Ledger, createLedger } from './certcentral.ts'
import type { Keys } from './cluster.ts'
import { type Reading, readSpecFor } from './reading.ts'
import { type Story, newStory } from './record.ts'
import { BEGINNING, type Ways } from './ways.ts'

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
  placedAt: Record<string, number>
  /** When passes were made. */
  readonly times: number[]
}

export const KEY = 'shop/shop'

/** The least time between passes that find nothing new, in milliseconds. */
export const SHORTEST_GAP = 15 * 60_000

export const skewAt = ({ skews }: Play, now: number): number =>
  skews.findLast(({ from }) => BEGINNING + from <= now)?.by ?? 0

/** The time by the clock of the operator. */
export const clockOf = ({ play, now }: Life): Date => new Date(now + skewAt(play, now))

export const note = (life: Life, what: string): void => void life.story.happenings.push({ at: life.now, what })

export const fault = (life: Life, law: string): void => {
  life.story.faults.push(law)
  note(life, `!! ${law}`)
}

/** A resource that was just applied. */
export const createLife = (play: Play): Life => {
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
