import { type Caller, type JsonCall, answerTo, bodyOf, refusalOf } from './request.ts'
import { type Attempt, type Status, KubeError, refusalError, transportError } from './errors.ts'
import type { KubeObject, WatchEvent } from './types.ts'
import type { Answer } from './transport.ts'

/** Longer than any object that etcd takes, JSON escapes included. */
const LONGEST_LINE = 32 * 1024 * 1024

/**
 * Yields the events of one watch until the server ends it. Throws a KubeError for a refusal, an ERROR event, a broken
 * connection, and for anything in the stream that is not an event: nothing is skipped, or a change would be lost.
 */
export async function* watchEvents<T extends KubeObject>(
  caller: Caller,
  call: JsonCall,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const answer = await answerTo(caller.transport, call, signal)
  if (answer.statusCode >= 300) throw refusalOf(call, answer, await bodyOf(answer, call))
  for await (const line of linesOf(answer, call)) yield eventOf<T>(call, line)
}

async function* linesOf(answer: Answer, call: Attempt): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunksOf(answer, call)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new KubeError('unknown', `${call.label}: a line without an end`)
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') throw new KubeError('unknown', `${call.label}: the stream ended within an event`)
}

// Leaving the loop early destroys the body, and with it the connection.
async function* chunksOf(answer: Answer, call: Attempt): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of answer.body) yield chunk as Uint8Array
  } catch (error) {
    throw error instanceof KubeError ? error : transportError(call, error)
  }
}

const types = new Set<unknown>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

function eventOf<T extends KubeObject>(call: Attempt, line: string): WatchEvent<T> {
  const event = parsed(line)
  if (event?.type === 'ERROR') throw statusError(call, event.object as Status | undefined)
  const version = (event?.object as Partial<KubeObject> | undefined)?.metadata?.resourceVersion
  if (types.has(event?.type) && typeof version === 'string') return event as WatchEvent<T>
  throw new KubeError('unknown', `${call.label}: garbage in the stream`)
}

function parsed(line: string): { type?: unknown; object?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function statusError(call: Attempt, status: Status | undefined): KubeError {
  return refusalError(call, { code: status?.code ?? 500, status, retryAfter: undefined })
}
