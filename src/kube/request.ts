import { type Clock, backoffMs, pause } from './clock.ts'
import {
  type Attempt,
  type KubeFailure,
  type Status,
  KubeError,
  isFailure,
  refusalError,
  transportError,
} from './errors.ts'
import type { Answer, Call, Transport } from './transport.ts'

/** A call and how its failures are told. */
export type JsonCall = Omit<Call, 'signal'> & Attempt & { readonly timeoutMs?: number | undefined }

/** What calls share. */
export type Caller = {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly timeoutMs: number
  readonly onWrite?: WriteObserver | undefined
}

/** A write that is over. */
export type WriteRecord = {
  readonly method: Call['method']
  /** With `{namespace}` and `{name}` in the place of names. */
  readonly route: string
  readonly dryRun: 'yes' | 'no'
  /** Undefined where it succeeded. */
  readonly failure: KubeFailure | undefined
  /** HTTP status of a failure, where there was an answer. */
  readonly code: number | undefined
  readonly tookMs: number
}

/** Told of each write to a resource, for traces; what there is to tell is made where it is wanted. Must not throw. */
export type WriteObserver = (resource: string, record: () => WriteRecord) => void

const RETRIES = 3
const LONGEST_PAUSE_MS = 10_000

/**
 * Sends a call and answers the parsed JSON body; rejects with a KubeError.
 * Reads are sent again, three times at most and within the deadline, when the server was away, too busy or broke the
 * connection. A write is sent again only after a 429: the server then says that it did not even look at it.
 */
export async function callJson(caller: Caller, call: JsonCall): Promise<unknown> {
  if (!call.writes || !caller.onWrite) return callInTime(caller, call)
  const startedAt = caller.clock.monotonic()
  const tell = (error?: unknown): void => {
    const tookMs = caller.clock.monotonic() - startedAt
    caller.onWrite?.(call.resource, () => recordOf(call, tookMs, error))
  }
  try {
    const answer = await callInTime(caller, call)
    tell()
    return answer
  } catch (error) {
    tell(error)
    throw error
  }
}

function recordOf({ method, path, resource }: JsonCall, tookMs: number, error: unknown): WriteRecord {
  const [bare = '', query = ''] = path.split('?')
  const route = bare
    .replace(/\/namespaces\/[^/]+/, '/namespaces/{namespace}')
    .replace(new RegExp(`/${resource}/[^/]+`), `/${resource}/{name}`)
  const { failure, code } =
    error === undefined || error instanceof KubeError
      ? { failure: error?.failure, code: error?.code }
      : { failure: 'unknown' as const, code: undefined }
  return { method, route, dryRun: query.includes('dryRun=') ? 'yes' : 'no', failure, code, tookMs }
}

async function callInTime(caller: Caller, call: JsonCall): Promise<unknown> {
  const deadline = new AbortController()
  const timeoutMs = call.timeoutMs ?? caller.timeoutMs
  const cancel = caller.clock.after(timeoutMs, () => deadline.abort())
  try {
    return await withRetries(caller, call, deadline.signal)
  } catch (error) {
    if (!deadline.signal.aborted || !isFailure(error, 'unknown')) throw error
    throw new KubeError('unknown', `${call.label}: unknown: no answer within ${timeoutMs} ms`)
  } finally {
    cancel()
  }
}

async function withRetries(caller: Caller, call: JsonCall, signal: AbortSignal): Promise<unknown> {
  const isOver = (): boolean => signal.aborted
  for (let failures = 0; ; failures++) {
    try {
      return await attempt(caller.transport, call, signal)
    } catch (error) {
      if (isOver() || failures >= RETRIES || !mayRetry(call, error)) throw error
      await pause(caller.clock, pauseMs(caller, error, failures), signal)
      if (isOver()) throw error
    }
  }
}

function mayRetry(call: JsonCall, error: unknown): error is KubeError {
  if (isFailure(error, 'throttled')) return true
  return !call.writes && (isFailure(error, 'unavailable') || (isFailure(error, 'unknown') && error.code === undefined))
}

function pauseMs({ random }: Caller, error: KubeError, failures: number): number {
  const asked = (error.retryAfterSeconds ?? 0) * 1000
  return Math.min(LONGEST_PAUSE_MS, asked + backoffMs({ baseMs: 100, maxMs: 1000, random }, failures))
}

async function attempt(transport: Transport, call: JsonCall, signal: AbortSignal): Promise<unknown> {
  const answer = await answerTo(transport, call, signal)
  const text = await bodyOf(answer, call)
  if (answer.statusCode >= 300) throw refusalOf(call, answer, text)
  return parsed(call, text, answer.statusCode)
}

/** Sends once; socket errors become KubeErrors. Used by watches too. */
export async function answerTo(transport: Transport, call: JsonCall, signal: AbortSignal): Promise<Answer> {
  const { method, path, accept, body, contentType } = call
  const content = body === undefined || contentType === undefined ? {} : { body, contentType }
  try {
    return await transport.send({ method, path, accept, signal, ...content })
  } catch (error) {
    throw transportError(call, error)
  }
}

/** Reads the whole body. */
export async function bodyOf(answer: Answer, call: Attempt): Promise<string> {
  try {
    return await answer.body.text()
  } catch (error) {
    throw transportError(call, error)
  }
}

/** The error for an answer outside 2xx. */
export function refusalOf(call: Attempt, answer: Answer, text: string): KubeError {
  const header = answer.headers['retry-after']
  const retryAfter = typeof header === 'string' ? header : undefined
  return refusalError(call, { code: answer.statusCode, status: statusOf(text), retryAfter })
}

function statusOf(text: string): Status | undefined {
  try {
    const body = JSON.parse(text) as { kind?: unknown } | null
    return body?.kind === 'Status' ? (body as Status) : undefined
  } catch {
    return undefined
  }
}

function parsed(call: Attempt, text: string, code: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KubeError('unknown', `${call.label}: unknown: an answer that is not JSON`, { code })
  }
}
