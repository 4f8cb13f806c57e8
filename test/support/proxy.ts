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
  /** Reads its body whole; whatever sends the call on afterwards sends that. */
  readonly read: () => Promise<string>
  /** Sends it on, and its answer back. */
  readonly pass: () => void
  /** Sends it on, and gives the status of the answer once that was read whole; the client hears nothing yet. */
  readonly commit: () => Promise<number>
  /** Sends it on, and gives the status once the answer was read whole; the client hears it when it is let. */
  readonly passLate: (isLet: Promise<void>) => Promise<number>
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

/** A call as it came, and its body once that was read. */
type Sent = { readonly incoming: IncomingMessage; body: Buffer | undefined }

const passing = (upstream: Upstream, incoming: IncomingMessage, answer: ServerResponse): Passing => {
  const sent: Sent = { incoming, body: undefined }
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    read: async () => (sent.body = await wholeOf(incoming)).toString(),
    pass: () => {
      const passed = send(upstream, sent, (received) => {
        answer.writeHead(received.statusCode ?? 502, received.headers)
        answer.flushHeaders()
        received.on('error', () => answer.destroy())
        received.pipe(answer)
      })
      passed.on('error', () => answer.destroy())
      answer.on('close', () => passed.destroy())
    },
    commit: async () => (await carryOut(upstream, sent)).status,
    passLate: async (isLet) => {
      const { status, headers, body } = await carryOut(upstream, sent)
      void isLet.then(() => answer.writeHead(status, headers).end(body))
      return status
    },
    drop: () => incoming.socket.destroy(),
    answer: (status, body) => {
      incoming.resume()
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    },
  }
}

async function wholeOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

type Answer = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }

const carryOut = (upstream: Upstream, sent: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const passed = send(upstream, sent, (received) => {
      const { statusCode: status = 0, headers } = received
      wholeOf(received).then((body) => resolve({ status, headers, body }), reject)
    })
    passed.on('error', reject)
  })

function send({ target, options }: Upstream, { incoming, body }: Sent, heard: (answer: IncomingMessage) => void) {
  const url = new URL(target + (incoming.url ?? ''))
  const headers = { ...incoming.headers, ...(options?.headers as Record<string, string> | undefined), host: url.host }
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const sent = request(url, { ...options, method: incoming.method, headers }, heard)
  if (body === undefined) incoming.pipe(sent)
  else sent.end(body)
  return sent
}

async function closed(server: Server): Promise<void> {
  const end = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await end
}
