import { type JsonRequest, type RequestContext, readBody, responseError, sendOnce } from './request.ts'
import { type RequestInfo, type Status, KubeError, errorOfResponse, transportError } from './errors.ts'
import type { KubeObject, WatchEvent } from './types.ts'
import type { HttpResponse } from './transport.ts'

/** In characters: longer than any object that etcd stores, JSON escapes included. */
const MAX_LINE_LENGTH = 32 * 1024 * 1024

/**
 * Yields the events of one watch until the server ends it. Throws a KubeError for an error response, an ERROR event, a
 * broken connection, and a line that is not an event: to skip it could lose a change.
 */
export async function* watchEvents<T extends KubeObject>(
  context: RequestContext,
  request: JsonRequest,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const response = await sendOnce(context.transport, request, signal)
  if (response.statusCode >= 300) throw responseError(request, response, await readBody(response, request))
  for await (const line of readLines(response, request)) yield parseEvent<T>(request, line)
}

async function* readLines(response: HttpResponse, request: RequestInfo): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of readChunks(response, request)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) throw new KubeError('unknown', `${request.label}: watch event is too long`)
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') throw new KubeError('unknown', `${request.label}: watch stream ended within an event`)
}

// Leaving the loop early destroys the body and closes the connection.
async function* readChunks(response: HttpResponse, request: RequestInfo): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array
  } catch (error) {
    throw error instanceof KubeError ? error : transportError(request, error)
  }
}

const EVENT_TYPES = new Set<unknown>(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

function parseEvent<T extends KubeObject>(request: RequestInfo, line: string): WatchEvent<T> {
  const event = parseLine(line)
  if (event?.type === 'ERROR') throw statusError(request, event.object as Status | undefined)
  const version = (event?.object as Partial<KubeObject> | undefined)?.metadata?.resourceVersion
  if (EVENT_TYPES.has(event?.type) && typeof version === 'string') return event as WatchEvent<T>
  throw new KubeError('unknown', `${request.label}: malformed watch event`)
}

function parseLine(line: string): { type?: unknown; object?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function statusError(request: RequestInfo, status: Status | undefined): KubeError {
  return errorOfResponse(request, { code: status?.code ?? 500, status, retryAfter: undefined })
}
