import { orderStatus } from '../../src/api/status.ts'
import { ORDER_REASONS } from '../../src/api/reasons.ts'
import type { OrderStatus } from '../../src/api/status.ts'

/** An order as far as its conditions can be judged. */
export type Judged = {
  generation: number
  status: OrderStatus
  /** The status that this one took the place of. */
  before?: OrderStatus | undefined
}

type Conditions = NonNullable<OrderStatus['conditions']>
type Invariant = (judged: Judged, conditions: Conditions) => string[]

const TYPES = ['Ready', 'Issuing', 'Stalled']
const NONSENSE = /undefined|NaN|\[object|Invalid Date/

const typed = (conditions: Conditions, type: string) => conditions.find((condition) => condition.type === type)

const eachTypeOnce: Invariant = (_judged, conditions) => {
  const types = conditions.map(({ type }) => type)
  const strange = types.filter((type) => !TYPES.includes(type))
  return [
    ...strange.map((type) => `there is no condition type ${type}`),
    ...(new Set(types).size < types.length ? ['a type is there twice'] : []),
  ]
}

const alwaysReadyAndIssuing: Invariant = (_judged, conditions) =>
  ['Ready', 'Issuing'].filter((type) => !typed(conditions, type)).map((type) => `${type} is missing`)

const stalledOnlyUnready: Invariant = (_judged, conditions) => {
  const stalled = typed(conditions, 'Stalled')
  if (!stalled) return []
  return [
    ...(stalled.status === 'True' ? [] : ['Stalled is there without being True']),
    ...(typed(conditions, 'Ready')?.status === 'False' ? [] : ['Stalled is True while Ready is not False']),
    ...(typed(conditions, 'Issuing')?.status === 'False' ? [] : ['Stalled is True while Issuing is not False']),
  ]
}

const readyMeansIssued: Invariant = (_judged, conditions) => {
  const ready = typed(conditions, 'Ready')
  return ready && (ready.status === 'True') !== (ready.reason === 'Issued')
    ? [`Ready is ${ready.status} for the reason ${ready.reason}`]
    : []
}

const observedThisGeneration: Invariant = ({ generation, status }, conditions) => [
  ...(status.observedGeneration === generation ? [] : ['observedGeneration is not the generation']),
  ...conditions
    .filter(({ observedGeneration }) => observedGeneration !== generation)
    .map(({ type }) => `observedGeneration of ${type} is not the generation`),
]

const knownReasons: Invariant = (_judged, conditions) =>
  conditions.filter(({ reason }) => !Object.hasOwn(ORDER_REASONS, reason)).map(({ reason }) => `no reason ${reason}`)

const calmTransitions: Invariant = ({ before }, conditions) =>
  conditions.flatMap(({ type, status, lastTransitionTime }) => {
    const earlier = typed(before?.conditions ?? [], type)
    const isCalm = !earlier || earlier.status !== status || earlier.lastTransitionTime === lastTransitionTime
    return [
      ...(isCalm ? [] : [`lastTransitionTime of ${type} moved though the status did not`]),
      ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(lastTransitionTime) ? [] : [`${lastTransitionTime} is no time`]),
    ]
  })

const readableMessages: Invariant = (_judged, conditions) =>
  conditions
    .filter(({ message }) => message.trim() === '' || message.length > 32_768 || NONSENSE.test(message))
    .map(({ type, message }) => `the message of ${type} cannot be read: ${message.slice(0, 200)}`)

const fitsTheSchema: Invariant = ({ status }) =>
  (orderStatus.safeParse(status).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

/** What must hold of every status of an order, numbered for reports (ADR 0005). */
const INVARIANTS: readonly Invariant[] = [
  eachTypeOnce,
  alwaysReadyAndIssuing,
  stalledOnlyUnready,
  readyMeansIssued,
  observedThisGeneration,
  knownReasons,
  calmTransitions,
  readableMessages,
  fitsTheSchema,
]

/** What is wrong with a status, each with the number of the invariant that it breaks; empty where all is well. */
export const lintStatus = (judged: Judged): string[] =>
  INVARIANTS.flatMap((invariant, at) =>
    invariant(judged, judged.status.conditions ?? []).map((fault) => `${String(at + 1)}: ${fault}`),
  )
