import type { IncomingMessage } from 'node:http'
import { refusal } from './api-error.ts'

/** A request whose body was read. */
export type Incoming = {
  readonly method: string
  /** The path, without the prefix of the API that it is for. */
  readonly path: string
  readonly query: URLSearchParams
  /** The API key of the header, if there is one. */
  readonly key: string | undefined
  readonly text: string
}

const largestBody = 4 * 1024 * 1024

/** Reads a request to its end; a body that is too large ends the connection. */
export async function readIncoming(request: IncomingMessage): Promise<Incoming> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > largestBody) throw refusal(413, 'request_too_large', 'The request body is too large.')
    chunks.push(chunk)
  }
  const key = request.headers['x-dc-devkey']
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    key: typeof key === 'string' ? key : undefined,
    text: Buffer.concat(chunks).toString('utf8'),
  }
}

/**
 * The JSON of a body; undefined when it is empty.
 * @throws ApiError 400 `bad_request_format`.
 */
export function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw refusal(400, 'bad_request_format', 'The request body is not valid JSON.')
  }
}
