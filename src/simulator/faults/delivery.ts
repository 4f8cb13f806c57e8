import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Answer } from '../http/answer.ts'
import { encode, send } from '../http/send.ts'
import type { FaultRule } from './rules.ts'

/** Sends an answer the way a fault rule wants it. Returns the status that went out, 0 when the line was cut. */
export async function deliver(response: ServerResponse, answer: Answer, rule: FaultRule | undefined): Promise<number> {
  switch (rule?.action) {
    case 'drop-before':
    case 'drop-after':
      response.destroy()
      return 0
    case 'half-body':
      await sendHalf(response, answer)
      return 0
    case 'garbage-json':
      send(response, {
        status: answer.status,
        file: { contentType: 'application/json', content: '{"id": 70000, "reque' },
      })
      return answer.status
    case 'huge-body':
      await sendHuge(response, answer.status, rule.bytes)
      return answer.status
    default:
      send(response, answer)
      return answer.status
  }
}

/** Waits until the client gives up, or for a time. Returns whether the client is still there. */
export async function hang(response: ServerResponse, seconds: number | undefined): Promise<boolean> {
  if (response.destroyed) return false
  const gone = once(response, 'close').then(() => false)
  if (seconds === undefined) return gone
  const enough = new AbortController()
  const lapsed = setTimeout(seconds * 1000, true, { signal: enough.signal }).catch(() => false)
  const alive = await Promise.race([gone, lapsed])
  enough.abort()
  return alive
}

/** The head promises the whole body, and half of it comes. */
async function sendHalf(response: ServerResponse, answer: Answer): Promise<void> {
  const { body, headers } = encode(answer)
  response.writeHead(answer.status, { ...headers, 'content-length': String(body.byteLength) })
  const half = body.subarray(0, Math.floor(body.byteLength / 2))
  await new Promise<void>((resolve) => response.write(half, () => resolve()))
  response.destroy()
}

/** Streams one long JSON string, piece by piece, for as long as the client reads. */
async function sendHuge(response: ServerResponse, status: number, bytes: number): Promise<void> {
  const piece = Buffer.alloc(64 * 1024, 'x')
  response.writeHead(status, { 'content-type': 'application/json' })
  response.write('{"filler":"')
  for (let sent = 0; sent < bytes && !response.destroyed; sent += piece.byteLength) {
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end('"}')
}
