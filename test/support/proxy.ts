import {
  createServer,
  request as plainRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { request as tlsRequest, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'

/** An answer that was read whole. */
export type Received = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** A client that reads an answer line by line. */
export type LineReader = { readonly write: (line: string) => void; readonly end: () => void }

/** What is changed on the way. */
export type Change = {
  readonly path?: string
  readonly body?: (text: string) => Promise<string>
  /** Called once, for an answer that is a stream of lines: gives what takes its lines. */
  readonly lines?: (reader: LineReader) => (line: string) => void
}

/** A call on its way to a server. */
export type Passing = {
  readonly method: string
  readonly path: string
  /** Reads its body whole; whatever sends the call on afterwards sends that. */
  readonly read: () => Promise<string>
  /** Sends it on, and its answer back. */
  readonly pass: (change?: Change) => void
  /** Sends it on, and gives the answer once that was read whole; the client hears nothing yet. Lines are not changed. */
  readonly commit: (change?: Change) => Promise<Received>
  /** Gives the client an answer of the server. */
  readonly reply: (received: Received) => void
  /** Gives the client the first half of an answer, and ends the connection. */
  readonly tear: (received: Received) => void
  /** Ends the connection of the client without an answer. */
  readonly drop: () => void
  readonly answer: (status: number, body: object, headers?: Readonly<Record<string, string>>) => void
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
type Call = { readonly incoming: IncomingMessage; body: Buffer | undefined }

const passing = (upstream: Upstream, incoming: IncomingMessage, answer: ServerResponse): Passing => {
  const call: Call = { incoming, body: undefined }
  return {
    read: async () => (call.body = await buffer(incoming)).toString(),
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    pass: (change = {}) => {
      const heard = (received: IncomingMessage): void => {
        answer.writeHead(received.statusCode ?? 502, received.headers)
        answer.flushHeaders()
        received.on('error', () => answer.destroy())
        if (change.lines) passLines(received, answer, change.lines)
        else received.pipe(answer)
      }
      const broken = (): void => void answer.destroy()
      send(upstream, call, heard, change).then((sent) => {
        sent.on('error', broken)
        answer.on('close', () => sent.destroy())
      }, broken)
    },
    commit: (change) =>
      new Promise((resolve, reject) => {
        const heard = (received: IncomingMessage): void => {
          const { statusCode: status = 0, headers } = received
          buffer(received).then((body) => {
            resolve({ status, headers, body })
          }, reject)
        }
        send(upstream, call, heard, change).then((sent) => sent.on('error', reject), reject)
      }),
    reply: ({ status, headers, body }) => {
      answer.writeHead(status, whole(headers, body)).end(body)
    },
    tear: ({ status, headers, body }) => {
      answer.writeHead(status, whole(headers, body))
      answer.write(body.subarray(0, body.length >> 1), () => answer.destroy())
    },
    drop: () => incoming.socket.destroy(),
    answer: (status, body, headers = {}) => {
      incoming.resume()
      answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    },
  }
}

/** The headers of an answer that is no longer in pieces. */
function whole(headers: IncomingHttpHeaders, body: Buffer): IncomingHttpHeaders {
  const rest = { ...headers, 'content-length': String(body.length) }
  delete rest['transfer-encoding']
  return rest
}

function passLines(received: IncomingMessage, answer: ServerResponse, lines: NonNullable<Change['lines']>): void {
  const take = lines({ write: (line) => answer.write(`${line}\n`), end: () => answer.end() })
  // Lines that come after the client has gone are nobody's.
  answer.on('error', () => undefined)
  const reading = createInterface({ input: received, crlfDelay: Infinity })
  reading.on('line', take)
  reading.on('error', () => answer.destroy())
  reading.on('close', () => answer.end())
}

async function send(
  { target, options }: Upstream,
  { incoming, body: read }: Call,
  heard: (answer: IncomingMessage) => void,
  { path = incoming.url ?? '', body }: Change = {},
) {
  const url = new URL(target + path)
  const headers = { ...incoming.headers, ...(options?.headers as Record<string, string> | undefined), host: url.host }
  const changed = body ? await body((read ?? (await buffer(incoming))).toString()) : read
  const length = changed === undefined ? {} : { 'content-length': String(Buffer.byteLength(changed)) }
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const sent = request(url, { ...options, method: incoming.method, headers: { ...headers, ...length } }, heard)
  if (changed === undefined) incoming.pipe(sent)
  else sent.end(changed)
  return sent
}

async function closed(server: Server): Promise<void> {
  const end = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await end
}
