import type { Clock } from './clock.ts'
import {
  CertCentralError,
  type ErrorKind,
  type HttpResponse,
  type Operation,
  type RequestOutcome,
  errorOfBody,
  errorOfStatus,
} from './errors.ts'
import type { HttpRequest, Transport } from './http.ts'
import type { RateLimiter, Slot } from './rate-limiter.ts'
import type { Priority } from './rate-windows.ts'

export type CallOptions = {
  signal?: AbortSignal | undefined
  /** That of the client by default. */
  priority?: Priority | undefined
}

/** One request that was made, for metrics and traces. */
export type CallRecord = {
  operation: Operation
  method: HttpRequest['method']
  /** The path below the base URL, with `{id}` in place of each id. */
  route: string
  /** How often the same call was sent before; 0 or 1. */
  resends: number
  /** How long it waited for a slot of the rate limiter. */
  waitedMs: number
  result: 'ok' | RequestOutcome
  kind?: ErrorKind
  status?: number
  /** From the request to the end of the response. */
  tookMs: number
}

/** A response with its whole body. */
export type TextResponse = { status: number; text: string }

type PipelineRequest = HttpRequest & {
  /** Whether the endpoint reads a response outside 2xx itself. */
  accepts?: (response: HttpResponse) => boolean
}

/** The way of every request: rate limiter, transport, classification of errors. */
export type RequestPipeline = {
  /** Waits for a slot, sends, and returns a whole 2xx response. Fails with a {@link CertCentralError}. */
  send: (request: PipelineRequest, options?: CallOptions) => Promise<TextResponse>
  /** The same with a slot that was acquired before. Sends once at most, and not during a pause of the key. */
  sendReserved: (request: PipelineRequest, slot: Slot, signal?: AbortSignal) => Promise<TextResponse>
}

type PipelineOptions = {
  transport: Transport
  limiter: RateLimiter
  clock: Clock
  toWallClock: RetryAtConverter
  /** Receives what the server's clock showed at each response, in milliseconds since the epoch. */
  onServerTime: (serverTime: number) => void
  /** Of calls without a priority of their own. */
  priority: Priority
  onCall?: ((record: CallRecord) => void) | undefined
}

/** Passes a result on, and an error with its `retryAt` on the caller's clock. */
type RetryAtConverter = <T>(work: Promise<T>) => Promise<T>

/**
 * Creates the converter from the clock of the rate limiter, which never steps back, to the caller's wall clock. The two
 * drift apart when the wall clock is set or the machine is suspended.
 */
export const createRetryAtConverter =
  (wall: () => number, clock: Clock): RetryAtConverter =>
  async (work) => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof CertCentralError) || error.retryAt === undefined) throw error
      throw error.withRetryAt(new Date(error.retryAt.getTime() - clock.now() + wall()))
    }
  }

/**
 * Whether a failed call may be sent once more at once: only a GET whose connection failed, usually because the server had
 * just closed a kept connection. Never a POST.
 */
export const mayResend = (method: HttpRequest['method'], error: CertCentralError): boolean =>
  method === 'GET' && error.kind === 'unreachable'

/** Reports the response to the rate limiter. A 429 gets the end of the pause that it caused. */
const reportToLimiter = (limiter: RateLimiter, response: HttpResponse): HttpResponse => {
  if (response.status === 429) return { ...response, retryAt: limiter.pause(response.retryAt) }
  limiter.noteAnswer()
  return response
}

const textOf = ({ operation, accepts }: PipelineRequest, response: HttpResponse): TextResponse => {
  const { status, body } = response
  const isAccepted = (status >= 200 && status < 300) || accepts?.(response) === true
  if (!isAccepted) throw errorOfStatus(operation, response)
  if ('fault' in body) throw errorOfBody(operation, status, body.fault)
  return { status, text: body.text }
}

/** The path without ids, for metrics. The product of an order stays. */
const routeOf = (path: string): string =>
  path.replace(/\/\d+(?=\/|$)/g, '/{id}').replace(/^\/order\/alternate\/.+/, '/order/alternate/{id}')

type CallResult = Pick<CallRecord, 'result' | 'kind' | 'status'>

const resultOfError = (error: unknown): CallResult => {
  if (!(error instanceof CertCentralError)) return { result: 'ambiguous' }
  const { outcome, kind, status } = error
  return { result: outcome, kind, ...(status === undefined ? {} : { status }) }
}

type Attempt = Pick<CallRecord, 'waitedMs' | 'resends'>

/** Sends once and records the call. */
const createSendOnce =
  ({ transport, limiter, clock, onServerTime, onCall }: PipelineOptions) =>
  async (request: PipelineRequest, attempt: Attempt, signal: AbortSignal | undefined): Promise<TextResponse> => {
    const { operation, method, path } = request
    const startedAt = clock.now()
    const record = (result: CallResult) =>
      onCall?.({ operation, method, route: routeOf(path), ...attempt, ...result, tookMs: clock.now() - startedAt })
    try {
      const response = reportToLimiter(limiter, await transport.send(request, signal))
      if (response.serverTime !== undefined) onServerTime(response.serverTime)
      const whole = textOf(request, response)
      record({ result: 'ok', status: whole.status })
      return whole
    } catch (error) {
      record(resultOfError(error))
      throw error
    }
  }

export const createRequestPipeline = (options: PipelineOptions): RequestPipeline => {
  const { limiter, toWallClock, priority: defaultPriority } = options
  const sendOnce = createSendOnce(options)
  const sendInSlot = async (
    request: PipelineRequest,
    slot: Slot,
    signal: AbortSignal | undefined,
    resends = 0,
  ): Promise<TextResponse> => {
    try {
      return await sendOnce(request, { waitedMs: slot.waitedMs, resends }, signal)
    } finally {
      slot.release('used')
    }
  }
  const sendWithRetry = async (request: PipelineRequest, callOptions: CallOptions): Promise<TextResponse> => {
    const { signal, priority = defaultPriority } = callOptions
    const slot = await limiter.acquire(priority, signal)
    try {
      return await sendInSlot(request, slot, signal)
    } catch (error) {
      if (!(error instanceof CertCentralError) || !mayResend(request.method, error)) throw error
    }
    return await sendInSlot(request, await limiter.acquire(priority, signal), signal, 1)
  }
  const sendReserved: RequestPipeline['sendReserved'] = async (request, slot, signal) => {
    try {
      limiter.throwIfPaused()
    } catch (error) {
      slot.release('unused')
      throw error
    }
    return await sendInSlot(request, slot, signal)
  }
  return {
    send: (request, callOptions = {}) => toWallClock(sendWithRetry(request, callOptions)),
    sendReserved: (request, slot, signal) => toWallClock(sendReserved(request, slot, signal)),
  }
}
