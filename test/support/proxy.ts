import {
  createServer,
  request as plainRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { request as tlsRequest, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A call on its way to a server. */
export type Passing = {
  readonly method: string
  readonly path: string
  /** Sends it on, and its answer back. */
  readonly pass: () => void
  /** Sends it on, and gives the status of the answer once that was read whole; the client hears nothing yet. */
  readonly commit: () => Promise<number>
  /** Ends the connection of the client without an answer. */
  readonly drop: () => void
  readonly answer: (status: number, body: object) => void
}

export type Proxy = { readonly url: string; readonly close: () => Promise<void> }

/** Where a proxy leads to: the beginning of every URL, and how to get there. */
export type Upstream = { readonly target: string; readonly options?: RequestOptions }

/** Starts a proxy on a free port of 127.0.0.1 that asks what is to become of each call. */
export async function startProxy(upstream: Upstream, decide: (call: Passing) => void): Promise<Proxy> {
  const server = createServer((incoming, answer) => {
    decide(passing(upstream, incoming, answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => closed(server) }
}

const passing = (upstream: Upstream, incoming: IncomingMessage, answer: ServerResponse): Passing => ({
  method: incoming.method ?? '',
  path: incoming.url ?? '',
  pass: () => {
    const sent = send(upstream, incoming, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers)
      answer.flushHeaders()
      received.on('error', () => answer.destroy())
      received.pipe(answer)
    })
    sent.on('error', () => answer.destroy())
    answer.on('close', () => sent.destroy())
  },
  commit: () =>
    new Promise((resolve, reject) => {
      const sent = send(upstream, incoming, (received) => {
        received.on('end', () => resolve(received.statusCode ?? 0))
        received.on('error', reject)
        received.resume()
      })
      sent.on('error', reject)
    }),
  drop: () => incoming.socket.destroy(),
  answer: (status, body) => {
    incoming.resume()
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  },
})

function send({ target, options }: Upstream, incoming: IncomingMessage, heard: (answer: IncomingMessage) => void) {
  const url = new URL(target + (incoming.url ?? ''))
  const headers = { ...incoming.headers, ...(options?.headers as Record<string, string> | undefined), host: url.host }
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const sent = request(url, { ...options, method: incoming.method, headers }, heard)
  incoming.pipe(sent)
  return sent
}

async function closed(server: Server): Promise<void> {
  const end = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await end
}
