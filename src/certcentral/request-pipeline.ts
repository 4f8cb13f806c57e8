import type { Clock } from './clock.ts'
import { CertCentralError, type ErrorKind, errorOfBody, errorOfStatus, type Outcome, type Reply } from './errors.ts'
import type { Transport, WireRequest } from './http.ts'
import type { Budget, Turn } from './rate-limiter.ts'
import type { Priority } from './rate-windows.ts'

/** Passes a result on, and an error with the date that its caller understands. */
export type Telling = <T>(work: Promise<T>) => Promise<T>

/**
 * Dates in errors are by the clock that budgets are kept by, which nobody can set. A caller who lives by another one would
 * take them for past, or for far ahead, as soon as that was set or the machine was suspended.
 */
export const tellBy =
  (wall: () => number, clock: Clock): Telling =>
  async (work) => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof CertCentralError) || error.retryAt === undefined) throw error
      throw error.at(new Date(error.retryAt.getTime() - clock.now() + wall()))
    }
  }

/**
 * May a failed call be sent once more at once, inside the same call? Only a GET whose connection failed: the usual cause
 * is a kept connection that the server had just closed. A POST never, whatever happened to it.
 */
export const sendAgainAtOnce = (method: 'GET' | 'POST' | 'PUT', error: CertCentralError): boolean =>
  method === 'GET' && error.kind === 'unreachable'

export type CallOptions = {
  signal?: AbortSignal | undefined
  /** That of the client by default. */
  priority?: Priority | undefined
}

/** One request that was made, for metrics and traces. */
export type CallRecord = {
  operation: string
  method: WireRequest['method']
  /** The path below the base URL, with `{id}` in the place of each id. */
  route: string
  /** How often the same call was sent before; 0 or 1. */
  resends: number
  /** How long it waited for its turn in the budget, in ms. */
  waitedMs: number
  result: 'ok' | Outcome
  kind?: ErrorKind
  status?: number
  /** From the request to the end of the answer, in ms. */
  tookMs: number
}

/** A whole answer. */
export type Answer = { status: number; text: string }

export type CallRequest = WireRequest & {
  /** Whether the endpoint reads an answer beyond 2xx itself. */
  alsoReads?: (reply: Reply) => boolean
}

export type Calls = {
  /** Waits for a turn, sends, and gives the whole 2xx answer; everything else is a {@link CertCentralError}. */
  call: (request: CallRequest, options?: CallOptions) => Promise<Answer>
  /** The same for a request whose turn was taken before; it is sent once at most, and not while the key is paused. */
  callInTurn: (request: CallRequest, turn: Turn, signal?: AbortSignal) => Promise<Answer>
}

export type CallParts = {
  transport: Transport
  budget: Budget
  clock: Clock
  told: Telling
  /** Told what the server's clock showed at the last answer. */
  heard: (serverTime: number) => void
  /** Of calls that do not say theirs. */
  priority: Priority
  onCall?: ((record: CallRecord) => void) | undefined
}

/** Tells the budget what was answered; a 429 gets the end of the pause that it caused. */
const settleWithBudget = (budget: Budget, reply: Reply): Reply => {
  if (reply.status === 429) return { ...reply, retryAt: budget.pause(reply.retryAt) }
  budget.noteAnswer()
  return reply
}

const answerOf = ({ operation, alsoReads }: CallRequest, reply: Reply): Answer => {
  const { status, body } = reply
  const isGood = (status >= 200 && status < 300) || alsoReads?.(reply) === true
  if (!isGood) throw errorOfStatus(operation, reply)
  if ('fault' in body) throw errorOfBody(operation, status, body.fault)
  return { status, text: body.text }
}

/** Paths by what they are, so that they can be counted: a product is named, an order is not. */
const routeOf = (path: string): string =>
  path.replace(/\/\d+(?=\/|$)/g, '/{id}').replace(/^\/order\/alternate\/.+/, '/order/alternate/{id}')

const failureRecord = (error: unknown): Pick<CallRecord, 'result' | 'kind' | 'status'> => {
  if (!(error instanceof CertCentralError)) return { result: 'ambiguous' }
  const { outcome, kind, status } = error
  return { result: outcome, kind, ...(status === undefined ? {} : { status }) }
}

type Try = Pick<CallRecord, 'waitedMs' | 'resends'>

/** One try, counted and told. */
const onceThrough =
  ({ transport, budget, clock, heard, onCall }: CallParts) =>
  async (request: CallRequest, { waitedMs, resends }: Try, signal: AbortSignal | undefined): Promise<Answer> => {
    const { operation, method, path } = request
    const startedAt = clock.now()
    const tell = (record: Pick<CallRecord, 'result' | 'kind' | 'status'>) =>
      onCall?.({
        operation,
        method,
        route: routeOf(path),
        resends,
        waitedMs,
        ...record,
        tookMs: clock.now() - startedAt,
      })
    try {
      const reply = settleWithBudget(budget, await transport.send(request, signal))
      if (reply.serverTime !== undefined) heard(reply.serverTime)
      const answer = answerOf(request, reply)
      tell({ result: 'ok', status: answer.status })
      return answer
    } catch (error) {
      tell(failureRecord(error))
      throw error
    }
  }

/** The way every endpoint takes: budget, transport, classification, and one more try where that can do no harm. */
export const createCalls = (parts: CallParts): Calls => {
  const { budget, told, priority: usual } = parts
  const once = onceThrough(parts)
  const inTurn = async (request: CallRequest, turn: Turn, signal: AbortSignal | undefined, resends = 0) => {
    try {
      return await once(request, { waitedMs: turn.waitedMs, resends }, signal)
    } finally {
      turn.end('made')
    }
  }
  const twiceAtMost = async (request: CallRequest, { signal, priority = usual }: CallOptions): Promise<Answer> => {
    const turn = await budget.take(priority, signal)
    try {
      return await inTurn(request, turn, signal)
    } catch (error) {
      if (!(error instanceof CertCentralError) || !sendAgainAtOnce(request.method, error)) throw error
    }
    return await inTurn(request, await budget.take(priority, signal), signal, 1)
  }
  const withTurn = async (request: CallRequest, turn: Turn, signal: AbortSignal | undefined): Promise<Answer> => {
    try {
      budget.refuseWhilePaused()
    } catch (error) {
      turn.end('unmade')
      throw error
    }
    return await inTurn(request, turn, signal)
  }
  return {
    call: (request, options = {}) => told(twiceAtMost(request, options)),
    callInTurn: (request, turn, signal) => told(withTurn(request, turn, signal)),
  }
}
