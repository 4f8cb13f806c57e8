import type { ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** Sends an answer as it is. */
export function send(response: ServerResponse, answer: Answer): void {
  const { body, headers } = encode(answer)
  response.writeHead(
    answer.status,
    body.byteLength === 0 ? headers : { ...headers, 'content-length': String(body.byteLength) },
  )
  response.end(body)
}

/** The bytes and headers of an answer. */
export function encode(answer: Answer): { body: Buffer; headers: Record<string, string> } {
  if (answer.file !== undefined)
    return {
      body: Buffer.from(answer.file.content),
      headers: { 'content-type': answer.file.contentType, ...answer.headers },
    }
  if (answer.json === undefined) return { body: Buffer.alloc(0), headers: { ...answer.headers } }
  return {
    body: Buffer.from(JSON.stringify(answer.json)),
    headers: { 'content-type': 'application/json', ...answer.headers },
  }
}
