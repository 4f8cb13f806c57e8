import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** The answer to one path: `ok` is 200, anything else 503 with the text. */
export type Probe = () => { ok: boolean; text: string }

/** Answers by path, each computed when asked. */
export type Routes = Readonly<Record<string, () => Promise<Answer>>>
type Answer = { status: number; type: string; body: string }

/** Makes a probe answer the way the kubelet reads it. */
export const probe =
  (check: Probe): Routes[string] =>
  () => {
    const { ok, text } = check()
    return Promise.resolve({ status: ok ? 200 : 503, type: 'text/plain; charset=utf-8', body: `${text}\n` })
  }

export type RunningServer = { port: number; close: () => Promise<void> }

const listen = (server: Server, address: string): Promise<number> => {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: Number(address.slice(at + 1)), ...(host === '' ? {} : { host }) }, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Shorter answers fit into one packet as they are. */
const MIN_GZIP_LENGTH = 1400
const compress = promisify(gzip)

/** Prometheus takes gzip, and the metrics of ten thousand orders are thirty times smaller by it. */
const send = async ({ headers }: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> => {
  const { status, type, body } = answer
  const isCompressed = body.length > MIN_GZIP_LENGTH && String(headers['accept-encoding']).includes('gzip')
  const content = isCompressed ? await compress(body) : body
  response
    .writeHead(status, { 'content-type': type, ...(isCompressed ? { 'content-encoding': 'gzip' } : {}) })
    .end(content)
}

/**
 * Serves a few GET paths.
 *
 * @param address `host:port`; an empty host is every interface, port 0 any free one
 * @throws the error of the listen call, such as EADDRINUSE
 */
export const serve = async (address: string, routes: Routes): Promise<RunningServer> => {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/, '')
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined
    if (request.method !== 'GET' || !route) {
      response.writeHead(404).end()
      return
    }
    route()
      .then((answer) => send(request, response, answer))
      .catch(() => response.writeHead(500).end())
  })
  server.requestTimeout = 10_000
  server.headersTimeout = 5_000
  const port = await listen(server, address)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
