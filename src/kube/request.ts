import { type Clock, backoffMs, sleep } from './clock.ts'
import {
  type KubeFailure,
  type RequestInfo,
  type Status,
  KubeError,
  errorOfResponse,
  isFailure,
  transportError,
} from './errors.ts'
import type { HttpRequest, HttpResponse, Transport } from './transport.ts'

/** A request with a JSON response; `timeoutMs` overrides the deadline of the connection. */
export type JsonRequest = Omit<HttpRequest, 'signal'> & RequestInfo & { readonly timeoutMs?: number | undefined }

/** What the requests of one connection share. */
export type RequestContext = {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly timeoutMs: number
  readonly onWrite?: WriteObserver | undefined
}

/** A write that has ended. */
export type WriteRecord = {
  readonly method: HttpRequest['method']
  /** The path with `{namespace}` and `{name}` in place of names. */
  readonly route: string
  readonly dryRun: boolean
  /** Undefined when the write succeeded. */
  readonly failure: KubeFailure | undefined
  /** HTTP status of a failure; undefined when there was no response. */
  readonly code: number | undefined
  readonly tookMs: number
}

/** Called after each write to a resource, for traces. Must not throw. `record` is a function to save work when unused. */
export type WriteObserver = (resource: string, record: () => WriteRecord) => void

const MAX_RETRIES = 3
const MAX_RETRY_DELAY_MS = 10_000

/**
 * Sends a request and returns the parsed JSON body; rejects with a KubeError.
 * Repeats a read up to three times within the deadline, when the server was unavailable, throttled it or broke the
 * connection. Repeats a write only after a 429, which means that the server did not process it.
 */
export async function requestJson(context: RequestContext, request: JsonRequest): Promise<unknown> {
  if (!request.writes || !context.onWrite) return withDeadline(context, request)
  const startedAt = context.clock.monotonic()
  const report = (error?: unknown): void => {
    const tookMs = context.clock.monotonic() - startedAt
    context.onWrite?.(request.resource, () => toWriteRecord(request, tookMs, error))
  }
  try {
    const response = await withDeadline(context, request)
    report()
    return response
  } catch (error) {
    report(error)
    throw error
  }
}

function toWriteRecord({ method, path, resource }: JsonRequest, tookMs: number, error: unknown): WriteRecord {
  const [bare = '', query = ''] = path.split('?')
  const route = bare
    .replace(/\/namespaces\/[^/]+/, '/namespaces/{namespace}')
    .replace(new RegExp(`/${resource}/[^/]+`), `/${resource}/{name}`)
  const { failure, code } =
    error === undefined || error instanceof KubeError
      ? { failure: error?.failure, code: error?.code }
      : { failure: 'unknown' as const, code: undefined }
  return { method, route, dryRun: query.includes('dryRun='), failure, code, tookMs }
}

async function withDeadline(context: RequestContext, request: JsonRequest): Promise<unknown> {
  const deadline = new AbortController()
  const timeoutMs = request.timeoutMs ?? context.timeoutMs
  const cancel = context.clock.after(timeoutMs, () => deadline.abort())
  try {
    return await withRetries(context, request, deadline.signal)
  } catch (error) {
    if (!deadline.signal.aborted || !isFailure(error, 'unknown')) throw error
    throw new KubeError('unknown', `${request.label}: unknown: no response within ${timeoutMs} ms`)
  } finally {
    cancel()
  }
}

async function withRetries(context: RequestContext, request: JsonRequest, signal: AbortSignal): Promise<unknown> {
  const isAborted = (): boolean => signal.aborted
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(context.transport, request, signal)
    } catch (error) {
      if (isAborted() || failures >= MAX_RETRIES || !mayRetry(request, error)) throw error
      await sleep(context.clock, retryDelayMs(context, error, failures), signal)
      if (isAborted()) throw error
    }
  }
}

function mayRetry(request: JsonRequest, error: unknown): error is KubeError {
  if (isFailure(error, 'throttled')) return true
  return (
    !request.writes && (isFailure(error, 'unavailable') || (isFailure(error, 'unknown') && error.code === undefined))
  )
}

function retryDelayMs({ random }: RequestContext, error: KubeError, failures: number): number {
  const retryAfterMs = (error.retryAfterSeconds ?? 0) * 1000
  return Math.min(MAX_RETRY_DELAY_MS, retryAfterMs + backoffMs({ baseMs: 100, maxMs: 1000, random }, failures))
}

async function attempt(transport: Transport, request: JsonRequest, signal: AbortSignal): Promise<unknown> {
  const response = await sendOnce(transport, request, signal)
  const text = await readBody(response, request)
  if (response.statusCode >= 300) throw responseError(request, response, text)
  return parseJson(request, text, response.statusCode)
}

/** Sends a request once, without retries or deadline. Rejects with a KubeError when there is no response. */
export async function sendOnce(transport: Transport, request: JsonRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { method, path, accept, body, contentType } = request
  const content = body === undefined || contentType === undefined ? {} : { body, contentType }
  try {
    return await transport.send({ method, path, accept, signal, ...content })
  } catch (error) {
    throw transportError(request, error)
  }
}

/** Reads the whole body; rejects with a KubeError. */
export async function readBody(response: HttpResponse, request: RequestInfo): Promise<string> {
  try {
    return await response.body.text()
  } catch (error) {
    throw transportError(request, error)
  }
}

/** Makes the error for a response outside 2xx and its body. */
export function responseError(request: RequestInfo, response: HttpResponse, text: string): KubeError {
  const header = response.headers['retry-after']
  const retryAfter = typeof header === 'string' ? header : undefined
  return errorOfResponse(request, { code: response.statusCode, status: parseStatus(text), retryAfter })
}

function parseStatus(text: string): Status | undefined {
  try {
    const body = JSON.parse(text) as { kind?: unknown } | null
    return body?.kind === 'Status' ? (body as Status) : undefined
  } catch {
    return undefined
  }
}

function parseJson(request: RequestInfo, text: string, code: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KubeError('unknown', `${request.label}: unknown: response is not JSON`, { code })
  }
}
