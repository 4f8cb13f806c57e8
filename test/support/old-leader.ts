import { type Bed, annotate, bought, place, untilReady, untilStalled } from './bad-days.ts'
import { type ApiGate, type HeldPart, startApiGate } from './api-gate.ts'
import type { OperatorProcess } from './operator-process.ts'
import { waitFor } from './wait-for.ts'

/** The last write before an order is sent: the mark that it is. */
const SENT_MARK = '"sentAt"'

/** Who may act: the leader alone, or whoever runs, which is the knock-out of the fence. */
export type Fence = 'leader election' | 'none'

/** Where the old leader is when it freezes: with the sent mark on its way, or with the answer to it. */
export type Schedule = { readonly name: string; readonly frozenWith: HeldPart; readonly fence: Fence }

/** What became of it. */
export type LateCall = {
  /** Orders that were paid for. */
  readonly purchases: number
  /** What the API server answered to the write that was held. */
  readonly status: number
  readonly old: OperatorProcess
  readonly successor: OperatorProcess
}

const LEADS = 'Became leader'

/** Waits until an operator says that it leads. */
export const untilLeads = (operator: OperatorProcess, limitMs = 40_000): Promise<boolean> =>
  waitFor(() => operator.logs().some((line) => line.includes(LEADS)), { what: 'leader', limitMs })

/** Whether the operator was told that an order of it is placed. */
export const placedOne = (operator: OperatorProcess): boolean =>
  operator.logs().some((line) => line.includes('PlaceOrder') && line.includes('placed'))

export const freeze = (operator: OperatorProcess): void => signal(operator, 'SIGSTOP')
export const thaw = (operator: OperatorProcess): void => signal(operator, 'SIGCONT')

function signal(operator: OperatorProcess, name: NodeJS.Signals): void {
  const pid = operator.pid()
  if (pid === undefined) throw new Error(`there is no operator to send ${name} to`)
  process.kill(pid, name)
}

/**
 * An operator freezes on the brink of a purchase: the mark that its order is sent is on its way to the API server, or the
 * answer to it is on its way back. Another one takes over and makes the purchase. Then the old one wakes up to what was
 * held, and goes on where it was, unless something stops it.
 */
export async function playLateCall(bed: Bed, { name, frozenWith, fence }: Schedule): Promise<LateCall> {
  const gate = await startApiGate(process.env['KUBECONFIG'] ?? '')
  try {
    return await playThrough(bed, gate, { name, frozenWith, fence })
  } finally {
    await gate.close()
  }
}

async function playThrough(bed: Bed, gate: ApiGate, { name, frozenWith, fence }: Schedule): Promise<LateCall> {
  const flags = { 'leader-elect': fence === 'leader election', 'unknown-outcome-timeout': '1s' }
  const old = await bed.startOperator({ kubeconfig: gate.kubeconfig, flags })
  await untilLeads(old)
  // Without a fence two that run would both begin, and the schedule be another one.
  const standby = fence === 'none' ? undefined : await bed.startOperator({ flags })
  const call = gate.holdStatus(SENT_MARK, frozenWith)
  await place(bed, name)
  await call.held
  freeze(old)
  const successor = standby ?? (await bed.startOperator({ flags }))
  await untilLeads(successor)
  await finish(bed, { name, frozenWith })
  // What was held is there when the old one wakes up, before any of its timers has fired.
  const status = await call.release()
  thaw(old)
  await untilCalm(bed, old, { name, fence })
  return { purchases: (await bought(bed, name)).length, status, old, successor }
}

/** The successor makes the purchase: by itself, or, where it finds the mark of another one, when a person lets it. */
async function finish(bed: Bed, { name, frozenWith }: Pick<Schedule, 'name' | 'frozenWith'>): Promise<void> {
  if (frozenWith === 'answer') {
    await untilStalled(bed, name, 'OutcomeUnknown', 40_000)
    await annotate(bed, name, { 'digicert-operator.io/order-again': bed.alternativeId(name) })
  }
  await untilReady(bed, name, 30_000)
}

/** The old one has ended; or, with nothing to make it end, has bought a second time, or has been there for long enough. */
async function untilCalm(bed: Bed, old: OperatorProcess, { name, fence }: Pick<Schedule, 'name' | 'fence'>) {
  if (fence === 'leader election') return old.exit()
  return waitFor(async () => (await bought(bed, name)).length > 1, { what: 'second purchase', limitMs: 15_000 }).catch(
    () => undefined,
  )
}
